"""A small company behind its real application: two branches, seven people, a few customers. Phones and desks without
screens hand in to it through its own doors."""

import dataclasses
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import msgspec
from litestar.testing import TestClient

from schemas.documents import Book
from schemas.entries.company import Branch, CompanySetUp, Policy
from schemas.entries.customers import (
    CustomersAssigned,
    CustomersUpserted,
    ItemsUpserted,
    StatedCustomer,
    StatedItem,
)
from schemas.entries.people import Role, UserEnrolled
from server.app import create_app
from server.company import OpenCompany
from server.identity.sessions import hash_password, token
from server.inbox import Writer
from server.keys import SigningKey
from server.replay import digest, rebuild
from server.settings import Settings
from server.store.opening import open_shelf, open_store
from server.store.secrets import keep_credential, meta_of
from server.verify import verify
from server.writes import write
from sync.state import TYPE_OF
from tests.phone import Phone

API = "/api/v1"
COMPANY = "cmp_test"
START = datetime(2026, 11, 22, 8, 0, tzinfo=UTC)
DAY = START.date()
WRITTEN, DUE = DAY - timedelta(40), DAY - timedelta(10)
PEOPLE: list[tuple[str, Role, str]] = [
    ("omar", "collector", "brn_cai"),
    ("hany", "collector", "brn_cai"),
    ("karim", "collector", "brn_giz"),
    ("mona", "cashier", "brn_cai"),
    ("sherif", "cashier", "brn_giz"),
    ("nadia", "supervisor", "brn_cai"),
    ("tarek", "administrator", "brn_cai"),
]
PORTFOLIOS = {"omar": ["cus_1", "cus_2", "cus_3"], "hany": ["cus_4"], "karim": ["cus_5"]}
PASSWORDS = {"mona": "count-the-notes", "nadia": "watch-the-board"}
_HASHES: dict[str, str] = {}


class SetClock:
    """A clock that stands until it is moved."""

    def __init__(self) -> None:
        self.now = START

    def __call__(self) -> datetime:
        return self.now

    def ahead(self, **parts: float) -> None:
        self.now += timedelta(**parts)


def facts(leaves: int) -> CompanySetUp:
    return CompanySetUp(
        company=COMPANY,
        name="Delta Foods",
        name_ar="دلتا للأغذية",
        country="EG",
        currency="EGP",
        time_zone="Africa/Cairo",
        address="https://sanad.example",
        branches=[Branch("brn_cai", "Cairo", "القاهرة", "CAI"), Branch("brn_giz", "Giza", "الجيزة", "GIZ")],
        policy=Policy(book_leaves=leaves),
    )


def _settle_in(writer: Writer, company: OpenCompany) -> None:
    for login, role, branch in PEOPLE:
        write(writer, "user_enrolled", UserEnrolled(f"usr_{login}", login, login.title(), "اسم", role, branch))
    for login, password in PASSWORDS.items():
        hashed = _HASHES.setdefault(password, hash_password(password))
        keep_credential(company.store, f"usr_{login}", login, hashed)
    customers = [StatedCustomer(f"cus_{n}", f"C-{n}", f"Shop {n}", "EGP", f"متجر {n}") for n in range(1, 6)]
    items = [
        StatedItem(f"itm_{n}{part}", f"cus_{n}", f"INV-{n}{part}", "EGP", WRITTEN, DUE, 100_000)
        for n in range(1, 6)
        for part in "ab"
    ]  # fmt: skip
    write(writer, "customers_upserted", CustomersUpserted(customers))
    write(writer, "items_upserted", ItemsUpserted(items))


def found_company(settings: Settings, *, leaves: int = 20) -> Settings:
    """Make the company once; tests open copies of it."""
    company = OpenCompany.create(settings, facts(leaves), SetClock())
    company.run_now(lambda writer: _settle_in(writer, company))
    for login, customers in PORTFOLIOS.items():
        body = CustomersAssigned(f"usr_{login}", customers)
        company.run_now(lambda writer, body=body: write(writer, "customers_assigned", body))  # type: ignore[misc]
    company.close()
    return settings


def opened(settings: Settings) -> "Office":
    """The company as it is, open in this process."""
    clock = SetClock()
    company = OpenCompany(dataclasses.replace(settings, pwa=settings.data / "no-pwa"), clock)
    client = TestClient(create_app(company), raise_server_exceptions=False)
    return Office(company, client, clock)


