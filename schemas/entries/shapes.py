"""Small shapes that several bodies share."""

from typing import Annotated

import msgspec

Positive = Annotated[int, msgspec.Meta(ge=1)]
"""An amount in minor units, or a count, of at least one."""
NotNegative = Annotated[int, msgspec.Meta(ge=0)]
Text = Annotated[str, msgspec.Meta(max_length=500)]
Name = Annotated[str, msgspec.Meta(max_length=200)]
Id = Annotated[str, msgspec.Meta(min_length=1, max_length=64)]
CurrencyCode = Annotated[str, msgspec.Meta(pattern="^[A-Z]{3}$")]
RateText = Annotated[str, msgspec.Meta(pattern=r"^[0-9]{1,9}(\.[0-9]{1,9})?$")]
"""An exchange rate as a decimal number. Never a float."""
Sha256Hex = Annotated[str, msgspec.Meta(pattern="^[0-9a-f]{64}$")]


class Shape(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True, gc=False):
    """Base of all bodies. Unknown fields are an error here so that the reader can see and flag them; it then reads
    the body again without them (`sync.reading`). They are never dropped: the bytes are kept.

    gc=False: bodies never hold themselves; a server with thousands of them need not search them for cycles."""


class Grant(Shape, frozen=True):
    """A server's signed entry that a device keeps as its title: texts as hashed and signed, and the signature."""

    envelope: str
    body: str
    sig: str


class EntryTexts(Shape, frozen=True):
    """Another device's entry, letter for letter: texts as hashed and signed, and the signature."""

    envelope: Annotated[str, msgspec.Meta(max_length=4000)]
    body: Annotated[str, msgspec.Meta(max_length=32_000)]
    sig: Annotated[str, msgspec.Meta(max_length=200)]


class Position(Shape, frozen=True):
    """Where the phone believed it was. Degrees WGS 84; accuracy: radius in metres."""

    lat: float
    lon: float
    accuracy: float = 0.0


class Notes(Shape, frozen=True):
    """How many notes or coins of one value. value: minor units of the currency."""

    value: Positive
    count: NotNegative


class Total(Shape, frozen=True):
    """An amount per currency and method: how much is there, in how many pieces. amount: minor units."""

    currency: CurrencyCode
    method: str
    count: NotNegative
    amount: NotNegative
