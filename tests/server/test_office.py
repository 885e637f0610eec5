"""The office: plans, books, the board, voids, deposits, attachments, papers, and what a customer may verify."""

import json
from hashlib import sha256
from typing import Any

import pytest

from schemas.documents import Custody, Customer, Deposit, Device, Item, Safe, User, Voucher
from schemas.entries.receipts import Cash
from server.keys import key_id
from sync.chain import b64, unb64
from sync.qr import QrPayload, QrTotal, build
from tests.phone import Phone, challenge_answer
from tests.server.small_office import DAY, Office, code_of

CHEQUE = {"method": "cheque", "currency": "EGP", "bank": "NBE", "number": "000123", "due": "2026-12-01"}
PIXEL = b"\x89PNG\r\n\x1a\n" + bytes(range(200))


def total(method: str, count: int, amount: int) -> dict[str, Any]:
    return {"currency": "EGP", "method": method, "count": count, "amount": amount}


def accept(office: Office, desk: Phone, deposit: str, count: str, **body: Any) -> dict[str, Any]:
    desk.write("deposit_accepted", {"deposit": deposit, "count": count, **body})
    outcome: dict[str, Any] = office.hand_in(desk)["outcomes"][-1]
    return outcome


# ---- books


def test_a_phone_gets_a_book_and_a_spare_with_its_place(office: Office):
    """At enrolment a phone has an open book and a spare, of its branch's series, and no number is given twice."""
    phones = [office.phone("omar"), office.phone("hany"), office.phone("karim")]

    ranges = [[(book.series, book.first, book.last) for book in office.books(phone)] for phone in phones]

    assert ranges == [
        [("CAI", 1, 20), ("CAI", 21, 40)],
        [("CAI", 41, 60), ("CAI", 61, 80)],
        [("GIZ", 1, 20), ("GIZ", 21, 40)],
    ]
    assert all(book.grant for phone in phones for book in office.books(phone))


def test_a_full_book_brings_a_new_spare(small_books: Office):
    """A push that uses up a book is followed by a new spare, so that a phone never runs out on the road."""
    office = small_books
    phone = office.phone()
    cursor = office.pull("omar")["cursor"]
    for number in range(1, 10):
        phone.receipt("cus_1", 1_000)
        office.hand_in(phone)
        office.run(lambda writer: None)
        books = office.books(phone)
        assert len(books) == 2 + number // 3
        assert sum(1 for book in books if book.state != "full") == 2
        if number % 3 == 0:
            pulled = {one["id"] for one in office.pull("omar", cursor)["changes"] if one["type"] == "book"}
            assert books[-1].id in pulled
            office.open_book(phone)

    assert [one.number for one in office.all(Voucher)] == [f"CAI-{leaf:06}" for leaf in range(1, 10)]


def test_two_books_in_one_push_bring_two_spares(small_books: Office):
    """A long day offline fills more than one book; all that was used is topped up again."""
    office = small_books
    phone = office.phone()
    for _ in range(2):
        for _ in range(3):
            phone.receipt("cus_1", 1_000)
        phone.book = office.books(phone)[1]
    office.hand_in(phone)
    office.run(lambda writer: None)

    assert [book.state for book in office.books(phone)] == ["full", "full", "assigned", "assigned"]


def test_a_spare_that_a_killed_server_owed_comes_with_the_next_login(
    small_books: Office, monkeypatch: pytest.MonkeyPatch
):
    """A server that stopped between a push and the new spare gives it when the phone logs in next."""
    office = small_books
    phone = office.phone()
    monkeypatch.setattr(office.company.inbox, "top_up", lambda writer, device: None)
    for _ in range(3):
        phone.receipt("cus_1", 1_000)
    office.hand_in(phone)
    assert len(office.books(phone)) == 2
    monkeypatch.undo()

    challenge = office.get("/device/challenge").json()["challenge"]
    assert office.post("/device/session", json=challenge_answer(phone, challenge)).status_code == 200

    assert len(office.books(phone)) == 3


def test_a_stopped_phone_gets_no_books(small_books: Office):
    """A lost phone that hands in its last leaves is not given new ones."""
    office = small_books
    phone = office.phone()
    office.post(f"/devices/{phone.device}/revoke", "tarek", {"reason": "gone", "state": "lost"})
    for _ in range(3):
        phone.receipt("cus_1", 1_000)
    office.push(phone)
    office.run(lambda writer: None)

    assert len(office.books(phone)) == 2


