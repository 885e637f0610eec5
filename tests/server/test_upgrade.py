"""A company that another version has made is made anew when it is opened, and nobody works on what is stale."""

from collections.abc import Iterator
from contextlib import closing
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from schemas.documents import PhoneKey
from server import feed
from server.company import OpenCompany
from server.replay import digest, rebuild
from server.settings import Settings
from server.store.opening import CompanyInUse, open_shelf, open_store
from server.store.port import VERSIONS
from server.store.secrets import keep_meta, made_by
from server.store.sqlite import SqliteStore
from server.verify import verify
from sync.kinds import KINDS
from tests.server.engines import Engine
from tests.server.journals import journals, laid_out
from tests.server.served import Sanad
from tests.server.small_office import Office, applied, opened

DIGESTS = {"documents": (2, "9b57c3f227054465"), "books": (1, "b050d282ffc5f28b")}
"""By projection: its version, and what a replay of the kept journals makes of it."""


def set_back(settings: Settings, *names: str, sql: str = "") -> None:
    """As a version before this one left it."""
    with closing(open_store(settings)) as store:
        store.begin()
        for name in names:
            keep_meta(store, f"made by {name}", str(VERSIONS[name] - 1))
        if sql:
            store.execute(sql)
        store.commit()


@pytest.fixture
def older(office: Office, engine: Engine, tmp_path: Path) -> Iterator[Settings]:
    """The company after a day's work, made by the version before, which knew no keys of phones."""
    office.receipt(office.phone("omar"))
    settings = engine.copy(office.company.settings, tmp_path / "older")
    set_back(settings, "documents", sql="DELETE FROM record WHERE type = 'phone_key'")
    yield settings
    engine.done(settings)


def test_what_an_older_version_made_is_made_anew_when_it_is_opened(older: Settings, office: Office):
    """The journal makes what the older rules did not know; afterwards it is the company that never was older."""
    told: list[tuple[int, int]] = []

    OpenCompany(older, anew=lambda *how_far: told.append(how_far)).close()

    with closing(open_shelf(older)) as shelf, closing(open_shelf(office.company.settings)) as never:
        assert digest(shelf) == digest(never)
        assert [str(fault) for fault in verify(shelf)] == []
        assert {name: made_by(shelf, name) for name in VERSIONS} == VERSIONS
    assert told[-1][0] == told[-1][1] == office.company.store.tip()[0]


def test_it_is_made_anew_once(older: Settings):
    """The next start finds everything as it should be."""
    OpenCompany(older).close()
    told: list[Any] = []

    OpenCompany(older, anew=lambda *how_far: told.append(how_far)).close()

    assert told == []


def test_who_has_pulled_what_was_stale_loads_again(older: Settings, monkeypatch: pytest.MonkeyPatch):
    """Documents made anew keep their revisions, so a cursor alone would never bring them."""
    with monkeypatch.context() as before:
        before.setattr("server.company.stale", lambda _: [])
        before.setattr(feed, "VERSIONS", {**VERSIONS, "documents": VERSIONS["documents"] - 1})
        with closing(opened(older)) as office, office.client:
            office.sound = False  # it is stale
            pulled = office.pull("mona")
            cursor = pulled["cursor"]
            assert "phone_key" not in {one["type"] for one in pulled["changes"]}
            assert office.pull("mona", cursor)["changes"] == []
    with closing(opened(older)) as office, office.client:
        pulled = office.pull("mona", cursor)
        documents: dict[tuple[str, str], Any] = {}
        applied(documents, pulled)

        assert pulled["reload"]
        assert {id for type_name, id in documents if type_name == "phone_key"} == {
            one.id for one in office.all(PhoneKey)
        }
        assert "reload" not in office.pull("mona", pulled["cursor"])


def test_only_what_is_stale_is_made_anew(office: Office, engine: Engine, tmp_path: Path):
    """Books of another version do not cost the documents."""
    office.receipt(office.phone("omar"))
    settings = engine.copy(office.company.settings, tmp_path / "older")
    set_back(settings, "books", sql="UPDATE balance SET amount = 0")
    with closing(open_store(settings)) as store:
        store.begin()
        store.execute("DELETE FROM feed")  # nobody would do that; it shows that nobody looked
        store.commit()

    OpenCompany(settings).close()

    with closing(open_shelf(settings)) as shelf:
        assert digest(shelf, ["books"]) == digest(office.company.store, ["books"])
        assert shelf.select("SELECT count(*) FROM feed")[0][0] == 0
    engine.done(settings)


def test_a_stop_in_the_middle_leaves_the_older_company(older: Settings):
    """It is one transaction: what is not finished has not begun, and the next start begins again."""
    with closing(open_shelf(older)) as shelf:
        before = digest(shelf)

    class Stopped(Exception):
        pass

    def stop(*_: int) -> None:
        raise Stopped

    with pytest.raises(Stopped):
        OpenCompany(older, anew=stop)
    with closing(open_shelf(older)) as shelf:
        assert digest(shelf) == before
        assert made_by(shelf, "documents") == VERSIONS["documents"] - 1

    with closing(opened(older)) as office, office.client:
        assert len(office.all(PhoneKey)) == 1


def test_servers_of_another_version_are_not_undermined(older: Settings):
    """While they have it open nothing is made anew, and nobody works on it by other rules."""
    with closing(open_store(older)), pytest.raises(CompanyInUse, match="in another process"):
        OpenCompany(older)
    with closing(open_shelf(older)) as shelf:
        assert made_by(shelf, "documents") == VERSIONS["documents"] - 1


def test_the_command_line_makes_it_anew_too(older: Settings, sanad: Sanad):
    """`sanad serve` says what it does, and serves."""
    with sanad.serving(older.data, older.database_url):
        pass
    with closing(open_shelf(older)) as shelf:
        assert {name: made_by(shelf, name) for name in VERSIONS} == VERSIONS


@pytest.fixture(scope="module")
def replayed(tmp_path_factory: pytest.TempPathFactory) -> tuple[dict[str, str], set[str]]:
    """What a replay makes of the kept journals, by projection, and which kinds of entry they hold."""
    folder = tmp_path_factory.mktemp("journals")
    made = {name: sha256() for name in VERSIONS}
    kinds: set[str] = set()
    for number, journal in enumerate(journals()):
        with closing(SqliteStore(laid_out(journal, folder / str(number)).journal)) as store:
            rebuild(store, journal["company"])
            for name, total in made.items():
                total.update(digest(store, [name]).encode())
            kinds |= {kind for row in store.rows() for kind in KINDS if f'"kind":"{kind}"'.encode() in row.envelope}
    return {name: total.hexdigest()[:16] for name, total in made.items()}, kinds


def test_the_kept_journals_give_what_their_version_gave(replayed: tuple[dict[str, str], set[str]]):
    """Whoever changes what a journal is made into must say so, or companies of today would keep what is stale.

    If this fails: raise the projection's number in `VERSIONS` (server/store/port.py) and write both here.
    """
    assert {name: (VERSIONS[name], made) for name, made in replayed[0].items()} == DIGESTS


def test_the_kept_journals_hold_every_kind_of_entry(replayed: tuple[dict[str, str], set[str]]):
    """A kind that no kept journal holds could change unseen: `python -m tests.server.journals` adds to them."""
    assert replayed[1] == set(KINDS)
