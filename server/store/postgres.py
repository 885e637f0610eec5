"""The store in one schema of a PostgreSQL database, for any number of servers at once.

A transaction begins by taking the row `tip`: positions, words and record numbers are given out under it, so they are in
commit order whoever writes. The writer runs its calls on an event loop of its own, in its own thread.
"""

import asyncio
import logging
import re
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass
from functools import cache
from importlib import resources
from itertools import count
from time import monotonic, sleep
from typing import Any, TypeAlias, TypeVar
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

import asyncpg

from server.ids import new_id
from server.store.port import TABLES, StoreAway
from server.store.sql import SqlStore
from sync.state import Key

log = logging.getLogger("sanad.store")
T = TypeVar("T")
Connection: TypeAlias = "asyncpg.Connection[Any]"
READERS = 8
CONNECT_SECONDS, ANSWER_SECONDS = 5.0, 60.0
QUIET_SECONDS = 20.0
DOUBT_SECONDS = 10.0
"""How long a commit without an answer is asked after."""
_LETS_GO = {
    "idle_in_transaction_session_timeout": "30s",
    "tcp_keepalives_idle": "10",
    "tcp_keepalives_interval": "5",
    "tcp_keepalives_count": "3",
}
"""A server that hangs or is cut off amid a transaction lets go of the company's pen, so that the others can write."""
_SCHEMA = re.compile(r"[a-z_][a-z0-9_]{0,49}")
_AWAY = (
    OSError,  # also TimeoutError
    asyncpg.PostgresConnectionError,
    asyncpg.OperatorInterventionError,
    asyncpg.InsufficientResourcesError,
    asyncpg.PostgresSystemError,
    asyncpg.TransactionRollbackError,
    asyncpg.LockNotAvailableError,
    asyncpg.IdleInTransactionSessionTimeoutError,
    asyncpg.ReadOnlySQLTransactionError,  # a primary that has become a standby
)
"""What says nothing about an entry: the same again, a little later, goes well."""


class BadAddress(ValueError):
    """The text names no company in a database."""


@dataclass(frozen=True, slots=True)
class Address:
    """A company in a database. dsn: as PostgreSQL's own tools read it."""

    dsn: str
    schema: str

    @classmethod
    def parse(cls, url: str) -> "Address":
        """`postgresql://user:password@host/database?schema=delta`; the schema is `sanad` where none is named."""
        parts = urlsplit(url)
        if parts.scheme not in ("postgresql", "postgres"):
            raise BadAddress("a database is named by postgresql://user@host/database?schema=name")
        query = dict(parse_qsl(parts.query))
        schema = query.pop("schema", "sanad")
        if not _SCHEMA.fullmatch(schema):
            raise BadAddress(f"schema {schema!r}: small letters, digits and _ only")
        return cls(urlunsplit(parts._replace(query=urlencode(query))), schema)

    def __str__(self) -> str:
        """For people: without the password."""
        parts = urlsplit(self.dsn)
        host = dict(parse_qsl(parts.query)).get("host") or parts.netloc.rpartition("@")[2]
        return f"PostgreSQL {host}{parts.path}, schema {self.schema}"

    async def connect(self, answer_seconds: float | None = ANSWER_SECONDS) -> Connection:
        return await asyncpg.connect(
            self.dsn,
            timeout=CONNECT_SECONDS,
            command_timeout=answer_seconds,
            server_settings=self.settings() | ({} if answer_seconds is None else _LETS_GO),
        )

    def settings(self) -> dict[str, str]:
        return {"search_path": self.schema, "application_name": "sanad", "jit": "off"}


@cache
def _own(sql: str) -> str:
    """A query of both engines in PostgreSQL's words: numbered parameters."""
    numbers = count(1)
    return re.sub(r"\?", lambda _: f"${next(numbers)}", sql)


def _asked(parameters: Sequence[Any]) -> list[Any] | None:
    """Parameters of a query as PostgreSQL takes them. It keeps no text with U+0000: who asks for one finds nothing."""
    if any(isinstance(one, str) and "\0" in one for one in parameters):
        return None
    return [
        [text for text in one if not (isinstance(text, str) and "\0" in text)] if isinstance(one, list) else one
        for one in parameters
    ]


