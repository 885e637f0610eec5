"""Every screen of every role, in Arabic and English, looked at after a small day's work in one demo company."""

import gzip
import json
import re
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest
import zxingcpp
from PIL import Image
from playwright.sync_api import CDPSession, Geolocation, Locator, Page, Playwright, expect

from schemas.documents import Book
from server.keys import SigningKey
from sync.chain import b64
from sync.qr import QrPayload, QrTotal, build
from tests.browser.conftest import FLAGS, ROOT, Office, chromium, eventually, free_port
from tests.browser.pages import Counter, Pocket
from tests.browser.shots import Eye
from tests.phone import Phone

DIST = ROOT / "pwa/dist/assets"

PHONE = {"viewport": {"width": 360, "height": 780}, "device_scale_factor": 2}
DESK = {"viewport": {"width": 1366, "height": 860}}
CAIRO = Geolocation(latitude=30.05, longitude=31.33)


class Windows:
    """Opens browsers with a profile each, and closes them all."""

    def __init__(self, playwright: Playwright, folder: Path) -> None:
        self.playwright = playwright
        self.folder = folder
        self.opened: list[Any] = []

    def open(self, profile: str, shape: dict[str, Any]) -> Page:
        context = self.playwright.chromium.launch_persistent_context(
            self.folder / profile,
            executable_path=chromium(),
            headless=True,
            args=FLAGS,
            locale="en-US",
            timezone_id="Africa/Cairo",
            geolocation=CAIRO,
            permissions=["geolocation"],
            reduced_motion="reduce",
            **shape,
        )
        self.opened.append(context)
        page: Page = context.pages[0]
        page.set_default_timeout(15_000)
        return page

    def close(self) -> None:
        for context in self.opened:
            context.close()


@dataclass
class Day:
    """The company, its people's screens, and what happened so far."""

    office: Office
    windows: Windows
    folder: Path
    phone: Pocket
    counting: Counter
    """The cashier's desk. Nobody else logs in there."""
    office_desk: Counter
    """Where supervisor and administrator log in. Nothing is enrolled on it."""
    desk: Counter
    """The one of the two that is being looked at."""
    vouchers: dict[str, str] = field(default_factory=dict)
    deposits: dict[str, str] = field(default_factory=dict)
    bag: tuple[int, list[tuple[str, str]]] = (0, [])
    """Cash and cheques (number, amount) that the last declaration handed over."""
    link: str = ""
    """What the code on the shared voucher says, as a camera read it."""
    unseen: str = ""
    """The same of a voucher that the office has never seen."""

    @property
    def page(self) -> Page:
        return self.phone.page

    def sent(self) -> None:
        """Wait until the office has everything that is on the phone, and go back to Today."""
        follow(self.page, "/sending")
        expect(self.page.get_by_text("The office has everything").first).to_be_visible(timeout=30_000)
        home(self.phone)


@pytest.fixture(scope="module")
def day(playwright: Playwright, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Day]:
    """Cash with two cheques deposited, counted short and accepted; a void; a waiting deposit; a request to void."""
    folder = tmp_path_factory.mktemp("screens")
    office = Office(folder / "company", free_port())
    office.start()
    windows = Windows(playwright, folder)
    phone = Pocket(windows.open("phone", PHONE), office.address)
    desk = Counter(windows.open("desk", DESK), office.address)
    office_desk = Counter(windows.open("office", DESK), office.address)
    made = Day(office, windows, folder, phone, desk, office_desk, desk)
    try:
        office_desk.page.goto(office.address + "/")
        phone.enrol(office.codes["Mahmoud Samir"])
        phone.offline_ready()
        made.vouchers["both"] = phone.collect(
            "5000", cheques=(("1200.50", "00418827", "2027-01-15"), ("800", "00418828", "2027-02-15"))
        )
        phone.end_visit()
        made.deposits["short"] = declare(phone, {"200": 25})
        made.vouchers["void"] = phone.collect("100")
        phone.void("Wrong amount")
        phone.no_payment("Absent")
        made.vouchers["cheque"] = phone.collect("3000", cheques=(("950", "10022417", "2026-12-10"),))
        phone.end_visit()
        made.deposits["waiting"] = declare(phone, {"200": 15})
        made.vouchers["shared"] = phone.collect("2000.75")
        made.link = read_code(made)
        phone.button("Send", exact=True).click()
        phone.page.get_by_text("in your downloads").wait_for()
        phone.end_visit()
        ask_for_void(phone, made.vouchers["shared"])
        made.sent()

        desk.enrol(office.codes["Cairo"])
        desk.log_in("mona")
        desk.count(made.deposits["short"], {"200": 24}, [("418827", "1200.50")])
        expect(desk.page.get_by_text("Cash shortage").first).to_be_visible()
        desk.page.keyboard.press("4")
        desk.page.wait_for_timeout(700)
        desk.page.get_by_role("button", name=re.compile("Accept")).click()
        expect(desk.page.get_by_text(re.compile("accepted", re.IGNORECASE)).first).to_be_visible()
        log_out(desk)
        made.unseen = a_lost_phone(office)
        brought_back(office)
        yield made
    finally:
        windows.close()
        office.stop()


