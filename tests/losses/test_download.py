"""Losses on the way down (L29 … L33): a cursor that passes over what it did not bring, a load that cannot be
finished."""

import asyncio
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing
from pathlib import Path
from random import Random
from typing import Any

import httpx
import msgspec
import pytest

from schemas.entries.customers import CustomersAssigned, CustomersUpserted, ItemsUpserted, StatedCustomer, StatedItem
from server.inbox import Writer
from server.replay import rebuild
from server.settings import Settings
from server.store.opening import open_store
from server.writes import write
from sync.chain import b64
from tests.server.engines import Engine, OneDatabase, OneFile
from tests.server.served import Sanad, port_of
from tests.server.small_office import API, COMPANY, DAY, PORTFOLIOS, Office, applied, check, opened
from tests.server.test_pull import load


@pytest.mark.parametrize("seed", range(4))
def test_l29_no_change_is_skipped_whatever_is_written_between_pages(office: Office, small_pages: None, seed: int):
    """Random writes between the pages of a load: when it ends, the client holds what a fresh load brings."""
    random = Random(seed)
    phone = office.phone()
    assigned = {"cus_1", "cus_2", "cus_3"}

    def change() -> None:
        match random.randrange(6):
            case 0:
                phone.receipt(random.choice(["cus_1", "cus_2"]), random.randint(1, 9_000))
                office.hand_in(phone)
            case 1:
                customer = random.choice(["cus_1", "cus_2", "cus_3", "cus_4", "cus_5"])
                body = CustomersAssigned("usr_omar", [customer], "unassign" if customer in assigned else "assign")
                office.run(lambda writer: write(writer, "customers_assigned", body))
                assigned.symmetric_difference_update({customer})
            case 2 | 3:
                office.run(lambda writer: state_item(writer, random))
            case 4:
                stops = random.sample(["cus_1", "cus_2", "cus_3"], 2)
                office.call("PUT", f"/plans/usr_omar/{DAY}", "nadia", json={"stops": stops})
            case _:
                pass

    documents: dict[tuple[str, str], Any] = {}
    cursor, rounds = "", 0
    while True:
        reply = office.pull("omar", cursor)
        assert len(reply["changes"]) <= 3
        applied(documents, reply)
        cursor = reply["cursor"]
        rounds += 1
        if rounds < 25 and phone.leaf < 18:
            for _ in range(random.randrange(3)):
                change()
        elif not reply["more"]:
            break

    assert rounds > 10
    assert documents == load(office, "omar")[0]


def state_item(writer: Writer, random: Random) -> None:
    customer = random.randint(1, 5)
    number = random.randint(1, 6)
    item = StatedItem(
        f"itm_{customer}_{number}", f"cus_{customer}", f"N-{number}", "EGP", DAY, DAY, random.randint(1, 9) * 100
    )
    write(writer, "items_upserted", ItemsUpserted([item]))


@pytest.fixture
def two_servers(postgres: OneDatabase, tmp_path: Path) -> Iterator[list[Office]]:
    """Two servers in this process on one PostgreSQL company."""
    settings = postgres.copy(postgres.founded(leaves=2_000), tmp_path / "company")
    with ExitStack() as stack:
        offices = [opened(settings), opened(settings)]
        for office in offices:
            stack.callback(office.company.close)
            stack.enter_context(office.client)
        yield offices
    check(settings)
    postgres.done(settings)


