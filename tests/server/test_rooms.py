"""What the office does with what collectors bring back: requests, promises, targets, day reports, policy."""

from datetime import timedelta
from typing import Any

import msgspec
import pytest

from schemas.documents import Case, Company, DayReport, ServerKey, Target
from server.daily import break_promises
from tests.phone import Phone
from tests.server.small_office import DAY, Office, code_of

PLAN: dict[str, Any] = {"what": "payment_plan", "text": "three parts", "customer": "cus_1", "currency": "EGP",
                        "amount": 90_000, "items": ["itm_1a"]}  # fmt: skip
INCIDENT = {"what": "incident", "text": "threatened at the door"}


def ask(office: Office, phone: Phone, **body: Any) -> str:
    kept = phone.write("case_opened", body)
    office.hand_in(phone)
    return kept.id


def rows(office: Office, path: str, login: str = "nadia") -> list[dict[str, Any]]:
    answer = office.get(path, login)
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json()
    return found


# ---- requests


def test_incidents_are_on_top_and_then_the_oldest_request(office: Office):
    phone = office.phone()
    first = ask(office, phone, **PLAN)
    second = ask(office, phone, what="complaint", text="late delivery", customer="cus_2")
    incident = ask(office, phone, **INCIDENT)

    found = rows(office, "/cases")

    assert [row["case"]["id"] for row in found] == [incident, first, second]
    assert (found[1]["customer"]["id"], found[1]["collector"]["id"]) == ("cus_1", "usr_omar")
    assert [item["number"] for item in found[1]["items"]] == ["INV-1a"]


def test_an_incident_stands_on_the_board_at_once_until_it_is_answered(office: Office):
    phone = office.phone()
    ask(office, phone, **PLAN)
    incident = ask(office, phone, **INCIDENT)

    board = office.get("/board", "nadia").json()
    assert [row["case"]["id"] for row in board["incidents"]] == [incident]
    assert board["cases"] == 2
    office.post(f"/cases/{incident}/answer", "nadia", {"decision": "noted", "note": "police told"})

    board = office.get("/board", "nadia").json()
    assert (board["incidents"], board["cases"]) == ([], 1)


def test_an_answer_goes_to_the_phone_that_asked_and_is_given_once(office: Office):
    phone = office.phone()
    asked = ask(office, phone, **PLAN)
    cursor = office.pull("omar")["cursor"]

    answer = office.post(f"/cases/{asked}/answer", "nadia", {"decision": "granted", "note": "from December"})

    assert (answer.status_code, answer.json()["state"]) == (200, "granted")
    [told] = [one["doc"] for one in office.pull("omar", cursor)["changes"] if one["type"] == "case"]
    assert (told["answer"], told["answered_by"]) == ("from December", "usr_nadia")
    again = office.post(f"/cases/{asked}/answer", "tarek", {"decision": "declined", "note": "no"})
    assert code_of(again) == "already_decided"
    assert [row["case"]["state"] for row in rows(office, "/cases")] == ["granted"]
    assert rows(office, "/cases?state=open") == []


@pytest.mark.parametrize(
    ("body", "where"), [({"decision": "maybe"}, "decision"), ({"decision": "declined", "note": " "}, "note")]
)
def test_an_answer_that_says_nothing_is_sent_back(office: Office, body: dict[str, str], where: str):
    asked = ask(office, office.phone(), **PLAN)

    answer = office.post(f"/cases/{asked}/answer", "nadia", body)

    assert (code_of(answer), answer.json()["facts"]["field"]) == ("malformed", where)
    assert office.one(Case, asked).state == "open"
    assert code_of(office.post("/cases/none/answer", "nadia", {"decision": "noted"})) == "not_found"


# ---- promises


def promise(office: Office, phone: Phone, days: int, amount: int = 5_000, **more: Any) -> str:
    body = {"customer": "cus_1", "currency": "EGP", "amount": amount, "date": (DAY + timedelta(days)).isoformat()}
    kept = phone.write("promise_made", {**body, **more})
    office.hand_in(phone)
    return kept.id


def test_promises_are_listed_by_what_is_to_be_done_about_them(office: Office):
    phone = office.phone()
    today = promise(office, phone, 0, items=["itm_1a"])
    later = promise(office, phone, 3, items=["itm_1b"])
    broken = promise(office, phone, -1, customer="cus_2")
    kept = promise(office, phone, 1, customer="cus_3")
    office.receipt(phone, customer="cus_3", amount=5_000, on_account=5_000)
    office.run(lambda writer: break_promises(writer, [broken], office.clock()))

    found = {state: [row["promise"]["id"] for row in rows(office, f"/promises?state={state}")]
             for state in ("due", "open", "broken", "kept", "superseded")}  # fmt: skip

    assert found == {"due": [today], "open": [today, later], "broken": [broken], "kept": [kept], "superseded": []}
    [row] = rows(office, "/promises?state=broken")
    assert (row["customer"]["id"], row["collector"]["id"]) == ("cus_2", "usr_omar")
    assert code_of(office.get("/promises?state=late", "nadia")) == "malformed"


