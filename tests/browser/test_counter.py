"""A declaration crosses the counter as a code: no network, no server, and in the end one deposit, counted once."""

import io
import json
import re
from pathlib import Path
from random import Random
from typing import Any

import zxingcpp
from PIL import Image
from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import Office, Opener, eventually
from tests.browser.pages import Counter, Pocket

KEPT = """async () => {
  const db = await new Promise((resolve) => {
    const request = indexedDB.open('sanad');
    request.onsuccess = () => resolve(request.result);
  });
  const asked = (request) => new Promise((resolve) => (request.onsuccess = () => resolve(request.result)));
  const all = {};
  for (const name of db.objectStoreNames) all[name] = await asked(db.transaction(name).objectStore(name).getAll());
  db.close();
  return JSON.stringify(all, (key, value) => (value instanceof ArrayBuffer ? value.byteLength : value))
    + JSON.stringify({ ...localStorage }) + JSON.stringify({ ...sessionStorage });
}"""
"""All that a browser keeps of a desk."""
FIGURES = ("8,000.50", "8000.50", "800050", "6,800.00", "680000", "1,200.50", "120050")
"""What is declared, in every way in which it could be written."""


def everything(page: Page) -> str:
    return str(page.evaluate(KEPT)) + page.content()


def sees_no_figure(page: Page) -> None:
    found = [figure for figure in FIGURES if figure in everything(page)]
    assert found == [], f"the desk holds {found} before its count is durable"


def phone_without_network(office: Office, open_browser: Opener) -> Pocket:
    phone = Pocket(open_browser("phone", device_scale_factor=3), office.address)
    phone.enrol(office.codes["Mahmoud Samir"])
    phone.offline_ready()
    return phone


def desk_of(office: Office, open_browser: Opener, camera: Path | None = None) -> Counter:
    desk = Counter(open_browser("desk", width=1366, height=860, camera=camera), office.address)
    desk.enrol(office.codes["Cairo"])
    desk.log_in("mona")
    desk.page.evaluate("() => navigator.serviceWorker.ready.then(() => undefined)")
    return desk


def collect_and_declare(phone: Pocket) -> str:
    phone.page.context.set_offline(True)
    phone.reopen()
    phone.at_today()
    phone.collect("6800", cheques=(("1200.50", "00418827", "2027-01-15"),))
    phone.end_visit()
    deposit = phone.declare({"200": 34})
    expect(code_on(phone)).to_be_visible(timeout=30_000)
    return deposit


def code_on(phone: Pocket) -> Locator:
    return phone.page.get_by_role("button", name=re.compile("Fill the screen"))


def picture_of_code(phone: Pocket) -> Image.Image:
    """The phone's screen, filled by the code, as a camera would see it."""
    code_on(phone).click()
    shown = phone.page.get_by_role("dialog").get_by_role("img", name=re.compile("Code of deposit"))
    expect(shown).to_be_visible()
    taken = Image.open(io.BytesIO(phone.page.screenshot())).convert("RGB")
    phone.page.get_by_role("button", name="Close").click()
    return taken


def close_to(picture: Image.Image, side: int) -> Image.Image:
    """The middle of the screen, where the code is."""
    middle = (picture.height - picture.width) // 2
    return picture.crop((0, middle, picture.width, middle + picture.width)).resize((side, side))