def test_a_given_book_follows_in_its_series(office: Office):
    """The administrator gives a further book; its range follows the last one, of as many leaves as asked."""
    phone = office.phone()

    book = office.post("/books", "tarek", {"device": phone.device, "leaves": 7}).json()

    assert (book["series"], book["first"], book["last"]) == ("CAI", 41, 47)
    assert code_of(office.post("/books", "tarek", {"device": "dev_none"})) == "not_found"
    desk = office.desk()
    assert code_of(office.post("/books", "tarek", {"device": desk.device})) == "not_found"
    for leaves in (-41, -5):
        assert office.post("/books", "tarek", {"device": phone.device, "leaves": leaves}).status_code in (400, 409)


# ---- plans and the board


def test_a_plan_is_made_seen_and_replaced(office: Office):
    """The later plan of a day replaces the earlier one; a stop that nobody knows is refused."""
    path = f"/plans/usr_omar/{DAY}"
    assert office.get(path, "nadia").json()["plan"]["stops"] == []

    office.call("PUT", path, "nadia", json={"stops": ["cus_1", "cus_2", "cus_1"]})
    office.call("PUT", path, "nadia", json={"stops": ["cus_3", "cus_1"]})

    view = office.get(path, "nadia").json()
    assert view["plan"]["stops"] == ["cus_3", "cus_1"]
    assert [row["id"] for row in view["portfolio"]] == ["cus_1", "cus_2", "cus_3"]
    assert view["portfolio"][0]["ledger"] == {"EGP": 200_000}
    assert code_of(office.call("PUT", path, "nadia", json={"stops": ["cus_none"]})) == "refused"
    assert code_of(office.call("PUT", f"/plans/usr_none/{DAY}", "nadia", json={"stops": []})) == "refused"


def test_the_board_is_what_a_hand_computes(office: Office):
    """Stops done and not planned, vouchers, what was collected, in hand, in transit and short: each to the unit."""
    phone, desk = office.phone(), office.desk()
    office.call("PUT", f"/plans/usr_omar/{DAY}", "nadia", json={"stops": ["cus_1", "cus_2"]})
    for customer in ("cus_1", "cus_3"):  # one of the two planned stops, and one that was not planned
        visit = phone.write("visit_started", {"customer": customer, "planned": customer == "cus_1"})
        phone.receipt(customer, 10_000, visit=visit.id)
        phone.write("visit_ended", {"visit": visit.id, "outcome": "collected"})
    phone.receipt("cus_2", 0, tenders=[{**CHEQUE, "amount": 5_000}])
    office.hand_in(phone)
    first = office.declare(phone, [total("cash", 2, 20_000), total("cheque", 1, 5_000)])
    count = office.count(desk, first, 19_500, [{"number": "123", "currency": "EGP", "amount": 5_000}])
    assert accept(office, desk, first, count)["flags"] == ["cash_short", "variance_differs"]
    office.receipt(phone, "cus_1", 7_000)
    office.declare(phone, [total("cash", 1, 7_000)])
    late = office.receipt(phone, "cus_1", 1_000)
    voided = phone.write("visit_started", {"customer": "cus_1"})
    gone = phone.receipt("cus_1", 400, visit=voided.id)
    phone.write("receipt_voided", {"receipt": gone.id, "reason": "misprint"})
    office.push(phone, manifest={"unsent": 4, "oldest_at": "2026-11-22T07:00:00Z"}, persisted=True)

    board = office.get("/board", "nadia").json()

    row = next(row for row in board["rows"] if row["user"]["id"] == "usr_omar")
    collected = {(one["method"]): (one["count"], one["amount"]) for one in row["collected"]}
    assert (row["planned"], row["done"], row["unplanned"], row["vouchers"]) == (2, 1, 1, 5)
    assert collected == {"cash": (4, 28_000), "cheque": (1, 5_000)}
    assert row["cash"] == {"EGP": 1_000}
    assert row.get("cheques", {}) == {}
    assert row["transit"] == {"EGP": 7_000}
    assert row["short"] == {"EGP": 500}
    assert (row["unsent"], row["oldest_unsent"]) == (4, "2026-11-22T07:00:00Z")
    assert row["last_sync"].startswith("2026-11-22T08:00:00")
    assert {one["user"]["id"] for one in board["rows"]} == {"usr_omar", "usr_hany", "usr_karim"}
    assert board["feed"][0]["kind"] == "receipt_voided"
    assert office.one(Voucher, late).state == "issued"
    assert office.balance("safe/usr_mona") == 19_500
    assert office.balance("vault/usr_mona") == 5_000


