"""A PostgreSQL server for one run of the tests: made in a folder of its own, spoken to through a socket there.

PostgreSQL does not run as root, so root hands the folder to another user. Nothing is synced: the tests end processes,
never the machine.
"""

import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

DEBIAN = Path("/usr/lib/postgresql")
SETTINGS = {
    "listen_addresses": "", "fsync": "off", "full_page_writes": "off", "max_connections": "200",
    "shared_buffers": "64MB", "log_min_messages": "fatal", "max_wal_size": "4GB",
}  # fmt: skip


def program(name: str) -> str:
    """Where PostgreSQL's own program is, or nothing; Debian keeps them off the path, newest version last."""
    kept = sorted(DEBIAN.glob(f"*/bin/{name}"), key=lambda path: int(path.parts[-3]))
    return str(kept[-1]) if kept else shutil.which(name) or ""


def available() -> bool:
    return all(program(name) for name in ("initdb", "postgres", "pg_isready"))


class Cluster:
    """Running from `start` to `stop` or `crash`, as often as wanted; `remove` at the end. of: the primary whose standby
    this is."""

    def __init__(self, of: "Cluster | None" = None) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="sanad-pg-", dir="/tmp"))
        self.user = "postgres" if _user("postgres") else "nobody"
        self.process: Any = None
        if os.getuid() == 0:
            shutil.chown(self.folder, self.user)
        data = str(self.folder / "data")
        if of is None:
            options = ["-U", "sanad", "-A", "trust", "-E", "UTF8", "--locale", "C.UTF-8", "--no-sync"]
            made = [program("initdb"), "-D", data, *options]
        else:
            source = ["-h", str(of.folder), "-U", "sanad", "-R", "-X", "stream", "-c", "fast", "--no-sync"]
            made = [program("pg_basebackup"), "-D", data, *source]
        subprocess.run(made, check=True, capture_output=True, **self._as())
        self.start()

    def _as(self) -> dict[str, Any]:
        """Run it as a user that PostgreSQL accepts."""
        return {"user": self.user, "group": "nogroup", "extra_groups": [], "cwd": "/"} if os.getuid() == 0 else {}

    def url(self, database: str = "postgres", schema: str = "") -> str:
        query = f"&schema={schema}" if schema else ""
        return f"postgresql://sanad@/{database}?host={self.folder}{query}"

    def start(self) -> None:
        said = [f"--{name}={value}" for name, value in SETTINGS.items()]
        self.process = subprocess.Popen(
            [program("postgres"), "-D", str(self.folder / "data"), f"--unix_socket_directories={self.folder}", *said],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, **self._as(),
        )  # fmt: skip
        ready = [program("pg_isready"), "-q", "-h", str(self.folder), "-U", "sanad", "-d", "postgres"]
        for _ in range(1200):
            if subprocess.run(ready, check=False).returncode == 0:
                return
            assert self.process.poll() is None, "PostgreSQL ended at its start"
            time.sleep(0.02)
        raise AssertionError("PostgreSQL did not start")

    def stop(self) -> None:
        """As an administrator does who wants to restart it: sessions are ended, nothing is lost."""
        self._end(signal.SIGINT)

    def crash(self) -> None:
        """Ended at once; the next start recovers from its log."""
        self._end(signal.SIGQUIT)

    @contextmanager
    def as_it_was(self) -> Iterator[None]:
        """What is written meanwhile is lost, as when a standby takes over that was behind."""
        data, kept = self.folder / "data", self.folder / "kept"
        self.stop()
        shutil.copytree(data, kept)
        self.start()
        yield
        self.crash()
        shutil.rmtree(data)
        kept.rename(data)
        if os.getuid() == 0:
            for path in (data, *data.rglob("*")):
                shutil.chown(path, self.user)
        self.start()

    def _end(self, how: signal.Signals) -> None:
        self.process.send_signal(how)
        self.process.wait(60)

    def remove(self) -> None:
        if self.process is not None and self.process.poll() is None:
            self.crash()
        shutil.rmtree(self.folder)


def _user(name: str) -> bool:
    try:
        pwd.getpwnam(name)
    except KeyError:
        return False
    return True
