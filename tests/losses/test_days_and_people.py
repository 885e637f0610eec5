"""Losses that only people would notice, or never (L35, L36, L39, L41 … L43, and L7 at the office): sums that were
copied instead of compared, a wrong clock, an old app, a late voucher, a count that was told beforehand, a phone that
nobody missed."""

import json
from datetime import timedelta
from typing import Any

import pytest

from schemas.codes import Problem
from schemas.documents import Deposit, DepositWaiting, Voucher
from sync.control import days_of
from tests.phone import Phone
from tests.server.small_office import DAY, Office, code_of
from tests.server.test_control import control, own, row_of
from tests.server.test_office import CHEQUE, accept, total
from tests.server.test_push import cash, outcomes


def test_l07_the_office_sees_a_device_that_has_lost_entries(office: Office):
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


def test_l35_days_that_differ_are_shown(office: Office):
    """What the phone found out by its own sums stands in the office's list, until it says otherwise."""
    phone = office.phone()
    office.push(phone, 9, control=["2026-11-20", "2026-11-22"])
    assert row_of(office, phone)["control"] == ["2026-11-20", "2026-11-22"]

    office.push(phone, 9)
    assert "control" not in row_of(office, phone)


def test_l35_the_office_adds_up_what_it_has_and_never_what_it_is_told(office: Office):
    """A phone that claims other sums, another count or another head than it has handed in moves nothing in the office's
    own figures: the office's control totals, custody and board say what is in its journal, and the difference is seen
    by whoever compares."""
    phone = office.phone()
    office.receipt(phone, "cus_1", 10_000)
    before, board = control(office, phone), office.get("/board", "nadia").json()["rows"]
    lost = phone.receipt("cus_2", 2_500)
    claimed = [{"currency": "EGP", "method": "cash", "count": 7, "amount": 99_999}]
    manifest = {"unsent": 7, "oldest_at": "2026-11-22T06:00:00Z", "totals": claimed}

    office.push(phone, 9, manifest=manifest, control=["2026-11-22"])

    assert control(office, phone) == before
    assert days_of(own(phone)) != before.days
    assert cash(office) == 10_000
    after = office.get("/board", "nadia").json()["rows"]
    assert [row.get("cash") for row in after] == [row.get("cash") for row in board]
    assert row_of(office, phone)["unsent_totals"] == claimed
    office.hand_in(phone)
    assert lost.hash in [hash for _, _, hash, _ in office.journal()]
    assert control(office, phone).days == days_of(own(phone))


# ---- L36


def test_l36_a_wrong_clock_is_flagged_and_never_refused(office: Office):
    """A phone whose clock is ahead, or says no time at all, still hands in; the entry says so."""
    phone = office.phone()
    phone.now = office.clock() + timedelta(days=400)
    phone.receipt("cus_1", 1_000)
    phone.now = office.clock()
    phone.write("visit_started", {"customer": "cus_1"}, at="half past nine")

    assert outcomes(office.hand_in(phone)) == [("accepted", ["clock_ahead"]), ("accepted", ["clock_ahead"])]


@pytest.mark.parametrize("at", ["1970-01-01T00:00:00+00:00", "2016-02-29T23:59:60+02:00", "9999-12-31T23:59:59-12:00"])
def test_l36_a_clock_that_is_years_off_stops_nothing(office: Office, at: str):
    """Years behind or ahead: the voucher is taken and counted at once, it keeps the phone's own time and its place in
    the chain, the server's time of arrival stands beside it, and the reply tells the phone the right time."""
    phone = office.phone()
    phone.receipt("cus_1", 1_000)
    wrong = phone.entries.pop()
    phone.write("receipt_issued", wrong.body, id=wrong.id, at=at)
    phone.receipt("cus_1", 2_000)

    reply = office.hand_in(phone)

    assert [verdict for verdict, _ in outcomes(reply)] == ["accepted", "accepted"]
    assert reply["server_time"].startswith("2026-11-22T08:00")
    voucher = office.one(Voucher, wrong.id)
    assert (voucher.at, voucher.seq, voucher.day) == (at, 2, DAY)
    [row] = [row for row in office.get("/flags", "nadia").json() if row["seq"] == 2 and row["device"] == phone.device]
    assert row["at"] == at
    assert row["received_at"].startswith("2026-11-22T08:00")
    assert set(row["flags"]) & {"clock_ahead", "late"}
    assert cash(office) == 3_000
    assert office.pull("omar")["changes"]


