"""The worker that tells customers of their vouchers.

What is to be told stands in the journal's own documents (`schemas.documents.Notice`), made in the transaction that
posted the voucher. Each way of telling has a loop of its own here and a thread of its own in which it may wait for a
mail server or a gateway; pushes never do. What became of a message is an entry, `customer_notified`. A server that dies
between sending and that entry sends again when it is back: at least once, never lost.

Several servers on one database take turns: who sends holds a mark in `meta` that it renews with each entry. A mark that
has stood still for `LEASE_SECONDS`, by the watcher's own steady clock, is a dead server's and is taken over. A file has
one server and needs no mark.
"""

import asyncio
import contextlib
import logging
import time
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from datetime import datetime, timedelta
from queue import SimpleQueue
from threading import Thread

import msgspec

from schemas.documents import Customer, Notice, User, Voucher
from schemas.entries.company import Policy
from schemas.entries.notices import Channel, CustomerNotified, Outcome, Reason
from server.company import OpenCompany
from server.inbox import Writer
from server.notify.senders import CHANNELS
from server.notify.sending import Job, NotNow, Refused, Sender
from server.problems import ProblemError
from server.reads import group, many, settings_of
from server.store.port import StoreAway
from server.store.secrets import forget_meta, keep_meta, meta_of
from server.writes import write

log = logging.getLogger("sanad.notify")
PAUSE_SECONDS = 1.0
"""Between two looks, however much is going on."""
LEASE_SECONDS = 120.0
BATCH = 50
CODE_PATIENCE = timedelta(seconds=60)
"""How long a voucher's code is waited for; it mostly comes with the voucher. Then the message goes without it."""
FIRST_REST, LONGEST_REST = timedelta(seconds=30), timedelta(minutes=30)


class Hand:
    """One thread that does one thing after the other. It never holds up the end of the process."""

    def __init__(self, name: str) -> None:
        self._work: SimpleQueue[tuple[Future[None], Callable[[], None]] | None] = SimpleQueue()
        Thread(target=self._run, name=name, daemon=True).start()

    def _run(self) -> None:
        while (work := self._work.get()) is not None:
            answer, do = work
            if not answer.set_running_or_notify_cancel():
                continue
            try:
                do()
            except BaseException as error:  # noqa: BLE001 -- whatever it is, who waits is told and the hand goes on
                answer.set_exception(error)
            else:
                answer.set_result(None)

    async def do(self, do: Callable[[], None]) -> None:
        answer: Future[None] = Future()
        self._work.put((answer, do))
        await asyncio.wrap_future(answer)

    def end(self) -> None:
        """After what it has begun."""
        self._work.put(None)


class Way:
    """One way of telling, as this server stands with it. rests: nobody is told before then. later: the same for single
    notices. owed: what became of messages, not yet in the journal; such a message is never sent again."""

    def __init__(self, channel: Channel, sender: Sender | None) -> None:
        self.channel = channel
        self.sender = sender
        self.hand: Hand | None = None
        self.rests: datetime | None = None
        self.failed = 0
        self.trouble = ""
        self.later: dict[str, datetime] = {}
        self.tries: dict[str, int] = {}
        self.owed: dict[str, CustomerNotified] = {}
        self.others_mark = ("", 0.0)

    @property
    def mark(self) -> str:
        return f"notify_{self.channel}"


def rest_after(failed: int) -> timedelta:
    """How long to wait after so many failures in a row: twice as long each time, up to a limit."""
    return min(LONGEST_REST, FIRST_REST * (1 << min(failed - 1, 10)))