def test_l29_a_slow_writer_makes_no_reader_skip_its_rows(two_servers: list[Office], monkeypatch: pytest.MonkeyPatch):
    """Two writers on PostgreSQL, one of which has its position and takes half a second to commit, while the other one
    writes as fast as it can and a third party pulls from both without pause. A cursor that passed over the slow one's
    rows would never bring them: what the reader holds at the end is what a fresh load brings, and no position was ever
    visible before all below it."""
    slow, fast = two_servers
    first, second = slow.phone("omar"), fast.phone("hany")
    commit = slow.company.store.commit
    committing = threading.Event()

    def late() -> None:
        committing.set()
        time.sleep(0.5)
        commit()
        committing.clear()

    monkeypatch.setattr(slow.company.store, "commit", late)
    stop = threading.Event()

    def send(office: Office, phone: Any) -> None:
        while not stop.is_set():
            phone.receipt(PORTFOLIOS[phone.user.removeprefix("usr_")][0], 100)
            assert office.push(phone).status_code == 200

    senders = [threading.Thread(target=send, args=one) for one in ((slow, first), (fast, second))]
    for sender in senders:
        sender.start()
    views: dict[str, dict[tuple[str, str], Any]] = {"omar": {}, "hany": {}}
    cursors = dict.fromkeys(views, "")
    amid, seen, ends = 0, [0], time.monotonic() + 4
    while time.monotonic() < ends:
        for login, documents in views.items():
            for office in two_servers:
                amid += committing.is_set()
                reply = office.pull(login, cursors[login])
                applied(documents, reply)
                cursors[login] = reply["cursor"]
        positions = [position for (position,) in fast.select("SELECT position FROM journal ORDER BY position")]
        assert positions == list(range(1, len(positions) + 1))
        seen.append(len(positions))
    stop.set()
    for sender in senders:
        sender.join()
    monkeypatch.undo()

    assert amid > 10, "nobody pulled while the slow one was committing"
    assert seen == sorted(seen)
    for login, documents in views.items():
        more = True
        while more:
            reply = fast.pull(login, cursors[login])
            applied(documents, reply)
            cursors[login], more = reply["cursor"], reply["more"]
        assert documents == load(slow, login)[0]
        vouchers = {id for kind, id in documents if kind == "voucher"}
        phone = first if login == "omar" else second
        assert vouchers == {kept.id for kept in phone.entries if kept.kind == "receipt_issued"}
        assert len(vouchers) > 2


# ---- L30


def test_l30_a_push_reply_says_nothing_of_the_pull(office: Office):
    """A push reply holds no cursor, so it can never move one over changes that were not pulled."""
    phone = office.phone()
    cursor = office.pull("omar")["cursor"]
    phone.receipt("cus_1", 10_000)

    reply = office.hand_in(phone)

    assert "cursor" not in reply
    assert "voucher" in {change["type"] for change in office.pull("omar", cursor)["changes"]}


def test_l30_what_others_wrote_before_an_own_entry_is_still_brought(office: Office):
    """The office changes an invoice, then the phone's voucher is acknowledged at a higher position. The next pull, from
    the phone's own cursor, brings the change that lies below the acknowledged position, and then the voucher."""
    phone = office.phone()
    documents, cursor = load(office, "omar")
    item = StatedItem("itm_1a", "cus_1", "INV-1a", "EGP", DAY, DAY, 123_400)
    office.run(lambda writer: write(writer, "items_upserted", ItemsUpserted([item])))
    below = office.company.position
    phone.receipt("cus_1", 10_000)
    reply = office.hand_in(phone)
    assert reply["acked"]["position"] > below

    changes = office.pull("omar", cursor)["changes"]

    ids = [one["id"] for one in changes]
    assert ids.index("itm_1a") < ids.index(phone.entries[-1].id)
    assert documents["item", "itm_1a"]["original"] == 100_000
    assert next(one["doc"]["original"] for one in changes if one["id"] == "itm_1a") == 123_400


# ---- L31


