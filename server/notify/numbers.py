"""Telephone numbers as gateways want them: international, a plus and digits (E.164)."""

import re

DIALLED = {
    "AE": "971", "BH": "973", "DZ": "213", "EG": "20", "IQ": "964", "JO": "962", "KW": "965", "LB": "961", "LY": "218",
    "MA": "212", "OM": "968", "PS": "970", "QA": "974", "SA": "966", "SD": "249", "SY": "963", "TN": "216",
    "TR": "90", "YE": "967",
}  # fmt: skip
"""Country → calling code (ITU-T E.164)."""
_DIGITS = str.maketrans("٠١٢٣٤٥٦٧٨٩۰۱۲۳۴۵۶۷۸۹", "01234567890123456789")
_WRITTEN = re.compile(r"[-\s.()\u00a0\u200e\u200f\u202a-\u202e\u2066-\u2069]")
_INTERNATIONAL = re.compile(r"\+[1-9][0-9]{7,14}")
_SHORTEST = 7
"""Digits of a national number."""


def international(text: str, country: str) -> str:
    """`+201001234567` for «0100 123 4567» in Egypt, or nothing where the text is no number that could be dialled from
    anywhere. Of several numbers («… / …») the first. country: ISO 3166, whose numbers need not say so."""
    for written in re.split(r"[/,;،؛\n]", text.translate(_DIGITS)):
        found = _one(_WRITTEN.sub("", written), DIALLED.get(country, ""))
        if found:
            return found
    return ""


def _one(plain: str, code: str) -> str:
    if plain.startswith("00"):
        plain = f"+{plain[2:]}"
    if plain.startswith("+"):
        return plain if _INTERNATIONAL.fullmatch(plain) else ""
    if not plain.isdecimal() or not code:
        return ""
    if plain.startswith("0"):
        national = plain[1:]  # the trunk prefix is not dialled from abroad
    elif plain.startswith(code) and len(plain) - len(code) > _SHORTEST:
        national = plain[len(code) :]
    else:
        national = plain
    found = f"+{code}{national}"
    return found if len(national) >= _SHORTEST and _INTERNATIONAL.fullmatch(found) else ""
