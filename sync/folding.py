"""Text folded for search, so that a name is found however it was typed: أ إ آ ا are one letter, ة and ه, ى and ي;
tashkeel and tatweel do not count; Arabic and Persian digits are Latin ones; case does not matter."""

import unicodedata

_LETTERS = str.maketrans(
    {
        **dict.fromkeys("أإآٱ", "ا"),
        "ة": "ه",
        "ى": "ي",
        "ی": "ي",
        "ک": "ك",
        "ؤ": "و",
        "ئ": "ي",
        "ـ": "",
        **{chr(0x660 + digit): str(digit) for digit in range(10)},
        **{chr(0x6F0 + digit): str(digit) for digit in range(10)},
    }
)


def fold(text: str) -> str:
    """The folded text: letters mapped first, then marks dropped, so that أ is not split into ا and a mark twice."""
    mapped = unicodedata.normalize("NFC", text).translate(_LETTERS)
    plain = (c for c in unicodedata.normalize("NFD", mapped) if not unicodedata.combining(c))
    return " ".join("".join(plain).casefold().split())