@dataclasses.dataclass
class Office:
    """The company and its doors. sound: whether its books must add up when the test is over."""

    company: OpenCompany
    client: Any
    clock: SetClock
    sound: bool = True

    # ---- who speaks

    def bearer(self, login: str, device: str = "", lives: float = 3600) -> dict[str, str]:
        expires = self.clock() + timedelta(seconds=lives)
        text = token(self.company.token_secret, self.company.id, f"usr_{login}", device, expires)
        return {"Authorization": f"Bearer {text}"}

    def call(self, method: str, path: str, login: str = "", **more: Any) -> httpx.Response:
        headers = {**(self.bearer(login) if login else {}), **more.pop("headers", {})}
        answer: httpx.Response = self.client.request(method, f"{API}{path}", headers=headers, **more)
        return answer

    def get(self, path: str, login: str = "", **more: Any) -> httpx.Response:
        return self.call("GET", path, login, **more)

    def post(self, path: str, login: str = "", json: Any = None, **more: Any) -> httpx.Response:
        return self.call("POST", path, login, json=json, **more)

    # ---- devices

    def code(self, purpose: str, who: str) -> str:
        wish = {"purpose": "phone", "user": f"usr_{who}"} if purpose == "phone" else {"purpose": "desk", "branch": who}
        answer = self.post("/enrolments", "tarek", wish)
        assert answer.status_code == 201, answer.text
        return str(answer.json()["code"])

    def enrol(self, code: str, key: SigningKey) -> httpx.Response:
        return self.post(f"/enrolments/{code}", json={"public_key": key.spki, "app": "test"})

    def phone(self, login: str = "omar") -> Phone:
        """A collector's phone with its first entry handed in and its first book in use."""
        key = SigningKey.new("device")
        answer = self.enrol(self.code("phone", login), key)
        assert answer.status_code == 201, answer.text
        device = answer.json()["device"]
        phone = Phone(COMPANY, device["id"], f"usr_{login}", key, code=device["code"], now=self.clock())
        phone.write("chain_started", {"app": "test"})
        self.hand_in(phone)
        self.open_book(phone)
        return phone

    def books(self, phone: Phone) -> list[Book]:
        """The phone's books in order of their numbers."""
        return sorted((one for one in self.all(Book) if one.device == phone.device), key=lambda book: book.first)

    def open_book(self, phone: Phone) -> None:
        """The first book with a leaf left, as the phone itself would choose it."""
        phone.book = next(book for book in self.books(phone) if not book.closed and book.state != "full")
        phone.leaf = max(phone.leaf, phone.book.first - 1)

    def desk(self, login: str = "mona") -> Phone:
        """A counting desk of the cashier's branch, used by that cashier."""
        key = SigningKey.new("device")
        branch = next(branch for name, _, branch in PEOPLE if name == login)
        answer = self.enrol(self.code("desk", branch), key)
        assert answer.status_code == 201, answer.text
        desk = Phone(COMPANY, answer.json()["device"]["id"], f"usr_{login}", key, now=self.clock())
        desk.write("chain_started", {"app": "test"})
        self.hand_in(desk)
        return desk

    # ---- handing in

    def send(self, raw: bytes, **headers: str) -> httpx.Response:
        answer: httpx.Response = self.client.post(f"{API}/sync/push", content=raw, headers=headers)
        return answer

    def push(self, phone: Phone, first: int = 0, last: int = 0, **head: Any) -> httpx.Response:
        """Push what is not acknowledged yet, or entries first … last."""
        answer = self.send(phone.push(first or phone.acked + 1, last, **head))
        if answer.status_code == 200 and not first:
            phone.acked = max(phone.acked, answer.json()["acked"]["seq"])
        return answer

    def hand_in(self, phone: Phone) -> dict[str, Any]:
        """Push the rest and insist that it is taken whole."""
        answer = self.push(phone)
        assert answer.status_code == 200, answer.text
        reply: dict[str, Any] = answer.json()
        assert reply["acked"]["seq"] == len(phone.entries)
        return reply

    def receipt(self, phone: Phone, customer: str = "cus_1", amount: int = 10_000, **body: Any) -> str:
        """Issue and hand in a voucher; its id."""
        kept = phone.receipt(customer, amount, **body)
        outcome = self.hand_in(phone)["outcomes"][-1]
        assert outcome["verdict"] == "accepted", outcome
        return kept.id

    def declare(self, phone: Phone, totals: list[dict[str, Any]]) -> str:
        phone.deposits += 1
        name = f"{phone.code}-{phone.deposits:04}"
        kept = phone.write("deposit_declared", {"name": name, "count": phone.deposits, "totals": totals})
        self.hand_in(phone)
        return kept.id

    def count(self, desk: Phone, deposit: str, cash: int, cheques: list[dict[str, Any]] | None = None) -> str:
        body = {"deposit": deposit, "name": "A1-0001", "round": 1, "cash": [{"currency": "EGP", "amount": cash}],
                "cheques": cheques or []}  # fmt: skip
        kept = desk.write("deposit_counted", body)
        self.hand_in(desk)
        return kept.id

    # ---- looking

    def select(self, sql: str, *parameters: Any) -> list[Any]:
        """What is stored, as somebody beside the server sees it."""
        with closing(open_shelf(self.company.settings)) as shelf:
            return shelf.select(sql, *parameters)

    def all(self, shape: type[Any]) -> list[Any]:
        """All documents of a type, as they are stored."""
        found = self.select("SELECT body FROM record WHERE type = ? ORDER BY no", TYPE_OF[shape])
        return [msgspec.json.decode(body, type=shape) for (body,) in found]

    def one(self, shape: type[Any], id: str) -> Any:
        return next((document for document in self.all(shape) if document.id == id), None)

    def balance(self, account: str, currency: str = "EGP") -> int:
        """Σ posted to an account, from the postings themselves."""
        found = self.select(
            "SELECT coalesce(sum(p.amount), 0) FROM posting p JOIN word w ON w.no = p.account"
            " WHERE w.text = ? AND p.currency = ?",
            account, currency,
        )  # fmt: skip
        return int(found[0][0])

    def journal(self) -> list[tuple[str, int, bytes, str]]:
        """(device, seq, hash, verdict and flags) of every entry, in order."""
        rows = self.select(
            "SELECT w.text, c.seq, c.hash, trim(c.verdict || ' ' || c.flags) FROM chain c"
            " JOIN word w ON w.no = c.device ORDER BY c.position"
        )
        return [tuple(row) for row in rows]

    def verdicts(self, phone: Phone) -> dict[int, list[str]]:
        """Seq → verdict and flags of each entry that is kept at it."""
        found: dict[int, list[str]] = {}
        for device, seq, _, verdict in self.journal():
            if device == phone.device:
                found.setdefault(seq, []).append(verdict)
        return found

    def pull(self, login: str, cursor: str = "", **params: str) -> dict[str, Any]:
        answer = self.get("/sync/pull", login, params={"cursor": cursor, **params})
        assert answer.status_code == 200, answer.text
        reply: dict[str, Any] = answer.json()
        return reply

    def run(self, do: Callable[[Writer], Any]) -> Any:
        return self.company.run_now(do)

    # ---- the end

    def close(self) -> None:
        """Close; then every chain and book must add up, and a replay must come to the same bytes."""
        settings = self.company.settings
        self.company.close()
        if self.sound:
            check(settings)


def check(settings: Settings) -> None:
    """The company adds up, and its projections are what a replay makes of the journal."""
    with closing(open_shelf(settings)) as shelf:
        assert [str(fault) for fault in verify(shelf)] == []
    store = open_store(settings)
    company = meta_of(store, "company")
    before = digest(store)
    rebuild(store, company)
    after = digest(store)
    store.close()
    assert before == after, "a replay makes other projections"


def code_of(answer: httpx.Response) -> str:
    """The code of a problem document; the reply must be one."""
    assert answer.headers["content-type"] == "application/problem+json", answer.text
    document = answer.json()
    assert document["status"] == answer.status_code
    assert document["type"] == f"/problems/{document['code']}"
    return str(document["code"])


def applied(documents: dict[tuple[str, str], Any], reply: dict[str, Any]) -> None:
    """What a client does with a page: keep what came, drop what left."""
    for change in reply["changes"]:
        if change["doc"] is None:
            documents.pop((change["type"], change["id"]), None)
        else:
            documents[change["type"], change["id"]] = change["doc"]
