"""Amounts in words (تفقيط), Arabic and English. The rule is told in docs/ledger.md.

`pwa/src/ledger/words.ts` is the twin. The words on a voucher bind as the figures do, so both sides write the same
bytes, and no library takes part.

Arabic, by the classical grammar of numerals, as the subject of a sentence (nominative):

- One and two are the noun itself: جنيه مصري واحد، جنيهان مصريان.
- 3 to 10 take the opposite gender of the noun, and the noun in the plural: ثلاثة جنيهات، ثلاث ليرات.
- 11 and 12 agree with the noun throughout; 13 to 19 agree in the ten only; the noun of 11 to 99 is singular and
  accusative: أحد عشر جنيهًا، إحدى عشرة ليرة.
- After a round hundred, thousand or more the noun is singular and genitive, and the numeral before it loses its nun or
  its tanwin: مائتا جنيه، ألفا جنيه، أحد عشر ألف جنيه.
- The last two digits choose the noun's form: مائة وثلاثة جنيهات، مائة وأحد عشر جنيهًا.
- One or two after a round number repeat the noun: مائة جنيه مصري وجنيه مصري واحد، ألف جنيه مصري وجنيهان مصريان.
  The same holds for counted thousands: 101,000 is مائة ألف وألف.
- A tanwin is written where it has a letter of its own or stands for one (جنيهًا، ثمانٍ وعشرون), and nowhere else.

English: no "and" inside a number, one "and" between units and minor units, hyphens from twenty-one to ninety-nine, no
closing period.
"""

from typing import Literal

from schemas.money import ArabicUnit, EnglishUnit, Gender
from sync.money import LARGEST_AMOUNT, Language, currency_of

HundredSpelling = Literal["مائة", "مئة"]

LARGEST_NUMBER = 10**15 - 1
"""Whole units that can be said: up to hundreds of تريليون, trillion."""

# How the numeral stands before a noun of that gender: ثلاثة جنيهات, ثلاث ليرات.
_ONES: dict[Gender, tuple[str, ...]] = {
    "masculine": ("", "واحد", "اثنان", "ثلاثة", "أربعة", "خمسة", "ستة", "سبعة", "ثمانية", "تسعة", "عشرة"),
    "feminine": ("", "واحدة", "اثنتان", "ثلاث", "أربع", "خمس", "ست", "سبع", "ثماني", "تسع", "عشر"),
}
_TEEN_ONES: dict[Gender, tuple[str, str]] = {"masculine": ("أحد", "اثنا"), "feminine": ("إحدى", "اثنتا")}
_TEEN: dict[Gender, str] = {"masculine": "عشر", "feminine": "عشرة"}
_TENS = ("", "", "عشرون", "ثلاثون", "أربعون", "خمسون", "ستون", "سبعون", "ثمانون", "تسعون")
_HUNDRED_PREFIXES = ("", "", "", "ثلاث", "أربع", "خمس", "ست", "سبع", "ثمان", "تسع")

# Of a thousand and more: `many` stands alone (أحد عشر ألفًا ومائة), `hundred` before a noun (أحد عشر ألف جنيه).
_SCALES = (
    ArabicUnit("masculine", "ألف", "ألفان", "آلاف", "ألفًا", "ألف"),
    ArabicUnit("masculine", "مليون", "مليونان", "ملايين", "مليونًا", "مليون"),
    ArabicUnit("masculine", "مليار", "ملياران", "مليارات", "مليارًا", "مليار"),
    ArabicUnit("masculine", "تريليون", "تريليونان", "تريليونات", "تريليونًا", "تريليون"),
)

_ENGLISH_BELOW_20 = (
    "zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve",
    "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen",
)  # fmt: skip
_ENGLISH_TENS = ("", "", "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")
_ENGLISH_SCALES = ("", " thousand", " million", " billion", " trillion")


def amount_in_words(amount: int, currency: str, *, language: Language, hundred: HundredSpelling = "مائة") -> str:
    """The amount as a voucher says it: «فقط ألف ومائتا جنيه مصري وخمسون قرشًا لا غير», "Only one thousand two hundred
    Egyptian pounds and fifty piastres".

    `amount` is in minor units. Minor units are counted as what they are: 1.250 dinars end in two hundred fifty fils.
    Without whole units the minor ones stand alone; nothing at all is zero whole units. `hundred` chooses between the
    two correct spellings of one hundred. ValueError for a negative amount, for one beyond LARGEST_AMOUNT or
    LARGEST_NUMBER whole units, and for an unknown currency.
    """
    row = currency_of(currency)
    if amount < 0:
        raise ValueError(f"amount {amount} is negative")
    whole, minor = divmod(amount, 10**row.exponent)
    if amount > LARGEST_AMOUNT or whole > LARGEST_NUMBER:
        raise ValueError(f"amount {amount} is too large")
    parts = []
    if language == "ar":
        if whole or not minor:
            parts.append(_counted_ar(whole, row.major_ar, hundred))
        if minor and row.minor_ar:
            parts.append(_counted_ar(minor, row.minor_ar, hundred))
        return f"فقط {' و'.join(parts)} لا غير"
    if whole or not minor:
        parts.append(_counted_en(whole, row.major_en))
    if minor and row.minor_en:
        parts.append(_counted_en(minor, row.minor_en))
    return f"Only {' and '.join(parts)}"


