"""Release codes at the office's door: who may give one, for what, and what is left behind."""

from contextlib import closing
from typing import Any

import msgspec
import pytest

from schemas.documents import Book, Device
from schemas.wire import Enrolled
from server.keys import SigningKey
from server.store.opening import open_shelf
from sync.chain import unb64
from sync.release import code_for
from tests.phone import Phone
from tests.server.small_office import COMPANY, Office, code_of


def enrolled(office: Office) -> tuple[Phone, bytes]:
    """A phone as far as it needs to be, and the key that it got for release codes."""
    key = SigningKey.new("device")
    reply = msgspec.json.decode(office.enrol(office.code("phone", "omar"), key).content, type=Enrolled)
    phone = Phone(COMPANY, reply.device.id, "usr_omar", key)
    phone.write("chain_started", {"app": "test"})
    office.hand_in(phone)
    office.open_book(phone)
    return phone, unb64(reply.release_key)


def asked(office: Office, phone: Phone, challenge: str = "7K3M9Q", login: str = "tarek", purpose: str = "wipe") -> Any:
    wish = {"purpose": purpose, "challenge": challenge}
    return office.post(f"/devices/{phone.device}/release-code", login, wish)


def given(office: Office) -> list[tuple[str, Any]]:
    with closing(open_shelf(office.company.settings)) as shelf:
        return [
            (msgspec.json.decode(envelope)["by"], msgspec.json.decode(body))
            for envelope, body in shelf.select("SELECT envelope, body FROM journal ORDER BY position")
            if msgspec.json.decode(envelope)["kind"] == "release_given"
        ]


@pytest.mark.parametrize("login", ["tarek", "nadia"])
def test_the_code_is_the_one_that_the_phone_computes(office: Office, login: str):
    """By the phone's own key, purpose and challenge; who gave it stands in the journal."""
    phone, key = enrolled(office)

    answer = asked(office, phone, " 7k3-m9q ", login)

    assert answer.json() == {"challenge": "7K3M9Q", "code": code_for(key, "wipe", "7K3M9Q")}
    assert given(office) == [(f"usr_{login}", {"device": phone.device, "purpose": "wipe", "challenge": "7K3M9Q"})]


def test_another_purpose_or_phone_has_another_code(office: Office):
    """A code for the day's limits does not wipe, and one phone's code opens no other."""
    one, _ = enrolled(office)
    codes = [asked(office, one).json()["code"], asked(office, one, purpose="limit").json()["code"]]
    other, _ = enrolled(office)
    codes.append(asked(office, other).json()["code"])

    assert len(set(codes)) == 3


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"login": "mona"}, "not_allowed"),
        ({"login": "omar"}, "not_allowed"),
        ({"login": ""}, "not_logged_in"),
        ({"purpose": "unlock"}, "malformed"),
        ({"challenge": "7K3M9"}, "malformed"),
        ({"challenge": ""}, "malformed"),
    ],
)
def test_what_is_not_answered(office: Office, change: dict[str, str], code: str):
    """Only the office, only for what there is, only a whole challenge; nothing is written."""
    phone, _ = enrolled(office)

    assert code_of(asked(office, phone, **change)) == code
    assert given(office) == []


def test_there_is_no_code_for_what_is_no_phone(office: Office):
    """A desk has nothing to release, and an unknown device no key."""
    desk = office.desk()
    assert code_of(asked(office, desk)) == "not_found"
    desk.device = "dev_nobody"
    assert code_of(asked(office, desk)) == "not_found"


def test_a_phone_that_wiped_itself_is_retired(office: Office):
    """Its unused leaves are cancelled, not unknown: it had handed in everything. Another phone makes none lost."""
    phone, _ = enrolled(office)
    phone.receipt("cus_1", 5_000)
    phone.write("release_used", {"purpose": "wipe", "challenge": "7K3M9Q"})
    office.hand_in(phone)

    assert office.one(Device, phone.device).state == "retired"
    assert {(book.state, book.closed) for book in office.books(phone)} == {("cancelled", "cancelled")}
    other, _ = enrolled(office)
    assert office.one(Device, phone.device).state == "retired"
    assert [book.state for book in office.all(Book) if book.device == other.device] == ["assigned", "assigned"]
