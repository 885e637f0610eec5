"""After a restore: which of the office's own work is gone and must be done again.

What only the server wrote between the backup and the loss (imports, assignments, users, plans, approvals) is in no
phone. But what phones hand in again leans on it, and each such entry says by its flags what is missing.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import msgspec

from schemas.codes import Flag
from schemas.entries.company import EpochBegan
from schemas.wire import Stamp
from server.store.port import Shelf
from sync.reading import envelope_of

REDO: dict[Flag, tuple[str, tuple[str, ...]]] = {
    Flag.USER_UNKNOWN: ("give this user a name and a login again", ("user",)),
    Flag.CUSTOMER_UNKNOWN: ("import this customer again, then release the voucher", ("customer",)),
    Flag.ITEM_UNKNOWN: ("import the open items of this voucher's customer again", ("customer",)),
    Flag.CUSTOMER_NOT_ASSIGNED: ("assign this customer to the collector again", ("customer",)),
    Flag.REQUEST_UNKNOWN: ("decide about this voucher again: the void was approved before the loss", ("receipt",)),
    Flag.BOOK_NOT_HELD: ("the phone has not handed its book back yet; else release the voucher", ("number",)),
}
"""Flag → what the office does about it, and where the body names the thing."""


@dataclass(frozen=True, slots=True)
class Redo:
    """One thing to do again. what: the id or number that the entry names; by: who wrote the entry that needs it."""

    flag: Flag
    todo: str
    what: str
    by: str
    positions: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class AfterRestore:
    """backup_at … began_at: the time whose office work is gone. position: where the restored journal ended."""

    epoch: int
    backup_at: str
    began_at: str
    position: int
    redo: list[Redo]


def after_restore(shelf: Shelf) -> AfterRestore | None:
    """What the last restore left to do, as far as has been handed in by now; None when there was none."""
    last = None
    for row in shelf.stream("SELECT position, envelope, body, stamp FROM journal WHERE online = 1 ORDER BY position"):
        written = envelope_of(bytes(row[1]))
        if written is not None and written.kind == "epoch_began":
            last = row
    if last is None:
        return None
    position, _, body, stamp = last
    began = msgspec.json.decode(bytes(body), type=EpochBegan)
    began_at = msgspec.json.decode(bytes(stamp), type=Stamp).received_at
    redo = list(_redo(shelf, position))
    return AfterRestore(began.epoch, began.backup_at, began_at, began.restored_position, redo)


def _redo(shelf: Shelf, since: int) -> Iterator[Redo]:
    places: dict[tuple[Flag, str, str], list[int]] = {}
    for position, envelope, body, flags in shelf.stream(
        "SELECT j.position, j.envelope, j.body, c.flags FROM journal j JOIN chain c"
        " ON c.device = j.device AND c.seq = j.seq AND c.position = j.position"
        " WHERE j.position > ? AND c.flags <> '' ORDER BY j.position",
        since,
    ):
        written = envelope_of(bytes(envelope))
        for flag in map(Flag, flags.split()):
            if flag in REDO:
                what = _named(bytes(body), REDO[flag][1])
                places.setdefault((flag, what, written.by if written else ""), []).append(position)
    for (flag, what, by), positions in places.items():
        yield Redo(flag, REDO[flag][0], what, by, tuple(positions))


def _named(body: bytes, fields: tuple[str, ...]) -> str:
    """What the body names; for a grant, what the granted entry's body names."""
    try:
        said = msgspec.json.decode(body)
        if isinstance(said, dict) and isinstance(said.get("grant"), dict):
            said = msgspec.json.decode(said["grant"]["body"])
        return str(next((said[name] for name in fields if name in said), "")) if isinstance(said, dict) else ""
    except (msgspec.DecodeError, UnicodeDecodeError, KeyError, TypeError):
        return ""
