"""A receipt's whole journey: phone → voucher → sync → cashier → safe, with server and network gone in between."""

import re

from playwright.sync_api import Error as PlaywrightError
from playwright.sync_api import expect

from tests.browser.conftest import Office, Opener, eventually
from tests.browser.pages import Counter, Pocket


def test_a_receipt_travels_from_the_phone_to_the_safe(office: Office, open_browser: Opener) -> None:
    """What was collected without server and network arrives whole, is counted blind, and adds up to the unit."""
    phone = Pocket(open_browser("phone"), office.address)
    phone.enrol(office.codes["Mahmoud Samir"])
    phone.offline_ready()

    office.stop()
    phone.page.context.set_offline(True)
    phone.reopen()
    phone.at_today()

    first = phone.collect("5000", cheques=(("1200.50", "00418827", "2027-01-15"), ("800", "00418828", "2027-02-15")))
    expect(phone.page.get_by_text("Saved on phone").first).to_be_visible()
    phone.end_visit()
    wrong = phone.collect("100")
    phone.void("Wrong amount")
    phone.reopen()
    phone.no_payment("Absent")
    second = phone.collect("2000")
    phone.end_visit()
    assert len({first, wrong, second}) == 3
    deposit = phone.declare({"200": 35})
    expect(phone.page.get_by_text(re.compile("wait")).first).to_be_visible()

    office.start()
    phone.page.context.set_offline(False)
    phone.page.get_by_role("button", name="Back").click()
    phone.page.get_by_role("link", name="More").click()
    phone.page.get_by_role("link", name=re.compile("Sending")).click()
    phone.button(re.compile("Try now")).click()
    expect(phone.page.get_by_text(re.compile("The office has everything")).first).to_be_visible(timeout=30_000)

    desk = Counter(open_browser("desk", width=1366, height=860), office.address)
    declared = watch_for(desk, ("7,000.00", "700000", "1,200.50", "120050"))
    desk.enrol(office.codes["Cairo"])
    desk.log_in("mona")
    desk.page.get_by_role("button", name=re.compile(deposit)).wait_for()
    desk.count(deposit, {"200": 34}, [("418827", "1200.50"), ("00418828", "800")])
    expect(desk.page.get_by_text("Cash shortage").first).to_be_visible()
    assert declared == [], "declared figures reached the desk before its count was durable"
    desk.page.keyboard.press("4")
    desk.page.wait_for_timeout(700)
    desk.page.get_by_role("button", name=re.compile("Accept")).click()
    expect(desk.page.get_by_text(re.compile("accepted", re.IGNORECASE)).first).to_be_visible()

    board = Counter(open_browser("board", width=1366, height=860), office.address)
    board.log_in("nadia")
    row = board.page.get_by_role("row", name=re.compile("Mahmoud Samir"))
    expect(row).to_contain_text("3 of 12")
    expect(row).to_contain_text("9,000.50")
    row.click()
    expect(board.page.get_by_text("200.00").first).to_be_visible()
    expect(board.page.get_by_text(re.compile(first)).first).to_be_visible()

    eventually(lambda: office.sanad("verify").returncode == 0, "the books add up")
    office.stop()
    assert "same bytes" in office.sanad("rebuild").stdout


def watch_for(desk: Counter, secrets: tuple[str, ...]) -> list[str]:
    """Every reply that the desk gets before its count is handed in must be free of the declared figures."""
    seen: list[str] = []
    counted = False

    def look(response: object) -> None:
        nonlocal counted
        url = str(getattr(response, "url", ""))
        if "/sync/push" in url:
            counted = True
        if counted or "/api/v1/" not in url or "stream" in url:
            return
        try:
            text = response.text()  # type: ignore[attr-defined]
        except PlaywrightError:
            return
        seen.extend(f"{secret} in {url}" for secret in secrets if secret in text)

    desk.page.on("response", look)
    return seen


SLOW_DRAFTS = """() => {
  const get = IDBObjectStore.prototype.get;
  IDBObjectStore.prototype.get = function (key) {
    const request = get.call(this, key);
    if (this.name !== 'drafts') return request;
    return {
      get result() { return request.result; },
      set onsuccess(told) { request.onsuccess = (event) => setTimeout(told, 1500, event); },
      set onerror(told) { request.onerror = told; },
    };
  };
}"""


def test_nothing_is_typed_before_an_older_draft_is_there(office: Office, open_browser: Opener) -> None:
    """On a slow phone the draft is found a moment after its screen: what a fast thumb types first is not written over,
    and no deposit is declared without the reasons that were given before."""
    phone = Pocket(open_browser("phone"), office.address)
    phone.enrol(office.codes["Mahmoud Samir"])
    phone.page.evaluate(SLOW_DRAFTS)

    phone.collect("100", cheques=(("700", "900001", "2027-01-20"),))
    phone.end_visit()
    phone.page.get_by_role("link", name="In hand").click()
    phone.button("Declare deposit").click()
    phone.button("Not with me").click()
    phone.page.get_by_role("switch", name=re.compile("900001")).click()
    phone.page.get_by_role("radio").first.click()
    phone.page.go_back()
    phone.button("Declare deposit").click()

    expect(phone.page.get_by_role("heading", name="Declare deposit")).to_be_visible()
    expect(phone.button(re.compile("^Declare"))).to_have_count(0)
    expect(phone.page.get_by_role("switch", name=re.compile("900001"))).to_be_checked(timeout=10_000)