class Notifier:
    """`run` until cancelled, or until `stop` lets it end between two messages."""

    def __init__(
        self,
        company: OpenCompany,
        senders: Mapping[Channel, Sender],
        *,
        pause: float = PAUSE_SECONDS,
        lease: float = LEASE_SECONDS,
    ) -> None:
        self.company = company
        self.ways = {channel: Way(channel, senders.get(channel)) for channel in CHANNELS}
        self.pause = pause
        self.lease = lease
        self._stopping = asyncio.Event()

    async def run(self) -> None:
        for way in self.ways.values():
            if way.sender is not None:
                way.hand = Hand(f"sanad-notify-{way.channel}")
        try:
            await asyncio.gather(*(self._serve(way) for way in self.ways.values()))
        finally:
            for way in self.ways.values():
                if way.hand is not None:
                    way.hand.end()

    def stop(self) -> None:
        self._stopping.set()

    async def _serve(self, way: Way) -> None:
        async with self.company.listening() as news:
            while not self._stopping.is_set():
                news.clear()
                try:
                    waiting = await self._round(way)
                except StoreAway as away:
                    log.warning("%s: the database is away: %s", way.channel, away.cause)
                    waiting = True
                except Exception:
                    log.exception("%s: a round failed and is tried again", way.channel)
                    waiting = True
                await self._until(self.pause)
                if not waiting:
                    await self._news(news)

    async def _until(self, seconds: float) -> None:
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._stopping.wait(), seconds)

    async def _news(self, news: asyncio.Event) -> None:
        waits = [asyncio.create_task(news.wait()), asyncio.create_task(self._stopping.wait())]
        try:
            await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for one in waits:
                one.cancel()

    # ---- one round

    async def _round(self, way: Way) -> bool:
        """Tell whom it is time to tell; whether anybody is left."""
        await self._pay(way)
        now = self.company.clock()
        if way.rests is not None and now < way.rests:
            return True
        waiting, ready = await self._ready(way)
        if not ready:
            return waiting
        if not await self._claim(way):
            return True
        try:
            _, ready = await self._ready(way)  # what another server told before this one's turn is told
            for job in ready:
                if self._stopping.is_set() or not await self._tell(way, job):
                    break
        finally:
            if way.sender is not None and way.hand is not None:
                await way.hand.do(way.sender.rest)
            await self._let_go(way)
        return True

    async def _ready(self, way: Way) -> tuple[bool, list[Job]]:
        """Whether anything waits in this way, and the notices whose time has come, oldest first."""
        now = self.company.clock()
        async with self.company.reading() as db:
            found = [one for one in await group(db, Notice, "notices") if _open(one, way.channel)]
            for known in (way.later, way.tries):
                for id in known.keys() - {one.id for one in found}:
                    del known[id]
            if not found:
                return False, []
            company = await settings_of(db)
            policy = company.policy
            ends = {one.id for one in found if _ended(one, way.channel, policy, now)}
            due = {one.id for one in found if way.sender is not None and _past(way.later.get(one.id), now)}
            found = [one for one in found if (one.id in ends or one.id in due) and one.id not in way.owed][:BATCH]
            vouchers = await many(db, Voucher, [one.voucher for one in found])
            customers = await many(db, Customer, [one.customer for one in found])
            people = await many(db, User, [voucher.by for voucher in vouchers.values()])
        jobs = [
            Job(company, one, vouchers[one.voucher], customers[one.customer], people.get(vouchers[one.voucher].by))
            for one in found
        ]
        return True, [
            job for job in jobs if job.voucher.qr or _at(job.notice) + CODE_PATIENCE <= now or job.notice.id in ends
        ]

    async def _tell(self, way: Way, job: Job) -> bool:
        """One message, and what became of it; whether to go on with the next."""
        now, id = self.company.clock(), job.notice.id
        if reason := _ended(job.notice, way.channel, job.company.policy, now):
            return await self._became(way, job, "gave_up", reason)
        sender, hand = way.sender, way.hand
        if sender is None or hand is None:
            return True
        way.tries[id] = way.tries.get(id, 0) + 1
        try:
            await hand.do(lambda: sender.send(job))
        except Refused as error:
            log.info("%s: %s is refused: %s", way.channel, id, error)
            way.failed, way.rests, way.trouble = 0, None, ""
            return await self._became(way, job, "refused", error.reason)
        except Exception as error:
            known = isinstance(error, NotNow)
            log.log(logging.WARNING if known else logging.ERROR, "%s: %s has to wait: %s", way.channel, id, error,
                    exc_info=None if known else error)  # fmt: skip
            way.trouble = str(error) if known else type(error).__name__
            way.later[id] = now + rest_after(way.tries[id])
            if isinstance(error, NotNow) and error.everyone:
                way.failed += 1
                way.rests = now + rest_after(way.failed)
                return False
            return True
        way.failed, way.rests, way.trouble = 0, None, ""
        return await self._became(way, job, "sent")

    # ---- the journal

    async def _became(self, way: Way, job: Job, outcome: Outcome, reason: Reason = "") -> bool:
        notice = job.notice
        way.owed[notice.id] = msgspec.convert(
            {"receipt": notice.voucher, "what": notice.what, "channel": way.channel, "outcome": outcome,
             "reason": reason, "tries": way.tries.get(notice.id, 0)},
            CustomerNotified,
        )  # fmt: skip
        return await self._pay(way)

    async def _pay(self, way: Way) -> bool:
        """Write what is owed to the journal; whether it is still this server's turn."""
        mine = True
        for id, body in list(way.owed.items()):
            try:
                mine = await self.company.run(lambda writer, body=body: self._written(way, writer, body))  # type: ignore[misc]
            except ProblemError as problem:
                if isinstance(problem, StoreAway):
                    raise
                # The journal has lost the voucher (a failover, a restore); its phone hands it in again.
                log.warning("%s: %s is not in the journal: %s", way.channel, id, problem)
            del way.owed[id]
        return mine

    def _written(self, way: Way, writer: Writer, body: CustomerNotified) -> bool:
        write(writer, "customer_notified", body)
        return self._marked(way, writer, keep=True)

    # ---- whose turn it is

    async def _claim(self, way: Way) -> bool:
        if not self.company.settings.database_url:
            return True
        held = await self.company.run(lambda writer: self._taken(way, writer))
        if not held:
            return True
        if way.others_mark[0] != held:
            way.others_mark = (held, time.monotonic())
        return False

    def _taken(self, way: Way, writer: Writer) -> str:
        """Take the mark, unless it is another server's that lives: then what that one has written."""
        held = meta_of(writer.store, way.mark)
        owner, _, beat = held.partition(" ")
        mark, since = way.others_mark
        dead = held == mark and time.monotonic() - since >= self.lease
        if held and owner != writer.run and not dead:
            return held
        keep_meta(writer.store, way.mark, f"{writer.run} {int(beat or 0) + 1}")
        return ""

    def _marked(self, way: Way, writer: Writer, *, keep: bool) -> bool:
        """Whether the mark is this server's; renewed, or given up."""
        if not self.company.settings.database_url:
            return True
        owner, _, beat = meta_of(writer.store, way.mark).partition(" ")
        if owner != writer.run:
            return False
        if keep:
            keep_meta(writer.store, way.mark, f"{owner} {int(beat) + 1}")
        else:
            forget_meta(writer.store, way.mark)
        return True

    async def _let_go(self, way: Way) -> None:
        if self.company.settings.database_url:
            await self.company.run(lambda writer: self._marked(way, writer, keep=False))


def _open(notice: Notice, channel: str) -> bool:
    return any(way.channel == channel and not way.outcome for way in notice.ways)


def _ended(notice: Notice, channel: str, policy: Policy, now: datetime) -> Reason:
    """Why nobody is to be told of it any more, if so."""
    if channel not in policy.notify:
        return "turned_off"
    return "unreachable" if _at(notice) + timedelta(hours=policy.notify_hours) < now else ""


def _at(notice: Notice) -> datetime:
    return datetime.fromisoformat(notice.at)


def _past(moment: datetime | None, now: datetime) -> bool:
    return moment is None or moment <= now
