"""The real server without its web framework: inbox, writer, store, feed, enrolment, in one thread, on one file.

The process may die at every call that the writer makes to its store, also between the commit and the reply; it is then
opened again from the file. Calls may also fail without the process dying (a full or broken disk). Copies of the file
are kept as backups, and one may come back.
"""

from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from concurrent.futures import Future
from contextlib import asynccontextmanager, contextmanager, suppress
from datetime import datetime, timedelta
from random import Random
from typing import Any, Literal, TypeVar, cast
from unittest.mock import patch

import msgspec

from schemas.codes import Problem
from schemas.documents import (
    Book,
    Company,
    Customer,
    Device,
    MissingVoucher,
    PromiseToPay,
    ServerKey,
    Suspended,
    User,
)
from schemas.entries.company import Branch, CompanySetUp, Policy, PublicKey
from schemas.entries.people import ReleaseGiven
from schemas.entries.rebuilt import VoucherRebuilt, VoucherReported
from schemas.entries.receipts import Cash, Cheque
from schemas.entries.shapes import Grant
from schemas.entries.suspense import Judged
from schemas.wire import Enrol, GrantsWish, RescueFile, Verified
from server import feed, inbox, writes
from server.arriving import opened, push_of
from server.company import OpenCompany
from server.daily import break_promises, business_day, is_over
from server.enrolling import enrol_device
from server.epochs import NotTaken, after_loss, begin_epoch, signed_by_us, take_back
from server.inbox import Inbox, Writer
from server.keys import SigningKey
from server.problems import ProblemError
from server.reads import entry_at, epoch_of
from server.rescue import INFO, opened_file
from server.routes.missing import _filled
from server.routes.public import verified
from server.routes.suspense import _texts
from server.routes.sync import reply_of
from server.sealing import seal
from server.store import postgres
from server.store.port import StoreAway
from server.store.postgres import PostgresStore
from server.store.secrets import Code, keep_code, keep_key, release_key_of, seal_keys_of
from server.store.sqlite import SqliteStore
from server.writes import books_wanted, top_up_books, write
from sync.chain import b64
from sync.qr import parse_signed
from sync.release import code_for
from sync.state import TYPE_OF, NotLoaded
from tests.world.keys import key_number
from tests.world.stores import Brittle, Crash, Place, closed

COMPANY = "cmp_world"
BRANCHES = [Branch("brn_cai", "Cairo", "القاهرة", "CAI"), Branch("brn_bey", "Beirut", "بيروت", "BEY")]
FAILURES: tuple[type[Exception], ...] = (NotLoaded, *SqliteStore.failures, *PostgresStore.failures)
REFUSALS: tuple[type[Exception], ...] = (ProblemError, *FAILURES)
T = TypeVar("T")


class _Reading:
    """What `server.feed` and the doors ask of their reader: what is committed now."""

    def __init__(self, place: Place) -> None:
        self.place = place

    async def rows(self, sql: str, *parameters: Any) -> list[Any]:
        return self.place.select(sql, *parameters)


def now_of(coroutine: Coroutine[Any, Any, T]) -> T:
    """The result of a coroutine that never really waits."""
    try:
        coroutine.send(None)
    except StopIteration as done:
        return cast("T", done.value)
    raise RuntimeError("it waits for something")


@contextmanager
def drawn_ids(random: Random) -> Iterator[None]:
    """Inside, the server's ids come from the seed, and nobody really waits."""

    def uuid7(now: datetime) -> str:
        return uuid_of(now, random)

    def new_id(prefix: str) -> str:
        return f"{prefix}_{random.getrandbits(64):016x}"

    hands = HeldClock()
    with (
        patch.object(inbox, "uuid7", uuid7),
        patch.object(writes, "new_id", new_id),
        patch.object(inbox, "time", hands),
        patch.object(postgres, "sleep", hands.sleep),
        patch.object(postgres, "monotonic", hands.monotonic),
    ):
        yield


