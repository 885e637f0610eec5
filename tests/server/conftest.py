"""A company behind its real doors, for every test that wants one. When the test is over its books must add up."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.server.served import Sanad
from tests.server.small_office import Office, found_company, open_office


@pytest.fixture(scope="session")
def founded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return found_company(tmp_path_factory.mktemp("founded") / "company")


@pytest.fixture(scope="session")
def founded_with_small_books(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return found_company(tmp_path_factory.mktemp("founded") / "company", leaves=3)


@pytest.fixture
def office(founded: Path, tmp_path: Path) -> Iterator[Office]:
    made = open_office(founded, tmp_path / "company")
    with made.client:
        yield made
    made.close()


@pytest.fixture(scope="module")
def shared(founded: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    """One for a whole table of calls that leave nothing behind."""
    made = open_office(founded, tmp_path_factory.mktemp("shared") / "company")
    with made.client:
        yield made
    made.close()


@pytest.fixture
def small_books(founded_with_small_books: Path, tmp_path: Path) -> Iterator[Office]:
    """The same with books of three leaves."""
    made = open_office(founded_with_small_books, tmp_path / "company")
    with made.client:
        yield made
    made.close()


@pytest.fixture(scope="session")
def sanad(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sanad]:
    made = Sanad(tmp_path_factory.mktemp("runs"))
    yield made
    made.close()
