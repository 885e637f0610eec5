"""Dates, amounts and texts of a file. Nothing is guessed about a single cell: a file writes dates and decimals in one
way, and that way is stated, or proved by the file itself, or asked for.
"""

import re
import unicodedata
from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from typing import Literal

from schemas.money import CURRENCIES
from server.imports.refusal import CellRefused, FileCode, FileRefused, RejectCode
from sync.money import LARGEST_AMOUNT, Ambiguous, Parsed, Refused, parse_amount

Dates = Literal["day-first", "month-first", "iso"]
Decimals = Literal[".", ","]

# ---- texts

_DIGITS = str.maketrans("٠١٢٣٤٥٦٧٨٩۰۱۲۳۴۵۶۷۸۹", "01234567890123456789")
_DIRECTION_MARKS = dict.fromkeys(
    map(ord, "\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\ufeff")
)


def clean(text: str, *, lines: bool = False) -> str:
    """A text as a person reads it: no direction marks, no double spaces; composed letters (NFC), so that the same code
    typed on two machines is the same. `lines` keeps line breaks."""
    if not text.isascii():
        text = unicodedata.normalize("NFC", text.translate(_DIRECTION_MARKS))
    if not lines:
        return " ".join(text.split())
    return "\n".join(part for part in (" ".join(line.split()) for line in text.splitlines()) if part)


def limited(text: str, most: int) -> str:
    if len(text) > most:
        raise CellRefused(RejectCode.TEXT_TOO_LONG, f"{len(text)} characters, where {most} are the most")
    return text


# ---- dates

_TIME = r"(?:[T ]\d{1,2}:\d{2}(?::\d{2}(?:\.\d+)?)?(?: ?[AaPp][Mm])?)?"
_YEAR_FIRST = re.compile(r"(\d{4})([-/.])(\d{1,2})\2(\d{1,2})" + _TIME)
_YEAR_LAST = re.compile(r"(\d{1,2})([-/.])(\d{1,2})\2(\d{4})" + _TIME)
_YEAR_SHORT = re.compile(r"(\d{1,2})([-/.])(\d{1,2})\2(\d{2})" + _TIME)
_COMPACT = re.compile(r"(\d{4})(\d{2})(\d{2})")


def _plain_date(text: str) -> str:
    return clean(text).translate(_DIGITS)


def date_order(samples: Iterable[tuple[int, str, str]], stated: Dates | None) -> Dates:
    """How a file writes its dates: as stated, or as proved by a day above 12. samples: line, column, text.

    Where nothing is stated, one date that may be read both ways refuses the file, and so do dates of both orders.
    """
    if stated is not None:
        return stated
    unsure: tuple[int, str, str] | None = None
    proof: dict[Dates, tuple[int, str]] = {}
    for line, column, text in samples:
        match = _YEAR_LAST.fullmatch(_plain_date(text))
        if match is None:
            continue
        first, second = int(match[1]), int(match[3])
        if first > 12 >= second >= 1:
            proof.setdefault("day-first", (line, text))
        elif second > 12 >= first >= 1:
            proof.setdefault("month-first", (line, text))
        elif first != second and 1 <= first <= 12 and 1 <= second <= 12:
            unsure = unsure or (line, column, text)
    if len(proof) == 2:
        told = ", ".join(f"line {line} ({text}) only {order}" for order, (line, text) in proof.items())
        raise FileRefused(
            FileCode.DATES_AMBIGUOUS,
            f"The file has dates of both orders: {told}. Say which holds; the others are rejected.",
        )
    if unsure is not None:
        line, column, text = unsure
        hint = "".join(f" Line {at} ({other}) can only be {order}." for order, (at, other) in proof.items())
        raise FileRefused(
            FileCode.DATES_AMBIGUOUS,
            f"Line {line}, column {column!r}: {text} may be read day-first or month-first.{hint} Say which: "
            '--dates day-first or --dates month-first, or dates = "…" in the [options] of a mapping.',
        )
    return next(iter(proof), "iso")


