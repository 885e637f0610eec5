"""Companies for tests on either engine: founded once, and copied for each test."""

import asyncio
import shutil
from itertools import count
from pathlib import Path
from typing import Protocol

from server.settings import Settings
from server.store.port import TABLES
from server.store.postgres import Address
from server.store.sqlite import connect
from tests.server.cluster import Cluster
from tests.server.small_office import found_company


class Engine(Protocol):
    def founded(self, leaves: int = 20) -> Settings:
        """A small company that nobody has opened since it was made."""

    def copy(self, settings: Settings, folder: Path) -> Settings:
        """A company as it is now, also one that is open, put somewhere else."""

    def done(self, settings: Settings) -> None:
        """Nobody looks at that copy any more."""


class OneFile:
    """SQLite."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.made: dict[int, Settings] = {}

    def founded(self, leaves: int = 20) -> Settings:
        if leaves not in self.made:
            self.made[leaves] = found_company(Settings(self.folder / f"leaves-{leaves}"), leaves=leaves)
        return self.made[leaves]

    def copy(self, settings: Settings, folder: Path) -> Settings:
        if not settings.journal.with_suffix(".sqlite-wal").exists():
            return Settings(shutil.copytree(settings.data, folder))
        folder.mkdir()
        source = connect(settings.journal)
        source.execute("VACUUM INTO ?", (str(Settings(folder).journal),))
        source.close()
        return Settings(folder)

    def done(self, settings: Settings) -> None:
        """Its folder goes with the test's."""


class OneDatabase:
    """PostgreSQL: a schema for each company."""

    def __init__(self, cluster: Cluster, folder: Path) -> None:
        self.cluster = cluster
        self.folder = folder
        self.made: dict[int, Settings] = {}
        self.names = count(1)
        self.free: list[str] = []

    def settings(self, folder: Path) -> Settings:
        """A schema that nobody has used."""
        folder.mkdir(parents=True, exist_ok=True)
        return Settings(folder, database_url=self.cluster.url(schema=f"company_{next(self.names)}"))

    def founded(self, leaves: int = 20) -> Settings:
        if leaves not in self.made:
            self.made[leaves] = found_company(self.settings(self.folder / f"leaves-{leaves}"), leaves=leaves)
        return self.made[leaves]

    def copy(self, settings: Settings, folder: Path) -> Settings:
        """Into a schema that an earlier test has done with, if there is one: making tables is what takes time."""
        folder.mkdir(parents=True, exist_ok=True)
        schema = self.free.pop() if self.free else f"company_{next(self.names)}"
        asyncio.run(cloned(Address.parse(settings.database_url), schema))
        return Settings(folder, database_url=self.cluster.url(schema=schema))

    def done(self, settings: Settings) -> None:
        self.free.append(Address.parse(settings.database_url).schema)


async def cloned(source: Address, schema: str) -> None:
    """All tables of a schema, with their rows and indexes, in a schema of that name."""
    tables = [*TABLES, "tip", "server"]
    db = await source.connect()
    if await db.fetchval("SELECT to_regclass($1)", f"{schema}.journal") is None:
        made = "".join(f"CREATE TABLE {schema}.{table} (LIKE {table} INCLUDING ALL);" for table in tables)
        await db.execute(f"CREATE SCHEMA {schema}; {made}")
    emptied = "".join(f"DELETE FROM {schema}.{table};" for table in tables)
    filled = "".join(f"INSERT INTO {schema}.{table} SELECT * FROM {table};" for table in tables)
    await db.execute(emptied + filled)
    await db.close()
