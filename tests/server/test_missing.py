"""A lost voucher, rebuilt from the customer's code: told by anybody, let count by a supervisor, never counted twice."""

from typing import Any

import pytest

from schemas.documents import Book, Custody, Customer, Device, MissingVoucher, Suspended, Voucher
from schemas.entries.rebuilt import VoucherReported
from server.store.opening import open_shelf
from server.verify import verify
from server.writes import write
from sync.books import tally
from tests.phone import Phone
from tests.server.small_office import Office, code_of
from tests.server.test_office import paper

CHEQUE = {"method": "cheque", "currency": "EGP", "bank": "NBE", "number": "12", "due": "2026-12-31"}


def report(office: Office, text: str) -> dict[str, Any]:
    answer = office.post("/verify/report", json={"payload": text})
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def missing(office: Office) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = office.get("/missing-vouchers", "nadia").json()
    return rows


def rebuild(office: Office, **wish: Any) -> Any:
    [row] = missing(office)
    return office.post(f"/missing-vouchers/{row['missing']['id']}/rebuild", "nadia", wish)


def unseen(office: Office, amount: int = 700) -> tuple[Phone, str, str]:
    """A phone with a voucher that it does not hand in: the phone, the voucher's id, its code."""
    phone = office.phone()
    kept = phone.receipt("cus_1", amount, allocations=[{"item": "itm_1a", "amount": amount}])
    return phone, kept.id, paper(office, phone)


def test_a_customer_reports_a_voucher_that_never_came(office: Office):
    """The answer says that he may, then that it is known; the office sees it once, flagged; nothing is posted."""
    _, _, text = unseen(office)
    before = office.company.position

    assert office.post("/verify", json={"payload": text}).json()["can_report"] is True
    said = report(office, text)
    assert (said["status"], said["reported"], "can_report" in said) == ("not_yet_handed_in", True, False)
    assert report(office, text) == said
    assert office.company.position <= before + 2  # the report, and perhaps the first entry of the server's own chain
    [row] = missing(office)
    assert (row["missing"]["number"], row["customer"]["id"], row["collector"]["id"]) == (
        "CAI-000001", "cus_1", "usr_omar",
    )  # fmt: skip
    assert office.get("/flags", "nadia").json()[0]["flags"] == ["voucher_missing"]
    assert office.balance("cash/usr_omar") == 0


def test_only_a_signed_code_can_be_reported_and_guessing_is_braked(office: Office):
    """One letter changed and nothing is written; five tries ask for patience."""
    _, _, text = unseen(office)
    forged = text.replace("-700.", "-900.")
    before = office.journal()

    assert forged != text
    for _ in range(5):
        assert report(office, forged)["status"] == "not_ours"
    assert code_of(office.post("/verify/report", json={"payload": text})) == "too_many_tries"
    assert office.journal() == before


def test_what_has_come_is_not_reported(office: Office):
    """A voucher that the company has is genuine, and there is nothing to report."""
    phone, _, text = unseen(office)
    office.hand_in(phone)

    assert report(office, text)["status"] == "genuine"
    assert office.all(MissingVoucher) == []


def test_a_rebuilt_voucher_counts_and_its_entry_takes_its_place(office: Office):
    """Before the entry comes the customer has paid on account; when it comes the invoice is paid; the money counts
    once all along, and the voucher is shown once."""
    phone, id, text = unseen(office)
    report(office, text)
    answer = rebuild(office, note="seen the paper")
    assert answer.status_code == 200, answer.text
    provisional = answer.json()["id"]

    assert office.balance("on_account/cus_1") == -700
    assert office.one(Custody, "usr_omar").cash == {"EGP": 700}
    assert office.post("/verify", json={"payload": text}).json()["status"] == "genuine"
    assert missing(office) == []
    book = office.one(Book, phone.book.id) if phone.book else None
    assert book is not None
    assert (book.issued, tally(book).issued) == ("1", 1)

    reply = office.hand_in(phone)
    assert [(one["verdict"], one.get("flags", [])) for one in reply["outcomes"]] == [("accepted", [])]
    assert [office.balance(account) for account in ("on_account/cus_1", "ar/cus_1/itm_1a", "cash/usr_omar")] == [
        0, 99_300, 700,
    ]  # fmt: skip
    states = {one.id: one.state for one in office.all(Voucher)}
    assert states == {id: "issued", provisional: "replaced"}
    pulled = {one["id"]: one["doc"] for one in office.pull("omar")["changes"] if one["type"] == "voucher"}
    assert set(pulled) - {provisional} == {id}
    assert pulled.get(provisional) is None
    assert office.post("/verify", json={"payload": text}).json()["status"] == "genuine"
    assert office.one(MissingVoucher, office.all(MissingVoucher)[0].id).state == "arrived"


@pytest.mark.parametrize("lost", ["before", "after"])
def test_a_rebuilt_voucher_of_a_lost_phone_counts_once(office: Office, lost: str):
    """The supervisor vouched for it: whether the phone was reported lost before or after, the entry that comes late is
    no second payment and needs nobody's decision."""
    phone, id, text = unseen(office)
    wish = {"reason": "taxi", "state": "lost"}
    if lost == "before":
        office.post(f"/devices/{phone.device}/revoke", "tarek", wish)
        assert report(office, text)["status"] == "reported_lost"
    report(office, text)
    assert rebuild(office).status_code == 200
    if lost == "after":
        office.post(f"/devices/{phone.device}/revoke", "tarek", wish)
    book = office.one(Book, phone.book.id) if phone.book else None
    assert book is not None
    assert (tally(book).issued, tally(book).unknown) == (1, tally(book).size - 1)

    assert office.push(phone).json()["outcomes"][0]["verdict"] == "accepted"
    assert (office.balance("cash/usr_omar"), office.balance("ar/cus_1/itm_1a")) == (700, 99_300)
    assert office.one(Voucher, id).state == "issued"
    assert [held for held in office.all(Suspended) if held.state == "waiting"] == []


