"""The inbox: one thread that owns the store, lets concurrent pushes share a commit, and does tasks in between.

The way of a push: the web side decodes and checks signatures, hands a `Push` over and waits. The writer takes all that
wait (at most 512), places them in their chains, lets `sync.decide` judge them against one shared state, writes all in
one transaction, and answers after the commit: what is acknowledged is on disk. If anything raises, the whole is rolled
back and tried again push by push, then entry by entry; an entry that still fails is kept unjudged. Nothing blocks.
"""

import asyncio
import contextlib
import logging
import threading
import time
from collections import Counter, defaultdict, deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from datetime import datetime
from itertools import pairwise
from queue import SimpleQueue
from typing import Any, Protocol, TypeVar
from zoneinfo import ZoneInfo

import msgspec

from schemas.codes import Flag, Verdict
from schemas.documents import AheadEntry, Book, Device
from schemas.entries import Envelope
from schemas.entries.company import ChainStarted, HoleRecorded
from schemas.wire import Head as PushHead
from schemas.wire import Outcome
from server.ids import uuid7
from server.keys import SigningKey
from server.store.port import Appended, Fresh, Store, StoreAway
from sync import counter
from sync.books import NUMBERING
from sync.chain import Entry, Head, Known, Placed, Standing, b64, hash_of, links, stand
from sync.decide import SYSTEM, Arrival, Moment, Stamped, context_of, decide, judge, read, touched
from sync.reading import body_of
from sync.state import Key, NotLoaded, State

log = logging.getLogger("sanad.inbox")
GROUP = 512
PATIENCE_SECONDS = 10.0
"""How long pushes are held while the database is away; after that they are sent back until it is there again."""
T = TypeVar("T")


class Clock(Protocol):
    def __call__(self) -> datetime:
        """Now, with a time zone."""


class Gap(Exception):
    """The entries before the first one are not here; nothing of the push was stored."""

    def __init__(self, expected_seq: int) -> None:
        super().__init__(f"expected seq {expected_seq}")
        self.expected_seq = expected_seq


class QuotaReached(Exception):
    def __init__(self, quota: int) -> None:
        super().__init__(f"{quota} new entries a day")
        self.quota = quota


@dataclass(slots=True)
class Push:
    """A decoded push of one writer. head_trusted: the head bears the writer's signature.

    answer or waiter: where a thread or an event loop waits for what became of it. arrivals, keys: what `read_ahead`
    has found out on the caller's thread, so that the writer need not.
    """

    device: str
    head: PushHead
    head_trusted: bool
    placed: list[Placed]
    head_text: str = ""
    answer: "Future[Pushed] | None" = None
    waiter: "asyncio.Future[Pushed] | None" = None
    arrivals: list[Arrival] = field(default_factory=list)
    keys: set[Key] = field(default_factory=set)
    in_line: bool = False
    """One unbroken run that its writer's key vouches for: where its first entry goes on from the head, all do."""

    def read_ahead(self, after: int = 0) -> None:
        """Open the entries behind seq `after`. Those up to it are most likely repeats, of which nobody asks more."""
        self.arrivals = [Arrival(one.entry, self.device, one.seq) for one in self.placed]
        self.open([arrival for arrival in self.arrivals if arrival.seq > after])
        self.in_line = all(
            [one.trusted and one.entry.envelope is not None for one in self.placed]
            + [links(before, one) for before, one in pairwise(self.placed)]
        )

    def open(self, arrivals: list[Arrival]) -> None:
        """Decode bodies, see whether they are the signed ones, and list what judging them will look at."""
        for arrival in arrivals:
            arrival.flags = _of_body(arrival.entry)
            read(arrival)
        self.keys |= touched(arrivals)

    def follows(self, head: Head) -> bool:
        """Whether the whole push goes on from this head."""
        return self.in_line and self.placed[0].seq == head.seq + 1 and self.placed[0].prev == head.hash


@dataclass(frozen=True, slots=True)
class Pushed:
    """What became of a push. device_state: active, revoked, lost, retired or forked."""

    outcomes: list[Outcome]
    head: Head
    device_state: str


