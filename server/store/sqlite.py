"""The store in one SQLite file: WAL, synchronous=FULL, one writing connection that alone may checkpoint.

`pysqlite3` brings a SQLite newer than the WAL-reset defect (fixed in 3.51.3); where it is not installed, the standard
library's is used, and the rule that readers never checkpoint keeps the defect out of reach.
"""

import asyncio
import fcntl
import os
from collections import defaultdict
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Sequence
from contextlib import asynccontextmanager
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any

import aiosqlite
import msgspec

try:
    from pysqlite3 import dbapi2 as sqlite3
except ImportError:  # pragma: no cover -- on machines without a wheel
    import sqlite3

from server.store.port import TABLES
from server.store.sql import SqlStore
from sync.state import Key

READERS = 3


def connect(path: Path, *, read_only: bool = False) -> Any:
    """A connection with Sanad's settings. Readers are read-only and never checkpoint."""
    uri = f"file:{path}?mode={'ro' if read_only else 'rwc'}"
    connection = sqlite3.connect(uri, uri=True, isolation_level=None, check_same_thread=False, timeout=30.0)
    if read_only:
        connection.execute("PRAGMA query_only = ON")
        connection.execute("PRAGMA wal_autocheckpoint = 0")
    else:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute("PRAGMA wal_autocheckpoint = 4000")
    connection.execute("PRAGMA cache_size = -65536")
    return connection


def engine_version() -> str:
    return f"SQLite {sqlite3.sqlite_version}"


