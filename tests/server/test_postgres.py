"""PostgreSQL: several servers on one company, a database that goes away, a server that is killed.

The cluster's own processes are ended, never the machine: these are process-crash tests, and say nothing about power.
"""

import asyncio
import shutil
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from random import Random
from typing import Any

import asyncpg
import httpx
import pytest

from schemas.documents import Custody, User
from schemas.entries.people import UserRevoked
from server import inbox
from server.arriving import opened as opened_push
from server.arriving import push_of
from server.company import OpenCompany
from server.copying import CopyDiffers, copy_company
from server.demo import make_demo
from server.replay import digest, rebuild, rejudge
from server.settings import Settings
from server.store.opening import CompanyInUse, NoCompany, open_shelf, open_store
from server.store.port import TABLES, Shelf, StoreAway
from server.store.postgres import _LETS_GO, Address, PostgresStore
from server.store.secrets import meta_of
from server.verify import verify
from server.writes import write
from tests.phone import Phone
from tests.server.cluster import Cluster
from tests.server.engines import OneDatabase, OneFile
from tests.server.served import Sanad, until
from tests.server.small_office import PORTFOLIOS, Office, applied, check, code_of, opened

LOGINS = ("omar", "hany", "karim")


@pytest.fixture
def settings(postgres: OneDatabase, tmp_path: Path) -> Iterator[Settings]:
    """A small company with large books that a test may open as often as it likes."""
    made = postgres.copy(postgres.founded(leaves=2_000), tmp_path / "company")
    yield made
    check(made)
    postgres.done(made)


@dataclass
class Sender:
    """A phone that issues and hands in, voucher by voucher, at whichever door it is given."""

    phone: Phone
    doors: list[Office]
    random: Random
    stop: threading.Event
    answers: list[httpx.Response] = field(default_factory=list)
    cut: int = 0

    def run(self) -> None:
        while not self.stop.is_set():
            self.phone.receipt(PORTFOLIOS[self.phone.user.removeprefix("usr_")][0], 1_000)
            try:
                self.answers.append(self.random.choice(self.doors).push(self.phone))
            except httpx.TransportError:
                self.cut += 1
                time.sleep(0.02)


@contextmanager
def sending(phones: list[Phone], doors: list[Office]) -> Iterator[list[Sender]]:
    """The phones send while the test does something else."""
    stop = threading.Event()
    senders = [Sender(phone, doors, Random(seed), stop) for seed, phone in enumerate(phones)]
    threads = [threading.Thread(target=sender.run) for sender in senders]
    for thread in threads:
        thread.start()
    try:
        yield senders
    finally:
        stop.set()
        for thread in threads:
            thread.join()


def hand_in_the_rest(office: Office, phones: list[Phone]) -> None:
    for phone in phones:
        while phone.acked < len(phone.entries):
            first = phone.acked + 1
            answer = office.push(phone, first, first + 399)
            assert answer.status_code == 200, answer.text
            phone.acked = answer.json()["acked"]["seq"]


def check_whole(office: Office, phones: list[Phone]) -> None:
    """Every voucher is there once and accepted, and every pound in its collector's hands."""
    hand_in_the_rest(office, phones)
    for phone in phones:
        assert office.verdicts(phone) == {seq: ["accepted"] for seq in range(1, len(phone.entries) + 1)}
        assert office.one(Custody, phone.user).cash == {"EGP": 1_000 * (len(phone.entries) - 1)}


def pulled(office: Office, login: str) -> dict[tuple[str, str], Any]:
    documents: dict[tuple[str, str], Any] = {}
    cursor, more = "", True
    while more:
        reply = office.pull(login, cursor)
        applied(documents, reply)
        cursor, more = reply["cursor"], reply["more"]
    return documents


# ---- several servers


