"""The administrator's door to the company's policy: limits, rates, days of grace. Each change is an entry."""

from collections.abc import Iterable

from litestar import get, put
from litestar.params import JSONBody

from schemas.codes import Problem
from schemas.documents import Company
from schemas.entries.company import CompanySetUp, Policy, StatedRate
from schemas.money import CURRENCIES
from schemas.wire import PolicyView, PolicyWish
from server.doors import AnyRequest, allow, caller_of, company_of
from server.inbox import Writer
from server.problems import ProblemError
from server.reads import settings_of
from server.writes import settings, write

WHOLE = 10_000
"""Basis points of all."""


@get("/api/v1/office/policy")
async def policy(request: AnyRequest) -> PolicyView:
    allow(await caller_of(request), "administrator", "supervisor")
    async with company_of(request).reading() as db:
        company = await settings_of(db)
    return PolicyView(company.currency, company.policy)


@put("/api/v1/office/policy")
async def set_policy(request: AnyRequest, data: JSONBody[PolicyWish]) -> PolicyView:
    """The whole policy anew. `was`: what the caller saw; ALREADY_DECIDED where somebody has changed it since."""
    caller = await caller_of(request)
    allow(caller, "administrator")
    company = company_of(request)
    check_policy(data.policy)
    saved = await company.run(lambda writer: change_policy(writer, data.policy, data.was, caller.user))
    return PolicyView(saved.currency, saved.policy)


def change_policy(writer: Writer, wanted: Policy, was: Policy | None, by: str) -> Company:
    """Write the company's facts with another policy; its keys stay as they are. Nothing is written where nothing
    changes."""
    known = settings(writer.state())
    if was is not None and was != known.policy:
        raise ProblemError(Problem.ALREADY_DECIDED, "somebody has changed the policy meanwhile; look at it anew")
    if wanted == known.policy:
        return known
    body = CompanySetUp(
        company=known.id,
        name=known.name,
        name_ar=known.name_ar,
        country=known.country,
        currency=known.currency,
        time_zone=known.time_zone,
        address=known.address,
        branches=known.branches,
        policy=wanted,
        epoch=known.epoch,
    )
    write(writer, "company_set_up", body, by)
    return settings(writer.state())


def check_policy(wanted: Policy) -> None:
    """MALFORMED, with the field, where a policy would mean nothing."""
    if wanted.discount_limit > WHOLE:
        raise ProblemError(Problem.MALFORMED, "a discount is at most the whole", field="discount_limit")
    for name, values in (("blocks", wanted.blocks), ("banks", [code for code, _, _ in wanted.banks])):
        if len(set(values)) < len(values):
            raise ProblemError(Problem.MALFORMED, "named twice", field=name)
    _check_rates(wanted.rates)


def _check_rates(rates: Iterable[StatedRate]) -> None:
    seen: set[tuple[frozenset[str], str]] = set()
    for rate in rates:
        for code in (rate.base, rate.quote):
            if code not in CURRENCIES:
                raise ProblemError(Problem.MALFORMED, "no such currency", field="rates", value=code)
        if rate.base == rate.quote:
            raise ProblemError(Problem.MALFORMED, "a rate is between two currencies", field="rates", value=rate.base)
        if not rate.rate.strip("0."):
            raise ProblemError(Problem.MALFORMED, "a rate of nothing", field="rates", value=rate.rate)
        pair = (frozenset((rate.base, rate.quote)), rate.since.isoformat())
        if pair in seen:
            raise ProblemError(
                Problem.MALFORMED, "two rates of one day", field="rates", value=f"{rate.base}/{rate.quote} {rate.since}"
            )
        seen.add(pair)
