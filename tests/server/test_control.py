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


def test_l35_each_side_adds_up_its_own(office: Office):
    """The phone's own sums of its own chain and the server's of the journal come to the same."""
    phone = office.phone()
    phone.receipt("cus_1", 10_000)
    phone.now += timedelta(days=1)
    phone.receipt("cus_2", 2_500)
    phone.write("visit_started", {"customer": "cus_3"})
    office.clock.ahead(days=1)
    office.hand_in(phone)
    phone.receipt("cus_1", 1)  # not handed in: the server counts up to its own last seq

    said = control(office, phone)

    assert (said.device, said.seq) == (phone.device, 4)
    assert said.days == days_of(own(phone)[:4])
    assert [(day.day, day.entries, day.receipts) for day in said.days] == [("2026-11-22", 2, 1), ("2026-11-23", 2, 1)]


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


def test_l7_a_device_that_has_lost_entries_is_shown(office: Office):
    """A head below what was acknowledged to it: the office sees how many entries the device has lost."""
    phone = office.phone()
    for amount in (100, 200, 300):
        phone.receipt("cus_1", amount)
    office.hand_in(phone)
    older = Phone(phone.company, phone.device, phone.user, phone.key, phone.entries[:2])

    reply = office.push(older, 9).json()
    assert reply["acked"]["seq"] == 4
    assert row_of(office, phone).get("lost", 0) == 0  # it has only just been told
    office.push(older, 9, office_seq=reply["acked"]["seq"])

    assert row_of(office, phone)["lost"] == 2


def test_l35_days_that_differ_are_shown(office: Office):
    """What the phone found out by its own sums stands in the office's list, until it says otherwise."""
    phone = office.phone()
    office.push(phone, 9, control=["2026-11-20", "2026-11-22"])
    assert row_of(office, phone)["control"] == ["2026-11-20", "2026-11-22"]

    office.push(phone, 9)
    assert "control" not in row_of(office, phone)


def test_l43_a_phone_with_unsent_money_that_is_not_heard_of_is_silent(office: Office):
    """Longer than the company allows, and something was unsent: it is named, with what it said."""
    phone = office.phone()
    manifest = {"unsent": 2, "oldest_at": "2026-11-22T09:00:00+02:00",
                "totals": [{"currency": "EGP", "method": "cash", "count": 2, "amount": 900}]}  # fmt: skip
    office.push(phone, 9, manifest=manifest)
    office.clock.ahead(hours=11, minutes=59)
    assert "silent" not in row_of(office, phone)
    office.clock.ahead(minutes=2)

    row = row_of(office, phone)
    assert (row["silent"], row["unsent"], row["oldest_unsent"]) == (True, 2, "2026-11-22T09:00:00+02:00")
    assert row["unsent_totals"] == manifest["totals"]
    office.push(phone, 9)
    assert "silent" not in row_of(office, phone)


def test_l43_a_phone_that_collected_yesterday_and_is_not_heard_of_is_silent(office: Office):
    """Nothing was unsent, but it worked yesterday; one that did not work is not asked for."""
    omar, hany = office.phone(), office.phone("hany")
    omar.receipt("cus_1", 10_000)
    office.hand_in(omar)
    office.clock.ahead(days=1)

    assert row_of(office, omar)["silent"] is True
    assert "silent" not in row_of(office, hany)
    office.clock.ahead(days=1)
    assert "silent" not in row_of(office, omar)


def test_a_stopped_phone_is_not_silent(office: Office):
    """A phone that the office stopped is not waited for."""
    phone = office.phone()
    office.push(phone, 9, manifest={"unsent": 2})
    office.post(f"/devices/{phone.device}/revoke", "tarek", {"state": "lost", "reason": "x"})
    office.clock.ahead(days=1)

    assert "silent" not in row_of(office, phone)
