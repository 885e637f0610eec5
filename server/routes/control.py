"""Control totals of a phone's own chain, day by day, as the journal has it. The phone adds up its own and compares."""

from datetime import date, timedelta

from litestar import get
from litestar.params import FromQuery

from schemas.codes import Problem
from schemas.wire import Control
from server.doors import AnyRequest, caller_of, company_of
from server.problems import ProblemError
from server.reads import chain_back
from sync.control import Controlled, days_of
from sync.reading import envelope_of

MOST_DAYS = 90


@get("/api/v1/sync/control")
async def control(request: AnyRequest, days: FromQuery[int] = 14) -> Control:
    """The last `days` days of the device behind the login, by the dates of its own clock. Forks are left out."""
    caller = await caller_of(request)
    if not caller.device:
        raise ProblemError(Problem.NOT_ALLOWED, "control totals are for a device's own login")
    if not 1 <= days <= MOST_DAYS:
        raise ProblemError(Problem.MALFORMED, f"1 to {MOST_DAYS} days", field="days", value=days)
    company = company_of(request)
    first = (company.clock().date() - timedelta(days=days - 1)).isoformat()
    kept: list[Controlled] = []
    newest = 0
    async with company.reading() as db:
        async for page in chain_back(db, caller.device):
            newest = newest or page[0][0]
            read = [
                Controlled(envelope.at, envelope.kind, hash, body)
                for _, hash, raw, body in page
                if (envelope := envelope_of(raw)) is not None
            ]
            kept += (one for one in read if one.at[:10] >= first)
            # A clock may have gone back a little: only a page that is older as a whole ends the search.
            if all(one.at[:10] < first for one in read):
                break
    return Control(caller.device, newest, date.fromisoformat(first), days_of(reversed(kept)))
