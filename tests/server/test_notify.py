"""Customers are told of their vouchers: by a real mail server and a real gateway, at least once and on the record."""

import ast
import dataclasses
import json
import os
import signal
import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import msgspec
import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from schemas.documents import Company, Customer, Notice, User, Voucher
from schemas.entries.company import Policy
from schemas.entries.customers import CustomersUpserted, StatedCustomer
from schemas.entries.receipts import Cash, Cheque
from server import recovery
from server.backup import write_backup
from server.notify.gateway import Gateway
from server.notify.letter import compose
from server.notify.mail import Mail, MailServer
from server.notify.numbers import international
from server.notify.sending import BadSender, Job, NotNow, Refused
from server.notify.worker import LONGEST_REST, Notifier, rest_after
from server.restore import restore
from server.settings import Settings
from server.store.port import StoreAway
from server.store.secrets import forget_meta, keep_meta
from server.writes import write
from tests.phone import Kept, Phone
from tests.server.engines import Engine, OneDatabase, OneFile
from tests.server.post import SENDER, Hook, PostOffice
from tests.server.served import ROOT, Sanad, until
from tests.server.small_office import Office, code_of, opened
from tests.server.test_backup import PASSPHRASE, RECOVERY, elsewhere
from tests.server.test_office import accept, paper, total

# The gateways' library looks at a module that Python means to drop; nothing of ours does.
pytestmark = pytest.mark.filterwarnings("ignore:'imghdr' is deprecated:DeprecationWarning")

EMAIL, PHONE = "shop@c1.example", "0100 123 4567"
NUMBER = "+201001234567"


@pytest.fixture
def post() -> Iterator[PostOffice]:
    made = PostOffice()
    made.open()
    yield made
    made.close()


@pytest.fixture
def hook() -> Iterator[Hook]:
    made = Hook()
    made.open()
    yield made
    made.close()


def stated(**more: Any) -> CustomersUpserted:
    fields = {"email": EMAIL, "phone": PHONE} | more
    return CustomersUpserted([StatedCustomer("cus_1", "C-1", "Shop 1", "EGP", "متجر 1", **fields)])


def turn(office: Office, *channels: str, hours: int = 0) -> dict[str, Any]:
    answer = office.call("PUT", "/notices", "tarek", json={"channels": channels, "hours": hours})
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


@contextmanager
def telling(settings: Settings, post: PostOffice | None = None, hook: Hook | None = None) -> Iterator[Office]:
    """The company with its doors and its worker running, and a customer who can be reached."""
    given = dataclasses.replace(settings, smtp_url=post.url if post else "", notify_urls=hook.url if hook else "")
    office = opened(given)
    office.client.app.state.notifier.pause = 0.02
    office.run(lambda writer: write(writer, "customers_upserted", stated()))
    with office.client:
        yield office
    office.close()


@pytest.fixture
def office(engine: Engine, tmp_path: Path, post: PostOffice, hook: Hook) -> Iterator[Office]:
    """It tells by e-mail and by message."""
    settings = engine.copy(engine.founded(), tmp_path / "company")
    with telling(settings, post, hook) as made:
        turn(made, "email", "message")
        yield made
    engine.done(settings)


def issue(office: Office, phone: Phone, amount: int = 60_000, *, shown: bool = True, **body: Any) -> Kept:
    """A voucher and, as phones do it, its code in the same push."""
    kept = phone.receipt("cus_1", amount, **body)
    if shown:
        phone.write("voucher_shown", {"receipt": kept.id, "qr": paper(office, phone)})
    office.hand_in(phone)
    return kept


def ways(office: Office, voucher: str, what: str = "issued") -> dict[str, dict[str, Any]]:
    """What the office sees of telling the customer: channel → how it stands."""
    answer = office.get(f"/vouchers/{voucher}/notices", "nadia")
    assert answer.status_code == 200, answer.text
    return {way["channel"]: way for one in answer.json() if one["what"] == what for way in one["ways"]}


def outcomes(office: Office, voucher: str, what: str = "issued") -> dict[str, str]:
    return {channel: way.get("outcome", "") for channel, way in ways(office, voucher, what).items()}


