"""Push, pull and stream: how phones and desks hand in and are kept up to date."""

import asyncio
import gzip
import io
import re
import zlib
from collections.abc import AsyncIterator
from datetime import UTC

import msgspec
from litestar import MediaType, Response, asgi, get
from litestar.datastructures import State as AppState
from litestar.params import FromQuery
from litestar.response import ServerSentEvent
from litestar.types import Receive, Scope, Send

from schemas.codes import Problem
from schemas.wire import Acked, EntryOnWire, Push, PushReply
from schemas.wire import Head as PushHead
from server import inbox, keys
from server.company import OpenCompany
from server.doors import AnyRequest, caller_of, company_of
from server.feed import pull
from server.identity.sessions import Caller
from server.problems import ProblemError
from server.reads import device_of, epoch_of
from sync.chain import Entry, Placed, b64, hash_of, place, trust
from sync.reading import envelope_of

MAX_BYTES = 4 * 1024 * 1024
MAX_ENTRIES = 500
MAX_ENTRY = 32_000
HEARTBEAT_SECONDS = 25
LAST_SEQ = 2**53 - 1
"""What a phone's own numbers can count to."""

_PUSH = msgspec.json.Decoder(Push)
_HEAD = msgspec.json.Decoder(PushHead)
_ENCODER = msgspec.json.Encoder()


@asgi("/api/v1/sync/push", copy_scope=False)
async def push(scope: Scope, receive: Receive, send: Send) -> None:
    """A raw route: the exact bytes of envelopes and bodies are what is hashed, and this is the busiest door."""
    app_state: AppState = scope["litestar_app"].state
    company: OpenCompany = app_state.company
    try:
        status, body, extra = 200, await answer_push(company, scope, receive), {}
    except ProblemError as problem:
        status, body, extra = problem.status, problem.body(), problem.headers()
    kind = b"application/json" if status == 200 else b"application/problem+json"
    headers = [(b"content-type", kind), (b"content-length", str(len(body)).encode())]
    headers += [(name.lower().encode(), value.encode()) for name, value in extra.items()]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body, "more_body": False})


async def answer_push(company: OpenCompany, scope: Scope, receive: Receive) -> bytes:
    if scope["method"] != "POST":  # type: ignore[typeddict-item]
        raise ProblemError(Problem.MALFORMED, "push with POST")
    raw = await read_body(scope, receive)
    try:
        message = decoded(raw)
        head_bytes = message.head.encode()
        head = _HEAD.decode(head_bytes)
    except (msgspec.DecodeError, UnicodeError, RecursionError) as error:
        raise ProblemError(Problem.MALFORMED, str(error)) from error
    if len(message.entries) > MAX_ENTRIES:
        raise ProblemError(Problem.TOO_LARGE, f"at most {MAX_ENTRIES} entries", entries=len(message.entries))
    spki = await _key_of(company, head.device)
    head_trusted = head.carrier == head.device and bool(message.sig)
    if head_trusted and not keys.verify(spki, head_bytes, message.sig):
        raise ProblemError(Problem.BAD_SIGNATURE, "the head is not signed by its device", device=head.device)
    if not head_trusted and not message.entries:
        raise ProblemError(Problem.BAD_SIGNATURE, "an unsigned push must carry entries", device=head.device)
    placed = placed_of([entry_of(entry, index) for index, entry in enumerate(message.entries)])
    for one in placed:
        envelope = one.entry.envelope
        if envelope is not None and envelope.device != head.device:
            raise ProblemError(
                Problem.MALFORMED, "one push carries one writer's entries", seq=one.seq, device=envelope.device
            )
        if envelope is not None and envelope.company != company.id:
            raise ProblemError(Problem.WRONG_COMPANY, "an entry of another company", seq=one.seq)
    trust(placed, lambda entry: keys.verify(spki, entry.raw, entry.sig))
    if placed and not head_trusted and not any(one.trusted for one in placed):
        raise ProblemError(Problem.BAD_SIGNATURE, "no entry is signed by its device", device=head.device)
    job = inbox.Push(head.device, head, head_trusted, placed, message.head)
    job.read_ahead(company.writer.seen.get(head.device, 0))
    try:
        done = await company.inbox.hand_over(job)
    except inbox.Gap as gap:
        raise ProblemError(Problem.GAP, "entries before the first are missing", expected_seq=gap.expected_seq) from gap
    except inbox.QuotaReached as quota:
        raise ProblemError(
            Problem.QUOTA_REACHED, "the device's daily quota is used", retry_after=3600, quota=quota.quota
        ) from quota
    return _ENCODER.encode(reply_of(company, head.device, done))


def reply_of(company: OpenCompany, device: str, done: inbox.Pushed) -> PushReply:
    """The reply with its signed hand-in receipt over {device, seq, hash, time}."""
    time = company.clock().astimezone(UTC).isoformat(timespec="milliseconds")
    acked = Acked(done.head.seq, b64(done.head.hash), done.head.position)
    receipt = company.keys["sign"].jws({"device": device, "seq": acked.seq, "hash": acked.hash, "time": time})
    return PushReply(done.outcomes, acked, company.epoch, time, receipt, done.device_state)