def test_flags_name_what_a_person_must_look_at(office: Office):
    """Entries with flags or under review are listed, newest first, with who and why."""
    phone = office.phone()
    office.receipt(phone, "cus_1", 1_000)
    phone.receipt("cus_2", 2_000, on_account=1)
    phone.write("nonsense", b"{}")
    office.hand_in(phone)

    rows = office.get("/flags", "nadia").json()

    assert [(row["seq"], row["verdict"], row["flags"]) for row in rows[:2]] == [
        (4, "review", ["unjudged"]),
        (3, "review", ["totals_differ"]),
    ]
    assert rows[1]["name"] == "Omar"
    assert rows[1]["customer"] == "Shop 2"
    assert all(row["seq"] != 2 for row in rows if row["device"] == phone.device)


# ---- voids


def ask_void(office: Office, phone: Phone, voucher: str) -> str:
    asked = phone.write("void_requested", {"receipt": voucher, "reason": "wrong_amount", "note": "typed twice"})
    assert office.hand_in(phone)["outcomes"][0]["verdict"] == "accepted"
    return asked.id


def test_an_approved_void_is_done_by_the_phone_and_keeps_its_number(office: Office):
    """Requested, approved, pulled, voided by the phone: the customer owes again, the cash is gone, the leaf is used."""
    phone = office.phone()
    voucher = office.receipt(phone, "cus_1", 10_000, allocations=[{"item": "itm_1a", "amount": 10_000}])
    request = ask_void(office, phone, voucher)
    assert office.get("/board", "nadia").json()["void_requests"] == 1
    assert office.get("/void-requests", "nadia").json()[0]["can_void"] is True

    approved = office.post(f"/void-requests/{request}/approve", "nadia", {"note": "fine"}).json()
    assert approved["void"]["state"] == "approved"
    assert approved.get("state", "issued") == "issued"
    pulled = {one["id"]: one["doc"] for one in office.pull("omar")["changes"]}
    assert pulled[voucher]["void"]["state"] == "approved"
    assert office.get("/board", "nadia").json()["void_requests"] == 0
    assert code_of(office.post(f"/void-requests/{request}/refuse", "nadia", {})) == "already_decided"

    phone.write("receipt_voided", {"receipt": voucher, "reason": "wrong_amount", "request": request})
    assert office.hand_in(phone)["outcomes"][0]["verdict"] == "accepted"
    assert office.one(Item, "itm_1a").open == 100_000
    assert office.one(Custody, "usr_omar").cash == {}
    book = office.books(phone)[0]
    assert (book.issued, book.voided) == ("1", "1")
    row = next(row for row in office.get("/board", "nadia").json()["rows"] if row["user"]["id"] == "usr_omar")
    assert (row["vouchers"], row.get("cash", {})) == (0, {})


def test_a_refused_void_leaves_the_voucher_standing(office: Office):
    """The phone may not void what was refused."""
    phone = office.phone()
    voucher = office.receipt(phone)
    request = ask_void(office, phone, voucher)

    assert office.post(f"/void-requests/{request}/refuse", "nadia", {"note": "no"}).status_code == 200
    phone.write("receipt_voided", {"receipt": voucher, "reason": "other", "request": request})

    assert office.hand_in(phone)["outcomes"][0]["verdict"] == "refused"
    assert office.one(Voucher, voucher).state == "issued"
    assert office.balance("cash/usr_omar") == 10_000