# ---- targets


def test_a_target_is_set_anew_and_reaches_its_collector(office: Office):
    for amount in (900_000, 1_200_000):
        answer = office.call(
            "PUT", "/targets/usr_omar/2026-11", "nadia", json={"currency": "EGP", "amount": amount, "visits": 80}
        )
        assert answer.status_code == 200, answer.text

    assert [one["amount"] for one in rows(office, "/targets/2026-11")] == [1_200_000]
    assert rows(office, "/targets/2026-12") == []
    [told] = [one["doc"] for one in office.pull("omar")["changes"] if one["type"] == "target"]
    assert (told["amount"], told["visits"]) == (1_200_000, 80)
    assert len(office.all(Target)) == 1


@pytest.mark.parametrize(
    ("path", "amount", "code"),
    [("usr_omar/november", 5, "malformed"), ("usr_omar/2026-11", 0, "malformed"), ("usr_x/2026-11", 5, "refused")],
)
def test_a_target_that_cannot_be_is_sent_back(office: Office, path: str, amount: int, code: str):
    answer = office.call("PUT", f"/targets/{path}", "nadia", json={"currency": "EGP", "amount": amount})

    assert code_of(answer) == code
    assert office.all(Target) == []


# ---- day reports


def worked(office: Office) -> Phone:
    """A day of two visits, two vouchers of which one is void, a promise and a call."""
    office.call("PUT", f"/plans/usr_omar/{DAY}", "nadia", json={"stops": ["cus_1"]})
    phone = office.phone()
    visit = phone.write("visit_started", {"customer": "cus_1", "planned": True}).id
    tenders = [{"method": "cash", "currency": "EGP", "amount": 700},
               {"method": "cash", "currency": "USD", "amount": 100,
                "exchange": {"base": "USD", "rate": "50", "value": 5_000}}]  # fmt: skip
    phone.receipt("cus_1", 0, tenders=tenders, on_account=5_700, visit=visit)
    wrong = phone.receipt("cus_1", 300, on_account=300, visit=visit)
    phone.write("receipt_voided", {"receipt": wrong.id, "reason": "wrong_amount"})
    phone.write("visit_ended", {"visit": visit, "outcome": "collected"})
    other = phone.write("visit_started", {"customer": "cus_2"}).id
    phone.write("visit_ended", {"visit": other, "outcome": "absent"})
    phone.write("contact_logged", {"customer": "cus_3", "channel": "call", "outcome": "reached"})
    return phone


FIGURES: dict[str, Any] = {
    "received": [{"currency": "EGP", "method": "cash", "count": 1, "amount": 700},
                 {"currency": "USD", "method": "cash", "count": 1, "amount": 100}],
    "vouchers": 2, "voided": 1, "planned": 1, "visited": 1, "unplanned": 1, "contacts": 1,
}  # fmt: skip


def report(office: Office) -> dict[str, Any]:
    return next(row for row in rows(office, f"/day-reports/{DAY}") if row["user"]["id"] == "usr_omar")


def test_a_report_that_says_what_the_journal_says(office: Office):
    phone = worked(office)
    told = {**FIGURES, "received": FIGURES["received"][::-1]}
    phone.write("day_closed", {"day": DAY.isoformat(), **told, "left": ["closed"]})
    office.hand_in(phone)

    row = report(office)

    assert row["office"] == FIGURES
    assert "differs" not in row
    assert row["report"]["told"]["left"] == ["closed"]
    assert row["held"] == [{"currency": "EGP", "method": "cash", "count": 0, "amount": 700},
                           {"currency": "USD", "method": "cash", "count": 0, "amount": 100}]  # fmt: skip


def test_what_differs_is_named_figure_by_figure(office: Office):
    phone = worked(office)
    told = {**FIGURES, "received": FIGURES["received"][:1], "contacts": 9}
    phone.write("day_closed", {"day": DAY.isoformat(), **told})
    office.hand_in(phone)

    assert report(office)["differs"] == ["received", "contacts"]


def test_a_voucher_after_the_closing_is_told_apart(office: Office):
    """What was issued later is no difference, and not hidden; a second closing counts it."""
    phone = worked(office)
    phone.write("day_closed", {"day": DAY.isoformat(), **FIGURES})
    phone.receipt("cus_1", 900, on_account=900)
    office.hand_in(phone)

    row = report(office)
    assert ("differs" not in row, row["later"], row["office"]["vouchers"]) == (True, 1, 2)
    phone.write("day_closed", {"day": DAY.isoformat(), **FIGURES})
    office.hand_in(phone)

    row = report(office)
    assert (row["differs"], row["office"]["vouchers"]) == (["received", "vouchers"], 3)
    assert len(office.all(DayReport)) == 1


