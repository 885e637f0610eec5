"""Vouchers that a customer has and the company has not."""

from typing import Annotated

import msgspec

from schemas.entries.receipts import Tender
from schemas.entries.shapes import Name, Shape, Text

Code = Annotated[str, msgspec.Meta(max_length=2000)]


class VoucherReported(Shape, frozen=True):
    """Somebody showed the code of a voucher that the company has not seen. payload, sig: as in the code; the signature
    is the device's, checked before this is written."""

    payload: Code
    sig: Name


class VoucherRebuilt(Shape, frozen=True):
    """A supervisor lets a reported voucher count, provisionally, in its place (device, seq, hash).

    tenders: as the customer tells them; per currency and method they are the sums of the code. customer: the one that
    has the code's customer code, empty if there is none. filled: hash of another entry that the journal has in this
    place already.
    """

    payload: Code
    sig: Name
    tenders: Annotated[list[Tender], msgspec.Meta(min_length=1, max_length=30)]
    customer: str = ""
    filled: Name = ""
    note: Text = ""