def parse_date(text: str, order: Dates) -> date:
    """The date in a cell. ISO 8601 and year-first dates are taken whatever the order; a time of day is left out."""
    plain = _plain_date(text)
    if match := _YEAR_FIRST.fullmatch(plain):
        year, month, day = int(match[1]), int(match[3]), int(match[4])
    elif match := _COMPACT.fullmatch(plain):
        year, month, day = int(match[1]), int(match[2]), int(match[3])
    elif match := _YEAR_LAST.fullmatch(plain):
        first, second, year = int(match[1]), int(match[3]), int(match[4])
        # The same number twice is the same day in either order.
        if order == "iso" and first != second:
            raise CellRefused(RejectCode.DATE_ORDER_WRONG, "dates of this file are year-month-day")
        day, month = (second, first) if order == "month-first" else (first, second)
        if month > 12 >= day >= 1:
            raise CellRefused(RejectCode.DATE_ORDER_WRONG, f"month {month}: dates of this file are {order}")
    elif _YEAR_SHORT.fullmatch(plain):
        raise CellRefused(RejectCode.DATE_YEAR_SHORT, "the year has two digits; write four")
    else:
        raise CellRefused(RejectCode.DATE_UNREADABLE, "not a date of the form 2026-11-22 or 22/11/2026")
    # A year of the Hijri calendar, or a slip of the hand: neither may become a due date of centuries ago.
    if not 1900 <= year <= 2199:
        raise CellRefused(RejectCode.DATE_IMPOSSIBLE, f"year {year} is outside 1900 to 2199")
    try:
        return date(year, month, day)
    except ValueError as error:
        raise CellRefused(RejectCode.DATE_IMPOSSIBLE, f"there is no such day: {error}") from error


# ---- amounts

_MINUSES = "-\u2010\u2011\u2012\u2013\u2014\u2212"
# A comma of either script as «thousands» or as «point», written so that the amount reader cannot take it otherwise.
_BY_POINT = str.maketrans(",،", "٬٬")
_BY_COMMA = str.maketrans(",،.", "٫٫٬")
_POINTS = ".٫"
_CODES = {
    "too_many_decimals": (RejectCode.AMOUNT_TOO_PRECISE, "more decimals than the currency has"),
    "too_large": (RejectCode.AMOUNT_TOO_LARGE, "larger than any amount that is taken"),
}


def _unsigned(text: str, currency: str) -> tuple[str, int]:
    """The amount without its sign and without the currency's own name. Parentheses and a minus at either end are
    negative."""
    plain = clean(text)
    for name in (currency, CURRENCIES[currency].sign_ar, CURRENCIES[currency].sign_en):
        if name and plain.casefold().startswith(name.casefold()):
            plain = plain[len(name) :].strip()
        elif name and plain.casefold().endswith(name.casefold()):
            plain = plain[: -len(name)].strip()
    if plain.startswith("(") and plain.endswith(")"):
        return plain[1:-1].strip(), -1
    if plain and plain[0] in _MINUSES:
        return plain[1:].strip(), -1
    if plain and plain[-1] in _MINUSES:
        return plain[:-1].strip(), -1
    return plain, 1


def _without_idle_zeros(text: str, exponent: int) -> str:
    """ERPs write 150000.00 pounds of Lebanon, which have no decimals, and 12.5000 of Egypt. Zeros beyond the currency's
    decimals say nothing once it is known which mark is the decimal point."""
    for point in _POINTS:
        whole, mark, fraction = text.partition(point)
        beyond = fraction.translate(_DIGITS)[exponent:]
        if mark and beyond and not beyond.strip("0"):
            return whole + (mark + fraction[:exponent] if exponent else "")
    return text


def _read(text: str, currency: str, decimal: Decimals) -> Parsed | Refused:
    marked = text.translate(_BY_POINT if decimal == "." else _BY_COMMA)
    read = parse_amount(_without_idle_zeros(marked, CURRENCIES[currency].exponent), currency)
    # Only a comma makes an amount ambiguous, and both tables replace it.
    return Refused("not_a_number") if isinstance(read, Ambiguous) else read


def _marks_of(text: str, currency: str) -> set[Decimals] | None:
    """Which decimal points this amount allows; both if it does not depend on it; none if it may mean two things.
    None if it is no amount with either."""
    bare, _ = _unsigned(text, currency)
    read = parse_amount(bare, currency)
    by_point, by_comma = _read(bare, currency, "."), _read(bare, currency, ",")
    marks: set[Decimals] = set()
    if isinstance(read, Ambiguous):
        return marks
    if isinstance(read, Parsed):
        if by_point == read:
            marks.add(".")
        if by_comma == read:
            marks.add(",")
        return marks
    if isinstance(by_point, Refused) and isinstance(by_comma, Refused):
        return None
    # «1.500» and «23.456» pounds may be thousands, or pounds with a decimal too many.
    if isinstance(by_comma, Refused):
        marks.add(".")
    elif isinstance(by_point, Refused) and by_point.code != "too_many_decimals":
        marks.add(",")
    return marks


