"""Losses that only people would notice, or never (L35, L36, L39, L41 … L43, and L7 at the office): sums that were
copied instead of compared, a wrong clock, an old app, a late voucher, a count that was told beforehand, a phone that
nobody missed."""

from datetime import timedelta

from schemas.documents import Voucher
from sync.control import days_of
from tests.phone import Phone
from tests.server.small_office import DAY, Office, code_of
from tests.server.test_control import control, own, row_of
from tests.server.test_office import CHEQUE
from tests.server.test_push import outcomes


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


def test_l36_a_wrong_clock_is_flagged_and_never_refused(office: Office):
    """A phone whose clock is ahead, or says no time at all, still hands in; the entry says so."""
    phone = office.phone()
    phone.now = office.clock() + timedelta(days=400)
    phone.receipt("cus_1", 1_000)
    phone.now = office.clock()
    phone.write("visit_started", {"customer": "cus_1"}, at="half past nine")

    assert outcomes(office.hand_in(phone)) == [("accepted", ["clock_ahead"]), ("accepted", ["clock_ahead"])]


def test_l39_unknown_fields_are_kept_and_flagged(office: Office):
    """A newer phone may say more: the entry is accepted, its bytes whole, with a flag."""
    phone = office.phone()
    phone.receipt("cus_1", 10_000, mood="fine")

    assert outcomes(office.hand_in(phone)) == [("accepted", ["unknown_fields"])]


def test_l41_what_arrives_late_posts_to_the_open_day(office: Office):
    """A voucher of an earlier day keeps its date, posts to the day on which it arrives, and bears a mark."""
    phone = office.phone()
    phone.receipt("cus_1", 1_000)
    office.clock.ahead(days=3)

    assert outcomes(office.hand_in(phone)) == [("accepted", ["late"])]
    [voucher] = office.all(Voucher)
    assert (voucher.at[:10], str(voucher.day)) == ("2026-11-22", "2026-11-25")


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
