"""Which engine keeps a company, and who may open it."""

from contextlib import closing

from server.settings import Settings
from server.store.port import Readers, Shelf, Store
from server.store.postgres import Address, HeldByAnother, NoSchema, PostgresReaders, PostgresShelf, PostgresStore
from server.store.secrets import meta_of
from server.store.sqlite import SqliteReaders, SqliteShelf, SqliteStore, lock


class CompanyInUse(RuntimeError):
    """Another process owns the company."""

    def __init__(self, place: str, why: str = "stop it, or let it do the work") -> None:
        super().__init__(f"the company in {place} is open in another process; {why}")


class NoCompany(RuntimeError):
    """There is no company yet."""

    def __init__(self, place: str, why: str = "`sanad demo` makes one") -> None:
        super().__init__(f"there is no company in {place}; {why}")


class CompanyMoved(RuntimeError):
    """The company is kept somewhere else now; two that go on side by side would give the same numbers twice."""

    def __init__(self, place: str, to: str) -> None:
        super().__init__(f"the company in {place} has been moved to {to}; open it there")


def place_of(settings: Settings) -> str:
    """Where the company is kept, for people."""
    return str(Address.parse(settings.database_url) if settings.database_url else settings.data)


def exists(settings: Settings) -> bool:
    if not settings.database_url:
        return settings.journal.exists()
    with closing(PostgresShelf(Address.parse(settings.database_url))) as shelf:
        return bool(shelf.there() and meta_of(shelf, "company"))


def open_store(settings: Settings, *, new: bool = False, alone: bool = False) -> Store:
    """The company's store, for the one writer of this process. NoCompany when there is none, unless a new one is to be
    made; CompanyInUse when another process is in the way.

    A file belongs to one process. A database may have several servers, unless one wants it alone.
    """
    place = place_of(settings)
    if settings.database_url:
        try:
            store = PostgresStore(Address.parse(settings.database_url), new=new, alone=alone)
        except HeldByAnother as held:
            raise CompanyInUse(place) from held
        except NoSchema as none:
            raise NoCompany(place) from none
        settings.data.mkdir(parents=True, exist_ok=True)
        return store
    if not new and not exists(settings):
        raise NoCompany(place)
    settings.data.mkdir(parents=True, exist_ok=True)
    handle = lock(settings.data)
    if handle is None:
        raise CompanyInUse(place)
    return SqliteStore(settings.journal, handle)


def open_shelf(settings: Settings) -> Shelf:
    """The company as it is now, for checks beside a running server; NoCompany when there is none."""
    if not settings.database_url:
        if not exists(settings):
            raise NoCompany(place_of(settings))
        return SqliteShelf(settings.journal)
    shelf = PostgresShelf(Address.parse(settings.database_url))
    if shelf.there() and meta_of(shelf, "company"):
        return shelf
    shelf.close()
    raise NoCompany(place_of(settings))


def readers_of(settings: Settings) -> Readers:
    if settings.database_url:
        replica = Address.parse(settings.replica_url) if settings.replica_url else None
        return PostgresReaders(Address.parse(settings.database_url), replica)
    return SqliteReaders(settings.journal)
