"""Losses on the way up (L18 … L28, and L9 at the office): a reply that is lost, an entry that is not understood, a
login that has ended. Each is reproduced at the server's own doors: what is handed in is there once, and nobody waits
for anybody."""

import json
import socket
import struct
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from random import Random
from typing import Any

import jwt
import pytest

from schemas.documents import Custody, Device, ServerKey, Voucher
from server import inbox
from server.keys import SigningKey, public_key
from sync.chain import b64
from tests.phone import Phone
from tests.server.served import Sanad, copied, port_of
from tests.server.small_office import API, Office, code_of
from tests.server.test_office import CHEQUE, PIXEL, named
from tests.server.test_pull import assign, load
from tests.server.test_push import cash, clone, outcomes
from tests.server.test_rescue import file_of, rescue
from tests.world.odds import Odds
from tests.world.runs import run_seed


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


def test_l18_impatient_repeats_at_the_same_time_store_once(office: Office):
    """The reply is lost, and the phone, a second tab of it and the phone next to it send the same entries at the same
    moment, in different cuts: every one of them is answered with the same outcomes, and each entry is there once."""
    phone = office.phone()
    for amount in (1_000, 2_000, 3_000, 4_000):
        phone.receipt("cus_1", amount)
    sent = [phone.push(2, last, carrier=carrier) for last in (3, 5) for carrier in (phone.device, "dev_OTHER")] * 3
    start = threading.Barrier(len(sent))

    def send(raw: bytes) -> dict[int, Any]:
        start.wait()
        answer = office.send(raw)
        assert answer.status_code == 200, answer.text
        return {one["seq"]: one for one in answer.json()["outcomes"]}

    with ThreadPoolExecutor(len(sent)) as pool:
        replies = list(pool.map(send, sent))

    told = {seq: {json.dumps(reply[seq], sort_keys=True) for reply in replies if seq in reply} for seq in range(2, 6)}
    assert [len(said) for said in told.values()] == [1, 1, 1, 1]
    assert office.verdicts(phone) == {seq: ["accepted"] for seq in range(1, 6)}
    assert cash(office) == 10_000


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


def test_l19_what_could_not_be_written_is_not_acknowledged(office: Office, monkeypatch: pytest.MonkeyPatch):
    """The commit fails: the push is no success, nothing of it is there, no receipt was given; and what is asked later
    says so. When the store writes again the same bytes are taken as if for the first time."""
    phone = office.phone()
    phone.receipt("cus_1", 10_000)
    before = office.journal()
    store = office.company.store
    failures: list[type[Exception]] = list(store.failures)

    def full() -> None:
        raise failures[0]("the disk is full")

    monkeypatch.setattr(inbox, "PATIENCE_SECONDS", 0.2)
    monkeypatch.setattr(store, "commit", full)
    answer = office.push(phone)
    assert answer.status_code >= 500
    assert "receipt" not in answer.json()
    monkeypatch.undo()

    assert office.journal() == before
    assert office.push(phone, 3).json()["acked"]["seq"] == 1
    assert outcomes(office.push(phone, 2).json()) == [("accepted", [])]
    assert cash(office) == 10_000


def test_l19_a_receipt_for_something_else_proves_nothing(office: Office):
    """A phone that lost its last voucher and wrote another in its place cannot take the old receipt for the new one."""
    phone = office.phone()
    copy = clone(phone)
    phone.receipt("cus_1", 10_000)
    other = copy.receipt("cus_2", 500)
    reply = office.hand_in(phone)
    key = office.one(ServerKey, jwt.get_unverified_header(reply["receipt"])["kid"])

    claims = jwt.decode(reply["receipt"], public_key(key.spki), algorithms=["ES256"])

    assert (claims["seq"], claims["hash"]) == (other.seq, b64(phone.head))
    assert claims["hash"] != b64(other.hash)


# ---- L20


@pytest.mark.parametrize("seed", range(3))
def test_l20_when_the_faults_stop_every_outbox_empties(seed: int):
    """Nearly half of all requests and of all replies are lost, the rest overtake each other, tabs and servers die: some
    days of a company later the faults stop, nobody writes anything more, and within a bounded number of rounds no
    device holds anything that is not in. The phone's own watchdog: `exchange.test.ts`."""
    lossy = Odds(lost_request=45, lost_reply=45, slow=40, twice=15, partition=5, phone_crash=4, server_crash=4,
                 store_failed=3)  # fmt: skip

    world = run_seed(seed, lossy)  # fails with the steps if a device still holds something

    assert world.faults.get("lost_request", 0) + world.faults.get("lost_reply", 0) > 5
    issued = sum(entry.kind == "receipt_issued" for device in world.devices for entry in device.db.entries.values())
    assert issued > 0
    assert [entry for device in world.devices for entry in device.db.unsent()] == []


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


