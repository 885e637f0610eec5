"""What the server answers from memory is what the store would say."""

from typing import Any

import pytest

from server.identity.sessions import Caller
from server.news import News
from server.store.port import Fresh
from tests.server.small_office import Office, code_of

CURSOR = "cursor"
SCOPES = ["all", "user:omar"]


def given(news: News, position: int) -> None:
    news.gave(CURSOR, position, SCOPES, "1")


def test_others_work_leaves_a_reader_in_peace_and_his_own_does_not():
    """Only a change in one of the reader's scopes is news to him."""
    news = News(10)
    given(news, 10)

    news.wrote(10, 12, Fresh({"user:hany": 12}))
    assert news.quiet(CURSOR, SCOPES) == (12, "1")
    news.wrote(12, 13, Fresh({"user:omar": 13, "user:hany": 13}))
    assert news.quiet(CURSOR, SCOPES) is None
    given(news, 13)
    assert news.quiet(CURSOR, SCOPES) == (13, "1")
    news.wrote(13, 14, Fresh({"all": 14}))
    assert news.quiet(CURSOR, SCOPES) is None


def test_a_cursor_counts_for_the_scopes_that_it_was_given_for():
    news = News(10)
    given(news, 10)

    assert news.quiet(CURSOR, ["all", "user:hany"]) is None
    assert news.quiet("another", SCOPES) is None


def test_a_cursor_from_before_this_process_is_looked_up():
    """What changed before it began, nobody here knows."""
    news = News(10)
    given(news, 9)
    assert news.quiet(CURSOR, SCOPES) is None


@pytest.mark.parametrize("how", ["heard", "seen by the next commit", "another store"])
def test_what_another_server_wrote_may_be_anything(how: str):
    """Its commits are told without their contents, or come to light under the next own one: all is asked again."""
    news = News(10)
    given(news, 10)
    news.knows(Caller("omar", "collector", "brn", "dev"), news.turn)
    match how:
        case "heard":
            news.heard(11)
        case "seen by the next commit":
            news.wrote(11, 12, Fresh({"user:hany": 12}))
        case _:
            news.forget()

    assert news.quiet(CURSOR, SCOPES) is None
    assert news.caller("omar", "dev") is None


def test_a_database_with_less_in_it_makes_every_cursor_doubtful():
    """A standby took over: the same positions will be given to other entries."""
    news = News(10)
    given(news, 10)
    news.found(8)
    news.wrote(8, 10, Fresh({"user:hany": 10}))
    assert news.quiet(CURSOR, SCOPES) is None


def test_the_echo_of_an_own_commit_is_no_news():
    """The database tells every server of every commit, its own included, perhaps late."""
    news = News(10)
    given(news, 10)
    news.wrote(10, 12, Fresh({"user:hany": 12}))
    news.heard(11)
    news.heard(12)
    assert news.quiet(CURSOR, SCOPES) == (12, "1")


def test_a_caller_who_changed_while_he_was_looked_up_is_looked_up_again():
    """The store said who he is at a moment before the change was committed."""
    news = News(10)
    turn = news.turn
    news.wrote(10, 11, Fresh(people={"omar"}))
    news.knows(Caller("omar", "collector", "brn", "dev"), turn)
    assert news.caller("omar", "dev") is None
    news.knows(Caller("omar", "collector", "brn", "dev"), news.turn)
    news.wrote(11, 12, Fresh(people={"hany"}))
    assert news.caller("omar", "dev") is not None
    news.wrote(12, 13, Fresh(people={"dev"}))
    assert news.caller("omar", "dev") is None


# ---- at the doors


def nothing(reply: dict[str, Any]) -> bool:
    return not reply["changes"] and not reply["more"]


def test_a_quiet_pull_is_short_and_moves_on_with_the_journal(office: Office):
    """The same cursor, at most 150 bytes, and the position that it now reaches: what one's own entries wait for."""
    omar, hany = office.phone(), office.phone("hany")
    first = office.pull("omar")
    office.receipt(hany, "cus_4")

    answer = office.get("/sync/pull", "omar", params={"cursor": first["cursor"]})

    assert nothing(answer.json())
    assert answer.json()["cursor"] == first["cursor"]
    assert answer.json()["position"] == office.company.position > first["position"]
    assert len(answer.content) <= 150
    voucher = office.receipt(omar)
    changes = office.pull("omar", first["cursor"])["changes"]
    assert voucher in {change["id"] for change in changes}


def test_who_is_stopped_is_out_with_the_next_call(office: Office):
    """The memory of callers never outlives what the journal says of them."""
    omar = office.phone()
    login = office.bearer("omar", omar.device)
    assert office.call("GET", "/sync/pull", headers=login).status_code == 200
    assert office.call("GET", "/sync/pull", headers=login).status_code == 200
    office.post(f"/devices/{omar.device}/revoke", "tarek", {"state": "revoked", "reason": "left"})
    assert code_of(office.call("GET", "/sync/pull", headers=login)) == "not_logged_in"

    assert office.get("/users", "nadia").status_code == 200
    office.post("/users/usr_nadia/revoke", "tarek", {"reason": "left"})
    assert code_of(office.get("/users", "nadia")) == "not_logged_in"


def test_a_stream_says_only_what_concerns_its_reader():
    """The newest change in the reader's scopes; where others have written, all up to there."""
    news = News(10)
    assert news.newest(SCOPES) == 10

    news.wrote(10, 12, Fresh({"user:hany": 12}))
    assert news.newest(SCOPES) == 10

    news.wrote(12, 13, Fresh({"user:omar": 13}))
    assert news.newest(SCOPES) == 13

    news.heard(20)
    assert news.newest(SCOPES) == 20
