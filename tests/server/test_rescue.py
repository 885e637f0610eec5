"""A rescue file brings in what a phone could not send: whoever carries it, once, by the rules of every push."""

import json
import os
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from schemas.documents import Custody, ServerKey
from server.arriving import opened, push_of
from server.keys import SigningKey, public_key
from server.rescue import opened_file, pushes_in
from server.settings import Settings
from server.store.secrets import keep_key
from sync.chain import b64, unb64
from tests.phone import Phone
from tests.server.served import Sanad
from tests.server.small_office import COMPANY, Office, code_of, found_company
from tests.server.small_office import opened as open_office

CASE = Path(__file__).parents[1] / "cases" / "rescue.json"


def sealed(plain: bytes, key: str, spki: str, *, company: str = COMPANY, device: str = "dev_x") -> dict[str, Any]:
    """A rescue file, sealed as docs/protocol.md says; written apart from the server's opening of it."""
    own = ec.generate_private_key(ec.SECP256R1())
    epk = SigningKey("", "seal", own).spki
    secret = own.exchange(ec.ECDH(), public_key(spki))
    secret_key = HKDF(SHA256(), 32, None, b"sanad rescue v1").derive(secret)
    iv = os.urandom(12)
    box = AESGCM(secret_key).encrypt(iv, plain, f"1.{company}.{key}.{epk}".encode())
    return {"v": 1, "company": company, "device": device, "key": key, "epk": epk, "iv": b64(iv), "sealed": b64(box)}


def seal_key(office: Office) -> ServerKey:
    found: ServerKey = next(key for key in office.all(ServerKey) if key.use == "seal")
    return found


def file_of(office: Office, phone: Phone, *cuts: tuple[int, int]) -> dict[str, Any]:
    """The phone's entries of each cut as one push; without cuts all but the first, which is in already."""
    key = seal_key(office)
    pushes = [phone.push(first, last, carrier="") for first, last in cuts or [(2, 0)]]
    plain = pushes[0] if len(pushes) == 1 else b"[%b]" % b",".join(pushes)
    return sealed(plain, key.id, key.spki, device=phone.device)


def rescue(office: Office, file: Any, login: str = "") -> Any:
    return office.post("/sync/rescue", login, file)


def cash(office: Office) -> int:
    custody = office.one(Custody, "usr_omar")
    return int(custody.cash.get("EGP", 0)) if custody else 0


# ---- what is sealed in TypeScript opens in Python


def test_a_file_that_the_phone_made_opens_to_what_it_sealed():
    """The kept file of the phone's own code gives its pushes byte for byte, signed by the phone's key."""
    case = json.loads(CASE.read_text("utf-8"))

    file, pushes = opened_file(case["file"].encode(), case["company"], {case["seal_key"]: unb64(case["seal_private"])})

    assert b"[%b]" % b",".join(pushes) == case["plain"].encode()
    assert file.device == case["device"]
    for raw in pushes:
        message, head = opened(raw)
        push = push_of(message, head, case["company"], case["spki"])
        assert (head.device, head.carrier, push.head_trusted) == (case["device"], "", False)
        assert push.placed
        assert all(one.trusted for one in push.placed)


def test_half_a_character_in_one_entry_keeps_no_push_out():
    """An array whose text has a lone surrogate is cut at the same places, its bytes as they were."""
    parts = [b'{"head":"a \\ud83d b"}', b'{"head":"[,] \\"{\\u0041"}', b'{"head":"c"}']

    assert pushes_in(b"[%b]" % b",".join(parts)) == parts
    assert pushes_in(b" [ %b ]" % b" , ".join(parts)) == parts
    assert pushes_in(parts[0]) == [parts[0]]


# ---- handing in


def test_twice_changes_nothing(office: Office):
    """The same file again, and the phone itself afterwards: every entry is there once."""
    phone = office.phone()
    phone.receipt("cus_1", 10_000)
    file = file_of(office, phone)
    rescue(office, file)
    before = office.journal()

    again = rescue(office, file).json()["pushes"][0]
    reply = office.hand_in(phone)

    assert (again["entries"], again.get("new", 0), again["verdicts"]) == (1, 0, {"accepted": 1})
    assert reply["acked"]["seq"] == 2
    assert office.journal() == before
    assert cash(office) == 10_000