def told(office: Office) -> list[dict[str, Any]]:
    """Bodies of all entries that say what became of telling somebody, in order."""
    rows = office.select("SELECT envelope, body FROM journal ORDER BY position")
    return [
        json.loads(bytes(body))
        for raw, body in rows
        if json.loads(bytes(raw))["kind"] == "customer_notified"
    ]  # fmt: skip


def plain_of(letter: EmailMessage) -> str:
    part = letter.get_body(("plain",))
    assert isinstance(part, EmailMessage)
    return str(part.get_content())


def link_in(text: str) -> str:
    return next(word for word in text.split() if word.startswith("https://"))


def genuine(office: Office, link: str) -> str:
    address, _, payload = link.partition("/verify#")
    assert address == "https://sanad.example"
    return str(office.post("/verify", json={"payload": payload}).json()["status"])


# ---- what arrives


def test_a_customer_is_told_in_both_languages_and_can_check(office: Office, post: PostOffice, hook: Hook):
    """By e-mail and by message, with number, amount, date, collector and a link that says genuine; it is on the record,
    without any address."""
    phone = office.phone()
    kept = issue(office, phone)
    until(lambda: set(outcomes(office, kept.id).values()) == {"sent"}, "both messages")

    [letter] = post.letters
    assert (letter["To"], letter["From"]) == (EMAIL, f"Delta Foods <{SENDER}>")
    assert letter["Subject"] == "سند قبض CAI-000001 · Receipt voucher CAI-000001"
    assert letter["Content-Language"] == "ar, en"
    assert letter["Auto-Submitted"] == "auto-generated"
    assert letter["Date"].datetime == office.clock.now
    assert letter["Message-ID"].endswith("@delta.example>")
    plain, page = (part.get_content() for part in letter.iter_parts())
    assert letter.get_content_type() == "multipart/alternative"
    for text in (plain, page):
        for said in ("CAI-000001", "600.00\u00a0ج.م", "EGP\u00a0600.00", "فقط ستمائة جنيه مصري لا غير",
                     "Only six hundred Egyptian pounds", "22/11/2026", "المحصّل", "Omar", "متجر 1", "Shop 1",
                     "دلتا للأغذية", "Delta Foods"):  # fmt: skip
            assert said in text, said
    assert '<html lang="ar" dir="rtl">' in page
    arabic, english = page.index('<div dir="rtl" lang="ar"'), page.index('<div dir="ltr" lang="en"')
    assert arabic < page.index("استلمنا") < english < page.index("We have received")
    assert genuine(office, link_in(plain)) == "genuine"
    assert f'<a href="{link_in(plain)}"' in page

    [(path, body)] = hook.told
    assert unquote(path) == f"/send/{NUMBER}"
    assert body["message"].splitlines()[:2] == [
        "دلتا للأغذية: استلمنا 600.00\u00a0ج.م بسند القبض CAI-000001 بتاريخ 22/11/2026، المحصّل اسم.",
        "Delta Foods: received EGP\u00a0600.00 by receipt voucher CAI-000001 of 22/11/2026, collector Omar.",
    ]
    assert genuine(office, link_in(body["message"])) == "genuine"

    assert sorted(told(office), key=lambda one: str(one["channel"])) == [
        {"receipt": kept.id, "what": "issued", "channel": channel, "outcome": "sent", "tries": 1}
        for channel in ("email", "message")
    ]
    assert ways(office, kept.id)["email"]["at"] == office.clock.now.isoformat(timespec="seconds")
    assert office.all(Notice)[0].state == "done"


def test_without_a_code_it_is_told_after_a_while(office: Office, post: PostOffice):
    """A voucher whose code has not come is not told at once, and not never: the letter says how else to check."""
    phone = office.phone()
    bare = issue(office, phone, shown=False)
    coded = issue(office, phone)
    until(lambda: outcomes(office, coded.id)["email"] == "sent", "the one with a code")
    assert outcomes(office, bare.id)["email"] == ""
    office.clock.ahead(seconds=61)
    until(lambda: outcomes(office, bare.id)["email"] == "sent", "the one without")

    text = plain_of(post.letters[-1])
    assert "CAI-000001" in text
    assert link_in(text) == "https://sanad.example/verify"
    assert "scan the code" in text
    assert "امسحوا الرمز" in text


