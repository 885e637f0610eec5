"""Receipts per second through `POST /api/v1/sync/push`, beside the raw limits of the same rows.

The limit writes by hand, over one plain connection with the same settings, the very rows that Sanad wrote for the same
receipts, one statement for each kind of row (`executemany`), in transactions of 1, 50 and 500 receipts: no HTTP, no
decoding, hashing, signatures or rules. Beside it the same with many rows to a statement, as Sanad itself writes.
Server, client and limits run on the same cores; only ratios within one run mean something.

    python -m bench.push [--rounds 3] [--receipts 6000]
"""

import argparse
import shutil
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

import msgspec

from bench.company import make_company, pushes
from bench.served import a_folder, drive, push, served
from schemas.wire import Head
from schemas.wire import Push as PushMessage
from server.arriving import entry_of
from server.inbox import Push, Writer
from server.store.sqlite import PUT, SqliteStore, connect
from sync.chain import place, trust

BATCHES = (1, 10, 50)
CONNECTIONS = (1, 16, 64)
LIMITS = (1, 50, 500)


# ---- the limit


class Recording(SqliteStore):
    """The store, writing down the rows that it writes: None at either end of a transaction."""

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self.said: list[tuple[str, list[tuple[Any, ...]]] | None] = []

    def begin(self) -> None:
        self.said.append(None)
        super().begin()

    def commit(self) -> None:
        super().commit()
        self.said.append(None)

    def _put(self, statement: str, rows: Sequence[tuple[Any, ...]]) -> None:
        if rows:
            self.said.append((statement, list(rows)))
        super()._put(statement, rows)


@dataclass(frozen=True, slots=True)
class Limit:
    """Receipts a second: a statement run row by row, and with the many rows a statement that Sanad writes."""

    plain: float
    grouped: float