@dataclass(frozen=True, slots=True)
class Written:
    """One entry of the server's own chain: its id and what became of it."""

    id: str
    outcome: Outcome


@dataclass(slots=True)
class _Task:
    do: Callable[["Writer"], Any]
    answer: "Future[Any]" = field(default_factory=Future)


class Writer:
    """The store as the writing thread holds it, with the server's own chain. Only for use inside that thread."""

    def __init__(self, store: Store, company: str, key: SigningKey, run: str, clock: Clock) -> None:
        self.store = store
        self.company = company
        self.key = key
        self.run = run
        self.clock = clock
        self.quota = 5000
        self._counted: dict[str, int] = defaultdict(int)
        self._counted_on = ""
        self._zone = ZoneInfo("UTC")
        self.epoch = "1"
        self.seen: dict[str, int] = {}
        """Where each chain stood after its last push: a hint for reading ahead, never relied upon."""
        self._full: set[str] = set()

    def moment(self, carrier: str = "") -> Moment:
        """Now, and the business day that is open now in the company's own time zone."""
        now = self.clock()
        return Moment(now, now.isoformat(timespec="seconds"), now.astimezone(self._zone).date(), carrier)

    def learn(self, state: State) -> None:
        """Take over the company's settings as they are in this transaction: another server may have changed them."""
        company = state.settings()
        if company is not None:
            self._zone = ZoneInfo(company.time_zone)
            self.epoch = str(company.epoch)

    def state(self) -> State:
        return State(self.company, self.store.fetch, self.store.fetch_group)

    # ---- the server's own chain

    def write(self, kind: str, body: msgspec.Struct, by: str = SYSTEM) -> Written:
        """Write one entry of the server's chain inside the running transaction. The body is judged like any other."""
        state = self.state()
        self.learn(state)
        heads = self.store.heads([self.run])
        arrivals = self._own(kind, body, by, heads)
        stamped = decide(arrivals, self.moment(self.run), state, *self.store.tip())
        one = stamped[-1]
        stamped += self._settle_handovers(state, heads, one.stamp.position, one.h)
        self.store.append([Appended(each, fork=False) for each in stamped])
        self.store.save(state)
        self.learn(state)
        outcome = Outcome(one.arrival.seq, one.stamp.position, one.stamp.verdict, one.stamp.flags)
        return Written(envelope_id(one.arrival), outcome)

    def _own(self, kind: str, body: msgspec.Struct, by: str, heads: dict[str, Head]) -> list[Arrival]:
        """An entry of the server's own chain, built and signed; before it the first of the chain, if there is none."""
        head = heads[self.run]
        before = [] if head.seq else self._own_after(head, "chain_started", ChainStarted("server"), SYSTEM)
        if before:
            head = Head(1, before[0].entry.hash, 0)
        arrivals = before + self._own_after(head, kind, body, by)
        heads[self.run] = Head(arrivals[-1].seq, arrivals[-1].entry.hash, 0)
        return arrivals

    def _own_after(self, head: Head, kind: str, body: msgspec.Struct, by: str) -> list[Arrival]:
        """Unreadable if a replay could not read the body again: such an entry would mean two different things."""
        now = self.clock()
        body_bytes = msgspec.json.encode(body)
        body_of(kind, body_bytes)
        envelope = Envelope(
            v=1,
            company=self.company,
            device=self.run,
            seq=head.seq + 1,
            prev=b64(head.hash),
            by=by,
            at=now.isoformat(timespec="seconds"),
            kind=kind,
            id=uuid7(now),
            body_hash=b64(hash_of(body_bytes)),
        )
        raw = msgspec.json.encode(envelope)
        entry = Entry(raw, body_bytes, self.key.sign(raw), hash_of(raw), envelope)
        return [Arrival(entry, self.run, envelope.seq, online=True, body=body)]

    def _settle_handovers(self, state: State, heads: dict[str, Head], position: int, h: bytes) -> list[Stamped]:
        """Declarations have come for which a count or an acceptance waited: what fits is released in the same
        transaction, so that nobody ever sees one without the other. `position`, `h`: of the last entry decided."""
        settled: list[Stamped] = []
        for known in counter.due(state):
            for waiting in list(known.waiting):
                settled += self._settle_one(waiting, state, heads, position, h)
                if settled:
                    position, h = settled[-1].stamp.position, settled[-1].h
        return settled

    def _settle_one(
        self, waiting: AheadEntry, state: State, heads: dict[str, Head], position: int, h: bytes
    ) -> list[Stamped]:
        """Nothing where the rules will not have it: then it goes on waiting, for a person."""
        before, moment = heads[self.run], self.moment(self.run)
        arrivals = self._own("judged", counter.release_of(waiting), SYSTEM, heads)
        context = context_of(arrivals[-1], moment.day, moment.received_at)
        if judge(arrivals[-1], context, state).verdict != Verdict.ACCEPTED:
            heads[self.run] = before
            return []
        return decide(arrivals, moment, state, position, h)

    # ---- pushes

    def take(self, pushes: Sequence[Push], *, unjudged: bool = False) -> list[Pushed | Exception]:
        """Judge and write pushes in one transaction. Raises only where the whole must be rolled back."""
        store = self.store
        heads = store.heads({push.device for push in pushes} | {self.run})
        known: dict[str, dict[int, list[Known]]] = defaultdict(dict)
        fresh: dict[str, int] = defaultdict(int)
        for push in pushes:
            self._settle(push, heads[push.device])
        for push in pushes:  # several pushes of one device: the union of what they cover
            known[push.device].update(self._known(push, heads[push.device]))
        position, h = store.tip()
        state = self.state()
        for push in pushes:
            self._complete(push, heads[push.device], known[push.device], unjudged=unjudged)
        asked = {("company", self.company), *(("device", push.device) for push in pushes)}
        state.prefetch(asked.union(*(push.keys for push in pushes)))
        self.learn(state)
        answers: list[Pushed | Exception] = []
        appended: list[Appended] = []
        writers = Counter(push.device for push in pushes)
        now = self.moment()
        for push in pushes:
            moment = Moment(now.now, now.received_at, now.day, push.head.carrier)
            try:
                new = self._place(push, heads, known[push.device], moment, fresh)
            except (Gap, QuotaReached) as answer:
                answers.append(answer)
                continue
            stamped = decide([one.arrival for one in new.places], moment, state, position, h, prefetched=True)
            if stamped:
                position, h = stamped[-1].stamp.position, stamped[-1].h
            appended += [Appended(one, place.fork) for place, one in zip(new.places, stamped, strict=True)]
            _settle_outcomes(new, stamped, push.device, heads)
            if writers[push.device] > 1:
                _remember(new, stamped, known[push.device])
            for head in new.skipped:
                store.skip(push.device, head)
            answers.append(self._pushed(push, new, heads[push.device], state, moment.received_at))
        appended += [Appended(one, fork=False) for one in self._settle_handovers(state, heads, position, h)]
        if appended:
            store.append(appended)
            self._full |= {
                book.device
                for type_name, id in state.changed
                if type_name == "book" and (book := state.get(Book, id)) is not None and book.state == "full"
            }
            store.save(state)
        for device, count in fresh.items():
            self._counted[device] += count
        self.seen.update({push.device: heads[push.device].seq for push in pushes})
        return answers

    def phones_out_of_leaves(self) -> set[str]:
        """Phones that filled a book since this was last asked."""
        found, self._full = self._full, set()
        return found

    def _complete(self, push: Push, head: Head, known: dict[int, list[Known]], *, unjudged: bool) -> None:
        """Read what reading ahead has left out: entries at known places that are not repeats."""
        if not push.arrivals:
            push.read_ahead(head.seq)
        unread = [one for one in push.arrivals if one.body is None and not one.unreadable]
        unread = [one for one in unread if one.seq > head.seq or one.entry.hash not in _hashes(known, one.seq)]
        push.open(unread)
        if unjudged:
            for arrival in push.arrivals:
                arrival.body, arrival.unreadable = None, "judging raised"

    def _settle(self, push: Push, head: Head) -> None:
        """An envelope that cannot be read, without a neighbour that says its place (seq 0), stands where the same bytes
        stood before, or else right behind the head."""
        if not push.placed or push.placed[0].seq:
            return
        stored = self.store.known(push.device, max(1, head.seq - 500), head.seq)
        same = push.placed[0].entry.hash
        seq = next((seq for seq, kept in stored.items() if any(one.hash == same for one in kept)), head.seq + 1)
        prev = head.hash
        for place in push.placed:
            place.seq, place.prev = seq, prev
            seq, prev = seq + 1, place.entry.hash
        push.arrivals = []  # read ahead under the wrong places

    def _known(self, push: Push, head: Head) -> dict[int, list[Known]]:
        """What is stored where the push's entries stand. Where it simply goes on from the head there is nothing."""
        if not push.placed or push.follows(head):
            return {}
        seqs = [one.seq for one in push.placed]
        return self.store.known(push.device, min(seqs) - 1, max(seqs))

    def _place(
        self,
        push: Push,
        heads: dict[str, Head],
        known: dict[int, list[Known]],
        moment: Moment,
        fresh: dict[str, int],
    ) -> "_New":
        """What of a push is new, where it stands; Gap or QuotaReached, and then nothing of it is written."""
        new = _New()
        head, own_head = heads[push.device], heads[self.run]
        if push.placed and push.follows(head):
            new.places = [_Place(arrival, index) for index, arrival in enumerate(push.arrivals)]
        else:
            self._sort_out(push, head, heads, known, new)
        if push.placed and not new.places and not new.outcomes:
            raise Gap(head.seq + 1)
        if moment.received_at[:10] != self._counted_on:
            self._counted_on = moment.received_at[:10]
            self._counted.clear()
        count = len(new.places) - sum(1 for place in new.places if place.index < 0)
        today = self._counted[push.device] + fresh[push.device] + count
        if count and today > self.quota and today > self._quota(push.device):
            heads[self.run] = own_head  # holes of this push are not written either
            raise QuotaReached(self._quota(push.device))
        fresh[push.device] += count
        return new

    def _sort_out(
        self, push: Push, head: Head, heads: dict[str, Head], known: dict[int, list[Known]], new: "_New"
    ) -> None:
        """Sort a push's entries into repeats, next ones, forks; stop at a gap that nobody has declared."""
        fork_tail = b""
        first_of: dict[tuple[int, bytes], int] = {}
        for index, (one, arrival) in enumerate(zip(push.placed, push.arrivals, strict=True)):
            if one.entry.envelope is None and not one.prev and one.seq == head.seq + 1:
                one.prev = head.hash  # it does not say what it follows
            if any(stored.fork and stored.hash == one.prev for stored in known.get(one.seq - 1, ())):
                fork_tail = one.prev
            standing = stand(one, head, known, fork_tail)
            if standing == Standing.REPEAT:
                stored = next(k for k in known[one.seq] if k.hash == one.entry.hash)
                fork_tail = one.entry.hash if stored.fork else fork_tail
                new.outcomes[index] = Outcome(one.seq, stored.position, stored.verdict, list(stored.flags))
                continue
            twin = first_of.setdefault((one.seq, one.entry.hash), index)
            if twin != index:
                new.twins[index] = twin
                continue
            if not one.trusted and not push.head_trusted:
                # Nobody vouches for these bytes; who brought them keeps them.
                new.outcomes[index] = Outcome(one.seq, 0, Verdict.REFUSED, [Flag.BAD_SIGNATURE])
                continue
            flags: list[Flag] = [] if one.trusted else [Flag.BAD_SIGNATURE]
            flags += _of_body(one.entry)
            if standing == Standing.GAP and self._beside(push, head, one.seq):
                standing = Standing.FORK
            if standing == Standing.GAP:
                if not self._declared(push, head.seq + 1, one.seq - 1):
                    break
                hole = HoleRecorded(push.device, head.seq + 1, one.seq - 1)
                new.places += (_Place(own) for own in self._own("hole_recorded", hole, SYSTEM, heads))
                head = Head(one.seq - 1, one.prev, 0)
                new.skipped.append(head)
                standing = Standing.NEXT
            if standing == Standing.FORK:
                flags.append(Flag.FORK)
                fork_tail = one.entry.hash
            else:
                head = Head(one.seq, one.entry.hash, 0)
            arrival.flags = tuple(flags)
            new.places.append(_Place(arrival, index, fork=standing == Standing.FORK))

    def _quota(self, device: str) -> int:
        """New entries a day: never fewer than three for each leaf of the device's open and spare books."""
        books = (book for book in self.store.fetch_group(f"books/{device}") if isinstance(book, Book))
        leaves = sum(book.last - book.first + 1 for book in books if book.state in NUMBERING)
        return max(self.quota, 3 * leaves)

    def _declared(self, push: Push, first: int, last: int) -> bool:
        return push.head_trusted and any(a <= first and last <= b for a, b in push.head.missing)

    def _beside(self, push: Push, head: Head, seq: int) -> bool:
        """Whether a side branch goes on here behind a hole: of what stands between the chain's end and this place, some
        is beside the chain already, and the writer has told that he lacks the rest."""
        if not push.head_trusted or not push.head.missing:
            return False
        stored = self.store.known(push.device, head.seq + 1, seq - 1)
        beside = [(at, at) for at, kept in stored.items() if any(one.fork for one in kept)]
        reached = head.seq
        for first, last in sorted([*push.head.missing, *beside]):
            if first > reached + 1:
                break
            reached = max(reached, last)
        return bool(beside) and reached >= seq - 1

    def _pushed(self, push: Push, new: "_New", head: Head, state: State, received_at: str) -> Pushed:
        device = state.get(Device, push.device)
        device_state = "forked" if device is not None and device.forked else device.state if device else "revoked"
        if push.head_trusted:
            self.store.contact(push.device, received_at, push.head_text)
        outcomes = [new.outcomes.get(new.twins.get(index, index)) for index in range(len(push.placed))]
        return Pushed([one for one in outcomes if one is not None], head, device_state)


