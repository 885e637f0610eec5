"""Text folded for search, so that a name is found however it was typed: أ إ آ ا are one letter, ة and ه, ى and ي;
tashkeel, tatweel and marks of direction do not count; Arabic and Persian digits are Latin ones; case does not matter.

Twin of `pwa/src/ledger/folding.ts`; both run `tests/cases/folding.json`. Never for display.
"""

import re
import unicodedata

_MARKS = "\u0610-\u061a\u064b-\u065f\u0670\u06d6-\u06ed\u0640\u200c-\u200f\u061c"
_DROPPED = re.compile(f"[{_MARKS}]")
_ACCENTS = re.compile("[\u0300-\u036f]")
# Spelt out, because the two languages count different characters as blanks.
_BLANKS = re.compile("[\t\n\v\f\r \u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000\ufeff]+")
_LETTERS = str.maketrans(
    {
        **dict.fromkeys("أإآٱ", "ا"),
        "ة": "ه",
        "ى": "ي",
        "ی": "ي",
        "ک": "ك",
        "ؤ": "و",
        "ئ": "ي",
        **{chr(0x660 + digit): str(digit) for digit in range(10)},
        **{chr(0x6F0 + digit): str(digit) for digit in range(10)},
    }
)


def fold(text: str) -> str:
    """The folded text. Letters are composed before they are mapped, and accents split off after, so that ا with a
    hamza above it is one letter whichever way it was typed."""
    mapped = _DROPPED.sub("", unicodedata.normalize("NFKC", text)).translate(_LETTERS)
    plain = _ACCENTS.sub("", unicodedata.normalize("NFD", mapped)).lower()
    return _BLANKS.sub(" ", plain).strip(" ")