def test_several_servers_give_positions_in_commit_order(sanad: Sanad, settings: Settings):
    """Two server processes on one database, pushed at by three phones at random and pulled from at random meanwhile:
    no cursor ever skips a row, positions have no gap, and every voucher is there once."""
    with ExitStack() as stack:
        doors = [stack.enter_context(sanad.serving(settings.data, settings.database_url))[1] for _ in range(2)]
        phones = [doors[n % 2].phone(login) for n, login in enumerate(LOGINS)]
        random, documents, cursors = Random(7), dict[str, dict[tuple[str, str], Any]](), dict[str, str]()
        reloads = 0
        with sending(phones, doors) as senders:
            for _ in range(60):
                login = random.choice(LOGINS)
                reply = random.choice(doors).pull(login, cursors.get(login, ""))
                reloads += bool(reply.get("reload")) and login in cursors
                applied(documents.setdefault(login, {}), reply)
                cursors[login] = reply["cursor"]
        for login in LOGINS:
            more = True
            while more:
                reply = doors[0].pull(login, cursors.get(login, ""))
                applied(documents.setdefault(login, {}), reply)
                cursors[login], more = reply["cursor"], reply["more"]
            assert documents[login] == pulled(doors[1], login)

        assert reloads == 0
        assert all(answer.status_code == 200 for sender in senders for answer in sender.answers)
        assert sum(len(sender.answers) for sender in senders) > 30
        check_whole(doors[0], phones)
        positions = [position for (position,) in doors[0].select("SELECT position FROM journal ORDER BY position")]
        assert positions == list(range(1, len(positions) + 1))
        runs = doors[0].select("SELECT DISTINCT device FROM journal WHERE online = 1")
        assert len(runs) > 2, "both servers have written entries of their own"


def test_what_one_server_writes_the_other_knows_at_once(settings: Settings):
    """A device enrolled at one server hands in at the other; a user revoked at one is out at the other; news arrive."""
    with ExitStack() as stack:
        one, other = opened(settings), opened(settings)
        for office in (one, other):
            stack.callback(office.company.close)
            stack.enter_context(office.client)
        phone = one.phone("omar")
        position = one.company.position
        until(lambda: other.company.position >= position, "news of the other server")

        assert other.receipt(phone)
        assert one.receipt(phone)
        other.company.begin_epoch(other.company.store.tip()[0], "")
        assert one.push(phone, 1).json()["epoch"] == "2" == one.company.epoch
        one.run(lambda writer: write(writer, "user_revoked", UserRevoked("usr_omar", "left")))
        assert other.get("/sync/pull", "omar").status_code == 401
        assert other.one(User, "usr_omar").active is False


def test_a_writer_finds_the_words_and_records_that_another_has_given(settings: Settings):
    """Numbers of words and records are one row's to give: two stores that take turns never give one twice."""
    stores = [PostgresStore(Address.parse(settings.database_url)) for _ in range(2)]
    for turn in range(8):
        store = stores[turn % 2]
        store.begin()
        mine, shared = store.word(f"word {turn}"), store.word("shared")
        if turn % 3 == 2:
            store.rollback()
            assert f"word {turn}" not in store._words
            continue
        store.commit()
        assert [(mine,)] == [tuple(row) for row in store.select("SELECT no FROM word WHERE text = ?", f"word {turn}")]
        assert [(shared,)] == [tuple(row) for row in store.select("SELECT no FROM word WHERE text = ?", "shared")]
    numbers = [no for (no,) in stores[0].select("SELECT no FROM word ORDER BY no")]
    assert numbers == list(range(1, len(numbers) + 1))
    for store in stores:
        store.close()


def test_a_server_that_hangs_amid_a_transaction_lets_go(settings: Settings, monkeypatch: pytest.MonkeyPatch):
    """Stopped or cut off while it holds the pen, it loses it; the others write, and it begins anew."""
    monkeypatch.setitem(_LETS_GO, "idle_in_transaction_session_timeout", "200ms")
    hangs, other = (PostgresStore(Address.parse(settings.database_url)) for _ in range(2))
    hangs.begin()
    began = time.monotonic()
    hangs.word("lost")

    other.begin()
    other.word("kept")
    other.commit()

    assert time.monotonic() - began < 30
    with pytest.raises(StoreAway):
        hangs.commit()
    hangs.rollback()
    hangs.begin()
    assert "kept" in hangs._words
    assert "lost" not in hangs._words
    hangs.commit()
    for store in (hangs, other):
        store.close()


