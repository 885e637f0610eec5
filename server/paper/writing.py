"""How amounts, dates, codes and names are written on every paper.

Each number, code, date and Latin word stands in an isolate of its own, so that the Arabic around it cannot turn it
round; what a person typed stands in one that finds its own direction, and has lost whatever could steer the text
outside it.
"""

import unicodedata
from collections.abc import Iterable
from datetime import date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import msgspec
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from schemas.documents import Company, User
from schemas.entries.company import Branch
from sync.money import format_amount

WEEKDAYS_AR = ("الاثنين", "الثلاثاء", "الأربعاء", "الخميس", "الجمعة", "السبت", "الأحد")

ZERO_WIDTH_SPACE = "\u200b"
LONGEST_WORD = 24
LONGEST_IN_CODE = 11
"""As wide as the narrowest column that holds a code."""

# A zero-width joiner or non-joiner shapes the letters beside it and is part of how some names are spelt.
_JOINERS = "\u200c\u200d"
_MOST_MARKS = 4
"""Vowel signs on one letter. More never occur in a name; a pile of them would run over the lines above and below."""


class Both(msgspec.Struct, frozen=True):
    """The same words in both languages."""

    ar: str
    en: str

    def __html__(self) -> Markup:
        """Arabic, then English in an isolate: how a caption stands on paper."""
        return Markup('{} <bdi dir="ltr" lang="en">{}</bdi>').format(self.ar, self.en)


def clean(text: str) -> str:
    """What a person typed, on one line, without characters that have no shape but change how others are shown."""
    kept: list[str] = []
    marks = 0
    for character in text:
        category = unicodedata.category(character)
        marks = marks + 1 if category in {"Mn", "Me"} else 0
        if category in {"Cc", "Zl", "Zp", "Zs"}:
            kept.append(" ")
        elif (category == "Cf" and character not in _JOINERS) or category == "Cs" or marks > _MOST_MARKS:
            continue
        else:
            kept.append(character)
    return " ".join("".join(kept).split())


def _breakable(text: str, longest: int) -> str:
    """With places where a line may end in words longer than that. `overflow-wrap` would serve, but WeasyPrint then also
    ends lines within short words, and Arabic letters part."""
    return " ".join(
        ZERO_WIDTH_SPACE.join(word[at : at + longest] for at in range(0, len(word), longest))
        for word in text.split(" ")
    )


def typed(text: str) -> Markup:
    """A name or note as a person typed it. Its direction is said, because a printer's engine does not look for it."""
    shown = clean(text)
    first = next((kind for kind in map(unicodedata.bidirectional, shown) if kind in {"L", "R", "AL"}), "L")
    return Markup('<bdi dir="{}">{}</bdi>').format("ltr" if first == "L" else "rtl", _breakable(shown, LONGEST_WORD))


def code(text: str) -> Markup:
    """A number, code or Latin name: left to right whatever stands beside it."""
    return Markup('<bdi dir="ltr" class="code">{}</bdi>').format(_breakable(clean(text), LONGEST_IN_CODE))


def money(amount: int, currency: str) -> Markup:
    """The number alone, for columns that carry their currency in the head. amount: minor units."""
    return Markup('<bdi dir="ltr" class="num">{}</bdi>').format(
        format_amount(amount, currency, language="en", number_only=True)
    )


def day(value: date) -> Markup:
    return Markup('<bdi dir="ltr" class="num">{}</bdi>').format(f"{value.day:02}/{value.month:02}/{value.year:04}")


def local(moment: str, time_zone: str) -> datetime | None:
    """A moment as the company's clocks showed it. None if the text is no moment: a phone may have sent anything."""
    zone = ZoneInfo(time_zone)
    try:
        when = datetime.fromisoformat(moment)
        return when.astimezone(zone) if when.tzinfo else when.replace(tzinfo=zone)
    except (ValueError, OverflowError):
        return None


def stamp(moment: str, time_zone: str) -> Markup:
    """22/11/2026 12:07. What is no moment is shown as it came."""
    when = local(moment, time_zone)
    if when is None:
        return typed(moment)
    return Markup('<bdi dir="ltr" class="num">{}</bdi>').format(f"{when:%d/%m}/{when.year:04} {when:%H:%M}")


def names(arabic: str, english: str) -> Markup:
    """Both names of a thing, or the one that there is."""
    arabic, english = clean(arabic), clean(english)
    if not arabic or not english or arabic == english:
        return Markup("<b>{}</b>").format(typed(arabic or english))
    return Markup("<b>{}</b> · {}").format(typed(arabic), typed(english))


def person(user: User) -> Markup:
    """Who signs: the Arabic name, or the one that there is."""
    return typed(user.name_ar or user.name)


def branch_of(company: Company, branch: str) -> Branch | None:
    return next((one for one in company.branches if one.branch == branch), None)


def bank(company: Company, typed_bank: str) -> Markup:
    """A bank as the company's list names it; as typed, when it is not on the list."""
    for bank_code, english, arabic in company.policy.banks:
        if bank_code == typed_bank:
            if arabic and english:
                return Markup("{} {}").format(typed(arabic), code(bank_code))
            return typed(arabic or english or bank_code)
    return typed(typed_bank)


def joined(parts: Iterable[Markup]) -> Markup:
    return Markup(" · ").join(parts)


def environment() -> Environment:
    found = Environment(
        loader=FileSystemLoader(Path(__file__).parent / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    found.filters.update(typed=typed, code=code, money=money, day=day)
    return found


PAPERS = environment()