def film(picture: Image.Image, to: Path, size: tuple[int, int] = (1280, 720)) -> None:
    """What a camera over the counter sees: the phone a little askew and held close. JPEGs one after the other."""
    close = close_to(picture, size[1] - 40)
    frames = []
    for angle in (-4, -3, -2):
        table = Image.new("RGB", size, (92, 84, 76))
        turned = close.rotate(angle, resample=Image.Resampling.BICUBIC, expand=True, fillcolor=(92, 84, 76))
        table.paste(turned, ((size[0] - turned.width) // 2, (size[1] - turned.height) // 2))
        kept = io.BytesIO()
        table.save(kept, "JPEG", quality=82)
        frames.append(kept.getvalue())
    to.write_bytes(b"".join(frames * 10))


def text_of_code(picture: Image.Image) -> str:
    """The code read from the screenshot, as a reader at the counter reads it."""
    found = zxingcpp.read_barcodes(close_to(picture, 900).convert("L"))
    assert len(found) == 1, "the code on the phone's screen cannot be read"
    return str(found[0].text)


def count(desk: Counter, *, hundreds: str = "34") -> None:
    desk.page.get_by_label("Pieces of 200", exact=True).fill(hundreds)
    desk.page.get_by_label("Cheque number, line 1", exact=True).fill("418827")
    desk.page.get_by_label("Cheque amount, line 1", exact=True).fill("1200.50")


def accept(desk: Counter) -> None:
    desk.page.wait_for_timeout(700)
    desk.page.get_by_role("button", name=re.compile("^Accept")).click()


def try_now(phone: Pocket) -> None:
    phone.page.context.set_offline(False)
    phone.page.get_by_role("button", name="Back").click()
    phone.page.get_by_role("link", name="More").click()
    phone.page.get_by_role("link", name=re.compile("Sending")).click()
    phone.button(re.compile("Try now")).click()
    expect(phone.page.get_by_text(re.compile("The office has everything")).first).to_be_visible(timeout=60_000)


def all_is_well(office: Office) -> None:
    eventually(lambda: office.sanad("verify").returncode == 0, "the books add up")
    office.stop()
    assert "same bytes" in office.sanad("rebuild").stdout


def test_a_code_is_counted_where_nobody_has_a_network(office: Office, open_browser: Opener, tmp_path: Path) -> None:
    """Phone and desk are both alone. The camera reads the code, the cashier counts blind, the totals agree, the
    money is in the safe. Window closed and opened again, all is still there. Then the desk is heard first."""
    seen = tmp_path / "seen.mjpeg"
    film(Image.new("RGB", (360, 780), (255, 255, 255)), seen)
    phone = phone_without_network(office, open_browser)
    desk = desk_of(office, open_browser, seen)
    desk.page.get_by_text("No deposit waits").first.wait_for()
    office.stop()
    desk.page.context.set_offline(True)
    deposit = collect_and_declare(phone)
    film(picture_of_code(phone), seen)

    desk.page.keyboard.press("F4")
    expect(desk.page.get_by_role("heading", name="Cash")).to_be_visible(timeout=30_000)
    expect(desk.page.get_by_text("From the phone’s code").first).to_be_visible()
    expect(desk.page.get_by_role("button", name=re.compile(deposit))).to_contain_text("Mahmoud Samir")
    sees_no_figure(desk.page)

    desk.page.get_by_label("Pieces of 200", exact=True).fill("3")
    desk.page.wait_for_timeout(300)
    desk.page.reload()
    expect(desk.page.get_by_text("No deposit waits").first).to_be_visible(timeout=30_000)
    desk.page.keyboard.press("F4")
    expect(desk.page.get_by_label("Pieces of 200", exact=True)).to_have_value("3", timeout=30_000)
    kept = everything(desk.page)
    assert "totals" not in kept.split('"drafts":')[1].split('"receipts":')[0]
    assert "deposit_declared" not in kept

    count(desk)
    desk.page.keyboard.press("Control+Enter")
    expect(desk.page.get_by_text("The totals agree").first).to_be_visible()
    accept(desk)
    expect(desk.page.get_by_text("Accepted on its totals").first).to_be_visible()
    desk.page.reload()
    desk.page.get_by_role("button", name=re.compile(deposit)).click()
    expect(desk.page.get_by_text("Accepted on its totals").first).to_be_visible()

    office.start()
    desk.page.context.set_offline(False)
    eventually(lambda: "declaration_awaited" in json.dumps(kept_verdicts(desk.page)), "the desk is heard", 60)
    try_now(phone)
    phone.follow("/hand")
    expect(phone.page.get_by_text(re.compile("Accepted")).first).to_be_visible(timeout=30_000)
    expect(desk.page.get_by_role("button", name=re.compile("Print"))).to_be_visible(timeout=60_000)
    all_is_well(office)


def kept_verdicts(page: Page) -> Any:
    return page.evaluate(
        """async () => {
          const asked = (request) => new Promise((done) => (request.onsuccess = () => done(request.result)));
          const db = await asked(indexedDB.open('sanad'));
          const all = await asked(db.transaction('entries').objectStore('entries').getAll());
          db.close();
          return all.map(({ kind, verdict, flags }) => [kind, verdict ?? '', flags ?? []]);
        }"""
    )


def test_a_desk_with_a_network_reads_the_code_of_a_phone_without(office: Office, open_browser: Opener) -> None:
    """A reader that types, under an Arabic layout too. The office knows of nothing yet; the count is kept under review,
    what differs waits, and when the phone is heard the cashier has all figures and decides."""
    phone = phone_without_network(office, open_browser)
    desk = desk_of(office, open_browser)
    deposit = collect_and_declare(phone)
    code = text_of_code(picture_of_code(phone))
    assert re.fullmatch("SD1Z[A-Z2-7]+", code)

    desk.page.get_by_role("button", name="Scan phone code").click()
    field = desk.page.get_by_label("Connected reader, or a pasted code")
    for wrong, said in (
        (code[:-9], "not read whole"),
        ("SD2Z234", "newer app"),
        ("6221033000124", "not the code of a deposit"),
    ):
        field.fill(wrong)
        field.press("Enter")
        expect(desk.page.get_by_role("alert").filter(has_text=said)).to_be_visible()
    for letter in code:
        pressed = f"Digit{letter}" if letter.isdigit() else f"Key{letter}"
        field.dispatch_event("keydown", {"code": pressed, "key": "ش", "bubbles": True})
    field.fill("شيخ")
    field.press("Enter")
    expect(desk.page.get_by_role("button", name=re.compile(deposit))).to_contain_text("Mahmoud Samir")
    sees_no_figure(desk.page)

    count(desk, hundreds="33")
    desk.page.keyboard.press("Control+Enter")
    expect(desk.page.get_by_text("The totals differ").first).to_be_visible()
    assert desk.page.get_by_role("button", name=re.compile("^Accept")).count() == 0
    eventually(lambda: "declaration_awaited" in json.dumps(kept_verdicts(desk.page)), "the count is kept", 60)

    try_now(phone)
    expect(desk.page.get_by_text("Cash shortage").first).to_be_visible(timeout=60_000)
    desk.page.keyboard.press("4")
    accept(desk)
    expect(desk.page.get_by_text(re.compile("accepted", re.IGNORECASE)).first).to_be_visible()
    desk.page.get_by_role("button", name="Scan phone code").click()
    field.fill(code)
    field.press("Enter")
    expect(desk.page.get_by_role("alert").filter(has_text=re.compile(f"{deposit}.*accepted before"))).to_be_visible()
    eventually(lambda: "deposit_accepted" in json.dumps(kept_verdicts(desk.page)), "decided")
    all_is_well(office)


def test_the_phone_is_heard_before_the_desk(office: Office, open_browser: Opener) -> None:
    """The desk alone counts and accepts from a pasted code; the phone finds a network first. One deposit, once."""
    phone = phone_without_network(office, open_browser)
    desk = desk_of(office, open_browser)
    desk.page.get_by_text("No deposit waits").first.wait_for()
    desk.page.context.set_offline(True)
    deposit = collect_and_declare(phone)
    code = text_of_code(picture_of_code(phone))
    desk.page.keyboard.press("F4")
    desk.page.get_by_label("Connected reader, or a pasted code").fill(code)
    desk.page.keyboard.press("Enter")
    expect(desk.page.get_by_role("heading", name="Cash")).to_be_visible(timeout=30_000)
    count(desk)
    desk.page.keyboard.press("Control+Enter")
    expect(desk.page.get_by_text("The totals agree").first).to_be_visible()
    desk.page.wait_for_timeout(700)
    desk.page.keyboard.press("Control+Enter")
    expect(desk.page.get_by_text("Accepted on its totals").first).to_be_visible()

    try_now(phone)
    desk.page.context.set_offline(False)
    expect(desk.page.get_by_role("button", name=re.compile("Print"))).to_be_visible(timeout=60_000)
    assert ["deposit_accepted", "accepted", []] in kept_verdicts(desk.page)
    assert deposit in desk.page.content()
    all_is_well(office)


def test_a_declaration_that_no_code_can_hold_says_so(office: Office, open_browser: Opener) -> None:
    """Four cheques kept back with long reasons: the phone does not show what nobody can read, and offers the file."""
    phone = phone_without_network(office, open_browser)
    phone.page.context.set_offline(True)
    numbers = [f"0041882{place}" for place in range(4)]
    phone.collect("6800", cheques=tuple(("100", number, "2027-01-15") for number in numbers))
    phone.end_visit()
    phone.page.get_by_role("link", name="In hand").click()
    phone.button("Declare deposit").click()
    phone.page.get_by_label("How many 200", exact=True).fill("34")
    phone.button("Not with me", exact=True).click()
    for place, number in enumerate(numbers):
        phone.page.get_by_role("switch", name=re.compile(number)).click()
        group = phone.page.get_by_role("radiogroup", name=re.compile(number))
        group.get_by_role("radio", name="Another reason").click()
        said = "".join(Random(place).choices("ابتثجحخدذرزسشصضطظعغفقكلمنهوي", k=300))
        phone.page.get_by_label("What do you know of it?").nth(place).fill(said)
    phone.button(re.compile("^Declare EGP")).click()
    phone.page.get_by_role("dialog").wait_for()
    phone.type_pin()

    expect(phone.page.get_by_text("more than a code can")).to_be_visible(timeout=30_000)
    expect(phone.button("Save rescue file")).to_be_visible()
    assert code_on(phone).count() == 0
