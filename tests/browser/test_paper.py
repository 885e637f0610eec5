"""The voucher in the customer's hand, made by a phone without a network: on a receipt printer, as a picture, as a PDF.

The phone and its browser are real. A serial port and the app behind a `rawbt` link are not on this machine: what the
phone would have given them is taken as it leaves, and a printer of the tests (escpos.py) makes paper of it.
"""

import base64
import io
import json
import math
import re
import subprocess
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import zxingcpp
from PIL import Image, ImageChops
from playwright.sync_api import BrowserContext, Page, Playwright, expect

from tests.browser.conftest import FLAGS, Office, chromium, eventually, free_port
from tests.browser.escpos import Paper, from_rawbt, printed
from tests.browser.pages import Pocket
from tests.browser.shots import Eye

ANDROID = (
    "Mozilla/5.0 (Linux; Android 14; SM-A155F) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/146.0.0.0 Mobile "
    "Safari/537.36"
)
DOTS = {58: 384, 80: 576}

OUTSIDE = """(() => {
  const told = { bytes: [], links: [], shared: [], opened: 0, off: false, breaks_after: Infinity, sheet: false };
  const canvases = [];
  let taken = 0;
  class Port {
    writable = null;
    async open(options) {
      if (told.off) throw new DOMException('Failed to open serial port.', 'NetworkError');
      if (this.writable || !(options.baudRate > 0)) throw new DOMException('Cannot open.', 'InvalidStateError');
      told.opened += 1;
      taken = 0;
      this.writable = new WritableStream({
        write(chunk) {
          taken += chunk.length;
          if (taken > told.breaks_after) throw new DOMException('The device has been lost.', 'NetworkError');
          told.bytes.push(...chunk);
        },
      });
    }
    async close() {
      if (this.writable?.locked) throw new TypeError('Cannot cancel a locked stream');
      this.writable = null;
    }
    async forget() {}
  }
  const port = new Port();
  const serial = {
    getPorts: async () => (sessionStorage.getItem('granted') ? [port] : []), // A browser remembers.
    requestPort: async () => {
      if (!navigator.userActivation.isActive) throw new DOMException('Must be handling a gesture.', 'SecurityError');
      sessionStorage.setItem('granted', 'yes');
      return port;
    },
  };
  Object.defineProperty(navigator, 'serial', { value: serial });
  Object.defineProperty(navigator, 'canShare', { value: ({ files }) => told.sheet && files?.length > 0 });
  Object.defineProperty(navigator, 'share', {
    value: async ({ files, text }) => told.shared.push({ name: files[0].name, type: files[0].type, text }),
  });
  addEventListener('click', (event) => {
    const link = event.target.closest?.('a[href^="intent:"]');
    if (!link) return;
    event.preventDefault();
    told.links.push(link.href);
  }, true);
  const context = HTMLCanvasElement.prototype.getContext;
  HTMLCanvasElement.prototype.getContext = function (...asked) {
    if (canvases.at(-1) !== this) canvases.push(this);
    return context.apply(this, asked);
  };
  window.told = told;
  window.painted = () => canvases.at(-1).toDataURL('image/png').split(',')[1];
})();"""
"""What lies outside of the browser: a serial port, an app behind a link, a share sheet; and the last canvas used."""

PRINTS = """async () => {
  const db = await new Promise((resolve) => {
    const request = indexedDB.open('sanad');
    request.onsuccess = () => resolve(request.result);
  });
  const rows = await new Promise((resolve) => {
    const request = db.transaction('entries').objectStore('entries').getAll();
    request.onsuccess = () => resolve(request.result);
  });
  db.close();
  const paper = rows.filter(({ kind }) => ['voucher_printed', 'voucher_shared'].includes(kind));
  return paper.map(({ body }) => JSON.parse(body));
}"""


def follow(page: Page, path: str) -> None:
    """By the way that a link goes, without a reload."""
    page.evaluate(
        """(path) => {
          const link = Object.assign(document.createElement('a'), { href: path });
          document.body.append(link);
          link.click();
          link.remove();
        }""",
        path,
    )


def open_voucher(page: Page, number: str) -> None:
    follow(page, "/vouchers")
    page.get_by_role("link", name=re.compile(" ".join(number))).click()
    page.get_by_role("article").wait_for()


