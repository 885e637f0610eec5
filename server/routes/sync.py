"""Push, pull and stream: how phones and desks hand in and are kept up to date."""

import asyncio
import gzip
from collections.abc import AsyncIterator
from datetime import UTC
from urllib.parse import parse_qs

import brotli
import msgspec
from litestar import asgi, get
from litestar.datastructures import State as AppState
from litestar.response import ServerSentEvent
from litestar.response.sse import ServerSentEventMessage
from litestar.types import Receive, Scope, Send

from schemas.codes import Problem
from schemas.wire import Acked, PushReply
from server import inbox
from server.admission import Admission
from server.arriving import MAX_BYTES, opened, push_of, unzip
from server.company import OpenCompany
from server.doors import AnyRequest, caller_of, company_of, known_caller
from server.feed import page_of, quiet_page
from server.identity.sessions import Caller
from server.problems import ProblemError
from server.reads import device_of, epoch_of
from sync.chain import b64

HEARTBEAT_SECONDS = 25
BODY_SECONDS = 120
"""4 MB at 35 kB/s: a phone at the edge of the network sends smaller batches, and one that has gone holds nothing up."""
PACKED_FROM = 600
_ENCODER = msgspec.json.Encoder()


@asgi("/api/v1/sync/push", copy_scope=False)
async def push(scope: Scope, receive: Receive, send: Send) -> None:
    """A raw route: the exact bytes of envelopes and bodies are what is hashed, and this is the busiest door."""
    company: OpenCompany = scope["litestar_app"].state.company
    try:
        body = await answer_push(company, scope, receive)
    except ProblemError as problem:
        await _refuse(send, problem)
        return
    await _say(send, 200, b"application/json", body, [])


async def answer_push(company: OpenCompany, scope: Scope, receive: Receive) -> bytes:
    if scope["method"] != "POST":  # type: ignore[typeddict-item]
        raise ProblemError(Problem.MALFORMED, "push with POST")
    device, done = await hand_in(company, await read_body(scope, receive))
    return _ENCODER.encode(reply_of(company, device, done))


async def hand_in(company: OpenCompany, raw: bytes) -> tuple[str, inbox.Pushed]:
    """One push's bytes, whoever brought them: the writer's device, and what became of them after the commit."""
    message, head = opened(raw)
    job = push_of(message, head, company.id, await _key_of(company, head.device))
    job.read_ahead(company.writer.seen.get(head.device, 0))
    try:
        done = await company.inbox.hand_over(job)
    except inbox.Gap as gap:
        raise ProblemError(Problem.GAP, "entries before the first are missing", expected_seq=gap.expected_seq) from gap
    except inbox.QuotaReached as quota:
        raise ProblemError(
            Problem.QUOTA_REACHED, "the device's daily quota is used", retry_after=3600, quota=quota.quota
        ) from quota
    return head.device, done


def reply_of(company: OpenCompany, device: str, done: inbox.Pushed) -> PushReply:
    """The reply with its signed hand-in receipt over {device, seq, hash, time}."""
    time = company.clock().astimezone(UTC).isoformat(timespec="milliseconds")
    acked = Acked(done.head.seq, b64(done.head.hash), done.head.position)
    receipt = company.keys["sign"].jws({"device": device, "seq": acked.seq, "hash": acked.hash, "time": time})
    return PushReply(done.outcomes, acked, company.epoch, time, receipt, done.device_state)


async def read_body(scope: Scope, receive: Receive) -> bytes:
    """The whole body, at most 4 MB, also after unpacking gzip; MALFORMED when it does not come in time."""
    try:
        async with asyncio.timeout(BODY_SECONDS):
            raw = await _received(receive)
    except TimeoutError as late:
        raise ProblemError(Problem.MALFORMED, f"the body did not come within {BODY_SECONDS} seconds") from late
    return unzip(raw) if (b"content-encoding", b"gzip") in scope["headers"] else raw


async def _received(receive: Receive) -> bytes:
    chunks: list[bytes] = []
    size = 0
    while True:
        message = await receive()
        if message["type"] != "http.request":
            raise ProblemError(Problem.MALFORMED, "the connection was closed")
        chunks.append(message["body"])
        size += len(message["body"])
        if size > MAX_BYTES:
            raise ProblemError(Problem.TOO_LARGE, f"at most {MAX_BYTES} bytes")
        if not message["more_body"]:
            return chunks[0] if len(chunks) == 1 else b"".join(chunks)


