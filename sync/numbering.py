"""Numbers of vouchers and deposits, and the leaves of a book as a bit set in hexadecimal.

Twin of `pwa/src/ledger/numbering.ts`; both run `tests/cases/numbering.json`. In a bit set, bit 0 is the book's first
leaf; lower case, no leading zeros, `0` when empty: equal sets are equal texts.
"""

from collections.abc import Iterable
from typing import Protocol


class Numbered(Protocol):
    """What a number is made of: a book, or the entry that assigned it."""

    @property
    def series(self) -> str: ...
    @property
    def width(self) -> int: ...


class Leaves(Protocol):
    """What decides which leaf comes next."""

    @property
    def first(self) -> int: ...
    @property
    def last(self) -> int: ...
    @property
    def issued(self) -> str: ...
    @property
    def closed(self) -> str: ...


def voucher_number(book: Numbered, leaf: int) -> str:
    return f"{book.series}-{leaf:0{book.width}d}"


def deposit_name(device_code: str, count: int) -> str:
    return f"{device_code}-{count:04d}"


def add_leaf(leaves: str, index: int) -> str:
    return f"{_bits(leaves) | 1 << index:x}"


def remove_leaf(leaves: str, index: int) -> str:
    return f"{_bits(leaves) & ~(1 << index):x}"


def has_leaf(leaves: str, index: int) -> bool:
    return bool(_bits(leaves) >> index & 1)


def count_leaves(leaves: str) -> int:
    return _bits(leaves).bit_count()


def next_leaf(book: Leaves, used: Iterable[int] = ()) -> int | None:
    """The leaf after the highest one that was ever used, or None when the book has none left.

    A gap below it stays a gap: its number may stand on a paper that nobody here knows of.
    """
    if book.closed:
        return None
    following = book.first + _bits(book.issued).bit_length()
    for leaf in used:
        if following <= leaf <= book.last:
            following = leaf + 1
    return following if following <= book.last else None


def leaves_left(book: Leaves, used: Iterable[int] = ()) -> int:
    """How many vouchers the book can still number."""
    following = next_leaf(book, used)
    return 0 if following is None else book.last - following + 1


def _bits(leaves: str) -> int:
    return int(leaves or "0", 16)