def test_a_void_is_told(office: Office, post: PostOffice):
    """Voided after it was told: a second letter, whose link says so. Voided in the same push: that letter alone."""
    phone = office.phone()
    phone.write("visit_started", {"customer": "cus_1"})
    visit = phone.entries[-1].id
    first = issue(office, phone, visit=visit)
    until(lambda: outcomes(office, first.id)["email"] == "sent", "the first letter")
    phone.write("receipt_voided", {"receipt": first.id, "reason": "wrong_amount"})
    office.hand_in(phone)
    until(lambda: outcomes(office, first.id, "voided").get("email") == "sent", "the void")
    second = phone.receipt("cus_1", 7_000, visit=visit)
    phone.write("voucher_shown", {"receipt": second.id, "qr": paper(office, phone)})
    phone.write("receipt_voided", {"receipt": second.id, "reason": "wrong_amount"})
    office.hand_in(phone)
    until(lambda: outcomes(office, second.id, "voided").get("email") == "sent", "the second void")

    assert [letter["Subject"].rpartition(" · ")[2] for letter in post.letters] == [
        "Receipt voucher CAI-000001", "Receipt voucher CAI-000001 is void", "Receipt voucher CAI-000002 is void",
    ]  # fmt: skip
    assert outcomes(office, second.id)["email"] == "overtaken"
    text = plain_of(post.letters[1])
    assert "أُلغي سند القبض CAI-000001" in text
    assert genuine(office, link_in(text)) == "voided"


def test_a_reversal_is_told(office: Office, post: PostOffice):
    """The office gives back what was counted: the customer hears that it is owed."""
    phone, desk = office.phone(), office.desk()
    kept = issue(office, phone)
    deposit = office.declare(phone, [total("cash", 1, 60_000)])
    accept(office, desk, deposit, office.count(desk, deposit, 60_000))
    assert office.post(f"/vouchers/{kept.id}/reverse", "nadia", {"note": "paid twice"}).status_code == 200
    until(lambda: outcomes(office, kept.id, "reversed").get("email") == "sent", "the reversal")

    text = plain_of(post.letters[-1])
    assert "is reversed" in text
    assert "مستحق لكم" in text


# ---- on and off


def test_it_is_off_at_first_and_tells_nothing_of_the_past(engine: Engine, tmp_path: Path, post: PostOffice, hook: Hook):
    """Vouchers from before it was turned on are never told, nor those from after it was turned off."""
    settings = engine.copy(engine.founded(), tmp_path / "company")
    with telling(settings, post, hook) as office:
        phone = office.phone()
        before = issue(office, phone)
        assert [way["on"] for way in turn(office)["ways"]] == [False, False]
        turn(office, "email")
        during = issue(office, phone)
        until(lambda: outcomes(office, during.id) == {"email": "sent"}, "the one letter")
        turn(office)
        after = issue(office, phone)

        assert office.one(Company, office.company.id).policy == Policy(book_leaves=20)
        assert outcomes(office, before.id) == outcomes(office, after.id) == {}
        assert [one.voucher for one in office.all(Notice)] == [during.id]
        assert len(post.letters) == 1
        assert hook.told == []
    engine.done(settings)


def test_turned_off_while_something_waits(office: Office, post: PostOffice):
    """What was not told by then is not told any more, and the office reads why."""
    kept = issue(office, office.phone(), shown=False)
    turn(office, "message")
    until(lambda: outcomes(office, kept.id)["email"] == "gave_up", "giving up")

    assert ways(office, kept.id)["email"]["reason"] == "turned_off"
    assert post.letters == []


def test_who_may_turn_it_on_and_who_may_look(office: Office):
    """Settings are the administrator's; how it goes is also the supervisor's; a collector sees neither."""
    wish = {"channels": ["email"]}
    kept = issue(office, office.phone())

    assert code_of(office.call("PUT", "/notices", "nadia", json=wish)) == "not_allowed"
    assert code_of(office.call("PUT", "/notices", "tarek", json={"channels": ["pigeon"]})) == "malformed"
    assert code_of(office.call("PUT", "/notices", "tarek", json=wish | {"hours": 721})) == "malformed"
    assert office.get("/notices", "nadia").status_code == 200
    assert code_of(office.get("/notices", "omar")) == "not_allowed"
    assert code_of(office.get(f"/vouchers/{kept.id}/notices", "omar")) == "not_allowed"
    assert code_of(office.get("/vouchers/none/notices", "nadia")) == "not_found"