# ---- L39


def test_l39_unknown_fields_are_kept_and_flagged(office: Office):
    """A newer phone may say more: the entry is accepted, its bytes whole, with a flag."""
    phone = office.phone()
    phone.receipt("cus_1", 10_000, mood="fine")

    assert outcomes(office.hand_in(phone)) == [("accepted", ["unknown_fields"])]


def test_l39_an_old_app_may_always_hand_in(office: Office):
    """An app of the first day, which says nothing of itself and leaves out every field that came later, and one of next
    year, which says more than this server knows: both hand in, and nothing anywhere can answer "too old"."""
    phone = office.phone()
    visit = phone.write("visit_started", {"customer": "cus_1"})
    for app in ("", "0.0.1", "2019.1-beta", "99.0"):
        phone.receipt("cus_1", 1_000)
        more: Any = {"app": app} if app else {}
        answer = office.push(phone, wishes=["faster"], screen={"dark": True}, **more)
        assert answer.status_code == 200, answer.text
        assert outcomes(answer.json())[-1] == ("accepted", [])
    phone.write("visit_ended", {"visit": visit.id, "outcome": "collected"}, mood="fine", v=2)

    assert outcomes(office.hand_in(phone))[0][0] == "accepted"
    assert cash(office) == 4_000
    assert [code for code in Problem if any(word in code for word in ("old", "upgrade", "update", "version"))] == []


# ---- L41


def test_l41_what_arrives_late_posts_to_the_open_day(office: Office):
    """A voucher of an earlier day keeps its date, posts to the day on which it arrives, and bears a mark."""
    phone = office.phone()
    phone.receipt("cus_1", 1_000)
    office.clock.ahead(days=3)

    assert outcomes(office.hand_in(phone)) == [("accepted", ["late"])]
    [voucher] = office.all(Voucher)
    assert (voucher.at[:10], str(voucher.day)) == ("2026-11-22", "2026-11-25")


def test_l41_a_voucher_of_days_ago_changes_nothing_that_was_closed_with(office: Office):
    """A phone was in a drawer: its vouchers of four days come after the deposit of their first day was counted,
    accepted and reported. That day's board, the accepted deposit and the safe stay to the unit what they were; the
    money appears on the day of its arrival, marked late, on the customer's account at once, in the next deposit."""
    phone, desk = office.phone(), office.desk()
    office.receipt(phone, "cus_1", 10_000)
    deposit = office.declare(phone, [total("cash", 1, 10_000)])
    accept(office, desk, deposit, office.count(desk, deposit, 10_000))
    then = office.one(Deposit, deposit)
    visible = ("vouchers", "collected", "done", "planned")
    reported = board_of(office, DAY.isoformat(), visible)
    late = []
    for day in range(1, 4):
        phone.now = office.clock() + timedelta(hours=day)
        late.append(phone.receipt("cus_2", day * 1_000))
    office.clock.ahead(days=4)

    assert outcomes(office.hand_in(phone)) == [("accepted", ["late"])] * 3

    assert board_of(office, DAY.isoformat(), visible) == reported
    today = board_of(office, (DAY + timedelta(days=4)).isoformat(), visible)["usr_omar"]
    assert today["vouchers"] == 3
    assert [(one["method"], one["count"], one["amount"]) for one in today["collected"]] == [("cash", 3, 6_000)]
    assert {str(office.one(Voucher, kept.id).day) for kept in late} == {"2026-11-26"}
    assert {office.one(Voucher, kept.id).at[:10] for kept in late} == {"2026-11-22"}
    assert office.one(Deposit, deposit) == then
    assert office.balance("safe/usr_mona") == 10_000
    assert office.balance("on_account/cus_2") == -6_000
    second = office.declare(phone, [total("cash", 3, 6_000)])
    assert office.one(Deposit, second).vouchers == 3
    assert {row["flags"][0] for row in office.get("/flags", "nadia").json() if row["kind"] == "receipt_issued"} == {
        "late"
    }


def board_of(office: Office, day: str, fields: tuple[str, ...]) -> dict[str, dict[str, Any]]:
    rows = office.get("/board", "nadia", params={"day": day}).json()["rows"]
    return {row["user"]["id"]: {field: row.get(field) for field in fields} for row in rows}


