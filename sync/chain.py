"""The chain of a device: hashes, runs, and where an arriving entry stands against what is known.

Crypto stays outside: whoever calls `trust` brings a `verify` function, so that these rules are pure.
"""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Sequence
from enum import StrEnum
from hashlib import sha256

import msgspec

from schemas.entries import Envelope


def b64(data: bytes) -> str:
    """base64url without padding."""
    return urlsafe_b64encode(data).rstrip(b"=").decode()


def unb64(text: str) -> bytes:
    """Bytes of base64url with or without padding; ValueError if it is none."""
    return urlsafe_b64decode(text + "=" * (-len(text) % 4))


class Entry(msgspec.Struct, gc=False):
    """One entry as it arrived: the very bytes, what they say, and the hash of its envelope.

    envelope is None when the bytes do not decode; its place then follows from its neighbours.
    """

    raw: bytes
    body: bytes
    sig: str
    hash: bytes
    envelope: Envelope | None


class Head(msgspec.Struct, frozen=True, gc=False):
    """The last entry of a chain as the journal has it; seq 0 and an empty hash before the first."""

    seq: int = 0
    hash: bytes = b""
    position: int = 0


class Known(msgspec.Struct, frozen=True, gc=False):
    """A stored entry, for telling repeats from forks."""

    hash: bytes
    position: int
    verdict: str
    flags: tuple[str, ...]
    fork: bool


def hash_of(envelope: bytes) -> bytes:
    return sha256(envelope).digest()


def running_hash(before: bytes, entry_hash: bytes, stamp: bytes) -> bytes:
    """h(n) = SHA-256(h(n−1) ‖ entry hash ‖ stamp bytes)."""
    return sha256(before + entry_hash + stamp).digest()


class Placed(msgspec.Struct, gc=False):
    """An entry with its seq in the chain and whether its writer's key vouches for it."""

    entry: Entry
    seq: int
    prev: bytes
    trusted: bool = False


def place(entries: Sequence[Entry]) -> list[Placed]:
    """Give every entry its seq and prev. An envelope that does not decode stands right after its neighbour."""
    placed: list[Placed] = []
    for entry in entries:
        if entry.envelope is not None:
            try:
                prev = unb64(entry.envelope.prev)
            except ValueError:
                prev = b"?"
            placed.append(Placed(entry, entry.envelope.seq, prev))
        elif placed:
            placed.append(Placed(entry, placed[-1].seq + 1, placed[-1].entry.hash))
    return placed


def trust(placed: Sequence[Placed], verify: Callable[[Entry], bool]) -> None:
    """Mark what the writer's key vouches for, with one signature check per contiguous run where all is well.

    The signature of an entry vouches for all before it in its run, because each envelope holds the hash of the one
    before. Where the last one fails, walk back to the last good one; what follows it stays untrusted.
    """
    end = len(placed)
    while end > 0:
        start = end - 1
        while start > 0 and links(placed[start - 1], placed[start]):
            start -= 1
        good = end
        while good > start and not verify(placed[good - 1].entry):
            good -= 1
        for one in placed[start:good]:
            one.trusted = True
        end = start


def links(before: Placed, after: Placed) -> bool:
    return after.seq == before.seq + 1 and after.prev == before.entry.hash


class Standing(StrEnum):
    """Where an entry stands against the known chain of its device."""

    NEXT = "next"
    REPEAT = "repeat"
    FORK = "fork"
    GAP = "gap"


def stand(one: Placed, head: Head, known: dict[int, list[Known]], fork_tail: bytes) -> Standing:
    """Where `one` stands. `known`: stored entries by seq. `fork_tail`: hash of the last entry seen on a side branch,
    which its successors continue."""
    if any(stored.hash == one.entry.hash for stored in known.get(one.seq, ())):
        return Standing.REPEAT
    if one.seq <= head.seq:
        return Standing.FORK
    if one.seq == head.seq + 1:
        return Standing.NEXT if one.prev == head.hash else Standing.FORK
    if fork_tail and one.prev == fork_tail:
        return Standing.FORK
    return Standing.GAP
