"""The server as a process: killed, started twice, stopped, traced.

A killed process (SIGKILL) leaves the operating system and its page cache running. These are process-crash tests and say
nothing about a loss of power. That a push is on disk when it is acknowledged is shown by the traced sync calls alone.
"""

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path
from random import Random

import httpx
import pytest

from schemas.documents import Custody
from server.settings import Settings
from server.store.sqlite import connect
from tests.phone import Phone
from tests.server.served import ROOT, Sanad, copied, free_port, office_at, port_of
from tests.server.small_office import API, Office, check, found_company

KILLS = 20


@pytest.fixture(scope="module")
def founded_with_large_books(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return found_company(Settings(tmp_path_factory.mktemp("founded") / "company"), leaves=5_000).data


@pytest.fixture
def data(founded: Path, tmp_path: Path) -> Path:
    return copied(founded, tmp_path)


def entries(data: Path) -> dict[bytes, int]:
    """Hash → how often it is in the journal."""
    db = connect(data / "company.sqlite", read_only=True)
    found: dict[bytes, int] = {}
    for (entry_hash,) in db.execute("SELECT hash FROM journal"):
        found[entry_hash] = found.get(entry_hash, 0) + 1
    db.close()
    return found


def test_a_killed_server_has_every_entry_that_it_acknowledged(
    sanad: Sanad, founded_with_large_books: Path, tmp_path: Path
):
    """Process crash: killed 20 times amid a stream of pushes of three phones on one folder. Each acknowledged entry is
    in the journal, once; pushing all again changes nothing but what was never acknowledged; the company adds up."""
    data = copied(founded_with_large_books, tmp_path)
    random = Random(11)
    server, office = sanad.serve(data)
    phones = [office.phone(login) for login in ("omar", "hany", "karim")]
    cut = 0

    for _ in range(KILLS):
        stop = threading.Event()
        senders = [threading.Thread(target=_stream, args=(office, phone, stop)) for phone in phones]
        for sender in senders:
            sender.start()
        time.sleep(random.uniform(0.03, 0.2))
        assert server.end(signal.SIGKILL) == -signal.SIGKILL
        stop.set()
        for sender in senders:
            sender.join()
        office.client.close()
        cut += sum(len(phone.entries) - phone.acked for phone in phones)
        kept = entries(data)
        for phone in phones:
            acknowledged = [one.hash for one in phone.entries[: phone.acked]]
            assert [kept.get(entry_hash) for entry_hash in acknowledged] == [1] * phone.acked
        assert max(kept.values()) == 1
        server, office = sanad.serve(data)

    assert cut > 0, "no kill ever met an unanswered push"
    assert sum(phone.acked for phone in phones) > 3 * KILLS
    for phone in phones:
        for first in range(1, len(phone.entries) + 1, 400):
            assert office.push(phone, first, first + 399).status_code == 200
    whole = entries(data)
    for phone in phones:
        assert [whole[one.hash] for one in phone.entries] == [1] * len(phone.entries)
        for first in range(1, len(phone.entries) + 1, 400):
            reply = office.push(phone, first, first + 399).json()
            assert {one["verdict"] for one in reply["outcomes"]} == {"accepted"}
        custody = office.one(Custody, phone.user)
        assert custody.cash == {"EGP": 1_000 * (len(phone.entries) - 1)}
    assert entries(data) == whole
    office.client.close()
    assert server.end(signal.SIGTERM) == 0
    assert "add up" in sanad("verify", data=data)
    check(office.company.settings)


def _stream(office: Office, phone: Phone, stop: threading.Event) -> None:
    """Issue and push one voucher after the other until the server is gone. No answer is no acknowledgement."""
    while not stop.is_set():
        phone.receipt("cus_1", 1_000)
        try:
            office.push(phone)
        except httpx.TransportError:
            return


def test_each_acknowledged_push_was_synced_to_disk(data: Path, tmp_path: Path):
    """Traced: pushes that follow each other share no commit, and each is answered after a sync call of its own."""
    strace = shutil.which("strace")
    if strace is None:
        pytest.skip("strace is not installed: sync calls cannot be counted here")
    probe = subprocess.run([strace, "-f", "-o", os.devnull, "true"], capture_output=True, text=True, check=False)
    if probe.returncode != 0:
        pytest.skip(f"strace cannot trace a process here: {probe.stderr.strip()}")
    log, port = tmp_path / "trace", free_port()
    words = [strace, "-f", "-e", "trace=fsync,fdatasync", "-o", str(log), sys.executable, "-m", "server", "serve"]
    server = subprocess.Popen(
        [*words, "--cold-press", "--data", str(data), "--port", str(port)],
        stdout=subprocess.PIPE, text=True, cwd=ROOT, start_new_session=True,
    )  # fmt: skip
    assert server.stdout is not None
    try:
        assert server.stdout.readline().startswith("Sanad serves at")
        office = office_at(data, port)
        phone = office.phone()
        for _ in range(15):
            before = syncs(log)
            phone.receipt("cus_1", 1_000)
            office.hand_in(phone)
            assert syncs(log) > before
        office.client.close()
    finally:
        os.killpg(server.pid, signal.SIGTERM)  # the session that was started here: strace and what it traces
        server.wait(60)
        server.stdout.close()


def syncs(log: Path) -> int:
    """How many sync calls have ended well so far."""
    return len(re.findall(r"(?:fsync|fdatasync)(?:\(\d+\)| resumed>\)) += 0", log.read_text()))


def test_two_servers_on_one_folder_are_one_too_many(sanad: Sanad, data: Path):
    """The second server ends with a line that says why; the first goes on."""
    with sanad.serving(data) as (_, office):
        said = sanad("serve", "--port", str(port_of(office)), data=data, wrong=True)
        assert "is open in another process" in said
        assert office.get("/health").json()["status"] == "ok"


def test_a_taken_port_is_said_in_one_line(sanad: Sanad, data: Path):
    """Somebody else listens there: one clear line, and the company is free again."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        said = sanad("serve", "--port", str(port), data=data, wrong=True)
    assert f"127.0.0.1:{port}" in said
    assert "add up" in sanad("verify", data=data)


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT])
def test_a_stopped_server_tidies_up(sanad: Sanad, data: Path, how: signal.Signals):
    """Stopped as a service is stopped, with a stream open: it ends at once, socket and token go, the folder is free."""
    server, office = sanad.serve(data)
    with office.client.stream("GET", f"{API}/sync/stream", headers=office.bearer("omar")) as stream:
        assert next(stream.iter_lines())
        started = time.monotonic()
        server.end(how)
        assert time.monotonic() - started < 10
    office.client.close()
    assert {path.name for path in data.iterdir()} >= {"company.sqlite"}
    assert not (data / "sanad.sock").exists()
    assert not (data / "local.token").exists()
    assert "same bytes" in sanad("rebuild", data=data)


def test_news_reach_an_open_stream(sanad: Sanad, data: Path):
    """After a push the stream says `changed` with the new position; a pull then brings the change."""
    with sanad.serving(data) as (_, office):
        phone = office.phone()
        cursor = office.pull("omar")["cursor"]
        with office.client.stream("GET", f"{API}/sync/stream", headers=office.bearer("omar")) as stream:
            assert stream.headers["content-type"].startswith("text/event-stream")
            lines = stream.iter_lines()
            first = _event(lines)
            phone.receipt("cus_1", 1_000)
            sent = office.hand_in(phone)["acked"]["position"]
            assert first["event"] == "changed"
            assert int(first["data"]) < sent
            second = _event(lines)
            assert second == {"event": "changed", "data": str(sent)}
        changed = {one["id"] for one in office.pull("omar", cursor)["changes"]}
        assert phone.entries[-1].id in changed


def test_what_others_write_wakes_no_phone(sanad: Sanad, data: Path):
    """A collector's stream keeps silent about entries that he would not be sent; a supervisor's tells of each."""
    with sanad.serving(data) as (_, office):
        phone, other_phone = office.phone(), office.phone("hany")
        with (
            office.client.stream("GET", f"{API}/sync/stream", headers=office.bearer("omar")) as his,
            office.client.stream("GET", f"{API}/sync/stream", headers=office.bearer("nadia")) as hers,
        ):
            lines, all_lines = his.iter_lines(), hers.iter_lines()
            before = _event(lines)
            _event(all_lines)
            other_phone.receipt("cus_4", 1_000)
            other = office.hand_in(other_phone)["acked"]["position"]
            assert int(_event(all_lines)["data"]) == other
            phone.receipt("cus_1", 1_000)
            own = office.hand_in(phone)["acked"]["position"]
            assert int(before["data"]) < other < own
            assert int(_event(lines)["data"]) == own


def _event(lines: "object") -> dict[str, str]:
    """The next event of a stream, comments left out."""
    found: dict[str, str] = {}
    for line in lines:  # type: ignore[attr-defined]
        if line.startswith(":"):
            continue
        if not line and found:
            return found
        if line:
            name, _, value = line.partition(":")
            found[name] = value.strip()
    raise AssertionError("the stream ended")


def test_an_import_whose_caller_hangs_up_leaves_the_server_working(sanad: Sanad, data: Path):
    """Somebody presses Ctrl-C amid an import: pushes go on, and the same file again writes what is missing."""
    rows = "code,name,currency\n" + "".join(f"X-{number},Name {number},EGP\n" for number in range(6_000))
    with sanad.serving(data) as (_, office):
        phone = office.phone()
        token = (data / "local.token").read_text()
        head = (
            f"POST {API}/imports/customers?name=x.csv HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {token}\r\n"
            f"Accept: application/x-ndjson\r\nContent-Length: {len(rows)}\r\n\r\n"
        )
        with socket.create_connection(("127.0.0.1", port_of(office))) as caller:
            caller.sendall((head + rows).encode())
            assert caller.recv(2_000).startswith(b"HTTP/1.1 200")
            caller.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        for _ in range(20):
            phone.receipt("cus_1", 1_000)
            office.hand_in(phone)
        path = data / "x.csv"
        path.write_text(rows)
        assert "6000 rows" in sanad("import", "customers", str(path), data=data)
        assert office.get("/customers?search=X-5999", "nadia").json()["total"] == 1
    assert "add up" in sanad("verify", data=data)


def test_no_company_is_said_in_one_line(sanad: Sanad, tmp_path: Path):
    """A folder without a company: every command says so and ends with 1."""
    for words in (["serve"], ["verify"], ["rebuild"], ["enrol", "omar"], ["report", "aging"]):
        assert "there is no company in" in sanad(*words, data=tmp_path, wrong=True)


def test_the_module_runs_as_the_command_does():
    """`python -m server` and `sanad` are one command."""
    for words in ([sys.executable, "-m", "server"], [str(Path(sys.executable).with_name("sanad"))]):
        done = subprocess.run([*words, "--help"], capture_output=True, text=True, check=True, cwd=ROOT)
        assert "Sanad" in done.stdout
