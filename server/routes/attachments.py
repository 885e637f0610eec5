"""Photos and slips, by the hash of their bytes: the same bytes twice are one file, and a name cannot lie."""

import asyncio
from hashlib import sha256

from litestar import Response, get, put
from litestar.params import FromPath

from schemas.codes import Problem
from schemas.documents import Device
from server import keys
from server.attachments import put_away
from server.doors import AnyRequest, caller_of, company_of
from server.problems import ProblemError
from server.reads import is_named, one

MAX_BYTES = 2 * 1024 * 1024


def _check_name(name: str) -> None:
    if len(name) != 64 or any(character not in "0123456789abcdef" for character in name):
        raise ProblemError(Problem.MALFORMED, "an attachment is named by 64 hexadecimal digits", name=name)


async def _authorise(request: AnyRequest, name: str) -> None:
    """A login, or the device key over the name: an expired login never holds up a cheque's photo."""
    device_id = request.headers.get("sanad-device", "")
    if not device_id:
        await caller_of(request)
        return
    async with company_of(request).reading() as db:
        device = await one(db, Device, device_id)
    signature = request.headers.get("sanad-signature", "")
    if device is None or not keys.verify(device.public_key, name.encode(), signature):
        raise ProblemError(Problem.BAD_SIGNATURE, "the name is not signed by the device", device=device_id)


@put("/api/v1/attachments/{name:str}")
async def keep(request: AnyRequest, name: FromPath[str]) -> Response[None]:
    _check_name(name)
    await _authorise(request, name)
    raw = await request.body()
    if len(raw) > MAX_BYTES:
        raise ProblemError(Problem.TOO_LARGE, f"at most {MAX_BYTES} bytes", bytes=len(raw))
    if sha256(raw).hexdigest() != name:
        raise ProblemError(Problem.HASH_MISMATCH, "the bytes do not have this hash", name=name)
    async with company_of(request).reading() as db:
        named = await is_named(db, name)
    if not named:
        raise ProblemError(Problem.NOT_NAMED, "no entry names this attachment; send the entry first", name=name)
    created = await asyncio.to_thread(put_away, company_of(request).settings.attachments, name, raw)
    return Response(None, status_code=201 if created else 200)


@get("/api/v1/attachments/{name:str}")
async def fetch(request: AnyRequest, name: FromPath[str]) -> Response[bytes]:
    _check_name(name)
    await caller_of(request)
    path = company_of(request).settings.attachments / name[:2] / name
    if not path.exists():
        raise ProblemError(Problem.NOT_FOUND, "no such attachment", name=name)
    raw = await asyncio.to_thread(path.read_bytes)
    return Response(raw, media_type="application/octet-stream")
