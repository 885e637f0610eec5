"""Companies for tests on either engine: founded once, and copied for each test."""

import shutil
from pathlib import Path
from typing import Protocol

from server.settings import Settings
from server.store.sqlite import connect
from tests.server.small_office import found_company


class Engine(Protocol):
    def founded(self, leaves: int = 20) -> Settings:
        """A small company that nobody has opened since it was made."""

    def copy(self, settings: Settings, folder: Path) -> Settings:
        """A company as it is now, also one that is open, put somewhere else."""


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
