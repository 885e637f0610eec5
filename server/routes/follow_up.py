"""The supervisor's doors to promises, targets and day reports."""

import asyncio
from datetime import date
from typing import Annotated

import msgspec
from litestar import get, put
from litestar.params import FromPath, JSONBody, QueryParameter

from schemas.codes import Problem
from schemas.documents import Custody, Customer, DayReport, Device, Item, PromiseToPay, Target, User
from schemas.entries.shapes import Total
from schemas.entries.visits import TargetSet
from schemas.wire import DayReportRow, PromiseRow, TargetWish
from server.doors import AnyRequest, allow, caller_of, company_of
from server.problems import ProblemError
from server.reads import all_of, day_of, group, many, one
from server.reports.day_reports import differing, figures_of
from server.store.port import Reader
from server.writes import write

PAGE = 2_000
MOST = 1_000
"""Rows of one answer."""
STATES: dict[str, tuple[str, ...]] = {
    "due": ("open",),
    "open": ("open",),
    "broken": ("broken", "part_kept"),
    "kept": ("kept", "kept_late"),
    "superseded": ("superseded",),
}
"""What may be asked for, and the states it means. due: open, and its date has come."""
_PROMISE = msgspec.json.Decoder(PromiseToPay)


# ---- promises


@get("/api/v1/promises")
async def promises(
    request: AnyRequest, wanted: Annotated[str, QueryParameter(name="state")] = "due"
) -> list[PromiseRow]:
    """Promises in one state. What still waits: the earliest date first; what is over: the latest first. At most
    1,000."""
    allow(await caller_of(request), "supervisor", "administrator")
    if wanted not in STATES:
        raise ProblemError(Problem.MALFORMED, f"one of {', '.join(STATES)}", field="state", value=wanted)
    company = company_of(request)
    async with company.reading() as db:
        today = await day_of(db, company.clock())
        found = [promise for promise in await _promises(db, STATES[wanted]) if wanted != "due" or promise.date <= today]
        found.sort(key=lambda promise: (promise.date, promise.at), reverse=wanted not in ("due", "open"))
        found = found[:MOST]
        customers = await many(db, Customer, [promise.customer for promise in found])
        people = await many(db, User, [promise.by for promise in found])
        items = await many(db, Item, [item for promise in found for item in promise.items])
    return [
        PromiseRow(
            promise,
            customers.get(promise.customer),
            people.get(promise.by),
            [items[item] for item in promise.items if item in items],
        )
        for promise in found
    ]


async def _promises(db: Reader, states: tuple[str, ...]) -> list[PromiseToPay]:
    """Read in pages, so that nobody waits for a long history."""
    found: list[PromiseToPay] = []
    after = 0
    while page := await db.rows(
        "SELECT no, body FROM record WHERE type = 'promise' AND no > ? ORDER BY no LIMIT ?", after, PAGE
    ):
        found += [promise for _, body in page if (promise := _PROMISE.decode(body)).state in states]
        after = page[-1][0]
        await asyncio.sleep(0)
    return found


# ---- targets


@get("/api/v1/targets/{month:str}")
async def targets(request: AnyRequest, month: FromPath[str]) -> list[Target]:
    """What each collector is to bring in a month (`YYYY-MM`)."""
    allow(await caller_of(request), "supervisor", "administrator")
    async with company_of(request).reading() as db:
        return await group(db, Target, f"targets/{month}")


@put("/api/v1/targets/{user:str}/{month:str}")
async def set_target(
    request: AnyRequest, user: FromPath[str], month: FromPath[str], data: JSONBody[TargetWish]
) -> Target:
    caller = await caller_of(request)
    allow(caller, "supervisor", "administrator")
    company = company_of(request)
    body = TargetSet(user, month, data.currency, data.amount, data.visits)
    await company.run(lambda writer: write(writer, "target_set", body, caller.user))
    async with company.reading() as db:
        saved = await one(db, Target, f"{user}|{month}|{data.currency}")
    assert saved is not None  # noqa: S101 -- it has just been written
    return saved


# ---- day reports


@get("/api/v1/day-reports/{day:date}")
async def day_reports(request: AnyRequest, day: FromPath[date]) -> list[DayReportRow]:
    """Each collector's day: what he reported, what the journal says of the same entries, and where they differ."""
    allow(await caller_of(request), "supervisor", "administrator")
    async with company_of(request).reading() as db:
        reports = {report.user: report for report in await group(db, DayReport, f"reports/{day}")}
        people = [user for user in await all_of(db, User) if user.role == "collector"]
        devices = [device for device in await all_of(db, Device) if device.purpose == "phone"]
        rows: list[DayReportRow] = []
        for user in people:
            report = reports.get(user.id)
            if report is None and not user.active:
                continue
            own = [device for device in devices if device.user == user.id]
            figures, later = await figures_of(db, own, user.id, day, report)
            custody = await one(db, Custody, user.id) or Custody(user.id)
            rows.append(
                DayReportRow(
                    user,
                    figures,
                    report,
                    differing(report.told, figures) if report else [],
                    later,
                    _held_now(custody),
                )
            )
    return rows


def _held_now(custody: Custody) -> list[Total]:
    """What he answers for at this moment, in hand and on its way."""
    sums: dict[tuple[str, str], int] = {}
    for method, amounts in (
        ("cash", custody.cash), ("cash", custody.transit_cash),
        ("cheque", custody.cheques), ("cheque", custody.transit_cheques),
    ):  # fmt: skip
        for currency, amount in amounts.items():
            sums[currency, method] = sums.get((currency, method), 0) + amount
    return [Total(currency, method, 0, amount) for (currency, method), amount in sorted(sums.items()) if amount > 0]
