"""Voucher books: a numbered range, a thing in custody, the offline allocator of one device, a unit of audit."""

from typing import Literal

from schemas.entries.shapes import Id, Name, Positive, Shape, Text


class BookAssigned(Shape, frozen=True):
    """Leaves first … last of a series go to one device for life. A number is `<series>-<leaf, zero-padded to width>`.

    The entry itself, signed by the server, is the grant that the phone keeps.
    """

    book: Id
    series: Name
    first: Positive
    last: Positive
    device: Id
    holder: Id
    kind: Literal["electronic", "paper", "training"] = "electronic"
    width: Positive = 6


class BookAccepted(Shape, frozen=True):
    """The device has the grant and will number from it. For an electronic book the phone writes it by itself."""

    book: Id
    first: Positive
    last: Positive


class BookClosed(Shape, frozen=True):
    """Unused leaves end here. cancelled: retired unused, in order; unknown: the device was lost, each leaf after its
    last known one stays unexplained, and a voucher that turns up with such a number is quarantined."""

    book: Id
    outcome: Literal["cancelled", "unknown"]
    reason: Text = ""
