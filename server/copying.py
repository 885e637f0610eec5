"""A company carried whole from one store to another, and checked before it counts."""

from collections.abc import Callable
from itertools import islice

from server.replay import digest
from server.store.port import TABLES, Shelf, Store
from server.store.secrets import meta_of
from server.verify import verify

PIECE = 2_000


class TargetTaken(RuntimeError):
    """Where the company should go there is one already."""


class CopyDiffers(RuntimeError):
    """The copy is not what was copied; nothing of it was kept."""


def rows_of(source: Shelf) -> int:
    """How many rows a copy has to carry."""
    return sum(source.select(f"SELECT count(*) FROM {table}")[0][0] for table in TABLES)  # noqa: S608 -- own names


def copy_company(
    source: Store, target: Store, carried: Callable[[int], None], checked: Callable[[int], None]
) -> tuple[int, bytes]:
    """Carry journal, chains, words, projections, keys and secrets in one transaction, which ends only when the copy has
    the same tip, the same running hash and the same projections, and adds up. Returns position and running hash.

    TargetTaken, CopyDiffers: nothing was written. carried: rows so far; checked: entries verified so far.
    """
    if meta_of(target, "company"):
        raise TargetTaken("there is a company already")
    target.begin()
    try:
        _carry(source, target, carried)
        _compare(source, target, checked)
        target.commit()
    except BaseException:
        target.rollback()
        raise
    return target.tip()


def _carry(source: Shelf, target: Store, carried: Callable[[int], None]) -> None:
    done = 0
    for table, columns in TABLES.items():
        names = ", ".join(f'"{column}"' for column in columns)
        rows = source.stream(f"SELECT {names} FROM {table} ORDER BY 1, 2")  # noqa: S608 -- our own names
        while piece := [tuple(row) for row in islice(rows, PIECE)]:
            target.fill(table, piece)
            done += len(piece)
            carried(done)


def _compare(source: Store, target: Store, checked: Callable[[int], None]) -> None:
    if source.tip() != target.tip():
        raise CopyDiffers(f"the copy ends at position {target.tip()[0]}, the company at {source.tip()[0]}")
    if rows_of(source) != rows_of(target) or digest(source) != digest(target):
        raise CopyDiffers("the projections are not the same")
    fault = next(verify(target, checked), None)
    if fault is not None:
        raise CopyDiffers(str(fault))
