"""What a person decides about an entry under review."""

from typing import Literal

from schemas.entries.shapes import Id, Name, NotNegative, Shape, Text


class Judged(Shape, frozen=True):
    """A supervisor decides about the stored entry `entry` (its journal position), named again by device, seq and hash.

    release: it has its normal effect now, by today's rules. reject: it has none; a voucher's money stays with who has
    it and is owed to nobody known, unless the voucher repeats `duplicate_of`: then it never was there twice.
    envelope, body: its texts, where the entry made no voucher and a replay could not know them otherwise.
    """

    entry: Id
    device: Id
    seq: NotNegative
    hash: Name
    decision: Literal["release", "reject"]
    reason: Text
    duplicate_of: str = ""
    envelope: str = ""
    body: str = ""
