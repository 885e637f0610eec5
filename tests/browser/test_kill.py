"""Process-crash tests: Chromium is killed with SIGKILL right after a voucher is shown.

They show that a crash of the app or browser loses nothing. They cannot show a power loss: the system's page cache
survives a killed process. That the write is pushed through to the disk is shown apart, by counting fdatasync.
"""

import os
import re
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, Playwright, expect

from server.settings import Settings
from server.store.sqlite import connect
from tests.browser.conftest import FLAGS, Office, chromium, free_port
from tests.browser.pages import Pocket

ROUNDS = 20


class Killable:
    """A Chromium process group of our own, driven over its debugging port, so that SIGKILL really is all it gets."""

    def __init__(self, playwright: Playwright, profile: Path, *wrapper: str) -> None:
        self.playwright = playwright
        self.profile = profile
        self.wrapper = wrapper
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> Page:
        port = free_port()
        self.process = subprocess.Popen(
            [*self.wrapper, chromium(), "--headless=new", *FLAGS, f"--remote-debugging-port={port}",
             f"--user-data-dir={self.profile}", "--window-size=360,780", "--lang=en-US", "about:blank"],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )  # fmt: skip
        for _ in range(200):
            try:
                browser = self.playwright.chromium.connect_over_cdp(f"http://localhost:{port}")
                break
            except Exception:  # noqa: BLE001 -- not listening yet; the driver has no narrower name for it
                time.sleep(0.1)
        else:
            pytest.fail("Chromium did not start")
        page = browser.contexts[0].pages[0]
        page.set_default_timeout(15_000)
        return page

    def kill(self) -> None:
        if self.process is not None:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait(20)
            self.process = None


@pytest.fixture
def killable(playwright: Playwright, tmp_path: Path) -> Iterator[Callable[..., Killable]]:
    """Make a killable browser: `killable(*wrapper)`. None outlives its test."""
    made: list[Killable] = []

    def make(*wrapper: str) -> Killable:
        made.append(Killable(playwright, tmp_path / "phone", *wrapper))
        return made[-1]

    yield make
    for browser in made:
        browser.kill()


def test_a_killed_browser_keeps_every_voucher_that_was_shown(office: Office, killable: Callable[..., Killable]) -> None:
    """Twenty times: shown, killed, started again, still there; and no number comes twice."""
    browser = killable()
    phone = Pocket(browser.start(), office.address)
    phone.enrol(office.codes["Hany Adel"])
    phone.offline_ready()
    office.stop()

    shown: list[str] = []
    for _ in range(ROUNDS):
        shown.append(phone.collect("100"))
        browser.kill()
        phone = Pocket(browser.start(), office.address)
        phone.page.goto(office.address + "/vouchers")
        phone.page.get_by_text("Enter your PIN").wait_for(timeout=45_000)
        phone.type_pin()
        for number in shown[-3:]:
            expect(phone.page.get_by_text(number).first).to_be_visible()
        phone.button("Back").click()
        phone.page.get_by_role("link", name="Today").click()
        phone.at_today()
    browser.kill()

    assert len(set(shown)) == ROUNDS
    phone = Pocket(browser.start(), office.address)
    office.start()
    phone.reopen()
    phone.page.get_by_role("link", name="More").click()
    phone.page.get_by_role("link", name=re.compile("Sending")).click()
    expect(phone.page.get_by_text(re.compile("The office has everything")).first).to_be_visible(timeout=60_000)
    browser.kill()
    assert handed_in(office) == sorted(shown)
    assert office.sanad("verify").returncode == 0


def handed_in(office: Office) -> list[str]:
    """Numbers of the vouchers in the company's journal."""
    db = connect(Settings(office.folder).journal, read_only=True)
    rows = db.execute("SELECT body ->> '$.number' FROM record WHERE type = 'voucher' ORDER BY 1").fetchall()
    db.close()
    return [number for (number,) in rows]


def test_issuing_is_written_through_to_the_disk(
    office: Office, killable: Callable[..., Killable], tmp_path: Path
) -> None:
    """Each issued voucher costs Chromium at least one fdatasync on its IndexedDB: the write is strict, not relaxed."""
    strace = shutil.which("strace")
    if strace is None:
        pytest.fail("this test needs strace; `scripts/system-libs strace` installs it")
    trace = tmp_path / "trace"
    probe = subprocess.run([strace, "-o", os.devnull, "true"], check=False, capture_output=True)
    if probe.returncode != 0:
        pytest.skip(f"strace may not attach on this machine: {probe.stderr.decode().strip()}")
    browser = killable(strace, "-f", "-y", "-e", "trace=fdatasync,fsync", "-o", str(trace))
    phone = Pocket(browser.start(), office.address)
    phone.enrol(office.codes["Karim Fathy"])
    phone.button("Collect").first.click()
    phone.button("000", exact=True).wait_for()
    phone.button("5", exact=True).click()
    phone.button("Review").click()
    phone.button("Not signed? Say why").click()
    phone.page.get_by_role("radio", name="Would not sign").click()
    phone.page.wait_for_timeout(1500)

    before = indexeddb_syncs(trace)
    phone.button("Issue voucher").click()
    phone.number_shown()
    after = indexeddb_syncs(trace)
    browser.kill()

    assert after > before


def indexeddb_syncs(trace: Path) -> int:
    return sum("IndexedDB" in line for line in trace.read_text(errors="replace").splitlines())
