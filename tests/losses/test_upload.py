"""Losses on the way up (L18 … L28, and L9 at the office): a reply that is lost, an entry that is not understood, a
login that has ended. Each is reproduced at the server's own doors: what is handed in is there once, and nobody waits
for anybody."""

import json
from typing import Any

import jwt
import pytest

from schemas.documents import Device, ServerKey
from server.keys import SigningKey, public_key
from sync.chain import b64
from tests.server.small_office import Office, code_of
from tests.server.test_office import PIXEL, named
from tests.server.test_pull import assign, load
from tests.server.test_push import cash, clone, outcomes
from tests.server.test_rescue import file_of, rescue


def test_l18_a_repeat_gets_its_original_outcome_and_changes_nothing(office: Office):
    """The same entries again, in any cut, are answered as the first time and stored once."""
    phone = office.phone()
    phone.receipt("cus_1", 10_000)
    phone.receipt("cus_5", 7_000)
    phone.receipt("cus_1", 0)
    first = office.hand_in(phone)
    before = office.journal()
    office.clock.ahead(days=1)

    for start, end in [(1, 0), (2, 0), (2, 3), (3, 3), (4, 4), (2, 0)]:
        again = office.push(phone, start, end).json()
        wanted = [one for one in first["outcomes"] if start <= one["seq"] <= (end or 4)]
        assert [one for one in again["outcomes"] if one["seq"] > 1] == wanted
        assert again["acked"] == first["acked"]

    assert office.journal() == before
    assert cash(office) == 17_000


def test_l18_a_fork_keeps_both_and_holds_the_later_one(office: Office):
    """A cloned phone: another entry at a known seq is kept under review with its money in suspense, and the device is
    forked; repeats of either keep their outcome."""
    phone = office.phone()
    copy = clone(phone)
    original = phone.receipt("cus_1", 10_000)
    second = copy.receipt("cus_2", 4_000)
    first_reply = office.hand_in(phone)

    reply = office.push(copy, 2).json()

    assert outcomes(reply) == [("review", ["fork", "number_repeated"])]
    assert reply["device_state"] == "forked"
    assert reply["acked"]["hash"] == b64(original.hash)
    assert sorted(office.verdicts(phone)[2]) == ["accepted", "review fork number_repeated"]
    assert office.balance(f"suspense/{second.id}") == -4_000
    assert cash(office) == 14_000
    assert office.push(copy, 2).json()["outcomes"] == reply["outcomes"]
    assert office.push(phone, 2).json()["outcomes"] == first_reply["outcomes"]
    assert office.one(Device, phone.device).forked


def test_l19_the_hand_in_receipt_is_proof_that_names_device_seq_and_hash(office: Office):
    """The receipt verifies with the server's public sign key and says which chain is in up to where."""
    phone = office.phone()
    phone.receipt("cus_1", 10_000)

    reply = office.hand_in(phone)

    key_id = jwt.get_unverified_header(reply["receipt"])["kid"]
    key = office.one(ServerKey, key_id)
    claims = jwt.decode(reply["receipt"], public_key(key.spki), algorithms=["ES256"])
    assert key.use == "sign"
    assert claims == {"device": phone.device, "seq": 2, "hash": b64(phone.head), "time": reply["server_time"]}
    with pytest.raises(jwt.InvalidSignatureError):
        jwt.decode(reply["receipt"], public_key(SigningKey.new("sign").spki), algorithms=["ES256"])


@pytest.mark.parametrize(
    ("kind", "body", "flags"),
    [
        ("receipt_issued", b"[]", ["unjudged"]),
        ("receipt_issued", b"null", ["unjudged"]),
        ("receipt_issued", b'"text"', ["unjudged"]),
        ("receipt_issued", b"{}", ["unjudged"]),
        ("visit_started", b'{"customer":"\xff\xfe"}', ["unjudged"]),
        ("visit_started", b'{"customer":"\\ud800"}', ["unjudged"]),
        ("visit_started", b'{"customer":["cus_1"]}', ["unjudged"]),
        ("visit_started", b'{"customer":"cus\\u0000"}', ["unjudged"]),
        ("visit_started", b'{"customer":"cus_1","position":{"lat":1,"lon":2,"\\\\\\u0000":3}}', ["unjudged"]),
        ("visit_started", b'{"customer":' + b"[" * 900 + b"]" * 900 + b"}", ["unjudged"]),
        ("deposit_declared", b'{"name":"A","count":1e400,"totals":[]}', ["unjudged"]),
        ("something_new", b"{}", ["unjudged"]),
        ("", b"{}", ["unjudged"]),
    ],
    ids=range(13),
)
def test_l21_a_body_that_cannot_be_read_is_kept_and_blocks_nothing(
    office: Office, kind: str, body: bytes, flags: list[str]
):
    """What does not decode is kept as the bytes that came, and what is behind it passes."""
    phone = office.phone()
    kept = phone.write(kind, body)
    phone.receipt("cus_1", 10_000)

    reply = office.push(phone).json()

    assert outcomes(reply) == [("review", flags), ("accepted", [])]
    assert office.select("SELECT body FROM journal WHERE hash = ?", kept.hash)[0][0] == body
    assert office.get("/flags", "nadia").status_code == 200
    assert office.get("/board", "nadia").status_code == 200