def test_the_paper_of_a_rebuilt_voucher_is_genuine_whatever_was_paid_first(office: Office):
    """The code tells the cheque before the cash, the rebuilt voucher the cash before the cheque: the same voucher."""
    phone = office.phone()
    tenders = [{**CHEQUE, "amount": 500}, {"method": "cash", "currency": "EGP", "amount": 200}]
    phone.receipt("cus_1", 0, tenders=tenders, on_account=700)
    text = paper(office, phone)
    report(office, text)
    assert rebuild(office, cheques=[{**CHEQUE, "amount": 500}]).status_code == 200

    assert office.post("/verify", json={"payload": text}).json()["status"] == "genuine"


def test_the_new_phone_hands_over_what_was_rebuilt(office: Office):
    """Cash and a cheque of a lost phone's voucher are declared by the new phone and banked by name; when the old entry
    comes at last nothing moves but the customer's allocation."""
    phone = office.phone()
    tenders = [{"method": "cash", "currency": "EGP", "amount": 200}, {**CHEQUE, "amount": 500}]
    kept = phone.receipt("cus_1", 0, tenders=tenders, allocations=[{"item": "itm_1a", "amount": 700}])
    text = paper(office, phone)
    report(office, text)
    short = rebuild(office)
    assert (code_of(short), short.json()["facts"]["flags"]) == ("refused", ["totals_differ"])
    assert rebuild(office, cheques=[{**CHEQUE, "amount": 500}]).status_code == 200
    second = office.phone()
    totals = [{"currency": "EGP", "method": "cash", "count": 1, "amount": 200},
              {"currency": "EGP", "method": "cheque", "count": 1, "amount": 500}]  # fmt: skip
    deposit = office.declare(second, totals)
    assert office.verdicts(second)[len(second.entries)] == ["accepted"]
    desk = office.desk()
    count = office.count(desk, deposit, 200, [{"number": "12", "currency": "EGP", "amount": 500}])
    desk.write("deposit_accepted", {"deposit": deposit, "count": count})
    office.hand_in(desk)
    assert office.balance("vault/usr_mona") == 500

    assert office.push(phone).json()["outcomes"][0]["verdict"] == "accepted"
    assert office.one(Voucher, kept.id).deposit == deposit
    custody, customer = office.one(Custody, "usr_omar"), office.one(Customer, "cus_1")
    assert (custody.cash, custody.cheques, custody.cheque_count) == ({}, {}, 0)
    assert (customer.credit, customer.uncleared) == ({}, {"EGP": 500})
    assert office.balance("vault/usr_mona") == 500


def test_another_entry_in_the_place_is_a_fork(office: Office):
    """The phone hands in something else where the shown voucher should stand: both are kept, the later waits."""
    phone = office.phone()
    clone = Phone(phone.company, phone.device, phone.user, phone.key, list(phone.entries), book=phone.book)
    phone.receipt("cus_1", 700)
    text = paper(office, phone)
    report(office, text)
    assert rebuild(office).status_code == 200
    clone.receipt("cus_2", 900)
    outcome = office.push(clone, 2).json()["outcomes"][0]

    assert (outcome["verdict"], "fork" in outcome["flags"]) == ("review", True)
    assert office.one(Device, phone.device).forked
    assert (office.balance("on_account/cus_1"), office.balance("on_account/cus_2")) == (-700, 0)
    assert office.balance("cash/usr_omar") == 1_600


def test_a_code_whose_place_is_taken_waits_when_it_is_rebuilt(office: Office):
    """Another entry came after the report: rebuilt, the voucher counts and waits for a supervisor, and not for
    the one who rebuilt it."""
    phone = office.phone()
    clone = Phone(phone.company, phone.device, phone.user, phone.key, list(phone.entries), book=phone.book)
    clone.receipt("cus_1", 700, leaf=2, number="CAI-000002")
    report(office, paper(office, clone))
    office.receipt(phone, "cus_2", 900)

    voucher = rebuild(office).json()
    assert (voucher["verdict"], voucher["flags"]) == ("review", ["fork"])
    assert office.balance(f"suspense/{voucher['id']}") == -700
    assert office.balance("cash/usr_omar") == 1_600
    [row] = office.get("/suspense", "nadia").json()
    answer = office.post(f"/suspense/{row['held']['id']}/release", "nadia", {"reason": "mine"})
    assert (code_of(answer), answer.json()["facts"]["flags"]) == ("refused", ["maker_is_checker"])


def test_it_came_by_itself_before_it_was_rebuilt(office: Office):
    """A report that is overtaken by the voucher leaves the list, and there is nothing to rebuild."""
    phone, _, text = unseen(office)
    report(office, text)
    [row] = missing(office)
    office.hand_in(phone)

    assert missing(office) == []
    answer = office.post(f"/missing-vouchers/{row['missing']['id']}/rebuild", "nadia", {})
    assert code_of(answer) == "already_decided"
    assert code_of(office.post("/missing-vouchers/none/rebuild", "nadia", {})) == "not_found"


def test_verify_finds_a_code_that_no_phone_signed(office: Office):
    """A report written past the door is found out by its signature."""
    _, _, text = unseen(office)
    signed = text.rpartition(".")[0]
    office.run(lambda writer: write(writer, "voucher_reported", VoucherReported(signed, "A" * 86)))
    office.sound = False
    db = open_shelf(office.company.settings)
    faults = [fault.what for fault in verify(db)]
    db.close()

    assert faults == ["no phone of this company signed the voucher's code"]