def a_lost_phone(office: Office) -> str:
    """Karim's phone: lost with money on it. One voucher comes after all and waits, one is reported by its customer,
    one is in a customer's hands only. Returns the last one's link."""
    with httpx.Client(base_url=f"{office.address}/api/v1", timeout=30) as http:

        def logged_in(login: str) -> dict[str, str]:
            answer = http.post("/session", json={"login": login, "password": f"{login}-demo-only"})
            return {"Authorization": f"Bearer {answer.json()['token']}"}

        key = SigningKey.new("device")
        place = http.post(f"/enrolments/{office.codes['Karim Fathy']}", json={"public_key": key.spki}).json()
        device, admin = place["device"], logged_in("tarek")
        phone = Phone(place["company"]["id"], device["id"], device["user"], key, now=datetime.now(UTC))
        book = next(one for one in http.get("/books", headers=admin).json() if one["device"] == device["id"])
        phone.book = msgspec.convert(book, Book)
        customer = http.get(f"/customers?collector={device['user']}", headers=admin).json()["rows"][0]
        phone.write("chain_started", {"app": "walk"})
        http.post("/sync/push", content=phone.push(1))
        phone.receipt(customer["id"], 125_050)
        http.post(f"/devices/{device['id']}/revoke", headers=admin, json={"state": "lost", "reason": "سُرق في المترو"})
        http.post("/sync/push", content=phone.push(2)).raise_for_status()
        links: list[str] = []
        for amount in (80_000, 33_300):
            kept = phone.receipt(customer["id"], amount)
            number, day = json.loads(kept.body)["number"], phone.now.date().isoformat()
            total = QrTotal("EGP", "cash", amount)
            payload = QrPayload(
                phone.company, phone.device, key.id, kept.seq, b64(kept.hash), number, day, customer["code"], (total,)
            )
            signed = build(payload)
            links.append(f"{signed}.{key.sign(signed.encode())}")
        http.post("/verify/report", json={"payload": links[0]}).raise_for_status()
    return f"{office.address}/verify#{links[1]}"


def brought_back(office: Office) -> None:
    """Hany's phone: an incident, a request, promises, and a day that was closed with a figure of his own."""
    with httpx.Client(base_url=f"{office.address}/api/v1", timeout=30) as http:
        answer = http.post("/session", json={"login": "tarek", "password": "tarek-demo-only"})
        office_login = {"Authorization": f"Bearer {answer.json()['token']}"}
        users = [row["user"] for row in http.get("/users", headers=office_login).json()]
        hany = next(user["id"] for user in users if user["login"] == "hany")
        wish = {"purpose": "phone", "user": hany}  # his own code is for the walk before enrolment
        code = http.post("/enrolments", headers=office_login, json=wish).json()["code"]
        key = SigningKey.new("device")
        place = http.post(f"/enrolments/{code}", json={"public_key": key.spki}).json()
        phone = Phone(place["company"]["id"], place["device"]["id"], hany, key, now=datetime.now(UTC))
        rows = http.get(f"/customers?collector={hany}", headers=office_login).json()["rows"]
        today = phone.now.date()
        phone.write("chain_started", {"app": "walk"})
        phone.write("case_opened", {"what": "incident", "text": "هدّدني حارس المحل بعد خروجي بالنقود"})
        asked = {"what": "payment_plan", "text": "ثلاث دفعات شهرية من ديسمبر", "customer": rows[0]["id"]}
        phone.write("case_opened", {**asked, "currency": "EGP", "amount": 9_000_000, "photos": ["ab" * 32]})
        for row, days in zip(rows[:3], (-1, 0, 4), strict=True):
            phone.write("promise_made", {"customer": row["id"], "currency": "EGP", "amount": 1_250_050,
                                         "date": (today + timedelta(days)).isoformat()})  # fmt: skip
        phone.write("day_closed", {"day": today.isoformat(), "promises": 3, "contacts": 2, "note": "انتهى اليوم"})
        http.post("/sync/push", content=phone.push(1)).raise_for_status()


def declare(phone: Pocket, notes: dict[str, int]) -> str:
    name = phone.declare(notes)
    phone.button("Back").click()
    phone.page.get_by_role("link", name="Today").click()
    phone.at_today()
    return name


def ask_for_void(phone: Pocket, number: str) -> None:
    open_voucher(phone, number)
    phone.button("Void", exact=True).click()
    phone.page.get_by_role("radio", name="Wrong method of payment").click()
    phone.button("Request the void").click()
    phone.page.get_by_text("A void was requested").first.wait_for()
    home(phone)


def home(phone: Pocket) -> None:
    """To Today, from anywhere and without a reload, by the way that a link goes."""
    follow(phone.page, "/")
    phone.at_today()


def follow(page: Page, path: str) -> None:
    page.evaluate(
        """(path) => {
          const link = document.createElement('a');
          link.href = path;
          (document.querySelector('dialog[open]') ?? document.body).append(link);
          link.click();
          link.remove();
        }""",
        path,
    )


def open_voucher(phone: Pocket, number: str) -> None:
    follow(phone.page, "/vouchers")
    phone.page.get_by_role("link", name=re.compile(" ".join(number))).click()
    phone.page.get_by_role("article").wait_for()


def log_out(desk: Counter) -> None:
    desk.page.get_by_role("button", name="Log out").click()
    desk.page.get_by_label("Login name").wait_for()


Reach = Callable[[Day], object]


@dataclass
class Screen:
    """themes: looked at dark and in the sun too. again: makes it say the same once more in the next language."""

    name: str
    reach: Reach
    themes: bool = False
    again: Reach | None = None


Screens = list[Screen]


def then(*steps: Reach) -> Reach:
    def reach(day: Day) -> None:
        for step in steps:
            step(day)

    return reach


def button(name: str) -> Reach:
    return lambda day: day.phone.button(name, exact=True).click()


def path(where: str) -> Reach:
    return lambda day: follow(day.page, where)