def test_a_batch_is_a_constant_number_of_statements(settings: Settings):
    """Eighty vouchers each of two phones cost the database as many statements as eight of one."""
    office = opened(settings)
    office.sound = False
    with office.client:
        phones = [office.phone(login) for login in LOGINS]
        counts: list[int] = []
        for phone in phones:
            for _ in range(80):
                phone.receipt(PORTFOLIOS[phone.user.removeprefix("usr_")][0], 1_000)
        office.company.inbox.stop()
        store: Any = office.company.store
        said: list[str] = []
        store.db.add_query_logger(lambda record: said.append(record.query))
        for phones_at_once, first, last in (([0], 2, 9), ([1, 2], 2, 81)):
            store.begin()
            sent = [job(office, phones[n], first, last) for n in phones_at_once]
            answers = office.company.writer.take(sent)
            store.commit()
            assert all(isinstance(answer, inbox.Pushed) for answer in answers)
            counts.append(len(said))
            said.clear()
    office.close()
    assert max(counts) == min(counts) < 25, counts


def job(office: Office, phone: Phone, first: int, last: int) -> inbox.Push:
    message, head = opened_push(phone.push(first, last))
    push = push_of(message, head, office.company.id, phone.key.spki)
    push.read_ahead()
    return push


def test_companies_in_one_database_know_nothing_of_each_other(postgres: OneDatabase, tmp_path: Path):
    """A company is a schema: what is written in one is not in the other, and nobody hears of it."""
    one, other = (postgres.copy(postgres.founded(), tmp_path / name) for name in ("one", "other"))
    with closing(opened(one)) as mine, closing(opened(other)) as theirs, mine.client, theirs.client:
        before = theirs.journal()
        mine.receipt(mine.phone())
        assert theirs.journal() == before
        assert theirs.company.position == len(before)
    assert Address.parse(one.database_url).schema != Address.parse(other.database_url).schema


def test_a_rebuild_wants_the_company_alone(sanad: Sanad, settings: Settings):
    """While a server runs a rebuild refuses; while a rebuild runs a server does not open. Afterwards the bytes are the
    same."""
    with sanad.serving(settings.data, settings.database_url):
        said = sanad("rebuild", data=settings.data, database=settings.database_url, wrong=True)
        assert "is open in another process" in said
        assert "add up" in sanad("verify", data=settings.data, database=settings.database_url)
    with closing(open_store(settings, alone=True)), pytest.raises(CompanyInUse):
        OpenCompany(settings)
    assert "to the same bytes" in sanad("rebuild", data=settings.data, database=settings.database_url)


def test_commands_work_beside_running_servers(sanad: Sanad, settings: Settings):
    """The command line opens the database itself, also on a machine without a server's folder."""
    elsewhere = settings.data / "elsewhere"
    with sanad.serving(settings.data, settings.database_url) as (_, office):
        code = sanad("enrol", "omar", data=elsewhere, database=settings.database_url).splitlines()[-1].split()[0]
        assert office.get(f"/enrolments/{code}").status_code == 200
        assert "total" in sanad("report", "aging", data=elsewhere, database=settings.database_url)


