"""Deposits at the counting desk and in the office. A cashier's door never shows declared figures before a count."""

from typing import Annotated

from litestar import get
from litestar.params import FromPath, QueryParameter

from schemas.codes import Problem
from schemas.documents import ChequeHeld, Deposit, DepositWaiting, User, Voucher
from schemas.wire import DepositView
from server.doors import AnyRequest, allow, caller_of, company_of
from server.identity.sessions import Caller
from server.problems import ProblemError
from server.reads import group, many, newest_of, one
from server.store.port import Reader

NEWEST = 200


@get("/api/v1/deposits")
async def deposits(
    request: AnyRequest, wanted: Annotated[str, QueryParameter(name="state")] = ""
) -> list[DepositView] | list[DepositWaiting]:
    """For a cashier: what waits at the branch, blind. For supervisors: the newest deposits with their figures."""
    caller = await caller_of(request)
    allow(caller, "cashier", "supervisor", "administrator")
    async with company_of(request).reading() as db:
        if caller.role == "cashier":
            waiting = await group(db, DepositWaiting, f"waiting/{caller.branch}")
            return [one_deposit for one_deposit in waiting if wanted in ("", one_deposit.state)]
        newest = await newest_of(db, Deposit, NEWEST)
        people = await many(db, User, [deposit.collector for deposit in newest])
    return [DepositView(deposit, people.get(deposit.collector)) for deposit in newest if wanted in ("", deposit.state)]


@get("/api/v1/deposits/{id:str}")
async def deposit(request: AnyRequest, id: FromPath[str]) -> DepositView:
    caller = await caller_of(request)
    async with company_of(request).reading() as db:
        return await view_of(db, caller, id)


async def view_of(db: Reader, caller: Caller, id: str) -> DepositView:
    """A deposit with its cheques and vouchers for who may see them; STILL_BLIND before the count is durable."""
    found = await one(db, Deposit, id)
    if found is None:
        raise ProblemError(Problem.NOT_FOUND, "no such deposit", deposit=id)
    if caller.role == "collector" and found.collector != caller.user:
        raise ProblemError(Problem.NOT_ALLOWED, "this deposit is another collector's")
    if caller.role == "cashier":
        if found.branch != caller.branch:
            raise ProblemError(Problem.NOT_ALLOWED, "this deposit belongs to another branch")
        if found.state == "declared":
            raise ProblemError(Problem.STILL_BLIND, "count first; then what was declared is shown")
    people = await many(db, User, [found.collector])
    cheques = await many(db, ChequeHeld, found.cheques)
    vouchers = await group(db, Voucher, f"deposit/{id}")
    return DepositView(
        found, people.get(found.collector), [cheques[c] for c in found.cheques if c in cheques], vouchers
    )