def decimal_mark(samples: Iterable[tuple[int, str, str, str]], stated: Decimals | None) -> Decimals:
    """Which mark is the decimal point of a file: as stated, or as proved. samples: line, column, text, currency.

    Where nothing is stated, one amount that may be read both ways refuses the file, and so do amounts of both kinds.
    """
    if stated is not None:
        return stated
    proof: dict[Decimals, tuple[int, str]] = {}
    for line, column, text, currency in samples:
        marks = _marks_of(text, currency)
        if marks is None:
            continue
        if not marks:
            raise FileRefused(
                FileCode.AMOUNTS_AMBIGUOUS,
                f"Line {line}, column {column!r}: {text} may be read in two ways. Say which mark is the decimal point: "
                '--decimal . or --decimal , or decimal = "…" in the [options] of a mapping.',
            )
        if len(marks) == 1:
            proof.setdefault(marks.pop(), (line, text))
    if len(proof) == 2:
        told = ", ".join(f"line {line} ({text}) has {mark!r}" for mark, (line, text) in proof.items())
        raise FileRefused(
            FileCode.AMOUNTS_AMBIGUOUS,
            f"The file has decimal points of both kinds: {told}. Say which holds; the others are rejected.",
        )
    return next(iter(proof), ".")


def parse_money(text: str, currency: str, decimal: Decimals, *, typed: bool = False) -> int:
    """The amount in a cell, in minor units of the currency. typed: the file holds a number and no text."""
    if typed:
        scaled = Decimal(text).scaleb(CURRENCIES[currency].exponent)
        if scaled != scaled.to_integral_value():
            raise CellRefused(*_CODES["too_many_decimals"])
        if abs(scaled) > LARGEST_AMOUNT:
            raise CellRefused(*_CODES["too_large"])
        return int(scaled)
    bare, sign = _unsigned(text, currency)
    read = _read(bare, currency, decimal)
    if isinstance(read, Refused):
        raise CellRefused(
            *_CODES.get(read.code, (RejectCode.AMOUNT_UNREADABLE, f"not an amount with {decimal!r} as decimal point"))
        )
    return sign * read.amount


# ---- the rest

_CURRENCY_NAMES = {
    "LE": "EGP", "L.E": "EGP", "L.E.": "EGP", "جنيه": "EGP", "جنيه مصري": "EGP", "ج.م.": "EGP", "LL": "LBP",
    "L.L.": "LBP", "ليرة لبنانية": "LBP", "ل.ل.": "LBP", "KD": "KWD", "دينار كويتي": "KWD", "د.ك.": "KWD",
    "BD": "BHD", "ريال سعودي": "SAR", "ر.س.": "SAR", "درهم إماراتي": "AED", "دولار": "USD", "دولار أمريكي": "USD",
} | {row.sign_ar: code for code, row in CURRENCIES.items()}  # fmt: skip


def parse_currency(text: str) -> str:
    """ISO 4217, or a short name that only one currency has."""
    plain = clean(text).upper()
    code = plain if plain in CURRENCIES else _CURRENCY_NAMES.get(plain)
    if code is None:
        raise CellRefused(RejectCode.CURRENCY_UNKNOWN, f"currencies are: {', '.join(CURRENCIES)}")
    return code


def parse_degrees(text: str, most: int) -> float:
    """A latitude (most 90) or longitude (most 180)."""
    plain = clean(text).translate(_DIGITS).replace("٫", ".")
    if not re.fullmatch(r"[-+]?\d{1,3}(?:\.\d{1,15})?", plain) or abs(float(plain)) > most:
        raise CellRefused(RejectCode.PLACE_UNREADABLE, f"not degrees between -{most} and {most}")
    return float(plain)


# ---- how a customer is written to

_EMAIL = re.compile(r"[^\s@<>()\[\],;:\"\\]+@[^\s@<>()\[\],;:\"\\.]+(?:\.[^\s@<>()\[\],;:\"\\.]+)+")
LONGEST_EMAIL = 200
_LANGUAGES: dict[str, Literal["", "ar", "en"]] = {
    "": "", "both": "", "كلاهما": "", "ar": "ar", "ara": "ar", "arabic": "ar", "عربي": "ar", "العربية": "ar",
    "عربية": "ar", "en": "en", "eng": "en", "english": "en", "انجليزي": "en", "إنجليزي": "en", "الإنجليزية": "en",
    "الانجليزية": "en", "إنجليزية": "en", "انجليزية": "en",
}  # fmt: skip


def parse_email(text: str) -> str:
    """One address as mail takes it, or nothing. A list of two is refused: nobody could say which one was meant."""
    plain = clean(text)
    if plain and (len(plain) > LONGEST_EMAIL or not _EMAIL.fullmatch(plain)):
        raise CellRefused(RejectCode.EMAIL_UNREADABLE, "one address, like shop@example.com")
    return plain


def parse_language(text: str) -> Literal["", "ar", "en"]:
    """What a customer is written in; empty: Arabic and English."""
    found = _LANGUAGES.get(clean(text).lower())
    if found is None:
        raise CellRefused(RejectCode.LANGUAGE_UNKNOWN, "ar, en, or blank for both")
    return found