def visit(day: Day, eye: Eye, screens: Screens) -> None:
    eye.speak("en")
    eye.light("light")
    for screen in screens:
        eye.screen = screen.name
        with eye.witness():
            screen.reach(day)
        again = screen.again
        eye.look(screen.name, themes=screen.themes, again=None if again is None else partial(again, day))


# The collector


def typed_cheque(day: Day) -> None:
    day.page.get_by_role("link", name="Cheque", exact=True).click()
    day.page.get_by_label("Amount in figures").fill("1,250.50")
    day.page.get_by_label("Bank", exact=True).select_option("AAIB")
    day.page.get_by_label("Branch").fill("مدينة نصر")
    day.page.get_by_label("Cheque number").fill("00773120")
    day.page.get_by_label("Due date").fill("2027-03-30")


def keys(day: Day, amount: str) -> None:
    day.phone.button("000", exact=True).wait_for()
    for key in amount:
        day.phone.button("Decimal point" if key == "." else key, exact=True).click()


def at_card(day: Day) -> None:
    """The card of a customer with vouchers and visits behind."""
    open_voucher(day.phone, day.vouchers["both"])
    name = day.page.get_by_role("article").locator("p.muted bdi").first.inner_text()
    follow(day.page, "/customers")
    day.page.get_by_role("searchbox").fill(name)
    day.page.get_by_role("link", name=re.compile(re.escape(name))).first.click()
    day.page.get_by_role("tab").first.wait_for()


def collect_at_next(day: Day) -> None:
    home(day.phone)
    day.phone.button("Collect").first.click()
    keys(day, "8350.5")


def issue(day: Day) -> None:
    day.page.get_by_role("radio", name="Would not sign").click()
    day.phone.button("Issue voucher").click()
    day.vouchers["last"] = day.phone.number_shown()


def close_dialog(day: Day) -> None:
    day.page.get_by_role("dialog").get_by_role("button", name="Close").click()


def promised(day: Day) -> None:
    home(day.phone)
    day.page.locator("a.head").click()
    day.phone.button("No payment").click()
    day.page.get_by_role("radio", name="Promised").click()
    day.page.get_by_role("radio", name=re.compile("Sun|Mon|Tomorrow")).first.click()


def end_first(day: Day) -> None:
    """Another customer's visit while one is open."""
    home(day.phone)
    day.page.locator("ul.later button.item").first.click()
    day.page.locator("ul.later").get_by_role("button", name="Start visit").click()
    day.page.get_by_role("heading", name="A visit is open").wait_for()


def at_next(name: str) -> Reach:
    return lambda day: day.page.get_by_role("region", name="Next stop").get_by_role("button", name=name).click()


def postponing(day: Day) -> None:
    at_next("Put off")(day)
    day.page.get_by_role("radio", name="Another day").click()
    day.page.get_by_role("radio", name="Closed today").click()


def closed_day(day: Day) -> None:
    day.page.get_by_label("Note for the office").fill("أكمل الباقي غدًا")
    day.phone.button("Close the day").click()
    day.page.get_by_text(re.compile("Day closed at")).wait_for()


def all_sent(day: Day) -> None:
    day.phone.button("End visit").last.click()
    day.phone.at_today()
    day.sent()
    follow(day.page, "/sending")


def counting_notes(day: Day) -> None:
    day.phone.button("Declare deposit").click()
    day.page.get_by_label("How many 200", exact=True).fill("51")
    day.phone.button("Not with me").click()
    day.page.get_by_role("switch").first.click()


def with_reason(day: Day) -> None:
    day.page.get_by_role("radio", name="The paper is lost, proof is missing").click()
    day.page.get_by_label("What do you know of it?").fill("سقط من الملف في الطريق")
    day.phone.button(re.compile("^Declare EGP")).click()
    day.page.get_by_role("dialog").wait_for()


def leave_uncounted(day: Day) -> None:
    """What was typed for a deposit is kept as a draft, and is not meant for the next one."""
    close_dialog(day)
    day.page.get_by_role("switch").first.click()
    day.page.get_by_label("How many 200", exact=True).fill("0")


def deposit_state(which: str) -> Reach:
    def reach(day: Day) -> None:
        follow(day.page, "/hand")
        day.page.get_by_role("link", name=re.compile(" ".join(day.deposits[which]))).click()
        day.page.get_by_text("You declared").first.wait_for()

    return reach


def void_sheet_of(which: str) -> Reach:
    def reach(day: Day) -> None:
        open_voucher(day.phone, day.vouchers[which])
        day.phone.button("Void", exact=True).click()
        day.page.get_by_role("dialog").wait_for()

    return reach


def locked(day: Day) -> None:
    follow(day.page, "/more")
    day.phone.button(re.compile("Lock the screen")).click()
    day.page.get_by_text("Enter your PIN").wait_for()


def wrong_pin(day: Day) -> None:
    for _ in range(4):
        day.phone.button("9", exact=True).click()
    day.page.get_by_text("That PIN is not right").wait_for()


def offline(day: Day) -> None:
    day.phone.type_pin()
    day.page.context.set_offline(True)
    home(day.phone)
    day.phone.collect("640")


def offline_today(day: Day) -> None:
    day.phone.end_visit()
    day.page.locator(".strip:not(.thin)").wait_for()


def search(words: str) -> Reach:
    def reach(day: Day) -> None:
        follow(day.page, "/customers")
        day.page.get_by_role("searchbox").fill(words)

    return reach


