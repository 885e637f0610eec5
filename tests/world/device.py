"""A phone's or desk's journal, step by step: the twin of `pwa/src/journal` (append, copy, outbox, inflow, exchange,
device), function for function, so that a crash, another tab or a lost reply can strike between any two steps.

Each function that touches storage or network is a generator. It yields a `Step` before and after every transaction and
file write, and an `Ask` for every request; whoever runs it may stop there for good (a crash), let another tab go first,
or throw `HandleDied`, `StorageFailed` or `Unreachable` into it. What a generator holds in its variables dies with it.
"""

from collections.abc import Callable, Generator
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta, timezone
from typing import Any, Protocol

import msgspec

from schemas.documents import Book, Device
from schemas.entries import Envelope
from schemas.entries.shapes import Grant
from schemas.wire import EntryOnWire, PullReply, PushReply
from server import keys
from server.keys import SigningKey
from sync.books import NUMBERING
from sync.chain import b64, hash_of, unb64
from sync.numbering import deposit_name, next_leaf, voucher_number
from sync.release import code_for
from tests.world.storage import Chain, Clock, CopyFile, Database, Identity, Pulled, Stored, Stray
from tests.world.storage import Document as Kept

BATCH_MAX = 8
"""The product's phone sends 50; fewer here, so that a day at a small company takes several batches."""
CIRCLES_MAX = 12
TRIES_MAX = 50
HEARTBEAT = timedelta(minutes=10)
_PUSH_REPLY = msgspec.json.Decoder(PushReply)
_PULL_REPLY = msgspec.json.Decoder(PullReply)
_ENTRY = msgspec.json.Decoder(EntryOnWire)
_ENVELOPE = msgspec.json.Decoder(Envelope)


# ---- what a tab yields, and what may be thrown into it


@dataclass(frozen=True, slots=True)
class Step:
    """A point where storage has or has not yet changed. line: what is being written to the second copy."""

    what: str
    line: tuple[str, bytes] | None = None


@dataclass(frozen=True, slots=True)
class Ask:
    """A request to the office: push, pull, session, enrol."""

    what: str
    raw: bytes = b""
    args: tuple[Any, ...] = ()


Tab = Generator[Step | Ask, Any, Any]


class HandleDied(Exception):
    """The browser lost its storage process; whether the transaction had reached the disk nobody knows."""


class StorageFailed(Exception):
    """The transaction was aborted: disk full, quota."""


class Unreachable(Exception):
    """No answer. The request may have arrived."""


class Problem(Exception):
    """A problem document."""

    def __init__(self, status: int, code: str, facts: dict[str, Any]) -> None:
        super().__init__(f"{status} {code} {facts}")
        self.status, self.code, self.facts = status, code, facts


