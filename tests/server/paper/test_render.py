import asyncio
import subprocess
import sys
from concurrent.futures.process import BrokenProcessPool
from datetime import UTC, datetime
from pathlib import Path

import pytest

from schemas.documents import Deposit
from schemas.entries.receipts import Cash
from server.paper import render
from server.paper.render import PaperPress, PaperTooSlow, PaperUnavailable, pdf
from server.paper.slip import StillBlind, slip_html
from server.paper.voucher import voucher_html
from tests.server.paper.papers import cashier, collector, company, customer, invoices, voucher

PAGE = "<!doctype html><html lang=ar dir=rtl><title>x</title><p>سند 874"


@pytest.fixture
def press():
    one = PaperPress()
    yield one
    one.close()


async def test_the_press_gives_the_same_bytes_as_setting_the_page_here(press):
    assert await press.pdf(PAGE) == pdf(PAGE)


def test_the_server_does_not_load_the_printing_engine():
    script = (
        "import sys; from server.paper import render, slip, statement, voucher; "
        "assert not [name for name in sys.modules if name.startswith('weasyprint')]"
    )

    subprocess.run([sys.executable, "-c", script], check=True, cwd=Path(render.__file__).parents[2])


async def test_the_loop_runs_on_while_a_page_is_set(press):
    press.start()
    ticks = 0

    async def tick() -> None:
        nonlocal ticks
        while True:
            await asyncio.sleep(0.01)
            ticks += 1

    ticking = asyncio.create_task(tick())
    await press.pdf(PAGE + "<p>فقرة" * 400)
    ticking.cancel()

    assert ticks > 5


async def test_a_worker_that_died_is_replaced(press):
    await press.pdf(PAGE)
    for worker in press.start()._processes.values():
        worker.kill()

    assert (await press.pdf(PAGE)).startswith(b"%PDF")


async def test_a_page_that_hangs_is_given_up_and_the_next_one_is_set(press, monkeypatch):
    await press.pdf(PAGE)
    monkeypatch.setattr(render, "LONGEST_S", 0.001)
    with pytest.raises(PaperTooSlow):
        await press.pdf(PAGE)
    monkeypatch.undo()

    assert (await press.pdf(PAGE)).startswith(b"%PDF")


async def test_a_paper_is_written_and_set_in_the_worker(press):
    items = invoices(2, 1000)
    told = (company(), voucher(items, [Cash(currency="EGP", amount=2000)]), customer(), items, collector())

    made = await press.paper(voucher_html, *told, size="a5", copy=1)

    assert made == pdf(voucher_html(*told, size="a5", copy=1))


async def test_what_a_paper_refuses_is_raised_to_who_asked(press):
    waiting = Deposit(id="d", name="K7-0041", collector="u_1", device="dev_7", branch="b_1", seq=9, at="")

    with pytest.raises(StillBlind, match="K7-0041 is not counted yet"):
        await press.paper(slip_html, company(), waiting, collector(), cashier(), [], printed_at=datetime.now(UTC))
    assert (await press.pdf(PAGE)).startswith(b"%PDF")


def test_the_worker_ends_with_the_server_that_was_killed(tmp_path):
    script = tmp_path / "parent.py"
    script.write_text(
        "import asyncio, os, signal\n"
        "from server.paper.render import PaperPress\n"
        "async def main():\n"
        "    press = PaperPress()\n"
        "    await press.pdf('<p>x')\n"
        "    print(next(iter(press.start()._processes)), flush=True)\n"
        "    os.kill(os.getpid(), signal.SIGKILL)\n"
        "if __name__ == '__main__':\n"
        "    asyncio.run(main())\n"
    )
    root = Path(render.__file__).parents[2]
    ended = subprocess.run(
        [sys.executable, str(script)],
        check=False,
        capture_output=True,
        text=True,
        cwd=root,
        env={"PYTHONPATH": str(root)},
    )

    # capture_output waits for the pipe that the worker has inherited, so it has let go of it by now.
    assert ended.returncode == -9
    state = Path(f"/proc/{int(ended.stdout)}/stat")
    assert not state.exists() or state.read_text().rpartition(")")[2].split()[0] in "ZX"


async def test_pages_asked_for_at_once_all_come(press):
    made = await asyncio.gather(*(press.pdf(f"{PAGE}{at}") for at in range(5)), return_exceptions=True)

    assert not [one for one in made if isinstance(one, BaseException | BrokenProcessPool)]


def test_missing_system_libraries_are_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "weasyprint", None)
    blocked = OSError("cannot load library 'libpango-1.0-0'")

    class Blocks:
        def find_spec(self, name, path=None, target=None):
            if name == "weasyprint":
                raise blocked

    monkeypatch.delitem(sys.modules, "weasyprint")
    monkeypatch.setattr(sys, "meta_path", [Blocks(), *sys.meta_path])

    with pytest.raises(PaperUnavailable, match=r"apt-get install libpango-1\.0-0 libpangoft2"):
        pdf(PAGE)


@pytest.mark.parametrize("address", ["file:///etc/passwd", "http://127.0.0.1:9/x.png", "../pyproject.toml"])
def test_a_page_can_open_nothing_but_our_fonts(address):
    with pytest.raises(ValueError, match="outside the paper"):
        render._fetcher().fetch(address)

    assert pdf(f'{PAGE}<img src="{address}">') == pdf(f'{PAGE}<img src="">')