# ---- L42


def test_l42_no_reply_to_a_cashier_holds_declared_figures_before_the_count(office: Office):
    """Every door a cashier has is opened and its raw bytes searched: what was declared is in none of them."""
    phone, desk = office.phone(), office.desk()
    office.receipt(phone, "cus_1", 7_654_321)
    office.receipt(phone, "cus_2", 1_111_111)
    office.receipt(phone, "cus_3", 0, tenders=[{**CHEQUE, "amount": 3_141_592}])
    totals = [
        {"currency": "EGP", "method": "cash", "count": 2, "amount": 8_765_432},
        {"currency": "EGP", "method": "cheque", "count": 1, "amount": 3_141_592},
    ]
    deposit = office.declare(phone, totals)
    secrets = (b"8765432", b"3141592", b"87,654.32", b"31,415.92", b"87654.32", b"31415.92", b"000123")
    doors = [
        "/deposits", "/deposits?state=declared", "/deposits?state=counted", f"/deposits/{deposit}",
        f"/deposits/{deposit}/slip.pdf", "/sync/pull", "/books", "/customers", "/customers?search=shop", "/users",
        "/devices", "/board", "/flags", "/void-requests", f"/plans/usr_omar/{DAY}", "/reports/aging", "/health",
    ]  # fmt: skip

    def seen() -> dict[str, list[bytes]]:
        found = {}
        for door in doors:
            for headers in (office.bearer("mona"), office.bearer("mona", desk.device)):
                raw = office.call("GET", door, headers=headers).content
                found[door] = [secret for secret in secrets if secret in raw]
        return {door: told for door, told in found.items() if told}

    assert seen() == {}
    assert code_of(office.get(f"/deposits/{deposit}", "mona")) == "still_blind"
    assert code_of(office.get(f"/deposits/{deposit}/slip.pdf", "mona")) == "still_blind"

    # The search is no vain one: after the count the same bytes are there.
    office.count(desk, deposit, 8_765_432, [{"number": "123", "currency": "EGP", "amount": 3_141_592}])
    assert {"/sync/pull", f"/deposits/{deposit}"} <= seen().keys()


def test_l42_a_count_that_differs_is_a_difference_with_a_person_and_posts_nothing_by_itself(office: Office):
    """The cashier's figure is hers: it is durable before she sees what was declared, it is not replaced by it, and
    until somebody accepts with the variance named, nothing moves. Accepted, the collector owes what is missing."""
    phone, desk = office.phone(), office.desk()
    office.receipt(phone, "cus_1", 50_000)
    deposit = office.declare(phone, [total("cash", 1, 50_000)])
    waiting = office.one(DepositWaiting, deposit)
    assert not {"totals", "cash", "amount"} & set(waiting.__struct_fields__)
    before = office.balance("transit_cash/" + deposit)

    count = office.count(desk, deposit, 49_300)

    assert office.balance("transit_cash/" + deposit) == before == 50_000
    assert office.balance("safe/usr_mona") == 0
    view = office.get(f"/deposits/{deposit}", "mona").json()["deposit"]
    assert view["totals"] == [total("cash", 1, 50_000)]
    assert json.dumps(view).count("49300") >= 1
    assert accept(office, desk, deposit, count)["flags"] == ["cash_short", "variance_differs"]
    assert office.balance("safe/usr_mona") == 49_300
    assert office.balance("short/usr_omar") == 700
    assert office.balance("transit_cash/" + deposit) == 0


# ---- L43


def test_l43_the_office_sees_what_a_phone_says_it_still_holds(office: Office):
    """The manifest of the last push is what the office knows about unsent vouchers."""
    phone = office.phone()
    totals = [{"currency": "EGP", "method": "cash", "count": 2, "amount": 150_000}]
    manifest = {"unsent": 2, "oldest_at": "2026-11-22T06:00:00Z", "totals": totals}

    office.push(phone, 2, manifest=manifest, app="1.2")

    row = next(row for row in office.get("/devices", "tarek").json() if row["device"]["id"] == phone.device)
    assert (row["unsent"], row["oldest_unsent"], row["unsent_totals"], row["app"]) == (
        2,
        "2026-11-22T06:00:00Z",
        totals,
        "1.2",
    )


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
