"""Enrolment and logins: how devices get their place and people their sessions."""

import asyncio

from litestar import get, post
from litestar.params import FromPath, JSONBody

from schemas.codes import Problem
from schemas.documents import Book, ServerKey
from schemas.wire import Challenge, DeviceLogin, Enrol, Enrolled, EnrolmentPeek, Login, Session
from server import keys
from server.doors import AnyRequest, brake_of, caller_of, company_of
from server.enrolling import enrol_device, usable
from server.identity.sessions import challenge, check_challenge, open_session, password_fits
from server.ids import new_id
from server.keys import NotAKey, public_key
from server.problems import ProblemError
from server.reads import all_of, device_of, group, settings_of, user_of
from server.store.secrets import code_of, credential_of
from server.writes import books_wanted, top_up_books
from sync.chain import b64


@get("/api/v1/enrolments/{code:str}")
async def peek(request: AnyRequest, code: FromPath[str]) -> EnrolmentPeek:
    """What a code is for. It stays unused."""
    company = company_of(request)
    brake = brake_of(request)
    brake.check(_caller_address(request), company.clock())
    async with company.reading() as db:
        found = await code_of(db, code)
        settings = await settings_of(db)
        user = await user_of(db, found.user) if found else None
    if not found:
        brake.miss(_caller_address(request), company.clock())
    purpose = usable(found, company.clock().isoformat()).purpose
    return EnrolmentPeek(
        company=settings.name,
        company_ar=settings.name_ar,
        name=user.name if user else "",
        name_ar=user.name_ar if user else "",
        purpose=purpose,
        require_installed=settings.policy.require_installed and purpose == "phone",
    )


def _caller_address(request: AnyRequest) -> str:
    return f"address {request.client.host if request.client else 'local'}"


@post("/api/v1/enrolments/{code:str}")
async def enrol(request: AnyRequest, code: FromPath[str], data: JSONBody[Enrol]) -> Enrolled:
    """A device trades a code and its public key for its place in the company. Its first books come with it."""
    company = company_of(request)
    brake, caller = brake_of(request), _caller_address(request)
    brake.check(caller, company.clock())
    try:
        public_key(data.public_key)
    except NotAKey as error:
        raise ProblemError(Problem.MALFORMED, "public_key is no P-256 key (SPKI, base64url)") from error

    device_id = new_id("dev")
    try:
        user_id, release = await company.run(lambda writer: enrol_device(writer, device_id, code, data))
    except ProblemError as problem:
        if problem.code == Problem.CODE_UNKNOWN:
            brake.miss(caller, company.clock())
        raise
    async with company.reading() as db:
        device = await device_of(db, device_id)
        user = await user_of(db, user_id) if user_id else None
        settings = await settings_of(db)
        server_keys = await all_of(db, ServerKey)
        session = (
            await open_session(db, company.id, company.token_secret, user_id, device_id, company.clock())
            if user_id
            else None
        )
    assert device is not None  # noqa: S101 -- it has just been written
    return Enrolled(device, user, settings, server_keys, company.epoch, b64(release), session)


@get("/api/v1/device/challenge")
async def device_challenge(request: AnyRequest) -> Challenge:
    company = company_of(request)
    return Challenge(challenge(company.token_secret, company.clock()))


@post("/api/v1/device/session", status_code=200)
async def device_session(request: AnyRequest, data: JSONBody[DeviceLogin]) -> Session:
    """A phone logs its owner in by its key; no password, nothing to forget."""
    company = company_of(request)
    now = company.clock()
    check_challenge(company.token_secret, data.challenge, now)
    async with company.reading() as db:
        device = await device_of(db, data.device)
        if device is None or not keys.verify(device.public_key, data.challenge.encode(), data.sig):
            raise ProblemError(Problem.BAD_SIGNATURE, "this is not the device's signature")
        if device.state != "active" or not device.user:
            raise ProblemError(Problem.NOT_ALLOWED, "this device has been stopped", state=device.state)
        session = await open_session(db, company.id, company.token_secret, device.user, device.id, now)
        wanted = books_wanted(device, await group(db, Book, f"books/{device.id}"))
    if wanted:  # a server that was killed right after a push has not topped up
        await company.run(lambda writer: top_up_books(writer, data.device))
    return session


@post("/api/v1/session", status_code=200)
async def log_in(request: AnyRequest, data: JSONBody[Login]) -> Session:
    company = company_of(request)
    now = company.clock()
    brake = brake_of(request)
    login = data.login.strip().lower()
    brake.check(login, now)
    async with company.reading() as db:
        found = await credential_of(db, login)
    # In a thread: it computes for tens of milliseconds on purpose, and pushes must not wait for that.
    user, stored = found or ("", None)
    if not await asyncio.to_thread(password_fits, stored, data.password):
        brake.miss(login, now)
        raise ProblemError(Problem.WRONG_PASSWORD, "login or password is not right")
    async with company.reading() as db:
        return await open_session(db, company.id, company.token_secret, user, "", now)


@post("/api/v1/session/renew", status_code=200)
async def renew(request: AnyRequest) -> Session:
    company = company_of(request)
    caller = await caller_of(request)
    async with company.reading() as db:
        return await open_session(db, company.id, company.token_secret, caller.user, caller.device, company.clock())