COLLECTOR: Screens = [
    Screen("phone-today", lambda day: home(day.phone), themes=True),
    Screen("phone-today-done", lambda day: day.page.locator("summary").click()),
    Screen("phone-today-unfolded", lambda day: day.page.locator("ul.later button.item").nth(1).click()),
    Screen("phone-postpone", then(lambda day: home(day.phone), postponing)),
    Screen("phone-joint", then(close_dialog, at_next("With a colleague"))),
    Screen("phone-message", then(close_dialog, at_next("Message"))),
    Screen("phone-customers", then(close_dialog, path("/customers"))),
    Screen("phone-customers-search", search("nour")),
    Screen("phone-customers-none", search("qqqq")),
    Screen("phone-customer", at_card, themes=True),
    Screen("phone-customer-timeline", lambda day: day.page.get_by_role("tab", name="Timeline").click()),
    Screen("phone-customer-cheques", lambda day: day.page.get_by_role("tab", name="Cheques").click()),
    Screen("phone-collect", collect_at_next, themes=True),
    Screen("phone-cheque", typed_cheque, themes=True),
    Screen("phone-collect-cheque", lambda day: day.phone.button("Add cheque").click()),
    Screen("phone-split", lambda day: day.phone.button("Change", exact=True).click()),
    Screen("phone-notes", then(close_dialog, button("Count notes"))),
    Screen("phone-review", then(close_dialog, button("Review")), themes=True),
    Screen("phone-review-unsigned", lambda day: day.phone.button("Issue voucher").click()),
    Screen("phone-issued", issue, themes=True),
    Screen("phone-issued-code", lambda day: day.page.locator("button.qr-box").click()),
    Screen("phone-void", then(close_dialog, button("Void"))),
    Screen("phone-hand-open", then(close_dialog, lambda day: day.phone.end_visit(), path("/hand")), themes=True),
    Screen("phone-deposit", counting_notes, themes=True),
    Screen("phone-deposit-pin", with_reason),
    Screen("phone-deposit-waiting", then(leave_uncounted, deposit_state("waiting")), themes=True),
    Screen("phone-deposit-short", deposit_state("short"), themes=True),
    Screen("phone-vouchers", path("/vouchers")),
    Screen("phone-voucher-later", lambda day: open_voucher(day.phone, day.vouchers["both"])),
    Screen("phone-voucher-asked", lambda day: open_voucher(day.phone, day.vouchers["shared"])),
    Screen("phone-voucher-void", lambda day: open_voucher(day.phone, day.vouchers["void"]), themes=True),
    Screen("phone-void-request", void_sheet_of("last")),
    Screen("phone-no-payment", then(close_dialog, promised)),
    Screen("phone-end-first", end_first),
    Screen("phone-sending", then(button("Back"), button("End visit"), all_sent), themes=True),
    Screen("phone-day", path("/day"), themes=True),
    Screen("phone-day-closed", closed_day, themes=True),
    Screen("phone-wipe", path("/wipe"), themes=True),
    Screen("phone-more", path("/more"), themes=True),
    Screen("phone-pin", locked, themes=True),
    Screen("phone-pin-wrong", wrong_pin),
    Screen("phone-issued-offline", offline),
    Screen("phone-today-offline", offline_today, themes=True),
    Screen("phone-day-again", path("/day")),
    Screen("phone-sending-offline", path("/sending")),
    Screen("phone-wipe-waiting", path("/wipe")),
]


def test_every_screen_of_the_collector(day: Day) -> None:
    """A collector's screens overflow nowhere, can be touched, say everything in either language, and pass axe-core."""
    eye = Eye(day.page, touch=True)
    eye.expects_refusals = True
    issued = [screen.name for screen in COLLECTOR].index("phone-issued")
    try:
        visit(day, eye, COLLECTOR[: issued + 1])
        assert ask_about(day, read_code(day))["number"] == day.vouchers["last"]
        visit(day, eye, COLLECTOR[issued + 1 :])
    finally:
        day.page.context.set_offline(False)
        day.sent()

    assert not eye.faults, "\n".join(eye.faults)


def read_code(day: Day) -> str:
    """The voucher's code, as a camera sees it on the phone's screen."""
    picture = day.folder / "issued.png"
    day.page.screenshot(path=picture)
    found = zxingcpp.read_barcodes(Image.open(picture).convert("L"))
    assert [code.format for code in found] == [zxingcpp.BarcodeFormat.QRCode]
    return str(found[0].text)


def ask_about(day: Day, link: str) -> dict[str, Any]:
    """What the public address answers of a voucher's code, once the office has the voucher."""
    answer: dict[str, Any] = {}

    def genuine() -> bool:
        request = urllib.request.Request(
            f"{day.office.address}/api/v1/verify",
            data=json.dumps({"payload": link.split("#")[1]}).encode(),
            headers={"Content-Type": "application/json"},
        )
        try:
            with urllib.request.urlopen(request, timeout=10) as reply:
                answer.update(json.load(reply))
        except urllib.error.URLError:
            return False
        return answer.get("status") == "genuine"

    assert link.startswith(f"{day.office.address}/verify#S1.")
    eventually(genuine, "the office calls the voucher genuine")
    return answer


def test_large_text_is_chosen_under_more_and_kept(day: Day) -> None:
    """The switch makes every letter larger at once, and is still so after the app was closed."""
    page = day.page
    letters = "() => getComputedStyle(document.querySelector('h1')).fontSize"
    home(day.phone)
    before = float(page.evaluate(letters).removesuffix("px"))
    follow(page, "/more")
    page.get_by_role("radio", name="Largest").click()
    try:
        assert float(page.evaluate(letters).removesuffix("px")) == before * 1.5
        day.phone.reopen()
        day.phone.at_today()
        assert float(page.evaluate(letters).removesuffix("px")) == before * 1.5
        collect = day.phone.button("Collect").first
        collect.click()
        day.phone.button("000", exact=True).wait_for()
        keys(day, "250")
        expect(day.phone.button("Review")).to_be_in_viewport(ratio=1)
        expect(page.get_by_role("button", name="5", exact=True)).to_be_in_viewport()
    finally:
        follow(page, "/more")
        page.get_by_role("radio", name="Normal").click()
    home(day.phone)


