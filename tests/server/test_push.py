"""Push: what is handed in is kept once, in its place, whatever its state; the answer says what became of it."""

import gzip
import json
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import replace
from typing import Any

import msgspec
import pytest

from schemas.documents import Company, Custody, Customer, Voucher
from schemas.wire import Head, Push
from server.arriving import entry_of
from server.inbox import Push as Job
from server.store.opening import open_shelf
from server.verify import verify
from sync import books, receipts
from sync.chain import b64, place
from sync.kinds import KINDS
from tests.phone import Phone
from tests.server.small_office import Office, code_of


def clone(phone: Phone) -> Phone:
    """The same phone once more, as a copied or restored one: same key, same chain so far."""
    return replace(phone, entries=list(phone.entries))


def outcomes(reply: Any) -> list[tuple[str, list[str]]]:
    return [(one["verdict"], one.get("flags", [])) for one in reply["outcomes"]]


def vouchers(office: Office) -> list[Voucher]:
    return office.all(Voucher)


def cash(office: Office, login: str = "omar") -> int:
    custody = office.one(Custody, f"usr_{login}")
    return custody.cash.get("EGP", 0) if custody else 0


# ---- 200


def test_each_entry_gets_its_verdict_flags_and_position(office: Office):
    """A push is answered per entry, with the chain as the server has it, its epoch and its clock."""
    phone = office.phone()
    phone.receipt("cus_1", 10_000)
    phone.receipt("cus_5", 7_000)

    reply = office.hand_in(phone)

    assert outcomes(reply) == [("accepted", []), ("accepted", ["customer_not_assigned"])]
    first, second = (one["position"] for one in reply["outcomes"])
    assert second == first + 1
    assert reply["acked"] == {"seq": 3, "hash": b64(phone.head), "position": second}
    assert reply["epoch"] == office.pull("omar")["epoch"]
    assert reply["server_time"].startswith("2026-11-22T08:00:00")
    assert cash(office) == 17_000


def test_an_entry_twice_in_one_push_is_one_entry(office: Office):
    """A push that holds the same bytes twice stores them once and answers for both."""
    phone = office.phone()
    kept = phone.receipt("cus_1", 10_000)
    raw = phone.push(2).replace(b'"entries":[', b'"entries":[%b,' % kept.wire())

    reply = office.send(raw).json()

    assert {one["seq"] for one in reply["outcomes"]} == {2}
    assert len({one["position"] for one in reply["outcomes"]}) == 1
    assert office.verdicts(phone)[2] == ["accepted"]
    assert cash(office) == 10_000


def test_a_push_without_entries_asks_where_the_chain_stands(office: Office):
    """A signed head alone is answered with the acknowledged head."""
    phone = office.phone()

    reply = office.push(phone, 2).json()

    assert reply["outcomes"] == []
    assert reply["acked"]["seq"] == 1


def test_gzip_is_taken(office: Office):
    """A packed push is the same push."""
    phone = office.phone()
    phone.receipt("cus_1", 10_000)

    reply = office.send(gzip.compress(phone.push(2)), **{"Content-Encoding": "gzip"}).json()

    assert outcomes(reply) == [("accepted", [])]


# ---- 403


def test_an_unknown_device_is_refused_and_nothing_stored(office: Office):
    """403 device_unknown: nobody can vouch for such an entry."""
    stranger = Phone("cmp_test", "dev_NOBODY", "usr_omar")
    stranger.write("chain_started", {"app": "test"})
    before = office.journal()

    answer = office.push(stranger)

    assert (answer.status_code, code_of(answer)) == (403, "device_unknown")
    assert office.journal() == before


@pytest.mark.parametrize("sig", ["", "A" * 86, "short", "é" * 86, "A" * 4000])
def test_a_wrong_head_signature_stores_nothing(office: Office, sig: str):
    """403 bad_signature when the head is not signed by its device; an absent one is no signed head either."""
    phone = office.phone()
    phone.receipt("cus_1", 10_000, sign=False)
    message = json.loads(phone.push(2))
    message["sig"] = sig
    before = office.journal()

    answer = office.send(json.dumps(message).encode())

    assert (answer.status_code, code_of(answer)) == (403, "bad_signature")
    assert office.journal() == before


def test_another_devices_key_cannot_sign_a_head(office: Office):
    """A head signed by somebody else's key is not the writer's."""
    phone, other = office.phone("omar"), office.phone("hany")
    phone.receipt("cus_1", 10_000)
    before = office.journal()

    answer = office.send(replace(phone, key=other.key).push(2))

    assert code_of(answer) == "bad_signature"
    assert office.journal() == before


def test_an_unsigned_push_without_entries_proves_nothing(office: Office):
    """Without a signature and without entries there is nobody to answer."""
    phone = office.phone()

    assert code_of(office.push(phone, 2, carrier="")) == "bad_signature"