def test_l31_a_page_that_could_not_be_stored_comes_again(office: Office, small_pages: None):
    """The office remembers no phone's place. A phone that stores rows and cursor together and dies in between asks
    again with its old cursor, at any page and however often, and is sent the same rows once more, or what has become
    of them since; it ends with what a fresh load brings. That the phone stores both in one transaction is shown by its
    own tests."""
    phone = office.phone()
    documents: dict[tuple[str, str], Any] = {}
    cursor, tries = "", 0
    while True:
        reply = office.pull("omar", cursor)
        tries += 1
        if tries % 3:  # the transaction that would have stored this page was rolled back
            again = office.pull("omar", cursor)
            assert {(one["type"], one["id"]) for one in reply["changes"]} <= {
                (one["type"], one["id"]) for one in again["changes"]
            }
            if tries % 3 == 2 and phone.leaf < 9:
                office.receipt(phone, "cus_1", 100, allocations=[{"item": "itm_1a", "amount": 100}])
            continue
        applied(documents, reply)
        cursor = reply["cursor"]
        if not reply["more"]:
            break

    assert tries > 20
    assert documents == load(office, "omar")[0]


# ---- L32


@pytest.mark.parametrize(
    "cursor",
    [
        "garbage", "!", "é", "AAAA", "a" * 5000, b64(b"1.2"), b64(b"x.y.z"), b64(b"-5.0.12345678"),
        b64(b"9999999999999999999999.0.12345678"), b64(b"0.9999999999999999999999.12345678"),
        b64(b"3.0.\x00\x00\x00\x00\x00\x00\x00\x00"), b64(b"999999.0.12345678"), b64(b"1e3.0.12345678"),
    ],
    ids=lambda text: text[:12],
)  # fmt: skip
def test_l32_a_cursor_that_is_not_ours_starts_a_reload(office: Office, cursor: str):
    """Garbage, or a cursor of another journal, is answered with reload and a full load, never with an error."""
    office.phone()

    reply = office.pull("omar", cursor)

    assert reply["reload"] is True
    documents: dict[tuple[str, str], Any] = {}
    applied(documents, reply)
    assert documents == load(office, "omar")[0]
    assert "reload" not in office.pull("omar", reply["cursor"])


def test_l32_a_cursor_outlives_a_new_version_of_the_server(engine: Engine, tmp_path: Path):
    """A server is stopped, its projections are built anew as an upgrade does, and another process serves: the phone's
    cursor of before is good, nothing is loaded again, and what comes later is all that comes."""
    settings = engine.copy(engine.founded(), tmp_path / "company")
    with closing(opened(settings)) as office, office.client:
        phone = office.phone()
        office.receipt(phone, "cus_1", 1_000)
        documents, cursor = load(office, "omar")
    with closing(open_store(settings, alone=True)) as store:
        rebuild(store, COMPANY)
    with closing(opened(settings)) as office, office.client:
        quiet = office.pull("omar", cursor)
        assert (quiet["changes"], quiet.get("reload", False)) == ([], False)

        id = office.receipt(phone, "cus_2", 2_000)

        reply = office.pull("omar", quiet["cursor"])
        assert "reload" not in reply
        assert id in {one["id"] for one in reply["changes"]}
        assert len(reply["changes"]) < len(documents) / 2
        applied(documents, reply)
        assert documents == load(office, "omar")[0]
    engine.done(settings)


# ---- L33

LOADS = 300
SHOPS, INVOICES = 200, 850


@pytest.fixture
def large_portfolio(sqlite: OneFile, tmp_path: Path) -> Settings:
    """A collector with two hundred more customers, each with some invoices: two pages."""
    settings = sqlite.copy(sqlite.founded(), tmp_path / "company")
    shops = [StatedCustomer(f"cus_x{n}", f"X-{n}", f"Shop X {n}", "EGP", f"متجر {n}") for n in range(SHOPS)]
    items = [
        StatedItem(f"itm_x{n}", f"cus_x{n % SHOPS}", f"XV-{n}", "EGP", DAY, DAY, 100 * (n + 1)) for n in range(INVOICES)
    ]
    with closing(opened(settings)) as office, office.client:
        assigned = CustomersAssigned("usr_omar", [one.customer for one in shops])
        said: list[tuple[str, Any]] = [
            ("customers_upserted", CustomersUpserted(shops)),
            ("customers_assigned", assigned),
        ]
        said += [("items_upserted", ItemsUpserted(items[n : n + 200])) for n in range(0, INVOICES, 200)]
        office.run(lambda writer: [write(writer, kind, body) for kind, body in said])
    return settings


