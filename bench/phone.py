"""A collector's phone with 10,000 customers and 50,000 open items, in a real Chromium slowed down six times.

python -m bench.phone [--vouchers 40] [--profile folder]

The slowing down is the browser's own (Emulation.setCPUThrottlingRate) and holds for the page's main thread: what the
browser's storage process, the service worker and the network do runs at this machine's pace.
"""

import argparse
import contextlib
import json
import os
import re
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from statistics import median
from typing import Any

from playwright.sync_api import BrowserContext, Page, sync_playwright

from bench.company import make_company, portfolio
from bench.served import served
from schemas.entries.customers import CustomersAssigned, CustomersUpserted, ItemsUpserted
from schemas.entries.people import UserEnrolled
from schemas.entries.visits import PlanSet
from server.company import OpenCompany
from server.demo import today
from server.ids import new_code
from server.imports.rows import in_chunks
from server.inbox import Writer
from server.store.secrets import Code, keep_code
from server.writes import expires, write
from tests.browser.conftest import FLAGS, chromium
from tests.browser.pages import NUMBER, PIN, Pocket

CUSTOMERS, ITEMS_EACH, STOPS = 10_000, 5, 45
STARTS = 12
SLOWER = 6
WANTED_MS = {"voucher": 250, "search": 50, "start": 2500}
WANTED_JAVASCRIPT = 150_000
STOPWATCH = Path(__file__).with_name("stopwatch.js").read_text()
TOOLS = Path(__file__).with_name("lighthouse")
# What a collector types: a name in Arabic and in Latin letters, two words, a code, a telephone number, an invoice
# number, and something that nobody is called.
SEARCHES = [
    "مكتبة الأمل", "pharm", "نور صيد", "C-14321", "0191", "INV-2624", "زززز",
    "صيدلية", "bakery", "الأصدقاء", "c 10482", "01988", "المعادي", "٢٦٠٤", "m el",
]  # fmt: skip


# ---- the company


