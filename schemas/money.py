"""Money and the table of currencies.

An amount is an integer of minor units plus an ISO 4217 code. How many decimals a currency has is said here and nowhere
else: locale libraries and the ISO list disagree about the pound of Lebanon and the dinar of Iraq, and a library update
must never move a decimal point. The phone's copy of the table is generated from this one (`schemas/currency_ts.py`).
"""

from typing import Literal

import msgspec

Gender = Literal["masculine", "feminine"]


class Money(msgspec.Struct, frozen=True):
    amount: int
    """Minor units: piastres, cents, fils. Whole units where the exponent is 0."""
    currency: str
    """ISO 4217 code, a key of CURRENCIES."""


class ArabicUnit(msgspec.Struct, frozen=True):
    """A counted noun with its adjective, in the form that each kind of numeral asks for."""

    gender: Gender
    """Of the singular. The numerals 3 to 10 take the opposite one."""
    one: str
    """Exactly one, with the word for one: جنيه مصري واحد."""
    two: str
    """Exactly two, the dual in the nominative: جنيهان مصريان."""
    few: str
    """After 3 to 10, the plural in the genitive: جنيهات مصرية."""
    many: str
    """After 11 to 99, the singular in the accusative: جنيهًا مصريًا."""
    hundred: str
    """After a round hundred, thousand or more, and after zero, the singular in the genitive: جنيه مصري."""


class EnglishUnit(msgspec.Struct, frozen=True):
    one: str
    other: str


class Currency(msgspec.Struct, frozen=True):
    code: str
    exponent: int
    """Decimals; one unit has 10 to this power minor units. Without decimals there is no minor unit to name."""
    sign_ar: str
    """Stands after the number in Arabic."""
    sign_en: str
    """For narrow places only. English amounts carry the code, because many currencies share a sign."""
    major_ar: ArabicUnit
    major_en: EnglishUnit
    minor_ar: ArabicUnit | None
    minor_en: EnglishUnit | None
    denominations: tuple[int, ...]
    """Notes and coins that people really pay with, in minor units, largest first.

    Not every amount can be made of them, so a count also needs a place for the rest. Where a note and a coin have the
    same value it is listed once. Foreign coins do not circulate: USD and EUR have notes only. LBP has no note above
    100,000 here: a law of 2025 allows notes of 500,000 and more, and they are added when they are seen in circulation.
    OMR follows the list of the Central Bank of Oman, KWD the sixth issue. Coins that are legal but hardly seen are left
    out: 1 fils in KWD, BHD, JOD and AED, 5 and 10 fils in AED, 10 fils in JOD, below 25 dirhams in QAR.
    """


_PIASTRE = ArabicUnit("masculine", "قرش واحد", "قرشان", "قروش", "قرشًا", "قرش")
_CENT = ArabicUnit("masculine", "سنت واحد", "سنتان", "سنتات", "سنتًا", "سنت")
_FILS = ArabicUnit("masculine", "فلس واحد", "فلسان", "فلوس", "فلسًا", "فلس")
_HALALA = ArabicUnit("feminine", "هللة واحدة", "هللتان", "هللات", "هللة", "هللة")
_BAISA = ArabicUnit("feminine", "بيسة واحدة", "بيستان", "بيسات", "بيسة", "بيسة")
_DIRHAM = ArabicUnit("masculine", "درهم واحد", "درهمان", "دراهم", "درهمًا", "درهم")
_CENT_EN = EnglishUnit("cent", "cents")
_FILS_EN = EnglishUnit("fils", "fils")