async def _key_of(company: OpenCompany, device: str) -> str:
    spki = company.device_keys.get(device)
    if spki is None:
        async with company.reading() as db:
            found = await device_of(db, device)
        if found is None:
            raise ProblemError(Problem.DEVICE_UNKNOWN, "no such device; nothing was stored", device=device)
        spki = company.device_keys[device] = found.public_key
    return spki


def scopes_of(caller: Caller, purpose: str) -> list[str]:
    """What a caller's device is sent: a phone its owner's portfolio, a desk its branch's deposits and safes."""
    if caller.role == "collector":
        return ["all", f"user:{caller.user}"]
    if caller.role == "cashier" or purpose == "desk":
        return ["all", f"branch:{caller.branch}"]
    return ["all"]


@asgi("/api/v1/sync/pull", copy_scope=False)
async def pull(scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG001 -- it has no body
    """A raw route too: most who ask have everything, and are told so from memory."""
    state: AppState = scope["litestar_app"].state
    headers: list[tuple[bytes, bytes]] = []
    try:
        body = await answer_pull(state, scope)
        if len(body) >= PACKED_FROM:
            body, headers = await asyncio.to_thread(_packed, body, _header(scope, b"accept-encoding"))
    except ProblemError as problem:
        await _refuse(send, problem)
        return
    await _say(send, 200, b"application/json", body, headers)


async def answer_pull(state: AppState, scope: Scope) -> bytes:
    if scope["method"] != "GET":  # type: ignore[typeddict-item]
        raise ProblemError(Problem.MALFORMED, "pull with GET")
    company: OpenCompany = state.company
    caller = await known_caller(state, _header(scope, b"authorization").decode("latin-1"))
    asked = parse_qs(scope["query_string"].decode("latin-1"))
    cursor, scopes = asked.get("cursor", [""])[-1], scopes_of(caller, "")
    quiet = company.news.quiet(cursor, scopes)
    if quiet is not None:
        return quiet_page(cursor, *quiet)
    admission: Admission = state.admission
    async with admission.load(), company.reading() as db:
        epoch = await epoch_of(db)
        page = await page_of(db, scopes, cursor, epoch, tables="tables" in asked)
    if not page.more:
        company.news.gave(page.cursor, page.position, scopes, epoch)
    return page.body


def _header(scope: Scope, name: bytes) -> bytes:
    return next((value for key, value in scope["headers"] if key == name), b"")


def _packed(body: bytes, accepted: bytes) -> tuple[bytes, list[tuple[bytes, bytes]]]:
    """The body as small as the reader can take it."""
    names = {part.partition(b";")[0].strip() for part in accepted.split(b",")}
    vary = (b"vary", b"accept-encoding")
    if b"br" in names:
        return brotli.compress(body, quality=5), [(b"content-encoding", b"br"), vary]
    if b"gzip" in names:
        return gzip.compress(body, 6), [(b"content-encoding", b"gzip"), vary]
    return body, [vary]


async def _say(send: Send, status: int, kind: bytes, body: bytes, more: list[tuple[bytes, bytes]]) -> None:
    headers = [(b"content-type", kind), (b"content-length", b"%d" % len(body)), *more]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body, "more_body": False})


async def _refuse(send: Send, problem: ProblemError) -> None:
    more = [(name.lower().encode(), value.encode()) for name, value in problem.headers().items()]
    await _say(send, problem.status, b"application/problem+json", problem.body(), more)


@get("/api/v1/sync/stream")
async def stream(request: AnyRequest) -> ServerSentEvent:
    """Says that there is something to pull; a comment every 25 s keeps the line open.

    A collector's phone hears only of what it would be sent: each event costs it a request. Desks read by query, from
    what no scope of theirs contains, and hear of every commit.
    """
    caller = await caller_of(request)
    company = company_of(request)
    scopes = scopes_of(caller, "") if caller.role == "collector" else None

    def newest() -> int:
        return company.position if scopes is None else company.news.newest(scopes)

    async def news() -> AsyncIterator[ServerSentEventMessage]:
        told = -1
        async with company.listening() as event:
            while not company.leaving:
                event.clear()
                position = newest()
                if position != told:
                    told = position
                    yield ServerSentEventMessage(event="changed", data=str(position))
                try:
                    await asyncio.wait_for(event.wait(), HEARTBEAT_SECONDS)
                    await asyncio.sleep(0.2)  # a burst of commits is one piece of news
                except TimeoutError:
                    yield ServerSentEventMessage(comment="")

    return ServerSentEvent(news())
