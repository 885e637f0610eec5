"""A declaration crosses the counter as a code: whoever is heard first, the money is counted once and in one place."""

from typing import Any

import msgspec
import pytest

from schemas.documents import Custody, Deposit, DepositAhead, DepositWaiting, PhoneKey, Safe, Suspended
from server.replay import digest
from server.store.opening import open_shelf
from sync.chain import b64
from tests.phone import Kept, Phone
from tests.server.small_office import Office, code_of

CHEQUE = {"method": "cheque", "currency": "EGP", "bank": "NBE", "number": "000123", "due": "2026-12-31"}
PAPER = {"number": "123", "currency": "EGP", "amount": 5_000}
TOTALS = [
    {"currency": "EGP", "method": "cash", "count": 1, "amount": 10_000},
    {"currency": "EGP", "method": "cheque", "count": 1, "amount": 5_000},
]


def declare(phone: Phone) -> Kept:
    """Offline: two vouchers and their declaration, on the phone only."""
    phone.receipt("cus_1", 10_000)
    phone.receipt("cus_2", 0, tenders=[{**CHEQUE, "amount": 5_000}])
    phone.deposits += 1
    name = f"{phone.code}-{phone.deposits:04}"
    return phone.write("deposit_declared", {"name": name, "count": phone.deposits, "totals": TOTALS})


def texts(kept: Kept) -> dict[str, str]:
    """What the code on the phone's screen says."""
    return {"envelope": kept.envelope.decode(), "body": kept.body.decode(), "sig": kept.sig}


def count(desk: Phone, declared: Kept, *, cash: int = 10_000, papers: Any = (PAPER,), round: int = 1) -> Kept:
    name = msgspec.json.decode(declared.body)["name"]
    counted = [{"currency": "EGP", "amount": cash}]
    body = {"deposit": declared.id, "name": name, "round": round, "cash": counted, "cheques": list(papers)}
    return desk.write("deposit_counted", {**body, "declaration": texts(declared)})


def accept(desk: Phone, declared: Kept, counted: Kept, **body: Any) -> Kept:
    said = {"totals_only": True} | body
    return desk.write("deposit_accepted", {"deposit": declared.id, "count": counted.id, **said})


def carry(office: Office, declared: Kept, phone: Phone, carrier: str = "") -> Any:
    """Hand in the declaration alone, as the desk does that scanned it."""
    return office.push(phone, declared.seq, declared.seq, carrier=carrier)


def verdicts(reply: dict[str, Any]) -> list[tuple[str, list[str]]]:
    return [(one["verdict"], one.get("flags", [])) for one in reply["outcomes"]]


def is_settled(office: Office, declared: Kept) -> None:
    safe, custody = office.one(Safe, "usr_mona"), office.one(Custody, "usr_omar")
    assert (safe.cash, safe.cheques, safe.cheque_count) == ({"EGP": 10_000}, {"EGP": 5_000}, 1)
    assert (custody.cash, custody.cheques, custody.transit_cash, custody.transit_cheques) == ({}, {}, {}, {})
    assert office.one(Deposit, declared.id).state == "accepted"
    assert office.balance(f"suspense/{declared.id}") == 0
    assert office.get("/suspense", "nadia").json() == []


def test_the_desk_is_heard_before_the_phone(office: Office):
    """The money is in the safe at once, against suspense; the collector is free as soon as his phone is heard, with
    nobody's help, and what he declared is in nobody's reply before."""
    phone, desk = office.phone(), office.desk()
    declared = declare(phone)
    assert code_of(carry(office, declared, phone, desk.device)) == "gap"
    counted = count(desk, declared)
    accept(desk, declared, counted)

    assert verdicts(office.hand_in(desk)) == [("review", ["declaration_awaited"])] * 2

    assert office.one(Safe, "usr_mona").cash == {"EGP": 10_000}
    assert office.balance(f"suspense/{declared.id}") == -15_000
    assert office.one(Deposit, declared.id) is None
    waiting = office.one(DepositWaiting, declared.id)
    assert (waiting.collector, waiting.instruments, waiting.state) == ("usr_omar", 1, "ahead")
    rows = office.get("/suspense", "nadia").json()
    assert [row["held"]["deposit"] for row in rows] == [declared.id] * 2
    refused = office.post(f"/suspense/{rows[0]['held']['id']}/release", "nadia", {"reason": "sure"})
    assert (code_of(refused), refused.json()["facts"]["flags"]) == ("refused", ["declaration_awaited"])

    assert {verdict for verdict, _ in verdicts(office.hand_in(phone))} == {"accepted"}

    is_settled(office, declared)
    assert office.one(Deposit, declared.id).acceptance.by == "usr_mona"
    assert office.one(Deposit, declared.id).counts[0].id == counted.id
    assert [one.state for one in office.all(Suspended)] == ["released", "released"]