async def read_body(scope: Scope, receive: Receive) -> bytes:
    """The whole body, at most 4 MB, also after unpacking gzip."""
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
            break
    raw = chunks[0] if len(chunks) == 1 else b"".join(chunks)
    if (b"content-encoding", b"gzip") in scope["headers"]:
        raw = unzip(raw)
    return raw


def unzip(raw: bytes) -> bytes:
    try:
        with gzip.GzipFile(fileobj=io.BytesIO(raw)) as packed:
            unpacked = packed.read(MAX_BYTES + 1)
    except (OSError, EOFError, zlib.error) as error:
        raise ProblemError(Problem.MALFORMED, "the body is not gzip") from error
    if len(unpacked) > MAX_BYTES:
        raise ProblemError(Problem.TOO_LARGE, f"at most {MAX_BYTES} bytes unpacked")
    return unpacked


def entry_of(entry: EntryOnWire, index: int) -> Entry:
    raw, body = bytes(entry.envelope), bytes(entry.body)
    if len(raw) + len(body) > MAX_ENTRY:
        raise ProblemError(Problem.ENTRY_TOO_LARGE, f"an entry has at most {MAX_ENTRY} bytes", index=index)
    envelope = envelope_of(raw)
    if envelope is not None and not 0 < envelope.seq <= LAST_SEQ:
        envelope = None  # no place in a chain: its neighbours say where it stands
    return Entry(raw, body, entry.sig, hash_of(raw), envelope)


def placed_of(entries: list[Entry]) -> list[Placed]:
    """Every entry with its place. Envelopes that cannot be read and stand before all that can are counted back from
    the first of those; where none can be read, seq 0 leaves it to the writer."""
    placed = place(entries)
    unread = entries[: len(entries) - len(placed)]
    first = placed[0].seq - len(unread) if placed else 0
    return [Placed(entry, max(first + index, 0), b"") for index, entry in enumerate(unread)] + placed


_ESCAPE = re.compile(rb"\\(?:u([0-9a-fA-F]{4})|.)", re.DOTALL)


def decoded(raw: bytes) -> Push:
    """The push. Half a character (a lone surrogate, where a phone cut a text amid an emoji) must not refuse the whole:
    its entry is told apart with the half blanked, and keeps its own bytes."""
    try:
        return _PUSH.decode(raw)
    except msgspec.DecodeError:
        blanked = _without_halves(raw)
        if blanked == raw:
            raise
        message = _PUSH.decode(blanked)
    at = blanked.index(b'"entries"')
    entries: list[EntryOnWire] = []
    for entry in message.entries:
        spans: list[bytes] = []
        for part in (bytes(entry.envelope), bytes(entry.body)):
            at = blanked.index(part, at)
            spans.append(raw[at : at + len(part)])
            at += len(part)
        entries.append(EntryOnWire(msgspec.Raw(spans[0]), msgspec.Raw(spans[1]), entry.sig))
    return Push(message.head, entries, message.sig)


def _without_halves(raw: bytes) -> bytes:
    """The same text, byte for byte as long, with each surrogate that has no partner made a blank."""
    text = bytearray(raw)
    high: re.Match[bytes] | None = None
    for found in _ESCAPE.finditer(raw):
        code = int(found[1], 16) if found[1] else 0
        paired = high is not None and high.end() == found.start() and 0xDC00 <= code <= 0xDFFF
        if high is not None and not paired:
            text[high.start() : high.end()] = b"\\u0020"
        if 0xDC00 <= code <= 0xDFFF and not paired:
            text[found.start() : found.end()] = b"\\u0020"
        high = found if 0xD800 <= code <= 0xDBFF else None
    if high is not None:
        text[high.start() : high.end()] = b"\\u0020"
    return bytes(text)


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


@get("/api/v1/sync/pull", media_type=MediaType.JSON)
async def pull_changes(request: AnyRequest, cursor: FromQuery[str] = "") -> Response[bytes]:
    caller = await caller_of(request)
    company = company_of(request)
    async with company.reading() as db:
        body = await pull(db, scopes_of(caller, ""), cursor, await epoch_of(db))
    return Response(body, media_type=MediaType.JSON)


@get("/api/v1/sync/stream")
async def stream(request: AnyRequest) -> ServerSentEvent:
    """Says that there is something to pull; a comment every 25 s keeps the line open."""
    await caller_of(request)
    company = company_of(request)

    async def news() -> AsyncIterator[dict[str, str]]:
        async with company.listening() as event:
            while not company.leaving:
                yield {"event": "changed", "data": str(company.position)}
                event.clear()
                try:
                    await asyncio.wait_for(event.wait(), HEARTBEAT_SECONDS)
                    await asyncio.sleep(0.2)  # a burst of commits is one piece of news
                except TimeoutError:
                    pass

    return ServerSentEvent(news())