def test_entries_of_another_company_are_refused(office: Office):
    """403 wrong_company, and nothing of the push is stored."""
    phone = office.phone()
    phone.receipt("cus_1", 10_000)
    phone.write("visit_started", {"customer": "cus_1"}, company="cmp_other")
    before = office.journal()

    answer = office.push(phone)

    assert (answer.status_code, code_of(answer)) == (403, "wrong_company")
    assert office.journal() == before


# ---- 400, 413, 429


def test_one_push_carries_one_writer(office: Office):
    """Entries of two devices in one push are refused whole: whose chain would be acknowledged?"""
    phone, other = office.phone("omar"), office.phone("hany")
    phone.receipt("cus_1", 10_000)
    foreign = other.write("visit_started", {"customer": "cus_4"})
    before = office.journal()

    answer = office.send(phone.push(2).replace(b'],"sig"', b',%b],"sig"' % foreign.wire()))

    assert (answer.status_code, code_of(answer)) == (400, "malformed")
    assert office.journal() == before


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"null",
        b"[]",
        b"{",
        b'{"head":1,"entries":[]}',
        b'{"head":"{}","entries":[]}',
        b'{"head":"nonsense","entries":[]}',
        b'{"head":"\xff","entries":[]}',
        b'{"head":"\\ud800","entries":[]}',
        b'{"entries":[],"head":"{\\"device\\":\\"d\\",\\"seq\\":\\"1\\",\\"hash\\":\\"\\"}"}',
        b'{"head":"{\\"device\\":\\"d\\",\\"seq\\":1,\\"hash\\":\\"\\"}","entries":[1]}',
        b'{"head":"{\\"device\\":\\"d\\",\\"seq\\":1,\\"hash\\":\\"\\"}","entries":[{"envelope":{}}]}',
        b'{"head":' + b"[" * 100_000 + b"]" * 100_000 + b"}",
        b"\x00\x01\x02",
    ],
    ids=range(14),
)
def test_a_body_that_is_no_push_is_malformed(office: Office, raw: bytes):
    """400 malformed, as a problem document, for whatever is no push."""
    answer = office.send(raw)

    assert (answer.status_code, code_of(answer)) == (400, "malformed")


@pytest.mark.parametrize(
    "packed", [b"no gzip at all", gzip.compress(b"x" * 5000)[:-12], b"\x1f\x8b\x08\x00" + b"\xff" * 40]
)
def test_a_body_that_is_no_gzip_is_malformed(office: Office, packed: bytes):
    """A broken packed body is a problem of the sender, told as one."""
    answer = office.send(packed, **{"Content-Encoding": "gzip"})

    assert (answer.status_code, code_of(answer)) == (400, "malformed")


def test_a_body_over_four_megabytes_is_too_large(office: Office):
    """413 too_large: send half."""
    answer = office.send(b" " * (4 * 1024 * 1024 + 1))

    assert (answer.status_code, code_of(answer)) == (413, "too_large")


def test_a_gzip_bomb_is_too_large(office: Office):
    """What unpacks to more than 4 MB is refused, however small it came."""
    bomb = gzip.compress(b" " * (64 * 1024 * 1024), 9)
    assert len(bomb) < 100_000

    answer = office.send(bomb, **{"Content-Encoding": "gzip"})

    assert (answer.status_code, code_of(answer)) == (413, "too_large")


@pytest.mark.parametrize("over", [0, 1])
def test_an_entry_has_at_most_32000_bytes(office: Office, over: int):
    """An entry of exactly the allowed size is taken, one byte more is entry_too_large."""
    phone = office.phone()
    empty = phone.write("voucher_shared", {"receipt": "r", "how": ""})
    phone.entries.pop()
    room = 32_000 - len(empty.envelope) - len(empty.body) + over
    phone.write("voucher_shared", {"receipt": "r", "how": "x" * room})
    kept = phone.entries[-1]
    assert len(kept.envelope) + len(kept.body) == 32_000 + over

    answer = office.push(phone)

    if over:
        assert (answer.status_code, code_of(answer)) == (413, "entry_too_large")
    else:
        assert answer.json()["acked"]["seq"] == 2


def test_a_quota_limits_new_entries_and_not_repeats(office: Office):
    """429 quota_reached counts what is newly stored in a day; repeats and refused pushes are free."""
    phone = office.phone()
    office.company.writer.quota = 6
    for _ in range(200):
        phone.write("visit_started", {"customer": "cus_1"})
    allowed = max(6, 3 * 40) - 1
    assert office.push(phone, 2, allowed + 1).status_code == 200
    for _ in range(3):
        assert office.push(phone, 2, allowed + 1).status_code == 200

    answer = office.push(phone, allowed + 2)

    assert (answer.status_code, code_of(answer)) == (429, "quota_reached")
    assert answer.headers["retry-after"]
    assert len(office.verdicts(phone)) == allowed + 1
    office.clock.ahead(days=1)
    assert office.push(phone, allowed + 2).json()["acked"]["seq"] == 201


# ---- gaps and holes