def test_the_phone_is_heard_before_the_desk(office: Office):
    """Then the count meets its declaration as any count does; the code that it carries changes nothing."""
    phone, desk = office.phone(), office.desk()
    declared = declare(phone)
    counted = count(desk, declared)
    accept(desk, declared, counted)
    office.hand_in(phone)

    assert verdicts(office.hand_in(desk)) == [("accepted", [])] * 2

    is_settled(office, declared)
    assert office.all(DepositAhead) == []


def test_the_desk_carries_what_the_phone_cannot_send(office: Office):
    """Where the office has everything up to the declaration, the code itself hands it in; later it is a repeat."""
    phone, desk = office.phone(), office.desk()
    declared = declare(phone)
    assert office.push(phone, 0, declared.seq - 1).status_code == 200

    assert verdicts(carry(office, declared, phone, desk.device).json()) == [("accepted", [])]
    accept(desk, declared, count(desk, declared))
    assert verdicts(office.hand_in(desk)) == [("accepted", [])] * 2

    is_settled(office, declared)
    assert verdicts(office.push(phone, declared.seq).json()) == [("accepted", [])]
    is_settled(office, declared)


def test_a_count_waits_alone(office: Office):
    """Counted from the code and not accepted, because it differed: with the declaration the cashier sees figures and
    cheques, and decides as ever."""
    phone, desk = office.phone(), office.desk()
    declared = declare(phone)
    counted = count(desk, declared, cash=9_900)
    assert verdicts(office.hand_in(desk)) == [("review", ["declaration_awaited"])]
    assert code_of(office.get(f"/deposits/{declared.id}", "mona")) == "not_found"
    office.hand_in(phone)

    assert office.get(f"/deposits/{declared.id}", "mona").json()["deposit"]["state"] == "counted"
    variance = {"currency": "EGP", "amount": -100, "reason": "not_known"}
    accept(desk, declared, counted, variances=[variance], totals_only=False)
    assert verdicts(office.hand_in(desk)) == [("accepted", ["cash_short"])]
    assert (office.one(Safe, "usr_mona").cash, office.one(Custody, "usr_omar").short) == ({"EGP": 9_900}, {"EGP": 100})


@pytest.mark.parametrize("first", ["desk", "phone"])
def test_a_cheque_that_does_not_match_waits_for_the_cashier(office: Office, first: str):
    """The totals agreed, a number did not: the acceptance is not settled by itself, whoever is heard first. The cashier
    counts again, and what he had taken over is in the safe once."""
    phone, desk = office.phone(), office.desk()
    declared = declare(phone)
    accept(desk, declared, count(desk, declared, papers=[{**PAPER, "number": "132"}]))
    for one in (desk, phone) if first == "desk" else (phone, desk):
        office.hand_in(one)
    assert office.one(Deposit, declared.id).state == "counted"
    assert office.balance(f"suspense/{declared.id}") == -15_000
    assert office.one(Custody, "usr_omar").transit_cash == {"EGP": 10_000}
    [row] = office.get("/suspense", "nadia").json()
    refused = office.post(f"/suspense/{row['held']['id']}/release", "nadia", {"reason": "sure"})
    assert refused.json()["facts"]["flags"] == ["not_matched"]

    accept(desk, declared, count(desk, declared, round=2), totals_only=False)
    assert verdicts(office.hand_in(desk)) == [("accepted", [])] * 2

    is_settled(office, declared)
    states = {"desk": ["ended", "released"], "phone": ["ended"]}
    assert sorted(one.state for one in office.all(Suspended)) == states[first]