def test_after_the_count_only_a_reversal_is_left(office: Office):
    """A counted voucher cannot be voided; the supervisor reverses it and the customer is owed the money back."""
    phone, desk = office.phone(), office.desk()
    voucher = office.receipt(phone, "cus_1", 10_000, allocations=[{"item": "itm_1a", "amount": 10_000}])
    assert code_of(office.post(f"/vouchers/{voucher}/reverse", "nadia", {})) == "refused"
    deposit = office.declare(phone, [total("cash", 1, 10_000)])
    count = office.count(desk, deposit, 10_000)
    assert accept(office, desk, deposit, count)["verdict"] == "accepted"
    request = ask_void(office, phone, voucher)
    assert office.get("/void-requests", "nadia").json()[0].get("can_void") is False
    answer = office.post(f"/void-requests/{request}/approve", "nadia", {})
    assert answer.json()["facts"]["flags"] == ["void_after_count"]

    reversed_ = office.post(f"/vouchers/{voucher}/reverse", "nadia", {"note": "paid twice"}).json()

    assert reversed_["state"] == "reversed"
    assert office.get("/void-requests", "nadia").json() == []
    assert office.balance("refunds/cus_1") == -10_000
    assert office.balance("safe/usr_mona") == 10_000
    assert office.one(Item, "itm_1a").open == 100_000
    assert code_of(office.post(f"/vouchers/{voucher}/reverse", "nadia", {})) == "refused"


@pytest.mark.parametrize(
    "path", ["/void-requests/none/approve", "/void-requests/none/refuse", "/vouchers/none/reverse"]
)
def test_what_is_unknown_cannot_be_decided(office: Office, path: str):
    """404 for a request or voucher that nobody knows."""
    answer = office.post(path, "nadia", {})

    assert (answer.status_code, code_of(answer)) == (404, "not_found")


def test_what_the_office_writes_can_be_read_again(office: Office):
    """A note, name or reason longer than an entry can say is malformed and writes nothing: a replay could not read it
    and would come to other books."""
    phone = office.phone()
    voucher = office.receipt(phone)
    request = ask_void(office, phone, voucher)
    before = office.journal()
    user = {"login": "new", "name": "N", "name_ar": "ن", "role": "cashier", "branch": "brn_cai"}
    calls: list[tuple[str, str, dict[str, Any]]] = [
        (f"/void-requests/{request}/approve", "nadia", {"note": "x" * 501}),
        (f"/devices/{phone.device}/revoke", "tarek", {"reason": "x" * 501, "state": "lost"}),
        ("/users", "tarek", {**user, "name": "x" * 201}),
        ("/users", "tarek", {**user, "login": "x" * 201}),
        ("/users/usr_hany/revoke", "tarek", {"reason": "x" * 501}),
        ("/assignments", "nadia", {"collector": "usr_omar", "customers": ["x" * 65]}),
    ]
    for path, login, body in calls:
        answer = office.post(path, login, body)
        assert (answer.status_code, code_of(answer)) == (400, "malformed"), path
    assert office.journal() == before
    assert office.post(f"/void-requests/{request}/approve", "nadia", {"note": "x" * 500}).status_code == 200


# ---- deposits


def test_a_deposit_goes_from_hand_to_safe(office: Office):
    """Declared it is still the collector's; accepted it is in the safe, the full book handed over, nothing doubled."""
    phone, desk = office.phone(), office.desk()
    office.receipt(phone, "cus_1", 10_000)
    office.receipt(phone, "cus_2", 0, tenders=[{**CHEQUE, "amount": 5_000}])
    deposit = office.declare(phone, [total("cash", 1, 10_000), total("cheque", 1, 5_000)])
    custody = office.one(Custody, "usr_omar")
    assert (custody.cash, custody.transit_cash, custody.transit_cheques) == ({}, {"EGP": 10_000}, {"EGP": 5_000})
    assert [one["id"] for one in office.get("/deposits", "mona").json()] == [deposit]

    count = office.count(desk, deposit, 10_000, [{"number": "000123", "currency": "EGP", "amount": 5_000}])
    view = office.get(f"/deposits/{deposit}", "mona").json()
    assert view["deposit"]["totals"] == [total("cash", 1, 10_000), total("cheque", 1, 5_000)]
    assert [one["amount"] for one in view["cheques"]] == [5_000]
    assert len(view["vouchers"]) == 2

    assert accept(office, desk, deposit, count)["verdict"] == "accepted"
    safe = office.one(Safe, "usr_mona")
    assert (safe.cash, safe.cheques, safe.cheque_count) == ({"EGP": 10_000}, {"EGP": 5_000}, 1)
    custody = office.one(Custody, "usr_omar")
    assert (custody.transit_cash, custody.transit_cheques, custody.short) == ({}, {}, {})
    assert office.one(Deposit, deposit).state == "accepted"
    again = accept(office, desk, deposit, count)
    assert (again["verdict"], again["flags"]) == ("refused", ["deposit_already_decided"])
    assert office.one(Safe, "usr_mona").cash == {"EGP": 10_000}


