"""The supervisor's door to what collectors ask of the office: requests and incidents, and the answers."""

from typing import Annotated

from litestar import get, post
from litestar.params import FromPath, JSONBody, QueryParameter

from schemas.codes import Problem
from schemas.documents import Case, Customer, Item, User
from schemas.entries.follow_up import CaseAnswered
from schemas.wire import CaseDecision, CaseRow
from server.doors import AnyRequest, allow, caller_of, company_of
from server.problems import ProblemError
from server.reads import all_of, many, one
from server.store.port import Reader
from server.writes import write

ANSWERED = 200
"""How many of those that are answered are told, the newest."""


@get("/api/v1/cases")
async def cases(request: AnyRequest, wanted: Annotated[str, QueryParameter(name="state")] = "") -> list[CaseRow]:
    """Open ones, incidents first and then oldest first; behind them the newest that are answered. state: `open` for
    those alone."""
    allow(await caller_of(request), "supervisor", "administrator")
    async with company_of(request).reading() as db:
        found = await all_of(db, Case)
        waiting = sorted(
            (case for case in found if case.state == "open"), key=lambda case: (case.what != "incident", case.at)
        )
        answered = [] if wanted == "open" else [case for case in reversed(found) if case.state != "open"][:ANSWERED]
        return await rows_of(db, [*waiting, *answered])


async def rows_of(db: Reader, found: list[Case]) -> list[CaseRow]:
    customers = await many(db, Customer, [case.customer for case in found if case.customer])
    people = await many(db, User, [case.by for case in found])
    items = await many(db, Item, [item for case in found for item in case.items])
    return [
        CaseRow(
            case,
            customers.get(case.customer),
            people.get(case.by),
            [items[item] for item in case.items if item in items],
        )
        for case in found
    ]


@post("/api/v1/cases/{id:str}/answer", status_code=200)
async def answer(request: AnyRequest, id: FromPath[str], data: JSONBody[CaseDecision]) -> Case:
    """The answer goes to the phone that asked. What is declined says why."""
    caller = await caller_of(request)
    allow(caller, "supervisor", "administrator")
    company = company_of(request)
    if data.decision not in ("granted", "declined", "noted"):
        raise ProblemError(Problem.MALFORMED, "granted, declined or noted", field="decision", value=data.decision)
    if data.decision == "declined" and not data.note.strip():
        raise ProblemError(Problem.MALFORMED, "say why it is declined", field="note")
    async with company.reading() as db:
        case = await one(db, Case, id)
    if case is None:
        raise ProblemError(Problem.NOT_FOUND, "no such request", case=id)
    if case.state != "open":
        raise ProblemError(Problem.ALREADY_DECIDED, "somebody has answered this", state=case.state)
    body = CaseAnswered(id, data.decision, data.note.strip())  # type: ignore[arg-type]
    await company.run(lambda writer: write(writer, "case_answered", body, caller.user))
    async with company.reading() as db:
        saved = await one(db, Case, id)
    assert saved is not None  # noqa: S101 -- it has just been answered
    return saved
