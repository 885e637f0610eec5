"""Amounts as people type and read them. The rule is told in docs/ledger.md; `pwa/src/ledger/money.ts` is its twin.

Inside, an amount is an integer of minor units and nothing else. Here it is read from what a person typed, and never
rounded or guessed; and it is written for a person, with every decimal. No locale library takes part: those round, and
choose digits and marks by their own version.
"""

from typing import Literal

import msgspec

from schemas.money import CURRENCIES, Currency

Language = Literal["ar", "en"]
Digits = Literal["latin", "arabic"]
RefusalCode = Literal[
    "empty", "negative", "not_a_number", "two_decimal_points", "grouping_wrong", "too_many_decimals", "too_large"
]  # fmt: skip

LARGEST_AMOUNT = 2**53 - 1
"""Minor units. The phone counts in 64-bit floating point numbers, which are exact up to here."""

MINUS = "\u2212"
NO_BREAK_SPACE = "\u00a0"


class Parsed(msgspec.Struct, frozen=True, tag_field="kind", tag="parsed"):
    amount: int
    """Minor units, zero or more."""


class Ambiguous(msgspec.Struct, frozen=True, tag_field="kind", tag="ambiguous"):
    """Two honest readings. Only the person who typed it knows, so the screen asks and shows both."""

    grouped: int
    """Minor units, if the comma separates thousands."""
    decimal: int
    """Minor units, if the comma is a decimal point."""


class Refused(msgspec.Struct, frozen=True, tag_field="kind", tag="refused"):
    code: RefusalCode


class Parts(msgspec.Struct, frozen=True):
    """A number in pieces, so that decimals can be set smaller. The pieces in this order make the whole number."""

    sign: str
    """The minus sign U+2212, or nothing."""
    whole: str
    point: str
    fraction: str
    """Always as many digits as the currency has decimals."""


_LATIN = "0123456789"
_ARABIC_INDIC = "٠١٢٣٤٥٦٧٨٩"
_PERSIAN = "۰۱۲۳۴۵۶۷۸۹"

# Space, no-break, figure, thin and narrow no-break space all separate thousands.
_SPACES = " \u00a0\u2007\u2009\u202f"
# Direction marks come along when an amount is pasted. They say nothing about it.
_DIRECTION_MARKS = "\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
_MINUSES = "-\u2010\u2011\u2012\u2013\u2014\u2212"

_PLAIN = str.maketrans(
    _ARABIC_INDIC + _PERSIAN + "٫،" + _SPACES, _LATIN + _LATIN + ".," + " " * len(_SPACES), _DIRECTION_MARKS
)
_TO_ARABIC = str.maketrans(_LATIN + ",.", _ARABIC_INDIC + "٬٫")


def currency_of(code: str) -> Currency:
    """The row of the currency table. ValueError names a code that the table does not have."""
    if code not in CURRENCIES:
        raise ValueError(f"unknown currency {code!r}")
    return CURRENCIES[code]


