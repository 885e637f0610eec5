"""How phones lost money elsewhere, done to a real Chromium with a real served company, and nothing is lost.

One company and one browser serve all tests; each test takes a new phone. A phone's storage lives in memory except where
the fault is on the disk. `journal` and `held` read the phone's database from outside of the app; `vouchers` reads the
company's file. Time-outs here only wait: no test proves anything by time.
"""

import base64
import contextlib
import io
import itertools
import json
import re
import shutil
import subprocess
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
import zxingcpp
from PIL import Image, ImageChops
from playwright.sync_api import Browser, BrowserContext, Page, Playwright, expect, sync_playwright
from playwright.sync_api import TimeoutError as PlaywrightTimeout

from server.settings import Settings
from server.store.sqlite import connect
from tests.browser.conftest import FLAGS, ROOT, Office, chromium, eventually, free_port
from tests.browser.escpos import from_rawbt, printed
from tests.browser.pages import NUMBER, Counter, Pocket

COLLECTORS = {"mahmoud": "Mahmoud Samir", "hany": "Hany Adel", "karim": "Karim Fathy"}
PATIENCE_MS = 30_000
SHAPE: dict[str, Any] = {
    "viewport": {"width": 360, "height": 780},
    "locale": "en-US",
    "timezone_id": "Africa/Cairo",
    "geolocation": {"latitude": 30.05, "longitude": 31.33},
    "permissions": ["geolocation"],
}

SERVED_FROM = """
import sys
from dataclasses import replace
from pathlib import Path
import server.demo_data
from server.settings import Settings
pwa, policy_wanted = Path(sys.argv.pop(1)), sys.argv.pop(1)
plain = Settings.from_environment
Settings.from_environment = classmethod(lambda cls: replace(plain(), pwa=pwa))
if policy_wanted == "installed":
    policy = server.demo_data.Policy
    server.demo_data.Policy = lambda **said: policy(**{**said, "require_installed": True})
from server.cli import main
main()
"""
"""Serves the application from a folder of the test's own, so that a new build can be put there."""

ROWS = """async (store) => {
  const db = await new Promise((resolve, reject) => {
    const request = indexedDB.open('sanad');
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
  const rows = db.objectStoreNames.contains(store)
    ? await new Promise((resolve) => {
        const request = db.transaction(store).objectStore(store).getAll();
        request.onsuccess = () => resolve(request.result);
      })
    : [];
  db.close();
  return JSON.parse(JSON.stringify(rows));
}"""

STORAGE = """(() => {
  const log = [];
  const handles = [];
  const plan = { refuse: null, dead: false };
  Object.assign(window, { storage_log: log, storage_plan: plan, storage_handles: handles });
  const open = IDBFactory.prototype.open;
  IDBFactory.prototype.open = function (...asked) {
    const request = open.apply(this, asked);
    request.addEventListener('success', () => handles.push(request.result));
    return request;
  };
  const transaction = IDBDatabase.prototype.transaction;
  IDBDatabase.prototype.transaction = function (stores, mode, options) {
    if (plan.dead) throw new DOMException('Connection to Indexed Database server lost', 'UnknownError');
    const made = transaction.call(this, stores, mode, options);
    if (mode === 'readwrite') {
      made.wrote = [];
      made.addEventListener('complete', () => log.push({ wrote: made.wrote, durability: options?.durability ?? '' }));
    }
    return made;
  };
  const put = IDBObjectStore.prototype.put;
  IDBObjectStore.prototype.put = function (value, key) {
    const what = value?.kind ?? (key === undefined ? '' : String(key));
    if (plan.refuse && plan.refuse.store === this.name && plan.refuse.what === what) {
      throw new DOMException('the storage gave up here', plan.refuse.name ?? 'AbortError');
    }
    this.transaction.wrote?.push(what ? `${this.name}: ${what}` : this.name);
    return key === undefined ? put.call(this, value) : put.call(this, value, key);
  };
  window.print = () => log.push({ wrote: ['paper'], durability: '' });
})()"""
"""Faults of the browser's storage, under the app: what is refused, which handle is dead; a log of what was written."""


@dataclass
class Phone(Pocket):
    """A collector's phone, and what is really in its storage."""

    page: Page
    address: str
    login: str

    @property
    def name(self) -> str:
        return COLLECTORS[self.login]

    def rows(self, store: str) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.page.evaluate(ROWS, store)
        return found

    def journal(self) -> list[dict[str, Any]]:
        return self.rows("entries")

    def held(self) -> dict[str, int]:
        """Amount of each voucher number that the phone's database holds."""
        found: dict[str, int] = {}
        for entry in self.journal():
            if entry["kind"] == "receipt_issued":
                body = json.loads(entry["body"])
                assert body["number"] not in found, "one number twice"
                found[body["number"]] = sum(tender["amount"] for tender in body["tenders"])
        return found

    def unsent(self) -> int:
        return sum(entry["state"] in ("saved", "sent") for entry in self.journal())

    def offline(self, away: bool = True) -> None:
        self.page.context.set_offline(away)

    def to(self, path: str) -> None:
        """Go there inside the running app, as a link does."""
        self.page.evaluate(
            "(href) => { const link = Object.assign(document.createElement('a'), { href });"
            " document.body.append(link); link.click(); link.remove(); }",
            path,
        )

    def sending(self) -> None:
        self.to("/sending")
        self.button("Try now").wait_for()

    def send(self) -> None:
        """Everything that waits is at the office, and the office has said so."""
        self.sending()
        self.button("Try now").click()
        expect(self.page.get_by_text(re.compile("The office has everything")).first).to_be_visible(timeout=PATIENCE_MS)
        assert self.unsent() == 0

    def today(self) -> None:
        self.to("/")
        self.at_today()

    def review(self, amount: str, customer: str = "") -> None:
        """As `collect`, up to the moment before the voucher is issued."""
        if customer:
            self.to(f"/collect/{customer}")
        else:
            self.at_today()
            if self.button("Collect", exact=True).count():
                self.button("Collect", exact=True).first.click()
            else:  # earlier tests have been at all of this collector's stops
                self.to(f"/collect/{customers_of(self)[0]}")
        self.typed(amount)
        self.button("Review").click()
        reason = self.page.get_by_role("radio", name="Would not sign")
        why = self.button(re.compile("Not signed\\?|Let the customer sign")).first
        why.wait_for()

        def said() -> bool:
            """Said in one tab, it stands in the other too, which may redraw what is being clicked."""
            if not reason.count() and self.button("Not signed? Say why").count():
                self.button("Not signed? Say why").click(timeout=5_000)
            with contextlib.suppress(PlaywrightTimeout):
                reason.click(timeout=5_000)
                return True
            return False

        eventually(said, "a reason is chosen")

    def typed(self, amount: str) -> None:
        self.button("000", exact=True).wait_for()
        self.page.keyboard.type(amount)
        if amount:
            said = re.compile(rf"^\s*Cash\s*{int(amount):,}(\.0+)?\s*$")
            expect(self.page.locator("button.item.current")).to_have_text(said, timeout=PATIENCE_MS)

    def collect(self, amount: str, *, cheques: tuple[tuple[str, str, str], ...] = ()) -> str:
        assert not cheques
        self.review(amount)
        self.button("Issue voucher").click()
        return self.number_shown()

    def sign(self, slant: int) -> None:
        """A customer signs on the screen; another slant is another hand."""
        pad = self.page.locator("svg.pad")
        pad.scroll_into_view_if_needed()
        box = pad.bounding_box()
        assert box is not None
        self.page.mouse.move(box["x"] + 20, box["y"] + 20)
        self.page.mouse.down()
        for step in range(1, 8):
            self.page.mouse.move(box["x"] + 20 + step * 20, box["y"] + 20 + (step % 3) * slant)
        self.page.mouse.up()

    def plan(self, **fault: Any) -> None:
        self.page.evaluate("(fault) => Object.assign(window.storage_plan, fault)", fault)


