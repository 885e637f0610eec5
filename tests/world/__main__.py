"""`make world SEED=123` plays one seed; `make world SEEDS=100000` runs on, on all cores. ENGINE=postgres: on a database
server made for this run."""

import os
import sys
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor, as_completed
from contextlib import contextmanager
from functools import cache
from itertools import islice
from time import monotonic

from tests.server.cluster import Cluster
from tests.world.runs import Failed, run_seed
from tests.world.stores import FILES, Engine, Schemas

CHUNK = 50


@cache
def engine(url: str) -> Engine:
    """One per process, so that schemas are used again. url: of the database; empty for files."""
    return Schemas(lambda schema: f"{url}&schema={schema}") if url else FILES


@contextmanager
def database() -> Iterator[str]:
    """Where the lives are kept: nothing to say for files."""
    if os.environ.get("ENGINE") != "postgres":
        yield ""
        return
    cluster = Cluster()
    try:
        yield cluster.url()
    finally:
        cluster.remove()


def chunk(first: int, last: int, url: str) -> list[str]:
    """What failed among the seeds first … last - 1."""
    failed: list[str] = []
    for seed in range(first, last):
        try:
            run_seed(seed, engine=engine(url))
        except Failed as failure:
            failed.append(str(failure))
    return failed


def many(first: int, count: int, url: str) -> int:
    started, done, failed = monotonic(), 0, 0
    starts = iter(range(first, first + count, CHUNK))
    with ProcessPoolExecutor(os.cpu_count()) as pool:
        running = {pool.submit(chunk, at, min(at + CHUNK, first + count), url) for at in islice(starts, 64)}
        while running:
            one = next(as_completed(running))
            running.discard(one)
            running |= {pool.submit(chunk, at, min(at + CHUNK, first + count), url) for at in islice(starts, 1)}
            for text in one.result():
                failed += 1
                print(f"\n{text}\n")
            done = min(done + CHUNK, count)
            print(f"\r{done} of {count} seeds, {failed} failed, {done / (monotonic() - started):.0f} a second", end="")
    print()
    return 1 if failed else 0


def one(seed: int, url: str) -> int:
    try:
        world = run_seed(seed, engine=engine(url))
    except Failed as failure:
        print(failure)
        return 1
    print("\n".join(world.said))
    print(
        f"\nseed {seed} ({world.weather}): {world.steps} steps, {world.auditor.books.position} entries, {world.faults}"
    )
    return 0


if __name__ == "__main__":
    seed, seeds, first = (os.environ.get(name, "") for name in ("SEED", "SEEDS", "FIRST"))
    with database() as url:
        sys.exit(one(int(seed), url) if seed else many(int(first or 0), int(seeds or 1000), url))
