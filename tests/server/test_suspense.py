"""What waits under review is seen by the office, released or rejected, and the books follow."""

from typing import Any

import pytest

from schemas.documents import Book, Custody, Customer, Deposit, Suspended, Voucher
from schemas.entries.suspense import Judged
from server import verify as checks
from server.store.opening import open_shelf
from sync.kinds import KINDS, Kind
from tests.phone import Phone
from tests.server.small_office import Office, code_of

CHEQUE = {"method": "cheque", "currency": "EGP", "bank": "NBE", "number": "12", "due": "2026-12-31"}


def lose(office: Office, phone: Phone) -> None:
    answer = office.post(f"/devices/{phone.device}/revoke", "tarek", {"reason": "taxi", "state": "lost"})
    assert answer.status_code == 200, answer.text


def waiting(office: Office) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = office.get("/suspense", "nadia").json()
    return rows


def decide(office: Office, id: str, decision: str, **more: str) -> Any:
    return office.post(f"/suspense/{id}/{decision}", "nadia", {"reason": "seen the paper", **more})


def test_a_lost_phones_voucher_is_listed_and_released(office: Office):
    """The supervisor sees who, number, amount and why; released, the customer has paid what he wished to pay."""
    phone = office.phone()
    lose(office, phone)
    allocations = [{"item": "itm_1a", "amount": 900}]
    tenders = [{"method": "cash", "currency": "EGP", "amount": 300}, {**CHEQUE, "amount": 700}]
    kept = phone.receipt("cus_1", 0, tenders=tenders, allocations=allocations, on_account=100)
    assert office.push(phone).status_code == 200

    [row] = waiting(office)
    assert (row["collector"]["id"], row["customer"]["id"], row["voucher"]["number"]) == (
        "usr_omar", "cus_1", "CAI-000001",
    )  # fmt: skip
    assert (row["held"]["amounts"], row["held"]["flags"]) == ({"EGP": 1000}, ["device_lost", "number_blacklisted"])
    answer = decide(office, row["held"]["id"], "release")

    assert (answer.status_code, answer.json()["state"]) == (200, "released")
    assert waiting(office) == []
    assert [office.balance(account) for account in (f"suspense/{kept.id}", "ar/cus_1/itm_1a", "on_account/cus_1")] == [
        0, 99_100, -100,
    ]  # fmt: skip
    voucher, customer = office.one(Voucher, kept.id), office.one(Customer, "cus_1")
    assert (voucher.verdict, voucher.judgement.by, voucher.judgement.reason) == (
        "accepted", "usr_nadia", "seen the paper",
    )  # fmt: skip
    assert (customer.credit, customer.uncleared) == ({"EGP": 100}, {"EGP": 700})
    assert office.one(Custody, "usr_omar").cash == {"EGP": 300}
    assert code_of(decide(office, row["held"]["id"], "reject")) == "already_decided"


def test_a_rejected_voucher_stays_with_its_collector(office: Office):
    """The money is his to hand over; it is owed to nobody known; the customer owes as before."""
    phone = office.phone()
    lose(office, phone)
    kept = phone.receipt("cus_1", 700)
    office.push(phone)
    [row] = waiting(office)

    assert decide(office, row["held"]["id"], "reject").json()["state"] == "rejected"

    assert office.balance(f"over/{kept.id}") == -700
    assert office.balance(f"suspense/{kept.id}") == office.balance("on_account/cus_1") == 0
    assert office.one(Custody, "usr_omar").cash == {"EGP": 700}
    assert office.one(Voucher, kept.id).state == "rejected"
    second = office.phone()
    deposit = office.declare(second, [{"currency": "EGP", "method": "cash", "count": 1, "amount": 700}])
    assert office.one(Deposit, deposit).expected == {"EGP": 700}
    assert office.verdicts(second)[len(second.entries)] == ["accepted"]


def test_a_cloned_phones_copy_is_rejected_as_a_duplicate(office: Office):
    """Two phones with one chain hand in one sale twice: the second takes its money back out of the hands; the same
    sale with another amount is no duplicate."""
    phone = office.phone()
    clone = Phone(phone.company, phone.device, phone.user, phone.key, list(phone.entries), book=phone.book)
    first = office.receipt(phone, "cus_1", 700)
    copy = clone.receipt("cus_1", 700)
    other = clone.receipt("cus_1", 701, number="CAI-000001", leaf=1)
    office.send(clone.push(2))
    rows = waiting(office)
    assert [[one["id"] for one in row.get("repeats", [])] for row in rows] == [[first], []]
    assert office.one(Custody, "usr_omar").cash == {"EGP": 2101}

    refused = decide(office, rows[1]["held"]["id"], "reject", duplicate_of=first)
    assert (code_of(refused), refused.json()["facts"]["flags"]) == ("refused", ["not_a_duplicate"])
    assert decide(office, rows[0]["held"]["id"], "reject", duplicate_of=first).status_code == 200
    assert decide(office, rows[1]["held"]["id"], "release").status_code == 200

    assert office.one(Custody, "usr_omar").cash == {"EGP": 1401}
    assert (office.one(Voucher, copy.id).state, office.one(Voucher, other.id).verdict) == ("voided", "accepted")
    assert office.balance("on_account/cus_1") == -1401
    book = office.one(Book, phone.book.id) if phone.book else None
    assert book is not None
    assert (book.issued, book.voided) == ("1", "0")