@dataclass
class Print:
    """One paper and what was on the phone's canvas when it left."""

    paper: Paper
    painted: Image.Image

    @property
    def codes(self) -> list[str]:
        return codes(self.paper.picture)

    def black_rows(self) -> int:
        """Rows that are ink from edge to edge, as the upper and lower edges of a black band are."""
        picture = self.paper.picture.convert("L")
        rows = picture.resize((1, picture.height), Image.Resampling.BOX).tobytes()
        return sum(ink < 25 for ink in rows)


@dataclass
class Printed:
    """A voucher and its prints, the original first."""

    number: str
    link: str
    prints: list[Print]


@dataclass
class Till:
    """A phone, its office, and everything that was printed before the phone saw a network again."""

    office: Office
    phone: Pocket
    folder: Path
    vouchers: dict[str, Printed] = field(default_factory=dict)

    @property
    def page(self) -> Page:
        return self.phone.page

    def told(self, what: str) -> Any:
        return self.page.evaluate(f"told.{what}")

    def speak(self, language: str) -> None:
        self.page.evaluate(
            """(language) => {
              localStorage.setItem('sanad.language', language);
              dispatchEvent(new StorageEvent('storage', { key: 'sanad.language' }));
            }""",
            language,
        )

    def choose(self, way: str, paper: int) -> None:
        """Under More, as a person does it."""
        follow(self.page, "/more")
        self.page.get_by_role("radio", name=way).click()
        self.page.get_by_role("radio", name=f"{paper} mm").click()
        if way == SERIAL and not self.page.evaluate("navigator.serial.getPorts().then(({ length }) => length)"):
            self.phone.button("Choose the printer").click()
            expect(self.page.get_by_text("A printer is chosen")).to_be_visible()

    def print(self, way: str, paper: int) -> Print:
        """Press Print on the voucher that is open, in whichever language."""
        self.page.evaluate("told.bytes.length = 0, told.links.length = 0")
        self.page.get_by_role("button", name=re.compile("^(Print|اطبع)$")).click()
        said = "Sent to the printer|Handed to RawBT|أُرسل إلى الطابعة|سُلّم إلى"
        self.page.get_by_text(re.compile(said)).wait_for()
        sent = bytes(self.told("bytes")) if way == SERIAL else from_rawbt(self.told("links")[0])
        painted = Image.open(io.BytesIO(base64.b64decode(self.page.evaluate("painted()"))))
        return Print(printed(sent, DOTS[paper]), painted.convert("L"))

    def code_on_screen(self) -> str:
        """As a customer's camera reads it."""
        found: list[str] = []

        def read() -> bool:
            picture = Image.open(io.BytesIO(self.page.screenshot(scale="css"))).convert("L")
            found[:] = codes(picture.resize((picture.width * 3, picture.height * 3)))
            return bool(found)

        eventually(read, "a code can be read from the screen")
        return found[0]

    def verified(self, link: str) -> dict[str, Any]:
        """What the public address answers to what a code says."""
        body = json.dumps({"payload": link.partition("#")[2]}).encode()
        headers = {"content-type": "application/json"}
        request = urllib.request.Request(f"{self.office.address}/api/v1/verify", body, headers)
        with urllib.request.urlopen(request, timeout=30) as answer:
            said: dict[str, Any] = json.load(answer)
        return said


CHEQUES = (("1200.50", "00418827", "2027-01-15"), ("800", "00418828", "2027-02-15"))
SERIAL, RAWBT = "Bluetooth printer", "RawBT app"
PAPERS = {58: ("5000", CHEQUES[:1]), 80: ("999", CHEQUES)}
"""What is collected for a voucher on a roll of each width."""
PRINTS_OF = {58: ((SERIAL, "en"), (RAWBT, "ar"), (SERIAL, "ar")), 80: ((RAWBT, "ar"), (SERIAL, "en"), (RAWBT, "en"))}
"""How its original and its copies are printed, and what the screen speaks meanwhile."""