def test_reports_are_read_from_a_replica(shaky: tuple[Cluster, Settings]):
    """Ageing comes from the standby, which is a moment behind; without the standby from the primary. Pulls never do."""
    cluster, settings = shaky
    standby = Cluster(of=cluster)
    try:
        schema = Address.parse(settings.database_url).schema
        office = opened(replace(settings, replica_url=standby.url(schema=schema)))
        office.sound = False
        with office.client:
            phone = office.phone("omar")
            office.receipt(phone, "cus_1", 4_000, allocations=[{"item": "itm_1a", "amount": 4_000}])
            until(lambda: owed(office) == 996_000, "the replica to follow")
            asyncio.run(_said(standby, "SELECT pg_wal_replay_pause()"))
            until(lambda: asyncio.run(_said(standby, "SELECT pg_get_wal_replay_pause_state()")) == "paused", "a pause")

            office.receipt(phone, "cus_1", 6_000, allocations=[{"item": "itm_1a", "amount": 6_000}])

            assert owed(office) == 996_000
            assert office.pull("omar")["position"] == office.company.position
            standby.crash()
            assert owed(office) == 990_000
        office.close()
    finally:
        standby.remove()


def owed(office: Office) -> int:
    answer = office.get("/reports/aging", "nadia")
    assert answer.status_code == 200, answer.text
    return int(answer.json()["totals"]["EGP"]["net"])


async def _said(cluster: Cluster, sql: str) -> Any:
    db = await asyncpg.connect(cluster.url())
    try:
        return await db.fetchval(sql)
    finally:
        await db.close()


# ---- the database goes away


@pytest.mark.parametrize("ending", [Cluster.stop, Cluster.crash])
def test_a_restart_of_the_database_amid_pushes_loses_nothing(
    shaky: tuple[Cluster, Settings], ending: Callable[[Cluster], None]
):
    """Restarted three times, in order or by a crash, while three phones push: each push is answered or sent back with
    503 and Retry-After, nothing is kept unjudged, nothing twice."""
    cluster, settings = shaky
    office = opened(settings)
    office.sound = False  # `shaky` looks at it
    with office.client:
        phones = [office.phone(login) for login in LOGINS]
        with sending(phones, [office]) as senders:
            for _ in range(3):
                time.sleep(0.3)
                ending(cluster)
                time.sleep(0.2)
                cluster.start()
            time.sleep(0.5)
        answers = [answer for sender in senders for answer in sender.answers]
        assert {answer.status_code for answer in answers} <= {200, 503}
        for answer in answers:
            if answer.status_code == 503:
                assert code_of(answer) == "busy"
                assert answer.headers["retry-after"] == "5"
        assert answers[-1].status_code == 200
        check_whole(office, phones)
    office.close()


def test_a_database_that_stays_away_sends_pushes_back(shaky: tuple[Cluster, Settings], monkeypatch: pytest.MonkeyPatch):
    """When patience is over, phones are told to come again; so is everybody else; and then all goes on as before."""
    cluster, settings = shaky
    monkeypatch.setattr(inbox, "PATIENCE_SECONDS", 0.3)
    office = opened(settings)
    office.sound = False
    with office.client:
        phone = office.phone("omar")
        cluster.stop()
        phone.receipt("cus_1", 1_000)

        for answer in (office.push(phone), office.push(phone), office.get("/board", "nadia"), _assign(office)):
            assert answer.status_code == 503
            assert code_of(answer) == "busy"
            assert answer.headers["retry-after"] == "5"
            assert str(cluster.folder) not in answer.text

        cluster.start()
        assert office.push(phone).json()["acked"]["seq"] == 2
        assert _assign(office).status_code == 200
        assert office.get("/board", "nadia").status_code == 200
        check_whole(office, [phone])
    office.close()


def _assign(office: Office) -> httpx.Response:
    return office.post("/assignments", "tarek", {"collector": "usr_omar", "customers": ["cus_4"]})


class _Mute:
    """A transaction whose commit comes through, or does not, and is never answered."""

    def __init__(self, transaction: Any, done: bool) -> None:
        self.transaction, self.done = transaction, done

    async def commit(self) -> None:
        await (self.transaction.commit() if self.done else self.transaction.rollback())
        raise asyncpg.ConnectionDoesNotExistError("connection was closed in the middle of operation")

    async def rollback(self) -> None:
        raise asyncpg.InterfaceError("connection is closed")