def test_missing_entries_are_recorded_as_a_hole_and_the_rest_is_taken(office: Office):
    """What a phone says, signed, that it no longer has is recorded by the server's own chain; nothing wedges."""
    phone = office.phone()
    for _ in range(6):
        phone.receipt("cus_1", 1_000)

    reply = office.push(phone, 5, missing=[[2, 4]]).json()

    assert outcomes(reply) == [("accepted", ["number_out_of_order"]), ("accepted", []), ("accepted", [])]
    assert reply["acked"]["seq"] == 7
    assert sorted(office.verdicts(phone)) == [1, 5, 6, 7]
    rows = office.company.store.rows()
    holes = [json.loads(row.body) for row in rows if row.online and b'"kind":"hole_recorded"' in row.envelope]
    assert holes == [{"device": phone.device, "first": 2, "last": 4}]
    assert cash(office) == 3_000


def test_a_hole_that_is_only_partly_declared_is_a_gap(office: Office):
    """Only a range that covers the whole gap, in a signed head, lets what follows in."""
    phone = office.phone()
    for _ in range(5):
        phone.receipt("cus_1", 1_000)

    for missing in ([], [[2, 3]], [[3, 4]], [[5, 9]]):
        assert code_of(office.push(phone, 5, missing=missing)) == "gap"
    assert code_of(office.push(phone, 5, carrier="", missing=[[2, 4]])) == "gap"


def test_two_holes_in_one_push_are_two_records(office: Office):
    """A push may lack entries in two places."""
    phone = office.phone()
    for _ in range(8):
        phone.receipt("cus_1", 1_000)
    raw = json.loads(phone.push(2, missing=[[2, 3], [6, 7]]))
    wires = [phone.entries[seq - 1].wire() for seq in (4, 5, 8, 9)]
    body = b'{"head":%b,"entries":[%b],"sig":"%b"}' % (
        msgspec.json.encode(raw["head"]),
        b",".join(wires),
        raw["sig"].encode(),
    )

    reply = office.send(body).json()

    assert reply["acked"]["seq"] == 9
    assert sorted(office.verdicts(phone)) == [1, 4, 5, 8, 9]


def test_what_was_declared_missing_and_turns_up_is_kept_under_review(office: Office):
    """Entries that fill a declared hole are not lost: they are kept, their money in suspense."""
    phone = office.phone()
    for _ in range(3):
        phone.receipt("cus_1", 1_000)
    office.push(phone, 4, missing=[[2, 3]])

    reply = office.push(phone, 2, 3).json()

    assert [verdict for verdict, _ in outcomes(reply)] == ["review", "review"]
    assert cash(office) == 3_000
    assert sum(office.balance(f"suspense/{one.id}") for one in vouchers(office)) == -2_000


# ---- forks


def test_a_fork_goes_on_and_stays_a_fork(office: Office):
    """What continues the side branch is kept beside it, in the same push or a later one, and counted once."""
    phone = office.phone()
    copy = clone(phone)
    phone.receipt("cus_1", 10_000)
    office.hand_in(phone)
    copy.receipt("cus_2", 4_000)
    copy.receipt("cus_2", 5_000)
    copy.receipt("cus_2", 6_000)

    assert [verdict for verdict, _ in outcomes(office.push(copy, 2, 3).json())] == ["review", "review"]
    third = office.push(copy, 4, 4)
    assert third.status_code == 200, third.text
    assert outcomes(third.json()) == [("review", ["fork"])]

    for start, end in [(2, 4), (3, 4), (4, 4), (3, 3)]:
        again = office.push(copy, start, end)
        assert again.status_code == 200, again.text
        assert len(again.json()["outcomes"]) == end - start + 1
    assert {seq: len(kept) for seq, kept in office.verdicts(phone).items()} == {1: 1, 2: 2, 3: 1, 4: 1}
    assert cash(office) == 25_000


def test_a_fork_goes_on_behind_what_its_writer_has_lost(office: Office):
    """A side branch with a hole is taken once the hole is told; until then its writer hears where the chain stands."""
    phone = office.phone()
    copy = clone(phone)
    phone.receipt("cus_1", 10_000)
    office.hand_in(phone)
    for amount in (4_000, 5_000, 6_000, 7_000):
        copy.receipt("cus_2", amount)
    office.push(copy, 2, 3)

    untold = office.push(copy, 5, 5)
    assert code_of(untold) == "gap"
    elsewhere = office.push(copy, 5, 5, missing=[(3, 3), (7, 9)])
    assert code_of(elsewhere) == "gap"
    told = office.push(copy, 5, 5, missing=[(4, 4)])

    assert outcomes(told.json()) == [("review", ["fork"])]
    assert outcomes(office.push(copy, 5, 5).json()) == [("review", ["fork"])]
    assert {seq: len(kept) for seq, kept in office.verdicts(phone).items()} == {1: 1, 2: 2, 3: 1, 5: 1}
    assert cash(office) == 10_000 + 4_000 + 5_000 + 7_000


