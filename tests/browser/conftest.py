"""Real Chromium against a real server process. Nothing is mocked: the network is off and the server process gone."""

import contextlib
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Page, Playwright, sync_playwright

ROOT = Path(__file__).parents[2]
PASSWORD = "{login}-demo-only"


def chromium() -> str:
    for name in ("chromium", "chromium-browser", "google-chrome"):
        if found := shutil.which(name):
            return found
    pytest.fail("these tests need Chromium; `scripts/system-libs chromium` installs it")


FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
FAKE_CAMERA = ["--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream"]


@dataclass
class Office:
    """A served demo company. `stop` and `start` are a real end and a real start of the process."""

    folder: Path
    port: int
    process: subprocess.Popen[str] | None = None
    program: tuple[str, ...] = ("-m", "server")
    codes: dict[str, str] = field(default_factory=dict)

    @property
    def address(self) -> str:
        return f"http://localhost:{self.port}"

    def start(self) -> None:
        environment = {**os.environ, "SANAD_DATA": str(self.folder), "SANAD_PORT": str(self.port), "COLUMNS": "200"}
        self.process = subprocess.Popen(
            [sys.executable, *self.program, "demo", "--serve"],
            cwd=ROOT,
            env=environment,
            stdout=subprocess.PIPE,
            text=True,
        )
        said = ""
        assert self.process.stdout is not None
        while "secure context" not in said:
            line = self.process.stdout.readline()
            if not line:
                raise RuntimeError(f"the server did not start: {said}")
            said += line
        for name, code in re.findall(r"│ ([\w ]+?) +│ (?:phone|desk) +│ \S+#([0-9A-Z]{8})", said):
            self.codes[name] = code

    def stop(self, how: int = signal.SIGTERM) -> None:
        if self.process is not None:
            self.process.send_signal(how)
            self.process.wait(20)
            if self.process.stdout is not None:
                self.process.stdout.close()
            self.process = None

    def sanad(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "server", *arguments, "--data", str(self.folder)],
            cwd=ROOT,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    """A demo company of its own for one test, served."""
    made = Office(tmp_path / "company", free_port())
    made.start()
    yield made
    made.stop()


@pytest.fixture(scope="package")
def playwright() -> Iterator[Playwright]:
    """Ends with this folder: while it runs, the driver holds an event loop in which no other test can run its own."""
    with sync_playwright() as started:
        yield started


Opener = Callable[..., Page]


@pytest.fixture
def open_browser(playwright: Playwright, tmp_path: Path) -> Iterator[Opener]:
    """Open a browser with a profile that stays: `open_browser("phone")`. camera: a file of JPEGs that its camera sees,
    over and over, opened when the camera is."""
    contexts: list[BrowserContext] = []

    def open_one(
        profile: str, *, width: int = 360, height: int = 780, locale: str = "en-US", camera: Path | None = None,
        **more: object,
    ) -> Page:  # fmt: skip
        seen = [*FAKE_CAMERA, f"--use-file-for-fake-video-capture={camera}"] if camera else []
        context = playwright.chromium.launch_persistent_context(
            tmp_path / profile,
            executable_path=chromium(),
            headless=True,
            args=[*FLAGS, *seen],
            viewport={"width": width, "height": height},
            locale=locale,
            timezone_id="Africa/Cairo",
            geolocation={"latitude": 30.05, "longitude": 31.33},
            permissions=["geolocation", *(["camera"] if camera else [])],
            **more,  # type: ignore[arg-type]
        )
        contexts.append(context)
        page = context.pages[0]
        page.set_default_timeout(15_000)
        return page

    yield open_one
    for context in contexts:
        with contextlib.suppress(Exception):
            context.close()


def eventually(check: Callable[[], bool], what: str, seconds: float = 30) -> None:
    """Wait for something that another process does."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if check():
            return
        time.sleep(0.1)
    raise AssertionError(f"not within {seconds} s: {what}")
