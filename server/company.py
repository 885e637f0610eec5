"""One open company: its store under a lock, its keys, its writer, its readers. The only owner of the file."""

import asyncio
import contextlib
import fcntl
import os
import secrets
from collections.abc import AsyncIterator, Callable
from concurrent.futures import Future
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar

import aiosqlite
import msgspec

from schemas.entries.company import CompanySetUp, PublicKey
from server.epochs import begin_epoch
from server.ids import new_id
from server.inbox import Clock, Inbox, Writer
from server.keys import SigningKey
from server.settings import Settings
from server.store.sqlite import SqliteStore, connect
from server.writes import top_up_books

T = TypeVar("T")
READERS = 3


class CompanyInUse(RuntimeError):
    """Another process owns the company's file."""

    def __init__(self, data: Path) -> None:
        super().__init__(f"the company in {data} is open in another process; stop it, or let it do the work")


class NoCompany(RuntimeError):
    """The folder holds no company yet."""

    def __init__(self, data: Path) -> None:
        super().__init__(f"there is no company in {data}; `sanad demo` makes one")


def now() -> datetime:
    return datetime.now(UTC)


class OpenCompany:
    """Open with `OpenCompany(settings)`, close with `close()`. Writes go through `inbox`, reads through `reading()`."""

    def __init__(self, settings: Settings, clock: Clock = now) -> None:
        self.settings = settings
        self.clock = clock
        if not settings.journal.exists():
            raise NoCompany(settings.data)
        self._lock = _lock(settings.data)
        self.store = SqliteStore(settings.journal)
        db = self.store.db
        self.id: str = db.execute("SELECT value FROM meta WHERE key = 'company'").fetchone()[0]
        self.token_secret: str = db.execute("SELECT value FROM meta WHERE key = 'token_secret'").fetchone()[0]
        self.keys = {
            purpose: SigningKey.load(purpose, private)
            for purpose, private in db.execute("SELECT purpose, private FROM server_key WHERE retired = 0")
        }
        self.writer = Writer(self.store, self.id, self.keys["sign"], new_id("srv"), clock)
        self.inbox = Inbox(self.writer, self._published, top_up_books)
        self.inbox.start()
        self.position = self.store.tip()[0]
        epoch = db.execute("SELECT body ->> '$.epoch' FROM record WHERE type = 'company'").fetchone()[0]
        self.epoch = str(epoch or 1)  # a field at its default is left out of the document
        self.device_keys: dict[str, str] = {}
        self.leaving = False
        self._listeners: dict[asyncio.Event, asyncio.AbstractEventLoop] = {}
        self._readers: asyncio.Queue[aiosqlite.Connection] | None = None
        self._all_readers: list[aiosqlite.Connection] = []

    @classmethod
    def create(cls, settings: Settings, set_up: CompanySetUp, clock: Clock = now) -> "OpenCompany":
        """Make a new company: keys, secrets, and entry 1 of its journal, which tells the keys' public halves."""
        settings.data.mkdir(parents=True, exist_ok=True)
        lock = _lock(settings.data)
        store = SqliteStore(settings.journal)
        keys = [SigningKey.new("sign"), SigningKey.new("seal")]
        store.begin()
        store.db.executemany(
            "INSERT INTO meta VALUES (?,?)",
            [("company", set_up.company), ("token_secret", secrets.token_urlsafe(32)), ("version", "1")],
        )
        store.db.executemany(
            "INSERT INTO server_key VALUES (?,?,?,0)", [(key.id, key.purpose, key.der()) for key in keys]
        )
        public = [PublicKey(key.id, key.purpose, key.spki) for key in keys]
        writer = Writer(store, set_up.company, keys[0], new_id("srv"), clock)
        writer.write("company_set_up", msgspec.structs.replace(set_up, keys=public))
        store.commit()
        store.close()
        os.close(lock)
        return cls(settings, clock)

    def close(self) -> None:
        self.inbox.stop()
        self.store.close()
        os.close(self._lock)

    # ---- writing

    async def run(self, do: Callable[[Writer], T]) -> T:
        """Run a task in the writer's thread, in a transaction of its own."""
        return await asyncio.wrap_future(self.inbox.run(do))

    def run_now(self, do: Callable[[Writer], T]) -> T:
        """The same for the command line, where nothing else runs."""
        answer: Future[T] = self.inbox.run(do)
        return answer.result()

    def begin_epoch(self, position: int, h: str, backup_at: str = "", *, at_least: int = 0) -> int:
        """See `server.epochs.begin_epoch`; for a restore, before the doors open. Returns the epoch."""
        epoch = self.run_now(lambda writer: begin_epoch(writer, position, h, backup_at, at_least=at_least))
        self.epoch = str(epoch)
        return epoch

    # ---- reading

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[aiosqlite.Connection]:
        """A read-only connection in a transaction: one consistent moment for all that is read with it."""
        if self._readers is None:
            self._readers = asyncio.Queue()
            for _ in range(READERS):
                reader = aiosqlite.Connection(lambda: connect(self.settings.journal, read_only=True), 256)
                await reader
                self._all_readers.append(reader)
                self._readers.put_nowait(reader)
        reader = await self._readers.get()
        try:
            await reader.execute("BEGIN")
            yield reader
        finally:
            await reader.rollback()
            self._readers.put_nowait(reader)

    async def stop_reading(self) -> None:
        for reader in self._all_readers:
            await reader.close()
        self._all_readers.clear()
        self._readers = None

    # ---- news

    def _published(self, position: int) -> None:
        self.position = position
        for event, loop in list(self._listeners.items()):
            with contextlib.suppress(RuntimeError):  # its loop has ended; nobody listens there any more
                loop.call_soon_threadsafe(event.set)

    def end_news(self) -> None:
        """The server is leaving: whoever listens stops."""
        self.leaving = True
        self._published(self.position)

    @asynccontextmanager
    async def listening(self) -> AsyncIterator[asyncio.Event]:
        """An event that is set after each commit."""
        event = asyncio.Event()
        self._listeners[event] = asyncio.get_running_loop()
        try:
            yield event
        finally:
            del self._listeners[event]


def _lock(data: Path) -> int:
    """Hold the company's lock file; CompanyInUse if another process does."""
    handle = os.open(data / "company.lock", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        os.close(handle)
        raise CompanyInUse(data) from error
    return handle


def open_reader(settings: Settings) -> Any:
    """A plain read-only connection, for checks beside a running server."""
    if not settings.journal.exists():
        raise NoCompany(settings.data)
    return connect(settings.journal, read_only=True)
