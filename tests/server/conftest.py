"""A company behind its real doors, for every test that wants one. When the test is over its books must add up."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.server.engines import Engine, OneFile
from tests.server.served import Sanad
from tests.server.small_office import Office, opened

ON_BOTH = {"test_push", "test_pull", "test_office", "test_identity"}
"""Modules whose tests run on either engine. All else is on SQLite, which says the same of the rules."""


@pytest.fixture(scope="session")
def sqlite(tmp_path_factory: pytest.TempPathFactory) -> OneFile:
    return OneFile(tmp_path_factory.mktemp("founded"))


@pytest.fixture(scope="session")
def engine(sqlite: OneFile) -> Engine:
    return sqlite


@pytest.fixture(scope="session")
def founded(sqlite: OneFile) -> Path:
    return sqlite.founded().data


@pytest.fixture
def office(engine: Engine, tmp_path: Path) -> Iterator[Office]:
    made = opened(engine.copy(engine.founded(), tmp_path / "company"))
    with made.client:
        yield made
    made.close()


@pytest.fixture(scope="module")
def shared(engine: Engine, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    """One for a whole table of calls that leave nothing behind."""
    made = opened(engine.copy(engine.founded(), tmp_path_factory.mktemp("shared") / "company"))
    with made.client:
        yield made
    made.close()


@pytest.fixture
def small_books(engine: Engine, tmp_path: Path) -> Iterator[Office]:
    """The same with books of three leaves."""
    made = opened(engine.copy(engine.founded(leaves=3), tmp_path / "company"))
    with made.client:
        yield made
    made.close()


@pytest.fixture(scope="session")
def sanad(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sanad]:
    made = Sanad(tmp_path_factory.mktemp("runs"))
    yield made
    made.close()
