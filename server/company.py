"""One open company: its store, its keys, its writer, its readers."""

import asyncio
import contextlib
import secrets
from collections.abc import AsyncIterator, Callable
from concurrent.futures import Future
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import UTC, datetime
from typing import TypeVar

import msgspec

from schemas.entries.company import CompanySetUp, PublicKey
from server.epochs import after_loss, begin_epoch
from server.ids import new_id
from server.inbox import Clock, Inbox, Writer
from server.keys import SigningKey
from server.news import News
from server.settings import Settings
from server.store.opening import CompanyMoved, NoCompany, open_store, place_of, readers_of
from server.store.port import VERSIONS, Fresh, Reader
from server.store.secrets import RESTORING, keep_key, keep_meta, keys_of, meta_of, sign_projections
from server.upgrade import Told, bring_up_to_date, stale
from server.writes import top_up_books

T = TypeVar("T")


def now() -> datetime:
    return datetime.now(UTC)


class OpenCompany:
    """Open with `OpenCompany(settings)`, close with `close()`. Writes go through `inbox`, reads through `reading()`.

    alone: no other process may have it open, as for a rebuild. A company in a file is always alone. restoring: by the
    restore itself, before the company may be served. anew: told (entries done, entries in all) while projections of
    another version are made anew.
    """

    def __init__(
        self,
        settings: Settings,
        clock: Clock = now,
        *,
        alone: bool = False,
        restoring: bool = False,
        anew: Told = lambda *_: None,
    ) -> None:
        self.settings = settings
        self.clock = clock
        self.store = open_store(settings, alone=alone)
        if moved := meta_of(self.store, "moved_to"):
            self.store.close()
            raise CompanyMoved(place_of(settings), moved)
        if meta_of(self.store, RESTORING) and not restoring:
            self.store.close()
            raise NoCompany(place_of(settings), "a restore was interrupted; run `sanad restore` again")
        if stale(self.store):
            self.store.close()
            bring_up_to_date(settings, anew)
            self.store = open_store(settings, alone=alone)
        self.id = meta_of(self.store, "company")
        self.token_secret = meta_of(self.store, "token_secret")
        self.keys = keys_of(self.store)
        self.news = News(self.store.tip()[0])
        self.writer = Writer(self.store, self.id, self.keys["sign"], new_id("srv"), clock)
        self.writer.learn(self.writer.state())
        self.inbox = Inbox(self.writer, self._published, top_up_books, after_loss)
        self.inbox.start()
        self.device_keys: dict[str, str] = {}
        """Device → public key, which is for life: another key is another device."""
        self.store.renewed = self._renewed
        self.leaving = False
        self._listeners: dict[asyncio.Event, asyncio.AbstractEventLoop] = {}
        self._readers = readers_of(settings)

    @classmethod
    def create(cls, settings: Settings, set_up: CompanySetUp, clock: Clock = now) -> "OpenCompany":
        """Make a new company: keys, secrets, and entry 1 of its journal, which tells the keys' public halves."""
        store = open_store(settings, new=True)
        keys = [SigningKey.new("sign"), SigningKey.new("seal")]
        store.begin()
        for name, value in (
            ("company", set_up.company),
            ("token_secret", secrets.token_urlsafe(32)),
            ("version", "1"),
        ):
            keep_meta(store, name, value)
        sign_projections(store, VERSIONS)
        for key in keys:
            keep_key(store, key)
        public = [PublicKey(key.id, key.purpose, key.spki) for key in keys]
        writer = Writer(store, set_up.company, keys[0], new_id("srv"), clock)
        writer.write("company_set_up", msgspec.structs.replace(set_up, keys=public))
        store.commit()
        store.close()
        return cls(settings, clock)

    @property
    def epoch(self) -> str:
        """The company's epoch as this process's writer last saw it."""
        return self.writer.epoch

    def close(self) -> None:
        self.inbox.stop()
        self.store.close()

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
        return self.run_now(lambda writer: begin_epoch(writer, position, h, backup_at, at_least=at_least))

    # ---- reading

    def reading(self) -> AbstractAsyncContextManager[Reader]:
        """A reader at one consistent moment."""
        return self._readers.reading()

    def reading_late(self) -> AbstractAsyncContextManager[Reader]:
        """The same for reports, which may be a moment behind: from a replica, where there is one."""
        return self._readers.reading_late()

    async def stop_reading(self) -> None:
        await self._readers.close()

    # ---- news

    @property
    def position(self) -> int:
        """Of the newest commit that this process knows."""
        return self.news.position

    def _published(self, before: int, position: int, fresh: Fresh) -> None:
        self.news.wrote(before, position, fresh)
        self._tell()

    def _heard(self, position: int) -> None:
        self.news.heard(position)
        self._tell()

    def _found(self, position: int) -> None:
        self.news.found(position)
        self._tell()

    def _renewed(self) -> None:
        self.device_keys.clear()
        self.news.forget()

    def _tell(self) -> None:
        for event, loop in list(self._listeners.items()):
            with contextlib.suppress(RuntimeError):  # its loop has ended; nobody listens there any more
                loop.call_soon_threadsafe(event.set)

    async def follow(self) -> None:
        """Publish what other servers write, until cancelled."""
        await self._readers.follow(self._heard, self._found)

    def end_news(self) -> None:
        """The server is leaving: whoever listens stops."""
        self.leaving = True
        self._tell()

    @asynccontextmanager
    async def listening(self) -> AsyncIterator[asyncio.Event]:
        """An event that is set after each commit."""
        event = asyncio.Event()
        self._listeners[event] = asyncio.get_running_loop()
        try:
            yield event
        finally:
            del self._listeners[event]