def limit(receipts: int, size: int) -> Limit:
    """The same rows, written by hand, `size` receipts a transaction."""
    with a_folder() as folder:
        company, phones = make_company(folder, 4, receipts)
        company.inbox.stop()
        company.store.close()
        bodies = [body for n, phone in enumerate(phones) for body in pushes(phone, n, receipts // 4, min(size, 50))]
        blank = folder / "blank.sqlite"
        shutil.copy(company.settings.journal, blank)
        store = Recording(company.settings.journal)
        writer = Writer(store, company.id, company.keys["sign"], "srv_limit", company.clock)
        writer.learn(writer.state())
        together = max(1, size // 50)
        for start in range(0, len(bodies), together):
            store.begin()
            writer.take([decoded(body) for body in bodies[start : start + together]])
            store.commit()
        store.close()
        return Limit(receipts / _again(blank, store.said, _one_by_one), receipts / _again(blank, store.said, _grouped))


Said = list[tuple[str, list[tuple[Any, ...]]] | None]


def _again(blank: Path, said: Said, put: Callable[[SqliteStore, str, list[tuple[Any, ...]]], None]) -> float:
    """Seconds to write all of it into a copy."""
    copy = blank.with_suffix(".copy")
    shutil.copy(blank, copy)
    store = SqliteStore(copy)
    before = time.perf_counter()
    inside = False
    for one in said:
        if one is not None:
            put(store, *one)
        else:
            store.db.execute("COMMIT" if inside else "BEGIN IMMEDIATE")
            inside = not inside
    took = time.perf_counter() - before
    store.close()
    copy.unlink()
    return took


def _one_by_one(store: SqliteStore, statement: str, rows: list[tuple[Any, ...]]) -> None:
    store.db.executemany(PUT[statement].replace("{}", f"({','.join('?' * len(rows[0]))})"), rows)


def _grouped(store: SqliteStore, statement: str, rows: list[tuple[Any, ...]]) -> None:
    store._put(statement, rows)  # noqa: SLF001 -- this is what is measured


def decoded(body: bytes) -> Push:
    message = msgspec.json.decode(body, type=PushMessage)
    head = msgspec.json.decode(message.head, type=Head)
    placed = place([entry_of(entry, index) for index, entry in enumerate(message.entries)])
    trust(placed, lambda _: True)
    push = Push(head.device, head, True, placed, message.head)
    push.read_ahead()
    return push


# ---- Sanad


@dataclass(frozen=True, slots=True)
class Pushed:
    """Receipts a second, first and again; MiB of the server behind them; bytes on disk for each receipt."""

    rate: float
    again: float
    memory: float
    disk: float


def sanad(receipts: int, batch: int, connections: int) -> Pushed:
    """A served company; every connection is a phone of its own, in a closed loop. Then the same backlog once more."""
    each = max(batch, receipts // connections // batch * batch)
    with a_folder() as folder:
        company, phones = make_company(folder, connections, each)
        journal = company.settings.journal
        company.close()
        before = _size(journal)
        lines = [[push(body) for body in pushes(phone, n, each, batch)] for n, phone in enumerate(phones)]
        with served(folder) as server:
            first = drive(server.port, lines)
            again = drive(server.port, lines)
            memory = server.memory()
        count = each * connections
        return Pushed(count / first.seconds, count / again.seconds, memory, (_size(journal) - before) / count)


def _size(journal: Path) -> int:
    """Of a company's file, when all that was written is in it."""
    db = connect(journal)
    db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    db.close()
    return journal.stat().st_size


# ---- the table


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--receipts", type=int, default=6000)
    said = parser.parse_args()
    limits: dict[int, list[float]] = {size: [] for size in LIMITS}
    grouped: dict[int, list[float]] = {size: [] for size in LIMITS}
    found: dict[tuple[int, int], list[Pushed]] = {}
    for number in range(said.rounds):
        print(f"round {number + 1} of {said.rounds}", flush=True)
        for size in LIMITS:
            most = limit(said.receipts if size > 1 else said.receipts // 4, size)
            limits[size].append(most.plain)
            grouped[size].append(most.grouped)
        for batch in BATCHES:
            for connections in CONNECTIONS:
                count = said.receipts if batch > 1 else max(600, said.receipts // 4)
                found.setdefault((batch, connections), []).append(sanad(count, batch, connections))
    print("\nreceipts per second, median of rounds, and as a share of each limit of the same round")
    print(f"{'':>24}{'receipts/s':>12}" + "".join(f"{f'/limit-{size}':>12}" for size in LIMITS))
    for size, rates in limits.items():
        print(f"{f'limit-{size}':>24}{median(rates):>12,.0f}   (grouped: {median(grouped[size]):,.0f})")
    for (batch, connections), runs in found.items():
        rates = [run.rate for run in runs]
        print(f"{f'batch {batch}, {connections} connections':>24}{median(rates):>12,.0f}" + _shares(rates, limits))
    busiest = found[50, 16]
    again = [run.again for run in busiest]
    print(f"{'the same backlog again':>24}{median(again):>12,.0f}" + _shares(again, limits))
    goals = [
        ("batch 1, 1 connection", [run.rate for run in found[1, 1]], 1, 0.4),
        ("batch 1, 16 connections", [run.rate for run in found[1, 16]], 1, 1.0),
        ("batch 50, 16 connections", [run.rate for run in busiest], 500, 0.55),
        ("the same backlog again", again, 500, 1.7),
    ]
    print("\ngoals, round by round")
    for name, rates, size, goal in goals:
        ratios = [rate / limits[size][n] for n, rate in enumerate(rates)]
        each = ", ".join(f"{ratio:.2f}" for ratio in ratios)
        print(f"{name:>28}: {median(ratios):.2f} of limit-{size}, wanted {goal} ({each})")
    print(f"{'memory of the server':>28}: {max(run.memory for run in busiest):.0f} MiB, wanted at most 150")
    print(f"{'disk per receipt':>28}: {median([run.disk for run in busiest]):.0f} bytes, wanted at most 2,500")


def _shares(rates: list[float], limits: dict[int, list[float]]) -> str:
    return "".join(f"{median([rate / limits[size][n] for n, rate in enumerate(rates)]):>12.2f}" for size in LIMITS)


if __name__ == "__main__":
    main()