def test_a_cheque_being_typed_outlives_the_page(day: Day) -> None:
    """A page killed in the middle of a cheque opens again there, with what was typed, and its receipt can be issued."""
    home(day.phone)
    day.phone.button("Collect").first.click()
    keys(day, "150")
    typed_cheque(day)
    day.page.get_by_label("Cheque number").fill("00773121")
    day.page.wait_for_timeout(500)

    day.phone.reopen()
    expect(day.page.get_by_label("Cheque number")).to_have_value("00773121")
    expect(day.page.get_by_label("Amount in figures")).to_have_value("1,250.50")
    expect(day.page.get_by_label("Branch")).to_have_value("مدينة نصر")
    day.phone.button("Add cheque").click()

    expect(day.page.get_by_text("1,400.50").first).to_be_visible()
    day.phone.button("Review").click()
    day.phone.button("Not signed? Say why").click()
    issue(day)
    day.phone.end_visit()
    day.sent()


def test_a_phone_loads_little_and_nothing_of_the_desks(day: Day) -> None:
    """What a collector's phone reads before its first screen stays under 150 kB as it travels."""
    day.phone.reopen()
    day.phone.at_today()
    names = day.page.evaluate("() => performance.getEntriesByType('resource').map(({ name }) => name)")
    scripts = {name.rsplit("/", 1)[1] for name in names if name.endswith(".js")}
    sizes = {name: len(gzip.compress((DIST / name).read_bytes(), 9)) for name in scripts}

    assert not [name for name in scripts if name.startswith(("desk-", "cashier-", "supervisor-", "office-"))]
    assert sum(sizes.values()) < 150_000, sizes


# Who has no phone yet, and who has only a voucher


def at(where: str, says: str) -> Callable[[Page, Day], object]:
    def reach(page: Page, day: Day) -> None:
        page.goto(day.office.address + where)
        page.get_by_text(says).first.wait_for()

    return reach


def scanned(page: Page, day: Day) -> None:
    page.goto("about:blank")
    page.goto(day.link)
    page.get_by_text("Genuine").wait_for()


def unseen(page: Page, day: Day) -> None:
    page.goto("about:blank")
    page.goto(day.unseen)
    page.get_by_role("button", name="Tell the company").wait_for()


def reported(page: Page, _: Day) -> None:
    page.get_by_role("button", name="Tell the company").click()
    page.get_by_role("button", name="Tell the company").wait_for(state="detached")


def forged(page: Page, day: Day) -> None:
    page.goto("about:blank")
    page.goto(day.link[:-6] + "AAAAAA")
    page.get_by_text("We do not recognise").wait_for()


def newcomer(page: Page, day: Day) -> None:
    page.goto(f"{day.office.address}/enrol#{day.office.codes['Hany Adel']}")
    page.get_by_text("Hany Adel").wait_for()


def first_pin(page: Page, _: Day) -> None:
    page.get_by_role("button", name="Enrol").click()
    page.get_by_text("Choose a PIN").wait_for()


def first_day(page: Page, _: Day) -> None:
    for _time in range(2):
        for digit in "2580":
            page.get_by_role("button", name=digit, exact=True).click()
    page.get_by_role("heading", name="Today").wait_for()


STRANGER: list[tuple[str, Callable[[Page, Day], object]]] = [
    ("public-genuine", scanned),
    ("public-unseen", unseen),
    ("public-reported", reported),
    ("public-not-ours", forged),
    ("public-unreadable", at("/verify", "The code is incomplete")),
    ("phone-start", at("/", "Enrol this phone")),
    ("phone-enrol", newcomer),
    ("phone-pin-choose", first_pin),
    ("phone-today-first", first_day),
    ("phone-hand-empty", lambda page, _: follow(page, "/hand")),
    ("phone-vouchers-empty", lambda page, _: follow(page, "/vouchers")),
]


def test_every_screen_before_enrolment_and_the_public_page(day: Day) -> None:
    """What a stranger and a newcomer see is as sound as the rest, and the public page knows a forged voucher."""
    page = day.windows.open("stranger", PHONE)
    eye = Eye(page, touch=True)
    eye.expects_refusals = True
    for name, reach in STRANGER:
        eye.screen = name
        reach(page, day)
        eye.speak("en")
        eye.look(name, themes=name in {"public-genuine", "phone-enrol"})

    assert not eye.faults, "\n".join(eye.faults)


# The cashier


def press(*combos: str) -> Reach:
    def reach(day: Day) -> None:
        for combo in combos:
            day.desk.page.keyboard.press(combo)

    return reach


def half_counted(day: Day) -> None:
    day.desk.log_in("mona")
    page = day.desk.page
    page.get_by_role("button", name=re.compile(day.deposits["waiting"])).click()
    page.get_by_label("Pieces of 200", exact=True).fill("14")
    page.get_by_label("Pieces of 0.50", exact=True).fill("3")
    page.get_by_label("Cheque number, line 1", exact=True).fill("55510000")


def revealed(day: Day) -> None:
    page = day.desk.page
    page.get_by_label("Pieces of 0.50", exact=True).fill("")
    page.get_by_label("Cheque number, line 1", exact=True).fill("")
    page.get_by_role("button", name=re.compile("Count done")).click()
    page.get_by_text("Cash shortage").first.wait_for()