def test_an_entry_that_could_not_be_judged_is_judged_later(office: Office, monkeypatch: pytest.MonkeyPatch):
    """A rule of ours failed; mended, the same entry has its whole effect, with the deposit that waited behind it."""
    phone = office.phone()
    rows = {kind: KINDS[kind] for kind in ("receipt_issued", "deposit_declared")}

    def broken(*_: Any) -> Any:
        raise ZeroDivisionError

    for kind, row in rows.items():
        fields = {name: getattr(row, name) for name in ("nature", "writers", "roles", "judge", "apply", "touches")}
        monkeypatch.setitem(KINDS, kind, Kind(**{**fields, "judge": broken}))
    kept = phone.receipt("cus_1", 700)
    totals = [{"currency": "EGP", "method": "cash", "count": 1, "amount": 700}]
    phone.write("deposit_declared", {"name": "A1-0001", "count": 1, "totals": totals})
    assert [one["flags"] for one in office.push(phone).json()["outcomes"]] == [["unjudged"], ["unjudged"]]
    assert office.balance("cash/usr_omar") == 0  # the rule that tells the money was the one that failed
    for kind, row in rows.items():
        monkeypatch.setitem(KINDS, kind, row)
    held = [row["held"]["id"] for row in waiting(office)]

    assert [decide(office, id, "release").status_code for id in held] == [200, 200]

    assert office.balance("on_account/cus_1") == -700
    assert (office.one(Voucher, kept.id).seq, office.one(Custody, "usr_omar").transit_cash) == (2, {"EGP": 700})
    assert office.all(Deposit)[0].seq == 3


def test_what_cannot_be_read_can_be_rejected_and_not_released(office: Office):
    """Bytes that nobody can read wait; the supervisor is told so, or puts them away."""
    phone = office.phone()
    phone.write("receipt_issued", b'{"leaf":"\\ud800"}')
    office.push(phone)
    [row] = waiting(office)

    refused = decide(office, row["held"]["id"], "release")
    assert (code_of(refused), refused.json()["facts"]["flags"]) == ("refused", ["unjudged"])
    assert decide(office, row["held"]["id"], "reject").status_code == 200
    assert office.one(Suspended, row["held"]["id"]).state == "rejected"


def test_a_decision_needs_a_reason_and_something_to_decide(office: Office):
    """No reason, no decision; nothing there, not found."""
    phone = office.phone()
    lose(office, phone)
    phone.receipt("cus_1", 700)
    office.push(phone)
    [row] = waiting(office)

    assert code_of(office.post(f"/suspense/{row['held']['id']}/release", "nadia", {"reason": " "})) == "malformed"
    assert code_of(decide(office, "999", "release")) == "not_found"


def test_verify_finds_a_decision_about_another_entry(office: Office):
    """A decision that does not name the entry where it stood is a fault."""
    phone = office.phone()
    lose(office, phone)
    phone.receipt("cus_1", 700)
    office.push(phone)
    [row] = waiting(office)
    decide(office, row["held"]["id"], "release")
    db = open_shelf(office.company.settings)
    assert list(checks.verify(db)) == []
    position = int(row["held"]["id"])
    wrong = Judged(str(position - 1), phone.device, 3, row["held"]["hash"], "release", "x")
    faults = [fault.what for fault in checks._judged(db, wrong, position + 1, "here")]
    told = Judged(str(position), phone.device, 3, row["held"]["hash"], "release", "x", "", "{}", "{}")
    faults += [fault.what for fault in checks._judged(db, told, position + 1, "here")]
    db.close()

    assert faults == [
        f"decides about {position - 1}, where no such entry stands",
        f"tells another entry than the one at {position}",
    ]


def test_the_chain_of_decisions_is_the_servers(office: Office):
    """A phone cannot decide: the kind is not one that it may write."""
    phone = office.phone()
    lose(office, phone)
    body = {"entry": "1", "device": phone.device, "seq": 1, "hash": "h", "decision": "release", "reason": "mine"}
    phone.write("judged", body)

    assert office.push(phone).json()["outcomes"][0]["verdict"] == "refused"