def test_a_returned_deposit_goes_back_to_hand(office: Office):
    """All of it is the collector's again, and the next deposit covers it."""
    phone, desk = office.phone(), office.desk()
    office.receipt(phone, "cus_1", 10_000)
    deposit = office.declare(phone, [total("cash", 1, 10_000)])
    desk.write("deposit_returned", {"deposit": deposit, "reason": "come back with the book"})
    assert office.hand_in(desk)["outcomes"][0]["verdict"] == "accepted"

    assert office.one(Custody, "usr_omar").cash == {"EGP": 10_000}
    second = office.declare(phone, [total("cash", 1, 10_000)])
    assert office.one(Deposit, second).vouchers == 1


def test_a_void_of_what_came_back_unheard_is_taken_from_the_hands(office: Office):
    """A deposit is returned while its phone is away; the next declaration takes its voucher along and not its cash. The
    void of that voucher finds the cash where it is, and nothing falls below zero."""
    phone, desk = office.phone(), office.desk()
    voucher = office.receipt(phone, "cus_1", 10_000)
    first = office.declare(phone, [total("cash", 1, 10_000)])
    desk.write("deposit_returned", {"deposit": first, "reason": "come back with the book"})
    assert office.hand_in(desk)["outcomes"][0]["verdict"] == "accepted"
    office.receipt(phone, "cus_2", 4_000)
    second = office.declare(phone, [total("cash", 1, 4_000)])  # of the return it has not heard
    assert office.one(Voucher, voucher).deposit == second
    request = ask_void(office, phone, voucher)
    assert office.post(f"/void-requests/{request}/approve", "nadia", {}).status_code == 200

    phone.write("receipt_voided", {"receipt": voucher, "reason": "wrong_amount", "request": request})
    outcome = office.hand_in(phone)["outcomes"][0]

    assert (outcome["verdict"], outcome.get("flags", [])) == ("accepted", [])
    assert office.balance(f"transit_cash/{second}") == 4_000
    assert office.balance("cash/usr_omar") == 0
    count = office.count(desk, second, 4_000)
    assert accept(office, desk, second, count)["verdict"] == "accepted"


def test_another_collectors_deposit_is_not_shown(office: Office):
    """A collector sees his own deposit and no other one's."""
    phone = office.phone()
    office.receipt(phone)
    deposit = office.declare(phone, [total("cash", 1, 10_000)])

    assert office.get(f"/deposits/{deposit}", "omar").status_code == 200
    assert code_of(office.get(f"/deposits/{deposit}", "hany")) == "not_allowed"
    assert office.get(f"/deposits/{deposit}", "nadia").json()["deposit"]["id"] == deposit
    assert code_of(office.get("/deposits/none", "nadia")) == "not_found"


def test_supervisors_see_deposits_by_state(office: Office):
    """The list is filtered by state, newest first."""
    phone, desk = office.phone(), office.desk()
    ids = []
    for _ in range(2):
        office.receipt(phone)
        ids.append(office.declare(phone, [total("cash", 1, 10_000)]))
    office.count(desk, ids[0], 10_000)

    def listed(state: str) -> list[str]:
        return [one["deposit"]["id"] for one in office.get("/deposits", "nadia", params={"state": state}).json()]

    assert listed("") == ids[::-1]
    assert listed("counted") == [ids[0]]
    assert listed("declared") == [ids[1]]
    assert [one["id"] for one in office.get("/deposits?state=declared", "mona").json()] == [ids[1]]


# ---- customers


def test_customers_are_found_however_they_are_typed(office: Office):
    """Search folds Arabic letters and digits; balances are of the books."""
    office.receipt(office.phone(), "cus_2", 30_000)

    for text in ("shop 2", "C-2", "متجر ٢"):
        found = office.get("/customers", "nadia", params={"search": text}).json()
        assert [row["id"] for row in found["rows"]] == ["cus_2"]
        assert found["rows"][0]["ledger"] == {"EGP": 170_000}
        assert found["rows"][0]["overdue"] == {"EGP": 200_000}
    assert office.get("/customers", "nadia", params={"collector": "usr_karim"}).json()["total"] == 1
    for page in (-1, 99, 10**12):
        assert office.get("/customers", "nadia", params={"page": page}).status_code in (200, 400)