class _Line:
    """A connection with an event loop of its own, for plain calls from one thread at a time."""

    answer_seconds: float | None = None
    """How long a call may take. Checks and rebuilds take what they need; behind a server somebody waits."""

    def __init__(self, address: Address) -> None:
        self.address = address
        self._loop = asyncio.new_event_loop()
        self.db: Connection | None = None

    def _wait(self, call: Callable[[Connection], Awaitable[T]]) -> T:
        """The answer to a call; StoreAway when it is the connection that failed."""
        db = self.db
        if db is None or db.is_closed():
            raise StoreAway("no connection")
        try:
            return self._loop.run_until_complete(_waited(call(db)))
        except _AWAY as error:
            db.terminate()  # what answers so may be a standby by now: the next call looks for the primary
            raise StoreAway(str(error)) from error
        except asyncpg.InterfaceError as error:
            if db.is_closed():
                raise StoreAway(str(error)) from error
            raise

    def _dial(self) -> None:
        """Connect, in place of a connection that has failed."""
        self._hang_up()
        try:
            self.db = self._loop.run_until_complete(self.address.connect(self.answer_seconds))
        except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
            raise StoreAway(str(error)) from error

    def _hang_up(self) -> None:
        db, self.db = self.db, None
        if db is not None and not db.is_closed():
            with suppress(Exception):
                self._loop.run_until_complete(db.close(timeout=CONNECT_SECONDS))
            db.terminate()

    def close(self) -> None:
        self._hang_up()
        self._loop.run_until_complete(self._loop.shutdown_asyncgens())
        self._loop.close()

    def select(self, sql: str, *parameters: Any) -> list[Any]:
        asked = _asked(parameters)
        return [] if asked is None else self._wait(lambda db: db.fetch(_own(sql), *asked))

    def _cursor(self, sql: str, parameters: Sequence[Any]) -> Iterator[Any]:
        cursor = self._wait(lambda db: _waited(db.cursor(_own(sql), *parameters)))
        while page := self._wait(lambda _: cursor.fetch(1000)):
            yield from page


async def _waited(one: Awaitable[T]) -> T:
    return await one


class PostgresShelf(_Line):
    """See `port.Shelf`: one schema, at the moment of opening."""

    def __init__(self, address: Address) -> None:
        super().__init__(address)
        try:
            self._dial()
            self._wait(_begun_moment)
        except BaseException:
            self.close()
            raise

    def there(self) -> bool:
        """Whether the schema holds the tables of a company."""
        return bool(self.select("SELECT to_regclass(?) IS NOT NULL", f"{self.address.schema}.journal")[0][0])

    def stream(self, sql: str, *parameters: Any) -> Iterator[Any]:
        return self._cursor(sql, parameters)


async def _begun_moment(db: Any) -> Any:
    moment = db.transaction(isolation="repeatable_read", readonly=True)
    await moment.start()
    return moment


