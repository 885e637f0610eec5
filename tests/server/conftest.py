"""A company behind its real doors, for every test that wants one. When the test is over its books must add up."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.server.cluster import Cluster
from tests.server.engines import Engine, OneDatabase, OneFile
from tests.server.served import Sanad
from tests.server.small_office import Office, opened

ON_BOTH = {"test_push", "test_pull", "test_office", "test_identity", "test_epochs", "test_backup"}
"""Modules whose tests run on either engine. All else is on SQLite, which says the same of the rules."""


@pytest.fixture(scope="session")
def sqlite(tmp_path_factory: pytest.TempPathFactory) -> OneFile:
    return OneFile(tmp_path_factory.mktemp("founded"))


@pytest.fixture(scope="session")
def postgres(cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> OneDatabase:
    return OneDatabase(cluster, tmp_path_factory.mktemp("founded"))


@pytest.fixture(scope="session")
def engine(request: pytest.FixtureRequest) -> Engine:
    made: Engine = request.getfixturevalue(request.param)
    return made


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "engine" in metafunc.fixturenames:
        names = ["sqlite", "postgres"] if metafunc.module.__name__.rpartition(".")[2] in ON_BOTH else ["sqlite"]
        metafunc.parametrize("engine", names, indirect=True, scope="session")


@pytest.fixture(scope="session")
def founded(sqlite: OneFile) -> Path:
    return sqlite.founded().data


@contextmanager
def an_office(engine: Engine, folder: Path, leaves: int = 20) -> Iterator[Office]:
    settings = engine.copy(engine.founded(leaves), folder)
    made = opened(settings)
    with made.client:
        yield made
    made.close()
    engine.done(settings)


@pytest.fixture
def office(engine: Engine, tmp_path: Path) -> Iterator[Office]:
    with an_office(engine, tmp_path / "company") as made:
        yield made


@pytest.fixture(scope="module")
def shared(engine: Engine, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    """One for a whole table of calls that leave nothing behind."""
    with an_office(engine, tmp_path_factory.mktemp("shared") / "company") as made:
        yield made


@pytest.fixture
def small_books(engine: Engine, tmp_path: Path) -> Iterator[Office]:
    """The same with books of three leaves."""
    with an_office(engine, tmp_path / "company", leaves=3) as made:
        yield made


@pytest.fixture(scope="session")
def sanad(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sanad]:
    made = Sanad(tmp_path_factory.mktemp("runs"))
    yield made
    made.close()
