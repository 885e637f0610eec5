"""What all doors share: who is calling, what he may do, and the company behind the door."""

from litestar import Request
from litestar.datastructures import State as AppState

from schemas.codes import Problem
from server.company import OpenCompany
from server.identity.sessions import Brake, Caller, read_token
from server.problems import ProblemError
from server.reads import device_of, user_of

AnyRequest = Request[None, None, AppState]


def company_of(connection: AnyRequest) -> OpenCompany:
    company: OpenCompany = connection.app.state.company
    return company


def brake_of(connection: AnyRequest) -> Brake:
    brake: Brake = connection.app.state.brake
    return brake


async def caller_of(request: AnyRequest) -> Caller:
    """The user behind the bearer token, as the journal knows him now; NOT_LOGGED_IN or NOT_ALLOWED else."""
    return await known_caller(request.app.state, request.headers.get("authorization", ""))


async def known_caller(state: AppState, authorization: str) -> Caller:
    """The same from the header itself. state: the application's.

    The command line speaks through the local socket with a token that only the file's owner can read.
    """
    company: OpenCompany = state.company
    news = company.news
    scheme, _, text = authorization.partition(" ")
    if scheme.lower() != "bearer" or not text:
        raise ProblemError(Problem.NOT_LOGGED_IN, "log in first")
    if text == state.local_token:
        return Caller("system", "administrator", "")
    user, device = read_token(company.token_secret, company.id, text, company.clock())
    known = news.caller(user, device)
    if known is not None:
        return known
    turn = news.turn
    async with company.reading() as db:
        who = await user_of(db, user)
        machine = await device_of(db, device) if device else None
    if who is None or not who.active:
        raise ProblemError(Problem.NOT_LOGGED_IN, "this user has been revoked")
    if device and (machine is None or machine.state != "active"):
        raise ProblemError(Problem.NOT_LOGGED_IN, "this device has been stopped")
    caller = Caller(user, who.role, who.branch, device)
    news.knows(caller, turn)
    return caller


def allow(caller: Caller, *roles: str) -> None:
    """NOT_ALLOWED unless the caller has one of the roles."""
    if caller.role not in roles:
        raise ProblemError(Problem.NOT_ALLOWED, f"this needs the role {' or '.join(roles)}", role=caller.role)