@pytest.mark.parametrize("done", [True, False])
def test_a_commit_without_an_answer_is_asked_after(settings: Settings, monkeypatch: pytest.MonkeyPatch, done: bool):
    """Whether it came through is known afterwards, so that what was done is not done again and what was not is."""
    office = opened(settings)
    office.sound = False
    store: Any = office.company.store
    tries: list[int] = []

    def muted(writer: inbox.Writer) -> str:
        tries.append(1)
        if len(tries) == 1:
            store._transaction = _Mute(store._transaction, done)
        return write(writer, "user_revoked", UserRevoked("usr_hany", "left")).id

    with office.client:
        before = len(office.journal())
        assert office.run(muted)
        assert len(tries) == (1 if done else 2)
        assert len(office.journal()) == before + 2  # the server's chain begins, and one entry
    office.close()


def test_a_commit_that_nobody_can_tell_of_is_said_so(settings: Settings, monkeypatch: pytest.MonkeyPatch):
    """When the database does not come back in time, the caller is told that it is not known."""
    store = PostgresStore(Address.parse(settings.database_url))
    monkeypatch.setattr("server.store.postgres.DOUBT_SECONDS", 0.1)
    store.begin()
    store._transaction = _Mute(store._transaction, True)
    monkeypatch.setattr(store, "_connect", _refused)

    with pytest.raises(StoreAway) as told:
        store.commit()

    assert told.value.known is False
    assert "not known" in told.value.detail
    store.rollback()
    store.close()


def _refused() -> None:
    raise StoreAway("refused")


# ---- a server is killed


def test_a_killed_server_leaves_the_others_serving(sanad: Sanad, settings: Settings):
    """Process crash: one of two servers is killed four times amid pushes. What was acknowledged is there once, and the
    other goes on at once and takes what was not."""
    with sanad.serving(settings.data, settings.database_url) as (_, survivor):
        phones = [survivor.phone(login) for login in LOGINS]
        cut = 0
        for _ in range(4):
            victim, office = sanad.serve(settings.data, settings.database_url)
            with sending(phones, [survivor, office]) as senders:
                time.sleep(0.25)
                assert victim.end(signal.SIGKILL) == -signal.SIGKILL
                time.sleep(0.1)
            office.client.close()
            cut += sum(sender.cut for sender in senders)
            kept = [hash for _, _, hash, _ in survivor.journal()]
            assert len(kept) == len(set(kept))
            acknowledged = {one.hash for phone in phones for one in phone.entries[: phone.acked]}
            assert acknowledged <= set(kept)
        assert cut > 0, "no kill ever met a phone"
        check_whole(survivor, phones)


# ---- one journal, two engines


def test_no_company_where_there_is_none(postgres: OneDatabase, tmp_path: Path):
    """An empty schema is no company, and asking does not make one."""
    nowhere = postgres.settings(tmp_path / "nowhere")
    for door in (open_shelf, open_store, OpenCompany):
        with pytest.raises(NoCompany):
            door(nowhere)
    with pytest.raises(NoCompany):
        open_shelf(nowhere)


def test_a_company_moves_whole(sanad: Sanad, postgres: OneDatabase, tmp_path: Path):
    """The demo company as it is made: same tip, same running hash, same projections, same
    secrets, and it goes on from there; the old one opens no more, and a second company is not let in."""
    data = tmp_path / "demo"
    make_demo(Settings(data)).close()
    target = postgres.settings(tmp_path / "moved")
    with closing(open_store(Settings(data))) as source:
        tip, before, rows = source.tip(), digest(source), {table: everything(source, table) for table in TABLES}

    said = sanad("copy", "--to", target.database_url, data=data)

    assert f"{tip[0]} entries" in said
    with closing(open_shelf(target)) as shelf:
        assert tuple(shelf.select("SELECT position, h FROM tip")[0]) == tip
        assert digest(shelf) == before
        assert {table: everything(shelf, table) for table in TABLES} == rows
        assert list(verify(shelf)) == []
    assert "has been moved to PostgreSQL" in sanad("serve", data=data, wrong=True)
    assert "has been moved to PostgreSQL" in sanad("copy", "--to", target.database_url, data=data, wrong=True)
    other = postgres.copy(postgres.founded(), tmp_path / "other")
    assert "there is a company already" in sanad(
        "copy", "--to", target.database_url, data=data, database=other.database_url, wrong=True
    )
    check(target)
    with closing(open_shelf(target)) as shelf:
        someone = shelf.select("SELECT id FROM record WHERE type = 'user'")[0][0]
    company = OpenCompany(target)
    company.run_now(lambda writer: write(writer, "user_revoked", UserRevoked(someone, "left")))
    assert company.position == tip[0] + 2
    company.close()
    check(target)


