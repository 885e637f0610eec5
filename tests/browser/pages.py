"""What people do with a phone and at a desk, in their own words. English interface."""

import re

from playwright.sync_api import Locator, Page, expect

PIN = "1234"
NUMBER = re.compile(r"\b[A-Z]{3}-\d{6}\b")


class Pocket:
    """A collector's phone."""

    def __init__(self, page: Page, address: str) -> None:
        self.page = page
        self.address = address

    def button(self, name: str | re.Pattern[str], *, exact: bool = False) -> Locator:
        return self.page.get_by_role("button", name=name, exact=exact)

    def enrol(self, code: str) -> None:
        self.page.goto(f"{self.address}/enrol#{code}")
        self.button("Enrol").click()
        for _ in range(2):
            self.page.get_by_text(re.compile("Choose a PIN|once more")).wait_for()
            self.type_pin()
        self.at_today()

    def type_pin(self) -> None:
        pad = self.page.get_by_role("dialog") if self.page.get_by_role("dialog").count() else self.page
        for digit in PIN:
            pad.get_by_role("button", name=digit, exact=True).click()

    def at_today(self) -> None:
        expect(self.page.get_by_role("heading", name="Today")).to_be_visible()
        # With all of the day's visits done there is nothing to collect at.
        expect(self.button(re.compile("^(Collect|Find a customer)$")).first).to_be_visible()

    def offline_ready(self) -> None:
        """The service worker has everything that a start without network needs."""
        self.page.evaluate("() => navigator.serviceWorker.ready.then(() => undefined)")

    def reopen(self) -> None:
        """Load the app anew and unlock it."""
        self.page.goto(self.address + "/")
        self.page.get_by_text("Enter your PIN").wait_for(timeout=45_000)
        self.type_pin()

    def follow(self, path: str) -> None:
        """Go to a path without a reload, by the way that a link goes."""
        self.page.evaluate(
            """(path) => {
              const link = document.createElement('a');
              link.href = path;
              (document.querySelector('dialog[open]') ?? document.body).append(link);
              link.click();
              link.remove();
            }""",
            path,
        )

    def collect(self, amount: str, *, cheques: tuple[tuple[str, str, str], ...] = ()) -> str:
        """At the next stop: cash by keypad, cheques (amount, number, due), unsigned. Returns the voucher's number."""
        self.button("Collect").first.click()
        self.button("000", exact=True).wait_for()
        for key in amount:
            self.button("Decimal point" if key == "." else key, exact=True).click()
        for cheque_amount, number, due in cheques:
            self.page.get_by_role("link", name="Cheque", exact=True).click()
            self.page.get_by_label("Amount in figures").fill(cheque_amount)
            self.page.get_by_label("Bank", exact=True).select_option("CIB")
            self.page.get_by_label("Cheque number").fill(number)
            self.page.get_by_label("Due date").fill(due)
            self.button("Add cheque").click()
        self.button("Review").click()
        self.button(re.compile("Not signed\\?|Let the customer sign")).first.wait_for()
        if self.button("Not signed? Say why").count():
            self.button("Not signed? Say why").click()
        self.page.get_by_role("radio", name="Would not sign").click()
        self.button("Issue voucher").click()
        return self.number_shown()

    def number_shown(self) -> str:
        """The number of the voucher that was just issued. Only an issued one has a number anywhere."""
        self.page.get_by_text(re.compile(r"issued and saved on this phone")).first.wait_for()
        found = NUMBER.search(self.page.locator("body").inner_text())
        assert found is not None
        return found[0]

    def end_visit(self) -> None:
        self.button(re.compile("End visit")).last.click()
        self.at_today()

    def void(self, reason: str) -> None:
        self.button("Void", exact=True).click()
        self.page.get_by_role("radio", name=reason).click()
        self.button("Void voucher").click()
        expect(self.page.get_by_text("The voucher is void and keeps its number").first).to_be_visible()

    def no_payment(self, outcome: str) -> None:
        """End the open visit that brought no money."""
        self.button(re.compile("End visit")).last.click()
        self.page.get_by_role("radio", name=re.compile(outcome)).click()
        self.button(re.compile("End visit")).last.click()
        self.at_today()

    def declare(self, notes: dict[str, int]) -> str:
        """Count notes (value → pieces) and declare the deposit. Returns its name."""
        self.page.get_by_role("link", name="In hand").click()
        self.button("Declare deposit").click()
        for value, pieces in notes.items():
            self.page.get_by_label(f"How many {value}", exact=True).fill(str(pieces))
        self.button(re.compile("^Declare EGP")).click()
        self.page.get_by_role("dialog").wait_for()
        self.type_pin()
        self.page.get_by_text("It stays in your custody until the cashier accepts it").first.wait_for()
        found = re.search(r"\b[A-Z]+\d-\d{4}\b", self.page.locator("body").inner_text())
        assert found is not None
        return found[0]


class Counter:
    """A cashier's, supervisor's or administrator's desk."""

    def __init__(self, page: Page, address: str) -> None:
        self.page = page
        self.address = address

    def enrol(self, code: str) -> None:
        self.page.goto(f"{self.address}/enrol#{code}")
        self.page.get_by_role("button", name="Enrol").click()
        self.page.get_by_label("Login name").wait_for()

    def log_in(self, login: str) -> None:
        if self.page.get_by_label("Login name").count() == 0:
            self.page.goto(self.address + "/")
        if self.page.get_by_label("Login name").count() == 0:
            self.page.get_by_role("button", name=re.compile("Log in")).click()
        self.page.get_by_label("Login name").fill(login)
        self.page.get_by_label("Password").fill(f"{login}-demo-only")
        self.page.keyboard.press("Enter")
        expect(self.page.get_by_role("button", name="Log out")).to_be_visible()

    def count(self, deposit: str, notes: dict[str, int], cheques: list[tuple[str, str]]) -> None:
        """Count blind and ask for what was expected."""
        self.page.get_by_role("button", name=re.compile(deposit)).click()
        for value, pieces in notes.items():
            self.page.get_by_label(f"Pieces of {value}", exact=True).fill(str(pieces))
        for line, (number, amount) in enumerate(cheques, 1):
            self.page.get_by_label(f"Cheque number, line {line}", exact=True).fill(number)
            self.page.get_by_label(f"Cheque amount, line {line}", exact=True).fill(amount)
        self.page.get_by_role("button", name=re.compile("Count done")).click()