def parse_amount(text: str, currency: str) -> Parsed | Ambiguous | Refused:
    """What a person typed, in minor units of the currency.

    Latin, Arabic-Indic and Persian digits. `.` and `٫` are decimal points. `٬` and spaces separate thousands, in groups
    of three. A comma (`,` or `،`) separates thousands too, but many keyboards offer it as the decimal point: where only
    one reading is well formed it is taken, and where both are («1,250» in a currency of three decimals) both come back.
    More decimals than the currency has are refused, even zeros, because «1.500» pounds may be meant as thousands.

    Refusals, the first that applies: empty, negative, not_a_number (other signs, or no digit), two_decimal_points,
    grouping_wrong, too_many_decimals, too_large (above LARGEST_AMOUNT). ValueError for an unknown currency.
    """
    exponent = currency_of(currency).exponent
    plain = text.translate(_PLAIN).strip(" \t\r\n")
    if not plain:
        return Refused("empty")
    if any(sign in plain for sign in _MINUSES):
        return Refused("negative")
    if not set(plain) <= set(_LATIN + ".,٬ ") or not set(plain) & set(_LATIN):
        return Refused("not_a_number")
    if plain.count(".") > 1:
        return Refused("two_decimal_points")

    whole, _, fraction = plain.partition(".")
    by_point = _ungrouped(whole)
    # The one comma as decimal point. Without digits after it, it is no decimal point but a slip.
    before, _, after = plain.partition(",")
    by_comma = _ungrouped(before) if plain.count(",") == 1 and "." not in plain else None
    if by_comma is not None and not (_all_digits(after) and 0 < len(after) <= exponent):
        by_comma = None

    if by_point is None and by_comma is None:
        return Refused("grouping_wrong")
    if by_point is not None and fraction and not _all_digits(fraction):
        return Refused("grouping_wrong")
    if by_point is not None and len(fraction) > exponent:
        return Refused("too_many_decimals")
    readings = []
    if by_point is not None:
        readings.append(_minor(by_point, fraction, exponent))
    if by_comma is not None:
        readings.append(_minor(by_comma, after, exponent))
    if max(readings) > LARGEST_AMOUNT:
        return Refused("too_large")
    return Parsed(readings[0]) if len(readings) == 1 else Ambiguous(grouped=readings[0], decimal=readings[1])


def _all_digits(text: str) -> bool:
    return all(character in _LATIN for character in text)


def _ungrouped(text: str) -> str | None:
    """The digits of a whole number without its separators; None if they are of two kinds or not every three digits."""
    kinds = set(text) - set(_LATIN)
    if not kinds:
        return text
    if len(kinds) > 1:
        return None
    first, *groups = text.split(kinds.pop())
    # A number in groups does not begin with zero: «0,250» can only be a decimal.
    if not 1 <= len(first) <= 3 or first.startswith("0") or any(len(group) != 3 for group in groups):
        return None
    return first + "".join(groups)


def _minor(whole: str, fraction: str, exponent: int) -> int:
    digits = (whole + fraction.ljust(exponent, "0")).lstrip("0") or "0"
    # Longer than any amount that we take; Python refuses to read thousands of digits, so it is not asked to.
    return LARGEST_AMOUNT + 1 if len(digits) > 16 else int(digits)


def split(minor: int, currency: str, *, digits: Digits = "latin") -> Parts:
    """The amount in pieces: 1234550 of EGP is ("", "12,345", ".", "50"). Minor units in; nothing is rounded or dropped.

    ValueError for an unknown currency, and for an amount beyond LARGEST_AMOUNT in either direction.
    """
    exponent = currency_of(currency).exponent
    if abs(minor) > LARGEST_AMOUNT:
        raise ValueError(f"amount {minor} is too large")
    whole, fraction = divmod(abs(minor), 10**exponent)
    parts = Parts(
        sign=MINUS if minor < 0 else "",
        whole=f"{whole:,}",
        point="." if exponent else "",
        fraction=f"{fraction:0{exponent}}" if exponent else "",
    )
    if digits == "latin":
        return parts
    return Parts(
        parts.sign,
        parts.whole.translate(_TO_ARABIC),
        parts.point.translate(_TO_ARABIC),
        parts.fraction.translate(_TO_ARABIC),
    )


def format_amount(
    minor: int, currency: str, *, language: Language, digits: Digits = "latin", number_only: bool = False
) -> str:
    """The amount as plain text: «20,350.50 ج.م» in Arabic, «EGP 20,350.50» in English.

    Minor units in; every decimal of the currency is written. Comma and point with Latin digits, ٬ and ٫ with
    Arabic-Indic ones. Minus is U+2212 before the number. Number and sign are held together by a no-break space.
    `number_only` is for columns that carry their currency in the head. Direction isolates are the screen's business.
    ValueError as in `split`.
    """
    parts = split(minor, currency, digits=digits)
    number = parts.sign + parts.whole + parts.point + parts.fraction
    if number_only:
        return number
    if language == "ar":
        return number + NO_BREAK_SPACE + currency_of(currency).sign_ar
    return currency + NO_BREAK_SPACE + number
