"""Eight in the morning: 300 phones load at once, 16 others hand in vouchers one by one, and some clients are stuck.

python -m bench.load [--phones 300]
"""

import argparse
import asyncio
import time
from dataclasses import dataclass

from bench.company import make_company, pushes
from bench.pull import login
from bench.served import a_folder, answer, apart, get, push, served

PUSHING, VOUCHERS = 16, 60
STUCK = 20
LEAVES = 100


@dataclass(frozen=True, slots=True)
class Morning:
    """seconds: until the last phone had loaded; turned_away: answers that said come again; times: of each push."""

    seconds: float
    turned_away: int
    times: list[float]
    memory: float


def morning(phones: int) -> Morning:
    with a_folder() as folder:
        company, made = make_company(folder, phones + PUSHING, LEAVES)
        loads = [get("/api/v1/sync/pull", login(company, phone.user)) for phone in made[PUSHING:]]
        lines = [[push(body) for body in pushes(made[n], n, VOUCHERS, 1)] for n in range(PUSHING)]
        company.close()
        with served(folder) as server:
            seconds, turned_away, times = apart(_morning, server.port, loads, lines)
            return Morning(seconds, turned_away, times, server.memory())


async def _morning(port: int, loads: list[bytes], lines: list[list[bytes]]) -> tuple[float, int, list[float]]:
    stuck = [await _stuck(port, lines[0][0], loads[0], n) for n in range(STUCK)]
    over = asyncio.Event()
    pushing = [asyncio.create_task(_push(port, mine, over)) for mine in lines]
    await asyncio.sleep(0.5)
    before = time.perf_counter()
    turned_away = sum(await asyncio.gather(*(_load(port, request) for request in loads)))
    seconds = time.perf_counter() - before
    over.set()
    times = [one for mine in await asyncio.gather(*pushing) for one in mine]
    for writer in stuck:
        writer.transport.abort()
    return seconds, turned_away, times


async def _stuck(port: int, body: bytes, load: bytes, n: int) -> asyncio.StreamWriter:
    """Half a push that never goes on, or a load whose answer is never read."""
    _, writer = await asyncio.open_connection("127.0.0.1", port, limit=1024)
    writer.write(body[: len(body) // 2] if n % 2 else load)
    return writer


async def _push(port: int, mine: list[bytes], over: asyncio.Event) -> list[float]:
    """One voucher after the other, as at so many doors; the time of each while phones load."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    times: list[float] = []
    for request in mine:
        if over.is_set():
            break
        sent = time.perf_counter()
        writer.write(request)
        status, _, body = await answer(reader)
        times.append(time.perf_counter() - sent)
        if status != 200 or b'"accepted"' not in body:
            raise RuntimeError(f"a push was answered {status} {body[:300]!r}")
        await asyncio.sleep(0.05)
    writer.close()
    return times


async def _load(port: int, request: bytes) -> int:
    """Until it has loaded; how often it was asked to come again."""
    turned_away = 0
    while True:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(request)
        head = await reader.readuntil(b"\r\n\r\n")
        status = int(head[9:12])
        length = int(head.lower().split(b"content-length: ")[1].split(b"\r\n")[0])
        await reader.readexactly(length)
        writer.close()
        if status == 200:
            return turned_away
        if status != 503:
            raise RuntimeError(f"a load was answered {status}")
        turned_away += 1
        await asyncio.sleep(int(head.lower().split(b"retry-after: ")[1].split(b"\r\n")[0]))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--phones", type=int, default=300)
    phones = parser.parse_args().phones
    seen = morning(phones)
    times = sorted(seen.times)
    print(f"{phones} phones loaded in {seen.seconds:.1f} s, asked {seen.turned_away} times to come again;"
          f" {STUCK} stuck clients; memory {seen.memory:.0f} MiB")  # fmt: skip
    middle, slow, worst = (1000 * times[int(share * (len(times) - 1))] for share in (0.5, 0.99, 1))
    print(f"  meanwhile {len(times)} single vouchers: median {middle:.0f} ms, p99 {slow:.0f} ms, worst {worst:.0f} ms;"
          " wanted p99 under 1000")  # fmt: skip


if __name__ == "__main__":
    main()