def make(folder: Path) -> str:
    """Writes it and returns a one-time code for the collector's phone."""
    company, _ = make_company(folder, 1, 200)
    user = "usr_large"
    customers, items = portfolio(Random(1), CUSTOMERS, ITEMS_EACH)
    ids = [row.customer for row in customers]
    day = today(company.clock())

    def task(writer: Writer) -> None:
        write(writer, "user_enrolled", UserEnrolled(user, "large", "Large", "كبير", "collector", "brn_1"))
        for rows in in_chunks(customers):
            write(writer, "customers_upserted", CustomersUpserted(rows))
        for chunk in in_chunks(items):
            write(writer, "items_upserted", ItemsUpserted(chunk))
        for start in range(0, len(ids), 200):
            write(writer, "customers_assigned", CustomersAssigned(user, ids[start : start + 200]))
        write(writer, "plan_set", PlanSet(user, day, ids[:: CUSTOMERS // STOPS][:STOPS]))

    company.run_now(task)
    code = _code(company, user)
    company.close()
    return code


def _code(company: OpenCompany, user: str) -> str:
    code = Code(new_code(), "phone", user, "brn_1", expires(company.clock()), "system")
    company.run_now(lambda _: keep_code(company.store, code))
    return code.code


# ---- the phone


@dataclass
class Times:
    """Milliseconds of one thing, done many times."""

    name: str
    wanted: float
    all: list[float] = field(default_factory=list)

    def quantile(self, share: float) -> float:
        ordered = sorted(self.all)
        return ordered[min(len(ordered) - 1, int(share * len(ordered)))]

    def __str__(self) -> str:
        p95 = self.quantile(0.95)
        return (
            f"{self.name}: p95 {p95:,.0f} ms, wanted {self.wanted:,.0f}"
            f" (median {median(self.all):,.0f}, longest {max(self.all):,.0f}, of {len(self.all)})"
        )


class Measured:
    """The phone under the stopwatch."""

    def __init__(self, context: BrowserContext, address: str, profiles: Path | None) -> None:
        self.context = context
        self.address = address
        self.profiles = profiles
        self.page = self.slow(context.pages[0])

    def slow(self, page: Page) -> Page:
        page.set_default_timeout(60_000)
        self.devtools = self.context.new_cdp_session(page)
        return page

    def pace(self, times: int) -> None:
        self.devtools.send("Emulation.setCPUThrottlingRate", {"rate": times})

    @contextlib.contextmanager
    def profiled(self, name: str) -> Iterator[None]:
        """Writes a profile that the browser's developer tools open."""
        if self.profiles is None:
            yield
            return
        self.devtools.send("Profiler.enable")
        self.devtools.send("Profiler.setSamplingInterval", {"interval": 500})
        self.devtools.send("Profiler.start")
        yield
        profile = self.devtools.send("Profiler.stop")["profile"]
        self.profiles.mkdir(parents=True, exist_ok=True)
        (self.profiles / f"{name}.cpuprofile").write_text(json.dumps(profile))

    def follow(self, path: str) -> None:
        self.page.evaluate(
            "(path) => { history.pushState({}, '', path); dispatchEvent(new PopStateEvent('popstate')); }", path
        )

    def load(self, code: str) -> float:
        """Enrols and waits for the whole portfolio; seconds."""
        started = time.monotonic()
        pocket = Pocket(self.page, self.address)
        self.page.goto(f"{self.address}/enrol#{code}")
        pocket.button("Enrol").click()
        for asked in ("Choose a PIN", "once more"):
            self.page.get_by_text(asked).wait_for()
            pocket.type_pin()
        self.page.wait_for_function(
            """async (wanted) => {
                const said = (request) => new Promise((done) => { request.onsuccess = () => done(request.result) });
                const db = await said(indexedDB.open('sanad'));
                const count = await said(db.transaction('docs').objectStore('docs').count());
                db.close();
                return count > wanted;
            }""",
            arg=CUSTOMERS * (1 + ITEMS_EACH),
            timeout=300_000,
            polling=1000,
        )  # fmt: skip
        self.page.locator("section.card.current").wait_for()
        pocket.offline_ready()
        return time.monotonic() - started

    def scripts(self, until: float = float("inf")) -> dict[str, int]:
        """Bytes as they travelled, by name; of those that had come at that moment of the page, in ms."""
        found = self.page.evaluate("stopwatch.scripts()")
        return {one["name"]: one["bytes"] for one in found if one["at"] <= until}

    def tapped(self, target: str, selector: str, text: str = "") -> float:
        """Taps `target` and returns the milliseconds until the outcome is painted."""
        self.page.evaluate("([one, two]) => { window.tapped = stopwatch.tap(one, two); }", [selector, text])
        self.page.locator(target).first.click(position={"x": 4, "y": 4})
        return float(self.page.evaluate("window.tapped"))

    def nothing(self, into: Times) -> None:
        """A tap on a heading, which does nothing: what the browser and this machine take for any tap at all."""
        self.follow("/")
        for _ in range(20):
            into.all.append(self.tapped("main", "main"))

    def search(self, into: Times, opening: Times) -> None:
        """Types, key by key, as fast as a quick typist."""
        for text in SEARCHES:
            self.follow("/")
            self.page.locator("section.card.current").wait_for()
            opening.all.append(self.tapped("nav.tabs a[href='/customers']", "main .list li"))
            self.page.evaluate("() => { stopwatch.strokes.length = 0 }")
            self.page.locator("input[type=search]").click()
            for letter in text:
                self.page.keyboard.insert_text(letter)
                self.page.wait_for_timeout(120)
            self.page.wait_for_timeout(500)
            strokes = self.page.evaluate("stopwatch.strokes")
            if [one["text"] for one in strokes] != [text[: n + 1] for n in range(len(text))]:
                raise RuntimeError(f"{text} was taken as {strokes}")
            if strokes[-1]["shown"] != self.page.evaluate("stopwatch.first_row()"):
                raise RuntimeError(f"the list that was painted for {text} is not the one that stayed")
            into.all += [one["ms"] for one in strokes]

    def issue(self, customer: str, amount: int) -> float:
        """From the tap on Issue until the number can be read."""
        self.follow(f"/collect/{customer}")
        self.page.get_by_role("button", name="000", exact=True).wait_for()
        for key in str(amount):
            self.page.get_by_role("button", name=key, exact=True).click()
        self.page.get_by_role("button", name="Review").click()
        self.page.get_by_role("button", name="Not signed? Say why").click()
        self.page.get_by_role("radio", name="Would not sign").click()
        self.page.wait_for_timeout(300)
        taken = self.tapped("button:has-text('Issue voucher')", "main .serial")
        text = self.page.locator("main .serial").first.inner_text()
        if not NUMBER.search(text):
            raise RuntimeError(f"no number: {text}")
        self.page.get_by_role("button", name=re.compile("End visit")).last.click()
        self.page.locator("section.card.current").wait_for()
        return taken

    def start_offline(self, into: Times, locked: Times, blocks: Times) -> None:
        """A new page from the service worker, with no server anywhere."""
        self.page.close()
        self.page = self.slow(self.context.new_page())
        self.page.add_init_script(STOPWATCH)
        self.pace(SLOWER)
        with self.profiled("start"):
            self.page.goto(self.address + "/", wait_until="commit")
            marks = self.page.evaluate(f"stopwatch.start('{PIN}')")
        into.all.append(marks["today"])
        locked.all.append(marks["locked"])
        self.page.wait_for_timeout(3000)
        late = [one["duration"] for one in self.page.evaluate("stopwatch.blocks") if one["startTime"] > marks["today"]]
        blocks.all.append(max(late, default=0))


def day_at_work(folder: Path, vouchers: int, profiles: Path | None) -> list[str]:
    """Runs all of it and returns the lines to print."""
    code = make(folder / "company")
    customers = [row.customer for row in portfolio(Random(1), CUSTOMERS, 0)[0]][:: CUSTOMERS // STOPS][1:STOPS]
    issued = Times("voucher, tap on Issue until the number is on screen", WANTED_MS["voucher"])
    offline = Times("the same without the office", WANTED_MS["voucher"])
    typed = Times("search, key until the list is painted", WANTED_MS["search"])
    opened = Times("opening the list of customers", WANTED_MS["voucher"])
    nothing = Times("a tap that does nothing, until the next frame", WANTED_MS["search"])
    started = Times("start without network, until Today can be used", WANTED_MS["start"])
    locked = Times("  of that, until the PIN pad", WANTED_MS["start"])
    blocked = Times("  longest block of the page after it", WANTED_MS["voucher"])
    said: list[str] = []
    with sync_playwright() as playwright:
        context = playwright.chromium.launch_persistent_context(
            folder / "profile", executable_path=chromium(), headless=True, args=FLAGS, locale="en-US",
            viewport={"width": 360, "height": 780}, timezone_id="Africa/Cairo",
            geolocation={"latitude": 30.05, "longitude": 31.33}, permissions=["geolocation"],
        )  # fmt: skip
        context.add_init_script(STOPWATCH)
        with served(folder / "company") as server:
            phone = Measured(context, f"http://localhost:{server.port}", profiles)
            seconds = phone.load(code)
            said.append(f"first load at this machine's pace: {seconds:.1f} s")
            # From the service worker's store nothing travels, so that sizes are those of the first load.
            sizes = phone.scripts()
            phone.page.reload()
            today = phone.page.evaluate(f"stopwatch.start('{PIN}')")["today"]
            scripts = {name: sizes[name] for name in phone.scripts(today)}
            said.append(
                f"JavaScript until the first screen: {sum(scripts.values()) / 1000:,.1f} kB compressed,"
                f" wanted {WANTED_JAVASCRIPT / 1000:,.0f} ({', '.join(scripts)})"
            )
            phone.pace(SLOWER)
            phone.nothing(nothing)
            with phone.profiled("search"):
                phone.search(typed, opened)
            with phone.profiled("issue"):
                for n in range(vouchers):
                    issued.all.append(phone.issue(customers[n % len(customers)], 100 + n))
            said.append(lighthouse(phone.address, folder))
        for _ in range(STARTS):
            phone.start_offline(started, locked, blocked)
        with phone.profiled("offline"):
            for n in range(vouchers):
                offline.all.append(phone.issue(customers[n % len(customers)], 300 + n))
        context.close()
    return [*map(str, [issued, offline, typed, opened, started, locked, blocked, nothing]), *said]


# ---- Lighthouse


def lighthouse(address: str, folder: Path) -> str:
    """The scores of the page that somebody sees who comes for the first time."""
    program = TOOLS / "node_modules" / ".bin" / "lighthouse"
    if not program.exists():
        return f"Lighthouse is not there: `npm ci` in {TOOLS} installs it"
    report = folder / "lighthouse.json"
    subprocess.run(
        [
            program, address, "--quiet", "--output=json", f"--output-path={report}",
            "--only-categories=accessibility,best-practices,performance",
            "--chrome-flags=--headless=new --no-sandbox",
        ],
        env={**os.environ, "CHROME_PATH": chromium()}, check=True, timeout=180, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    told: dict[str, Any] = json.loads(report.read_text())
    scores = {name: round(100 * category["score"]) for name, category in told["categories"].items()}
    wrong = [one["title"] for one in told["audits"].values() if one.get("score") == 0]
    return (
        f"Lighthouse {told['lighthouseVersion']}: accessibility {scores['accessibility']}, wanted 100;"
        f" best practices {scores['best-practices']}, wanted 95; performance {scores['performance']}"
        f" (not met: {', '.join(wrong) or 'nothing'})"
    )


# ---- the table


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--vouchers", type=int, default=40, help="with the office, and as many without it")
    parser.add_argument("--profile", type=Path, help="folder for CPU profiles")
    chosen = parser.parse_args()
    folder = Path(tempfile.mkdtemp())
    try:
        lines = day_at_work(folder, chosen.vouchers, chosen.profile)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    print(
        f"{CUSTOMERS:,} customers, {CUSTOMERS * ITEMS_EACH:,} open items, processor slowed down {SLOWER} times;"
        f" this machine's load was {os.getloadavg()[1]:.1f} on {os.cpu_count()} processors"
    )
    for line in lines:
        print(f"  {line}")


if __name__ == "__main__":
    main()