def reasoned(day: Day) -> None:
    day.desk.page.keyboard.press("1")
    day.desk.page.get_by_placeholder("Write what you know").fill("يقول محمود إنه ردّ 200 زيادة لعميل")


def accepted(day: Day) -> None:
    page = day.desk.page
    page.keyboard.press("Escape")
    page.wait_for_timeout(700)
    page.keyboard.press("Control+Enter")
    page.locator(".finish").get_by_text("It is now in your safe").wait_for()


def at_desk(screen: str, wait: str = "") -> Reach:
    def reach(day: Day) -> None:
        page = day.desk.page
        while page.get_by_role("dialog").count():
            page.keyboard.press("Escape")
        follow(page, f"/desk/{screen}")
        page.locator(f'nav a[href="/desk/{screen}"][aria-current]').wait_for()
        page.locator(".panel").first.wait_for()
        if wait:
            page.get_by_text(re.compile(wait)).first.wait_for()

    return reach


def log_in(login: str) -> Reach:
    def reach(day: Day) -> None:
        if day.desk.page.get_by_role("button", name="Log out").count():
            log_out(day.desk)
        day.desk.log_in(login)

    return reach


def first_item(action: str) -> Reach:
    """The first of the waiting that offers the action."""

    def reach(day: Day) -> None:
        page = day.desk.page
        for item in page.locator("button.list-row").all():
            item.click()
            if page.get_by_role("button", name=re.compile(action)).count():
                return
        raise AssertionError(f"nothing that waits offers to {action}")

    return reach


def wrong_policy(day: Day) -> None:
    day.desk.page.get_by_label("Most discount (%)").fill("101")
    day.desk.page.get_by_role("button", name="New rate").click()
    day.desk.page.keyboard.press("Control+Enter")
    day.desk.page.get_by_text("Nothing was saved").wait_for()


def first_row(day: Day) -> None:
    day.desk.page.locator("tbody tr[tabindex]").first.click()


CASHIER: Screens = [
    Screen("desk-login", lambda day: day.desk.page.get_by_label("Login name").wait_for()),
    Screen("desk-count-before", half_counted, themes=True),
    Screen("desk-keys", press("F1")),
    Screen("desk-count-blocked", press("Escape", "Control+Enter"), again=press("Control+Enter")),
    Screen("desk-count-after", revealed, themes=True),
    Screen("desk-count-reason", reasoned),
    Screen("desk-return", press("F9")),
    Screen("desk-accepted", accepted, themes=True),
    Screen("desk-safe", at_desk("safe"), themes=True),
]

SUPERVISOR: Screens = [
    Screen("desk-board", then(log_in("nadia"), at_desk("board", "Mahmoud")), themes=True),
    Screen("desk-board-person", first_row),
    Screen("desk-plans", at_desk("plans", "Customers to choose"), themes=True),
    Screen("desk-decisions", at_desk("decisions", "Void request"), themes=True),
    Screen("desk-decisions-note", press("F9"), again=press("F9")),
    Screen("desk-review-missing", then(at_desk("review", "Karim"), first_item("Rebuild")), themes=True),
    Screen("desk-review-held", first_item("Release"), themes=True),
    Screen("desk-flags", at_desk("flags", "Mona"), themes=True),
    Screen("desk-customers", then(at_desk("customers"), first_row), themes=True),
    Screen("desk-ageing", at_desk("ageing"), themes=True),
    Screen("desk-assignments", at_desk("assignments", "C0001")),
    Screen("desk-requests", then(at_desk("requests", "Incident"), first_item("Send the answer")), themes=True),
    Screen("desk-requests-empty", press("Control+Enter"), again=press("Control+Enter")),
    Screen("desk-promises", then(at_desk("promises"), press("3")), themes=True),
    Screen("desk-promises-open", press("2")),
    Screen("desk-dayreports", at_desk("dayreports", "Mahmoud"), themes=True),
]


def new_user(day: Day) -> None:
    day.desk.page.keyboard.press("F7")
    day.desk.page.get_by_role("dialog").wait_for()
    day.desk.page.keyboard.press("Control+Enter")


def new_code(day: Day) -> None:
    page = day.desk.page
    while page.get_by_role("dialog").count():
        page.keyboard.press("Escape")
    page.keyboard.press("F7")
    page.get_by_role("button", name="Make the code").click()
    page.locator("svg.qr").wait_for()


def imported(day: Day) -> None:
    at_desk("import")(day)
    file = day.folder / "customers.csv"
    file.write_text(
        "code,name,name_ar,phone,currency,credit_limit\n"
        "C-9001,Al Baraka Market,سوبر ماركت البركة,01900000001,EGP,20000\n"
        "C-9002,,,01900000002,EGP,15000\n"
        "C-9003,El Nour Bakery,مخبز النور,01900000003,XXX,15000\n",
        encoding="utf-8",
    )
    day.desk.page.locator("input[type=file]").set_input_files(file)
    day.desk.page.keyboard.press("F8")
    day.desk.page.locator(".tiles").wait_for()


ADMINISTRATOR: Screens = [
    Screen("desk-users", then(log_in("tarek"), at_desk("users", "Mahmoud")), themes=True),
    Screen("desk-user", new_user, again=press("Control+Enter")),
    Screen("desk-devices", then(at_desk("devices", "Mahmoud"), first_row), themes=True),
    Screen("desk-device-release", press("F8")),
    Screen("desk-device-stop", then(press("Escape"), press("F9"))),
    Screen("desk-code", new_code, themes=True),
    Screen("desk-books", at_desk("books", "Mahmoud"), themes=True),
    Screen("desk-assignments-admin", at_desk("assignments", "C0001")),
    Screen("desk-import", at_desk("import")),
    Screen("desk-import-rejected", imported, themes=True),
    Screen("desk-rescue", at_desk("rescue")),
    Screen("desk-policies", at_desk("policies", "Limits and terms"), themes=True),
    Screen("desk-policies-look", wrong_policy, again=press("Control+Enter")),
]