@pytest.fixture(scope="module")
def till(playwright: Playwright, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Till]:
    """A voucher for each width of roll, its original and its copies printed with no network."""
    folder = tmp_path_factory.mktemp("paper")
    office = Office(folder / "company", free_port())
    office.start()
    browser = playwright.chromium.launch(executable_path=chromium(), headless=True, args=FLAGS)
    try:
        context = browser.new_context(
            viewport={"width": 360, "height": 780},
            device_scale_factor=2,
            locale="en-US",
            timezone_id="Africa/Cairo",
            user_agent=ANDROID,
            reduced_motion="reduce",
            geolocation={"latitude": 30.05, "longitude": 31.33},
            permissions=["geolocation"],
        )
        context.add_init_script(OUTSIDE)
        page = context.new_page()
        page.set_default_timeout(15_000)
        made = Till(office, Pocket(page, office.address), folder)
        made.phone.enrol(office.codes["Mahmoud Samir"])
        made.phone.offline_ready()
        context.set_offline(True)
        for paper, (cash, cheques) in PAPERS.items():
            number = made.phone.collect(cash, cheques=cheques)
            voucher = Printed(number, made.code_on_screen(), [])
            for way, language in PRINTS_OF[paper]:
                made.choose(way, paper)
                open_voucher(page, number)
                made.speak(language)
                voucher.prints.append(made.print(way, paper))
                made.speak("en")
            made.vouchers[f"{paper} mm"] = voucher
            made.phone.end_visit()
        yield made
    finally:
        browser.close()
        office.stop()


def online(till: Till) -> None:
    """The phone hands everything in."""
    context: BrowserContext = till.page.context
    context.set_offline(False)
    follow(till.page, "/sending")
    till.phone.button("Try now").click()
    expect(till.page.get_by_text("The office has everything").first).to_be_visible(timeout=30_000)


def codes(picture: Image.Image) -> list[str]:
    """With a border, as paper has one beyond the head's last dot."""
    bordered = Image.new("L", (picture.width + 80, picture.height + 80), 255)
    bordered.paste(picture.convert("L"), (40, 40))
    return [code.text for code in zxingcpp.read_barcodes(bordered)]


def same(one: Image.Image, other: Image.Image) -> bool:
    return one.size == other.size and ImageChops.difference(one.convert("L"), other.convert("L")).getbbox() is None


@pytest.mark.parametrize("paper", PAPERS)
def test_paper_is_what_the_phone_painted(till: Till, paper: int) -> None:
    """Dot for dot, in black and white, with nothing at the edges of the roll. A copy is the original and its band."""
    original, *copies = till.vouchers[f"{paper} mm"].prints
    for one in (original, *copies):
        picture = one.paper.picture
        assert same(picture, one.painted)
        assert picture.width == DOTS[paper]
        assert (one.paper.fed > 60, one.paper.cut) == (True, paper == 80)
        ink = ImageChops.invert(picture.convert("L")).getbbox()
        assert ink is not None
        assert ink[0] >= 2
        assert ink[2] <= DOTS[paper] - 2
    for copy in copies:
        assert without_band(copy.paper.picture, original.paper.picture) is not None
        assert copy.black_rows() > original.black_rows() + 10
    assert not same(copies[0].paper.picture, copies[1].paper.picture), "COPY 2 and COPY 3 look the same"


def without_band(copy: Image.Image, original: Image.Image) -> int | None:
    """How many rows must be taken out of the copy in one piece to make it the original; None when that cannot be."""
    row = original.width // 8
    had, has = original.tobytes(), copy.tobytes()
    start = next(at for at in range(0, len(had), row) if had[at : at + row] != has[at : at + row])
    for high in range(20, 120):
        rest, left = had[start:], has[start + high * row :]
        whole = min(len(rest), len(left))  # Each picture ends in up to seven empty rows of its own.
        if rest[:whole] == left[:whole]:
            return high
    return None