def test_the_original_goes_on_beside_its_fork(office: Office):
    """After a fork the first chain continues as before, and the copy's entries at the same places stay beside it."""
    phone = office.phone()
    copy = clone(phone)
    phone.receipt("cus_1", 10_000)
    office.hand_in(phone)
    copy.receipt("cus_2", 4_000)
    copy.receipt("cus_2", 5_000)
    office.push(copy, 2)
    phone.receipt("cus_1", 1_000)
    phone.receipt("cus_1", 2_000)

    reply = office.push(phone).json()

    assert [verdict for verdict, _ in outcomes(reply)] == ["accepted", "accepted"]
    assert reply["acked"]["seq"] == 4
    assert "fork" in office.push(copy, 2).json()["outcomes"][1]["flags"]
    assert {seq: len(kept) for seq, kept in office.verdicts(phone).items()} == {1: 1, 2: 2, 3: 2, 4: 1}
    assert cash(office) == 22_000


def test_a_broken_prev_is_a_fork(office: Office):
    """An entry that does not follow from the one before it is not of this chain: kept under review, nothing blocked."""
    phone = office.phone()
    phone.receipt("cus_1", 10_000)
    phone.write("visit_started", {"customer": "cus_1"}, prev=b64(b"\0" * 32))

    reply = office.push(phone).json()

    assert outcomes(reply) == [("accepted", []), ("review", ["fork"])]
    assert reply["device_state"] == "forked"


@pytest.mark.parametrize("seq", [0, -1, -(2**70)])
def test_a_senseless_seq_is_kept_or_refused_and_never_crashes(office: Office, seq: int):
    """A seq below one is no place in a chain: the entry is kept aside or refused as malformed."""
    phone = office.phone()
    phone.write("visit_started", {"customer": "cus_1"}, seq=seq)

    answer = office.send(phone.push(-(2**80)))

    assert answer.status_code in (200, 400), answer.text
    phone.entries.pop(0)


# ---- carried


def test_anybody_may_carry_entries(office: Office):
    """Another phone or a file hands in entries without a head signature; the carrier is remembered."""
    phone, other = office.phone("omar"), office.phone("hany")
    phone.receipt("cus_1", 10_000)
    phone.receipt("cus_1", 11_000)

    by_phone = office.push(phone, 2, 2, carrier=other.device).json()
    by_file = office.push(phone, 3, carrier="").json()

    assert outcomes(by_phone) == outcomes(by_file) == [("accepted", [])]
    assert by_file["acked"]["seq"] == 3
    assert office.push(phone, 2).json()["outcomes"] == by_phone["outcomes"] + by_file["outcomes"]


def test_an_unsigned_tail_of_a_carried_push_is_not_stored_and_said_so(office: Office):
    """Nobody vouches for what follows the last good signature; who brought it keeps it."""
    phone = office.phone()
    phone.receipt("cus_1", 10_000)
    phone.receipt("cus_1", 11_000, sign=False)
    phone.receipt("cus_1", 12_000, sign=False)

    reply = office.push(phone, 2, carrier="").json()

    assert outcomes(reply) == [
        ("accepted", []),
        ("refused", ["bad_signature"]),
        ("refused", ["bad_signature"]),
    ]
    assert [one["position"] > 0 for one in reply["outcomes"]] == [True, False, False]
    assert reply["acked"]["seq"] == 2
    assert cash(office) == 10_000


def test_a_carried_push_that_nobody_signed_stores_nothing(office: Office):
    """403 when no entry of a carried push bears its device's signature."""
    phone = office.phone()
    phone.receipt("cus_1", 10_000, sign=False)
    before = office.journal()

    answer = office.push(phone, 2, carrier="")

    assert (answer.status_code, code_of(answer)) == (403, "bad_signature")
    assert office.journal() == before


def test_a_changed_carried_entry_is_not_its_writers(office: Office):
    """A carrier that changes an amount and the body's hash breaks the signature; nothing is stored."""
    phone = office.phone()
    kept = phone.receipt("cus_1", 10_000)
    raw = phone.push(2, carrier="").replace(b'"amount":10000', b'"amount":90000')
    body = kept.body.replace(b'"amount":10000', b'"amount":90000')
    forged = clone(phone)
    forged.entries.pop()
    rewritten = forged.write("receipt_issued", body, sign=False)

    swapped = office.send(raw)
    resigned = office.send(raw.replace(kept.envelope, rewritten.envelope))

    # The envelope is the writer's, the body is not: kept under review, and never counted as what it claims.
    assert outcomes(swapped.json())[0] == ("review", ["body_mismatch"])
    assert code_of(resigned) == "bad_signature"


# ---- signatures


def test_a_bad_last_signature_under_an_honest_head_is_kept_under_review(office: Office):
    """The phone itself says these are its entries: up to the last good signature all is accepted, the rest held."""
    phone = office.phone()
    phone.receipt("cus_1", 10_000)
    phone.receipt("cus_1", 11_000, sign=False)

    reply = office.push(phone).json()

    assert outcomes(reply) == [("accepted", []), ("review", ["bad_signature"])]
    assert reply["acked"]["seq"] == 3
    assert office.balance(f"suspense/{phone.entries[2].id}") == -11_000
    assert cash(office) == 21_000


