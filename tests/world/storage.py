"""What one phone keeps: the browser's database and, beside it, the second copy of all entries in a file.

The names are those of `pwa/src/journal/database.ts`. What stands here survives a crash; all else is a tab's memory.
"""

from dataclasses import dataclass, field
from typing import Any

from server.keys import SigningKey

Key = tuple[str, str]
"""(document type, id)."""


@dataclass(slots=True)
class Stored:
    """An own entry: the bytes that were hashed and signed, and how far it has come: saved, sent, acknowledged, seen.
    unseen: until a pull contains it."""

    device: str
    seq: int
    id: str
    kind: str
    at: str
    by: str
    hash: str
    envelope: bytes
    body: bytes
    sig: str
    state: str = "saved"
    verdict: str = ""
    flags: list[str] = field(default_factory=list)
    position: int = 0
    unseen: bool = True

    @property
    def unsent(self) -> bool:
        return self.state in ("saved", "sent")

    def wire(self) -> bytes:
        return b'{"envelope":%b,"body":%b,"sig":"%b"}' % (self.envelope, self.body, self.sig.encode())


@dataclass(slots=True)
class Chain:
    """acked: highest seq that a verified hand-in receipt covers. office_seq: last seq that the office has, where that
    is beyond this phone's own. order: in which chains began here."""

    device: str
    seq: int = 0
    hash: str = ""
    at: str = ""
    deposits: int = 0
    acked: int = 0
    first_id: str = ""
    order: int = 0
    office_seq: int = 0


@dataclass(slots=True)
class Identity:
    """What enrolment told: documents as dictionaries, server keys as (id, spki)."""

    company: dict[str, Any]
    device: dict[str, Any]
    user: dict[str, Any] | None
    keys: list[tuple[str, str]]


@dataclass(slots=True)
class Document:
    """A pulled document's bytes. former: it left the scope while own entries about it may still be on their way."""

    doc: bytes
    former: bool = False


@dataclass(slots=True)
class Pulled:
    cursor: str = ""
    position: int = 0
    staged: bool = False
    reload: bool = False


@dataclass(slots=True)
class Clock:
    """Signed server time and this phone's own when it came, in seconds; the chain's head at that moment."""

    server: float
    device: float
    seq: int
    of: str


@dataclass(slots=True)
class Stray:
    """An entry of the second copy that does not continue the chain here; handed in as it is."""

    device: str
    seq: int
    text: bytes
    handed_in: bool = False


@dataclass(slots=True)
class Database:
    """One origin's IndexedDB. A transaction is one uninterrupted piece of Python between two steps of its tab."""

    identity: Identity | None = None
    device_state: str = "active"
    epoch: str = ""
    pull: Pulled = field(default_factory=Pulled)
    clock: Clock | None = None
    keys: dict[str, SigningKey] = field(default_factory=dict)
    chains: dict[str, Chain] = field(default_factory=dict)
    entries: dict[tuple[str, int], Stored] = field(default_factory=dict)
    used: dict[tuple[str, int], str] = field(default_factory=dict)
    grants: dict[str, bytes] = field(default_factory=dict)
    titles: dict[str, bytes] = field(default_factory=dict)
    """The grants that gave this phone its places, by device, spliced; those of its books stand in `grants`."""
    grants_due: bool = False
    """A restored server may not know what it gave: its grants go back before anything else."""
    docs: dict[Key, Document] = field(default_factory=dict)
    staged: dict[Key, bytes | None] = field(default_factory=dict)
    receipts: dict[tuple[str, int], str] = field(default_factory=dict)
    strays: dict[str, Stray] = field(default_factory=dict)
    draft: dict[str, Any] | None = None
    release_key: bytes = b""
    wiping: tuple[str, str] | None = None
    """A right code was typed: the id of the last entry and its challenge. Nothing else is written any more."""

    def by_id(self, id: str) -> Stored | None:
        return next((entry for entry in self.entries.values() if entry.id == id), None)

    def of_chain(self, device: str) -> list[Stored]:
        return sorted((one for one in self.entries.values() if one.device == device), key=lambda one: one.seq)

    def unseen(self) -> list[Stored]:
        """In the order in which they were written: chains as they began here, then by seq."""
        found = [one for one in self.entries.values() if one.unseen]
        return sorted(found, key=lambda one: (self.chains[one.device].order, one.seq))

    def unsent(self) -> list[Stored]:
        return [one for one in self.unseen() if one.unsent]


@dataclass(slots=True)
class CopyFile:
    """The second copy: one file per chain in the origin's private file system, one entry a line."""

    files: dict[str, bytes] = field(default_factory=dict)

    def append(self, device: str, lines: list[bytes]) -> None:
        text = self.files.get(device, b"")
        if text and not text.endswith(b"\n"):
            text += b"\n"  # a line torn by a crash must not swallow the next one
        self.files[device] = text + b"".join(line + b"\n" for line in lines)

    def tear(self, device: str, line: bytes, at: int) -> None:
        """A crash in the middle of a line."""
        text = self.files.get(device, b"")
        if text and not text.endswith(b"\n"):
            text += b"\n"
        self.files[device] = text + line[:at]

    def lines(self, device: str) -> list[bytes]:
        return [line for line in self.files.get(device, b"").split(b"\n") if line]
