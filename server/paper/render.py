"""HTML to PDF, in a process of its own.

Setting a page takes about a tenth of a second of pure computing, so a server does it elsewhere (`PaperPress`): there it
holds up no push. WeasyPrint is imported only where pages are set, and needs Pango and HarfBuzz from the system.
"""

import asyncio
import os
import signal
import threading
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from functools import cache
from multiprocessing import connection, get_context, parent_process
from pathlib import Path
from typing import TYPE_CHECKING, Any, ParamSpec

if TYPE_CHECKING:
    from weasyprint.text.fonts import FontConfiguration

FONTS = Path(__file__).resolve().parents[2] / "fonts"
STYLE = Path(__file__).parent / "templates" / "paper.css"
SYSTEM_LIBRARIES = ("libpango-1.0-0", "libpangoft2-1.0-0", "libharfbuzz-subset0")
LONGEST_S = 60.0


class PaperUnavailable(RuntimeError):
    """Nothing can be printed on this machine, and why."""


class PaperTooSlow(RuntimeError):
    """One page took longer than any honest page does."""


Told = ParamSpec("Told")


def pdf(html: str) -> bytes:
    """The PDF of a page made by this package. The same HTML gives the same bytes on the same machine.

    Pages on a roll are cut where their content ends. PaperUnavailable names the system libraries that are missing.
    """
    weasyprint = _weasyprint()
    document = weasyprint.HTML(string=html, base_url=f"{FONTS.as_uri()}/", url_fetcher=_fetcher()).render(
        font_config=_fonts()
    )
    if '<meta name="sanad-paper" content="roll">' in html:
        _cut_roll(document)
    made: bytes = document.write_pdf()
    return made


def _weasyprint() -> Any:
    try:
        # Imported here: the server itself never needs it, and it takes over a second.
        import weasyprint  # noqa: PLC0415
    except OSError as fault:
        raise PaperUnavailable(
            f"printing needs the system libraries {', '.join(SYSTEM_LIBRARIES)} "
            f"(apt-get install {' '.join(SYSTEM_LIBRARIES)}): {fault}"
        ) from fault
    return weasyprint


@cache
def _fonts() -> "FontConfiguration":
    """One for the whole process: to read the font files again for each page would take most of its time."""
    from weasyprint.text.fonts import FontConfiguration  # noqa: PLC0415 -- as in _weasyprint

    if not FONTS.is_dir():
        raise PaperUnavailable(f"the folder of fonts is missing: {FONTS}")
    return FontConfiguration()


@cache
def _fetcher() -> Any:
    """Pages are whole but for the fonts. Nothing in them may make the server open another file or address."""
    from weasyprint.urls import URLFetcher  # noqa: PLC0415 -- as in _weasyprint

    class FontsOnly(URLFetcher):  # type: ignore[misc] # its base has no types
        def fetch(self, url: str, headers: Any = None) -> Any:
            own = url.startswith(f"{FONTS.as_uri()}/") and url.endswith(".woff2") and ".." not in url
            if not own and not url.startswith("data:"):
                raise ValueError("outside the paper")
            return super().fetch(url, headers)

    return FontsOnly(allowed_protocols={"file", "data"}, allow_redirects=False)


def _cut_roll(document: Any) -> None:
    """Ends each page where its content ends. The page was laid out taller than any voucher."""
    for page in document.pages:
        # The only way to ask WeasyPrint how tall something became.
        box = page._page_box  # noqa: SLF001
        body = box.children[0].children[0]
        page.height = body.position_y + body.margin_height() + box.margin_bottom


def _paper(write: Callable[..., str], args: tuple[Any, ...], kwargs: dict[str, Any]) -> bytes:
    return pdf(write(*args, **kwargs))


def _start_worker() -> None:
    """Warms the fonts, and dies with the server: a worker left behind would wait for work for ever."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    parent = parent_process()
    if parent is not None:
        threading.Thread(target=_end_with, args=(parent.sentinel,), daemon=True).start()
    try:
        pdf(f"<style>{STYLE.read_text(encoding='utf-8')}</style>سند <b>سند</b> 1 <b>1</b> <b class=serial>1</b>")
    except PaperUnavailable:
        # Said to whoever asks for paper; an exception here would only say that a process ended.
        return


def _end_with(sentinel: int) -> None:
    connection.wait([sentinel])
    os._exit(0)


class PaperPress:
    """Sets pages one after the other in one worker process, started when first needed."""

    def __init__(self) -> None:
        self._pool: ProcessPoolExecutor | None = None
        self._turn = asyncio.Lock()

    def start(self) -> ProcessPoolExecutor:
        """Starts the worker, so that the first customer does not wait for it."""
        if self._pool is None:
            # spawn: a forked child would inherit the server's threads, locks and open files.
            self._pool = ProcessPoolExecutor(1, mp_context=get_context("spawn"), initializer=_start_worker)
            self._pool.submit(os.getpid)
        return self._pool

    async def pdf(self, html: str) -> bytes:
        """As the function `pdf`."""
        return await self._set(pdf, html)

    async def paper(self, write: Callable[Told, str], *args: Told.args, **kwargs: Told.kwargs) -> bytes:
        """The PDF of what `write` (`voucher_html` and its like) makes of its documents, both done in the worker.

        What `write` raises is raised here.
        """
        return await self._set(_paper, write, args, kwargs)

    async def _set(self, task: Callable[..., bytes], *args: Any) -> bytes:
        """A worker that died is replaced once; one that hangs is ended.

        One page at a time, so that a page is timed from when its own turn comes.
        """
        async with self._turn:
            try:
                return await self._submit(task, *args)
            except BrokenProcessPool:
                self.close()
                return await self._submit(task, *args)

    async def _submit(self, task: Callable[..., bytes], *args: Any) -> bytes:
        waiting = self.start().submit(task, *args)
        try:
            return await asyncio.wait_for(asyncio.wrap_future(waiting), LONGEST_S)
        except TimeoutError:
            self.close()
            raise PaperTooSlow(f"setting the paper took longer than {LONGEST_S:.0f} s") from None

    def close(self) -> None:
        """Ends the worker; what is being set is not waited for."""
        pool, self._pool = self._pool, None
        if pool is None:
            return
        # A pool can only be asked to end when its work is done, and a page that hangs is never done.
        workers = list((pool._processes or {}).values())  # noqa: SLF001
        pool.shutdown(wait=False, cancel_futures=True)
        for worker in workers:
            worker.kill()
        # With its worker gone the pool winds up at once, and takes its semaphores with it.
        pool.shutdown(wait=True)
