"""The store in one SQLite file: WAL, synchronous=FULL, one writing connection that alone may checkpoint.

`pysqlite3` brings a SQLite newer than the WAL-reset defect (fixed in 3.51.3); where it is not installed, the standard
library's is used, and the rule that readers never checkpoint keeps the defect out of reach.
"""

import asyncio
import fcntl
import os
from collections import defaultdict
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from functools import cache
from importlib import resources
from itertools import chain as chain_of_values
from pathlib import Path
from typing import Any

import aiosqlite
import msgspec

try:
    from pysqlite3 import dbapi2 as sqlite3
except ImportError:  # pragma: no cover -- on machines without a wheel
    import sqlite3

from server.store.port import TABLES, Appended
from server.store.sql import SqlStore
from sync.state import Key

READERS = 3


def connect(path: Path, *, read_only: bool = False) -> Any:
    """A connection with Sanad's settings. Readers are read-only and never checkpoint."""
    uri = f"file:{path}?mode={'ro' if read_only else 'rwc'}"
    connection = sqlite3.connect(
        uri, uri=True, isolation_level=None, check_same_thread=False, timeout=30.0, cached_statements=256
    )
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

    failures: tuple[type[Exception], ...] = (sqlite3.OperationalError,)
    remembers = True

    def __init__(self, path: Path, held: int | None = None) -> None:
        super().__init__()
        self._tip: tuple[int, bytes] | None = None
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
        self._tell_rest()
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
        if self._tip is None:
            row = self.db.execute("SELECT position, h FROM journal ORDER BY position DESC LIMIT 1").fetchone()
            self._tip = (row[0], row[1]) if row else (0, b"")
        return self._tip

    def append(self, entries: Sequence[Appended]) -> None:
        super().append(entries)
        last = entries[-1].stamped
        self._tip = (last.stamp.position, last.h)

    def _forget_all(self) -> None:
        super()._forget_all()
        self._tip = None

    def _found(self, keys: list[Key]) -> Iterator[tuple[int, str, str]]:
        for type_name, ids in _by_type(keys):
            # All in one row, for the reason that `_put` gives. No text of JSON holds a control character.
            joined = self._one(
                "SELECT group_concat(no || char(31) || body, char(30)) FROM record"
                " WHERE type = ? AND id IN (SELECT value FROM json_each(?))",
                type_name, msgspec.json.encode(ids).decode(),
            )  # fmt: skip
            for row in joined.split("\x1e") if joined else ():
                no, _, body = row.partition("\x1f")
                yield int(no), type_name, body

    def _numbered(self, keys: list[Key]) -> Iterator[tuple[int, str, str]]:
        for type_name, ids in _by_type(keys):
            for no, id in self.select("SELECT no, id FROM record WHERE type = ? AND id = ANY(?)", type_name, ids):
                yield no, type_name, id

    # ---- writing

    def execute(self, sql: str, *parameters: Any) -> None:
        self.db.execute(sql, parameters)

    def _put(self, statement: str, rows: Sequence[tuple[Any, ...]]) -> None:
        """Write rows with few statements.

        The driver gives the interpreter away at every step of a statement. With a step for each row, a busy web thread
        made the writer wait for it row by row, which trebled the time of a push; a step for 64 rows also lets the two
        really run side by side.
        """
        sql, start, end = PUT[statement], 0, len(rows)
        for size in _ROWS_AT_ONCE:
            if end - start < size:
                continue
            values = ",".join([f"({','.join('?' * len(rows[0]))})"] * size)
            many = sql.replace("{}", values)
            while end - start >= size:
                self.db.execute(many, list(chain_of_values.from_iterable(rows[start : start + size])))
                start += size

    def fill(self, table: str, rows: Sequence[Sequence[Any]]) -> None:
        self._forget_all()
        marks = ",".join("?" * len(TABLES[table]))
        self.db.executemany(f"INSERT INTO {table} VALUES ({marks})", rows)  # noqa: S608 -- our own table names


def _by_type(keys: Iterable[Key]) -> Iterable[tuple[str, list[str]]]:
    found: dict[str, list[str]] = defaultdict(list)
    for type_name, id in keys:
        found[type_name].append(id)
    return found.items()


_ROWS_AT_ONCE = (64, 32, 16, 8, 4, 2, 1)
"""Few sizes, so that the statements stay prepared."""
PUT = {
    "journal": "INSERT INTO journal VALUES {}",
    "chain": "INSERT INTO chain VALUES {}",
    "head": "INSERT INTO head VALUES {} ON CONFLICT (device) DO UPDATE SET seq = excluded.seq,"
    " hash = excluded.hash, position = excluded.position",
    "word": "INSERT INTO word (no, text) VALUES {}",
    "record": "INSERT INTO record VALUES {}",
    "record_changed": "UPDATE record SET rev = v.column1, grp = v.column2, body = v.column3 FROM (VALUES {}) AS v"
    " WHERE no = v.column4",
    "feed": "INSERT INTO feed (scope, rec, rev, gone) VALUES {} ON CONFLICT (scope, rec)"
    " DO UPDATE SET rev = max(rev, excluded.rev), gone = excluded.gone",
    "moves": "INSERT INTO feed (scope, rec, rev, gone) SELECT m.column1, r.no, m.column2, m.column3"
    " FROM (VALUES {}) AS m JOIN record r ON r.grp = m.column4 AND r.grp > 0 WHERE true"
    " ON CONFLICT (scope, rec) DO UPDATE SET rev = excluded.rev, gone = excluded.gone",
    "posting": "INSERT INTO posting VALUES {}",
    "balance": "INSERT INTO balance VALUES {} ON CONFLICT (account, currency)"
    " DO UPDATE SET amount = amount + excluded.amount",
    "contact": "INSERT INTO contact VALUES {} ON CONFLICT (device)"
    " DO UPDATE SET at = excluded.at, head = excluded.head",
}
"""`{}` stands for the values of many rows."""


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

    def reading_late(self) -> AbstractAsyncContextManager[SqliteReader]:
        return self.reading()

    async def follow(self, heard: Callable[[int], None], found: Callable[[int], None]) -> None:
        """Nobody else writes into the file."""

    async def close(self) -> None:
        for reader in self._all:
            await reader.close()
        self._all.clear()
        self._free = None