@pytest.mark.parametrize("at", [0, 7, 19])
def test_l21_one_bad_item_anywhere_in_the_queue_holds_up_nobody(office: Office, at: int):
    """First, amid or last of twenty: all others are accepted in the same push, and the queue goes on behind it."""
    phone = office.phone()
    for index in range(20):
        if index == at:
            phone.write("receipt_issued", b'{"customer":"cus_1","tenders":"all of it"}')
        else:
            phone.receipt("cus_1", 100)

    reply = office.hand_in(phone)

    assert [verdict for verdict, _ in outcomes(reply)] == ["review" if n == at else "accepted" for n in range(20)]
    assert office.receipt(phone, "cus_1", 100)
    assert cash(office) == 2_000


# ---- L22


def mixed(office: Office, phone: Phone) -> dict[int, tuple[str, list[str]]]:
    """A queue of everything that can be wrong with an entry, good ones between; seq → verdict and flags."""
    visit = {"customer": "cus_1"}
    wrong: list[tuple[Any, str, list[str]]] = [
        (lambda: phone.receipt("cus_1", 1_000), "accepted", []),
        (lambda: phone.receipt("cus_5", 200), "accepted", ["customer_not_assigned"]),
        (lambda: phone.receipt("cus_1", 300, on_account=1), "review", ["totals_differ"]),
        (lambda: phone.receipt("cus_nobody", 400), "review", ["customer_unknown"]),
        (lambda: phone.receipt("cus_1", 500, number="CAI-000777"), "review", ["number_outside_book"]),
        (lambda: phone.receipt("cus_1", 600, book="bok_none"), "review", ["book_not_held"]),
        (lambda: phone.write("receipt_issued", b'{"customer":"cus_1","leaf":7}'), "review", ["unjudged"]),
        (lambda: phone.write("something_new", b"{}"), "review", ["unjudged"]),
        (lambda: phone.write("visit_started", visit, v="one"), "review", ["unjudged"]),
        (lambda: phone.write("visit_started", visit, body_hash=b64(b"x" * 32)), "review", ["body_mismatch"]),
        (lambda: phone.write("plan_set", {"user": phone.user, "day": "2026-11-22", "stops": []}), "refused",
         ["kind_not_allowed"]),
        (lambda: phone.write("visit_started", visit, by="usr_hany"), "refused", ["not_the_writer"]),
        (lambda: phone.write("voucher_printed", {"receipt": "none", "copy": 1}), "refused", ["receipt_unknown"]),
        (lambda: phone.write("visit_started", {**visit, "mood": "fine"}), "accepted", ["unknown_fields"]),
        (lambda: phone.receipt("cus_1", 700), "accepted", ["number_out_of_order"]),
        (lambda: phone.receipt("cus_2", 800, sign=False), "review", ["bad_signature"]),
    ]  # fmt: skip
    expected = {}
    for write, verdict, flags in wrong:
        write()
        expected[len(phone.entries)] = (verdict, flags)
    return expected