def test_a_customer_without_an_address(office: Office, post: PostOffice, hook: Hook):
    """Nobody waits for one, and nothing is written about each of his vouchers."""
    office.run(lambda writer: write(writer, "customers_upserted", stated(email="")))
    kept = issue(office, office.phone())
    until(lambda: outcomes(office, kept.id)["message"] == "sent", "the message")

    assert outcomes(office, kept.id)["email"] == "no_address"
    assert [one["channel"] for one in told(office)] == ["message"]
    assert post.letters == []


# ---- what goes wrong


def test_a_mail_server_that_is_down(office: Office, post: PostOffice, hook: Hook):
    """Pushes and the other way go on; the administrator reads the trouble; when it is back the letter goes out."""
    post.close()
    kept = issue(office, office.phone())
    until(lambda: outcomes(office, kept.id)["message"] == "sent", "the message")
    until(lambda: "trouble" in office.get("/notices", "tarek").json()["ways"][0], "the trouble")

    email = office.get("/notices", "tarek").json()["ways"][0]
    assert (email["waiting"], email["since"]) == (1, office.clock.now.isoformat(timespec="seconds"))
    assert "refused" in email["trouble"]
    assert outcomes(office, kept.id)["email"] == ""
    post.open()
    office.clock.ahead(seconds=31)
    until(lambda: outcomes(office, kept.id)["email"] == "sent", "the letter")
    assert ways(office, kept.id)["email"]["tries"] == 2
    assert len(post.letters) == len(hook.told) == 1
    assert "trouble" not in office.get("/notices", "tarek").json()["ways"][0]


def test_pushes_do_not_wait_for_a_mail_server_that_hangs(office: Office, post: PostOffice):
    """It has taken a letter and says nothing: vouchers are handed in as ever."""
    hangs, goes_on = threading.Event(), threading.Event()

    def arriving() -> None:
        hangs.set()
        goes_on.wait(30)

    post.arriving = arriving
    phone = office.phone()
    issue(office, phone)
    assert hangs.wait(10)
    started = time.monotonic()
    for _ in range(5):
        issue(office, phone)
    spent = time.monotonic() - started
    told_meanwhile = len(post.letters)
    goes_on.set()

    until(lambda: len(post.letters) == 6, "all letters")
    assert told_meanwhile == 1
    assert spent < 10


@pytest.mark.parametrize("answer", ["550 no such user", "451 try again"])
def test_what_a_mail_server_says(office: Office, post: PostOffice, answer: str):
    """A final no is recorded and not tried again, and holds up nobody; a no for now is tried again later."""
    final = answer.startswith("5")
    post.answers[EMAIL] = answer
    phone = office.phone()
    kept = issue(office, phone)
    other = phone.receipt("cus_2", 1_000)
    office.run(
        lambda writer: write(
            writer, "customers_upserted",
            CustomersUpserted([StatedCustomer("cus_2", "C-2", "Shop 2", "EGP", "متجر 2", email="shop@c2.example")]),
        )
    )  # fmt: skip
    phone.write("voucher_shown", {"receipt": other.id, "qr": paper(office, phone)})
    office.hand_in(phone)
    until(lambda: outcomes(office, other.id)["email"] == "sent", "the other customer's letter")
    assert outcomes(office, kept.id)["email"] == ("refused" if final else "")
    post.answers.clear()
    office.clock.ahead(minutes=40)
    issue(office, phone)
    until(lambda: len(post.letters) == (2 if final else 3), "what was to be sent")

    until(lambda: outcomes(office, kept.id)["email"] == ("refused" if final else "sent"), "the end")
    assert ways(office, kept.id)["email"].get("reason", "") == ("rejected" if final else "")
    assert ways(office, kept.id)["email"]["tries"] == (1 if final else 2)