@dataclass
class House:
    """The company, its address for calls of the office's own people, and browsers."""

    office: Office
    pwa: Path
    browser: Browser
    playwright: Playwright
    folder: Path
    opened: list[BrowserContext] = field(default_factory=list)
    tokens: dict[str, str] = field(default_factory=dict)
    turn: Iterator[str] = field(default_factory=lambda: itertools.cycle(COLLECTORS))

    def call(self, method: str, path: str, body: object = None, *, by: str = "tarek") -> Any:
        """One call in somebody's name."""
        headers = {"content-type": "application/json"}
        if by:
            if by not in self.tokens:
                opened = self.call("POST", "/session", {"login": by, "password": f"{by}-demo-only"}, by="")
                self.tokens[by] = opened["token"]
            headers["authorization"] = f"Bearer {self.tokens[by]}"
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(f"{self.office.address}/api/v1{path}", data, headers, method=method)
        with urllib.request.urlopen(request, timeout=60) as answer:
            text = answer.read()
        return json.loads(text) if text else None

    def code(self, login: str) -> str:
        users = self.call("GET", "/users")
        user = next(row["user"]["id"] for row in users if row["user"]["login"] == login)
        return str(self.call("POST", "/enrolments", {"purpose": "phone", "user": user})["code"])

    def context(self, profile: str = "") -> BrowserContext:
        """A browser of its own: with a profile its storage is on the disk and stays."""
        if profile:
            made = self.playwright.chromium.launch_persistent_context(
                self.folder / profile, executable_path=chromium(), headless=True, args=FLAGS, **SHAPE
            )
        else:
            made = self.browser.new_context(**SHAPE)
        self.opened.append(made)
        return made

    def blank(self, context: BrowserContext, login: str = "", *, init: str = "") -> Phone:
        """A tab; nothing is open in it."""
        page = context.pages[0] if context.pages else context.new_page()
        page.set_default_timeout(PATIENCE_MS)
        if init:
            page.add_init_script(init)
        return Phone(page, self.office.address, login or next(self.turn))

    def phone(self, profile: str = "", *, init: str = "") -> Phone:
        """Enrolled, with its books, ready for a day without network."""
        phone = self.blank(self.context(profile), init=init)
        phone.enrol(self.code(phone.login))
        phone.offline_ready()
        return phone

    def tab(self, phone: Phone) -> Phone:
        """Another tab of the same phone, unlocked."""
        page = phone.page.context.new_page()
        page.set_default_timeout(PATIENCE_MS)
        other = Phone(page, phone.address, phone.login)
        other.reopen()
        other.at_today()
        return other

    def vouchers(self) -> dict[str, dict[str, Any]]:
        """The company's vouchers by number, out of its file. No number is on two."""
        db = connect(Settings(self.office.folder).journal, read_only=True)
        rows = [json.loads(body) for (body,) in db.execute("SELECT body FROM record WHERE type = 'voucher'")]
        db.close()
        standing = [row for row in rows if row.get("state") != "replaced"]
        found = {row["number"]: row for row in standing}
        assert len(found) == len(standing), "one number on two vouchers"
        return found

    def has(self, expected: dict[str, int]) -> None:
        """Each of these vouchers is in the company's journal once, with its amount, posted to its normal accounts."""
        found = self.vouchers()
        for number, amount in expected.items():
            assert number in found, f"{number} was lost"
            assert sum(tender["amount"] for tender in found[number]["tenders"]) == amount
            assert found[number].get("verdict", "accepted") == "accepted"

    def device(self, phone: Phone) -> dict[str, Any]:
        """What the office says of this phone."""
        own = phone.journal()[-1]["device"]  # its owner may have had other phones before
        return next(row for row in self.call("GET", "/devices") if row["device"]["id"] == own)


@pytest.fixture(scope="module")
def playwright() -> Iterator[Playwright]:
    with sync_playwright() as started:
        yield started


def served(folder: Path, pwa: Path, policy: str = "") -> Office:
    office = Office(folder / "company", free_port(), program=("-c", SERVED_FROM, str(pwa), policy or "as_made"))
    try:
        office.start()
    except BaseException:
        office.stop()
        raise
    return office


