"""Grants handed back: after a restore devices prove what this server gave them, so that it knows them again."""

import msgspec
from litestar import post

from schemas.codes import Flag, Problem
from schemas.documents import ServerKey
from schemas.entries.shapes import Grant
from schemas.wire import EntryOnWire, GrantRefused, GrantsReturned, GrantsWish
from server.arriving import MAX_ENTRY
from server.doors import AnyRequest, brake_of, company_of
from server.epochs import NotTaken, signed_by_us, take_back
from server.problems import ProblemError
from server.reads import all_of
from sync.reading import envelope_of

MOST = 50
_WISH = msgspec.json.Decoder(GrantsWish)


@post("/api/v1/sync/grants", status_code=200)
async def take_grants(request: AnyRequest) -> GrantsReturned:
    """No login: a grant proves itself, whoever brings it. Devices come before their books. The bytes as they came are
    what was signed, so they are read here."""
    company = company_of(request)
    address = f"grants {request.client.host if request.client else 'local'}"
    brake_of(request).check(address, company.clock())
    try:
        data = _WISH.decode(await request.body())
    except (msgspec.DecodeError, UnicodeError, RecursionError) as error:
        raise ProblemError(Problem.MALFORMED, str(error)) from error
    if len(data.grants) > MOST:
        raise ProblemError(Problem.TOO_LARGE, f"at most {MOST} grants", grants=len(data.grants))
    async with company.reading() as db:
        spkis = [key.spki for key in await all_of(db, ServerKey) if key.use == "sign"]
    refused: list[GrantRefused] = []
    restored = known = 0
    grants = [(index, _grant_of(wire, index)) for index, wire in enumerate(data.grants)]
    for index, grant in sorted(grants, key=lambda one: not _of_device(one[1])):
        if not signed_by_us(grant, spkis):
            brake_of(request).miss(address, company.clock())
            refused.append(GrantRefused(index, Flag.BAD_SIGNATURE))
            continue
        try:
            await company.run(lambda writer, grant=grant: take_back(writer, grant))  # type: ignore[misc]
        except NotTaken as answer:
            if answer.why == Flag.GRANT_KNOWN:
                known += 1
            else:
                refused.append(GrantRefused(index, answer.why))
        else:
            restored += 1
    return GrantsReturned(restored, known, refused)


def _grant_of(wire: EntryOnWire, index: int) -> Grant:
    raw, body = bytes(wire.envelope), bytes(wire.body)
    if len(raw) + len(body) > MAX_ENTRY:
        raise ProblemError(Problem.ENTRY_TOO_LARGE, f"an entry has at most {MAX_ENTRY} bytes", index=index)
    try:
        return Grant(raw.decode(), body.decode(), wire.sig)
    except UnicodeDecodeError as error:
        raise ProblemError(Problem.MALFORMED, "a grant is not UTF-8", index=index) from error


def _of_device(grant: Grant) -> bool:
    envelope = envelope_of(grant.envelope.encode())
    return envelope is not None and envelope.kind == "device_enrolled"
