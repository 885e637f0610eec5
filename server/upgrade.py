"""What another version has made by other rules is made anew before anybody works on it."""

import logging
from collections.abc import Callable
from contextlib import closing

from server.replay import rebuild
from server.settings import Settings
from server.store.opening import CompanyInUse, open_store, place_of
from server.store.port import VERSIONS, Shelf
from server.store.secrets import made_by, meta_of

log = logging.getLogger("sanad")
Told = Callable[[int, int], None]
"""Entries done, entries in all."""


def stale(shelf: Shelf) -> list[str]:
    """The projections that were made by other rules than this version's."""
    return [name for name, version in VERSIONS.items() if made_by(shelf, name) != version]


def bring_up_to_date(settings: Settings, told: Told) -> None:
    """Make anew what is stale, with the company closed to everybody else; CompanyInUse where it is not."""
    try:
        store = open_store(settings, alone=True)
    except CompanyInUse as others:
        raise CompanyInUse(
            place_of(settings), "it must be made anew for this version, so stop all others first"
        ) from others
    with closing(store):
        names, entries = stale(store), store.tip()[0]
        if names:
            log.info("making the %s of %d entries anew for this version", " and ".join(names), entries)
            rebuild(store, meta_of(store, "company"), lambda done: told(done, entries), names)