def test_several_pushes_and_one_that_is_not_taken(office: Office):
    """Each push is answered for itself: one that waits for earlier entries keeps none of the others out."""
    omar, hany = office.phone(), office.phone("hany")
    omar.receipt("cus_1", 10_000)
    hany.receipt("cus_4", 500)
    hany.receipt("cus_4", 600)
    key = seal_key(office)
    plain = b"[%b,%b,%b]" % (hany.push(3, carrier=""), b'{"head":"no"}', omar.push(2, carrier=""))

    pushes = rescue(office, sealed(plain, key.id, key.spki), "nadia").json()["pushes"]

    assert [push.get("problem", "") for push in pushes] == ["gap", "malformed", ""]
    assert pushes[0]["facts"] == {"expected_seq": 2}
    assert cash(office) == 10_000
    assert office.verdicts(hany) == {1: ["accepted"]}


def test_a_stopped_phones_file_goes_under_review(office: Office):
    """The rules are those of a push: what a lost phone's file brings waits in suspense."""
    phone = office.phone()
    phone.receipt("cus_1", 10_000)
    file = file_of(office, phone)
    office.post(f"/devices/{phone.device}/revoke", "tarek", {"state": "lost", "reason": "left in a taxi"})

    (push,) = rescue(office, file, "tarek").json()["pushes"]

    assert push["verdicts"] == {"review": 1}
    assert push["vouchers"][0]["flags"] == ["device_lost", "number_blacklisted"]


def test_an_unknown_device_is_told_and_stores_nothing(office: Office):
    """A phone that the office never enrolled gets nothing in by a file either."""
    key, stranger = seal_key(office), Phone(COMPANY, "dev_nobody", "usr_omar")
    stranger.write("chain_started", {"app": "x"})
    before = office.journal()

    (push,) = rescue(office, sealed(stranger.push(1, carrier=""), key.id, key.spki)).json()["pushes"]

    assert push["problem"] == "device_unknown"
    assert office.journal() == before


# ---- who is told what


@pytest.mark.parametrize(
    ("login", "vouchers"),
    [
        ("", []),
        ("mona", [{"number": "CAI-000001", "verdict": "accepted"}]),
        ("nadia", [{"number": "CAI-000001", "verdict": "accepted", "totals": [["cash", 1, 9_000]]}]),
        ("tarek", [{"number": "CAI-000001", "verdict": "accepted", "totals": [["cash", 1, 9_000]]}]),
    ],
)
def test_who_sees_figures(office: Office, login: str, vouchers: list[dict[str, Any]]):
    """Without a login only counts; a cashier, who counts blind, sees numbers and no amounts; the office sees all."""
    phone = office.phone()
    phone.receipt("cus_1", 9_000)

    (push,) = rescue(office, file_of(office, phone), login).json()["pushes"]

    shown = [
        {name: value for name, value in voucher.items() if name != "at"}
        | (
            {"totals": [[t["method"], t["count"], t["amount"]] for t in voucher["totals"]]}
            if "totals" in voucher
            else {}
        )
        for voucher in push.get("vouchers", [])
    ]
    assert shown == vouchers
    assert ("name" in push) == bool(login)


def test_an_ended_login_does_not_stand_between(office: Office):
    """With a token that has run out the file is taken, and answered as to a stranger."""
    phone = office.phone()
    phone.receipt("cus_1", 9_000)

    answer = office.post("/sync/rescue", json=file_of(office, phone), headers=office.bearer("nadia", lives=-5))

    assert answer.json()["pushes"][0]["new"] == 1
    assert "vouchers" not in answer.json()["pushes"][0]


# ---- keys


