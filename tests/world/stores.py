"""The two engines under the world: a company in a file, or in a schema of a database. Each can lose its process or fail
at any call, can be copied as a backup, and come back as it was.
"""

import asyncio
import os
import shutil
from collections.abc import Callable
from contextlib import suppress
from itertools import count
from pathlib import Path
from tempfile import mkdtemp
from typing import Any, Protocol, TypeVar

from server.store.port import Shelf, Store, StoreAway
from server.store.postgres import Address, PostgresShelf, PostgresStore, _Line
from server.store.sqlite import SqliteShelf, SqliteStore
from tests.server.engines import cloned

T = TypeVar("T")
CALLS = (
    "begin",
    "commit",
    "rollback",
    "tip",
    "heads",
    "known",
    "fetch",
    "fetch_group",
    "append",
    "skip",
    "save",
    "contact",
)


class Crash(BaseException):
    """The process is gone. Not an Exception: nothing in the server may catch it and go on."""


class Brittle(Store, Protocol):
    """A store that breaks as it was told to. fuse: calls until the process dies; below zero: it does not. failing: how
    many of the next calls fail, after `spared` that do not. dead: its process is gone."""

    fuse: int
    failing: int
    spared: int
    dead: bool


class Place(Protocol):
    """Where one company is kept."""

    servers: int
    """How many may write at once."""

    def open(self) -> Brittle: ...
    def select(self, sql: str, *parameters: Any) -> list[Any]:
        """What is committed, as somebody beside the writers sees it."""

    def back_up(self, number: int) -> None: ...
    def restore(self, number: int) -> None:
        """The copy is the company now. Nobody has it open."""

    def shelf(self) -> Shelf: ...
    def done(self) -> None:
        """Nobody looks at it any more."""


class Engine(Protocol):
    def __hash__(self) -> int: ...
    def place(self, folder: Path) -> Place:
        """An empty place for a company."""

    def copy(self, place: Place, folder: Path) -> Place:
        """Another one with the same company, that nobody has open."""


# ---- SQLite


class BrittleFile(SqliteStore):
    """The real store, which can lose its process or fail at any call."""

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self.db.execute("PRAGMA synchronous = OFF")  # processes die here, machines do not
        self.fuse, self.failing, self.spared, self.dead = -1, 0, 0, False

    def struck(self, call: str) -> None:
        if self.dead:
            raise Crash
        if self.fuse == 0:
            self.dead = True
            raise Crash
        self.fuse -= 1 if self.fuse > 0 else 0
        if self.spared > 0:
            self.spared -= 1
        elif self.failing and call not in ("rollback", "after commit"):
            self.failing -= 1
            raise self.failures[0]("disk I/O error")


def _brittle(name: str) -> Callable[..., Any]:
    def call(self: BrittleFile, *args: Any) -> Any:
        self.struck(name)
        result = getattr(SqliteStore, name)(self, *args)
        if name == "commit":
            self.struck("after commit")
        return result

    return call


for _name in CALLS:
    setattr(BrittleFile, _name, _brittle(_name))


class FilePlace:
    servers = 1

    def __init__(self, path: Path) -> None:
        self.path = path
        self.store: BrittleFile | None = None

    def open(self) -> BrittleFile:
        self.store = BrittleFile(self.path)
        return self.store

    def select(self, sql: str, *parameters: Any) -> list[Any]:
        assert self.store is not None
        return self.store.select(sql, *parameters)

    def _copy(self, number: int) -> Path:
        return self.path.with_suffix(f".{number}")

    def back_up(self, number: int) -> None:
        assert self.store is not None
        self.store.db.execute("VACUUM INTO ?", (str(self._copy(number)),))

    def restore(self, number: int) -> None:
        for path in self.path.parent.glob(f"{self.path.name}*"):
            path.unlink()
        shutil.copy(self._copy(number), self.path)

    def shelf(self) -> SqliteShelf:
        return SqliteShelf(self.path)

    def done(self) -> None:
        """Its folder goes with the life."""