class PostgresStore(_Line, SqlStore):
    """See `port.Store`. Not thread-safe: the writer owns it.

    new: make schema and tables where there are none; else NoSchema.
    alone: nobody else may have the company open, as for a rebuild; else any number of servers may.
    """

    failures: tuple[type[Exception], ...] = (StoreAway,)

    def __init__(self, address: Address, *, new: bool = False, alone: bool = False) -> None:
        _Line.__init__(self, address)
        SqlStore.__init__(self)
        self.new, self.alone = new, alone
        self.answer_seconds = None if alone else ANSWER_SECONDS
        self.run = new_id("srv")
        self._turn = 0
        self._tip = self._seen = (0, b"")
        self._transaction: Any = None
        try:
            self._connect()
        except BaseException:
            self.close()
            raise

    def _connect(self) -> None:
        """A connection with the schema in place, its share of the lock, and what the caches must know."""
        self._dial()
        if not self._wait(lambda db: _prepared(db, self.address.schema, new=self.new)):
            self._hang_up()
            raise NoSchema(str(self.address))
        if not self._wait(lambda db: _held(db, self.address.schema, alone=self.alone)):
            self._hang_up()
            raise HeldByAnother(str(self.address))
        self._look_at_tip(_TIP)
        self.fell_back = self.fell_back or not self._holds(*self._seen)
        self._words = dict(self.select("SELECT text, no FROM word"))
        self._fresh_words.clear()
        self._wait(lambda db: db.execute(_ENTER_SERVER, self.run))

    def _look_at_tip(self, sql: str) -> int:
        """Where the journal and the record numbers stand; how many words there are."""
        position, h, words, self._next_record = self.select(sql)[0]
        self._tip = (position, h)
        return int(words)

    def _holds(self, position: int, h: bytes) -> bool:
        """Whether the journal still has what was seen committed."""
        found = self.select("SELECT h FROM journal WHERE position = ?", position)
        return position == 0 or [row[0] for row in found] == [h]

    def close(self) -> None:
        with suppress(StoreAway):
            self._wait(lambda db: db.execute("DELETE FROM server WHERE run = $1", self.run))
        super().close()

    # ---- transaction

    def begin(self) -> None:
        if self.db is None or self.db.is_closed():
            try:
                self._connect()
            except HeldByAnother as held:
                raise StoreAway(str(held)) from held
            self.renewed()
        self._transaction = self._wait(_begun)
        if self._look_at_tip(f"{_TIP} FOR UPDATE") > len(self._words):
            self._words.update(self.select("SELECT text, no FROM word WHERE no > ?", len(self._words)))
        if not self.fell_back:
            self._seen = self._tip

    def commit(self) -> None:
        self._tell_rest()
        self._turn += 1  # also of a try that failed: no two commits are asked after by the same number
        turn, (position, h) = self._turn, self._tip
        self._wait(
            lambda db: db.execute(
                _FINISH, position, h, len(self._words), self._next_record, self.run, turn, self.address.schema
            )
        )
        try:
            self._wait(lambda _: self._transaction.commit())
        except StoreAway as away:
            if not self._came_through(turn, away):
                raise
        self._transaction = None
        self._seen, self.fell_back = self._tip, False
        self._forget()

    def _came_through(self, turn: int, away: StoreAway) -> bool:
        """Whether a commit that was never answered has happened: ask again until somebody knows. The row is taken,
        so that a transaction which still hangs at the other end is waited for."""
        ends, pause = monotonic() + DOUBT_SECONDS, 0.05
        while True:
            try:
                self._connect()
                found = self.select("SELECT turn FROM server WHERE run = ? FOR UPDATE", self.run)
            except (StoreAway, HeldByAnother):
                if monotonic() > ends:
                    raise StoreAway(away.cause, known=False) from away
                sleep(pause)
                pause = min(1.0, 2 * pause)
            else:
                self.renewed()
                return bool(found) and found[0][0] == turn

    def rollback(self) -> None:
        transaction, self._transaction = self._transaction, None
        if transaction is not None:
            try:
                self._wait(lambda _: transaction.rollback())
            except Exception:  # noqa: BLE001 -- whatever it is, the next transaction begins on a new connection
                self._hang_up()
        self._undo()

    # ---- reading

    def stream(self, sql: str, *parameters: Any) -> Iterator[Any]:
        if self._transaction is not None:
            yield from self._cursor(sql, parameters)
            return
        moment = self._wait(_begun_moment)
        try:
            yield from self._cursor(sql, parameters)
        finally:
            self._wait(lambda _: moment.rollback())

    def tip(self) -> tuple[int, bytes]:
        return self._tip

    def _found(self, keys: list[Key]) -> list[Any]:
        return self._of(_FIND, keys)

    def _numbered(self, keys: list[Key]) -> list[Any]:
        return self._of(_NUMBER, keys)

    def _of(self, sql: str, keys: list[Key]) -> list[Any]:
        if not keys:
            return []
        types, ids = [key[0] for key in keys], [key[1] for key in keys]
        return self._wait(lambda db: db.fetch(sql, types, ids))

    # ---- writing

    def append(self, entries: Sequence[Any]) -> None:
        super().append(entries)
        last = entries[-1].stamped
        self._tip = (last.stamp.position, last.h)

    def execute(self, sql: str, *parameters: Any) -> None:
        self._wait(lambda db: db.execute(_own(sql), *parameters))

    def _put(self, statement: str, rows: Sequence[tuple[Any, ...]]) -> None:
        if statement == "feed":  # the last word on a row is the one that counts; one statement may say it only once
            rows = list({row[:2]: row for row in rows}.values())
        if rows:
            self._wait(lambda db: db.execute(_PUT[statement], *zip(*rows, strict=True)))

    def fill(self, table: str, rows: Sequence[Sequence[Any]]) -> None:
        self._wait(lambda db: db.copy_records_to_table(table, records=rows, columns=TABLES[table]))
        if table == "journal" and rows:
            self._tip = (rows[-1][0], rows[-1][-1])
        elif table == "record":
            self._next_record = max((self._next_record, *(row[0] for row in rows)))
        elif table == "word":
            self._words.update({text: no for no, text in rows})


class NoSchema(RuntimeError):
    """The database has no such schema, or it is no company's."""


