"""What a store must do for the inbox. One writer calls it, in one thread; every call until `commit` is one transaction.

The journal is the only truth. Everything else (records, feed, postings, balances) is a projection that `rebuild` makes
again from entries and stamps, to the same bytes.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

from schemas.documents import Document
from sync.chain import Head, Known
from sync.decide import Stamped
from sync.state import Key, State


@dataclass(frozen=True, slots=True)
class Row:
    """An entry as the journal holds it."""

    position: int
    device: str
    seq: int
    online: bool
    fork: bool
    envelope: bytes
    body: bytes
    sig: str
    hash: bytes
    stamp: bytes
    h: bytes


@dataclass(frozen=True, slots=True)
class Appended:
    """A stamped entry with its place: fork entries stand beside the main chain and never move its head."""

    stamped: Stamped
    fork: bool


class Store(Protocol):
    """One company's shelf. failures: what its calls raise when the shelf itself fails (a full or broken disk), so that
    no entry is blamed for it."""

    failures: tuple[type[Exception], ...]

    def begin(self) -> None: ...
    def commit(self) -> None: ...
    def rollback(self) -> None: ...
    def tip(self) -> tuple[int, bytes]:
        """Position and running hash of the last entry; (0, empty) for an empty journal."""

    def heads(self, devices: Iterable[str]) -> dict[str, Head]: ...
    def known(self, device: str, first: int, last: int) -> dict[int, list[Known]]:
        """Stored entries of a device by seq, first … last."""

    def fetch(self, keys: Iterable[Key]) -> dict[Key, Document]: ...
    def fetch_group(self, group: str) -> list[Document]: ...
    def count(self, type_name: str) -> int:
        """How many documents of a type there are."""

    def append(self, entries: Sequence[Appended]) -> None:
        """Put stamped entries, their postings and chain places on the shelf."""

    def skip(self, device: str, head: Head) -> None:
        """Move a chain's head over a hole that its writer has declared."""

    def save(self, state: State) -> None:
        """Write what changed: records, feed rows, scopes left and moved. Afterwards the state counts as unchanged."""

    def contact(self, device: str, at: str, head: str) -> None:
        """Remember what a device said at its last push. Not a fact of the journal."""

    def rows(self, after: int = 0) -> Iterator[Row]:
        """The journal in order."""
