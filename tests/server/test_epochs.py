"""A restored server begins a new epoch, and devices hand back what it gave them after the backup."""

import json
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from schemas.documents import Book, Company, Device, User, Voucher
from schemas.entries.company import GrantReturned
from schemas.entries.shapes import Grant
from server.company import OpenCompany
from server.keys import SigningKey
from server.store.opening import open_shelf, open_store
from server.verify import verify
from server.writes import write
from sync.chain import b64, hash_of
from tests.phone import Phone
from tests.server.engines import Engine
from tests.server.small_office import Office, code_of, opened


def wire(grant: Any) -> dict[str, Any]:
    return {"envelope": json.loads(grant.envelope), "body": json.loads(grant.body), "sig": grant.sig}


def hand_back(office: Office, *grants: Any) -> dict[str, Any]:
    """Spliced, as a phone sends them: the texts that were signed, byte for byte."""
    spliced = ",".join(f'{{"envelope":{one.envelope},"body":{one.body},"sig":"{one.sig}"}}' for one in grants)
    answer = office.call("POST", "/sync/grants", content=f'{{"grants":[{spliced}]}}'.encode())
    assert answer.status_code == 200, answer.text
    reply: dict[str, Any] = answer.json()
    return reply


class Twice:
    """A company, its backup, what happened after it, and the restored server."""

    def __init__(self, office: Office, engine: Engine, folder: Path) -> None:
        self.office = office
        self.backup = engine.copy(office.company.settings, folder)
        self.position, self.h = office.company.store.tip()

    def restore(self) -> Office:
        restored = opened(self.backup)
        assert restored.company.begin_epoch(self.position, b64(self.h), "2026-11-22T08:00:00+00:00") == 2
        return restored


@pytest.fixture
def twice(office: Office, engine: Engine, tmp_path: Path) -> Iterator[Twice]:
    office.phone("hany")
    made = Twice(office, engine, tmp_path / "restored")
    yield made
    engine.done(made.backup)


def titles(office: Office, phone: Phone) -> list[Any]:
    """The grants that a phone keeps, the books' first, as bad luck would have it."""
    device = office.one(Device, phone.device)
    return [*(book.grant for book in office.books(phone)), device.grant]


def test_the_device_and_its_grant_are_in_the_reply_and_in_the_pull(office: Office):
    """A device keeps its own title like that of its books."""
    key = SigningKey.new("device")
    reply = office.enrol(office.code("phone", "omar"), key).json()
    grant = reply["device"]["grant"]
    pulled = {one["id"]: one["doc"] for one in office.pull("omar")["changes"] if one["type"] == "device"}

    assert json.loads(grant["body"])["public_key"] == key.spki
    assert pulled[reply["device"]["id"]]["grant"] == grant
    assert all("grant" not in row["device"] for row in office.get("/devices", "tarek").json())
    assert all(
        "grant" not in device for row in office.get("/users", "tarek").json() for device in row.get("devices", [])
    )


def test_a_prefix_that_another_branch_has_is_not_taken(twice: Twice):
    """Were there a branch CAIB, the second epoch of CAI would number in its series: it does not."""
    store = open_store(twice.backup)
    body = store.select("SELECT body FROM record WHERE type = 'company'")[0][0].replace(b'"GIZ"', b'"CAIB"')
    store.begin()
    store.execute("UPDATE record SET body = ? WHERE type = 'company'", body)
    store.commit()
    store.close()
    restored = opened(twice.backup)
    restored.sound = False  # the branch was renamed behind the journal's back
    with restored.client:
        restored.company.begin_epoch(twice.position, b64(twice.h))
        phones = [restored.phone("omar"), restored.phone("karim")]
        books = [one for phone in phones for one in restored.books(phone)]
        assert [(one.series, one.first) for one in books] == [("CAIBB", 1), ("CAIBB", 21), ("CAIBB", 41), ("CAIBB", 61)]
    restored.close()


def test_vouchers_that_come_before_the_grant_of_their_book_get_their_leaves(
    twice: Twice, engine: Engine, tmp_path: Path
):
    """A phone that is known but whose new book is not: its vouchers wait, and are whole when the grant comes."""
    phone = next(iter([twice.office.phone("omar")]))
    twice = Twice(twice.office, engine, tmp_path / "later")
    given = twice.office.post("/books", "tarek", {"device": phone.device, "leaves": 5}).json()
    phone.book = twice.office.one(Book, given["id"])
    phone.leaf = phone.book.first - 1
    grant = phone.book.grant
    kept = phone.receipt("cus_1", 700)
    restored = twice.restore()
    with restored.client:
        assert restored.push(phone, kept.seq).json()["outcomes"][0]["flags"] == ["book_not_held"]
        assert hand_back(restored, grant) == {"restored": 1, "known": 0}
        book = restored.one(Book, given["id"])
        assert (book.issued, restored.one(Voucher, kept.id).flags) == ("1", [])
        assert restored.balance(f"suspense/{kept.id}") == -700
    restored.close()


