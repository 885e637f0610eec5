"""Receipts per second through `POST /api/v1/sync/push`, beside the raw limits of the same rows.

The limit writes by hand, over one plain connection with the same settings, the very statements that Sanad ran for the
same receipts, in transactions of 1, 50 and 500 receipts: no HTTP, no decoding, hashing, signatures or rules. Server,
client and limits run on the same cores; only ratios within one run mean something.

    python -m bench.push [--rounds 3] [--receipts 6000]
"""

import argparse
import asyncio
import contextlib
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import msgspec

from bench.company import make_company, pushes
from schemas.wire import Head
from schemas.wire import Push as PushMessage
from server.arriving import entry_of
from server.inbox import Push
from server.store.sqlite import SqliteStore, connect
from sync.chain import place, trust

BATCHES = (1, 10, 50)
CONNECTIONS = (1, 16, 64)
LIMITS = (1, 50, 500)


# ---- the limit


class Recorder:
    """Stands before the store's connection and writes down every statement that changes something."""

    def __init__(self, db: Any) -> None:
        self.db = db
        self.said: list[tuple[str, list[Any], bool]] = []

    def execute(self, sql: str, parameters: Any = ()) -> Any:
        if not sql.lstrip().upper().startswith(("SELECT", "PRAGMA")):
            self.said.append((sql, [parameters], False))
        return self.db.execute(sql, parameters)

    def executemany(self, sql: str, rows: Any) -> Any:
        kept = list(rows)
        if kept:
            self.said.append((sql, kept, True))
        return self.db.executemany(sql, kept)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.db, name)


def limit(receipts: int, size: int) -> float:
    """Receipts per second of the recorded statements, `size` receipts a transaction."""
    with tempfile.TemporaryDirectory() as folder:
        company, phones = make_company(Path(folder), 4, receipts)
        company.inbox.stop()
        store = company.store
        assert isinstance(store, SqliteStore)
        bodies = [body for n, phone in enumerate(phones) for body in pushes(phone, n, receipts // 4, min(size, 50))]
        store.db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        blank = Path(folder) / "blank.sqlite"
        shutil.copy(company.settings.journal, blank)
        recorder = Recorder(store.db)
        store.db = recorder
        together = max(1, size // 50)
        for start in range(0, len(bodies), together):
            store.begin()
            company.writer.take([decoded(body) for body in bodies[start : start + together]])
            store.commit()
        store.db = recorder.db
        store.close()
        db = connect(blank)
        before = time.perf_counter()
        for sql, rows, many in recorder.said:
            if many:
                db.executemany(sql, rows)
            else:
                db.execute(sql, rows[0])
        took = time.perf_counter() - before
        db.close()
        return receipts / took


def decoded(body: bytes) -> Push:
    message = msgspec.json.decode(body, type=PushMessage)
    head = msgspec.json.decode(message.head, type=Head)
    placed = place([entry_of(entry, index) for index, entry in enumerate(message.entries)])
    trust(placed, lambda _: True)
    push = Push(head.device, head, True, placed, message.head)
    push.read_ahead()
    return push


# ---- Sanad


def sanad(receipts: int, batch: int, connections: int) -> float:
    """Receipts per second through a served company; every connection is a phone of its own, in a closed loop."""
    each = max(batch, receipts // connections // batch * batch)
    with tempfile.TemporaryDirectory() as folder:
        company, phones = make_company(Path(folder), connections, each)
        company.close()
        bodies = [pushes(phone, n, each, batch) for n, phone in enumerate(phones)]
        port = free_port()
        server = subprocess.Popen(
            [sys.executable, "-m", "server", "serve", "--data", folder, "--port", str(port), "--cold-press"],
            stdout=subprocess.DEVNULL,
        )
        try:
            wait_for(port)
            took = run_client(port, bodies)
        finally:
            server.send_signal(signal.SIGTERM)
            server.wait(20)
        return each * connections / took


def run_client(port: int, bodies: list[list[bytes]]) -> float:
    """Drive the pushes from a process of its own, so that the client's work is not the server's."""
    context = get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=_client, args=(port, theirs))
    process.start()
    ours.send(bodies)
    took: float = ours.recv()
    process.join()
    return took


def _client(port: int, pipe: Any) -> None:
    import uvloop  # noqa: PLC0415 -- only this process wants it

    bodies = pipe.recv()
    pipe.send(uvloop.run(_drive(port, bodies)))


async def _drive(port: int, bodies: list[list[bytes]]) -> float:
    lines = [await asyncio.open_connection("127.0.0.1", port) for _ in bodies]
    before = time.perf_counter()
    await asyncio.gather(*(_phone(*line, mine) for line, mine in zip(lines, bodies, strict=True)))
    return time.perf_counter() - before


async def _phone(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, mine: list[bytes]) -> None:
    for body in mine:
        writer.write(
            b"POST /api/v1/sync/push HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n"
            b"content-length: %d\r\n\r\n%b" % (len(body), body)
        )
        head = await reader.readuntil(b"\r\n\r\n")
        length = int(head.lower().split(b"content-length: ")[1].split(b"\r\n")[0])
        answer = await reader.readexactly(length)
        if not head.startswith(b"HTTP/1.1 200") or b'"refused"' in answer or b'"review"' in answer:
            raise RuntimeError(f"a push was not accepted: {head[:40]!r} {answer[:400]!r}")
    writer.close()


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


# ---- the table


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--receipts", type=int, default=6000)
    said = parser.parse_args()
    limits: dict[int, list[float]] = {size: [] for size in LIMITS}
    rates: dict[tuple[int, int], list[float]] = {}
    ratios: list[float] = []
    for number in range(said.rounds):
        print(f"round {number + 1} of {said.rounds}", flush=True)
        for size in LIMITS:
            limits[size].append(limit(said.receipts if size > 1 else said.receipts // 4, size))
        for batch in BATCHES:
            for connections in CONNECTIONS:
                count = said.receipts if batch > 1 else max(600, said.receipts // 4)
                rates.setdefault((batch, connections), []).append(sanad(count, batch, connections))
        ratios.append(rates[50, 16][-1] / limits[500][-1])
    print("\nreceipts per second, median of rounds, and as a share of each limit")
    middle = {size: statistics.median(values) for size, values in limits.items()}
    print(f"{'':>24}{'receipts/s':>12}" + "".join(f"{f'/limit-{size}':>12}" for size in LIMITS))
    for size, rate in middle.items():
        print(f"{f'limit-{size}':>24}{rate:>12,.0f}")
    for (batch, connections), values in rates.items():
        rate = statistics.median(values)
        shares = "".join(f"{rate / middle[size]:>12.2f}" for size in LIMITS)
        print(f"{f'batch {batch}, {connections} connections':>24}{rate:>12,.0f}{shares}")
    print(f"\nbatch 50, 16 connections, against limit-500 of the same round: {', '.join(f'{r:.2f}' for r in ratios)}")


if __name__ == "__main__":
    main()
