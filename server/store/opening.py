"""Which engine keeps a company, and who may open it."""

from server.settings import Settings
from server.store.port import Readers, Shelf, Store
from server.store.sqlite import SqliteReaders, SqliteShelf, SqliteStore, lock


class CompanyInUse(RuntimeError):
    """Another process owns the company."""

    def __init__(self, place: str) -> None:
        super().__init__(f"the company in {place} is open in another process; stop it, or let it do the work")


class NoCompany(RuntimeError):
    """There is no company yet."""

    def __init__(self, place: str) -> None:
        super().__init__(f"there is no company in {place}; `sanad demo` makes one")


def place_of(settings: Settings) -> str:
    """Where the company is kept, for people."""
    return str(settings.data)


def exists(settings: Settings) -> bool:
    return settings.journal.exists()


def open_store(settings: Settings) -> Store:
    """The company's store, for the one writer of this process; CompanyInUse when another process keeps it."""
    settings.data.mkdir(parents=True, exist_ok=True)
    held = lock(settings.data)
    if held is None:
        raise CompanyInUse(place_of(settings))
    return SqliteStore(settings.journal, held)


def open_shelf(settings: Settings) -> Shelf:
    """The company as it is now, for checks beside a running server; NoCompany when there is none."""
    if not exists(settings):
        raise NoCompany(place_of(settings))
    return SqliteShelf(settings.journal)


def readers_of(settings: Settings) -> Readers:
    return SqliteReaders(settings.journal)
