"""What the passing of time causes, written as entries by the server: today, promises whose time is over.

The rules have no clock; this is the one place where midnight becomes an entry. It may run at any time and as often as
it likes, on any number of servers: what is due is looked for by a reader, and looked at once more inside the
transaction that writes it, so a promise is broken once.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterable
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import msgspec

from schemas.documents import Company, PromiseToPay
from schemas.entries.follow_up import PromiseBroken
from server.company import OpenCompany
from server.inbox import Writer
from server.reads import day_of, settings_of
from server.store.port import Reader, StoreAway
from server.writes import settings, write

log = logging.getLogger("sanad.daily")
PAGE = 2_000
BATCH = 100
"""How many promises are broken in one transaction; pushes come between two of them."""
LONGEST = timedelta(hours=1)
"""The longest rest: a machine may sleep, a clock be set, a company change its time zone."""
AGAIN = timedelta(minutes=5)
"""After a day's work could not be done."""

Rest = Callable[[float], Awaitable[None]]


class _Promise(msgspec.Struct):
    """The little of a promise that says whether its time is over."""

    id: str
    date: date
    state: str = "open"


_PROMISE = msgspec.json.Decoder(_Promise)


def is_over(promise: PromiseToPay | _Promise, company: Company, today: date) -> bool:
    """Whether an open promise's date and the company's days of grace have passed."""
    return promise.state == "open" and promise.date + timedelta(company.policy.promise_grace_days) < today


async def due_promises(db: Reader, company: Company, today: date) -> list[str]:
    """Ids of open promises whose time is over, oldest first, read in pages so that nobody waits for them."""
    found: list[str] = []
    after = 0
    while page := await db.rows(
        "SELECT no, body FROM record WHERE type = 'promise' AND no > ? ORDER BY no LIMIT ?", after, PAGE
    ):
        promises = [_PROMISE.decode(body) for _, body in page]
        found += [one.id for one in promises if is_over(one, company, today)]
        after = page[-1][0]
        await asyncio.sleep(0)
    return found


def break_promises(writer: Writer, ids: Iterable[str], now: datetime) -> int:
    """Write that these promises are broken. Those that were kept, replaced or broken meanwhile are left alone."""
    state = writer.state()
    company = settings(state)
    today = business_day(company, now)
    wanted = list(ids)
    state.prefetch(("promise", id) for id in wanted)
    broken = [
        promise
        for id in wanted
        if (promise := state.get(PromiseToPay, id)) is not None and is_over(promise, company, today)
    ]
    for promise in broken:
        write(writer, "promise_broken", PromiseBroken(promise.id))
    return len(broken)


async def do_days_work(company: OpenCompany, now: datetime) -> int:
    """All that is due at that moment. Returns how many entries were written."""
    async with company.reading() as db:
        due = await due_promises(db, await settings_of(db), await day_of(db, now))
    written = 0
    for first in range(0, len(due), BATCH):
        ids = due[first : first + BATCH]
        written += await company.run(lambda writer, ids=ids: break_promises(writer, ids, now))  # type: ignore[misc]
    return written


async def keep_days(company: OpenCompany, rest: Rest = asyncio.sleep) -> None:
    """The day's work at the start and after each midnight of the company, until cancelled."""
    done: date | None = None
    while True:
        work = asyncio.ensure_future(_look(company, done))
        try:
            done, pause = await asyncio.shield(work)
        except asyncio.CancelledError:
            await asyncio.wait([work])  # a read that is left half done has nobody to answer to once the loop is gone
            raise
        await rest(pause.total_seconds())


async def _look(company: OpenCompany, done: date | None) -> tuple[date | None, timedelta]:
    """Do the day's work unless it was done. Returns the day that is done, and how long to rest."""
    now = company.clock()
    try:
        async with company.reading() as db:
            known = await settings_of(db)
        today = business_day(known, now)
        if today != done:
            written = await do_days_work(company, now)
            if written:
                log.info("%s: %d promises are broken", today, written)
        return today, min(until_midnight(known, now), LONGEST)
    except StoreAway as away:
        log.warning("the day's work waits for the database: %s", away.cause)
    except Exception:
        log.exception("the day's work could not be done, and is tried again")
    return done, AGAIN


def business_day(company: Company, now: datetime) -> date:
    return now.astimezone(ZoneInfo(company.time_zone)).date()


def until_midnight(company: Company, now: datetime) -> timedelta:
    """From now to a second after the company's next midnight; where clocks change, by the clock of the new day."""
    zone = ZoneInfo(company.time_zone)
    midnight = datetime.combine(business_day(company, now) + timedelta(1), time(0, 0, 1), zone)
    return max(midnight.astimezone(now.tzinfo) - now, timedelta(seconds=1))
