"""Control totals at the door, and what the office's list of devices makes of what devices say."""

import json
from datetime import timedelta
from typing import Any

import msgspec
import pytest

from schemas.wire import Control
from sync.control import Controlled, days_of
from tests.phone import Phone
from tests.server.small_office import Office, code_of


def control(office: Office, phone: Phone, days: int = 14) -> Control:
    answer = office.get("/sync/control", headers=office.bearer("omar", phone.device), params={"days": days})
    assert answer.status_code == 200, answer.text
    return msgspec.json.decode(answer.content, type=Control)


def own(phone: Phone) -> list[Controlled]:
    return [Controlled(json.loads(e.envelope)["at"], e.kind, e.hash, e.body) for e in phone.entries]


def row_of(office: Office, phone: Phone) -> dict[str, Any]:
    row: dict[str, Any]
    (row,) = [one for one in office.get("/devices", "tarek").json() if one["device"]["id"] == phone.device]
    return row


# ---- control totals


def test_only_the_days_that_were_asked_for(office: Office):
    """Older days are left out as whole days; a long chain is read from its end."""
    phone = office.phone()
    for _ in range(5):
        phone.now += timedelta(days=1)
        office.clock.ahead(days=1)
        phone.receipt("cus_1", 100)
    office.hand_in(phone)

    said = control(office, phone, days=2)

    assert said.first.isoformat() == "2026-11-26"
    assert [day.day for day in said.days] == ["2026-11-26", "2026-11-27"]
    assert said.days == days_of(own(phone))[-2:]


def test_a_fork_is_not_counted(office: Office):
    """What stands beside the main chain is in nobody's totals; the main chain's stay as they were."""
    phone = office.phone()
    clone = Phone(phone.company, phone.device, phone.user, phone.key, list(phone.entries), phone.leaf, phone.book)
    phone.receipt("cus_1", 10_000)
    office.hand_in(phone)
    before = control(office, phone)
    clone.receipt("cus_1", 99)
    office.push(clone, 2)

    assert control(office, phone) == before


def test_more_than_a_page(office: Office):
    """A day longer than one page of the reading is whole."""
    phone = office.phone()
    for _ in range(620):
        phone.write("visit_started", {"customer": "cus_1"})
    assert office.push(phone, 2, 400).status_code == 200
    assert office.push(phone, 401).status_code == 200

    assert control(office, phone).days == days_of(own(phone))


@pytest.mark.parametrize(("days", "code"), [(0, "malformed"), (91, "malformed"), (-1, "malformed")])
def test_days_that_cannot_be_asked_for(office: Office, days: int, code: str):
    """From one day to ninety."""
    phone = office.phone()
    answer = office.get("/sync/control", headers=office.bearer("omar", phone.device), params={"days": days})
    assert code_of(answer) == code


def test_it_is_for_a_devices_own_login(office: Office):
    """A person at a browser has no chain."""
    assert code_of(office.get("/sync/control", "nadia")) == "not_allowed"
    assert code_of(office.get("/sync/control")) == "not_logged_in"


# ---- what a device says of itself


def test_a_stopped_phone_is_not_silent(office: Office):
    """A phone that the office stopped is not waited for."""
    phone = office.phone()
    office.push(phone, 9, manifest={"unsent": 2})
    office.post(f"/devices/{phone.device}/revoke", "tarek", {"state": "lost", "reason": "x"})
    office.clock.ahead(days=1)

    assert "silent" not in row_of(office, phone)