# ---- attachments


def named(office: Office, phone: Phone, raw: bytes) -> str:
    """Hand in a voucher with a cheque whose photo has these bytes; the photo's name."""
    name = sha256(raw).hexdigest()
    office.receipt(phone, "cus_1", 0, tenders=[{**CHEQUE, "amount": 5_000, "photos": [name]}])
    return name


def test_a_photo_is_authorised_by_the_device_key(office: Office):
    """An expired login never holds up a photo: the device signs its name. Another key, or another name, does not do."""
    phone, other = office.phone("omar"), office.phone("hany")
    name = named(office, phone, PIXEL)
    good = {"Sanad-Device": phone.device, "Sanad-Signature": phone.key.sign(name.encode())}
    wrong = [
        good | {"Sanad-Signature": other.key.sign(name.encode())},
        good | {"Sanad-Signature": phone.key.sign(b"another name")},
        good | {"Sanad-Signature": ""},
        good | {"Sanad-Device": "dev_NOBODY"},
    ]
    for headers in wrong:
        answer = office.call("PUT", f"/attachments/{name}", headers=headers, content=PIXEL)
        assert (answer.status_code, code_of(answer)) == (403, "bad_signature")

    expired = office.bearer("omar", lives=-1) | good
    assert office.call("PUT", f"/attachments/{name}", headers=expired, content=PIXEL).status_code == 201


def test_bytes_that_are_not_what_they_are_named_are_refused(office: Office):
    """422 hash_mismatch; nothing is kept under the name."""
    name = named(office, office.phone(), PIXEL)

    answer = office.call("PUT", f"/attachments/{name}", "omar", content=PIXEL + b"!")

    assert (answer.status_code, code_of(answer)) == (422, "hash_mismatch")
    assert code_of(office.get(f"/attachments/{name}", "omar")) == "not_found"


def test_a_photo_that_no_entry_names_is_refused(office: Office):
    """403 not_named: the entry first."""
    name = sha256(PIXEL).hexdigest()

    answer = office.call("PUT", f"/attachments/{name}", "omar", content=PIXEL)

    assert (answer.status_code, code_of(answer)) == (403, "not_named")


def test_a_photo_has_at_most_two_megabytes(office: Office):
    """413 for one byte more; exactly two are taken."""
    phone = office.phone()
    for over, status in ((0, 201), (1, 413)):
        raw = bytes(2 * 1024 * 1024 + over)
        name = named(office, phone, raw)
        assert office.call("PUT", f"/attachments/{name}", "omar", content=raw).status_code == status


@pytest.mark.parametrize("name", ["x", "..%2Fcompany.sqlite", "A" * 64, "0" * 63, "0" * 65, "%00" * 21])
def test_an_attachment_is_named_by_its_hash_only(office: Office, name: str):
    """Any other name is malformed or unknown, and never a path."""
    for method in ("GET", "PUT"):
        answer = office.call(method, f"/attachments/{name}", "omar", **({"content": PIXEL} if method == "PUT" else {}))
        assert code_of(answer) in ("malformed", "not_found")


# ---- verification by anybody


def paper(office: Office, phone: Phone, **change: Any) -> str:
    """The QR text of the phone's newest voucher, its fields changed as given, signed by the phone."""
    kept = phone.entries[-1]
    body = json.loads(kept.body)
    rows: dict[str, int] = {}
    for tender in body["tenders"]:
        rows[tender["method"]] = rows.get(tender["method"], 0) + tender["amount"]
    fields: dict[str, Any] = {
        "company": phone.company,
        "device": phone.device,
        "key": key_id(unb64(phone.key.spki)),
        "seq": kept.seq,
        "hash": b64(kept.hash),
        "number": body["number"],
        "date": "2026-11-22",
        "customer_code": f"C-{body['customer'][-1]}",
        "totals": tuple(QrTotal("EGP", method, amount) for method, amount in rows.items()),
    } | change
    text = build(QrPayload(**fields))
    return f"{text}.{phone.key.sign(text.encode())}"