def test_two_desks_count_from_the_same_code(office: Office):
    """The first acceptance stands. The other cashier's count is kept, and the money that he says he has waits for a
    supervisor: he goes on answering for it."""
    phone, desk, other = office.phone(), office.desk(), office.desk()
    declared = declare(phone)
    for one in (desk, other):
        accept(one, declared, count(one, declared))
    office.hand_in(desk)
    other.user = "usr_mona"
    reply = verdicts(office.hand_in(other))
    assert reply == [("review", ["declaration_awaited"]), ("refused", ["deposit_already_decided"])]
    office.hand_in(phone)

    assert office.one(Deposit, declared.id).acceptance.count == desk.entries[-2].id
    [row] = office.get("/suspense", "nadia").json()
    assert (row["held"]["kind"], row["held"]["device"]) == ("deposit_counted", other.device)
    office.post(f"/suspense/{row['held']['id']}/reject", "nadia", {"reason": "the same bag"})
    is_settled(office, declared)


def test_another_entry_under_the_same_name_is_not_settled(office: Office):
    """A phone that was set back declares otherwise than it showed: the cashier's count waits for a person."""
    phone, desk = office.phone(), office.desk()
    declared = declare(phone)
    accept(desk, declared, count(desk, declared))
    office.hand_in(desk)
    phone.entries.pop()
    phone.write("deposit_declared", {"name": "K7-0001", "count": 1, "totals": TOTALS, "books": ["b"]}, id=declared.id)
    office.hand_in(phone)

    assert office.one(Deposit, declared.id).state == "declared"
    assert office.balance(f"suspense/{declared.id}") == -15_000
    assert len(office.get("/suspense", "nadia").json()) == 2


def test_a_stopped_phones_declaration_settles_when_it_is_released(office: Office):
    """The declaration itself waits for a supervisor; with his decision the count and the acceptance follow."""
    phone, desk = office.phone(), office.desk()
    declared = declare(phone)
    office.push(phone, 0, declared.seq - 1)
    accept(desk, declared, count(desk, declared))
    office.hand_in(desk)
    office.post(f"/devices/{phone.device}/revoke", "tarek", {"reason": "taxi", "state": "revoked"})
    office.hand_in(phone)
    row = next(one for one in office.get("/suspense", "nadia").json() if one["held"]["kind"] == "deposit_declared")

    answer = office.post(f"/suspense/{row['held']['id']}/release", "nadia", {"reason": "seen"})

    assert answer.json()["state"] == "released"
    is_settled(office, declared)
    assert office.one(PhoneKey, phone.device).state == "revoked"


@pytest.mark.parametrize("login", ["mona", "sherif"])
def test_a_desk_knows_the_keys_of_its_branchs_phones(office: Office, login: str):
    """So that it can check a code without a network; and no other branch's."""
    phone = office.phone()
    office.desk(login)
    pulled = {one["id"]: one["doc"] for one in office.pull(login)["changes"] if one["type"] == "phone_key"}
    known = {phone.device: phone.key.spki} if login == "mona" else {}
    assert {id: doc["public_key"] for id, doc in pulled.items()} == known


def test_both_orders_replay_to_the_same_money(office: Office):
    """A settlement is an entry like any other: nothing is judged again in a replay, and nothing is left in between."""
    phone, desk = office.phone(), office.desk()
    first = declare(phone)
    accept(desk, first, count(desk, first))
    office.hand_in(desk)
    office.hand_in(phone)
    settings = office.company.settings
    shelf = open_shelf(settings)
    before = digest(shelf)
    shelf.close()
    assert office.select("SELECT count(*) FROM journal j WHERE j.hash = ?", first.hash)[0][0] == 1
    assert b64(first.hash) in {one.hash for one in office.all(DepositAhead)}
    office.hand_in(desk)  # everything again
    office.push(phone, 1)
    shelf = open_shelf(settings)
    assert digest(shelf) == before
    shelf.close()
