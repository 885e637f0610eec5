"""`make world SEED=123` plays one seed; `make world SEEDS=100000` runs on, on all cores."""

import os
import sys
from concurrent.futures import ProcessPoolExecutor, as_completed
from itertools import islice
from time import monotonic

from tests.world.runs import Failed, run_seed

CHUNK = 50


def chunk(first: int, last: int) -> list[str]:
    """What failed among the seeds first … last - 1."""
    failed: list[str] = []
    for seed in range(first, last):
        try:
            run_seed(seed)
        except Failed as failure:
            failed.append(str(failure))
    return failed


def many(first: int, count: int) -> int:
    started, done, failed = monotonic(), 0, 0
    starts = iter(range(first, first + count, CHUNK))
    with ProcessPoolExecutor(os.cpu_count()) as pool:
        running = {pool.submit(chunk, at, min(at + CHUNK, first + count)) for at in islice(starts, 64)}
        while running:
            one = next(as_completed(running))
            running.discard(one)
            running |= {pool.submit(chunk, at, min(at + CHUNK, first + count)) for at in islice(starts, 1)}
            for text in one.result():
                failed += 1
                print(f"\n{text}\n")
            done = min(done + CHUNK, count)
            print(f"\r{done} of {count} seeds, {failed} failed, {done / (monotonic() - started):.0f} a second", end="")
    print()
    return 1 if failed else 0


def one(seed: int) -> int:
    try:
        world = run_seed(seed)
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
    sys.exit(one(int(seed)) if seed else many(int(first or 0), int(seeds or 1000)))
