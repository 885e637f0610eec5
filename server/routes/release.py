"""Release codes: the office lets a phone that may have no network do one thing, once, and the journal says who did."""

from typing import get_args

from litestar import post
from litestar.params import FromPath, JSONBody

from schemas.codes import Problem
from schemas.documents import Device
from schemas.entries.people import ReleaseGiven
from schemas.wire import ReleaseMade, ReleaseWish
from server.doors import AnyRequest, allow, caller_of, company_of
from server.problems import ProblemError
from server.reads import device_of
from server.store.secrets import release_key_of
from server.writes import write
from sync.release import challenge_of, code_for

PURPOSES = get_args(ReleaseGiven.__annotations__["purpose"])


@post("/api/v1/devices/{id:str}/release-code", status_code=200)
async def release_code(request: AnyRequest, id: FromPath[str], data: JSONBody[ReleaseWish]) -> ReleaseMade:
    """The code that answers a phone's challenge. That it was given is an entry, written before it is told."""
    caller = await caller_of(request)
    allow(caller, "administrator", "supervisor")
    company = company_of(request)
    challenge = challenge_of(data.challenge)
    if data.purpose not in PURPOSES:
        raise ProblemError(
            Problem.MALFORMED, f"purpose is {' or '.join(PURPOSES)}", field="purpose", value=data.purpose
        )
    if not challenge:
        raise ProblemError(Problem.MALFORMED, "a challenge has six signs", field="challenge", value=data.challenge)
    async with company.reading() as db:
        device: Device | None = await device_of(db, id)
        key = await release_key_of(db, id)
    if device is None or device.purpose != "phone" or key is None:
        raise ProblemError(Problem.NOT_FOUND, "no such phone", device=id)
    given = ReleaseGiven(id, data.purpose, challenge)  # type: ignore[arg-type]
    await company.run(lambda writer: write(writer, "release_given", given, caller.user))
    return ReleaseMade(challenge, code_for(key, data.purpose, challenge))