class HeldClock:
    """The writer's patience with a database that is away costs no time here."""

    def __init__(self) -> None:
        self.now = 0.0

    def monotonic(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds


def uuid_of(now: datetime, random: Random) -> str:
    value = (int(now.timestamp() * 1000) << 80) | random.getrandbits(76)
    value = (value & ~(0xF << 76)) | (0x7 << 76)
    text = f"{(value & ~(0x3 << 62)) | (0x2 << 62):032x}"
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"


class Refusal(Exception):
    """The server answered with a problem document."""

    def __init__(self, problem: ProblemError) -> None:
        super().__init__(str(problem))
        self.status, self.code, self.facts = problem.status, str(problem.code), dict(problem.facts)


def _taken_back(writer: Writer, grant: Grant) -> bool:
    take_back(writer, grant)
    return True


Answer = bytes | Refusal | None
"""What goes back over the wire. None: the connection was dropped."""


class Server:
    """One process of the company's server: its own store, writer and inbox."""

    def __init__(self, place: Place, key: SigningKey, run: str, clock: Callable[[], datetime]) -> None:
        self.store = place.open()
        self.writer = Writer(self.store, COMPANY, key, run, clock)
        self.inbox = Inbox(self.writer, lambda *_: None, top_up_books, after_loss)
        self.device_keys: dict[str, str] = {}
        self.store.renewed = self.device_keys.clear
        self.running = True


class Office:
    """One open company. `clock`: the server's. `runs`: how often a process of it was started. many: as many servers as
    the place allows take turns."""

    def __init__(
        self, place: Place, clock: Callable[[], datetime], random: Random, leaves: int = 0, *, many: bool = False
    ) -> None:
        self.place, self.clock, self.random = place, clock, random
        self.runs = 0
        self.keys = {"sign": key_number(0), "seal": key_number(-1)}
        self.id = COMPANY
        self.backups: list[tuple[int, bytes]] = []
        self.latest_epoch = 1
        self.turn = 0
        self.servers = [self.started() for _ in range(place.servers if many else 1)]
        if leaves:
            self.found(leaves)

    def found(self, leaves: int) -> None:
        self.store.begin()
        for key in self.keys.values():
            keep_key(self.store, key)
        self.writer.write("company_set_up", self.set_up(leaves))
        self.store.commit()

    def set_up(self, leaves: int) -> CompanySetUp:
        return CompanySetUp(
            company=COMPANY, name="Nour", name_ar="نور", country="EG", currency="EGP", time_zone="Africa/Cairo",
            address="https://nour.example", branches=BRANCHES, policy=Policy(book_leaves=leaves, notify=["email"]),
            keys=[PublicKey(key.id, key.purpose, key.spki) for key in self.keys.values()],
        )  # fmt: skip

    # ---- its life

    def started(self) -> Server:
        self.runs += 1
        return Server(self.place, self.keys["sign"], f"srv_{self.runs:04d}", self.clock)

    @property
    def server(self) -> Server:
        """Whose turn it is."""
        return self.servers[self.turn]

    @property
    def store(self) -> Brittle:
        return self.server.store

    @property
    def writer(self) -> Writer:
        return self.server.writer

    def next_turn(self) -> None:
        if len(self.servers) > 1:
            self.turn = self.random.randrange(len(self.servers))

    def reopen(self) -> None:
        """The server whose turn it is has died; its process is started again."""
        closed(self.store)
        self.servers[self.turn] = self.started()

    def mend(self) -> None:
        """What was about to break does not."""
        for one in self.servers:
            one.store.fuse, one.store.spared, one.store.failing = -1, 0, 0

    def tip(self) -> tuple[int, bytes]:
        found = self.place.select("SELECT position, h FROM journal ORDER BY position DESC LIMIT 1")
        return (found[0][0], found[0][1]) if found else (0, b"")

    def back_up(self) -> None:
        self.place.back_up(len(self.backups))
        self.backups.append(self.tip())

    def restore(self, number: int) -> None:
        """An old copy comes back, and a new epoch begins before any door opens."""
        position, h = self.backups[number]
        self.close()
        self.place.restore(number)
        self.servers = [self.started() for _ in self.servers]
        self.latest_epoch += 1
        at_least = self.latest_epoch
        begun = None
        while begun is None:
            begun = self.run(lambda writer: begin_epoch(writer, position, b64(h), at_least=at_least))

    def fall_back(self, number: int) -> None:
        """A database takes over that was behind, and the servers find out by themselves."""
        for one in self.servers:
            one.store.cut()  # type: ignore[attr-defined]
        self.place.restore(number)
        for turn in range(len(self.servers)):
            self.turn = turn
            self.run(lambda _: True, same=True)
        self.latest_epoch = max(self.latest_epoch, int(self.epoch))

    def close(self) -> None:
        """All processes end in good order; again it does nothing."""
        for one in self.servers:
            if one.running:
                closed(one.store)
                one.running = False

    @property
    def epoch(self) -> str:
        return now_of(epoch_of(_Reading(self.place)))

    # ---- its doors

    def pushes(self, raws: list[bytes]) -> list[Answer]:
        """Pushes that arrived together share a commit."""
        self.next_turn()
        jobs: list[inbox.Push | Refusal] = []
        for raw in raws:
            try:
                jobs.append(self.arrived(raw))
            except ProblemError as problem:
                jobs.append(Refusal(problem))
        group = [job for job in jobs if isinstance(job, inbox.Push)]
        told: dict[int, Future[inbox.Pushed]] = {id(push): Future() for push in group}
        for push in group:
            push.answer = told[id(push)]
            told[id(push)].set_running_or_notify_cancel()
        crashed = False
        try:
            if group:
                self.server.inbox._take(group)
        except Crash:
            crashed = True
        answers = [job if isinstance(job, Refusal) else self.answered(job, told[id(job)]) for job in jobs]
        if crashed or self.store.dead:
            self.reopen()
        return answers

    def arrived(self, raw: bytes) -> inbox.Push:
        message, head = opened(raw)
        device_keys = self.server.device_keys
        spki = device_keys.get(head.device)
        if spki is None:
            device = self.document(Device, head.device)
            if device is None:
                raise ProblemError(Problem.DEVICE_UNKNOWN, "no such device; nothing was stored", device=head.device)
            spki = device_keys[head.device] = device.public_key
        job = push_of(message, head, COMPANY, spki)
        job.read_ahead(self.writer.seen.get(head.device, 0))
        return job

    def answered(self, job: inbox.Push, told: Future[inbox.Pushed]) -> Answer:
        if not told.done():
            return None
        error = told.exception()
        match error:
            case None:
                reply = reply_of(cast("OpenCompany", self), job.device, told.result())
                return msgspec.json.encode(reply)
            case inbox.Gap():
                return Refusal(ProblemError(Problem.GAP, "", expected_seq=error.expected_seq))
            case inbox.QuotaReached():
                return Refusal(ProblemError(Problem.QUOTA_REACHED, "", quota=error.quota))
            case StoreAway():
                return Refusal(error)
            case _:
                return Refusal(ProblemError(Problem.UNEXPECTED, str(error)))

    def pull(self, scopes: list[str], cursor: str, page: int) -> bytes:
        reading = _Reading(self.place)
        return now_of(feed.pull(reading, scopes, cursor, self.epoch, page))

    def session(self, device_id: str, user_id: str) -> Answer:
        """A phone logs its owner in by its key, a cashier with a password; a phone that lacks a book is given one."""
        device, user = self.document(Device, device_id), self.document(User, user_id)
        if device is None or user is None or device.state != "active" or not user.active:
            return Refusal(ProblemError(Problem.NOT_ALLOWED, "this device has been stopped"))
        if books_wanted(device, [book for book in self.documents(Book) if book.device == device_id]):
            try:
                self.run(lambda writer: top_up_books(writer, device_id))
            except FAILURES as error:
                return Refusal(ProblemError(Problem.UNEXPECTED, str(error)))
        return b"{}"

    def make_code(self, purpose: str, user: str, branch: str, code: str) -> None:
        until = (self.clock() + timedelta(days=400)).isoformat()
        kept = Code(code, purpose, user, branch, until, "usr_admin")

        def task(writer: Writer) -> bool:
            # A server that died right after the commit has kept it, though nobody heard of that.
            if not writer.store.select("SELECT 1 FROM enrolment_code WHERE code = ?", code):
                keep_code(writer.store, kept)
            return True

        done = None
        while not done:
            with suppress(*FAILURES):
                done = self.run(task)

    def enrol(self, code: str, spki: str) -> Answer:
        device_id = f"dev_{self.random.getrandbits(64):016x}"
        try:
            made = self.run(lambda writer: enrol_device(writer, device_id, code, Enrol(spki, "world")))
        except ProblemError as problem:
            return Refusal(problem)
        except FAILURES as error:
            return Refusal(ProblemError(Problem.UNEXPECTED, str(error)))
        if made is None:
            return None
        user_id, release_key = made
        return msgspec.json.encode(
            {
                "company": self.document(Company, COMPANY),
                "device": self.document(Device, device_id),
                "user": self.document(User, user_id) if user_id else None,
                "keys": self.documents(ServerKey),
                "epoch": self.epoch,
                "release_key": b64(release_key),
            }
        )

    def grants(self, raw: bytes) -> Answer:
        """As the route does it."""
        wishes = msgspec.json.decode(raw, type=GrantsWish).grants
        found = [Grant(bytes(one.envelope).decode(), bytes(one.body).decode(), one.sig) for one in wishes]
        spkis = [key.spki for key in self.documents(ServerKey) if key.use == "sign"]
        for grant in sorted(found, key=lambda one: '"kind":"device_enrolled"' not in one.envelope):
            if signed_by_us(grant, spkis):
                try:
                    if self.run(lambda writer, g=grant: _taken_back(writer, g)) is None:  # type: ignore[misc]
                        return None
                except NotTaken:
                    continue
                except FAILURES as error:
                    return Refusal(ProblemError(Problem.UNEXPECTED, str(error)))
        return b"{}"

    def sealed(self, device: str, pushes: list[bytes]) -> bytes:
        """A rescue file, as a phone writes it."""
        key = self.keys["seal"]
        made = seal(b"[%b]" % b",".join(pushes), key.spki, INFO, f"1.{COMPANY}.{key.id}")
        return msgspec.json.encode(RescueFile(1, COMPANY, device, key.id, made.epk, made.iv, made.sealed))

    def rescue(self, raw: bytes) -> list[tuple[bytes, Answer]]:
        """The pushes of a rescue file, one after the other, each with its answer."""
        _, pushes = opened_file(raw, COMPANY, now_of(seal_keys_of(_Reading(self.place))))
        return [(push, self.pushes([push])[0]) for push in pushes]

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[_Reading]:
        yield _Reading(self.place)

    def verify(self, code: str) -> Verified:
        return now_of(verified(cast("OpenCompany", self), code))

    def report(self, code: str) -> Verified:
        """A customer shows a voucher's code and tells of it where nobody has seen the voucher. As the route does it."""
        found = self.verify(code)
        read = parse_signed(code)
        if found.can_report and read is not None:
            payload, signed, signature = read

            def task(writer: Writer) -> bool:
                if not _filled(writer, payload)[0]:
                    write(writer, "voucher_reported", VoucherReported(signed, signature))
                return True

            with suppress(*REFUSALS):
                self.run(task)
        return self.verify(code)

    # ---- the office's own work

    def rebuild(self, missing: MissingVoucher, cheques: list[Cheque], by: str) -> bool:
        """As the route does it. False where the rules refuse it or the store fails."""
        read = parse_signed(missing.code)
        assert read is not None
        payload, signed, signature = read
        cash = [Cash(total.currency, total.amount) for total in payload.totals if total.method == "cash"]
        same = [one.id for one in self.documents(Customer) if one.code == missing.customer_code]

        def task(writer: Writer) -> bool:
            arrived, other = _filled(writer, payload)
            if arrived or missing.state != "reported":
                raise ProblemError(Problem.ALREADY_DECIDED, "this voucher has come or was rebuilt")
            body = VoucherRebuilt(signed, signature, [*cash, *cheques], same[0] if len(same) == 1 else "", other)
            return writer.write("voucher_rebuilt", body, by).outcome.verdict != "refused"

        try:
            return bool(self.run(task))
        except REFUSALS:
            return False

    def decide(self, held: Suspended, decision: Literal["release", "reject"], duplicate_of: str, by: str) -> bool:
        """As the route does it, but for its own look whether somebody has decided already: the rules look too."""
        texts = ("", "")
        if decision == "release" and not held.voucher:
            texts = _texts(*now_of(entry_at(_Reading(self.place), int(held.id))))
        body = Judged(held.id, held.device, held.seq, held.hash, decision, "said so", duplicate_of, *texts)
        return self.say("judged", body, by)

    def due_promises(self) -> list[str]:
        """Promises whose time is over, as a server finds them in the records."""
        company = self.document(Company, COMPANY)
        assert company is not None
        today = business_day(company, self.clock())
        return [one.id for one in self.documents(PromiseToPay) if is_over(one, company, today)]

    def break_promises(self, ids: list[str]) -> int:
        """The day's work of one server, which may have found these some time ago."""
        try:
            return self.run(lambda writer: break_promises(writer, ids, self.clock())) or 0
        except FAILURES:
            return 0

    def release_code(self, device: str, challenge: str, by: str) -> str:
        """What the office reads to somebody at the telephone; nothing where it knows no such phone."""
        key = now_of(release_key_of(_Reading(self.place), device))
        given = key is not None and self.say("release_given", ReleaseGiven(device, "wipe", challenge), by)
        return code_for(key, "wipe", challenge) if key is not None and given else ""

    def run(self, do: Callable[[Writer], T], *, same: bool = False) -> T | None:
        """A task in a transaction of its own, by the server whose turn it is; same: still is. None: the process died;
        whether it was written shows in the journal."""
        if not same:
            self.next_turn()
        task = inbox._Task(do)
        try:
            self.server.inbox._do(task)
        except Crash:
            self.reopen()
            return None
        if self.store.dead:
            self.reopen()
            return None
        return cast("T", task.answer.result())

    def say(self, kind: str, body: msgspec.Struct, by: str = "system") -> bool:
        """Write as the office does. False where the rules refuse it or the store fails; then nothing was written."""
        try:
            return self.run(lambda writer: write(writer, kind, body, by)) is not None
        except REFUSALS:
            return False

    def document(self, shape: type[T], id: str) -> T | None:
        name = TYPE_OF[cast("Any", shape)]
        rows = self.place.select("SELECT body FROM record WHERE type = ? AND id = ?", name, id)
        return msgspec.json.decode(rows[0][0], type=shape) if rows else None

    def documents(self, shape: type[T]) -> list[T]:
        name = TYPE_OF[cast("Any", shape)]
        rows = self.place.select("SELECT body FROM record WHERE type = ? ORDER BY no", name)
        return [msgspec.json.decode(body, type=shape) for (body,) in rows]