def test_a_retired_seal_key_opens_for_ever(office: Office):
    """A phone that has not heard of the new key seals to the old one, and its file opens."""
    phone = office.phone()
    phone.receipt("cus_1", 9_000)
    file = file_of(office, phone)
    fresh = SigningKey.new("seal")

    def change(_writer: Any) -> None:
        office.company.store.execute("UPDATE server_key SET retired = 1 WHERE purpose = 'seal'")
        keep_key(office.company.store, fresh)

    office.run(change)
    phone.receipt("cus_1", 400)

    assert rescue(office, file).json()["pushes"][0]["new"] == 1
    assert rescue(office, sealed(phone.push(3, carrier=""), fresh.id, fresh.spki)).json()["pushes"][0]["new"] == 1


# ---- what is no rescue file


def broken(office: Office, phone: Phone) -> dict[str, tuple[Any, str, int]]:
    file, key = file_of(office, phone), seal_key(office)
    push = phone.push(2, carrier="")
    whole = json.dumps(file).encode()
    other = SigningKey.new("seal")
    return {
        "another company's": (sealed(push, key.id, key.spki, company="cmp_b"), "wrong_company", 403),
        "another key": (sealed(push, other.id, other.spki), "seal_key_unknown", 422),
        "sealed changed": (file | {"sealed": "A" + file["sealed"][1:]}, "file_damaged", 422),
        "sealed cut": (file | {"sealed": file["sealed"][:-8]}, "file_damaged", 422),
        "sealed empty": (file | {"sealed": ""}, "file_damaged", 422),
        "own key changed": (file | {"epk": file["epk"][:-4] + "AAAA"}, "file_damaged", 422),
        "own key of another": (file | {"epk": other.spki}, "file_damaged", 422),
        "nonce changed": (file | {"iv": b64(b"0" * 12)}, "file_damaged", 422),
        "nonce of no size": (file | {"iv": ""}, "file_damaged", 422),
        "no base64": (file | {"sealed": "é"}, "file_damaged", 422),
        "sealed nonsense": (sealed(b"[1,", key.id, key.spki), "file_damaged", 422),
        "the file cut": (whole[: len(whole) // 2], "file_damaged", 422),
        "newer": (file | {"v": 2}, "malformed", 400),
        "not ours at all": (b"PK\x03\x04", "malformed", 400),
        "empty": (b"", "malformed", 400),
    }  # fmt: skip


def test_what_is_no_sound_file_is_told_and_stores_nothing(office: Office):
    """Each fault has its code; nothing is stored; each counts as a miss of who brought it."""
    phone = office.phone()
    phone.receipt("cus_1", 9_000)
    before = office.journal()
    for name, (file, code, status) in broken(office, phone).items():
        office.clock.ahead(minutes=6)  # the brake forgets
        raw = file if isinstance(file, bytes) else json.dumps(file).encode()
        answer = office.call("POST", "/sync/rescue", content=raw)
        assert (code_of(answer), answer.status_code) == (code, status), name
    assert office.journal() == before


def test_guessing_is_braked(office: Office):
    """Five files that do not open, and the next must wait."""
    for _ in range(5):
        assert code_of(office.call("POST", "/sync/rescue", content=b"{}")) == "malformed"
    answer = office.call("POST", "/sync/rescue", content=b"{}")

    assert code_of(answer) == "too_many_tries"
    assert int(answer.headers["retry-after"]) > 0


# ---- at the command line


def test_hand_in_at_the_command_line(sanad: Sanad, tmp_path_factory: pytest.TempPathFactory, tmp_path: Path):
    """`sanad hand-in` says what came in, twice does nothing more, and a file that is not taken ends with 1."""
    folder = tmp_path / "made"
    office = open_office(found_company(Settings(folder)))
    with office.client:
        phone = office.phone()
        phone.receipt("cus_1", 123_450)
        file = tmp_path / "from-omar.txt"
        file.write_text(json.dumps(file_of(office, phone)), "utf-8")
    office.close()

    said = sanad("hand-in", str(file), data=folder)
    again = sanad("hand-in", str(file), data=folder)
    file.write_text("{}", "utf-8")
    refused = sanad("hand-in", str(file), data=folder, wrong=True)

    assert "1 entries, 1 of them new" in said
    assert "CAI-000001" in said
    assert "1,234.50" in said
    assert "0 of them new" in again
    assert "malformed" in refused