class _Place(msgspec.Struct, gc=False):
    """An entry that is to be judged. index: where it stands in its push; -1 for one of the server's own."""

    arrival: Arrival
    index: int = -1
    fork: bool = False


class _New(msgspec.Struct):
    """What of a push is new: entries to judge, heads skipped over holes, the outcome of each entry by its index, and
    which entries came twice in it (index → index of the first)."""

    places: list[_Place] = []
    skipped: list[Head] = []
    outcomes: dict[int, Outcome] = {}
    twins: dict[int, int] = {}


def _settle_outcomes(new: _New, stamped: Sequence[Stamped], device: str, heads: dict[str, Head]) -> None:
    """The outcome of each judged entry, and where its chain stands now."""
    last = None
    for place, one in zip(new.places, stamped, strict=True):
        if place.index >= 0:
            stamp = one.stamp
            new.outcomes[place.index] = Outcome(one.arrival.seq, stamp.position, stamp.verdict, stamp.flags)
            last = last if place.fork else one
    if last is not None:
        heads[device] = Head(last.arrival.seq, last.arrival.entry.hash, last.stamp.position)


def _remember(new: _New, stamped: Sequence[Stamped], known: dict[int, list[Known]]) -> None:
    """Carry stamped entries into the known places that a later push of the same group looks at."""
    for place, one in zip(new.places, stamped, strict=True):
        if place.index >= 0:
            stamp = one.stamp
            known.setdefault(one.arrival.seq, []).append(
                Known(one.arrival.entry.hash, stamp.position, stamp.verdict, tuple(stamp.flags), place.fork)
            )