def test_a_bad_signature_in_the_middle_is_vouched_for_by_the_chain(office: Office):
    """Each envelope holds the hash of the one before, so a good signature behind a bad one vouches for it."""
    phone = office.phone()
    office.sound = False  # verify names the signature itself
    phone.receipt("cus_1", 10_000, sign=False)
    phone.receipt("cus_1", 11_000)

    reply = office.push(phone).json()

    assert [verdict for verdict, _ in outcomes(reply)] == ["accepted", "accepted"]


# ---- entries that are wrong


def wrong_body(phone: Phone, body: bytes) -> None:
    phone.write("receipt_issued", body)


def tendered(phone: Phone, **tender: Any) -> bytes:
    """A voucher's body with one tender as given."""
    kept = clone(phone).receipt("cus_1", 5_000)
    body = json.loads(kept.body)
    body["tenders"] = [{name: value for name, value in tender.items() if value is not ...}]
    return json.dumps(body).encode()


CASH: dict[str, Any] = {"method": "cash", "currency": "EGP", "amount": 5_000}


@pytest.mark.parametrize(
    "change",
    [
        {"amount": 50.5},
        {"amount": -5_000},
        {"amount": 0},
        {"amount": "5000"},
        {"amount": None},
        {"amount": True},
        {"amount": ...},
        {"amount": 10**30},
        {"amount": 2**63},
        {"currency": ...},
        {"currency": "egp"},
        {"currency": ""},
        {"currency": 818},
        {"method": "barter"},
        {"method": ...},
    ],
    ids=str,
)
def test_wrong_money_is_kept_counted_nowhere_and_blocks_nothing(office: Office, change: dict[str, Any]):
    """An amount that is no positive whole number of minor units, or has no currency, is kept as bytes, under review,
    and the vouchers behind it pass."""
    phone = office.phone()
    wrong_body(phone, tendered(phone, **(CASH | change)))
    phone.receipt("cus_1", 10_000)

    reply = office.push(phone).json()

    assert outcomes(reply)[0] == ("review", ["unjudged"])
    assert outcomes(reply)[1][0] == "accepted"
    assert cash(office) == 10_000


def test_money_beyond_what_a_store_can_hold_is_kept_and_blocks_nothing(office: Office):
    """Two amounts that each fit and together do not: the second is kept unjudged and those behind it pass."""
    phone = office.phone()
    phone.receipt("cus_1", 2**63 - 1)
    phone.receipt("cus_1", 2**63 - 1)
    phone.receipt("cus_2", 10_000)

    reply = office.push(phone).json()

    assert len(reply["outcomes"]) == 3
    assert reply["acked"]["seq"] == 4
    assert outcomes(reply)[1] == ("review", ["unjudged"])


@pytest.mark.parametrize("wrong", [{"id": "v" * 3000}, {"by": "usr\0"}, {"at": "\0"}])
def test_an_envelope_that_no_store_could_file_is_kept_as_bytes(office: Office, wrong: dict[str, Any]):
    """An id of three thousand letters, or U+0000, which nobody writes: kept unjudged in its place, on either engine."""
    phone = office.phone()
    phone.write("visit_started", {"customer": "cus_1"}, **wrong)
    phone.receipt("cus_1", 10_000)

    reply = office.push(phone).json()

    assert outcomes(reply) == [("review", ["unjudged"]), ("accepted", [])]
    assert reply["acked"]["seq"] == 3


def test_odd_characters_in_heads_signatures_and_addresses_find_nothing(office: Office):
    """U+0000 where a signature, a head's text or a name in an address should be is told or passed over, never an error
    of ours; a backslash before the letters u0000 is no such character."""
    phone = office.phone()
    note = "\\u0000"
    phone.write("visit_started", {"customer": "cus_1", "note": note})
    raw = phone.push(2)
    sig = phone.entries[-1].sig.encode()

    assert code_of(office.send(raw.replace(b'"head":"{', b'"head":"\\u0000{'))) == "malformed"
    wrong = office.send(raw.replace(b'"sig":"' + sig, b'"sig":"\\u0000' + sig[:8])).json()
    assert outcomes(wrong) == [("review", ["bad_signature", "unknown_fields"])]
    assert office.get("/deposits/a%00b", "nadia").status_code == 404
    assert office.get("/enrolments/A%00B").status_code == 404
    assert office.get("/customers?search=%00", "nadia").json()["total"] == 0


def test_tenders_that_do_not_add_up_wait_in_suspense(office: Office):
    """Allocations that differ from the tenders: the money is counted in custody and waits in suspense."""
    phone = office.phone()
    kept = phone.receipt("cus_1", 10_000, on_account=9_999)

    assert outcomes(office.hand_in(phone)) == [("review", ["totals_differ"])]
    assert office.balance(f"suspense/{kept.id}") == -10_000
    assert cash(office) == 10_000


