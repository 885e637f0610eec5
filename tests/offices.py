"""A company behind its real doors, for every test that wants one. When the test is over its books must add up."""

import functools
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from server import feed
from server.routes import sync as sync_routes
from server.settings import Settings
from tests.server.cluster import Cluster, available
from tests.server.engines import Engine, OneDatabase, OneFile
from tests.server.served import Sanad
from tests.server.small_office import Office, check, opened

ON_BOTH = {
    "server.test_push", "server.test_pull", "server.test_office", "server.test_identity", "server.test_epochs",
    "server.test_backup", "losses.test_numbering", "losses.test_upload", "losses.test_download", "losses.test_restore",
    "server.test_notify",
    "server.test_daily", "server.test_rooms", "server.test_upgrade",
}  # fmt: skip
"""Modules whose tests run on either engine. All else is on SQLite, which says the same of the rules."""


@pytest.fixture(scope="session")
def sqlite(tmp_path_factory: pytest.TempPathFactory) -> OneFile:
    return OneFile(tmp_path_factory.mktemp("founded"))


@pytest.fixture(scope="session")
def cluster() -> Iterator[Cluster]:
    """A database server of the tests' own."""
    if not available():
        missing = "PostgreSQL is not installed, so one of two engines is not tested: scripts/system-libs postgres"
        if os.environ.get("CI") == "true":
            pytest.fail(missing)
        pytest.skip(missing)
    made = Cluster()
    yield made
    made.remove()


@pytest.fixture(scope="session")
def postgres(cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> OneDatabase:
    return OneDatabase(cluster, tmp_path_factory.mktemp("founded"))


@pytest.fixture(scope="session")
def engine(request: pytest.FixtureRequest) -> Engine:
    made: Engine = request.getfixturevalue(request.param)
    return made


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "engine" in metafunc.fixturenames:
        names = ["sqlite", "postgres"] if metafunc.module.__name__.removeprefix("tests.") in ON_BOTH else ["sqlite"]
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


@pytest.fixture
def shaky(tmp_path: Path) -> Iterator[tuple[Cluster, Settings]]:
    """A company in a database server of the test's own, to be stopped and started."""
    cluster = Cluster()
    try:
        engine = OneDatabase(cluster, tmp_path / "founded")
        made = engine.copy(engine.founded(leaves=2_000), tmp_path / "company")
        yield cluster, made
        check(made)
    finally:
        cluster.remove()


@pytest.fixture
def small_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pages of three changes."""
    monkeypatch.setattr(sync_routes, "page_of", functools.partial(feed.page_of, page=3))


@pytest.fixture(scope="session")
def sanad(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sanad]:
    made = Sanad(tmp_path_factory.mktemp("runs"))
    yield made
    made.close()