def _of_body(entry: Entry) -> tuple[Flag, ...]:
    """Whether the body is the one that was signed."""
    envelope = entry.envelope
    same = envelope is None or envelope.body_hash == b64(hash_of(entry.body))
    return () if same else (Flag.BODY_MISMATCH,)


def _still_wanted(push: Push) -> bool:
    if push.answer is not None:
        return push.answer.set_running_or_notify_cancel()
    return push.waiter is None or not push.waiter.cancelled()


def _wake_all(told: "list[tuple[asyncio.Future[Pushed], Pushed | Exception]]") -> None:
    for waiter, answer in told:
        if waiter.done():
            continue
        if isinstance(answer, Exception):
            waiter.set_exception(answer)
        else:
            waiter.set_result(answer)


def _hashes(known: dict[int, list[Known]], seq: int) -> list[bytes]:
    return [stored.hash for stored in known.get(seq, ())]


class Inbox:
    """The queue in front of the writer. `published` is called in the writer's thread after each commit with the
    positions before and after it and what it changed; `top_up` is a
    task of its own for each phone that has filled a book, when its push has been answered; `recover` goes first in the
    transaction after the database has lost what was committed."""

    def __init__(
        self,
        writer: Writer,
        published: Callable[[int, int, Fresh], None],
        top_up: Callable[[Writer, str], None],
        recover: Callable[[Writer], None],
    ) -> None:
        self.writer = writer
        self.published = published
        self.top_up = top_up
        self.recover = recover
        self._came: SimpleQueue[Push | _Task | None] = SimpleQueue()
        """None: nothing will come any more."""
        self._stopping = False
        self._away_since: float | None = None
        self._thread = threading.Thread(target=self._run, name="sanad-writer", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Finish what waits, then end the thread."""
        self._stopping = True
        self._came.put(None)
        self._thread.join()

    def push(self, push: Push) -> "Future[Pushed]":
        """Push and let a thread wait."""
        push.answer = Future()
        self._came.put(push)
        return push.answer

    async def hand_over(self, push: Push) -> Pushed:
        """Push and wait, on an event loop. All that a commit answers is told to the loop in one call."""
        push.waiter = asyncio.get_running_loop().create_future()
        self._came.put(push)
        return await push.waiter

    def run(self, do: Callable[[Writer], T]) -> "Future[T]":
        """Run a task in its own transaction, after the pushes that wait."""
        task = _Task(do)
        self._came.put(task)
        return task.answer

    def _run(self) -> None:
        pushes: deque[Push] = deque()
        tasks: deque[_Task] = deque()
        ended = False
        while not ended or pushes or tasks:
            at_least = 0 if pushes or tasks or ended else 1
            for _ in range(max(self._came.qsize(), at_least)):
                one = self._came.get()
                if isinstance(one, Push):
                    pushes.append(one)
                elif one is not None:
                    tasks.append(one)
                else:
                    ended = True
            # A caller that hung up is not answered; from here on he can no longer take back what he asked for.
            if pushes:
                group = [pushes.popleft() for _ in range(min(GROUP, len(pushes)))]
                if wanted := [push for push in group if _still_wanted(push)]:
                    self._take(wanted)
            elif tasks and (task := tasks.popleft()).answer.set_running_or_notify_cancel():
                self._do(task)

    def _do(self, task: _Task) -> None:
        try:
            result = self._steadily(lambda: task.do(self.writer))
        except BaseException as error:  # noqa: BLE001 -- whatever it is, the caller is told and the writer goes on
            task.answer.set_exception(error)
            return
        task.answer.set_result(result)

    def _steadily(self, do: Callable[[], T]) -> T:
        """Do it in a transaction of its own; when the store goes away in the middle, again once it is back. StoreAway
        when it stays away, or when nobody can say whether it was done."""
        store, pause = self.writer.store, 0.05
        while True:
            try:
                store.begin()
                before = store.tip()[0]
                if store.fell_back:
                    self.recover(self.writer)
                result = do()
                after = store.tip()[0]
                store.commit()
            except BaseException as error:
                store.rollback()
                away = error.__cause__ if isinstance(error, NotLoaded) else error
                if not isinstance(away, StoreAway):
                    raise
                if not away.known or not self._patient(away):
                    raise away from error
                time.sleep(pause)
                pause = min(1.0, 2 * pause)
            else:
                self._away_since = None
                self.published(before, after, store.take_fresh())
                return result

    def _patient(self, away: StoreAway) -> bool:
        """Whether the store has not been away for so long that those who wait should rather ask again later."""
        if self._away_since is None:
            log.warning("the database is away: %s", away.cause)
            self._away_since = time.monotonic()
        return not self._stopping and time.monotonic() - self._away_since < PATIENCE_SECONDS

    def _take(self, group: list[Push]) -> None:
        try:
            answers = self._transaction(group)
        except StoreAway as away:
            self._tell(group, [away] * len(group))
            return
        except Exception:
            log.exception("a group of %d pushes was rolled back and is tried one by one", len(group))
            for push in group:
                self._take_one(push)
            return
        self._answer(group, answers)

    def _take_one(self, push: Push) -> None:
        try:
            answers = self._transaction([push])
        except StoreAway as away:
            self._tell([push], [away])
            return
        except Exception:
            log.exception("a push of %s was rolled back and is tried entry by entry", push.device)
            try:
                self._take_apart(push)
            except StoreAway as away:  # what is in by now is answered as a repeat, when the phone asks again
                self._tell([push], [away])
            return
        self._answer([push], answers)

    def _take_apart(self, push: Push) -> None:
        """Entry by entry; one that still raises is kept unjudged, so that those behind it pass."""
        outcomes: list[Outcome] = []
        answer: Pushed | Exception = Gap(0)
        for one in push.placed:
            single = Push(push.device, push.head, push.head_trusted, [one], push.head_text)
            try:
                answer = self._transaction([single])[0]
            except StoreAway:
                raise
            except Exception as error:
                if isinstance(error, (NotLoaded, *self.writer.store.failures)):
                    # The disk, not the entry: what is on it is answered, the rest is the phone's to send again.
                    log.exception("the store failed at entry %s/%d", push.device, one.seq)
                    answer = error
                    break
                log.exception("entry %s/%d is kept unjudged", push.device, one.seq)
                try:
                    answer = self._transaction([single], unjudged=True)[0]
                except StoreAway:
                    raise
                except Exception as error:
                    log.exception("entry %s/%d could not be stored", push.device, one.seq)
                    self._tell([push], [error])
                    return
            if isinstance(answer, Exception):
                break
            outcomes += answer.outcomes
        if isinstance(answer, Exception) and not outcomes:
            self._tell([push], [answer])
            return
        try:
            head = self.writer.store.heads([push.device])[push.device]
        except self.writer.store.failures as error:
            self._tell([push], [error])
            return
        state = answer.device_state if isinstance(answer, Pushed) else "active"
        self._tell([push], [Pushed(outcomes, head, state)])
        self._top_up_books()

    def _transaction(self, group: list[Push], *, unjudged: bool = False) -> list[Pushed | Exception]:
        return self._steadily(lambda: self.writer.take(group, unjudged=unjudged))

    def _answer(self, group: list[Push], answers: list[Pushed | Exception]) -> None:
        self._tell(group, answers)
        self._top_up_books()

    def _tell(self, group: Sequence[Push], answers: Sequence[Pushed | Exception]) -> None:
        waiting: dict[asyncio.AbstractEventLoop, list[tuple[asyncio.Future[Pushed], Pushed | Exception]]] = {}
        for push, answer in zip(group, answers, strict=True):
            if push.waiter is not None:
                waiting.setdefault(push.waiter.get_loop(), []).append((push.waiter, answer))
            if push.answer is None:
                continue
            if isinstance(answer, Exception):
                push.answer.set_exception(answer)
            else:
                push.answer.set_result(answer)
        for loop, told in waiting.items():
            with contextlib.suppress(RuntimeError):  # a loop that has ended has nobody waiting on it
                loop.call_soon_threadsafe(_wake_all, told)

    def _top_up_books(self) -> None:
        for device in self.writer.phones_out_of_leaves():
            self._do(_Task(lambda writer, device=device: self.top_up(writer, device)))  # type: ignore[misc]


def envelope_id(arrival: Arrival) -> str:
    return arrival.entry.envelope.id if arrival.entry.envelope else ""