def test_a_wrong_number_on_a_leaf_spends_the_leaf_and_adds_up(office: Office):
    """The number on the paper is not its leaf's: it waits with its money, the leaf is spent once, the rightful voucher
    of the leaf is the second on it, and `verify` finds nothing that does not add up, voided or not."""
    phone = office.phone()
    visit = phone.write("visit_started", {"customer": "cus_1"})
    wrong = phone.receipt("cus_1", 700, number="CAI-000002", visit=visit.id)
    assert outcomes(office.hand_in(phone))[-1] == ("review", ["number_outside_book"])
    office.receipt(phone, "cus_1", 800)
    phone.leaf = 0
    phone.receipt("cus_1", 900)
    assert outcomes(office.hand_in(phone)) == [("review", ["number_repeated"])]
    phone.leaf = 1
    phone.receipt("cus_1", 100, number="CAI-000009")
    assert outcomes(office.hand_in(phone)) == [("review", ["number_repeated", "number_outside_book"])]
    with closing(open_shelf(office.company.settings)) as shelf:
        assert list(verify(shelf)) == []
    phone.write("receipt_voided", {"receipt": wrong.id, "reason": "misprint"})

    assert outcomes(office.hand_in(phone)) == [("accepted", [])]
    book = office.books(phone)[0]
    assert (book.issued, book.voided) == ("3", "1")


def test_a_body_that_was_not_signed_is_held(office: Office):
    """A body that differs from body_hash is kept under review and its amount stays out of the customer's account."""
    phone = office.phone()
    kept = phone.receipt("cus_1", 10_000)
    raw = (
        phone.push(2)
        .replace(b'"amount":10000', b'"amount":10001')
        .replace(b'"on_account":10000', b'"on_account":10001')
    )

    reply = office.send(raw).json()

    assert outcomes(reply) == [("review", ["body_mismatch"])]
    assert office.balance("on_account/cus_1") == 0
    assert office.push(phone, 2).json()["outcomes"] == reply["outcomes"]
    assert kept.hash in [hash for _, _, hash, _ in office.journal()]


@pytest.mark.parametrize("at", [2, 3, 4])
def test_an_envelope_that_cannot_be_read_is_kept_in_its_place(office: Office, at: int):
    """A damaged envelope stands where its neighbours say; first, amid, or last in a push, it never wedges the phone."""
    phone = office.phone()
    for seq in (2, 3, 4):
        if seq == at:
            phone.write("visit_started", {"customer": "cus_1"}, v="one")
        else:
            phone.receipt("cus_1", 10_000)

    reply = office.push(phone).json()

    assert [verdict for verdict, _ in outcomes(reply)] == ["review" if seq == at else "accepted" for seq in (2, 3, 4)]
    assert reply["acked"]["seq"] == 4
    assert office.push(phone, 2).json()["outcomes"] == reply["outcomes"]
    assert cash(office) == 20_000


def test_an_unreadable_envelope_alone_is_kept_once(office: Office):
    """A batch of one damaged entry is stored behind the chain, and the same again is a repeat."""
    phone = office.phone()
    phone.write("visit_started", {"customer": "cus_1"}, v="one")
    first = office.push(phone, 2, 2).json()
    assert outcomes(first) == [("review", ["unjudged"])]
    phone.receipt("cus_1", 10_000)

    assert office.push(phone, 2, 2).json()["outcomes"] == first["outcomes"]
    assert outcomes(office.push(phone, 3).json()) == [("accepted", [])]
    assert office.push(phone, 2, 2).json()["outcomes"] == first["outcomes"]
    assert {seq: len(kept) for seq, kept in office.verdicts(phone).items()} == {1: 1, 2: 1, 3: 1}


def test_an_id_with_quotes_does_not_break_the_pull(office: Office):
    """An id is the phone's own text; whatever it holds, the owner's pull stays readable."""
    phone = office.phone()
    kept = phone.receipt("cus_1", 10_000)
    phone.entries.pop()
    phone.write("receipt_issued", kept.body, id='a"b\\c')
    office.hand_in(phone)

    assert 'a"b\\c' in {change["id"] for change in office.pull("omar")["changes"]}


def test_half_a_character_holds_up_nobody(office: Office):
    """A note that a phone cut amid an emoji is no JSON text that everybody reads: its entry alone is held, byte for
    byte as it came, and whole emojis, escaped ones and backslashes before and behind it pass."""
    phone = office.phone()
    bodies = [
        b'{"receipt":"r","how":"\\ud83d\\ude00 \\\\ud83d"}',
        b'{"receipt":"r","how":"cut \\ud83d"}',
        b'{"receipt":"r","how":"\\ude00 tail \\ud83d\\ud83d\\ude00"}',
        '{"receipt":"r","how":"😀"}'.encode(),
    ]
    kept = [phone.write("voucher_shared", body) for body in bodies]
    phone.receipt("cus_1", 10_000)

    reply = office.push(phone).json()

    assert [one["verdict"] for one in reply["outcomes"]] == ["refused", "review", "review", "refused", "accepted"]
    stored = {row.hash: row.body for row in office.company.store.rows()}
    assert [stored[one.hash] for one in kept] == bodies
    assert office.push(phone, 2).json()["outcomes"] == reply["outcomes"]


