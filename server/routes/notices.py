"""Telling customers of their vouchers: whether it is on, how it goes, and whether one customer was told."""

import msgspec
from litestar import get, put
from litestar.params import FromPath, JSONBody

from schemas.codes import Problem
from schemas.documents import Notice, Voucher
from schemas.entries.company import CompanySetUp
from schemas.wire import Notifying, NotifyWay, NotifyWish
from server.doors import AnyRequest, allow, caller_of, company_of
from server.inbox import Writer
from server.notify.worker import Notifier
from server.problems import ProblemError
from server.reads import group, many, one, settings_of
from server.writes import settings, write
from sync.notices import TOLD, notice_of


@get("/api/v1/notices")
async def notifying(request: AnyRequest) -> Notifying:
    allow(await caller_of(request), "administrator", "supervisor")
    return await _stands(request)


@put("/api/v1/notices")
async def switch(request: AnyRequest, data: JSONBody[NotifyWish]) -> Notifying:
    """Turn ways of telling customers on or off. Vouchers from before are never told."""
    caller = await caller_of(request)
    allow(caller, "administrator")
    if not 0 <= data.hours <= 720:
        raise ProblemError(Problem.MALFORMED, "between 1 hour and 30 days", field="hours", value=data.hours)

    def task(writer: Writer) -> None:
        known = settings(writer.state())
        policy = known.policy
        hours = data.hours or policy.notify_hours
        body = CompanySetUp(
            company=known.id, name=known.name, name_ar=known.name_ar, country=known.country, currency=known.currency,
            time_zone=known.time_zone, address=known.address, branches=known.branches, epoch=known.epoch,
            policy=msgspec.structs.replace(policy, notify=list(dict.fromkeys(data.channels)), notify_hours=hours),
        )  # fmt: skip
        if body.policy != policy:
            write(writer, "company_set_up", body, caller.user)

    await company_of(request).run(task)
    return await _stands(request)


async def _stands(request: AnyRequest) -> Notifying:
    company = company_of(request)
    notifier: Notifier = request.app.state.notifier
    async with company.reading() as db:
        policy = (await settings_of(db)).policy
        waiting = await group(db, Notice, "notices")
    ways = []
    for channel, way in notifier.ways.items():
        since = [one.at for one in waiting if any(each.channel == channel and not each.outcome for each in one.ways)]
        ways.append(
            NotifyWay(
                channel,
                on=channel in policy.notify,
                able=way.sender is not None,
                waiting=len(since),
                since=min(since, default=""),
                trouble=way.trouble,
            )
        )
    return Notifying(ways, policy.notify_hours)


@get("/api/v1/vouchers/{id:str}/notices")
async def of_voucher(request: AnyRequest, id: FromPath[str]) -> list[Notice]:
    """What the voucher's customer was to be told, when and how it was done, or why not."""
    allow(await caller_of(request), "supervisor", "administrator", "cashier")
    async with company_of(request).reading() as db:
        if await one(db, Voucher, id) is None:
            raise ProblemError(Problem.NOT_FOUND, "no such voucher", voucher=id)
        found = await many(db, Notice, [notice_of(id, what) for what in TOLD])
    return sorted(found.values(), key=lambda notice: (notice.at, TOLD.index(notice.what)))