@pytest.fixture(scope="module")
def company(playwright: Playwright, tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    folder = tmp_path_factory.mktemp("losses")
    pwa = folder / "pwa"
    shutil.copytree(ROOT / "pwa/dist", pwa)
    browser = playwright.chromium.launch(executable_path=chromium(), headless=True, args=FLAGS)
    made = House(served(folder, pwa), pwa, browser, playwright, folder)
    yield made
    browser.close()
    made.office.stop()


@pytest.fixture
def house(company: House) -> Iterator[House]:
    """The company of this file. After each test its books must add up; the test's browsers are closed."""
    yield company
    for context in company.opened:
        context.close()
    company.opened.clear()


def vitest(file: str, name: str) -> None:
    """One of the phone's own tests, by name, where a browser cannot show what it shows."""
    run = subprocess.run(
        ["npx", "--no-install", "vitest", "run", file, "-t", name],
        cwd=ROOT / "pwa",
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stdout + run.stderr
    assert re.search(r"Tests .*[1-9]\d* passed", re.sub(r"\x1b\[\d+m", "", run.stdout)), f"no test is called {name}"


def test_l01_voucher_and_number_are_one_transaction(house: House) -> None:
    """Storage gives up at each step of the write: no number is shown, none is used, and the next voucher has it. That a
    killed browser keeps every voucher that was shown is in tests/browser/test_kill.py."""
    phone = house.phone(init=STORAGE)
    phone.offline()
    first = phone.collect("100")
    phone.end_visit()
    before = (phone.journal(), phone.rows("used"), phone.rows("chains"))
    for store, what in (("used", ""), ("entries", "receipt_issued"), ("chains", "")):
        phone.review("200" if store == "used" else "")  # the draft keeps what was typed
        started = len([entry for entry in phone.journal() if entry["kind"] == "visit_started"])
        phone.plan(refuse={"store": store, "what": what})
        phone.button("Issue voucher").click()
        phone.page.get_by_text("This phone cannot issue vouchers now").wait_for()
        assert NUMBER.search(phone.page.locator("main").inner_text()) is None
        phone.plan(refuse=None)
        assert len(phone.held()) == 1
        assert phone.rows("used") == before[1]
        assert started <= len([entry for entry in phone.journal() if entry["kind"] == "visit_started"])
        phone.today()
    phone.to("/")
    phone.review("")
    phone.button("Issue voucher").click()
    second = phone.number_shown()

    assert int(second[-6:]) == int(first[-6:]) + 1
    whole = [row for row in phone.page.evaluate("storage_log") if "entries: receipt_issued" in row["wrote"]]
    assert [row["durability"] for row in whole] == ["strict", "strict"]
    for row in whole:
        assert row["wrote"] == ["used", "entries: receipt_issued", "chains"]
    phone.end_visit()
    phone.offline(away=False)
    held = phone.held()
    phone.send()
    house.has(held)


def test_l02_printing_is_an_entry_after_the_voucher(house: House) -> None:
    """Paper leaves the printer only after the entry that says so is durable, and says which copy it is."""
    phone = house.phone(init=STORAGE)
    phone.offline()
    phone.collect("300")
    phone.plan(refuse={"store": "entries", "what": "voucher_printed"})
    phone.button("Print").click()
    phone.page.get_by_text("What you typed is not confirmed as kept").first.wait_for()
    wrote = [step for row in phone.page.evaluate("storage_log") for step in row["wrote"]]
    assert "paper" not in wrote
    phone.plan(refuse=None)
    for copy in (1, 2):
        phone.button("Print").click()
        eventually(lambda copy=copy: printed_papers(phone) == copy, "the paper is printed")  # type: ignore[misc]
    paper = phone.page.locator(".print-voucher").text_content() or ""
    phone.offline(away=False)
    phone.send()

    steps = [step for row in phone.page.evaluate("storage_log") for step in row["wrote"]]
    order = [step for step in steps if step in ("entries: receipt_issued", "entries: voucher_printed", "paper")]
    assert order[0] == "entries: receipt_issued"
    printed = [entry for entry in phone.journal() if entry["kind"] == "voucher_printed"]
    assert [json.loads(entry["body"])["copy"] for entry in printed] == [1, 2]
    places = [place for place, step in enumerate(order) if step == "paper"]
    assert all("entries: voucher_printed" in order[:place] for place in places)
    assert "COPY 2" in paper
    (number,) = phone.held()
    assert house.vouchers()[number]["printed"] == 2


def printed_papers(phone: Phone) -> int:
    return sum("paper" in row["wrote"] for row in phone.page.evaluate("storage_log"))


def test_l03_unprotected_storage_is_said_and_told(house: House) -> None:
    """A browser that may clear the storage: the phone says so on every screen, the office is told, and work goes on."""
    phone = house.phone()
    assert phone.page.evaluate("navigator.storage.persisted()") is False
    for path in ("/", "/customers", "/hand", "/more"):
        phone.to(path)
        expect(phone.page.get_by_text("Not protected from clearing. Install the app")).to_be_visible()
    phone.today()
    phone.collect("100")
    phone.end_visit()
    phone.send()
    expect(phone.page.get_by_text("Android may clear Sanad’s data")).to_be_visible()

    told = house.device(phone)["device"]
    assert not told.get("persisted")
    assert not told.get("installed")
    desk = Counter(house.context().new_page(), house.office.address)
    desk.log_in("tarek")
    desk.page.get_by_role("link", name="Devices").click()
    expect(desk.page.get_by_text(re.compile("Not protected", re.IGNORECASE)).first).to_be_visible()


def test_l04_a_tab_is_not_an_installed_app(house: House, playwright: Playwright, tmp_path: Path) -> None:
    """A company whose phones must run the installed app: a tab gets the way to install it, and its code stays unused.
    The installed window is a media query here; a browser without a screen has no home screen."""
    office = served(tmp_path, ROOT / "pwa/dist", "installed")
    try:
        for installed in (False, True):
            page = house.browser.new_page()
            if installed:
                page.add_init_script(
                    "const plain = window.matchMedia.bind(window); window.matchMedia = (query) =>"
                    " query === '(display-mode: standalone)' ? { matches: true, addEventListener() {} } : plain(query);"
                )
            page.goto(f"{office.address}/enrol#{office.codes['Hany Adel']}")
            if installed:
                page.get_by_role("button", name="Enrol").click()
                page.get_by_text("Choose a PIN").wait_for()
            else:
                page.get_by_text("Install Sanad first").wait_for()
                assert page.get_by_role("button", name="Enrol").count() == 0
                assert page.evaluate(ROWS, "keys") == []
            page.context.close()
    finally:
        office.stop()


def test_l05_a_dead_handle_is_reopened_and_never_believed(house: House) -> None:
    """The storage process goes away under the app: one dead handle costs nothing; a storage that stays away is told,
    and nothing counts as saved until it is back."""
    phone = house.phone(init=STORAGE)
    phone.offline()
    phone.page.evaluate("storage_handles.forEach((handle) => handle.close())")
    first = phone.collect("100")
    phone.end_visit()
    phone.review("200")
    phone.plan(dead=True)
    phone.button("Issue voucher").click()
    phone.page.get_by_text("This phone cannot issue vouchers now").wait_for()
    assert NUMBER.search(phone.page.locator("main").inner_text()) is None
    phone.button("Try again").click()
    phone.plan(dead=False)
    assert set(phone.held()) == {first}
    phone.today()
    phone.review("")
    phone.button("Issue voucher").click()
    second = phone.number_shown()
    phone.end_visit()
    phone.offline(away=False)
    phone.send()

    assert int(second[-6:]) == int(first[-6:]) + 1
    held = phone.held()
    assert set(held) == {first, second}
    house.has(held)


def databases(house: House, profile: str) -> list[Path]:
    """The files in which Chromium keeps this profile's IndexedDB."""
    return [path for path in (house.folder / profile).rglob("IndexedDB/http_localhost_*") if path.is_dir()]


def test_l06_a_corrupt_store_comes_back_from_the_second_copy(house: House, tmp_path: Path) -> None:
    """The database's files are overwritten with noise between two starts, so the browser opens an empty one: the phone
    says so, and the rescue file made from the second copy brings every voucher to the office."""
    phone = house.phone("corrupt")
    login = phone.login
    phone.offline()
    for amount in ("100", "250", "75"):
        phone.collect(amount)
        phone.end_visit()
    held = phone.held()
    phone.page.context.close()
    noise = bytes(range(256)) * 8
    spoiled = [path for folder in databases(house, "corrupt") for path in folder.iterdir() if path.stat().st_size > 0]
    assert any(path.suffix in (".log", ".ldb") for path in spoiled)
    for path in spoiled:
        path.write_bytes(noise)

    phone = house.blank(house.context("corrupt"), login)
    phone.page.goto(phone.address + "/")
    phone.button("Save rescue file").wait_for()
    house.office.sanad("hand-in", str(rescue_file(phone, tmp_path)))

    house.has(held)
    again = house.office.sanad("hand-in", str(next(tmp_path.glob("*.txt")))).stdout
    assert "0 of them new" in again


def rescue_file(phone: Phone, folder: Path) -> Path:
    with phone.page.expect_download() as saving:
        phone.button("Save rescue file").click()
    file = folder / saving.value.suggested_filename
    saving.value.save_as(file)
    return file


def test_l07_an_emptied_store_is_noticed(house: House, tmp_path: Path) -> None:
    """The phone's storage is set back to an earlier day, database and second copy: it finds out from the office,
    issues nothing, and the office is told how much is gone. A database that alone is older gets all back from the copy
    before a number is given."""
    phone = house.phone("older")
    login = phone.login
    first = phone.collect("100")
    phone.end_visit()
    phone.send()
    phone.page.context.close()
    earlier = tmp_path / "earlier"
    shutil.copytree(house.folder / "older", earlier, symlinks=True)
    phone = house.blank(house.context("older"), login)
    phone.reopen()
    phone.offline()
    second = phone.collect("200")
    phone.end_visit()
    held = phone.held()
    phone.page.context.close()

    (database,) = databases(house, "older")
    newest = tmp_path / "newest"
    shutil.copytree(database, newest)
    shutil.rmtree(database)
    shutil.copytree(earlier / database.relative_to(house.folder / "older"), database)
    phone = house.blank(house.context("older"), login)
    phone.page.context.set_offline(True)
    phone.reopen()
    phone.at_today()
    assert phone.held() == held
    assert set(held) == {first, second}
    third = phone.collect("300")
    phone.end_visit()
    assert int(third[-6:]) == int(second[-6:]) + 1
    phone.offline(away=False)
    phone.send()
    held = phone.held()
    seq = len(phone.journal())
    phone.page.context.close()

    shutil.rmtree(house.folder / "older")
    shutil.copytree(earlier, house.folder / "older", symlinks=True)
    phone = house.blank(house.context("older"), login)
    phone.reopen()
    lost = seq - len(phone.journal())
    assert lost > 0
    expect(phone.page.get_by_text(re.compile("has lost")).first).to_be_visible()
    phone.review("400")
    phone.button("Issue voucher").click()
    phone.page.get_by_text("The office has entries of this phone that the phone itself has lost").first.wait_for()
    eventually(lambda: house.device(phone)["lost"] == lost, "the office knows how much this phone has lost")
    house.has(held)


def test_l08_full_storage_stops_photos_first(house: House) -> None:
    """Room for vouchers but none to spare: no picture is kept, the voucher is issued and says so. No room at all:
    nothing is issued and nothing is lost, and with room again the phone goes on. The storage refuses here as a full one
    does: the quota that the debugging port sets did not reach IndexedDB, and `estimate` always told the same."""
    phone = house.phone(init=STORAGE)
    phone.offline()
    sign_and_issue(phone, "100")
    assert len(phone.rows("attachments")) == 1
    phone.end_visit()
    full = "QuotaExceededError"
    phone.plan(refuse={"store": "drafts", "what": "room", "name": full})
    sign_and_issue(phone, "200")
    assert len(phone.rows("attachments")) == 1
    phone.end_visit()
    bodies = [json.loads(entry["body"]) for entry in phone.journal() if entry["kind"] == "receipt_issued"]
    assert [body.get("unsigned_reason", "") for body in bodies] == ["", "signature_not_kept"]

    phone.review("300")
    phone.plan(refuse={"store": "entries", "what": "receipt_issued", "name": full})
    phone.button("Issue voucher").click()
    phone.page.get_by_text("This phone cannot issue vouchers now").wait_for()
    phone.page.get_by_text("Free some space, then try").wait_for()
    assert len(phone.held()) == 2
    phone.plan(refuse=None)
    phone.today()
    phone.review("")
    phone.button("Issue voucher").click()
    phone.number_shown()
    phone.end_visit()
    held = phone.held()
    assert len(held) == 3
    phone.offline(away=False)
    phone.send()
    house.has(held)


def sign_and_issue(phone: Phone, amount: str) -> None:
    phone.button("Collect").first.click()
    phone.typed(amount)
    phone.button("Review").click()
    phone.button(re.compile("Not signed")).first.wait_for()
    phone.sign(int(amount) // 10)
    phone.button("Issue voucher").click()
    phone.number_shown()


def test_l09_cleared_browser_data_costs_no_voucher(house: House, tmp_path: Path) -> None:
    """Somebody clears the browser's data. What a rescue file held comes in with it; what came after is shown by the
    customer at /verify and rebuilt by a supervisor; the file that comes once more doubles nothing."""
    phone = house.phone()
    phone.offline()
    for amount in ("100", "250"):
        phone.collect(amount)
        phone.end_visit()
    phone.sending()
    file = rescue_file(phone, tmp_path)
    phone.today()
    last = phone.collect("75")
    link = code_on_screen(phone)
    held = phone.held()
    session = phone.page.context.new_cdp_session(phone.page)
    session.send("Storage.clearDataForOrigin", {"origin": phone.address, "storageTypes": "all"})
    phone.offline(away=False)
    phone.page.goto(phone.address + "/")
    phone.page.get_by_role("button", name=re.compile("Scan")).first.wait_for()
    assert phone.journal() == []

    assert house.office.sanad("hand-in", str(file)).returncode == 0
    customer = house.context().new_page()
    customer.goto(link)
    customer.get_by_text("Genuine, not yet handed in").first.wait_for()
    customer.get_by_role("button", name="Tell the company that you have this voucher").click()
    customer.get_by_text("The company has been told of this voucher").first.wait_for()
    reported = [row["missing"] for row in house.call("GET", "/missing-vouchers")]
    (missing,) = [one["id"] for one in reported if one["number"] == last]
    path = f"/missing-vouchers/{urllib.request.quote(missing, safe='')}/rebuild"  # type: ignore[attr-defined]
    house.call("POST", path, {"cheques": [], "note": ""}, by="nadia")
    assert "0 of them new" in house.office.sanad("hand-in", str(file)).stdout

    house.has(held)
    customer.reload()
    customer.get_by_text("Genuine, and the company has it").first.wait_for()


def code_on_screen(phone: Phone) -> str:
    """The voucher's code, as a customer's camera reads it."""
    found: list[Any] = []

    def read() -> bool:
        picture = Image.open(io.BytesIO(phone.page.screenshot(scale="css"))).convert("L")
        found[:] = zxingcpp.read_barcodes(picture.resize((picture.width * 3, picture.height * 3)))
        return bool(found)

    eventually(read, "a code can be read from the screen")
    return str(found[0].text)


def test_l10_logout_and_forgotten_pin_keep_the_outbox(house: House) -> None:
    """Logging out is a lock. A PIN that is forgotten makes the next try wait and deletes nothing; a locked phone hands
    in."""
    phone = house.phone()
    phone.offline()
    phone.collect("100")
    phone.end_visit()
    phone.collect("200")
    phone.end_visit()
    journal = phone.journal()
    held = phone.held()
    phone.to("/more")
    phone.button(re.compile("Lock")).click()
    phone.page.get_by_text("Enter your PIN").wait_for()
    for left in (4, 3, 2, 1, 0):
        for digit in "9999":
            phone.page.get_by_role("button", name=digit, exact=True).click()
        said = f"{left} (try|tries) left" if left else r"Wait \d+ second"
        phone.page.get_by_role("alert").get_by_text(re.compile(said)).wait_for()
    phone.page.reload()
    phone.page.get_by_text("Enter your PIN").wait_for()

    assert [entry["hash"] for entry in phone.journal()] == [entry["hash"] for entry in journal]
    phone.offline(away=False)
    phone.page.evaluate("dispatchEvent(new Event('online'))")
    eventually(lambda: phone.unsent() == 0, "a locked phone hands in", 60)
    phone.page.get_by_text("Enter your PIN").wait_for()
    house.has(held)


BRING_BACK = """async (shipped) => {
  const bytes = (text) => Uint8Array.from(atob(text.replaceAll('-', '+').replaceAll('_', '/')), (c) => c.charCodeAt(0));
  const curve = { name: 'ECDSA', namedCurve: 'P-256' };
  const read = async (value) => {
    if (Array.isArray(value)) return Promise.all(value.map(read));
    if (typeof value !== 'object' || value === null) return value;
    if ('$bytes' in value) return bytes(value.$bytes).buffer;
    if ('$key' in value) {
      return value.$key === 'private'
        ? crypto.subtle.importKey('pkcs8', bytes(value.bytes), curve, false, ['sign'])
        : crypto.subtle.importKey('spki', bytes(value.bytes), curve, true, ['verify']);
    }
    const parts = Object.entries(value).map(async ([name, part]) => [name, await read(part)]);
    return Object.fromEntries(await Promise.all(parts));
  };
  const rows = await read(Object.entries(shipped.stores).map(([store, { rows }]) => ({ store, rows })));
  const db = await new Promise((resolve, reject) => {
    const request = indexedDB.open('sanad', shipped.version);
    request.onerror = () => reject(request.error);
    request.onsuccess = () => resolve(request.result);
    request.onupgradeneeded = () => {
      for (const [store, { key_path, indexes }] of Object.entries(shipped.stores)) {
        const made = request.result.createObjectStore(store, key_path === null ? {} : { keyPath: key_path });
        for (const [index, of] of Object.entries(indexes)) made.createIndex(index, of.key_path, { unique: of.unique });
      }
    };
  });
  for (const { store, rows: kept } of rows) {
    const writing = db.transaction(store, 'readwrite');
    const keyed = shipped.stores[store].key_path !== null;
    for (const { key, value } of kept) writing.objectStore(store).put(value, ...(keyed ? [] : [key]));
    await new Promise((resolve) => (writing.oncomplete = resolve));
  }
  db.close();
}"""
"""A database as an earlier version of the app left it: the twin of pwa/src/journal/shipping.ts."""


SHIPPED = sorted((ROOT / "pwa/src/journal/shipped").glob("v*.json"))


@pytest.mark.parametrize("shipped", SHIPPED, ids=lambda path: path.stem)
def test_l11_an_upgrade_keeps_the_outbox(house: House, shipped: Path) -> None:
    """Today's app opens the database of every version that shipped, with a full outbox: entries, numbers used and
    drafts are what they were. That it then hands all of it in is in pwa/src/journal/upgrade.test.ts: this company never
    knew that phone."""
    snapshot = json.loads(shipped.read_text("utf-8"))
    phone = house.blank(house.context())
    phone.page.goto(phone.address + "/manifest.webmanifest")
    phone.page.evaluate(BRING_BACK, snapshot)
    phone.page.goto(phone.address + "/")
    phone.page.get_by_text("Enter your PIN").wait_for()
    for digit in "2580":
        phone.page.get_by_role("button", name=digit, exact=True).click()
    expect(phone.page.get_by_role("heading", name="Today")).to_be_visible()
    phone.sending()

    then = {row["value"]["hash"]: row["value"] for row in snapshot["stores"]["entries"]["rows"]}
    now = {entry["hash"]: entry for entry in phone.journal()}
    assert set(then) <= set(now)
    for hash, entry in then.items():
        for text in ("envelope", "body", "sig"):
            assert now[hash][text] == entry[text]
    waited = sum(entry["state"] in ("saved", "sent") for entry in then.values())
    assert phone.unsent() >= waited > 3
    for store in ("used", "chains", "grants", "drafts", "receipts", "strays"):
        assert len(phone.rows(store)) >= len(snapshot["stores"][store]["rows"])
    vitest("src/journal/upgrade.test.ts", "the phone goes on")


def newer(version: int) -> str:
    """As if the next build were here: it opens the database one version up and adds a store."""
    return f"""(() => {{
      const open = IDBFactory.prototype.open;
      IDBFactory.prototype.open = function (name, version) {{
        if (name !== 'sanad' || version === undefined) return open.call(this, name, version);
        const request = open.call(this, name, {version});
        request.addEventListener('upgradeneeded', () => {{
          if (!request.result.objectStoreNames.contains('next')) request.result.createObjectStore('next');
        }});
        return request;
      }};
    }})()"""


HANGING = """new Promise((resolve) => {
  indexedDB.open('sanad').onsuccess = ({ target }) => resolve(void (window.held = target.result));
})"""


def test_l12_an_old_tab_does_not_block_an_upgrade(house: House) -> None:
    """A tab of the older build is open when a newer one brings the next version of the database: it lets go, and goes
    on in the newer database. A page that hangs and never lets go is named; when it is gone the next try succeeds."""
    phone = house.phone()
    phone.offline()
    phone.collect("100")
    phone.end_visit()
    page = phone.page.context.new_page()
    page.set_default_timeout(PATIENCE_MS)
    page.add_init_script(newer(3))
    fresh = Phone(page, phone.address, phone.login)
    fresh.reopen()
    fresh.at_today()
    assert page.evaluate("indexedDB.databases().then((all) => all.map(({ version }) => version))") == [3]
    phone.page.bring_to_front()
    phone.collect("200")
    phone.end_visit()
    fresh.collect("300")
    fresh.end_visit()
    held = phone.held()
    assert len(held) == 3
    page.close()

    phone.page.evaluate(HANGING)
    page = phone.page.context.new_page()
    page.add_init_script(newer(4))
    page.goto(phone.address + "/")
    page.get_by_text("Sanad is open in another window that is of an older version").wait_for(timeout=PATIENCE_MS)
    phone.page.evaluate("window.held.close()")
    page.get_by_role("button", name="Try again").click()
    page.get_by_text("Enter your PIN").wait_for(timeout=PATIENCE_MS)
    page.close()
    assert phone.held() == held
    phone.offline(away=False)
    phone.send()
    house.has(held)


NO_LOCKS = "Object.defineProperty(Navigator.prototype, 'locks', { get: () => undefined })"
DEAF = """window.BroadcastChannel = class extends BroadcastChannel {
  set onmessage(hear) { super.onmessage = (event) => { if (!window.deaf) hear(event); }; }
};"""
"""A tab that has not heard yet what the other one has written: what may happen to it for a moment, it is kept in."""

OWN_READING_MS = 600
"""A moment after an entry of its own a tab reads what is stored, and would find the other one's visit there."""

PRESS = "(name) => [...document.querySelectorAll('button')].find((one) => one.textContent.includes(name)).click()"


def customers_of(phone: Phone) -> list[str]:
    """Two customers of this collector, so that two tabs do not write one and the same voucher."""
    return sorted(row["id"] for row in phone.rows("docs") if row["type"] == "customer")[:2]


def issue_at_once(one: Phone, other: Phone, rounds: int) -> None:
    """In both tabs a voucher is ready; both issue in the same moment; again and again."""
    places = customers_of(one)
    for turn in range(rounds):
        other.page.evaluate("window.deaf = true")
        other.page.wait_for_timeout(OWN_READING_MS)
        eventually(lambda: at_pad(one, places[0]), "no other visit is open")
        one.page.evaluate("window.deaf = true")
        for tab, customer in zip((one, other), places, strict=True):
            tab.page.bring_to_front()
            tab.review(str(turn + 1), customer)
            tab.page.wait_for_timeout(OWN_READING_MS)
        for tab in (one, other):
            tab.page.evaluate(PRESS, "Issue voucher")
        for tab in (one, other):
            tab.number_shown()
            tab.page.evaluate("window.deaf = false")
        other.button("End visit").last.click()


def at_pad(tab: Phone, customer: str) -> bool:
    tab.to(f"/collect/{customer}")
    return tab.button("000", exact=True).count() > 0


def test_l13_two_tabs_never_issue_one_number(house: House) -> None:
    """Twenty times two tabs issue at once, without the locks of the browser, which are a courtesy only: forty vouchers,
    forty numbers without a gap, one unbroken chain."""
    phone = house.phone()
    phone.page.context.add_init_script(NO_LOCKS + ";" + DEAF)
    phone.page.reload()
    phone.page.get_by_text("Enter your PIN").wait_for()
    phone.type_pin()
    phone.at_today()
    assert phone.page.evaluate("navigator.locks === undefined")
    other = house.tab(phone)
    phone.offline()
    issue_at_once(phone, other, 20)

    held = phone.held()
    numbers = sorted(int(number[-6:]) for number in held)
    assert numbers == list(range(numbers[0], numbers[0] + 40))
    chained(phone)
    phone.offline(away=False)
    phone.send()
    house.has(held)


def chained(phone: Phone) -> None:
    journal = sorted(phone.journal(), key=lambda entry: entry["seq"])
    envelopes = [json.loads(entry["envelope"]) for entry in journal]
    assert [envelope["seq"] for envelope in envelopes] == list(range(1, len(journal) + 1))
    assert [envelope["prev"] for envelope in envelopes] == ["", *(entry["hash"] for entry in journal[:-1])]


BROKEN = {"type": "about:blank", "title": "unexpected", "status": 500, "code": "unexpected"}


def test_l17_a_pull_never_takes_back_a_voucher(house: House) -> None:
    """While a voucher waits on the phone the office takes its customer away from the collector: the pull hides the
    customer and leaves the voucher, its amount and its number. That a document of the office cannot rewrite what an
    issued voucher says is in pwa/src/journal/exchange.test.ts."""
    phone = house.phone()
    phone.page.context.route("**/api/v1/sync/push", lambda route: route.fulfill(status=500, json=BROKEN))
    number = phone.collect("1250")
    phone.end_visit()
    held = phone.held()
    (voucher,) = [json.loads(entry["body"]) for entry in phone.journal() if entry["kind"] == "receipt_issued"]
    (user,) = [row["id"] for row in phone.rows("docs") if row["type"] == "user"]
    wish = {"collector": user, "customers": [voucher["customer"]], "action": "unassign"}
    house.call("POST", "/assignments", wish)

    def hidden() -> bool:
        rows = phone.rows("docs")
        return any(row["id"] == voucher["customer"] and row.get("former") for row in rows)

    phone.page.evaluate("dispatchEvent(new Event('online'))")
    eventually(hidden, "the pull took the customer away", 60)
    assert phone.held() == held
    phone.to("/vouchers")
    expect(phone.page.get_by_text(number).first).to_be_visible()
    expect(phone.page.get_by_text("1,250.00").first).to_be_visible()
    phone.page.context.unroute("**/api/v1/sync/push")
    phone.send()
    house.has(held)
    house.call("POST", "/assignments", {**wish, "action": "assign"})
    vitest("src/journal/exchange.test.ts", "l17: the office cannot change what an issued voucher says")


def test_l31_rows_and_cursor_are_one_transaction(house: House) -> None:
    """Storage gives up at the cursor of a page: none of its rows is there either, and the next pull brings both."""
    phone = house.phone(init=STORAGE)

    def pulled() -> dict[str, Any]:
        db = phone.page.evaluate(META, "pull")
        vouchers = [row["id"] for row in phone.rows("docs") if row["type"] == "voucher"]
        return {"cursor": db["cursor"], "vouchers": vouchers}

    eventually(lambda: bool(phone.page.evaluate(META, "pull")), "the first pull is stored", 60)
    phone.send()
    eventually(lambda: all(entry["state"] == "seen" for entry in phone.journal()), "all is pulled", 60)
    before = pulled()
    phone.plan(refuse={"store": "meta", "what": "pull"})
    phone.today()
    phone.collect("100")
    phone.end_visit()
    held = phone.held()
    eventually(lambda: phone.unsent() == 0, "the office has all", 60)
    phone.page.evaluate("dispatchEvent(new Event('online'))")
    phone.page.wait_for_timeout(1500)
    assert pulled() == before
    assert "seen" not in [entry["state"] for entry in phone.journal() if entry["kind"] == "receipt_issued"]
    phone.plan(refuse=None)
    phone.page.evaluate("dispatchEvent(new Event('online'))")
    eventually(lambda: all(entry["state"] == "seen" for entry in phone.journal()), "the page is stored", 60)

    assert pulled()["cursor"] != before["cursor"]
    assert len(pulled()["vouchers"]) == len(before["vouchers"]) + 1
    house.has(held)


META = """async (key) => {
  const db = await new Promise((resolve) => {
    indexedDB.open('sanad').onsuccess = ({ target }) => resolve(target.result);
  });
  const value = await new Promise((resolve) => {
    db.transaction('meta').objectStore('meta').get(key).onsuccess = ({ target }) => resolve(target.result);
  });
  db.close();
  return value ?? null;
}"""


def test_l37_two_tabs_lose_nothing(house: House) -> None:
    """Two tabs of one phone issue at the same time, then hand in and pull at the same time, with the browser's locks:
    the office has each voucher once, and both tabs show the same."""
    phone = house.phone()
    phone.page.context.add_init_script(DEAF)
    phone.reopen()
    other = house.tab(phone)
    phone.offline()
    issue_at_once(phone, other, 4)
    phone.offline(away=False)
    held = phone.held()
    assert len(held) == 8
    chained(phone)
    for tab in (phone, other):
        tab.sending()
    for tab in (phone, other):
        tab.button("Try now").click(no_wait_after=True)
    phone.send()
    other.send()
    house.has(held)
    for tab in (phone, other):
        tab.to("/vouchers")
        for number in held:
            expect(tab.page.get_by_text(number).first).to_be_visible()


def new_build(pwa: Path) -> None:
    """What a build of changed sources leaves: every file under assets/ has a new name, the old ones are gone."""
    names = {file.name: f"{file.stem}x{file.suffix}" for file in (pwa / "assets").iterdir()}
    for file in (pwa / "assets").iterdir():
        file.rename(file.with_name(names[file.name]))
    for file in pwa.rglob("*"):
        if file.suffix in (".js", ".html", ".css", ".webmanifest"):
            text = file.read_text("utf-8")
            file.write_text(re.sub("|".join(map(re.escape, names)), lambda found: names[found[0]], text), "utf-8")
    worker = pwa / "sw.js"
    text = worker.read_text("utf-8")
    fresh = re.sub(
        r"url:([`\"'])(/[^`\"']+)\1,sha256:([`\"'])[0-9a-f]{64}\3",
        lambda found: f'url:"{found[2]}",sha256:"{sha256((pwa / found[2][1:]).read_bytes()).hexdigest()}"',
        text,
    )
    assert fresh != text
    worker.write_text(re.sub(r"(?<=`)[0-9a-f]{16}(?=`)", "0123456789abcdef", fresh), "utf-8")


def test_l38_an_update_waits_and_old_assets_stay(house: House) -> None:
    """A new build is deployed, its old files gone from the server, while a receipt is being written: the page goes on
    with the old one, also with parts that it had not loaded, and follows when somebody taps."""
    kept = house.folder / "as_built"
    shutil.copytree(house.pwa, kept)
    try:
        phone = house.phone()
        old = phone.page.evaluate("document.querySelector('script[type=module]').src")
        phone.review("100")
        new_build(house.pwa)
        phone.page.evaluate("navigator.serviceWorker.getRegistration().then((one) => one.update())")
        waits = "navigator.serviceWorker.getRegistration().then((one) => one.waiting !== null)"
        eventually(lambda: bool(phone.page.evaluate(waits)), "the new build is loaded", 60)
        assert phone.page.get_by_role("button", name="Update now").count() == 0
        phone.button("Issue voucher").click()
        phone.number_shown()
        with phone.page.expect_download() as saving:
            phone.button(re.compile("^Send")).click()
        assert saving.value.suggested_filename.endswith(".png")
        assert phone.page.evaluate("document.querySelector('script[type=module]').src") == old
        phone.end_visit()
        held = phone.held()
        expect(phone.page.get_by_text("A new version of Sanad is ready")).to_be_visible()
        phone.page.get_by_role("button", name="Update now").click()
        phone.page.get_by_text("Enter your PIN").wait_for()
        phone.type_pin()
        phone.at_today()

        assert phone.page.evaluate("document.querySelector('script[type=module]').src") != old
        assert phone.page.evaluate(waits) is False
        assert phone.held() == held
        phone.send()
        house.has(held)
    finally:
        shutil.rmtree(house.pwa)
        shutil.copytree(kept, house.pwa)


CACHED = """async () => {
  const found = [];
  for (const name of await caches.keys()) {
    const kept = await (await caches.open(name)).keys();
    found.push(...kept.map(({ url, method }) => `${method} ${new URL(url).pathname}`));
  }
  return found;
}"""


def test_l40_nothing_but_the_outbox_keeps_what_is_unsent(house: House) -> None:
    """Service worker and all caches are gone while vouchers wait: they are handed in. The worker keeps no request."""
    phone = house.phone()
    phone.offline()
    phone.collect("100")
    phone.end_visit()
    phone.collect("200")
    phone.end_visit()
    held = phone.held()
    kept = phone.page.evaluate(CACHED)
    assert kept
    assert not [request for request in kept if not request.startswith("GET ") or "/api/" in request]
    session = phone.page.context.new_cdp_session(phone.page)
    gone = {"origin": phone.address, "storageTypes": "service_workers,cache_storage"}
    session.send("Storage.clearDataForOrigin", gone)
    assert phone.page.evaluate("caches.keys()") == []
    phone.offline(away=False)
    phone.reopen()
    phone.at_today()
    phone.send()

    assert phone.held() == held
    house.has(held)


NO_KEY = (
    """const put = IDBObjectStore.prototype.put;
    IDBObjectStore.prototype.put = function (value, ...more) {
      if (this.name === 'keys') throw new DOMException('no keys here', 'DataCloneError');
      return put.call(this, value, ...more);
    };""",
    """const put = IDBObjectStore.prototype.put;
    IDBObjectStore.prototype.put = function (value, ...more) {
      return put.call(this, this.name === 'keys' ? { ...value, pair: null } : value, ...more);
    };""",
    "SubtleCrypto.prototype.sign = () => Promise.reject(new DOMException('lockdown', 'OperationError'));",
)


def test_l44_a_key_that_cannot_be_kept_refuses_the_phone(house: House) -> None:
    """The browser does not store a key, loses its private half, or will not sign: the phone is refused before its code
    is used, and enrols with the same code once the browser can."""
    code = house.code("karim")
    for fault in NO_KEY:
        refused = house.blank(house.browser.new_context(**SHAPE), init=fault)
        refused.page.goto(f"{refused.address}/enrol#{code}")
        refused.button("Enrol").click()
        refused.page.get_by_text("The signing key’s test did not pass on this phone").wait_for()
        assert refused.rows("entries") == []
        refused.page.context.close()

    phone = house.blank(house.context(), "karim")
    phone.enrol(code)
    phone.collect("100")
    phone.end_visit()
    held = phone.held()
    phone.send()
    house.has(held)


DRAWN = """async ([text, shaped, { width, size, y, ground, ink }]) => {
  const canvas = Object.assign(document.createElement('canvas'), { width, height: 150 });
  const context = canvas.getContext('2d');
  const token = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
  context.fillStyle = token(ground) || ground;
  context.fillRect(0, 0, canvas.width, canvas.height);
  context.font = `700 ${size}px ${token('--font')}`;
  context.direction = shaped ? 'rtl' : 'ltr';
  context.textAlign = 'center';
  context.fillStyle = token(ink) || ink;
  context.fillText(shaped ? text : [...text].reverse().join('\u200c'), width / 2, y);
  return canvas.toDataURL('image/png').split(',')[1];
}"""
"""The first line of the voucher's picture, as letters that join from the right, and as a code page would print it."""
PICTURE = {"width": 720, "size": 34, "y": 91, "ground": "--paper", "ink": "--paper-ink"}
ROLL = {"width": 384, "size": 30, "y": 46, "ground": "white", "ink": "black"}
"""Where that line stands: on the picture to send, and on a roll of 58 mm."""
INK_BELOW = 150
"""A dot darker than this is black on the roll."""

RAWBT = """(() => {
  Object.defineProperty(navigator, 'userAgent', { value: `${navigator.userAgent} Android` });
  localStorage.setItem('sanad.printer', JSON.stringify({ way: 'rawbt', paper: 58 }));
  addEventListener('click', (event) => {
    if (!event.target.href?.startsWith('intent:')) return;
    event.preventDefault();
    window.sent_to_printer = event.target.href;
  }, true);
})();"""
"""A phone that prints through the RawBT app; what that app would get is kept."""


def test_l45_arabic_is_printed_as_a_picture(house: House) -> None:
    """A voucher leaves the phone as a picture: its Arabic is joined and runs from the right, pixel for pixel, and its
    code can be read. A receipt printer gets dots and not one letter: its code page never comes to bear."""
    phone = house.phone(init=RAWBT)
    phone.offline()
    number = phone.collect("1250")
    link = code_on_screen(phone)
    with phone.page.expect_download() as saving:
        phone.button(re.compile("^Send")).click()
    picture = Image.open(saving.value.path()).convert("RGB")
    (company,) = [row["doc"] for row in phone.rows("docs") if row["type"] == "company"]
    assert saving.value.suggested_filename == f"{number}.png"

    def drawn(shaped: bool, place: dict[str, Any]) -> Image.Image:
        text = phone.page.evaluate(DRAWN, [company["name_ar"], shaped, place])
        return Image.open(io.BytesIO(base64.b64decode(text))).convert("RGB")

    def differs(one: Image.Image, other: Image.Image, top: int, bottom: int) -> bool:
        box = (0, top, one.width, bottom)
        return ImageChops.difference(one.crop(box).convert("L"), other.crop(box).convert("L")).getbbox() is not None

    assert not differs(picture, drawn(True, PICTURE), 50, 105)
    assert differs(picture, drawn(False, PICTURE), 50, 105)
    assert [code.text for code in zxingcpp.read_barcodes(picture)] == [link]

    phone.page.get_by_text("in your downloads").wait_for()
    phone.button("Print").click()
    eventually(lambda: bool(phone.page.evaluate("window.sent_to_printer")), "the printer has the picture")
    # The printer of the tests refuses every byte that is neither a dot nor a command of its short list.
    paper = printed(from_rawbt(phone.page.evaluate("sent_to_printer")), 384).picture
    black = drawn(True, ROLL).convert("L").point(lambda grey: 0 if grey < INK_BELOW else 255)
    letters = drawn(False, ROLL).convert("L").point(lambda grey: 0 if grey < INK_BELOW else 255)
    assert not differs(paper, black, 10, 60)
    assert differs(paper, letters, 10, 60)
    phone.end_visit()
    phone.offline(away=False)
    phone.send()
