"""What this process knows without asking the store: where there is something new, and who may call.

A phone that asks whether there is anything new is told no from memory, however much others write. All of it can be
forgotten at any time; then the store is asked again. Written to by the writing thread, read by the web side.
"""

import threading

from server.identity.sessions import Caller
from server.store.port import Fresh

MOST = 20_000
"""Cursors and callers remembered; beyond it all are forgotten and learnt again."""


class News:
    """position: of the newest commit that this process knows. Up to `_floor`, any scope may have changed unseen."""

    def __init__(self, position: int) -> None:
        self.position = position
        self._floor = position
        self._scopes: dict[str, int] = {}
        self._given: dict[str, tuple[int, tuple[str, ...], str]] = {}
        self._turn = self._unseen = 0
        self._changed: dict[str, int] = {}
        self._callers: dict[tuple[str, str], tuple[Caller, int]] = {}
        self._lock = threading.Lock()

    # ---- what has happened

    def wrote(self, before: int, position: int, fresh: Fresh) -> None:
        """This process has committed: the journal was at `before` and is now at `position`."""
        with self._lock:
            self._turn += 1
            if before != self.position:
                self._others(before)
            # Nobody pulls what an attachment is named in; that scope only answers whether one is named.
            self._scopes.update({name: rev for name, rev in fresh.scopes.items() if not name.startswith("attachment:")})
            self._changed.update(dict.fromkeys(fresh.people, self._turn))
            self.position = position  # last: who reads it sees what it covers

    def heard(self, position: int) -> None:
        """Somebody has committed up to here; what, is not told. This process hears of its own commits too."""
        if position > self.position:
            self.found(position)

    def found(self, position: int) -> None:
        """This is where the journal stands, says a new connection; if it is less than before, it is another one."""
        with self._lock:
            if position != self.position:
                self._turn += 1
                self._others(position)
                self.position = position

    def forget(self) -> None:
        """The store may be another one than it was."""
        with self._lock:
            self._turn += 1
            self._others(self.position)
            self._given.clear()

    def _others(self, position: int) -> None:
        self._unseen = self._turn
        self._floor = max(self._floor, position)
        if position < self.position:  # the store has less in it than before
            self._given.clear()

    # ---- pulls

    def gave(self, cursor: str, position: int, scopes: list[str], epoch: str) -> None:
        """A reader of these scopes has all there is up to `position`, and holds this cursor for it."""
        if len(self._given) >= MOST:
            self._given.clear()
        self._given[cursor] = (position, tuple(scopes), epoch)

    def quiet(self, cursor: str, scopes: list[str]) -> tuple[int, str] | None:
        """(position, epoch) where nothing has changed in the scopes since this cursor was given; None if there may be
        something, or if nobody here knows."""
        position = self.position  # first: see `wrote`
        given = self._given.get(cursor)
        if given is None or given[0] < self._floor or given[1] != tuple(scopes):
            return None
        if any(self._scopes.get(scope, 0) > given[0] for scope in scopes):
            return None
        return max(position, given[0]), given[2]

    def newest(self, scopes: list[str]) -> int:
        """Up to here something may have changed in the scopes; after it nothing has that this process knows of."""
        with self._lock:
            return max(self._floor, *(self._scopes.get(scope, 0) for scope in scopes))

    # ---- callers

    @property
    def turn(self) -> int:
        """To be read before the store is asked who somebody is."""
        return self._turn

    def knows(self, caller: Caller, turn: int) -> None:
        """Who an active user on an active device is, as the store said at that turn."""
        if len(self._callers) >= MOST:
            self._callers.clear()
        self._callers[caller.user, caller.device] = (caller, turn)

    def caller(self, user: str, device: str) -> Caller | None:
        """The same, if neither has changed since."""
        found = self._callers.get((user, device))
        if found is None:
            return None
        since = max(self._changed.get(user, 0), self._changed.get(device, 0), self._unseen)
        return found[0] if found[1] >= since else None
