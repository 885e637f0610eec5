"""A company served by a process of its own, and a client in another: what is measured is the server."""

import asyncio
import contextlib
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path
from typing import Any

CLOCK_TICKS = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True, slots=True)
class Server:
    """A running server process."""

    port: int
    pid: int

    def cpu(self) -> float:
        """Seconds of processor time so far."""
        fields = Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / CLOCK_TICKS

    def memory(self) -> float:
        """Resident memory now, MiB."""
        line = next(one for one in Path(f"/proc/{self.pid}/status").read_text().splitlines() if one.startswith("VmRSS"))
        return int(line.split()[1]) / 1024


@dataclass(frozen=True, slots=True)
class Run:
    """What a client saw. seconds: from the first request to the last answer; times: of each request, in seconds;
    received: bytes of all answers, heads included; last: the body of each connection's last answer."""

    seconds: float
    times: list[float]
    received: int
    last: list[bytes]

    def quantile(self, share: float) -> float:
        ordered = sorted(self.times)
        return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


@contextlib.contextmanager
def serving(*words: str) -> Iterator[Server]:
    """A Python process that listens: `words` behind `python -m`, with `PORT` put in."""
    port = free_port()
    process = subprocess.Popen(
        [sys.executable, "-m", *(word.replace("PORT", str(port)) for word in words)], stdout=subprocess.DEVNULL
    )
    try:
        wait_for(port)
        yield Server(port, process.pid)
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(30)


@contextlib.contextmanager
def served(folder: Path) -> Iterator[Server]:
    with serving("server", "serve", "--data", str(folder), "--port", "PORT", "--cold-press") as server:
        yield server


@contextlib.contextmanager
def a_folder() -> Iterator[Path]:
    with tempfile.TemporaryDirectory() as folder:
        yield Path(folder)


def get(path: str, token: str = "") -> bytes:
    login = f"authorization: Bearer {token}\r\n" if token else ""
    return f"GET {path} HTTP/1.1\r\nhost: localhost\r\naccept-encoding: br, gzip\r\n{login}\r\n".encode()


def post(path: str, body: bytes) -> bytes:
    return b"POST %b HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n%b" % (
        path.encode(), len(body), body,
    )  # fmt: skip


def push(body: bytes) -> bytes:
    return post("/api/v1/sync/push", body)


def drive(port: int, lines: list[list[bytes]]) -> Run:
    """Send each line's requests over a connection of its own, one after the other, all lines at once, from another
    process. RuntimeError at any answer but 200, and at a push that was not accepted whole."""
    run: Run = apart(_drive, port, lines)
    return run


def apart(do: Callable[..., Any], *arguments: Any) -> Any:
    """Run a coroutine function in a process of its own."""
    context = get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=_apart, args=(do, theirs))
    process.start()
    ours.send(arguments)
    theirs.close()  # so that a process that ends without a word is noticed
    said = ours.recv()
    process.join()
    if isinstance(said, BaseException):
        raise said
    return said


def _apart(do: Callable[..., Any], pipe: Any) -> None:
    import uvloop  # noqa: PLC0415 -- only this process wants it

    arguments = pipe.recv()
    try:
        pipe.send(uvloop.run(do(*arguments)))
    except BaseException as error:  # noqa: BLE001 -- the caller raises it
        pipe.send(RuntimeError(repr(error)))


async def _drive(port: int, lines: list[list[bytes]]) -> Run:
    connections = [await asyncio.open_connection("127.0.0.1", port) for _ in lines]
    before = time.perf_counter()
    done = await asyncio.gather(*(_line(*one, mine) for one, mine in zip(connections, lines, strict=True)))
    seconds = time.perf_counter() - before
    return Run(
        seconds, [t for times, _, _ in done for t in times], sum(size for _, size, _ in done), [b for *_, b in done]
    )


async def _line(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, mine: list[bytes]
) -> tuple[list[float], int, bytes]:
    times: list[float] = []
    size, body = 0, b""
    for request in mine:
        sent = time.perf_counter()
        writer.write(request)
        status, length, body = await answer(reader)
        size += length
        times.append(time.perf_counter() - sent)
        if status != 200 or b'"refused"' in body or b'"review"' in body:
            raise RuntimeError(f"{request[:60]!r} was answered {status} {body[:400]!r}")
    writer.close()
    return times, size, body


async def answer(reader: asyncio.StreamReader) -> tuple[int, int, bytes]:
    """(status, bytes on the wire, body) of the next answer."""
    head = await reader.readuntil(b"\r\n\r\n")
    fields = head.lower()
    if b"content-length: " in fields:
        body = await reader.readexactly(int(fields.split(b"content-length: ")[1].split(b"\r\n")[0]))
        return int(head[9:12]), len(head) + len(body), body
    chunks: list[bytes] = []
    size = len(head)
    while True:
        line = await reader.readline()
        chunk = await reader.readexactly(int(line, 16) + 2)
        size += len(line) + len(chunk)
        if len(chunk) == 2:
            return int(head[9:12]), size, b"".join(chunks)
        chunks.append(chunk[:-2])


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def wait_for(port: int) -> None:
    for _ in range(400):
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 0.2):
            return
        time.sleep(0.05)
    raise RuntimeError("the server did not start")
