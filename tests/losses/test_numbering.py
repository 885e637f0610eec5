"""Numbers and identity (L14 … L17): a number that is given again, an id that changes at each save, a voucher that is
edited after it was handed out, a state that another device takes back."""

import json
from contextlib import closing
from typing import Any

from schemas.documents import Book, Deposit, Voucher
from server.store.opening import open_shelf
from server.verify import verify
from sync.books import tally
from sync.numbering import next_leaf
from tests.phone import Kept, Phone
from tests.server.small_office import Office, applied, code_of
from tests.server.test_office import accept, ask_void, paper, total, verified
from tests.server.test_push import cash, clone, outcomes
from tests.server.test_rescue import file_of, rescue

RANK = {"issued": 0, "voided": 1, "reversed": 1}
WRITTEN_ONCE = ("number", "book", "leaf", "customer", "device", "seq", "by", "at", "currency", "tenders", "allocations")
"""What the customer's paper says, and who gave it."""


# ---- L14


def test_l14_a_voided_number_is_never_given_again(office: Office):
    """A void keeps its slot. An app that recycles the number of what it deleted gives a second paper with it: that one
    is held with its money, the number means the voided voucher for ever, and the next number is a new one."""
    phone = office.phone()
    office.receipt(phone, "cus_1", 1_000)
    visit = phone.write("visit_started", {"customer": "cus_1"})
    gone = phone.receipt("cus_1", 2_000, visit=visit.id)
    text = paper(office, phone)
    phone.write("receipt_voided", {"receipt": gone.id, "reason": "misprint"})
    office.hand_in(phone)
    phone.leaf -= 1  # as if the number had come back with the deleted draft
    again = phone.receipt("cus_2", 3_000)

    assert outcomes(office.hand_in(phone)) == [("review", ["number_repeated"])]
    assert office.balance(f"suspense/{again.id}") == -3_000
    assert cash(office) == 4_000
    assert verified(office, text)["status"] == "voided"
    book = office.books(phone)[0]
    assert (tally(book).issued, tally(book).voided, next_leaf(book)) == (1, 1, 3)
    office.receipt(phone, "cus_1", 500)
    assert [one.number for one in office.all(Voucher) if one.state == "issued"] == [
        "CAI-000001", "CAI-000002", "CAI-000003",
    ]  # fmt: skip


def test_l14_the_numbers_of_a_lost_phone_go_to_nobody(office: Office):
    """Its unused leaves are not put back: the collector's next phone numbers on behind all that was ever given, and a
    paper of the lost phone that turns up with one of them is held and counted."""
    lost = office.phone()
    office.receipt(lost, "cus_1", 1_000)
    late = lost.receipt("cus_1", 700)
    office.post(f"/devices/{lost.device}/revoke", "tarek", {"reason": "taxi", "state": "lost"})
    phone = office.phone()
    office.receipt(phone, "cus_1", 2_000)

    assert [verdict for verdict, _ in outcomes(office.push(lost).json())] == ["review"]
    assert office.one(Voucher, late.id).suspense
    assert cash(office) == 3_700
    given = [(book.series, leaf) for book in office.all(Book) for leaf in range(book.first, book.last + 1)]
    assert len(given) == len(set(given))
    numbers = [one.number for one in office.all(Voucher)]
    assert len(numbers) == len(set(numbers)) == 3


# ---- L15


def arrives(office: Office, phone: Phone, seq: int, way: str) -> None:
    """The entry at this place reaches the office."""
    if way == "file":
        assert rescue(office, file_of(office, phone, (seq, seq))).status_code == 200
        return
    carrier = {"phone": phone.device, "another phone": "dev_OTHER", "nobody": ""}[way]
    answer = office.send(phone.push(seq, seq, carrier=carrier))
    assert answer.status_code == 200, answer.text