def lock(data: Path) -> int | None:
    """Hold the lock file of a company's folder until the handle is closed; None if another process does."""
    handle = os.open(data / "company.lock", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(handle)
        return None
    return handle


@cache
def _own(sql: str) -> str:
    """A query of both engines in SQLite's words: a list travels as one JSON text."""
    return sql.replace("= ANY(?)", "IN (SELECT value FROM json_each(?))")


def _plain(parameters: Iterable[Any]) -> list[Any]:
    return [msgspec.json.encode(one).decode() if isinstance(one, list) else one for one in parameters]


class SqliteShelf:
    """See `port.Shelf`: one file, at the moment of opening."""

    def __init__(self, path: Path) -> None:
        self.db = connect(path, read_only=True)
        self.db.execute("BEGIN")

    def select(self, sql: str, *parameters: Any) -> list[Any]:
        found: list[Any] = self.db.execute(_own(sql), _plain(parameters)).fetchall()
        return found

    def stream(self, sql: str, *parameters: Any) -> Iterator[Any]:
        yield from self.db.execute(_own(sql), _plain(parameters))

    def close(self) -> None:
        self.db.close()


class SqliteStore(SqlStore):
    """See `port.Store`. Not thread-safe: the writer owns it. held: a lock to let go of at the end."""

    def __init__(self, path: Path, held: int | None = None) -> None:
        super().__init__()
        self.path = path
        self._held = held
        self.db = connect(path)
        if not self._one("SELECT 1 FROM sqlite_master WHERE name = 'journal'"):
            script = resources.files("server.store").joinpath("sqlite.sql").read_text("utf-8")
            self.db.executescript(f"BEGIN;{script}COMMIT;")
        self._words = dict(self.db.execute("SELECT text, no FROM word"))
        self._next_record = self._one("SELECT max(no) FROM record") or 0

    def close(self) -> None:
        self.db.close()
        if self._held is not None:
            os.close(self._held)

    def _one(self, sql: str, *parameters: Any) -> Any:
        row = self.db.execute(sql, parameters).fetchone()
        return row[0] if row else None

    # ---- transaction

    def begin(self) -> None:
        self.db.execute("BEGIN IMMEDIATE")

    def commit(self) -> None:
        self._tell_words()
        self.db.execute("COMMIT")
        self._forget()

    def rollback(self) -> None:
        if self.db.in_transaction:
            self.db.execute("ROLLBACK")
        self._undo()
        self._next_record = self._one("SELECT max(no) FROM record") or 0

    # ---- reading

    def select(self, sql: str, *parameters: Any) -> list[Any]:
        found: list[Any] = self.db.execute(_own(sql), _plain(parameters)).fetchall()
        return found

    def stream(self, sql: str, *parameters: Any) -> Iterator[Any]:
        yield from self.db.execute(_own(sql), _plain(parameters))

    def tip(self) -> tuple[int, bytes]:
        row = self.db.execute("SELECT position, h FROM journal ORDER BY position DESC LIMIT 1").fetchone()
        return (row[0], row[1]) if row else (0, b"")

    def _found(self, keys: list[Key]) -> Iterator[Any]:
        by_type: dict[str, list[str]] = defaultdict(list)
        for type_name, id in keys:
            by_type[type_name].append(id)
        for type_name, ids in by_type.items():
            yield from self.db.execute(
                "SELECT no, type, id, body FROM record WHERE type = ? AND id IN (SELECT value FROM json_each(?))",
                (type_name, msgspec.json.encode(ids).decode()),
            )

    # ---- writing

    def execute(self, sql: str, *parameters: Any) -> None:
        self.db.execute(sql, parameters)

    def _put(self, statement: str, rows: Sequence[tuple[Any, ...]]) -> None:
        self.db.executemany(_PUT[statement], rows)

    def contact(self, device: str, at: str, head: str) -> None:
        self.db.execute(_PUT["contact"], (device, at, head))

    def fill(self, table: str, rows: Sequence[Sequence[Any]]) -> None:
        marks = ",".join("?" * len(TABLES[table]))
        self.db.executemany(f"INSERT INTO {table} VALUES ({marks})", rows)  # noqa: S608 -- our own table names


_PUT = {
    "journal": "INSERT INTO journal VALUES (?,?,?,?,?,?,?,?,?,?,?)",
    "chain": "INSERT INTO chain VALUES (?,?,?,?,?,?,?)",
    "head": "INSERT INTO head VALUES (?,?,?,?) ON CONFLICT (device) DO UPDATE SET seq = excluded.seq,"
    " hash = excluded.hash, position = excluded.position",
    "word": "INSERT INTO word (no, text) VALUES (?,?)",
    "record": "INSERT INTO record VALUES (?,?,?,?,?,?)",
    "record_changed": "UPDATE record SET rev = ?, grp = ?, body = ? WHERE no = ?",
    "feed": "INSERT INTO feed (scope, rec, rev, gone) VALUES (?,?,?,?) ON CONFLICT (scope, rec)"
    " DO UPDATE SET rev = max(rev, excluded.rev), gone = excluded.gone",
    "moves": "INSERT INTO feed (scope, rec, rev, gone) SELECT ?, no, ?, ? FROM record WHERE grp = ? AND grp > 0"
    " ORDER BY no ON CONFLICT (scope, rec) DO UPDATE SET rev = excluded.rev, gone = excluded.gone",
    "posting": "INSERT INTO posting VALUES (?,?,?,?,?,?)",
    "balance": "INSERT INTO balance VALUES (?,?,?) ON CONFLICT (account, currency)"
    " DO UPDATE SET amount = amount + excluded.amount",
    "contact": "INSERT INTO contact VALUES (?,?,?)"
    " ON CONFLICT (device) DO UPDATE SET at = excluded.at, head = excluded.head",
}


class SqliteReader:
    """See `port.Reader`."""

    def __init__(self, db: aiosqlite.Connection) -> None:
        self.db = db

    async def rows(self, sql: str, *parameters: Any) -> list[Any]:
        return list(await self.db.execute_fetchall(_own(sql), _plain(parameters)))


class SqliteReaders:
    """See `port.Readers`: a few read-only connections, made when the first is asked for."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._free: asyncio.Queue[aiosqlite.Connection] | None = None
        self._all: list[aiosqlite.Connection] = []

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[SqliteReader]:
        if self._free is None:
            self._free = asyncio.Queue()
            for _ in range(READERS):
                reader = aiosqlite.Connection(lambda: connect(self.path, read_only=True), 256)
                await reader
                self._all.append(reader)
                self._free.put_nowait(reader)
        reader = await self._free.get()
        try:
            await reader.execute("BEGIN")
            yield SqliteReader(reader)
        finally:
            await reader.rollback()
            self._free.put_nowait(reader)

    async def follow(self, heard: Callable[[int], None]) -> None:
        """Nobody else writes into the file."""

    async def close(self) -> None:
        for reader in self._all:
            await reader.close()
        self._all.clear()
        self._free = None
