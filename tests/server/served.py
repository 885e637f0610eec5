"""A company behind a real `sanad serve` in a process of its own, and the command line as a person types it."""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import datetime
from itertools import count
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from zoneinfo import ZoneInfo

import httpx

from server.settings import Settings
from server.store.opening import open_shelf
from server.store.secrets import meta_of
from tests.server.small_office import COMPANY, Office

ROOT = Path(__file__).resolve().parents[2]
PATIENCE_S = 60.0
ENVIRONMENT = {name: value for name, value in os.environ.items() if not name.startswith("SANAD_")} | {"COLUMNS": "400"}


def until(happens: Callable[[], bool], what: str) -> None:
    """Wait until it happens."""
    ends = time.monotonic() + PATIENCE_S
    while not happens():
        assert time.monotonic() < ends, f"waited in vain for {what}"
        time.sleep(0.005)


@dataclass
class Run:
    """One process that runs one command."""

    said: Path

    @property
    def pid(self) -> int:
        return int(self.said.with_suffix(".pid").read_text())

    def text(self) -> str:
        return self.said.read_text() if self.said.exists() else ""

    def ended(self) -> bool:
        return self.said.with_suffix(".code").exists()

    def code(self) -> int:
        until(self.ended, "the end of a command")
        return int(self.said.with_suffix(".code").read_text())

    def end(self, how: signal.Signals) -> int:
        """Send the signal; how the process ended."""
        os.kill(self.pid, how)
        return self.code()


class Sanad:
    """The command `sanad`, run in processes of their own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.count = count(1)
        self.nursery = subprocess.Popen(
            [sys.executable, "-m", "tests.server.nursery"],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT, env=ENVIRONMENT,
        )  # fmt: skip
        assert self.nursery.stdout is not None
        assert self.nursery.stdout.readline() == "ready\n"

    def run(self, *words: str, data: Path, database: str = "", **environment: str) -> Run:
        run = Run(self.folder / f"run-{next(self.count)}.txt")
        assert self.nursery.stdin is not None
        kept = ["--data", str(data), *(["--database-url", database] if database else [])]
        self.nursery.stdin.write(json.dumps([[*words, *kept], str(run.said), environment]) + "\n")
        self.nursery.stdin.flush()
        return run

    def __call__(self, *words: str, data: Path, database: str = "", wrong: bool = False, **environment: str) -> str:
        """What the command says. wrong: it must end with 1 and say why."""
        run = self.run(*words, data=data, database=database, **environment)
        code, text = run.code(), run.text()
        assert "Traceback" not in text, text
        assert code == (1 if wrong else 0), text
        return text

    @contextmanager
    def serving(self, data: Path, database: str = "", **environment: str) -> Iterator[tuple[Run, Office]]:
        """A running server and its doors; at the end it is stopped as a service is, unless it is gone."""
        run, office = self.serve(data, database, **environment)
        try:
            yield run, office
        finally:
            office.client.close()
            if not run.ended():
                run.end(signal.SIGTERM)

    def serve(self, data: Path, database: str = "", **environment: str) -> tuple[Run, Office]:
        port = free_port()
        run = self.run("serve", "--cold-press", "--port", str(port), data=data, database=database, **environment)
        until(lambda: "Sanad serves at" in run.text() or run.ended(), "a server")
        assert not run.ended(), run.text()
        return run, office_at(data, port, database)

    def close(self) -> None:
        assert self.nursery.stdin is not None
        assert self.nursery.stdout is not None
        self.nursery.stdin.close()
        self.nursery.wait(PATIENCE_S)
        self.nursery.stdout.close()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def port_of(office: Office) -> int:
    port: int = office.client.base_url.port
    return port


def real_now() -> datetime:
    """As a phone at the company's place shows it: what it writes is of the business day that is open."""
    return datetime.now(ZoneInfo("Africa/Cairo"))


def office_at(data: Path, port: int, database: str = "") -> Office:
    """The same doors as an office in the test's own process, over the network and by the real clock."""
    settings = Settings(data=data, database_url=database)
    with closing(open_shelf(settings)) as shelf:
        secret = meta_of(shelf, "token_secret")
    company: Any = SimpleNamespace(settings=settings, token_secret=secret, id=COMPANY)
    client: Any = httpx.Client(
        base_url=f"http://127.0.0.1:{port}", timeout=30, limits=httpx.Limits(keepalive_expiry=2)
    )  # idle lines end here first: the server ends them after five seconds
    clock: Any = real_now
    return Office(company, client, clock)


def copied(founded: Path, folder: Path) -> Path:
    return Path(shutil.copytree(founded, folder / "c"))