def test_l15_an_entry_keeps_its_id_on_whatever_way_it_comes(office: Office):
    """Its id is minted once, in the envelope that is hashed. Saved again, carried by another phone, or in a rescue
    file: it is one voucher, under the id that the phone itself knows it by."""
    phone = office.phone()
    ways = ["phone", "another phone", "nobody", "file"]
    for seq, first in enumerate(ways, start=2):
        phone.receipt("cus_1", 1_000)
        for way in (first, *ways):
            arrives(office, phone, seq, way)

    written = [kept.id for kept in phone.entries[1:]]
    assert [one.id for one in office.all(Voucher)] == written
    assert [one["id"] for one in office.pull("omar")["changes"] if one["type"] == "voucher"] == written
    assert cash(office) == 4_000


def test_l15_a_payment_saved_again_under_a_new_id_is_seen_and_taken_out(office: Office):
    """An app that mints an id at each save tells one payment twice. The second telling is held, shown with the voucher
    that it repeats, and rejected by a supervisor: the customer has paid once, the collector holds it once."""
    phone = office.phone()
    first = phone.receipt("cus_1", 5_000, allocations=[{"item": "itm_1a", "amount": 5_000}])
    office.hand_in(phone)
    again = phone.write("receipt_issued", first.body)  # the same form, saved once more
    assert outcomes(office.hand_in(phone)) == [("review", ["number_repeated"])]
    assert cash(office) == 10_000

    [row] = office.get("/suspense", "nadia").json()
    assert [one["id"] for one in row["repeats"]] == [first.id]
    wish = {"reason": "saved twice", "duplicate_of": first.id}
    assert office.post(f"/suspense/{row['held']['id']}/reject", "nadia", wish).status_code == 200

    assert (cash(office), office.balance(f"suspense/{again.id}")) == (5_000, 0)
    assert office.balance("ar/cus_1/itm_1a") == 95_000
    assert office.get("/suspense", "nadia").json() == []


# ---- L16


def test_l16_a_voucher_edited_after_a_failed_upload_changes_nothing(office: Office):
    """The upload got through, its reply did not, and meanwhile somebody edits the voucher. The same envelope with
    another body gets the first outcome and changes no byte; carried by somebody else likewise; a newly signed one at
    the same place stands beside it as a fork. What was handed out stands as it was."""
    phone = office.phone()
    kept = phone.receipt("cus_1", 10_000)
    before = office.hand_in(phone)["outcomes"]  # the phone never hears of it

    edited = kept.body.replace(b"10000", b"1000")
    assert edited != kept.body
    for carrier in (phone.device, ""):
        sent = phone.push(2, carrier=carrier).replace(kept.body, edited)
        assert office.send(sent).json()["outcomes"] == before
    writer = clone(phone)
    writer.entries.pop()
    signed_anew = writer.write("receipt_issued", edited, id=kept.id)
    reply = office.push(writer, 2).json()

    assert reply["outcomes"][0]["verdict"] == "review"
    assert set(reply["outcomes"][0]["flags"]) == {"fork", "number_repeated", "id_repeated"}
    assert stored(office, kept) == [(kept.envelope, kept.body)]
    assert stored(office, signed_anew) == [(signed_anew.envelope, edited)]
    voucher = office.one(Voucher, kept.id)
    assert (voucher.state, voucher.verdict, [tender.amount for tender in voucher.tenders]) == (
        "issued", "accepted", [10_000],
    )  # fmt: skip
    assert office.balance("on_account/cus_1") == -10_000


def test_l16_a_correction_is_another_entry(office: Office):
    """After a void the bytes of what was voided are as they came, and no door of the office edits or deletes one."""
    phone = office.phone()
    visit = phone.write("visit_started", {"customer": "cus_1"})
    kept = phone.receipt("cus_1", 10_000, visit=visit.id)
    phone.write("receipt_voided", {"receipt": kept.id, "reason": "misprint"})
    office.hand_in(phone)

    assert stored(office, kept) == [(kept.envelope, kept.body)]
    for method in ("PUT", "PATCH", "DELETE", "POST"):
        for path in (f"/vouchers/{kept.id}", f"/entries/{kept.id}", f"/journal/{kept.id}"):
            assert office.call(method, path, "tarek", json={}).status_code in (404, 405)
    with closing(open_shelf(office.company.settings)) as shelf:
        assert list(verify(shelf)) == []