def verified(office: Office, payload: str) -> dict[str, Any]:
    office.client.app.state.brake.misses.clear()
    answer = office.post("/verify", json={"payload": payload})
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def test_a_genuine_voucher_is_repeated_as_the_paper_says(office: Office):
    """Genuine once handed in; before, a valid signature says so and that it has not come yet."""
    phone = office.phone()
    phone.receipt("cus_1", 0, tenders=[{"method": "cash", "currency": "EGP", "amount": 700}, {**CHEQUE, "amount": 300}])
    text = paper(office, phone)
    said = {
        "company": "Delta Foods",
        "company_ar": "دلتا للأغذية",
        "number": "CAI-000001",
        "date": "2026-11-22",
        "customer_code": "C-1",
        "totals": [total("cash", 1, 700), total("cheque", 1, 300)],
    }

    assert verified(office, text) == {"status": "not_yet_handed_in", "can_report": True} | said
    office.hand_in(phone)
    assert verified(office, text) == {"status": "genuine"} | said


def test_a_voided_voucher_says_so(office: Office):
    """The paper of a voided voucher is told to be void."""
    phone = office.phone()
    visit = phone.write("visit_started", {"customer": "cus_1"})
    kept = phone.receipt("cus_1", 700, visit=visit.id)
    text = paper(office, phone)
    phone.write("receipt_voided", {"receipt": kept.id, "reason": "misprint"})
    office.hand_in(phone)

    assert verified(office, text)["status"] == "voided"


def test_a_voucher_of_a_lost_phone_that_never_came_says_so(office: Office):
    """A rightly signed code of a phone reported lost, whose entry never arrived, is reported_lost."""
    phone = office.phone()
    phone.receipt("cus_1", 700)
    text = paper(office, phone)
    office.post(f"/devices/{phone.device}/revoke", "tarek", {"reason": "gone", "state": "lost"})

    assert verified(office, text)["status"] == "reported_lost"


CHANGES: dict[str, Any] = {
    "company": "cmp_other",
    "device": "dev_other",
    "key": "AAAAAAAAAAAAAAAA",
    "seq": 3,
    "hash": b64(b"\1" * 32),
    "number": "CAI-000002",
    "date": "2026-11-23",
    "customer_code": "C-2",
    "totals": (QrTotal("EGP", "cash", 701),),
}


@pytest.mark.parametrize("field", CHANGES)
@pytest.mark.parametrize("handed_in", [True, False])
def test_one_changed_field_makes_it_not_ours(office: Office, field: str, handed_in: bool):
    """The signature covers every field: whoever changes one on the paper has a code that is not ours."""
    phone = office.phone()
    phone.receipt("cus_1", 700)
    text = paper(office, phone)
    assert verified(office, text)["status"] == "not_yet_handed_in"
    if handed_in:
        office.hand_in(phone)
    changed = paper(office, phone, **{field: CHANGES[field]}).rpartition(".")[0]

    assert verified(office, f"{changed}.{text.rpartition('.')[2]}") == {"status": "not_ours"}


@pytest.mark.parametrize("field", [field for field in CHANGES if field != "seq"])
def test_a_phone_that_signs_another_paper_than_it_hands_in_is_found_out(office: Office, field: str):
    """A rightly signed code whose figures differ from the entry that it names is not ours either."""
    phone = office.phone()
    phone.receipt("cus_1", 700)
    office.hand_in(phone)

    assert verified(office, paper(office, phone, **{field: CHANGES[field]})) == {"status": "not_ours"}


@pytest.mark.parametrize("what", ["currency", "method"])
def test_currency_and_method_are_signed_too(office: Office, what: str):
    """Another currency or method with the same figure is not ours."""
    phone = office.phone()
    phone.receipt("cus_1", 700)
    office.hand_in(phone)
    row = QrTotal("USD", "cash", 700) if what == "currency" else QrTotal("EGP", "cheque", 700)

    assert verified(office, paper(office, phone, totals=(row,)))["status"] == "not_ours"


@pytest.mark.parametrize(
    "payload", ["", "S1", "x" * 5000, "S1.a.b.c.1.d.e.20261122.f.EGP-cash-1." + "A" * 86, "é.é", "S1" + "." * 10]
)
def test_what_is_no_code_is_not_ours(office: Office, payload: str):
    """Nonsense is not ours, and no fault."""
    assert verified(office, payload) == {"status": "not_ours"}