def test_a_day_that_is_not_closed_shows_what_the_journal_has(office: Office):
    phone = worked(office)
    office.hand_in(phone)

    row = report(office)

    assert "report" not in row
    assert row["office"] == FIGURES
    assert [one["user"]["id"] for one in rows(office, f"/day-reports/{DAY}")] == ["usr_omar", "usr_hany", "usr_karim"]


# ---- policy


def test_a_changed_policy_is_an_entry_and_changes_nothing_else(office: Office):
    before = office.one(Company, "cmp_test")
    keys = office.all(ServerKey)
    was = office.get("/office/policy", "tarek").json()
    rate = {"base": "USD", "quote": "EGP", "rate": "50.25", "since": DAY.isoformat(), "source": "CBE"}
    wanted = {**was["policy"], "promise_grace_days": 2, "rates": [rate], "blocks": ["receipt"]}

    answer = office.call("PUT", "/office/policy", "tarek", json={"policy": wanted, "was": was["policy"]})

    assert answer.status_code == 200, answer.text
    assert office.get("/office/policy", "nadia").json() == answer.json()
    after = office.one(Company, "cmp_test")
    assert (after.policy.promise_grace_days, after.policy.rates[0].rate) == (2, "50.25")
    assert msgspec.structs.replace(after, policy=before.policy) == before
    assert office.all(ServerKey) == keys
    [told] = [one["doc"] for one in office.pull("omar")["changes"] if one["type"] == "company"]
    assert told["policy"]["promise_grace_days"] == 2


def test_nobodys_change_is_undone_unseen(office: Office):
    was = office.get("/office/policy", "tarek").json()["policy"]
    for limit, expected in ((5, 200), (6, 409)):
        wanted = {**was, "cash_limit": limit}
        answer = office.call("PUT", "/office/policy", "tarek", json={"policy": wanted, "was": was})
        assert answer.status_code == expected

    assert office.one(Company, "cmp_test").policy.cash_limit == 5


def test_saving_what_is_so_already_writes_nothing(office: Office):
    was = office.get("/office/policy", "tarek").json()["policy"]
    entries = len(office.journal())

    assert office.call("PUT", "/office/policy", "tarek", json={"policy": was, "was": was}).status_code == 200
    assert len(office.journal()) == entries


@pytest.mark.parametrize(
    ("changed", "where"),
    [
        ({"discount_limit": 10_001}, "discount_limit"),
        ({"blocks": ["cash", "cash"]}, "blocks"),
        ({"rates": [{"base": "XXX", "quote": "EGP", "rate": "1", "since": "2026-11-22"}]}, "rates"),
        ({"rates": [{"base": "EGP", "quote": "EGP", "rate": "1", "since": "2026-11-22"}]}, "rates"),
        ({"rates": [{"base": "USD", "quote": "EGP", "rate": "0.00", "since": "2026-11-22"}]}, "rates"),
        ({"rates": [{"base": "USD", "quote": "EGP", "rate": "50", "since": "2026-11-22"},
                    {"base": "EGP", "quote": "USD", "rate": "0.02", "since": "2026-11-22"}]}, "rates"),
    ],
)  # fmt: skip
def test_a_policy_that_means_nothing_is_sent_back(shared: Office, changed: dict[str, Any], where: str):
    was = shared.get("/office/policy", "tarek").json()["policy"]

    answer = shared.call("PUT", "/office/policy", "tarek", json={"policy": {**was, **changed}})

    assert (code_of(answer), answer.json()["facts"]["field"]) == ("malformed", where)


# ---- who may


@pytest.mark.parametrize("login", ["mona", "omar"])
@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("GET", "/cases", None),
        ("POST", "/cases/x/answer", {"decision": "noted"}),
        ("GET", "/promises", None),
        ("GET", "/targets/2026-11", None),
        ("PUT", "/targets/usr_omar/2026-11", {"currency": "EGP", "amount": 5}),
        ("GET", f"/day-reports/{DAY}", None),
        ("GET", "/office/policy", None),
        ("PUT", "/office/policy", {"policy": {}}),
    ],
)
def test_neither_collectors_nor_cashiers_come_in(shared: Office, login: str, method: str, path: str, body: Any):
    assert code_of(shared.call(method, path, login, json=body)) == "not_allowed"


def test_a_supervisor_reads_the_policy_and_does_not_change_it(shared: Office):
    assert code_of(shared.call("PUT", "/office/policy", "nadia", json={"policy": {}})) == "not_allowed"