class HeldByAnother(RuntimeError):
    """Another process has the company to itself, or has it open while this one wants it alone."""


async def _begun(db: Connection) -> Any:
    transaction = db.transaction()
    await transaction.start()
    return transaction


async def _prepared(db: Connection, schema: str, *, new: bool) -> bool:
    """Whether the schema has its tables, made now if that is wanted. Commits wait for the disk from here on."""
    waits, there = await db.fetchrow(_STATE, f"{schema}.journal") or ("", False)
    if waits == "off":
        await db.execute("SET synchronous_commit = on")
    if there or not new:
        return bool(there)
    script = resources.files("server.store").joinpath("postgres.sql").read_text("utf-8")
    async with db.transaction():
        await db.execute("SELECT pg_advisory_xact_lock(hashtextextended('sanad schema ' || $1, 0))", schema)
        if await db.fetchval("SELECT to_regclass($1)", f"{schema}.journal") is None:
            await db.execute(f"CREATE SCHEMA IF NOT EXISTS {schema}")
            await db.execute(script)
    return True


async def _held(db: Connection, schema: str, *, alone: bool) -> bool:
    """Hold the company's advisory lock as long as the connection lives; False when another process is in the way."""
    function = "pg_try_advisory_lock" if alone else "pg_try_advisory_lock_shared"
    held: bool = await db.fetchval(f"SELECT {function}(hashtextextended('sanad ' || $1, 0))", schema)
    return held


_STATE = "SELECT current_setting('synchronous_commit'), to_regclass($1) IS NOT NULL"
_TIP = "SELECT position, h, words, records FROM tip"
_NAMED = "FROM unnest($1::text[], $2::text[]) AS k(type, id) JOIN record r ON r.type = k.type AND r.id = k.id"
_FIND = f"SELECT r.no, r.type, r.body {_NAMED}"
_NUMBER = f"SELECT r.no, r.type, r.id {_NAMED}"
_ENTER_SERVER = "INSERT INTO server VALUES ($1, 0) ON CONFLICT (run) DO NOTHING"
_FINISH = (
    "WITH moved AS (UPDATE tip SET position = $1, h = $2, words = $3, records = $4),"
    " done AS (INSERT INTO server VALUES ($5, $6) ON CONFLICT (run) DO UPDATE SET turn = excluded.turn)"
    " SELECT pg_notify('sanad ' || $7, $1::bigint::text)"
)
_PUT = {
    "journal": "INSERT INTO journal SELECT * FROM unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::smallint[],"
    " $5::smallint[], $6::bytea[], $7::bytea[], $8::text[], $9::bytea[], $10::bytea[], $11::bytea[])",
    "chain": "INSERT INTO chain SELECT * FROM unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::bytea[],"
    " $5::text[], $6::text[], $7::smallint[])",
    "head": "INSERT INTO head SELECT * FROM unnest($1::bigint[], $2::bigint[], $3::bytea[], $4::bigint[])"
    " ON CONFLICT (device) DO UPDATE SET seq = excluded.seq, hash = excluded.hash, position = excluded.position",
    "word": "INSERT INTO word (no, text) SELECT * FROM unnest($1::bigint[], $2::text[])",
    "record": "INSERT INTO record SELECT * FROM unnest($1::bigint[], $2::text[], $3::text[], $4::bigint[],"
    " $5::bigint[], $6::bytea[])",
    "record_changed": "UPDATE record r SET rev = n.rev, grp = n.grp, body = n.body"
    " FROM unnest($1::bigint[], $2::bigint[], $3::bytea[], $4::bigint[]) AS n(rev, grp, body, no) WHERE r.no = n.no",
    "feed": "INSERT INTO feed SELECT * FROM unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::smallint[])"
    " ON CONFLICT (scope, rec) DO UPDATE SET rev = greatest(feed.rev, excluded.rev), gone = excluded.gone",
    "moves": "INSERT INTO feed SELECT m.scope, r.no, m.rev, m.gone"
    " FROM unnest($1::bigint[], $2::bigint[], $3::smallint[], $4::bigint[]) AS m(scope, rev, gone, grp)"
    " JOIN record r ON r.grp = m.grp AND r.grp > 0"
    " ON CONFLICT (scope, rec) DO UPDATE SET rev = excluded.rev, gone = excluded.gone",
    "posting": "INSERT INTO posting SELECT * FROM unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::bigint[],"
    " $5::text[], $6::bigint[])",
    "balance": "INSERT INTO balance SELECT * FROM unnest($1::bigint[], $2::text[], $3::bigint[])"
    " ON CONFLICT (account, currency) DO UPDATE SET amount = balance.amount + excluded.amount",
    "contact": "INSERT INTO contact SELECT * FROM unnest($1::text[], $2::text[], $3::text[])"
    " ON CONFLICT (device) DO UPDATE SET at = excluded.at, head = excluded.head",
}