def test_a_signed_code_with_a_senseless_hash_is_not_ours(office: Office):
    """A hash that is none never matches an entry, whatever its signature."""
    phone = office.phone()
    phone.receipt("cus_1", 700)
    office.hand_in(phone)

    assert verified(office, paper(office, phone, hash="A"))["status"] == "not_ours"


def test_verification_is_rate_limited(office: Office):
    """Five wrong codes from one address within five minutes ask for patience."""
    for _ in range(5):
        assert office.post("/verify", json={"payload": "nonsense"}).json()["status"] == "not_ours"

    answer = office.post("/verify", json={"payload": "nonsense"})

    assert (answer.status_code, code_of(answer)) == (429, "too_many_tries")
    assert answer.headers["retry-after"]


# ---- papers


def test_papers_are_pdf_and_for_desks(office: Office):
    """Voucher, slip and statement come as PDF to those who may print them."""
    phone, desk = office.phone(), office.desk()
    voucher = office.receipt(phone, "cus_1", 10_000, allocations=[{"item": "itm_1a", "amount": 10_000}])
    deposit = office.declare(phone, [total("cash", 1, 10_000)])
    count = office.count(desk, deposit, 10_000)
    accept(office, desk, deposit, count)
    for path in (
        f"/vouchers/{voucher}/paper.pdf",
        f"/vouchers/{voucher}/paper.pdf?size=80mm&copy=3",
        f"/deposits/{deposit}/slip.pdf",
        "/customers/cus_1/statement.pdf",
        f"/customers/cus_1/statement.pdf?from_day=2026-01-01&to_day={DAY}",
    ):
        answer = office.get(path, "mona")
        assert answer.status_code == 200, answer.text
        assert answer.headers["content-type"] == "application/pdf"
        assert answer.content.startswith(b"%PDF")
        assert b"%%EOF" in answer.content[-32:]
        assert code_of(office.get(path, "omar")) == "not_allowed"
        assert code_of(office.get(path)) == "not_logged_in"


@pytest.mark.parametrize(
    ("path", "code"),
    [
        ("/vouchers/none/paper.pdf", "not_found"),
        ("/deposits/none/slip.pdf", "not_found"),
        ("/customers/none/statement.pdf", "not_found"),
        ("/customers/cus_1/statement.pdf?from_day=2026-02-01&to_day=2026-01-01", "malformed"),
        ("/customers/cus_1/statement.pdf?from_day=yesterday", "malformed"),
        ("/vouchers/none/paper.pdf?size=a4", "malformed"),
    ],
)
def test_a_paper_of_nothing_is_a_problem(office: Office, path: str, code: str):
    """Unknown ids are 404 and senseless wishes 400, as problem documents."""
    assert code_of(office.get(path, "nadia")) == code


# ---- what stays


def test_the_people_of_the_office_are_listed(office: Office):
    """Users with their devices and portfolios; devices with their books and last contact."""
    phone = office.phone()
    rows = {row["user"]["id"]: row for row in office.get("/users", "nadia").json()}
    assert [one["id"] for one in rows["usr_omar"]["devices"]] == [phone.device]
    assert rows["usr_omar"]["customers"] == 3
    device = office.get("/devices", "nadia").json()[0]
    assert (device["device"]["id"], device["seq"], len(device["books"])) == (phone.device, 1, 2)
    assert all("grant" not in book for book in device["books"])
    assert office.one(Device, phone.device).user == office.one(User, "usr_omar").id


def test_health_tells_the_position(office: Office):
    """Whoever watches the server sees that it lives and how far its journal is."""
    before = office.get("/health").json()
    office.receipt(office.phone())

    after = office.get("/health").json()

    assert before["status"] == after["status"] == "ok"
    assert after["position"] > before["position"]


def test_two_vouchers_with_one_id_are_two(office: Office):
    """One id never has two contents: the second stands beside the first, its money in suspense."""
    phone = office.phone()
    first = phone.receipt("cus_1", 1_000)
    twin = phone.receipt("cus_1", 2_000)
    phone.entries.pop()
    phone.write("receipt_issued", twin.body, id=first.id)
    office.hand_in(phone)

    found = office.all(Voucher)
    assert sorted((one.verdict, sum(t.amount for t in one.tenders)) for one in found) == [
        ("accepted", 1_000),
        ("review", 2_000),
    ]
    assert all(isinstance(tender, Cash) for one in found for tender in one.tenders)
    assert office.one(Customer, "cus_1").credit == {"EGP": 1_000}