DESKS = {"cashier": CASHIER, "supervisor": SUPERVISOR, "administrator": ADMINISTRATOR}


@pytest.mark.parametrize("role", DESKS)
def test_every_screen_of_the_desks(day: Day, role: str) -> None:
    """A desk's screens overflow nowhere, cut no amount, say everything in either language, and pass axe-core."""
    day.desk = day.counting if role == "cashier" else day.office_desk
    eye = Eye(day.desk.page, touch=False)
    visit(day, eye, DESKS[role])

    assert not eye.faults, "\n".join(eye.faults)


def test_a_browser_that_is_no_counting_desk_says_so(day: Day) -> None:
    """A cashier who logs in where nothing is enrolled is told what to do, and where the money is safe."""
    stranger = Counter(day.windows.open("elsewhere", DESK), day.office.address)
    stranger.page.goto(day.office.address + "/")
    stranger.log_in("sherif")
    eye = Eye(stranger.page, touch=False)
    stranger.page.get_by_text("not a counting desk yet").wait_for()
    eye.look("desk-not-enrolled")

    assert not eye.faults, "\n".join(eye.faults)


# A count without a mouse


class Keyboard:
    """Keys as they are printed on the cashier's keyboard: `codes` are the same on each, what they type is not."""

    def __init__(self, page: Page, *, arabic: bool) -> None:
        self.page = page
        self.arabic = arabic
        self.pressed = 0
        self.line: CDPSession = page.context.new_cdp_session(page)

    def press(self, combo: str) -> None:
        self.pressed += 1
        self.page.keyboard.press(combo)

    def digits(self, text: str) -> None:
        for sign in text:
            self.pressed += 1
            shown = chr(0x0660 + int(sign)) if self.arabic and sign.isdigit() else sign
            code = "Period" if sign == "." else f"Digit{sign}"
            key = {"key": shown, "code": code, "text": shown, "unmodifiedText": shown}
            self.line.send("Input.dispatchKeyEvent", {"type": "keyDown", **key})
            self.line.send("Input.dispatchKeyEvent", {"type": "keyUp", "key": shown, "code": code})


def cell(page: Page) -> Locator:
    return page.locator("input.cell:focus")