CURRENCIES: dict[str, Currency] = {
    "EGP": Currency(
        code="EGP",
        exponent=2,
        sign_ar="ج.م",
        sign_en="E£",
        major_ar=ArabicUnit("masculine", "جنيه مصري واحد", "جنيهان مصريان", "جنيهات مصرية", "جنيهًا مصريًا", "جنيه مصري"),
        major_en=EnglishUnit("Egyptian pound", "Egyptian pounds"),
        minor_ar=_PIASTRE,
        minor_en=EnglishUnit("piastre", "piastres"),
        denominations=(20_000, 10_000, 5_000, 2_000, 1_000, 500, 100, 50, 25),
    ),
    "USD": Currency(
        code="USD",
        exponent=2,
        sign_ar="$",
        sign_en="$",
        major_ar=ArabicUnit(
            "masculine", "دولار أمريكي واحد", "دولاران أمريكيان", "دولارات أمريكية", "دولارًا أمريكيًا", "دولار أمريكي"
        ),
        major_en=EnglishUnit("US dollar", "US dollars"),
        minor_ar=_CENT,
        minor_en=_CENT_EN,
        denominations=(10_000, 5_000, 2_000, 1_000, 500, 100),
    ),
    "SAR": Currency(
        code="SAR",
        exponent=2,
        sign_ar="ر.س",
        sign_en="SR",
        major_ar=ArabicUnit(
            "masculine", "ريال سعودي واحد", "ريالان سعوديان", "ريالات سعودية", "ريالًا سعوديًا", "ريال سعودي"
        ),
        major_en=EnglishUnit("Saudi riyal", "Saudi riyals"),
        minor_ar=_HALALA,
        minor_en=EnglishUnit("halala", "halalas"),
        denominations=(50_000, 20_000, 10_000, 5_000, 2_000, 1_000, 500, 200, 100, 50, 25, 10, 5, 1),
    ),
    "AED": Currency(
        code="AED",
        exponent=2,
        sign_ar="د.إ",
        sign_en="Dh",
        major_ar=ArabicUnit(
            "masculine", "درهم إماراتي واحد", "درهمان إماراتيان", "دراهم إماراتية", "درهمًا إماراتيًا", "درهم إماراتي"
        ),
        major_en=EnglishUnit("UAE dirham", "UAE dirhams"),
        minor_ar=_FILS,
        minor_en=_FILS_EN,
        denominations=(100_000, 50_000, 20_000, 10_000, 5_000, 2_000, 1_000, 500, 100, 50, 25),
    ),
    "QAR": Currency(
        code="QAR",
        exponent=2,
        sign_ar="ر.ق",
        sign_en="QR",
        major_ar=ArabicUnit("masculine", "ريال قطري واحد", "ريالان قطريان", "ريالات قطرية", "ريالًا قطريًا", "ريال قطري"),
        major_en=EnglishUnit("Qatari riyal", "Qatari riyals"),
        minor_ar=_DIRHAM,
        minor_en=EnglishUnit("dirham", "dirhams"),
        denominations=(50_000, 20_000, 10_000, 5_000, 1_000, 500, 100, 50, 25),
    ),
    "KWD": Currency(
        code="KWD",
        exponent=3,
        sign_ar="د.ك",
        sign_en="KD",
        major_ar=ArabicUnit(
            "masculine", "دينار كويتي واحد", "ديناران كويتيان", "دنانير كويتية", "دينارًا كويتيًا", "دينار كويتي"
        ),
        major_en=EnglishUnit("Kuwaiti dinar", "Kuwaiti dinars"),
        minor_ar=_FILS,
        minor_en=_FILS_EN,
        denominations=(20_000, 10_000, 5_000, 1_000, 500, 250, 100, 50, 20, 10, 5),
    ),
    "BHD": Currency(
        code="BHD",
        exponent=3,
        sign_ar="د.ب",
        sign_en="BD",
        major_ar=ArabicUnit(
            "masculine", "دينار بحريني واحد", "ديناران بحرينيان", "دنانير بحرينية", "دينارًا بحرينيًا", "دينار بحريني"
        ),
        major_en=EnglishUnit("Bahraini dinar", "Bahraini dinars"),
        minor_ar=_FILS,
        minor_en=_FILS_EN,
        denominations=(20_000, 10_000, 5_000, 1_000, 500, 100, 50, 25, 10, 5),
    ),
    "OMR": Currency(
        code="OMR",
        exponent=3,
        sign_ar="ر.ع",
        sign_en="RO",
        major_ar=ArabicUnit(
            "masculine", "ريال عماني واحد", "ريالان عمانيان", "ريالات عمانية", "ريالًا عمانيًا", "ريال عماني"
        ),
        major_en=EnglishUnit("Omani rial", "Omani rials"),
        minor_ar=_BAISA,
        minor_en=EnglishUnit("baisa", "baisas"),
        denominations=(50_000, 20_000, 10_000, 5_000, 1_000, 500, 100, 50, 25, 10, 5),
    ),
    "JOD": Currency(
        code="JOD",
        exponent=3,
        sign_ar="د.أ",
        sign_en="JD",
        major_ar=ArabicUnit(
            "masculine", "دينار أردني واحد", "ديناران أردنيان", "دنانير أردنية", "دينارًا أردنيًا", "دينار أردني"
        ),
        major_en=EnglishUnit("Jordanian dinar", "Jordanian dinars"),
        minor_ar=_FILS,
        minor_en=_FILS_EN,
        denominations=(50_000, 20_000, 10_000, 5_000, 1_000, 500, 250, 100, 50),
    ),
    "LBP": Currency(
        code="LBP",
        exponent=0,
        sign_ar="ل.ل",
        sign_en="LL",
        major_ar=ArabicUnit(
            "feminine", "ليرة لبنانية واحدة", "ليرتان لبنانيتان", "ليرات لبنانية", "ليرة لبنانية", "ليرة لبنانية"
        ),
        major_en=EnglishUnit("Lebanese pound", "Lebanese pounds"),
        minor_ar=None,
        minor_en=None,
        denominations=(100_000, 50_000, 20_000, 10_000, 5_000, 1_000),
    ),
    "IQD": Currency(
        code="IQD",
        exponent=0,
        sign_ar="د.ع",
        sign_en="ID",
        major_ar=ArabicUnit(
            "masculine", "دينار عراقي واحد", "ديناران عراقيان", "دنانير عراقية", "دينارًا عراقيًا", "دينار عراقي"
        ),
        major_en=EnglishUnit("Iraqi dinar", "Iraqi dinars"),
        minor_ar=None,
        minor_en=None,
        denominations=(50_000, 25_000, 10_000, 5_000, 1_000, 500, 250),
    ),
    "EUR": Currency(
        code="EUR",
        exponent=2,
        sign_ar="€",
        sign_en="€",
        # A borrowed word that ends in a long vowel takes no case ending.
        major_ar=ArabicUnit("masculine", "يورو واحد", "يوروان", "يوروات", "يورو", "يورو"),
        major_en=EnglishUnit("euro", "euros"),
        minor_ar=_CENT,
        minor_en=_CENT_EN,
        denominations=(50_000, 20_000, 10_000, 5_000, 2_000, 1_000, 500),
    ),
}