def number_in_words(
    number: int, *, language: Language, gender: Gender = "masculine", hundred: HundredSpelling = "مائة"
) -> str:
    """A bare number without a noun: مائتان وثلاثة, two hundred three. `gender` is that of what is counted.

    ValueError for a number below zero or above LARGEST_NUMBER.
    """
    if not 0 <= number <= LARGEST_NUMBER:
        raise ValueError(f"number {number} is out of range")
    if language == "en":
        return _number_en(number)
    if number == 0:
        return "صفر"
    rest = number % 1000
    parts = _scaled(number // 1000, before_noun=False, hundred=hundred)
    if rest >= 100:
        parts.append(_hundreds(rest // 100, before_noun=False, hundred=hundred))
    if rest % 100:
        parts.append(_below_100(rest % 100, gender, before_noun=False))
    return " و".join(parts)


def _counted_ar(number: int, noun: ArabicUnit, hundred: HundredSpelling) -> str:
    """A number with its noun, nominative."""
    if number == 0:
        return f"صفر {noun.hundred}"
    rest = number % 1000
    # Nothing, one or two after the thousands leaves the thousands to govern the noun themselves.
    governs = rest < 3
    parts = _scaled(number // 1000, before_noun=governs, hundred=hundred)
    if parts and governs:
        parts[-1] += f" {noun.hundred}"
    if rest:
        parts += _group(rest, noun, before_noun=False, hundred=hundred)
    return " و".join(parts)


def _scaled(thousands: int, *, before_noun: bool, hundred: HundredSpelling) -> list[str]:
    """The thousands, millions and so on of a number, greatest first. Only the last of them can govern a noun."""
    groups = [(thousands // 1000**power % 1000, scale) for power, scale in enumerate(_SCALES)]
    filled = [(count, scale) for count, scale in reversed(groups) if count]
    parts = []
    for place, (count, scale) in enumerate(filled, start=1):
        parts += _group(count, scale, before_noun=before_noun and place == len(filled), hundred=hundred)
    return parts


def _group(count: int, noun: ArabicUnit, *, before_noun: bool, hundred: HundredSpelling) -> list[str]:
    """1 to 999 of a noun. `before_noun`: the noun is itself a numeral that governs the next one (ألفا جنيه)."""
    hundreds, rest = divmod(count, 100)
    parts = []
    if hundreds and rest < 3:
        parts.append(f"{_hundreds(hundreds, before_noun=True, hundred=hundred)} {noun.hundred}")
    elif hundreds:
        parts.append(_hundreds(hundreds, before_noun=False, hundred=hundred))
    if rest == 1:
        parts.append(noun.one)
    elif rest == 2:
        parts.append(noun.two.removesuffix("ن") if before_noun else noun.two)
    elif 3 <= rest <= 10:
        parts.append(f"{_below_100(rest, noun.gender, before_noun=True)} {noun.few}")
    elif rest:
        parts.append(f"{_below_100(rest, noun.gender, before_noun=True)} {noun.hundred if before_noun else noun.many}")
    return parts


def _hundreds(count: int, *, before_noun: bool, hundred: HundredSpelling) -> str:
    if count == 1:
        return hundred
    if count == 2:
        return hundred.removesuffix("ة") + ("تا" if before_noun else "تان")
    return _HUNDRED_PREFIXES[count] + hundred


def _below_100(number: int, gender: Gender, *, before_noun: bool) -> str:
    """1 to 99 in the form that a noun of this gender asks for."""
    ones = number % 10
    if number == 8 and gender == "feminine" and not before_noun:
        return "ثمانٍ"
    if number <= 10:
        return _ONES[gender][number]
    if number in (11, 12):
        return f"{_TEEN_ONES[gender][ones - 1]} {_TEEN[gender]}"
    if number < 20:
        return f"{_ONES[gender][ones]} {_TEEN[gender]}"
    if ones == 0:
        return _TENS[number // 10]
    if gender == "feminine" and ones in (1, 8):
        return f"{'إحدى' if ones == 1 else 'ثمانٍ'} و{_TENS[number // 10]}"
    return f"{_ONES[gender][ones]} و{_TENS[number // 10]}"


def _counted_en(number: int, unit: EnglishUnit) -> str:
    return f"{_number_en(number)} {unit.one if number == 1 else unit.other}"


def _number_en(number: int) -> str:
    if number == 0:
        return "zero"
    groups = [(number // 1000**power % 1000, scale) for power, scale in enumerate(_ENGLISH_SCALES)]
    return " ".join(_below_1000_en(count) + scale for count, scale in reversed(groups) if count)


def _below_1000_en(number: int) -> str:
    hundreds, rest = divmod(number, 100)
    parts = [f"{_ENGLISH_BELOW_20[hundreds]} hundred"] if hundreds else []
    if 0 < rest < 20:
        parts.append(_ENGLISH_BELOW_20[rest])
    elif rest:
        tens, ones = divmod(rest, 10)
        parts.append(_ENGLISH_TENS[tens] + (f"-{_ENGLISH_BELOW_20[ones]}" if ones else ""))
    return " ".join(parts)