# ---- a restored server


# ---- revoked and lost


@pytest.mark.parametrize(("state", "flag"), [("revoked", "device_revoked"), ("lost", "device_lost")])
def test_a_stopped_device_is_judged_by_arrival(office: Office, state: str, flag: str):
    """What arrives after a device was revoked or lost is counted in custody and waits in suspense, whatever its date;
    what had arrived before keeps its outcome."""
    phone = office.phone()
    early = office.receipt(phone)
    late = phone.receipt("cus_1", 7_000)
    wish = {"reason": "left in a taxi", "state": state}
    assert office.post(f"/devices/{phone.device}/revoke", "tarek", wish).status_code == 200

    reply = office.push(phone).json()

    assert outcomes(reply) == [("review", [flag, "number_blacklisted"])]
    assert reply["device_state"] == state
    assert office.balance(f"suspense/{late.id}") == -7_000
    assert office.balance("on_account/cus_1") == -10_000
    assert cash(office) == 17_000
    assert office.push(phone, 2, 2).json()["outcomes"][0]["verdict"] == "accepted"
    assert office.one(Voucher, early).verdict == "accepted"


# ---- many at once


def test_many_devices_at_once_share_commits_and_lose_nothing(office: Office):
    """Concurrent pushes of many devices are each answered in full, and every entry is there once."""
    phones = [office.phone(login) for login in ("omar", "hany", "karim")]
    phones += [clone(phone) for phone in phones]  # copies push the very same entries at the same time
    for phone in phones[:3]:
        for _ in range(15):
            phone.receipt("cus_1", 1_000)
    for original, copy in zip(phones[:3], phones[3:], strict=True):
        copy.entries = list(original.entries)
    start = threading.Barrier(len(phones))

    def send_all(phone: Phone) -> list[int]:
        start.wait()
        return [office.push(phone, 2, seq).status_code for seq in range(2, 17)]

    with ThreadPoolExecutor(len(phones)) as pool:
        codes = [code for found in pool.map(send_all, phones) for code in found]

    assert set(codes) == {200}
    for phone in phones[:3]:
        assert office.verdicts(phone) == {
            seq: ["accepted" if phone.user == "usr_omar" or seq == 1 else "accepted customer_not_assigned"]
            for seq in range(1, 17)
        }
    assert [cash(office, login) for login in ("omar", "hany", "karim")] == [15_000] * 3


def test_many_pushes_of_one_device_at_once_make_one_chain(office: Office):
    """Whatever the order in which a device's pushes meet, its chain comes out whole and single."""
    phone = office.phone()
    for _ in range(12):
        phone.receipt("cus_1", 1_000)

    def send(seq: int) -> int:
        for _ in range(200):
            answer = office.push(phone, seq, seq)
            if answer.status_code == 200:
                return 200
            assert code_of(answer) == "gap"
        return 409

    with ThreadPoolExecutor(12) as pool:
        assert set(pool.map(send, reversed(range(2, 14)))) == {200}

    assert {seq: len(kept) for seq, kept in office.verdicts(phone).items()} == dict.fromkeys(range(1, 14), 1)
    assert cash(office) == 12_000


def test_pushes_that_wait_share_one_commit(office: Office, monkeypatch: pytest.MonkeyPatch):
    """Pushes that come while another is written are written together, and each is answered for itself."""
    phones = [office.phone(login) for login in ("omar", "hany", "karim")]
    for phone in phones:
        phone.receipt("cus_1", 1_000)
        phone.receipt("cus_1", 2_000)
    commits: list[int] = []
    commit = office.company.store.commit

    def counted() -> None:
        commits.append(1)
        commit()

    monkeypatch.setattr(office.company.store, "commit", counted)

    futures = _together(office, [_job(office, phone, 2) for phone in phones])

    assert [future.result().head.seq for future in futures] == [3, 3, 3]
    assert len(commits) == 2  # the task that kept the writer busy, and the three pushes


def test_a_refused_push_in_a_group_leaves_no_trace_on_the_others(office: Office):
    """One commit of a gap, an exhausted quota with a declared hole, and good pushes: the server's chain stays whole."""
    good, gapped, holed = (office.phone(login) for login in ("omar", "hany", "karim"))
    for phone in (good, gapped, holed):
        for _ in range(4):
            phone.receipt("cus_1", 1_000)
    writer = office.company.writer
    jobs = [
        _job(office, holed, 4, missing=[(2, 3)]),
        _job(office, gapped, 3),
        _job(office, good, 2),
        _job(office, gapped, 3, missing=[(2, 2)]),
    ]
    writer._counted[holed.device] = 10**9

    futures = _together(office, jobs)

    assert [type(future.exception()).__name__ for future in futures] == ["QuotaReached", "Gap", "NoneType", "NoneType"]
    assert cash(office) == 4_000
    assert cash(office, "hany") == 3_000
    assert cash(office, "karim") == 0


