"""Pulls: asking in vain, beside a bare Litestar handler; and a phone's first load, beside gzip of the same bytes.

python -m bench.pull [--rounds 3]
"""

import argparse
import asyncio
import gzip
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from statistics import median

import brotli
import msgspec

from bench.company import make_company, portfolio, pushes
from bench.served import Server, a_folder, answer, apart, drive, get, push, served, serving
from schemas.entries.customers import CustomersAssigned, CustomersUpserted, ItemsUpserted
from schemas.entries.people import UserEnrolled
from schemas.wire import PullReply
from server.company import OpenCompany
from server.identity.sessions import token
from server.imports.rows import in_chunks
from server.inbox import Writer
from server.writes import write

CONNECTIONS = 16
ASKED = 4000
CUSTOMERS, ITEMS_EACH = 5_000, 4


def login(company: OpenCompany, user: str) -> str:
    return token(company.token_secret, company.id, user, "", datetime.now(UTC) + timedelta(hours=1))


# ---- asking in vain


@dataclass(frozen=True, slots=True)
class Quiet:
    """Requests a second; bytes of a body."""

    rate: float
    size: int


def quiet(phones: int = CONNECTIONS) -> Quiet:
    """Every connection is a phone that has everything and asks for more, while the company has some history."""
    with a_folder() as folder:
        company, made = make_company(folder, phones, 100)
        tokens = [login(company, phone.user) for phone in made]
        company.close()
        with served(folder) as server:
            drive(server.port, [[push(body) for body in pushes(phone, n, 100, 50)] for n, phone in enumerate(made)])
            lines = []
            for bearer in tokens:
                cursor = loaded(server, bearer).cursor
                lines.append([get(f"/api/v1/sync/pull?cursor={cursor}", bearer)] * (ASKED // phones))
            run = drive(server.port, lines)
        return Quiet(len(run.times) / run.seconds, len(run.last[0]))


def bare(connections: int = CONNECTIONS) -> float:
    with serving("bench.bare", "PORT") as server:
        run = drive(server.port, [[get("/bare")] * (ASKED // connections)] * connections)
    return len(run.times) / run.seconds


# ---- the first load


@dataclass(frozen=True, slots=True)
class Load:
    """rows: customers and items; wire: bytes of all answers; cpu: seconds of the server; plain: what they unpack to."""

    rows: int
    wire: int
    cpu: float
    seconds: float
    plain: list[bytes]
    cursor: str


def loaded(server: Server, bearer: str) -> Load:
    before = server.cpu()
    started = time.perf_counter()
    pages, wire = apart(_load, server.port, bearer)
    seconds = time.perf_counter() - started
    replies = [msgspec.json.decode(page, type=PullReply) for page in pages]
    rows = sum(len(table.columns[0]) for reply in replies for table in reply.tables)
    rows += sum(change.type in ("customer", "item") for reply in replies for change in reply.changes)
    return Load(rows, wire, server.cpu() - before, seconds, pages, replies[-1].cursor)


async def _load(port: int, bearer: str) -> tuple[list[bytes], int]:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    cursor, pages, wire = "", [], 0
    while True:
        writer.write(get(f"/api/v1/sync/pull?tables=1&cursor={cursor}", bearer))
        status, size, body = await answer(reader)
        if status != 200:
            raise RuntimeError(f"a page was answered {status} {body[:200]!r}")
        plain = body if body[:1] == b"{" else brotli.decompress(body)
        wire += size
        pages.append(plain)
        reply = msgspec.json.decode(plain, type=PullReply)
        cursor = reply.cursor
        if not reply.more:
            writer.close()
            return pages, wire


def first_load() -> tuple[Load, float]:
    """A collector with 5,000 customers and 20,000 open items; and how long gzip takes for the same bytes, once."""
    with a_folder() as folder:
        bearer = large_company(folder)
        with served(folder) as server:
            loaded(server, bearer)  # the first of the day warms files and code; the second is measured
            load = loaded(server, bearer)
    started = time.process_time()
    for page in load.plain:
        gzip.compress(page, 6)
    return load, time.process_time() - started


def large_company(folder: Path) -> str:
    """Writes it and returns the collector's login."""
    company, _ = make_company(folder, 1, 10)
    user = "usr_large"
    customers, items = portfolio(Random(1), CUSTOMERS, ITEMS_EACH)

    def task(writer: Writer) -> None:
        write(writer, "user_enrolled", UserEnrolled(user, "large", "Large", "كبير", "collector", "brn_1"))
        for rows in in_chunks(customers):
            write(writer, "customers_upserted", CustomersUpserted(rows))
        for chunk in in_chunks(items):
            write(writer, "items_upserted", ItemsUpserted(chunk))
        for start in range(0, len(customers), 200):
            ids = [row.customer for row in customers[start : start + 200]]
            write(writer, "customers_assigned", CustomersAssigned(user, ids))

    company.run_now(task)
    bearer = login(company, user)
    company.close()
    return bearer


# ---- the table


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--rounds", type=int, default=3)
    rounds = parser.parse_args().rounds
    asked = [(quiet(), bare()) for _ in range(rounds)]
    ratios = [mine.rate / plain for mine, plain in asked]
    print(f"nothing new, {CONNECTIONS} connections: {median([one.rate for one, _ in asked]):,.0f} requests/s;"
          f" a bare handler {median([plain for _, plain in asked]):,.0f}")  # fmt: skip
    print(f"  {median(ratios):.2f} of the bare handler, wanted 0.6 ({', '.join(f'{one:.2f}' for one in ratios)});"
          f" {asked[0][0].size} bytes, wanted at most 150")  # fmt: skip
    loads = [first_load() for _ in range(rounds)]
    shares = [load.cpu / once for load, once in loads]
    load = loads[0][0]
    print(f"first load of {load.rows:,} customers and items in {len(load.plain)} pages:"
          f" {median([one.cpu for one, _ in loads]):.2f} s of the server, {load.seconds:.2f} s in all")  # fmt: skip
    unpacked = sum(map(len, load.plain))
    print(f"  {median(shares):.1f} times gzip of the same bytes, wanted at most 10;"
          f" {load.wire / 1000:,.0f} kB on the wire, wanted 400 (unpacked {unpacked / 1000:,.0f})")  # fmt: skip


if __name__ == "__main__":
    main()
