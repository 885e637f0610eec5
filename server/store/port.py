"""What a store must do. One writer calls it, in one thread; everything from `begin` to `commit` is one transaction.

The journal is the only truth. Everything else (records, feed, postings, balances) is a projection that `rebuild` makes
again from entries and stamps, to the same bytes.

Queries are written once for both engines. Parameters stand as `?`, "one of these" as `= ANY(?)` with a list, sums of
amounts as `CAST(sum(…) AS BIGINT)`; each engine turns the marks into its own. Texts sort and compare by their bytes.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from typing import Any, Protocol

import msgspec

from schemas.codes import Problem
from schemas.documents import Document
from server.problems import ProblemError
from sync.chain import Head, Known
from sync.decide import Stamped
from sync.state import Key, State

TABLES = {
    "journal": (
        "position", "device", "seq", "online", "fork", "envelope", "body", "sig", "hash", "stamp", "h",
    ),
    "head": ("device", "seq", "hash", "position"),
    "chain": ("device", "seq", "position", "hash", "verdict", "flags", "fork"),
    "word": ("no", "text"),
    "record": ("no", "type", "id", "rev", "grp", "body"),
    "feed": ("scope", "rec", "rev", "gone"),
    "posting": ("account", "position", "line", "day", "currency", "amount"),
    "balance": ("account", "currency", "amount"),
    "meta": ("key", "value"),
    "server_key": ("key", "purpose", "private", "retired"),
    "credential": ("user", "login", "hash"),
    "enrolment_code": ("code", "purpose", "user", "branch", "expires_at", "used_by", "made_by"),
    "release_key": ("device", "key"),
    "contact": ("device", "at", "head"),
}  # fmt: skip
"""All that a company is, table by table; the same on either engine."""
PROJECTIONS = {"documents": ("record", "feed"), "books": ("posting", "balance")}
"""What is made from the journal, and in which tables."""
VERSIONS = {"documents": 2, "books": 1}
"""Of the rules that make each projection. Where the same journal would give other rows than before, raise it: a company
that was made by another version is made anew when it is opened (`server.upgrade`), and phones load anew."""


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


class Appended(msgspec.Struct, frozen=True, gc=False):
    """A stamped entry with its place: fork entries stand beside the main chain and never move its head."""

    stamped: Stamped
    fork: bool


@dataclass(slots=True)
class Fresh:
    """What transactions changed. scopes: name → newest revision; people: ids of users and devices."""

    scopes: dict[str, int] = field(default_factory=dict)
    people: set[str] = field(default_factory=set)


class StoreAway(ProblemError):
    """The database cannot be reached now. Nothing was judged wrong: whoever waits asks again, and is told so (503).

    known: whether it is certain that nothing was written; a commit that was never answered may have come through.
    """

    def __init__(self, detail: str, *, known: bool = True) -> None:
        more = "" if known else "; whether the last change was kept is not known, so look before repeating it"
        super().__init__(Problem.BUSY, f"the database is away{more}", retry_after=5)
        self.cause = detail  # names hosts, so it is for the log and the command line, not for callers
        self.known = known

    def __str__(self) -> str:
        return f"{self.detail}: {self.cause}"


class Reader(Protocol):
    """Reads for screens: one consistent moment, away from the writer."""

    async def rows(self, sql: str, *parameters: Any) -> list[Any]:
        """All rows of a query."""


class Readers(Protocol):
    """Gives readers to the web side."""

    def reading(self) -> AbstractAsyncContextManager[Reader]: ...
    def reading_late(self) -> AbstractAsyncContextManager[Reader]:
        """A reader for reports, which may be a moment behind what was written last."""

    async def follow(self, heard: Callable[[int], None], found: Callable[[int], None]) -> None:
        """Tell the journal's position after each commit of any process (heard), and where it stands whenever a new
        connection is made (found), until cancelled."""

    async def close(self) -> None: ...


class Shelf(Protocol):
    """Reads for checks and for the writer, in its own thread."""

    def select(self, sql: str, *parameters: Any) -> list[Any]:
        """All rows of a query."""

    def stream(self, sql: str, *parameters: Any) -> Iterator[Any]:
        """The rows one by one, for what is longer than memory."""

    def close(self) -> None: ...


class Store(Shelf, Protocol):
    """One company's shelf, as its writer holds it.

    renewed: called when the database was lost and found again. It may be another one, with less in it (a standby that
    took over): what was remembered of it must be asked again. fell_back: it has less in it than this process has seen
    committed; true from `begin` until the next commit. failures: what its calls raise when the shelf itself fails (a
    full or broken disk), so that no entry is blamed for it.
    """

    renewed: Callable[[], None]
    fell_back: bool
    failures: tuple[type[Exception], ...]

    def begin(self) -> None: ...
    def commit(self) -> None:
        """Durable when it returns. StoreAway when it is not, or not known to be."""

    def rollback(self) -> None:
        """Never raises: afterwards the store is as before `begin`, whatever has happened."""

    def execute(self, sql: str, *parameters: Any) -> None:
        """Change what stands beside the journal (`secrets`)."""

    def fill(self, table: str, rows: Sequence[Sequence[Any]]) -> None:
        """Put whole rows of one of `TABLES` on an empty shelf, in the order of its columns."""

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

    def post(self, stamped: Iterable[Any]) -> None:
        """Write the posted lines of stamps and carry them into the balances."""

    def skip(self, device: str, head: Head) -> None:
        """Move a chain's head over a hole that its writer has declared."""

    def save(self, state: State) -> None:
        """Write what changed: records, feed rows, scopes left and moved. Afterwards the state counts as unchanged."""

    def take_fresh(self) -> Fresh:
        """What committed transactions have changed since this was last asked."""

    def contact(self, device: str, at: str, head: str) -> None:
        """Remember what a device said at its last push. Not a fact of the journal."""

    def rows(self, after: int = 0) -> Iterator[Row]:
        """The journal in order."""

    def drop_projections(self, names: Iterable[str] = PROJECTIONS) -> None:
        """Empty what a rebuild makes again."""