def _job(office: Office, phone: Phone, first: int, **head: Any) -> Job:
    message = msgspec.json.decode(phone.push(first, **head), type=Push)
    placed = place([entry_of(entry, index) for index, entry in enumerate(message.entries)])
    for one in placed:
        one.trusted = True
    return Job(phone.device, msgspec.json.decode(message.head, type=Head), True, placed, message.head)


def _together(office: Office, jobs: list[Any]) -> list[Any]:
    """Queue the jobs while the writer is busy, so that they share one commit."""
    busy, go = threading.Event(), threading.Event()

    def wait(_writer: Any) -> None:
        busy.set()
        go.wait(10)

    office.company.inbox.run(wait)
    assert busy.wait(10)
    futures = [office.company.inbox.push(job) for job in jobs]
    go.set()
    for future in futures:
        future.exception(timeout=10)
    return futures


# ---- when a rule of ours is at fault


def test_a_rule_that_raises_loses_and_blocks_nothing(office: Office, monkeypatch: pytest.MonkeyPatch):
    """An entry whose judging raises is kept, its money in suspense; those before and behind it are accepted."""
    phone, other = office.phone("omar"), office.phone("hany")
    judge = receipts.judge_issued

    def faulty(context: Any, body: Any, state: Any) -> Any:
        if body.customer == "cus_2":
            raise ZeroDivisionError
        return judge(context, body, state)

    monkeypatch.setitem(KINDS, "receipt_issued", replace(KINDS["receipt_issued"], judge=faulty))
    phone.receipt("cus_1", 1_000)
    bad = phone.receipt("cus_2", 2_000)
    phone.receipt("cus_3", 3_000)
    other.receipt("cus_4", 4_000)
    futures = _together(office, [_job(office, phone, 2), _job(office, other, 2)])

    assert [(one.verdict, one.flags) for one in futures[0].result().outcomes] == [
        ("accepted", []),
        ("review", ["unjudged"]),
        ("accepted", []),
    ]
    assert [one.verdict for one in futures[1].result().outcomes] == ["accepted"]
    assert office.balance(f"suspense/{bad.id}") == -2_000
    assert cash(office) == 6_000
    assert office.push(phone, 2).json()["outcomes"][1]["flags"] == ["unjudged"]


def test_a_rule_that_raises_while_applying_loses_and_blocks_nothing(office: Office, monkeypatch: pytest.MonkeyPatch):
    """The group is rolled back and tried push by push, then entry by entry; only the faulty entry is kept unjudged."""
    phone, other = office.phone("omar"), office.phone("hany")
    use_leaf = books.use_leaf

    def faulty(book: Any, leaf: int, seq: int, state: Any) -> None:
        if leaf == phone.leaf - 1:
            raise RuntimeError("a fault of ours")
        use_leaf(book, leaf, seq, state)

    monkeypatch.setattr(books, "use_leaf", faulty)
    for amount in (1_000, 2_000, 3_000):
        phone.receipt("cus_1", amount)
    other.receipt("cus_4", 4_000)
    before = len(office.journal())
    futures = _together(office, [_job(office, phone, 2), _job(office, other, 2)])

    assert [(one.verdict, one.flags) for one in futures[0].result().outcomes] == [
        ("accepted", []),
        ("review", ["unjudged"]),
        ("accepted", ["number_out_of_order"]),
    ]
    assert [one.verdict for one in futures[1].result().outcomes] == ["accepted"]
    assert len(office.journal()) == before + 4
    monkeypatch.undo()
    assert office.push(phone, 2).json()["acked"]["seq"] == 4
    assert len(office.journal()) == before + 4


def test_a_caller_that_hung_up_does_not_stop_the_writer(office: Office):
    """A task or push whose caller has gone is no reason for the writing thread to end."""
    phone = office.phone()
    phone.receipt("cus_1", 1_000)
    busy, go = threading.Event(), threading.Event()

    def wait(_writer: Any) -> None:
        busy.set()
        go.wait(10)

    office.company.inbox.run(wait)
    assert busy.wait(10)
    task = office.company.inbox.run(lambda writer: None)
    push = office.company.inbox.push(_job(office, phone, 2))
    assert task.cancel()
    assert push.cancel()
    go.set()

    assert office.push(phone, 2).status_code == 200
    assert office.run(lambda writer: "still here") == "still here"
    assert cash(office) == 1_000


def test_a_customer_nobody_knows_is_no_obstacle(office: Office):
    """Money taken of a customer that the office does not know is counted and waits in suspense."""
    phone = office.phone()
    phone.receipt("cus_nobody", 5_000)

    assert outcomes(office.hand_in(phone)) == [("review", ["customer_unknown"])]
    assert cash(office) == 5_000
    assert office.one(Customer, "cus_nobody") is None
    assert office.one(Company, "cmp_test") is not None