def everything(shelf: Shelf, table: str) -> list[tuple[Any, ...]]:
    return sorted(tuple(row) for row in shelf.stream(f"SELECT * FROM {table}"))


def test_a_copy_that_differs_is_not_kept(founded: Path, postgres: OneDatabase, tmp_path: Path):
    """A company that does not add up is not moved: the fault is named and the target stays empty."""
    data = tmp_path / "c"
    shutil.copytree(founded, data)
    store = open_store(Settings(data))
    store.begin()
    store.execute("UPDATE balance SET amount = amount + 1")
    store.commit()
    target = postgres.settings(tmp_path / "target")

    with closing(open_store(target, new=True)) as there, pytest.raises(CopyDiffers, match="by the stamps"):
        copy_company(store, there, lambda _: None, lambda _: None)

    store.close()
    with pytest.raises(NoCompany):
        open_shelf(target)


def test_a_rebuild_comes_to_the_same_bytes_on_either_engine(busy: Settings, postgres: OneDatabase, tmp_path: Path):
    """One journal, two engines, projections dropped and made anew: equal digests."""
    target = postgres.settings(tmp_path / "target")
    digests: list[str] = []
    with closing(open_store(busy)) as source, closing(open_store(target, new=True)) as there:
        copy_company(source, there, lambda _: None, lambda _: None)
        for store in (source, there):
            rebuild(store, meta_of(store, "company"))
            digests.append(digest(store))
            assert list(rejudge(store, meta_of(store, "company"))) == []
            assert digest(store) == digests[0]
    assert digests[0] == digests[1]


@pytest.fixture
def busy(sqlite: OneFile, tmp_path: Path) -> Settings:
    """A company in a file that has seen vouchers with photos, a void, a deposit, and customers who change hands."""
    settings = sqlite.copy(sqlite.founded(), tmp_path / "busy")
    office = opened(settings)
    with office.client:
        phone, desk = office.phone(), office.desk()
        cheque = {"method": "cheque", "currency": "EGP", "amount": 5_000, "bank": "CIB", "number": "1",
                  "due": "2026-12-01", "photos": ["ab" * 32]}  # fmt: skip
        office.receipt(phone, "cus_1", 10_000, allocations=[{"item": "itm_1a", "amount": 4_000}])
        office.receipt(phone, "cus_2", 0, tenders=[cheque])
        visit = phone.write("visit_started", {"customer": "cus_2"})
        gone = phone.receipt("cus_2", 2_000, visit=visit.id)
        phone.write("receipt_voided", {"receipt": gone.id, "reason": "misprint"})
        office.hand_in(phone)
        totals = [{"currency": "EGP", "method": "cash", "count": 1, "amount": 10_000},
                  {"currency": "EGP", "method": "cheque", "count": 1, "amount": 5_000}]  # fmt: skip
        office.count(desk, office.declare(phone, totals), 9_900)
        for collector in ("usr_hany", "usr_omar"):
            wish = {"collector": collector, "customers": ["cus_1", "cus_2"]}
            assert office.post("/assignments", "tarek", wish).status_code == 200
        wish = {"collector": "usr_hany", "customers": ["cus_2"], "action": "unassign"}
        assert office.post("/assignments", "tarek", wish).status_code == 200
    office.close()
    return settings
