"""Who may load now. A load reads many pages and takes the server's time; a push is short and somebody waits for it at a
customer's door. So loads queue, and when the queue is long they are asked to come again; pushes never are.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from schemas.codes import Problem
from server.problems import ProblemError

AT_ONCE = 2
"""Pages that are read and packed at the same time; more would only make each slower."""
WAITING = 40
PAGES_A_SECOND = 20
"""A careful guess for the slowest machine; what it decides is only how long the turned-away wait."""


class Admission:
    """For one event loop."""

    def __init__(self) -> None:
        self._free = asyncio.Semaphore(AT_ONCE)
        self.waiting = 0
        self._turned_away = 0

    @asynccontextmanager
    async def load(self) -> AsyncIterator[None]:
        """One page of a load; BUSY with `Retry-After` where too many wait already. Those turned away are told to come
        one after the other, not all at once again."""
        if self.waiting >= WAITING:
            self._turned_away += 1
            seconds = 1 + (self.waiting + self._turned_away) // PAGES_A_SECOND
            raise ProblemError(Problem.BUSY, "many devices are loading", retry_after=min(seconds, 30))
        self.waiting += 1
        try:
            async with self._free:
                yield
        finally:
            self.waiting -= 1
            if self.waiting < AT_ONCE:
                self._turned_away = 0