def test_an_owner_who_is_not_known_any_more_is_there_without_a_name(twice: Twice):
    """His phone's grant brings the collector back, so that what he hands in is his; the office names him again."""
    user = twice.office.post(
        "/users", "tarek",
        {"login": "aya", "name": "Aya", "name_ar": "آية", "role": "collector", "branch": "brn_cai"},
    ).json()["id"]  # fmt: skip
    key = SigningKey.new("device")
    code = twice.office.post("/enrolments", "tarek", {"purpose": "phone", "user": user}).json()["code"]
    device = twice.office.enrol(code, key).json()["device"]
    phone = Phone(twice.office.company.id, device["id"], user, key)
    phone.write("chain_started", {"app": "test"})
    twice.office.hand_in(phone)
    twice.office.open_book(phone)
    phone.receipt("cus_1", 700)
    grants = titles(twice.office, phone)
    restored = twice.restore()
    with restored.client:
        assert hand_back(restored, *grants)["restored"] == 3
        assert [one["verdict"] for one in restored.push(phone, 1).json()["outcomes"]] == ["accepted", "accepted"]
        assert restored.balance(f"cash/{user}") == 700
        wish = {"user": user, "login": "aya", "name": "Aya", "name_ar": "آية", "role": "collector", "branch": "brn_cai"}
        assert restored.post("/users", "tarek", wish).status_code == 201
        assert restored.one(User, user).name == "Aya"
    restored.close()


def test_what_no_key_of_ours_signed_is_refused_and_braked(office: Office):
    """Five forged grants from one address ask for patience, and nothing is written."""
    phone = office.phone("omar")
    grant = office.one(Device, phone.device).grant
    forged = json.loads(grant.body) | {"device": "dev_forged"}
    body = json.dumps(forged, separators=(",", ":"))
    raw = grant.envelope.replace(json.loads(grant.envelope)["body_hash"], b64(hash_of(body.encode())))
    before = office.journal()
    mine = SigningKey.new("sign").sign(raw.encode())

    def told(envelope: str, text: str, sig: str) -> Any:
        content = f'{{"grants":[{{"envelope":{envelope},"body":{text},"sig":"{sig}"}}]}}'.encode()
        return office.call("POST", "/sync/grants", content=content)

    assert told(raw, body, mine).json()["refused"] == [{"index": 0, "why": "bad_signature"}]
    assert told(raw, body, grant.sig).json()["refused"] == [{"index": 0, "why": "bad_signature"}]
    assert told(grant.envelope, body, grant.sig).json()["refused"] == [{"index": 0, "why": "bad_signature"}]
    assert told(grant.envelope, grant.body, "x").json()["refused"] == [{"index": 0, "why": "bad_signature"}]
    assert told("{}", "{}", "x").json()["refused"] == [{"index": 0, "why": "bad_signature"}]
    assert code_of(told(grant.envelope, grant.body, grant.sig)) == "too_many_tries"
    assert office.journal() == before


def test_at_most_fifty_grants_and_only_grants(office: Office):
    """More are too many at once; an entry of ours that is no grant is refused."""
    phone = office.phone("omar")
    grant = office.one(Device, phone.device).grant
    row = office.select("SELECT envelope, body, sig FROM journal WHERE position = 2")[0]
    one = f'{{"envelope":{row[0].decode()},"body":{row[1].decode()},"sig":"{row[2]}"}}'

    answer = office.call("POST", "/sync/grants", content=f'{{"grants":[{one}]}}'.encode())
    many = ",".join([json.dumps(wire(grant))] * 51)

    assert answer.json() == {"restored": 0, "known": 0, "refused": [{"index": 0, "why": "grant_unreadable"}]}
    assert code_of(office.call("POST", "/sync/grants", content=f'{{"grants":[{many}]}}'.encode())) == "too_large"


def test_verify_finds_a_grant_that_is_not_ours(office: Office):
    """Whoever gets a foreign grant into the journal is found out by its signature."""
    phone = office.phone("omar")
    body = json.loads(office.one(Device, phone.device).grant.body) | {"device": "dev_forged", "code": "Z9"}
    text = json.dumps(body, separators=(",", ":"))
    raw = office.one(Device, phone.device).grant.envelope
    sig = SigningKey.new("sign").sign(raw.encode())
    office.run(lambda writer: write(writer, "grant_returned", GrantReturned(Grant(raw, text, sig))))
    office.sound = False
    with closing(open_shelf(office.company.settings)) as shelf:
        faults = [(fault.check, fault.what) for fault in verify(shelf)]

    assert faults == [("signature", "no key of this server made the returned grant")]


def test_the_epoch_is_what_every_reply_says_and_only_grows(twice: Twice, office: Office):
    """Push, pull and enrolment say the new epoch at once, also after the next start; settings never take it back."""
    restored = twice.restore()
    with restored.client:
        phone = restored.phone("omar")
        assert restored.push(phone, 1).json()["epoch"] == "2"
        assert restored.pull("omar")["epoch"] == "2"
        assert restored.all(Company)[0].epoch == 2
        assert restored.company.begin_epoch(1, "", at_least=7) == 7
        assert restored.push(phone, 1).json()["epoch"] == "7"
    settings = restored.company.settings
    restored.close()
    again = OpenCompany(settings)
    assert again.epoch == "7"
    again.close()