def test_l23_a_gap_says_where_to_send_from(office: Office):
    """409 gap with the expected seq; nothing is stored; sending from there brings all in."""
    phone = office.phone()
    for _ in range(4):
        phone.receipt("cus_1", 1_000)
    before = office.journal()

    answer = office.push(phone, 4)

    assert (answer.status_code, code_of(answer)) == (409, "gap")
    assert answer.json()["facts"]["expected_seq"] == 2
    assert office.journal() == before
    assert office.push(phone, 2).json()["acked"]["seq"] == 5


def test_l24_an_expired_or_foreign_login_never_stands_in_the_way(office: Office):
    """No login is needed to hand in; an expired or senseless one changes nothing."""
    phone = office.phone()
    for headers in (office.bearer("omar", lives=-1), {"Authorization": "Bearer nonsense"}, office.bearer("mona")):
        phone.receipt("cus_1", 10_000)
        answer = office.send(phone.push(phone.acked + 1), **headers)
        assert answer.status_code == 200
        phone.acked = answer.json()["acked"]["seq"]
    assert cash(office) == 30_000


def test_l24_a_revoked_user_still_hands_in(office: Office):
    """A user who may no longer log in has issued vouchers; they are taken all the same."""
    phone = office.phone()
    phone.receipt("cus_1", 10_000)
    assert office.post("/users/usr_omar/revoke", "tarek", {"reason": "left"}).status_code == 200

    office.hand_in(phone)

    assert cash(office) == 10_000


@pytest.mark.parametrize(
    ("kind", "body", "by", "flag"),
    [
        ("deposit_counted", {"deposit": "d", "name": "x", "round": 1, "cash": []}, "usr_omar", "kind_not_allowed"),
        ("plan_set", {"user": "usr_omar", "day": "2026-11-22", "stops": []}, "usr_omar", "kind_not_allowed"),
        ("visit_started", {"customer": "cus_1"}, "usr_hany", "not_the_writer"),
        ("visit_started", {"customer": "cus_1"}, "system", "not_the_writer"),
    ],
)
def test_l25_outside_its_writers_authority_an_entry_is_kept_and_refused(
    office: Office, kind: str, body: dict[str, Any], by: str, flag: str
):
    """A phone writes only a phone's kinds and only as its owner; anything else is kept and posts nothing."""
    phone = office.phone()
    phone.write(kind, body, by=by)

    assert outcomes(office.hand_in(phone)) == [("refused", [flag])]


def test_l26_a_customer_moves_from_one_phone_to_another(office: Office):
    """The new collector is sent the customer and items; a voucher that the old one issued before is still accepted."""
    phone = office.phone("omar")
    kept = phone.receipt("cus_3", 2_500, allocations=[{"item": "itm_3a", "amount": 2_500}])
    assign(office, "unassign", "omar", "cus_3")
    assign(office, "assign", "hany", "cus_3")

    reply = office.hand_in(phone)

    assert reply["outcomes"][-1]["verdict"] == "accepted"
    assert reply["outcomes"][-1]["flags"] == ["customer_not_assigned"]
    hany, _ = load(office, "hany")
    assert hany["item", "itm_3a"]["open"] == 97_500
    assert kept.id not in json.dumps(list(hany.values()))
    assert ("item", "itm_3a") not in load(office, "omar")[0]


def test_l27_too_many_entries_are_too_large_and_half_fits(office: Office):
    """413 for more than 500 entries; the phone sends half and all come in."""
    phone = office.phone()
    for _ in range(501):
        phone.write("visit_started", {"customer": "cus_1"})
    before = office.journal()

    answer = office.push(phone)

    assert (answer.status_code, code_of(answer)) == (413, "too_large")
    assert office.journal() == before
    assert office.push(phone, 2, 251).json()["acked"]["seq"] == 251
    assert office.push(phone, 252).json()["acked"]["seq"] == 502


def test_l28_a_photo_comes_after_its_entry_and_once(office: Office):
    """201 the first time, 200 when it was here; who is logged in gets the very bytes back."""
    phone = office.phone()
    name = named(office, phone, PIXEL)

    first = office.call("PUT", f"/attachments/{name}", "omar", content=PIXEL)
    again = office.call("PUT", f"/attachments/{name}", "omar", content=PIXEL)

    assert (first.status_code, again.status_code) == (201, 200)
    assert office.get(f"/attachments/{name}", "nadia").content == PIXEL
    kept = list(office.company.settings.attachments.rglob("*"))
    assert [path.name for path in kept if path.is_file()] == [name]


def test_l09_a_rescue_file_brings_in_what_the_phone_could_not_send(office: Office):
    """Anybody may bring it, without a login: what is in it is posted as if the phone had pushed it."""
    phone = office.phone()
    phone.receipt("cus_1", 10_000)
    phone.receipt("cus_2", 2_500)

    answer = rescue(office, file_of(office, phone))

    assert answer.status_code == 200, answer.text
    (push,) = answer.json()["pushes"]
    assert push == {"device": phone.device, "entries": 2, "new": 2, "verdicts": {"accepted": 2}, "acked": 3}
    assert cash(office) == 12_500
