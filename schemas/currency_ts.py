"""Writes the phone's copy of the currency table, so that it is never written by hand."""

import msgspec

from schemas.money import CURRENCIES

HEADING = """\
// Written by `make wire` from schemas/. Do not edit.

/** A counted noun with its adjective, in the form that each kind of numeral asks for. */
export interface ArabicUnit {
  readonly gender: "masculine" | "feminine";
  readonly one: string;
  readonly two: string;
  /** After 3 to 10. */
  readonly few: string;
  /** After 11 to 99. */
  readonly many: string;
  /** After a round hundred, thousand or more, and after zero. */
  readonly hundred: string;
}

export interface EnglishUnit {
  readonly one: string;
  readonly other: string;
}

export interface Currency {
  readonly code: string;
  /** Decimals; one unit has 10 to this power minor units. */
  readonly exponent: number;
  readonly sign_ar: string;
  readonly sign_en: string;
  readonly major_ar: ArabicUnit;
  readonly major_en: EnglishUnit;
  readonly minor_ar: ArabicUnit | null;
  readonly minor_en: EnglishUnit | null;
  /** Notes and coins that people really pay with, in minor units, largest first. */
  readonly denominations: readonly number[];
}

"""


def currency_table_ts() -> str:
    """The whole of `pwa/src/wire/currencies.ts`: the types and the record CURRENCIES, by ISO 4217 code.

    The wording is fixed by the table alone, so that a check can compare it with the file byte by byte.
    """
    lines = ["export const CURRENCIES: Readonly<Record<string, Currency>> = {"]
    for code, currency in CURRENCIES.items():
        lines.append(f"  {code}: {{")
        for field, value in msgspec.to_builtins(currency).items():
            if isinstance(value, dict):
                inner = ", ".join(f"{key}: {literal(item)}" for key, item in value.items())
                lines.append(f"    {field}: {{ {inner} }},")
            else:
                lines.append(f"    {field}: {literal(value)},")
        lines.append("  },")
    return HEADING + "\n".join([*lines, "};", ""])


def literal(value: object) -> str:
    if isinstance(value, list | tuple):
        return f"[{', '.join(literal(item) for item in value)}]"
    return msgspec.json.encode(value).decode()
