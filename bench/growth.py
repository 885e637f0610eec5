"""The same work with a short and with a long journal behind it: nothing may get slower as a company grows.

python -m bench.growth [--entries 1000000] [--rounds 3]
"""

import argparse
import os
import shutil
import time
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

from bench.company import make_company, voucher
from bench.pull import ASKED, loaded, login
from bench.push import decoded
from bench.served import a_folder, drive, get, push, served
from schemas.documents import Book, Device
from server.company import OpenCompany
from server.inbox import Writer
from server.settings import Settings
from server.writes import assign_book
from tests.phone import Phone

PHONES, LEAVES, BATCH = 16, 200, 50
MEASURED = 400
SHORT = 10_000


@dataclass(frozen=True, slots=True)
class Pace:
    """Receipts a second in pushes of 50 and of 1; quiet pulls a second; seconds of the server for one phone's load;
    MiB of the server afterwards."""

    push_50: float
    push_1: float
    quiet: float
    load: float
    memory: float


def grow(company: OpenCompany, phones: list[Phone], entries: int) -> None:
    """Write vouchers straight through the writer until the journal holds so many entries, a few phones a commit. The
    last collector writes none: what his phone loads is the same in a short and in a long journal."""
    phones = phones[:-1]
    store, writer, number = company.store, company.writer, 0
    started = time.perf_counter()
    while (position := store.tip()[0]) < entries:
        store.begin()
        for phone in phones:
            refill(writer, phone)
        bodies = [pushed(phone, n, number, BATCH) for n, phone in enumerate(phones)]
        answers: list[Any] = writer.take([decoded(body) for body in bodies])
        store.commit()
        number += BATCH
        if any(isinstance(answer, Exception) for answer in answers):
            raise RuntimeError(f"a push was not taken: {answers}")
        if number % 5000 == 0:
            print(f"  {position:,} entries after {time.perf_counter() - started:.0f} s", flush=True)


def refill(writer: Writer, phone: Phone) -> None:
    """Give a phone a book when its leaves do not last for the next batch. Its entries so far are with the office."""
    phone.prune()  # a phone of a year; only its last entry is needed to go on
    if phone.book is not None and phone.leaf + BATCH <= phone.book.last:
        return
    device = writer.state().get(Device, phone.device)
    assert device is not None
    phone.book = writer.state().get(Book, assign_book(writer, device, LEAVES))
    assert phone.book is not None
    phone.leaf = phone.book.first - 1


def pushed(phone: Phone, number: int, first: int, count: int) -> bytes:
    before = phone.seq
    for n in range(first, first + count):
        voucher(phone, number, n)
    return phone.push(before + 1)


def pace(folder: Path, phones: list[Phone], bearer: str) -> Pace:
    """What a served copy of the company does now; the copy is thrown away."""
    with a_folder() as place:
        copy = place / "copy"
        shutil.copytree(folder, copy)
        os.sync()  # else the first commits wait for the copy's own bytes
        fifty = [push(pushed(phones[0], 0, n, BATCH)) for n in range(0, MEASURED, BATCH)]
        single = [push(pushed(phones[1], 1, n, 1)) for n in range(MEASURED)]
        with served(copy) as server:
            many = drive(server.port, [fifty])
            one = drive(server.port, [single])
            load = loaded(server, bearer)
            asked = drive(server.port, [[get(f"/api/v1/sync/pull?cursor={load.cursor}", bearer)] * (ASKED // 4)] * 4)
            return Pace(
                MEASURED / many.seconds, MEASURED / one.seconds, len(asked.times) / asked.seconds, load.seconds,
                server.memory(),
            )  # fmt: skip


def measured(folder: Path, phones: list[Phone], entries: int, rounds: int) -> Pace:
    """The company grown to so many entries, then its pace: the median of rounds."""
    company = OpenCompany(Settings(folder))
    company.inbox.stop()
    company.writer.quota = entries  # years of work in one day
    grow(company, phones, entries)
    company.store.begin()
    for phone in phones[:2]:  # room for what is measured
        found = company.writer.state().get(Device, phone.device)
        assert found is not None
        phone.book = company.writer.state().get(Book, assign_book(company.writer, found, rounds * MEASURED * 2))
        assert phone.book is not None
        phone.leaf = phone.book.first - 1
        phone.prune()
    company.store.commit()
    bearer = login(company, phones[-1].user)
    company.store.close()
    kept = [(phone.leaf, list(phone.entries)) for phone in phones[:2]]
    seen: list[Pace] = []
    for _ in range(rounds):
        for phone, (leaf, own) in zip(phones, kept, strict=False):
            phone.leaf, phone.entries = leaf, list(own)
        seen.append(pace(folder, phones, bearer))
    for phone, (leaf, own) in zip(phones, kept, strict=False):
        phone.leaf, phone.entries = leaf, list(own)
    return Pace(*(median([getattr(one, name) for one in seen]) for name in Pace.__slots__))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--entries", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=3)
    said = parser.parse_args()
    with a_folder() as folder:
        company, phones = make_company(folder, PHONES, LEAVES)
        company.close()
        short = measured(folder, phones, SHORT, said.rounds)
        long = measured(folder, phones, said.entries, said.rounds)
    print(f"{'':>28}{SHORT:>12,}{said.entries:>14,}   ratio (wanted: within 0.8 … 1.2)")
    for name, title in (
        ("push_50", "push, batch 50, receipts/s"), ("push_1", "push, batch 1, receipts/s"),
        ("quiet", "quiet pulls/s"), ("load", "a phone's load, s"), ("memory", "memory, MiB"),
    ):  # fmt: skip
        before, after = getattr(short, name), getattr(long, name)
        print(f"{title:>28}{before:>12,.2f}{after:>14,.2f}{after / before:>10.2f}")


if __name__ == "__main__":
    main()