class Blocked(Exception):
    """No entry can be written; the reason is the sentence."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Stalled(Exception):
    """A round that changed nothing; the next try waits."""


class Surroundings(Protocol):
    """What the device takes from the world around it."""

    def clock(self, device: "SimDevice") -> datetime: ...
    def new_id(self) -> str: ...
    def new_key(self) -> SigningKey: ...
    def wrote(self, device: "SimDevice", entry: Stored) -> None: ...
    def copy_fails(self, device: "SimDevice") -> bool: ...
    def pulled(self, device: "SimDevice") -> None: ...
    def wipes(self, device: "SimDevice") -> None: ...


@dataclass(slots=True)
class Made:
    body: dict[str, Any]
    used: tuple[str, int] | None = None
    deposits: int = 0
    grant: Book | None = None


@dataclass(slots=True)
class Situation:
    identity: Identity
    device: Device
    chain: Chain
    key: SigningKey
    clock: Clock | None
    books: list[Book] = field(default_factory=list)


Make = Callable[[Situation], Made]


@dataclass(eq=False)
class SimDevice:
    """One phone or counting desk. db and copy survive a crash; the rest is memory."""

    name: str
    user: str
    purpose: str
    around: Surroundings
    db: Database = field(default_factory=Database)
    copy: CopyFile = field(default_factory=CopyFile)
    offset: timedelta = timedelta()
    """How far the device's clock is ahead."""
    app: str = "current"
    on: bool = True
    gone: bool = False
    """Lost, broken or put away for good: nothing more is done with it."""
    settled: bool = False
    batch_size: int = BATCH_MAX
    last_push: datetime | None = None
    session_until: datetime | None = None

    def forget(self) -> None:
        """The process died: memory is gone."""
        self.settled, self.batch_size, self.last_push, self.session_until = False, BATCH_MAX, None, None

    @property
    def id(self) -> str:
        return str(self.db.identity.device["id"]) if self.db.identity else ""

    def now(self) -> datetime:
        return self.around.clock(self)

    # ---- database.ts

    def write(self, work: Callable[[Database], Any]) -> Tab:
        """One strict transaction. A dead handle: once more on a new one, whether or not the first had gone through."""
        try:
            yield Step("before a transaction")
            result = work(self.db)
            yield Step("after a transaction")
        except HandleDied:
            result = work(self.db)
            yield Step("after a transaction on a new handle")
        return result

    # ---- append.ts

    def append(self, kind: str, body: dict[str, Any], by: str = "", id: str = "") -> Tab:
        return (yield from self.commit(kind, lambda _: Made(body), by, id))

    def issue_receipt(self, draft: dict[str, Any], id: str) -> Tab:
        def make(situation: Situation) -> Made:
            following = self.leaf_of(situation)
            if following is None:
                raise Blocked("no_numbers")
            book, leaf = following
            number = voucher_number(book, leaf)
            return Made({**draft, "book": book.id, "leaf": leaf, "number": number}, used=(book.id, leaf))

        return (yield from self.commit("receipt_issued", make, "", id))

    def declare_deposit(self, draft: Callable[[], dict[str, Any]], id: str) -> Tab:
        def make(situation: Situation) -> Made:
            count = max(situation.chain.deposits, situation.device.deposits) + 1
            return Made({"name": deposit_name(situation.device.code, count), "count": count, **draft()}, deposits=count)

        return (yield from self.commit("deposit_declared", make, "", id))

    def accept_book(self, book: Book) -> Tab:
        body = {"book": book.id, "first": book.first, "last": book.last}
        return (yield from self.commit("book_accepted", lambda _: Made(body, grant=book), "", ""))

    def settle_copy(self) -> Tab:
        yield from self.compare_copy()
        self.settled = True

    def commit(self, kind: str, make: Make, by: str, id: str) -> Tab:
        """An entry comes into being: made, signed, compared and written, read back, copied."""
        if not self.settled:
            yield from self.settle_copy()
        id = id or self.around.new_id()
        for _ in range(TRIES_MAX):
            found = self.look(kind, id)
            if isinstance(found, Stored):
                self.around.wrote(self, found)
                return found
            made = make(found)
            entry = self.signed(kind, by, id, made, found)
            try:
                outcome = yield from self.write(lambda db, e=entry, m=made, s=found: self.put(db, e, m, s))  # type: ignore[misc]
            except (HandleDied, StorageFailed) as failure:
                raise Blocked("storage") from failure
            if outcome == "moved":
                continue
            durable = self.db.entries.get((entry.device, entry.seq))
            if durable is None or (durable.hash, durable.body, durable.sig) != (entry.hash, entry.body, entry.sig):
                raise Blocked("storage")
            self.around.wrote(self, durable)
            yield from self.copy_entry(durable)
            return durable
        raise Blocked("storage")

    def look(self, kind: str, id: str) -> Stored | Situation:
        db = self.db
        known = db.by_id(id)
        if known is not None:
            return known
        identity = db.identity
        if identity is None:
            raise Blocked("not_enrolled")
        device = str(identity.device["id"])
        chain, key = db.chains.get(device), db.keys.get(device)
        if chain is None or key is None:
            raise Blocked("key")
        if db.wiping is not None and db.wiping[0] != id:
            raise Blocked("wiping")
        if chain.office_seq > chain.seq:
            raise Blocked("forked")
        pulled = db.docs.get(("device", device))
        own = msgspec.json.decode(pulled.doc, type=Device) if pulled else msgspec.convert(identity.device, Device)
        situation = Situation(identity, own, replace(chain), key, db.clock)
        if kind == "receipt_issued":
            if db.device_state != "active":
                raise Blocked(db.device_state)
            situation.books = self.books()
        return situation

    def books(self) -> list[Book]:
        return [
            msgspec.json.decode(kept.doc, type=Book)
            for (type_name, _), kept in self.db.docs.items()
            if type_name == "book" and not kept.former
        ]

    def leaf_of(self, situation: Situation) -> tuple[Book, int] | None:
        """The open book before the spare: a book that was begun is finished first."""
        ready = [
            book
            for book in situation.books
            if book.device == situation.identity.device["id"]
            and book.kind == "electronic"
            and book.state in NUMBERING
            and (book.state != "assigned" or book.id in self.db.grants)
        ]
        used = {book.id: [leaf for of, leaf in sorted(self.db.used) if of == book.id] for book in ready}
        ready.sort(key=lambda book: (not (book.state == "open" or used[book.id]), book.series, book.first))
        for book in ready:
            leaf = next_leaf(book, used[book.id])
            if leaf is not None:
                return book, leaf
        return None

    def moment(self, chain: Chain, clock: Clock | None) -> str:
        """The clock, but not before the last entry, unless a later signed server time showed that one to be ahead."""
        now = self.now()
        if chain.at and now < (last := datetime.fromisoformat(chain.at)):
            later = clock is not None and clock.of == chain.device and clock.seq >= chain.seq
            if not later or clock is None or clock.server >= last.timestamp():
                now = last
            else:
                seconds = max(clock.server, now.timestamp() + clock.server - clock.device)
                now = datetime.fromtimestamp(seconds, tz=timezone(timedelta(hours=2)))
        return now.isoformat(timespec="seconds")

    def signed(self, kind: str, by: str, id: str, made: Made, situation: Situation) -> Stored:
        identity, chain = situation.identity, situation.chain
        writer = by or (str(identity.user["id"]) if identity.user else "system")
        body = msgspec.json.encode(self.in_its_words(kind, made.body))
        at = self.moment(chain, situation.clock)
        seq = chain.seq + 1
        envelope = msgspec.json.encode(
            {"v": 1, "company": identity.company["id"], "device": chain.device, "seq": seq, "prev": chain.hash,
             "by": writer, "at": at, "kind": kind, "id": id, "body_hash": b64(hash_of(body))}
        )  # fmt: skip
        sig = situation.key.sign(envelope)
        return Stored(chain.device, seq, id, kind, at, writer, b64(hash_of(envelope)), envelope, body, sig)

    def in_its_words(self, kind: str, body: dict[str, Any]) -> dict[str, Any]:
        """A newer app says more than this server knows; an older one leaves out what came later."""
        if self.app == "newer":
            return {**body, "mood": "cheerful"}
        if self.app == "older":
            return {name: value for name, value in body.items() if name not in ("qr", "note", "planned")}
        return body

    def put(self, db: Database, entry: Stored, made: Made, situation: Situation) -> str:
        """The strict transaction. `moved`: another tab has written since `look`, so all is made again."""
        head = db.chains.get(entry.device)
        if head is None or (head.seq, head.hash) != (situation.chain.seq, situation.chain.hash):
            return "moved"
        if db.by_id(entry.id) is not None:
            return "moved"
        if made.used is not None:
            if made.used in db.used:
                return "moved"
            kept = db.docs.get(("book", made.used[0]))
            book = msgspec.json.decode(kept.doc, type=Book) if kept else None
            if book is None or book.closed or book.state not in NUMBERING:
                return "moved"
            db.used[made.used] = entry.id
        if made.grant is not None:
            db.grants[made.grant.id] = spliced(made.grant.grant)
        db.entries[entry.device, entry.seq] = replace(entry)
        head.seq, head.hash, head.at = entry.seq, entry.hash, entry.at
        head.deposits = max(head.deposits, made.deposits)
        return "written"

    # ---- copy.ts

    def copy_entry(self, entry: Stored) -> Tab:
        """Best effort: the voucher is durable already."""
        yield Step("before the copy", (entry.device, entry.wire()))
        if not self.around.copy_fails(self):
            self.copy.append(entry.device, [entry.wire()])
            yield Step("after the copy")

    def compare_copy(self) -> Tab:
        """Bring back what only the copy has; give the copy what only the database has."""
        for device in sorted({*self.copy.files, *self.db.chains}):
            lines = self.proved(device)
            yield from self.write(lambda db, d=device, found=lines: self.bring_back(db, d, found))  # type: ignore[misc]
            held = {b64(hash_of(bytes(line.envelope))) for line, _ in lines}
            lacking = [entry.wire() for entry in self.db.of_chain(device) if entry.hash not in held]
            if lacking and not self.around.copy_fails(self):
                yield Step("before the copy is refilled", (device, lacking[0]))
                self.copy.append(device, lacking)

    def proved(self, device: str) -> list[tuple[EntryOnWire, Envelope]]:
        """Whole lines whose body is the one that was hashed, in order."""
        found: dict[bytes, tuple[EntryOnWire, Envelope]] = {}
        for text in self.copy.lines(device):
            try:
                line = _ENTRY.decode(text)
                envelope = _ENVELOPE.decode(line.envelope)
            except (msgspec.DecodeError, UnicodeError):
                continue
            if envelope.device == device and envelope.body_hash == b64(hash_of(bytes(line.body))):
                found[bytes(line.envelope)] = (line, envelope)
        return sorted(found.values(), key=lambda one: one[1].seq)

    def bring_back(self, db: Database, device: str, lines: list[tuple[EntryOnWire, Envelope]]) -> bool:
        if not lines:
            return False
        first = lines[0][1]
        chain = db.chains.get(device) or Chain(device, first.seq - 1, first.prev, order=len(db.chains))
        before, strays = chain.seq, 0
        chain = replace(chain)
        for line, envelope in lines:
            raw, body = bytes(line.envelope), bytes(line.body)
            hash, seq = b64(hash_of(raw)), envelope.seq
            stored = db.entries.get((device, seq))
            if stored is not None and stored.hash == hash:
                continue
            entry = Stored(device, seq, envelope.id, envelope.kind, envelope.at, envelope.by, hash, raw, body, line.sig)
            if seq != chain.seq + 1 or envelope.prev != chain.hash or stored is not None:
                db.strays.setdefault(hash, Stray(device, seq, entry.wire()))
                strays += 1
                continue
            db.entries[device, seq] = entry
            chain.seq, chain.hash, chain.at = seq, hash, envelope.at
            said = msgspec.json.decode(body)
            if envelope.kind == "receipt_issued":
                db.used[said["book"], said["leaf"]] = envelope.id
            if envelope.kind == "deposit_declared":
                chain.deposits = max(chain.deposits, said["count"])
        if chain.seq > before:
            db.chains[device] = chain
        return strays > 0

    # ---- outbox.ts

    def hand_in(self) -> Tab:
        """Every entry of every chain here, until the office's signed receipt covers it."""
        failure: Exception | None = None
        if self.db.grants_due:
            yield from self.hand_back_grants()
        for chain in sorted(self.db.chains.values(), key=lambda one: one.order):
            try:
                yield from self.hand_in_chain(chain.device)
            except (Problem, Unreachable, Stalled) as cause:
                failure = failure or cause
                if isinstance(cause, Unreachable):
                    break
        if not isinstance(failure, Unreachable):  # a chain that is stuck must not keep strays from the office
            yield from self.hand_in_strays()
        if failure is not None:
            raise failure

    def hand_back_grants(self) -> Tab:
        """What a restored server gave and may not know any more: places first, then books."""
        grants = [*self.db.titles.values(), *self.db.grants.values()]
        for first in range(0, len(grants), 50):
            yield Ask("grants", b'{"grants":[%b]}' % b",".join(grants[first : first + 50]))
        yield from self.write(lambda db: setattr(db, "grants_due", False))

    def hand_in_chain(self, device: str) -> Tab:
        gap_at, circles = 0, 0
        known_again = False
        fewest = 10**9
        while True:
            chain = self.db.chains.get(device)
            if chain is None:
                return
            unsent = [entry for entry in self.db.unsent() if entry.device == device]
            if len(unsent) >= fewest:
                circles += 1
            if circles > CIRCLES_MAX:
                raise Stalled("the office asks for the same again and again")
            fewest = min(fewest, len(unsent))
            batch = self.first_run(unsent)
            if not batch and not self.heartbeat_is_due(chain):
                return
            before, key = replace(chain), self.db.keys.get(device)
            raw = self.push_text(before, key, batch, self.holes(before, batch, gap_at))
            try:
                answer = yield Ask("push", raw)
            except Problem as problem:
                yield from self.mark_sent(batch)
                if problem.code == "device_unknown" and device in self.db.titles and not known_again:
                    known_again = True
                    yield from self.hand_back_grants()
                    continue
                if not batch and problem.code != "gap":
                    self.last_push = self.now()
                    return
                again = yield from self.after_refusal(problem, device, batch, gap_at)
                if again is None:
                    return
                gap_at = again
                continue
            self.last_push = self.now()
            yield from self.mark_sent(batch)
            self.batch_size = min(self.batch_size * 2, BATCH_MAX)
            reply = _PUSH_REPLY.decode(answer)
            # What is kept beside the office's chain leaves it waiting where it was: what lacks behind is told next.
            gap_at = gap_at if reply.acked.seq < gap_at else 0
            moved = yield from self.take_reply(before, unsent, batch, reply)
            if batch and not moved:
                raise Stalled("the reply proved nothing new")

    def first_run(self, unsent: list[Stored]) -> list[Stored]:
        run: list[Stored] = []
        for entry in unsent:
            if run and (run[-1].seq + 1 != entry.seq or len(run) >= self.batch_size):
                break
            run.append(entry)
        return run

    def heartbeat_is_due(self, chain: Chain) -> bool:
        due = self.last_push is None or abs(self.now() - self.last_push) > HEARTBEAT
        return chain.device in self.db.keys and chain.seq > 0 and chain.device == self.id and due

    def holes(self, chain: Chain, batch: list[Stored], gap_at: int) -> list[tuple[int, int]]:
        """What the office waits for and this device no longer has."""
        end = batch[0].seq if batch else chain.seq + 1
        if gap_at == 0 or gap_at >= end:
            return []
        ranges: list[tuple[int, int]] = []
        for seq in range(gap_at, end):
            if (chain.device, seq) in self.db.entries:
                continue
            if ranges and ranges[-1][1] == seq - 1:
                ranges[-1] = (ranges[-1][0], seq)
            else:
                ranges.append((seq, seq))
        return ranges

    def push_text(
        self, chain: Chain, key: SigningKey | None, batch: list[Stored], missing: list[tuple[int, int]]
    ) -> bytes:
        pushed = {entry.id for entry in batch}
        left = [entry for entry in self.db.unsent() if entry.id not in pushed]
        head: dict[str, Any] = {
            "carrier": chain.device if key else self.id,
            "device": chain.device,
            "seq": chain.seq,
            "hash": chain.hash,
            "missing": missing,
        }
        if self.app != "older":
            head["manifest"] = {"unsent": len(left), "oldest_at": left[0].at if left else ""}
        text = msgspec.json.encode(head)
        sig = key.sign(text) if key else ""
        return push_of(text, batch, sig)

    def mark_sent(self, batch: list[Stored]) -> Tab:
        def work(db: Database) -> None:
            for one in batch:
                entry = db.entries.get((one.device, one.seq))
                if entry is not None and entry.state == "saved":
                    entry.state = "sent"

        yield from self.write(work)

    def after_refusal(self, problem: Problem, device: str, batch: list[Stored], gap_before: int) -> Tab:
        """None: wait. A number: the seq from which the office waits."""
        if problem.code == "gap":
            expected = int(problem.facts["expected_seq"])
            if expected == gap_before:
                raise problem
            if expected <= self.db.chains[device].acked:  # the office has lost what it had: a restored one
                yield from self.hand_back_grants()
            yield from self.write(lambda db: self.reset(db, device, expected))
            return expected
        if problem.status == 413 and len(batch) > 1:
            self.batch_size = max(1, len(batch) // 2)
            return gap_before
        if problem.status == 429:
            return None
        raise problem

    def take_reply(self, before: Chain, unsent: list[Stored], batch: list[Stored], reply: PushReply) -> Tab:
        device, arrived = before.device, self.now()
        receipt = self.read_receipt(reply.receipt)
        acked = reply.acked
        proved = receipt is not None and (receipt["device"], receipt["seq"], receipt["hash"]) == (
            device,
            acked.seq,
            acked.hash,
        )

        def work(db: Database) -> bool:
            chain = db.chains.get(device) or before
            moved = self.new_epoch(db, reply.epoch)
            if acked.seq < chain.acked:
                moved = self.reset(db, device, acked.seq + 1) or moved
            sent = {one.seq for one in batch}
            for outcome in reply.outcomes:
                entry = db.entries.get((device, outcome.seq))
                if entry is not None and outcome.position and outcome.seq in sent:
                    entry.verdict, entry.flags, entry.position = outcome.verdict, list(outcome.flags), outcome.position
            ours = db.entries.get((device, acked.seq))
            # What has a position beyond the chain's end stands beside the chain, also where our own entry is lost.
            beyond = any(one.position and one.seq in sent and one.seq > acked.seq for one in reply.outcomes)
            if proved and (beyond or (ours is not None and ours.hash != acked.hash)):
                moved = self.kept_beside(db, device, reply, sent) or moved
            elif proved and receipt is not None:
                for one in unsent:
                    entry = db.entries.get((device, one.seq))
                    if entry is not None and one.seq <= acked.seq and entry.unsent and entry.position:
                        entry.state = "acknowledged"
                        moved = True
                db.chains[device] = replace(
                    chain, acked=acked.seq, office_seq=acked.seq if acked.seq > chain.seq else 0
                )
                if acked.seq:
                    db.receipts[device, acked.seq] = reply.receipt
                server = datetime.fromisoformat(receipt["time"]).timestamp()
                db.clock = Clock(server, arrived.timestamp(), before.seq, device)
            if self.id == device:
                db.device_state = reply.device_state
            return moved

        return (yield from self.write(work))

    def kept_beside(self, db: Database, device: str, reply: PushReply, sent: set[int]) -> bool:
        """The office's chain has another entry where ours stands, so its receipt proves nothing here. What it says of
        each entry is all that a forked phone will ever hear; those behind must not wait for more."""
        moved = False
        for outcome in reply.outcomes:
            entry = db.entries.get((device, outcome.seq))
            if entry is not None and entry.unsent and entry.position and outcome.seq in sent:
                entry.state = "acknowledged"
                moved = True
        return moved

    def server_keys(self) -> list[str]:
        told = [spki for _, spki in self.db.identity.keys] if self.db.identity else []
        pulled = [
            msgspec.json.decode(kept.doc)["spki"] for (kind, _), kept in self.db.docs.items() if kind == "server_key"
        ]
        return [*told, *pulled]

    def read_receipt(self, jws: str) -> dict[str, Any] | None:
        signed, _, sig = jws.rpartition(".")
        if not any(keys.verify(spki, signed.encode(), sig) for spki in dict.fromkeys(self.server_keys())):
            return None
        claims: dict[str, Any] = msgspec.json.decode(unb64(signed.partition(".")[2]))
        return claims

    def new_epoch(self, db: Database, epoch: str) -> bool:
        before = db.epoch
        if before == epoch:
            return False
        db.epoch = epoch
        if not before:
            return False
        db.grants_due = True
        for entry in db.entries.values():
            _unproved(entry)
        return True

    def reset(self, db: Database, device: str, first: int) -> bool:
        found = [e for e in db.entries.values() if e.device == device and e.seq >= first and not e.unsent]
        for entry in found:
            _unproved(entry)
        return bool(found)

    def hand_in_strays(self) -> Tab:
        for hash, stray in list(self.db.strays.items()):
            if stray.handed_in:
                continue
            head = msgspec.json.encode({"device": stray.device, "seq": stray.seq, "hash": hash})
            raw = b'{"head":%b,"entries":[%b],"sig":""}' % (msgspec.json.encode(head.decode()), stray.text)
            try:
                reply = _PUSH_REPLY.decode((yield Ask("push", raw)))
            except Problem:
                continue
            if any(outcome.seq == stray.seq and outcome.position for outcome in reply.outcomes):
                yield from self.write(lambda db, h=hash: setattr(db.strays[h], "handed_in", True))  # type: ignore[misc]

    # ---- inflow.ts

    def pull(self) -> Tab:
        while True:
            asked = self.db.pull.cursor
            answer = yield Ask("pull", args=(asked,))
            reply = _PULL_REPLY.decode(answer)
            stored = yield from self.write(lambda db, page=reply, asked=asked: self.store(db, page, asked))  # type: ignore[misc]
            if stored and not reply.more:
                self.around.pulled(self)
                return

    def store(self, db: Database, reply: PullReply, asked: str) -> bool:
        """One page, its cursor, and on the last page the entries that it contains: one transaction. False: another tab
        has stored a page since, or the storage is another one, so this one is dropped."""
        if db.pull.cursor != asked:
            return False
        self.new_epoch(db, reply.epoch)
        before = db.pull
        reload = reply.reload or before.reload
        if reply.reload:
            db.staged.clear()
        page = {
            (change.type, change.id): None if bytes(change.doc) == b"null" else bytes(change.doc)
            for change in reply.changes
        }
        if reply.more:
            db.staged.update(page)
            db.pull = Pulled(reply.cursor, reply.position, staged=True, reload=reload)
            return True
        changes = {**db.staged, **page} if before.staged and not reply.reload else page
        waits = bool(db.unsent())
        if reload:
            for key in [key for key in db.docs if key not in changes]:
                self.leave(db, key, waits=waits)
        for key, doc in changes.items():
            if doc is None:
                self.leave(db, key, waits=waits)
            else:
                self.store_doc(db, key, doc)
        db.staged.clear()
        if not waits:
            db.docs = {key: kept for key, kept in db.docs.items() if not kept.former}
        db.pull = Pulled(reply.cursor, reply.position)
        for entry in db.unseen():
            if entry.state == "acknowledged" and 0 < entry.position <= reply.position:
                entry.state, entry.unseen = "seen", False
        return True

    def leave(self, db: Database, key: tuple[str, str], *, waits: bool) -> None:
        if key in db.docs:
            if waits:
                db.docs[key].former = True
            else:
                del db.docs[key]

    def store_doc(self, db: Database, key: tuple[str, str], doc: bytes) -> None:
        if db.identity is not None and key == ("device", db.identity.device["id"]):
            device = msgspec.json.decode(doc)
            db.device_state = "forked" if device.get("forked") else device.get("state", "active")
            db.identity.device = device
        db.docs[key] = Kept(doc)

    def accept_books(self) -> Tab:
        """A book for this phone is accepted by itself, once the server's signature on its grant has been verified."""
        if self.db.wiping is not None:
            return
        for book in self.books():
            ours = book.device == self.id and book.kind == "electronic" and book.state == "assigned"
            if ours and book.id not in self.db.grants and self.grant_is_good(book):
                yield from self.accept_book(book)

    def grant_is_good(self, book: Book) -> bool:
        grant = book.grant
        if grant is None:
            return False
        said = msgspec.json.decode(grant.body)
        fits = (said["book"], said["series"], said["first"], said["last"]) == (
            book.id,
            book.series,
            book.first,
            book.last,
        )
        raw = grant.envelope.encode()
        return fits and any(keys.verify(spki, raw, grant.sig) for spki in dict.fromkeys(self.server_keys()))

    # ---- exchange.ts and start.ts

    def start(self) -> Tab:
        yield from self.settle_copy()
        yield from self.begin_chain()

    def exchange(self) -> Tab:
        """One round: hand in, then pull. Returns whether all went well."""
        well = True
        try:
            yield from self.hand_in()
        except (Unreachable, HandleDied, StorageFailed):
            return False
        except (Problem, Stalled):
            well = False  # an office that answers, but not with what was hoped for, can still be pulled from
        try:
            if self.db.identity is None:
                return False
            now = self.now()
            if self.session_until is None or not now < self.session_until < now + timedelta(hours=2):
                yield Ask("session")
                self.session_until = self.now() + timedelta(hours=1)
            yield from self.pull()
            if self.purpose == "phone":
                yield from self.accept_books()
        except (Problem, Unreachable, HandleDied, StorageFailed, Blocked):
            self.session_until = None
            return False
        return well

    # ---- device.ts

    def enrol(self, code: str) -> Tab:
        """Takes this device's place with a one-time code; an old chain and its key stay beside the new one."""
        key = self.around.new_key()
        answer = msgspec.json.decode((yield Ask("enrol", args=(code, key.spki))))
        device = answer["device"]
        fresh = Identity(
            answer["company"], device, answer["user"], [(one["id"], one["spki"]) for one in answer["keys"]]
        )

        def work(db: Database) -> Chain | None:
            before = db.identity
            db.keys[device["id"]] = key
            db.titles[device["id"]] = spliced(msgspec.convert(device["grant"], Grant))
            if device["id"] not in db.chains:
                db.chains[device["id"]] = Chain(device["id"], first_id=self.around.new_id(), order=len(db.chains))
            db.identity = fresh
            db.release_key = unb64(answer["release_key"])
            db.device_state = device.get("state", "active")
            db.epoch = db.epoch or answer["epoch"]
            return db.chains.get(before.device["id"]) if before and before.device["id"] != device["id"] else None

        old = yield from self.write(work)
        yield from self.begin_chain(old)

    def begin_chain(self, old: Chain | None = None) -> Tab:
        """Entry 1; at start too, when the device stopped between its enrolment and this."""
        chain = self.db.chains.get(self.id)
        if self.db.identity is None or chain is None or chain.seq > 0:
            return
        body: dict[str, Any] = {"app": "world"}
        if old is not None:
            body |= {"old_device": old.device, "old_seq": old.seq, "old_hash": old.hash}
        writer = self.user if self.purpose == "phone" else "system"
        yield from self.append("chain_started", body, by=writer, id=chain.first_id)

    # ---- wipe.ts

    def holds_nothing(self) -> bool:
        strays = [stray for stray in self.db.strays.values() if not stray.handed_in]
        return not self.db.unsent() and not strays

    def use_wipe_code(self, challenge: str, code: str) -> Tab:
        """Whether the code was right; then this phone writes nothing more but that it is wiped."""
        if not self.holds_nothing() or code != code_for(self.db.release_key, "wipe", challenge):
            return False
        entry = self.around.new_id()
        yield from self.write(lambda db: setattr(db, "wiping", (entry, challenge)))
        return True

    def finish_wipe(self) -> Tab:
        """Writes the entry, hands it in, and only when nothing at all waits any more deletes."""
        wiping = self.db.wiping
        if wiping is None:
            return
        yield from self.append("release_used", {"purpose": "wipe", "challenge": wiping[1]}, id=wiping[0])
        yield from self.exchange()
        written = self.db.by_id(wiping[0])
        if written is None or written.unsent or not self.holds_nothing():
            return
        self.around.wipes(self)
        yield Step("before the copy is erased")
        self.copy.files.clear()
        yield Step("before the database is erased")
        self.db = Database()
        yield Step("after the database is erased")

    # ---- what others can carry

    def rescue_file(self) -> list[bytes]:
        """All unsent entries as pushes that anybody may hand in, one per chain."""
        found: list[bytes] = []
        for chain in sorted(self.db.chains.values(), key=lambda one: one.order):
            run = self.first_run([entry for entry in self.db.unsent() if entry.device == chain.device])
            if run:
                head = {"device": chain.device, "seq": chain.seq, "hash": chain.hash}
                found.append(push_of(msgspec.json.encode(head), run, ""))
        return found


def push_of(head: bytes, entries: list[Stored], sig: str) -> bytes:
    wires = b",".join(entry.wire() for entry in entries)
    return b'{"head":%b,"entries":[%b],"sig":"%b"}' % (msgspec.json.encode(head.decode()), wires, sig.encode())


def spliced(grant: Grant | None) -> bytes:
    assert grant is not None
    return b'{"envelope":%b,"body":%b,"sig":"%b"}' % (grant.envelope.encode(), grant.body.encode(), grant.sig.encode())


def _unproved(entry: Stored) -> None:
    entry.position = 0
    entry.state = "saved" if entry.state == "saved" else "sent"
    entry.unseen = True