def test_a_printer_that_fails_says_so_and_costs_nothing(till: Till) -> None:
    """One that is off costs no copy number, so the voucher can still be voided; one that stops in the middle costs one.
    A voided voucher is printed as what it is, and the visit goes on throughout."""
    phone, page = till.phone, till.page
    till.choose(SERIAL, 80)
    follow(page, "/")
    number = phone.collect("100")
    before = len(page.evaluate(PRINTS))
    page.evaluate("told.off = true, told.bytes.length = 0")
    phone.button("Print", exact=True).click()
    page.get_by_text("The printer does not answer, and nothing was printed").wait_for()
    assert len(page.evaluate(PRINTS)) == before
    assert till.told("bytes") == []
    page.evaluate("told.off = false")
    phone.void("Wrong amount")
    void = till.print(SERIAL, 80)
    assert same(void.paper.picture, void.painted)
    assert void.black_rows() > 2 * till.vouchers["80 mm"].prints[1].black_rows() - 20

    page.evaluate("told.breaks_after = 2000")
    phone.button("Print", exact=True).click()
    page.get_by_text("The printer stopped in the middle").wait_for()
    page.get_by_text("The next print says COPY 3").wait_for()
    page.evaluate("told.breaks_after = Infinity")
    third = till.print(SERIAL, 80)
    assert third.paper.picture.height > void.paper.picture.height
    prints = [one for one in page.evaluate(PRINTS)[before:] if "copy" in one]
    assert [(one["copy"], one["printer"]) for one in prints] == [(n, "serial 80 mm") for n in (1, 2, 3)]
    till.vouchers["voided"] = Printed(number, void.codes[0], [void, third])
    phone.reopen()
    phone.no_payment("Absent")


def test_a_voucher_is_sent_as_picture_and_as_pdf(till: Till) -> None:
    """Both made by the phone without a network: through the share sheet, or into the downloads where there is none."""
    phone, page = till.phone, till.page
    number = phone.collect("4321", cheques=CHEQUES[:1])
    link = till.code_on_screen()
    with page.expect_download() as saving:
        phone.button("Send", exact=True).click()
    picture = Image.open(saving.value.path())
    assert codes(picture.convert("L")) == [link]
    page.get_by_text("in your downloads").wait_for()
    with page.expect_download() as saving:
        phone.button("PDF to send").click()
    assert saving.value.suggested_filename == f"{number}.pdf"
    file = till.folder / "voucher.pdf"
    saving.value.save_as(file)
    painted = Image.open(io.BytesIO(base64.b64decode(page.evaluate("painted()")))).convert("L")
    for command in (["pdfimages", "-png"], ["pdftoppm", "-r", "100", "-png"]):
        subprocess.run([*command, file, till.folder / command[0]], check=True, timeout=60)
    assert same(Image.open(till.folder / "pdfimages-000.png"), painted)
    shown = Image.open(till.folder / "pdftoppm-1.png")
    assert shown.width == math.ceil(105 / 25.4 * 100)
    assert codes(shown) == [link]

    page.evaluate("told.sheet = true")
    phone.button("Send", exact=True).click()
    page.get_by_text("Recorded as sent to the customer").wait_for()
    phone.button("PDF to send").click()
    eventually(lambda: len(till.told("shared")) == 2, "both are shared")
    text = f"Receipt voucher {number}"
    assert till.told("shared") == [
        {"name": f"{number}.png", "type": "image/png", "text": text},
        {"name": f"{number}.pdf", "type": "application/pdf", "text": text},
    ]
    how = ["download", "download pdf", "share", "share pdf"]
    eventually(lambda: [one["how"] for one in page.evaluate(PRINTS) if "how" in one] == how, "each is recorded")
    phone.end_visit()


def test_the_printer_card(till: Till) -> None:
    """It says everything in both languages, can be touched, passes axe in every theme, and prints a page to try."""
    page = till.page
    till.choose(SERIAL, 58)
    page.evaluate("told.bytes.length = 0")
    till.phone.button("Test print").click()
    page.get_by_text("Sent to the printer").wait_for()
    paper = printed(bytes(till.told("bytes")), DOTS[58])
    assert codes(paper.picture) == [till.office.address]
    eye = Eye(page, touch=True)
    eye.look("printer-card", themes=True)
    follow(page, "/")
    till.phone.at_today()
    assert eye.faults == []


def test_every_code_is_genuine(till: Till) -> None:
    """The code on the screen, on the original and on the copies is one, and the public address knows it: before the
    phone has handed in, and after."""
    for paper in PAPERS:
        voucher = till.vouchers[f"{paper} mm"]
        assert [one.codes for one in voucher.prints] == [[voucher.link]] * 3
    some = till.vouchers["58 mm"].link
    assert till.verified(some)["status"] == "not_yet_handed_in"
    assert till.verified(some[:-3] + ("AAA" if some[-3:] != "AAA" else "BBB"))["status"] == "not_ours"
    online(till)
    for name, voucher in till.vouchers.items():
        said = till.verified(voucher.link)
        assert (said["status"], said["number"]) == ("voided" if name == "voided" else "genuine", voucher.number)
