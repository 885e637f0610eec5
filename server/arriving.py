"""A push before it reaches the writer: its bytes opened, its entries placed, its signatures checked. Pure but for the
cryptography: the same bytes and key give the same push, whoever carries them and wherever they arrive.
"""

import gzip
import io
import re
import zlib

import msgspec

from schemas.codes import Problem
from schemas.wire import EntryOnWire, Head, Push
from server import inbox, keys
from server.problems import ProblemError
from sync.chain import Entry, Placed, hash_of, place, trust
from sync.reading import envelope_of

MAX_BYTES = 4 * 1024 * 1024
MAX_ENTRIES = 500
MAX_ENTRY = 32_000
LAST_SEQ = 2**53 - 1
"""What a phone's own numbers can count to."""

_PUSH = msgspec.json.Decoder(Push)
_HEAD = msgspec.json.Decoder(Head)


def opened(raw: bytes) -> tuple[Push, Head]:
    """The push and its head; MALFORMED with what and where, TOO_LARGE."""
    try:
        message = decoded(raw)
        head = _HEAD.decode(message.head.encode())
    except (msgspec.DecodeError, UnicodeError, RecursionError) as error:
        raise ProblemError(Problem.MALFORMED, str(error)) from error
    if len(message.entries) > MAX_ENTRIES:
        raise ProblemError(Problem.TOO_LARGE, f"at most {MAX_ENTRIES} entries", entries=len(message.entries))
    return message, head


def push_of(message: Push, head: Head, company: str, spki: str) -> inbox.Push:
    """What the writer is handed: entries in their places, each marked whether the device's key (spki) vouches."""
    head_trusted = head.carrier == head.device and bool(message.sig)
    if head_trusted and not keys.verify(spki, message.head.encode(), message.sig):
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
        if envelope is not None and envelope.company != company:
            raise ProblemError(Problem.WRONG_COMPANY, "an entry of another company", seq=one.seq)
    trust(placed, lambda entry: keys.verify(spki, entry.raw, entry.sig))
    if placed and not head_trusted and not any(one.trusted for one in placed):
        raise ProblemError(Problem.BAD_SIGNATURE, "no entry is signed by its device", device=head.device)
    return inbox.Push(head.device, head, head_trusted, placed, message.head)


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
    # No signature holds U+0000, which not every database keeps.
    return Entry(raw, body, entry.sig.replace("\0", ""), hash_of(raw), envelope)


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
        blanked = without_halves(raw)
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


def without_halves(raw: bytes) -> bytes:
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