class Files:
    def place(self, folder: Path) -> FilePlace:
        return FilePlace(folder / "journal.db")

    def copy(self, place: Place, folder: Path) -> FilePlace:
        assert isinstance(place, FilePlace)
        made = self.place(folder)
        shutil.copy(place.path, made.path)
        return made


# ---- PostgreSQL


class BrittleSchema(PostgresStore):
    """The real store, which can lose its process or its connection before or after any call to the database."""

    def __init__(self, address: Address) -> None:
        self.fuse, self.failing, self.spared, self.dead = -1, 0, 0, False
        super().__init__(address, new=True)

    def cut(self) -> None:
        """The line is dead, and the other end hears of it."""
        if self.db is not None and not self.db.is_closed():
            self.db.terminate()
            self._loop.run_until_complete(asyncio.sleep(0))

    def _wait(self, call: Any) -> Any:
        if self.dead or self.fuse == 0:
            self.dead = True
            self.cut()
            raise Crash
        self.fuse -= 1 if self.fuse > 0 else 0
        fails = self.failing > 0 and self.spared == 0
        self.spared = max(0, self.spared - 1)
        if not fails:
            return super()._wait(call)
        self.failing -= 1
        if self.failing % 2:
            self.cut()
            return super()._wait(call)
        super()._wait(call)
        self.cut()
        raise StoreAway("the connection was lost before the answer came")

    def close(self) -> None:
        if self.dead:
            _Line.close(self)
        else:
            self.fuse, self.failing = -1, 0
            super().close()


class _Onlooker(_Line):
    """A connection beside the servers, each of whose queries sees what is committed."""

    def __init__(self, address: Address) -> None:
        super().__init__(address)
        self._dial()


class SchemaPlace:
    servers = 2

    def __init__(self, schemas: "Schemas", schema: str) -> None:
        self.schemas, self.schema = schemas, schema
        self.address = Address.parse(schemas.url(schema))
        self.copies: dict[int, str] = {}
        self._onlooker: _Onlooker | None = None

    def open(self) -> BrittleSchema:
        return BrittleSchema(self.address)

    def select(self, sql: str, *parameters: Any) -> list[Any]:
        if self._onlooker is None:
            self._onlooker = _Onlooker(self.address)
        return self._onlooker.select(sql, *parameters)

    def back_up(self, number: int) -> None:
        self.copies[number] = self.schemas.free_schema()
        asyncio.run(cloned(self.address, self.copies[number]))

    def restore(self, number: int) -> None:
        asyncio.run(cloned(Address.parse(self.schemas.url(self.copies[number])), self.schema))

    def shelf(self) -> PostgresShelf:
        return PostgresShelf(self.address)

    def done(self) -> None:
        if self._onlooker is not None:
            self._onlooker.close()
            self._onlooker = None
        self.schemas.free += [self.schema, *self.copies.values()]
        self.copies.clear()


class Schemas:
    """url: of the database, with a schema's name. Making tables is what takes time, so schemas are used again."""

    def __init__(self, url: Callable[[str], str]) -> None:
        self.url = url
        self.names = count(1)
        self.free: list[str] = []

    def free_schema(self) -> str:
        return self.free.pop() if self.free else f"world_{os.getpid()}_{next(self.names)}"

    def place(self, _folder: Path) -> SchemaPlace:
        return SchemaPlace(self, f"world_{os.getpid()}_{next(self.names)}")

    def copy(self, place: Place, _folder: Path) -> SchemaPlace:
        assert isinstance(place, SchemaPlace)
        made = SchemaPlace(self, self.free_schema())
        asyncio.run(cloned(place.address, made.schema))
        return made


FILES = Files()


def scratch() -> Path:
    return Path(mkdtemp(prefix="world-"))


def closed(store: Brittle) -> None:
    with suppress(StoreAway):
        store.close()