class PostgresReader:
    """See `port.Reader`."""

    def __init__(self, db: Any) -> None:
        self.db = db

    async def rows(self, sql: str, *parameters: Any) -> list[Any]:
        asked = _asked(parameters)
        if asked is None:
            return []
        try:
            found: list[Any] = await self.db.fetch(_own(sql), *asked)
        except _AWAY as error:
            raise StoreAway(str(error)) from error
        except asyncpg.InterfaceError as error:
            if self.db.is_closed():
                raise StoreAway(str(error)) from error
            raise
        else:
            return found


class _Pool:
    """Connections for readers, made when the first is asked for."""

    def __init__(self, address: Address) -> None:
        self.address = address
        self._pool: asyncpg.Pool[Any] | None = None
        self._making = asyncio.Lock()

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[PostgresReader]:
        pool = await _answered(self._made())
        db = await _answered(pool.acquire(timeout=CONNECT_SECONDS))
        try:
            moment = await _answered(_begun_moment(db))
            try:
                yield PostgresReader(db)
            finally:
                with suppress(*_AWAY, asyncpg.InterfaceError):
                    await moment.rollback()
        finally:
            await pool.release(db)

    async def _made(self) -> "asyncpg.Pool[Any]":
        async with self._making:
            if self._pool is None:
                self._pool = await asyncpg.create_pool(
                    self.address.dsn, min_size=0, max_size=READERS, timeout=CONNECT_SECONDS,
                    command_timeout=ANSWER_SECONDS, server_settings=self.address.settings(), reset=_nothing_to_reset,
                )  # fmt: skip
        return self._pool

    async def close(self) -> None:
        pool, self._pool = self._pool, None
        if pool is not None:
            await pool.close()


class PostgresReaders:
    """See `port.Readers`. replica: a standby for what may be a moment behind."""

    def __init__(self, address: Address, replica: Address | None = None) -> None:
        self.address = address
        self._primary = _Pool(address)
        self._replica = _Pool(replica) if replica is not None else None

    def reading(self) -> AbstractAsyncContextManager[PostgresReader]:
        return self._primary.reading()

    @asynccontextmanager
    async def reading_late(self) -> AsyncIterator[PostgresReader]:
        async with AsyncExitStack() as stack:
            db = await self._late(stack)
            yield db

    async def _late(self, stack: AsyncExitStack) -> PostgresReader:
        if self._replica is not None:
            try:
                return await stack.enter_async_context(self._replica.reading())
            except StoreAway as away:
                log.warning("the replica is away: %s", away.cause)
        return await stack.enter_async_context(self._primary.reading())

    async def follow(self, heard: Callable[[int], None], found: Callable[[int], None]) -> None:
        while True:
            with suppress(OSError, asyncpg.PostgresError, asyncpg.InterfaceError):
                db = await self.address.connect()
                try:
                    await self._listen(db, heard, found)
                finally:
                    db.terminate()
            await asyncio.sleep(1.0)

    async def _listen(self, db: Connection, heard: Callable[[int], None], found: Callable[[int], None]) -> None:
        """Until the line is dead; it is tried now and then, because a dead one may look like a quiet one."""
        gone = asyncio.Event()
        db.add_termination_listener(lambda _: gone.set())
        await db.add_listener(f"sanad {self.address.schema}", lambda *said: heard(int(said[3])))
        found(await db.fetchval("SELECT position FROM tip"))
        while not gone.is_set():
            with suppress(TimeoutError):
                await asyncio.wait_for(gone.wait(), QUIET_SECONDS)
                return
            await db.execute("SELECT 1", timeout=CONNECT_SECONDS)

    async def close(self) -> None:
        await self._primary.close()
        if self._replica is not None:
            await self._replica.close()


async def _answered(call: Awaitable[T]) -> T:
    """The answer to a reader's call; StoreAway when it is the connection that failed."""
    try:
        return await call
    except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
        raise StoreAway(str(error)) from error


async def _nothing_to_reset(_db: Any) -> None:
    """A reader's transaction has been rolled back; nothing of it is left."""