async def whole_load(client: httpx.AsyncClient, headers: dict[str, str]) -> tuple[int, int]:
    """Pages and documents of one load from the start."""
    cursor, pages, documents = "", 0, set()
    while True:
        answer = await client.get(f"{API}/sync/pull", params={"cursor": cursor}, headers=headers)
        if "retry-after" in answer.headers:  # asked to wait, it goes on from the same page
            await asyncio.sleep(float(answer.headers["retry-after"]))
            continue
        assert answer.status_code == 200, answer.text
        reply = msgspec.json.decode(answer.content)
        pages += 1
        documents |= {(one["type"], one["id"]) for one in reply["changes"] if one["doc"] is not None}
        cursor = reply["cursor"]
        if not reply["more"]:
            return pages, len(documents)


def test_l33_three_hundred_loads_at_once_are_all_brought_and_hold_up_no_push(sanad: Sanad, large_portfolio: Settings):
    """The morning on which everybody gets a new phone: three hundred full loads of a thousand documents start at the
    same moment on a real server, and a phone hands in vouchers all the while. Every load comes whole, every voucher is
    taken, and pushes do not wait for the loads to end."""
    with sanad.serving(large_portfolio.data) as (_, office):
        phone = office.phone()
        expected = len(load(office, "omar")[0])
        headers = office.bearer("omar")
        pushed: list[float] = []

        async def everybody() -> tuple[list[tuple[int, int]], float]:
            # A phone that was told to come again does so on a new line: the server ends idle ones after five seconds.
            limits = httpx.Limits(max_connections=LOADS, keepalive_expiry=2)
            address = f"http://127.0.0.1:{port_of(office)}"
            async with httpx.AsyncClient(base_url=address, timeout=240, limits=limits) as client:
                began = time.monotonic()
                loads = await asyncio.gather(*(whole_load(client, headers) for _ in range(LOADS)))
                return loads, time.monotonic() - began

        done = threading.Event()

        def collect() -> None:
            while not done.is_set() and phone.leaf < 18:
                phone.receipt("cus_1", 100)
                before = time.monotonic()
                office.hand_in(phone)
                pushed.append(time.monotonic() - before)
                done.wait(0.1)

        collector = threading.Thread(target=collect)
        collector.start()
        loads, took = asyncio.run(everybody())
        done.set()
        collector.join()

        assert {pages for pages, _ in loads} == {2}
        assert min(found for _, found in loads) >= expected > SHOPS + INVOICES
        assert len(pushed) > 3
        assert sorted(pushed)[len(pushed) // 2] < took / 4, (pushed, took)
    check(large_portfolio)


def test_l33_a_load_that_is_cut_goes_on_where_it_was(large_portfolio: Settings):
    """Cut after any page, also by an end of the server, a load goes on from its cursor: what was brought is not brought
    again, and the end is what an uncut load brings. Later pulls cost what has changed, whatever the size."""
    with closing(opened(large_portfolio)) as office, office.client:
        first = office.pull("omar")
        assert first["more"] is True
        assert len(first["changes"]) == 1_000
    with closing(opened(large_portfolio)) as office, office.client:
        documents: dict[tuple[str, str], Any] = {}
        applied(documents, first)
        cursor, more, brought = first["cursor"], True, len(first["changes"])
        while more:
            reply = office.pull("omar", cursor)
            assert "reload" not in reply
            applied(documents, reply)
            cursor, more = reply["cursor"], reply["more"]
            brought += len(reply["changes"])

        assert documents == load(office, "omar")[0]
        assert brought == len(documents)
        phone = office.phone()
        cursor = load(office, "omar", cursor)[1]
        office.receipt(phone, "cus_x1", 100)
        assert len(office.pull("omar", cursor)["changes"]) < 6