def test_it_gives_up_after_the_time_that_the_company_sets(office: Office, post: PostOffice, hook: Hook):
    """Neither mail server nor gateway took it: the office reads so, and a voucher of today is told all the same."""
    turn(office, "email", "message", hours=2)
    post.close()
    hook.status = 500
    phone = office.phone()
    kept = issue(office, phone)
    until(lambda: all(way.get("trouble") for way in office.get("/notices", "tarek").json()["ways"]), "both troubles")
    post.open()
    hook.status = 200
    office.clock.ahead(hours=2, seconds=1)
    until(lambda: set(outcomes(office, kept.id).values()) == {"gave_up"}, "giving up")

    assert {way["reason"] for way in ways(office, kept.id).values()} == {"unreachable"}
    later = issue(office, phone)
    until(lambda: set(outcomes(office, later.id).values()) == {"sent"}, "today's voucher")
    assert len(post.letters) == len(hook.told) == 1


def test_rests_grow_up_to_a_limit():
    assert [rest_after(failed) for failed in (1, 2, 3)] == [timedelta(seconds=30 * 2**n) for n in range(3)]
    assert rest_after(10_000) == LONGEST_REST


def test_an_unrecorded_message_is_recorded_and_not_sent_again(
    office: Office, post: PostOffice, monkeypatch: pytest.MonkeyPatch
):
    """The database goes away between sending and the record: the record waits in memory, and the letter does not go
    out twice."""
    run, failed = office.company.run, threading.Event()

    async def away(do: Any) -> Any:
        if post.letters and not failed.is_set():
            failed.set()
            raise StoreAway("cut")
        return await run(do)

    turn(office, "email")
    monkeypatch.setattr(office.company, "run", away)
    kept = issue(office, office.phone())
    until(lambda: outcomes(office, kept.id)["email"] == "sent", "the record")

    assert failed.is_set()
    assert len(post.letters) == len(told(office)) == 1


def test_a_server_killed_between_sending_and_the_record(sanad: Sanad, engine: Engine, tmp_path: Path, post: PostOffice):
    """SIGKILL while the mail server holds the letter: the next server sends it again under the same Message-ID, and
    records it once. Told twice, never not at all."""
    settings = engine.copy(engine.founded(), tmp_path / "company")
    with telling(settings) as office:
        turn(office, "email")
    where: dict[str, Any] = {"data": settings.data, "database": settings.database_url, "SANAD_SMTP_URL": post.url}
    with sanad.serving(**where) as (server, office):
        phone = office.phone()
        post.arriving = lambda: os.kill(server.pid, signal.SIGKILL)
        phone.now = datetime.now(UTC)
        kept = phone.receipt("cus_1", 60_000)
        phone.write("voucher_shown", {"receipt": kept.id, "qr": paper(office, phone)})
        office.hand_in(phone)
        until(server.ended, "the end of the server")
    assert len(post.letters) == 1
    post.arriving = lambda: None
    if settings.database_url:  # nobody waits two minutes here for a dead server's mark to be taken over
        with closing_office(settings) as opened_again:
            opened_again.run(lambda writer: forget_meta(writer.store, "notify_email"))
    with sanad.serving(**where) as (_, office):
        until(lambda: outcomes(office, kept.id).get("email") == "sent", "the second letter")
        assert len(told(office)) == 1

    assert len({letter["Message-ID"] for letter in post.letters}) == 1
    assert len(post.letters) == 2
    engine.done(settings)


@contextmanager
def closing_office(settings: Settings) -> Iterator[Office]:
    office = opened(settings)
    yield office
    office.company.close()


def test_a_restored_backup_sends_only_what_was_not_told(engine: Engine, tmp_path: Path, post: PostOffice, hook: Hook):
    """What the journal says was told stays told; what waited when the backup was made is told now."""
    settings = engine.copy(engine.founded(), tmp_path / "company")
    with telling(settings, post, hook) as office:
        turn(office, "email", "message")
        office.run(lambda writer: recovery.keep(writer.store, RECOVERY))
        phone = office.phone()
        done = issue(office, phone)
        until(lambda: set(outcomes(office, done.id).values()) == {"sent"}, "the first voucher")
        post.close()
        waits = issue(office, phone)
        until(lambda: outcomes(office, waits.id)["message"] == "sent", "the message")
        write_backup(office.company.settings, tmp_path / "file", office.clock())
    post.open()
    back = elsewhere(engine, tmp_path / "back")
    restore(back, tmp_path / "file", PASSPHRASE)
    with telling(back, post, hook) as office:
        until(lambda: outcomes(office, waits.id)["email"] == "sent", "what waited")
        phone.acked = 0
        for _ in range(5):
            assert office.push(phone, 1).status_code == 200
        assert set(outcomes(office, done.id).values()) == {"sent"}

    assert [letter["Subject"].rpartition(" ")[2] for letter in post.letters] == ["CAI-000001", "CAI-000002"]
    assert len(hook.told) == 2