def stored(office: Office, kept: Kept) -> list[tuple[bytes, bytes]]:
    rows = office.select("SELECT envelope, body FROM journal WHERE hash = ?", kept.hash)
    return [(bytes(envelope), bytes(body)) for envelope, body in rows]


# ---- L17


def test_l17_the_office_never_takes_a_voucher_back_by_itself(office: Office):
    """A voucher goes from issued to voided or reversed and never back, and what its paper says never changes: not by a
    repeat of older news, not by another phone that claims it, not by a void that was refused. What its phone is sent
    about it after each of these says so."""
    phone, other, desk = office.phone("omar"), office.phone("hany"), office.desk()
    voucher = office.receipt(phone, "cus_1", 10_000, allocations=[{"item": "itm_1a", "amount": 10_000}])
    seen: list[dict[str, Any]] = []
    cursor = ""

    def look() -> None:
        nonlocal cursor
        reply = office.pull("omar", cursor)
        cursor = reply["cursor"]
        seen.extend(one["doc"] for one in reply["changes"] if one["id"] == voucher)
        fresh: dict[tuple[str, str], Any] = {}
        applied(fresh, office.pull("omar"))
        assert fresh["voucher", voucher] == seen[-1]

    look()
    for kind, body in [
        ("receipt_voided", {"receipt": voucher, "reason": "misprint"}),
        ("void_requested", {"receipt": voucher, "reason": "other"}),
        ("voucher_printed", {"receipt": voucher, "copy": 1}),
    ]:
        other.write(kind, body)
        assert outcomes(office.hand_in(other)) == [("refused", ["receipt_not_ours"])], kind
        look()
    taken = other.receipt("cus_4", 10)
    other.entries.pop()
    other.write("receipt_issued", taken.body, id=voucher)
    assert outcomes(office.hand_in(other)) == [("review", ["id_repeated"])]
    look()
    request = ask_void(office, phone, voucher)
    assert office.post(f"/void-requests/{request}/refuse", "nadia", {}).status_code == 200
    phone.write("receipt_voided", {"receipt": voucher, "reason": "other", "request": request})
    assert outcomes(office.hand_in(phone))[-1][0] == "refused"
    look()
    deposit = office.declare(phone, [total("cash", 1, 10_000)])
    count = office.count(desk, deposit, 10_000)
    assert accept(office, desk, deposit, count)["verdict"] == "accepted"
    look()
    assert office.post(f"/vouchers/{voucher}/reverse", "nadia", {"note": "paid twice"}).status_code == 200
    look()
    assert office.push(phone, 1).status_code == 200  # all of it once more, as after a reload of the phone
    assert office.push(desk, 1).status_code == 200
    look()

    ranks = [RANK[one.get("state", "issued")] for one in seen]
    assert ranks == sorted(ranks)
    assert ranks[-1] == 1
    for field in WRITTEN_ONCE:
        assert len({json.dumps(one.get(field)) for one in seen}) == 1, field
    assert office.one(Deposit, deposit).state == "accepted"


def test_l17_what_was_counted_is_not_undone_by_its_collector(office: Office):
    """Once his deposit is counted, neither his phone's void nor he himself at the office's door takes one back."""
    phone, desk = office.phone(), office.desk()
    visit = phone.write("visit_started", {"customer": "cus_1"})
    voucher = office.receipt(phone, "cus_1", 10_000, visit=visit.id)
    office.count(desk, office.declare(phone, [total("cash", 1, 10_000)]), 10_000)

    phone.write("receipt_voided", {"receipt": voucher, "reason": "misprint"})
    assert outcomes(office.hand_in(phone)) == [("refused", ["void_after_count"])]
    assert code_of(office.post(f"/vouchers/{voucher}/reverse", "omar", {})) == "not_allowed"
    assert office.one(Voucher, voucher).state == "issued"
