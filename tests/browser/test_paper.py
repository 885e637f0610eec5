"""The voucher in the customer's hand, made by a phone without a network: on a receipt printer, as a picture, as a PDF.

The phone and its browser are real. A serial port and the app behind a `rawbt` link are not on this machine: what the phone
would have given them is taken as it leaves, and a printer of the tests (escpos.py) makes paper of it.
"""

import base64
import io
import json
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
  let granted = false;
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
    getPorts: async () => (granted ? [port] : []),
    requestPort: async () => {
      if (!navigator.userActivation.isActive) throw new DOMException('Must be handling a gesture.', 'SecurityError');
      granted = true;
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
"""What lies outside of the browser: a serial port, an app behind a link, a share sheet. And the last canvas painted on."""

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
  return rows.filter(({ kind }) => ['voucher_printed', 'voucher_shared'].includes(kind)).map(({ body }) => JSON.parse(body));
}"""


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
    """A voucher with its first print and its second."""

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
        """Under More, as a person does it; then back to Today."""
        self.page.get_by_role("link", name="More").click()
        self.page.get_by_role("radio", name=way).click()
        self.page.get_by_role("radio", name=f"{paper} mm").click()
        if way == "Bluetooth printer" and self.phone.button("Choose the printer").count():
            self.phone.button("Choose the printer").click()
            expect(self.page.get_by_text("A printer is chosen")).to_be_visible()
        self.page.get_by_role("link", name="Today").click()
        self.phone.at_today()

    def print(self, way: str, paper: int) -> Print:
        """Press Print on the voucher that is open, in whichever language."""
        self.page.evaluate("told.bytes.length = 0, told.links.length = 0")
        self.page.get_by_role("button", name=re.compile("^(Print|اطبع)$")).click()
        said = "Sent to the printer|Handed to RawBT|أُرسل إلى الطابعة|سُلّم إلى"
        self.page.get_by_text(re.compile(said)).wait_for()
        sent = bytes(self.told("bytes")) if way == "Bluetooth printer" else from_rawbt(self.told("links")[0])
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
JOBS = {
    "58 mm by serial, English": ("Bluetooth printer", 58, "en", "5000", CHEQUES[:1]),
    "58 mm by RawBT, Arabic": ("RawBT app", 58, "ar", "12345.75", ()),
    "80 mm by RawBT, English": ("RawBT app", 80, "en", "250", ()),
    "80 mm by serial, Arabic": ("Bluetooth printer", 80, "ar", "999", CHEQUES),
}


@pytest.fixture(scope="module")
def till(playwright: Playwright, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Till]:
    """Each job's voucher printed twice with no network, one voided and printed, one sent; then all is handed in."""
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
        for name, (way, paper, language, cash, cheques) in JOBS.items():
            made.choose(way, paper)
            number = made.phone.collect(cash, cheques=cheques)
            link = made.code_on_screen()
            made.speak(language)
            made.vouchers[name] = Printed(number, link, [made.print(way, paper), made.print(way, paper)])
            made.speak("en")
            made.phone.end_visit()
        yield made
    finally:
        browser.close()
        office.stop()


def online(till: Till) -> None:
    """The phone hands everything in."""
    context: BrowserContext = till.page.context
    context.set_offline(False)
    till.page.get_by_role("link", name="More").click()
    till.page.get_by_role("link", name=re.compile("Sending")).click()
    till.phone.button("Try now").click()
    expect(till.page.get_by_text("The office has everything").first).to_be_visible(timeout=30_000)
    till.phone.button("Back").click()
    till.page.get_by_role("link", name="Today").click()
    till.phone.at_today()


def codes(picture: Image.Image) -> list[str]:
    """With a border, as paper has one beyond the head's last dot."""
    bordered = Image.new("L", (picture.width + 80, picture.height + 80), 255)
    bordered.paste(picture.convert("L"), (40, 40))
    return [code.text for code in zxingcpp.read_barcodes(bordered)]


def same(one: Image.Image, other: Image.Image) -> bool:
    return one.size == other.size and ImageChops.difference(one.convert("L"), other.convert("L")).getbbox() is None


@pytest.mark.parametrize("job", JOBS)
def test_paper_is_what_the_phone_painted(till: Till, job: str) -> None:
    """Dot for dot, in black and white, with nothing at the edges of the roll; the second print differs by its band."""
    _, paper, *_ = JOBS[job]
    original, copy = till.vouchers[job].prints
    for one in (original, copy):
        picture = one.paper.picture
        assert same(picture, one.painted)
        assert picture.width == DOTS[paper]
        assert (one.paper.fed > 60, one.paper.cut) == (True, paper == 80)
        ink = ImageChops.invert(picture.convert("L")).getbbox()
        assert ink is not None
        assert ink[0] >= 2
        assert ink[2] <= DOTS[paper] - 2
    assert without_band(copy.paper.picture, original.paper.picture) is not None
    assert copy.black_rows() > original.black_rows() + 10


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