# ---- several servers


@pytest.fixture
def database(postgres: OneDatabase, tmp_path: Path) -> Iterator[Settings]:
    made = postgres.copy(postgres.founded(), tmp_path / "company")
    yield made
    postgres.done(made)


def test_two_servers_tell_each_customer_once(database: Settings, post: PostOffice):
    """Both have the mail server; vouchers come in at both; each letter goes out once."""
    with ExitStack() as stack:
        offices = [stack.enter_context(telling(database, post)) for _ in range(2)]
        turn(offices[0], "email")
        phone = offices[0].phone()
        kept = [issue(offices[n % 2], phone) for n in range(12)]
        until(lambda: all(outcomes(offices[0], one.id)["email"] == "sent" for one in kept), "all letters")
        subjects = [letter["Subject"] for letter in post.letters]

        assert len(subjects) == len(set(subjects)) == len(told(offices[0])) == 12
        until(lambda: not offices[0].select("SELECT 1 FROM meta WHERE key = 'notify_email'"), "the mark to be given up")


def test_a_dead_servers_turn_is_taken_over(database: Settings, post: PostOffice):
    """Its mark stands still for the length of a turn: then another server sends. One that moves is left alone."""
    with telling(database, post) as office:
        notifier: Notifier = office.client.app.state.notifier
        notifier.lease = 0.6

        def beat(number: int) -> None:
            office.run(lambda writer: keep_meta(writer.store, "notify_email", f"srv_other {number}"))

        beat(1)
        turn(office, "email")
        kept = issue(office, office.phone())
        ends, beats = time.monotonic() + 1.2, 1
        while time.monotonic() < ends:
            beats += 1
            beat(beats)
            time.sleep(0.1)
        assert post.letters == []

        until(lambda: outcomes(office, kept.id)["email"] == "sent", "the turn")
        assert len(post.letters) == 1


# ---- mail servers and gateways as they are


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Key and certificate of `localhost`, signed by itself."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "localhost")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
        .serial_number(1).not_valid_before(now - timedelta(days=1)).not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, SHA256())
    )  # fmt: skip
    path = tmp_path_factory.mktemp("tls") / "localhost.pem"
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    path.write_bytes(private + made.public_bytes(Encoding.PEM))
    return path


def job(**more: Any) -> Job:
    """A notice in the hand, without any server."""
    company = Company("co", "Nour", "نور", "EG", "EGP", "Africa/Cairo", "https://nour.example", [], Policy())
    customer = Customer("c1", "C1", "Baraka", "EGP", "بركة", email=EMAIL, phone=PHONE)
    voucher = Voucher("r1", "CAI-000851", "b1", 851, "c1", "d1", 5, "u1", "2026-11-22T23:30:00+02:00", "EGP",
                      [Cash("EGP", 125_000)], qr="S1.x.sig")  # fmt: skip
    notice = Notice("r1.issued", "r1", "issued", "c1", "2026-11-22T21:31:00+00:00", [])
    made: dict[str, Any] = {"company": company, "notice": notice, "voucher": voucher, "customer": customer,
            "collector": User("u1", "omar", "Omar", "عمر", "collector", "cai")}  # fmt: skip
    for name, fields in more.items():
        made[name] = msgspec.structs.replace(made[name], **fields)
    return Job(**made)