def test_l22_every_entry_of_a_bad_batch_ends_in_exactly_one_state_that_people_see(office: Office):
    """Whatever is wrong with it: the phone is told one verdict for each entry, the same at every repeat and in whatever
    cut; the office's list has each that is flagged, held or refused exactly once and no other; what holds money stands
    in suspense exactly once; and each voucher that can be read is pulled with that verdict."""
    phone = office.phone()
    expected = mixed(office, phone)

    reply = office.hand_in(phone)

    told = {one["seq"]: (one["verdict"], one.get("flags", [])) for one in reply["outcomes"]}
    assert told == expected
    assert len(reply["outcomes"]) == len(expected)
    for seq in expected:
        assert outcomes(office.push(phone, seq, seq).json()) == [expected[seq]], seq

    listed = [row for row in office.get("/flags", "nadia").json() if row["device"] == phone.device]
    assert {row["seq"]: (row["verdict"], row["flags"]) for row in listed} == {
        seq: (verdict, flags) for seq, (verdict, flags) in expected.items() if flags or verdict != "accepted"
    }
    assert len(listed) == len({row["seq"] for row in listed})

    waiting = [row["held"] for row in office.get("/suspense", "nadia").json()]
    held = {seq for seq, (verdict, _) in expected.items() if verdict == "review"}
    moves_none = {seq for seq in held if expected[seq][1] == ["body_mismatch"]}  # a visit: nothing to decide about
    assert sorted(one["seq"] for one in waiting) == sorted(held - moves_none)

    pulled = {one["doc"]["seq"]: one["doc"] for one in office.pull("omar")["changes"] if one["type"] == "voucher"}
    readable = {kept.seq for kept in phone.entries if kept.kind == "receipt_issued"}
    readable -= {seq for seq in held if expected[seq][1] == ["unjudged"]}
    assert set(pulled) == readable
    for seq, document in pulled.items():
        assert (document.get("verdict", "accepted"), document.get("flags", [])) == expected[seq], seq
    assert cash(office) == 4_500
    assert sum(amount for one in waiting for amount in one.get("amounts", {}).values()) == 2_600


def test_l22_the_oldest_flag_can_still_be_reached(office: Office):
    """Seven hundred flagged entries later the office's list still ends with the very first one, each of them once."""
    phone = office.phone()
    for _ in range(700):
        phone.write("voucher_printed", {"receipt": "none", "copy": 1})
    assert office.push(phone, 2, 401).status_code == 200
    assert office.push(phone, 402).status_code == 200

    seqs, before = [], ""
    while rows := office.get(f"/flags{before}", "nadia").json():
        seqs += [row["seq"] for row in rows if row["device"] == phone.device]
        before = f"?before={rows[-1]['position']}"

    assert seqs == list(range(701, 1, -1))
    assert office.get("/flags?before=-9", "nadia").json() == []


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


@pytest.mark.parametrize("seed", range(2))
def test_l23_none_is_refused_because_it_came_before_what_it_needs(office: Office, seed: int):
    """Twelve visits, each with its voucher and its end, sent one by one in any order, as by impatient carriers: what
    comes too early is sent back and stays the phone's; in the end each is accepted, in its place."""
    phone = office.phone()
    for _ in range(12):
        visit = phone.write("visit_started", {"customer": "cus_1"})
        phone.receipt("cus_1", 100, visit=visit.id)
        phone.write("visit_ended", {"visit": visit.id, "outcome": "collected"})
    random, waiting = Random(seed), list(range(2, len(phone.entries) + 1))
    early = 0
    while waiting:
        random.shuffle(waiting)
        for seq in list(waiting):
            answer = office.push(phone, seq, seq)
            if answer.status_code == 409:
                assert code_of(answer) == "gap"
                early += 1
                continue
            assert outcomes(answer.json()) == [("accepted", [])], seq
            waiting.remove(seq)

    assert early > 30
    assert office.verdicts(phone) == {seq: ["accepted"] for seq in range(1, 38)}
    assert cash(office) == 1_200


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


def test_l24_a_login_that_ended_stops_the_pull_and_never_the_push(office: Office):
    """For a month the login is expired: each day's vouchers go in, each pull is answered 401, nothing is thrown away;
    a new login brings what the phone has missed."""
    phone = office.phone()
    expired = office.bearer("omar", phone.device, lives=-1)
    for day in range(1, 31):
        office.clock.ahead(days=1)
        if day == 20:
            phone.book = office.books(phone)[1]
        phone.now = office.clock()
        phone.receipt("cus_1", 100)
        answer = office.send(phone.push(phone.acked + 1), **expired)
        assert outcomes(answer.json()) == [("accepted", [])]
        phone.acked = answer.json()["acked"]["seq"]
        assert code_of(office.call("GET", "/sync/pull", headers=expired)) == "not_logged_in"

    assert cash(office) == 3_000
    assert len([one for one in load(office, "omar")[0] if one[0] == "voucher"]) == 30


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


@pytest.mark.parametrize("session", ["hany", "mona", "nadia", "tarek"])
def test_l25_whoever_is_logged_in_the_writer_is_who_signed(office: Office, session: str):
    """A queue that goes up under another user's session: authorship, custody and the plan of work stay the signer's."""
    phone = office.phone("omar")
    kept = phone.receipt("cus_1", 10_000)

    assert outcomes(office.send(phone.push(2), **office.bearer(session)).json()) == [("accepted", [])]

    voucher = office.one(Voucher, kept.id)
    assert (voucher.by, voucher.device) == ("usr_omar", phone.device)
    assert cash(office, "omar") == 10_000
    assert [one.id for one in office.all(Custody)] == ["usr_omar"]
    assert kept.id not in json.dumps(office.pull(session))