@pytest.mark.parametrize("language", ["en", "ar"])
def test_a_deposit_is_counted_and_accepted_by_keys_alone(day: Day, language: str) -> None:
    """F2, pieces, cheques, Ctrl+Enter twice: cash and cheques are counted without a mouse, in either layout."""
    day.desk = day.counting
    number = {"en": "4100", "ar": "4200"}[language]
    home(day.phone)
    follow(day.page, "/customers")
    day.page.get_by_role("searchbox").fill({"en": "El Nour Pharmacy", "ar": "El Nour Car Parts"}[language])
    day.page.locator("main a.item").click()
    day.phone.collect("1350", cheques=(("700", f"{number}1", "2027-01-20"), ("950.25", f"{number}2", "2027-02-20")))
    day.phone.end_visit()
    held = day.page.locator(".figures .money span[aria-hidden]").inner_text()
    cash = int(re.sub(r"\D", "", held.split(".")[0]))
    others = settle_cheques(day, number)
    name = declare(day.phone, {"50": cash // 50, "1": cash % 50, **({"0.25": 3} if ".75" in held else {})})
    day.sent()

    page = day.desk.page
    log_in("mona")(day)
    eye = Eye(page, touch=False)
    eye.screen = f"keys-{language}"
    with eye.witness():
        eye.speak(language)
        at_desk("deposits")(day)
        page.get_by_role("button", name=re.compile(name)).wait_for()
        keyboard = Keyboard(page, arabic=language == "ar")
        for _other in range(3):
            keyboard.press("F2")
            expect(cell(page)).to_have_attribute("data-row", "0")
            if name in page.locator(".head-facts").inner_text():
                break
        assert page.locator(".head-facts").inner_text().count(name) == 1

        for pieces in ("", "", str(cash // 50), "", "", "", str(cash % 50), "", "3" if ".75" in held else "", ""):
            keyboard.digits(pieces)
            keyboard.press("Enter")
        expect(cell(page)).to_have_attribute("data-column", "0")
        for cheque, amount in ((f"{number}1", "700"), (f"{number}2", "950.25"), *others):
            keyboard.digits(cheque)
            keyboard.press("Enter")
            keyboard.digits(amount)
            keyboard.press("Enter")
        keyboard.press("Enter")
        keyboard.press("Control+Enter")
        page.locator(".reveal").wait_for()
        expect(page.locator(".kind.ok")).to_be_visible()
        page.wait_for_timeout(700)
        keyboard.press("Control+Enter")
        expect(page.locator(".finish .badge.ok, .head-facts .badge.ok")).to_be_visible()
    eye.speak("en")

    assert not eye.faults, "\n".join(eye.faults)
    assert keyboard.pressed < 150


def settle_cheques(day: Day, number: str) -> list[tuple[str, str]]:
    """Cheques that earlier tests left in hand go along with this deposit."""
    follow(day.page, "/hand")
    rows = day.page.locator("a.item:has(.serial)").filter(has=day.page.locator(".money"))
    found = []
    for row in rows.all():
        serial = row.locator(".serial span[aria-hidden]").inner_text()
        if serial.isdigit() and not serial.startswith(number):
            found.append((serial, re.sub(r"[^\d.]", "", row.locator(".money span[aria-hidden]").first.inner_text())))
    home(day.phone)
    return found


# A declaration that crosses the counter as a code


def declared_offline(day: Day) -> None:
    """With no network on the phone: one voucher, and its declaration's code on the screen."""
    home(day.phone)
    follow(day.page, "/customers")
    day.page.get_by_role("searchbox").fill("El Nour Pharmacy")
    day.page.locator("main a.item").click()
    day.page.context.set_offline(True)
    day.phone.collect("1700", cheques=(("1250.50", "77120934", "2027-01-20"),))
    day.phone.end_visit()
    follow(day.page, "/hand")
    held = day.page.locator("main .list .money span[aria-hidden]").first.inner_text()
    cash = round(float(re.sub(r"[^\d.]", "", held)) * 100)
    day.bag = (cash, papers_in_hand(day.page))
    notes = {"50": cash // 5_000, "1": cash % 5_000 // 100, "0.25": cash % 100 // 25}
    day.deposits["code"] = day.phone.declare({note: pieces for note, pieces in notes.items() if pieces})
    day.page.locator("button.plain svg.qr").wait_for(timeout=30_000)


def papers_in_hand(page: Page) -> list[tuple[str, str]]:
    rows = page.locator("a.item:has(.serial)").filter(has=page.locator(".money"))
    texts = [
        (row.locator(".serial span[aria-hidden]").inner_text(), row.locator(".money span[aria-hidden]").inner_text())
        for row in rows.all()
    ]
    return [(serial, re.sub(r"[^\d.]", "", amount)) for serial, amount in texts if serial.isdigit()]


def filled_by_code(day: Day) -> None:
    day.page.locator("button.plain").click()
    day.page.locator("dialog svg.qr").wait_for()
    picture = day.folder / "code.png"
    day.page.screenshot(path=picture)
    found = zxingcpp.read_barcodes(Image.open(picture).convert("L"))
    day.link = str(found[0].text)
    assert re.fullmatch("SD1Z[A-Z2-7]+", day.link)


def scanning(day: Day) -> None:
    page = day.desk.page
    page.context.set_offline(True)
    page.keyboard.press("F4")
    page.get_by_text("No camera opens").wait_for()


def typed_code(code: str) -> Reach:
    def reach(day: Day) -> None:
        page = day.desk.page
        page.locator("#phone-code").fill(code or day.link)
        page.locator("#phone-code").press("Enter")

    return reach


def scanned_deposit(day: Day) -> None:
    typed_code("")(day)
    day.desk.page.locator(".head-facts").get_by_text(day.deposits["code"]).wait_for()


def shown_beside(pieces: str) -> Reach:
    """What lies on the table, typed; then the totals of the code beside it."""

    def reach(day: Day) -> None:
        page = day.desk.page
        page.locator("input.cell:focus").wait_for()
        page.locator('input.cell[data-row="4"][data-column="0"]').first.fill(pieces)
        page.keyboard.press("Control+Enter")
        page.locator(".result").wait_for()

    return reach


def counted_again(day: Day) -> None:
    page, (cash, papers) = day.desk.page, day.bag
    page.keyboard.press("F8")
    page.locator("input.cell:focus").wait_for()
    page.get_by_label("Pieces of 50", exact=True).fill(str(cash // 5_000))
    page.get_by_label("Pieces of 1", exact=True).fill(str(cash % 5_000 // 100))
    page.get_by_label("Pieces of 0.25", exact=True).fill(str(cash % 100 // 25))
    for line, (number, amount) in enumerate(papers, 1):
        page.get_by_label(f"Cheque number, line {line}", exact=True).fill(number)
        page.get_by_label(f"Cheque amount, line {line}", exact=True).fill(amount)
    page.keyboard.press("Control+Enter")
    page.locator(".result.ok").wait_for()


def accepted_on_totals(day: Day) -> None:
    day.desk.page.wait_for_timeout(700)
    day.desk.page.keyboard.press("Control+Enter")
    day.desk.page.get_by_text("Accepted on its totals").wait_for()


CODE_ON_PHONE: Screens = [
    Screen("phone-deposit-code", declared_offline, themes=True),
    Screen("phone-deposit-code-full", filled_by_code, themes=True),
]
CODE_AT_DESK: Screens = [
    Screen("desk-scan", scanning, themes=True),
    Screen("desk-scan-trouble", typed_code("SD1ZABC"), again=typed_code("SD1ZABC")),
    Screen("desk-scan-counting", scanned_deposit),
    Screen("desk-totals-differ", shown_beside("3"), themes=True),
    Screen("desk-totals-equal", counted_again, themes=True),
    Screen("desk-totals-accepted", accepted_on_totals),
]


def test_every_screen_of_a_code_that_crosses_the_counter(day: Day) -> None:
    """The phone's code and what the desk makes of it, without a network on either side."""
    eye = Eye(day.page, touch=True)
    eye.expects_refusals = True
    day.desk = day.counting
    log_in("mona")(day)
    at_desk("deposits")(day)
    desk_eye = Eye(day.desk.page, touch=False)
    desk_eye.expects_refusals = True
    try:
        visit(day, eye, CODE_ON_PHONE)
        close_dialog(day)
        visit(day, desk_eye, CODE_AT_DESK)
    finally:
        day.desk.page.context.set_offline(False)
        day.page.context.set_offline(False)
        day.sent()
    expect(day.desk.page.get_by_role("button", name=re.compile("Print"))).to_be_visible(timeout=60_000)

    assert not [*eye.faults, *desk_eye.faults], "\n".join([*eye.faults, *desk_eye.faults])