def test_a_mail_server_with_tls_and_a_password(certificate: Path, monkeypatch: pytest.MonkeyPatch):
    """STARTTLS, then the password; several letters over one line. Not with a certificate that nobody vouches for, nor
    with a wrong password: then nobody can be told, and the trouble names no secret."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate)
    post = PostOffice(tls=context, login=("delta", "p%40ss"))
    url, post.login = post.url, ("delta", "p@ss")
    post.open()
    try:
        stranger = Mail(MailServer.parse(url))
        with pytest.raises(NotNow, match="CERTIFICATE_VERIFY_FAILED") as found:
            stranger.send(job())
        assert found.value.everyone
        monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
        mail = Mail(MailServer.parse(url))
        mail.send(job())
        mail.send(job(notice={"id": "r2.issued"}))
        mail.rest()
        assert (len(post.letters), post.logins) == (2, ["delta"])
        assert len({letter["Message-ID"] for letter in post.letters}) == 2
        wrong = Mail(MailServer.parse(url.replace("p%40ss", "guess")))
        with pytest.raises(NotNow, match="SMTPAuthenticationError 535") as found:
            wrong.send(job())
        assert found.value.everyone
        assert "guess" not in str(found.value) + repr(wrong.server)
    finally:
        post.close()


def test_a_password_never_goes_out_in_the_clear(post: PostOffice):
    """A server that offers no STARTTLS gets nothing, unless the company has said that it may."""
    plain = Mail(MailServer.parse(post.url.replace("&tls=off", "")))
    with pytest.raises(NotNow, match="STARTTLS"):
        plain.send(job())
    assert post.letters == []


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("smtp.example", "SANAD_SMTP_URL is"),
        ("http://host?from=a@b.example", "SANAD_SMTP_URL is"),
        ("smtp://host:none?from=a@b.example", "host or port"),
        ("smtp://user:secret@host", "without from the user is the sender"),
        ("smtp://host?from=a@b.example&via=x", "not via"),
        ("smtps://host?from=a@b.example&tls=off", "tls"),
    ],
)
def test_a_senseless_mail_server_is_refused_at_the_start(sanad: Sanad, founded: Path, url: str, says: str):
    """One line that says what is wrong, and never the password."""
    with pytest.raises(BadSender, match=says) as found:
        MailServer.parse(url)

    assert "secret" not in str(found.value)


def test_a_server_with_a_wrong_setting_does_not_start(sanad: Sanad, founded: Path):
    said = sanad("serve", data=founded, wrong=True, SANAD_NOTIFY_URLS="json://localhost/hook")
    assert "has {phone} for the customer's number; json://… has none" in said


def test_addresses_of_mail_servers():
    """Ports and TLS by their usual rules; the user is the sender where he is an address."""
    one = MailServer.parse("smtps://receipts%40delta.example:a%2Fb@mail.delta.example")
    other = MailServer.parse("smtp://mail.delta.example?from=Delta%20Foods%20<r@delta.example>")

    assert (one.port, one.tls, one.user, one.password, one.sender) == (
        465, "start", "receipts@delta.example", "a/b", "receipts@delta.example",
    )  # fmt: skip
    assert (other.port, other.tls, other.sender, other.sender_name) == (
        587, "upgrade", "r@delta.example", "Delta Foods",
    )  # fmt: skip
    assert "a/b" not in repr(one)


@pytest.mark.parametrize("address", ["", "shop", "a@b.example\nBcc: x@y.example", "a@b@c"])
def test_an_address_that_is_none_is_refused_for_good(post: PostOffice, address: str):
    with pytest.raises(Refused) as found:
        Mail(MailServer.parse(post.url)).send(job(customer={"email": address}))

    assert found.value.reason == "bad_address"
    assert post.letters == []


def test_gateways_are_tried_in_order(hook: Hook):
    """The first that takes it is enough; when none does it is for later, and no number stands in the trouble."""
    urls = f"json://localhost:1/{{phone}} {hook.url}".split()
    Gateway(urls).send(job())
    assert [path for path, _ in hook.told] == [f"/send/{NUMBER}"]
    hook.status = 500
    with pytest.raises(NotNow) as found:
        Gateway(urls).send(job())

    assert str(found.value) == "not taken by json://…, json://…"
    assert not found.value.everyone


def test_a_gateway_that_nobody_knows(hook: Hook):
    with pytest.raises(NotNow, match="pigeon") as found:
        Gateway(["pigeon://loft/{phone}"]).send(job())
    assert found.value.everyone
    with pytest.raises(Refused):
        Gateway([hook.url]).send(job(customer={"phone": "ask Ahmed"}))
    assert hook.told == []


def test_no_server_loads_the_gateways_library_by_itself():
    """It costs seconds and is for who has a gateway: one place names it, inside the function that sends."""
    named = [
        (path.relative_to(ROOT).as_posix(), isinstance(outer, ast.FunctionDef))
        for path in sorted((ROOT / "server").rglob("*.py"))
        if "apprise" in path.read_text("utf-8")
        for outer in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(outer, ast.FunctionDef | ast.Module)
        for node in outer.body
        if isinstance(node, ast.Import | ast.ImportFrom) and "apprise" in ast.unparse(node)
    ]

    assert named == [("server/notify/gateway.py", True)]


# ---- what is said


@pytest.mark.parametrize("language", ["ar", "en"])
def test_a_customer_who_reads_one_language(language: str):
    letter = compose(job(customer={"language": language}))
    mine, other = ("استلمنا", "received") if language == "ar" else ("received", "استلمنا")

    assert letter.languages == (language,)
    for text in (letter.subject + mine, letter.text, letter.html, letter.brief):
        assert mine in text
        assert other not in text
    assert f'<html lang="{language}" dir="{"rtl" if language == "ar" else "ltr"}">' in letter.html


def test_cheques_and_several_currencies():
    """Each currency for itself, never added; a cheque is said to count when it has cleared."""
    cheque = Cheque("KWD", 1_250, "NBE", "12", datetime.now(UTC).date())
    letter = compose(job(voucher={"tenders": [Cash("EGP", 125_000), cheque, Cash("EGP", 500)]}))

    assert "EGP\u00a01,255.00 + KWD\u00a01.250" in letter.text
    assert "cash + cheque" in letter.text
    assert "once it has cleared" in letter.text
    assert "cleared" not in compose(job()).text


def test_names_cannot_steer_the_page():
    """What people typed is text, and one line of it."""
    letter = compose(job(customer={"name": "<b>A</b>\n\u202eB", "name_ar": ""}, company={"name": "N & <i>"}))

    assert "&lt;b&gt;A&lt;/b&gt; B" in letter.html
    assert "<i>" not in letter.html
    assert "\u202e" not in letter.text
    assert "To: <b>A</b> B (C1)" in letter.text


def test_the_collectors_own_day_is_told():
    """Half an hour before midnight in Cairo is that day there, as on the paper."""
    assert "22/11/2026" in compose(job()).text


@pytest.mark.parametrize(
    ("text", "country", "number"),
    [
        ("0100 123 4567", "EG", "+201001234567"),
        ("٠١٠٠-١٢٣-٤٥٦٧", "EG", "+201001234567"),
        ("+20 100 123 4567", "EG", "+201001234567"),
        ("0020 100 123 4567", "SA", "+201001234567"),
        ("201001234567", "EG", "+201001234567"),
        ("1001234567", "EG", "+201001234567"),
        ("(02) 2579-0000", "EG", "+20225790000"),
        ("055 123 4567", "SA", "+966551234567"),
        ("9771 2345 ext 4", "KW", ""),
        ("97712345", "KW", "+96597712345"),
        ("03 123 456", "LB", "+9613123456"),
        ("ask Ahmed / 0100 123 4567 / 0122 000 0000", "EG", "+201001234567"),
        ("0100 123 4567", "", ""),
        ("+0100", "EG", ""),
        ("+123456789012345678", "EG", ""),
        ("", "EG", ""),
    ],
)
def test_numbers_as_gateways_want_them(text: str, country: str, number: str):
    assert international(text, country) == number


# ---- the command line


def test_the_command_line_turns_it_on_and_tries_it(sanad: Sanad, founded: Path, tmp_path: Path, post: PostOffice):
    """It shows how it stands, changes it, warns of what is not set up, and sends a trial message."""
    data = OneFile(tmp_path).copy(Settings(founded), tmp_path / "c").data
    said = sanad("notify", "--on", "email", "--on", "message", "--hours", "24", data=data, SANAD_SMTP_URL=post.url)

    assert "tried for 24 hours" in said
    assert "message is on, and the process that answered has no SANAD_NOTIFY_URLS" in said
    assert "has no SANAD_SMTP_URL" not in said
    off = sanad("notify", "--off", data=data)
    assert "tried for 24 hours" in off
    assert "is on" not in off
    assert "taken, for a@b.example" in sanad("notify", "--test", "a@b.example", data=data, SANAD_SMTP_URL=post.url)
    assert [letter["To"] for letter in post.letters] == ["a@b.example"]
    assert "SANAD_NOTIFY_URLS is not set" in sanad("notify", "--test", NUMBER, data=data, wrong=True)