def test_l25_another_phones_key_cannot_write_in_his_name(office: Office):
    """Neither by signing entries of his chain, nor by naming him as the writer of its own."""
    omar, hany = office.phone("omar"), office.phone("hany")
    forged = replace(clone(omar), key=hany.key)
    forged.receipt("cus_1", 10_000)
    for carrier in (omar.device, hany.device, ""):
        assert code_of(office.push(forged, 2, carrier=carrier)) == "bad_signature"
    hany.write("receipt_issued", forged.entries[-1].body, by="usr_omar")

    assert outcomes(office.hand_in(hany)) == [("refused", ["not_the_writer"])]
    assert office.all(Voucher) == []
    assert office.all(Custody) == []


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


PHOTOS = 100


def with_photos(phone: Phone) -> dict[str, bytes]:
    """A voucher of a hundred photos, five on each of twenty cheques; name → bytes, some 60 kB each."""
    photos = {}
    for number in range(PHOTOS):
        raw = PIXEL + number.to_bytes(2, "big") * 30_000
        photos[sha256(raw).hexdigest()] = raw
    names = list(photos)
    tenders = [
        {**CHEQUE, "amount": 100, "number": f"{number:06}", "photos": names[number * 5 : number * 5 + 5]}
        for number in range(1, 20)
    ]
    first = {**CHEQUE, "amount": 100, "number": "900000", "photos": names[:5]}
    phone.receipt("cus_1", 0, tenders=[first, *tenders])
    return photos


def test_l28_a_voucher_with_a_hundred_photos_is_in_before_the_first_and_goes_on_where_it_was_cut(
    sanad: Sanad, founded: Path, tmp_path: Path
):
    """A real server: the voucher is accepted and shown before any photo is there; the line breaks amid the 38th photo
    and the server is stopped; what was stored is there, nothing half is, and going on sends each of the rest once. Each
    photo is a request of its own, so a cut costs one photo, and a photo that is here costs no second upload."""
    data = copied(founded, tmp_path)
    with sanad.serving(data) as (_, office):
        phone = office.phone()
        photos = with_photos(phone)
        assert outcomes(office.hand_in(phone)) == [("accepted", [])]
        assert phone.entries[-1].id in {one["id"] for one in office.pull("omar")["changes"]}
        names = list(photos)
        for name in names[:37]:
            assert put(office, phone, name, photos[name]) == 201
        cut_amid(office, phone, names[37], photos[names[37]])
        assert put(office, phone, names[38], photos[names[38]][:-1]) == 422
        assert {path.name for path in kept_files(data)} == set(names[:37])

    with sanad.serving(data) as (_, office):
        again = [put(office, phone, name, raw) for name, raw in photos.items()]

        assert again == [200] * 37 + [201] * 63
        assert [path.read_bytes() == photos[path.name] for path in kept_files(data)] == [True] * PHOTOS
        assert office.get(f"/attachments/{names[99]}", "nadia").content == photos[names[99]]
    assert "add up" in sanad("verify", data=data)


def put(office: Office, phone: Phone, name: str, raw: bytes) -> int:
    headers = {"Sanad-Device": phone.device, "Sanad-Signature": phone.key.sign(name.encode())}
    return int(office.call("PUT", f"/attachments/{name}", headers=headers, content=raw).status_code)


def cut_amid(office: Office, phone: Phone, name: str, raw: bytes) -> None:
    """Send half of it, and reset the connection."""
    head = (
        f"PUT {API}/attachments/{name} HTTP/1.1\r\nHost: x\r\nContent-Length: {len(raw)}\r\n"
        f"Sanad-Device: {phone.device}\r\nSanad-Signature: {phone.key.sign(name.encode())}\r\n\r\n"
    )
    with socket.create_connection(("127.0.0.1", port_of(office))) as line:
        line.sendall(head.encode() + raw[: len(raw) // 2])
        line.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def kept_files(data: Path) -> list[Path]:
    return [path for path in (data / "attachments").rglob("*") if path.is_file()]


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
