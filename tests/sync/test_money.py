"""Reading and writing amounts, and the table of currencies that both rest on."""

import json
import re
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.currency_ts import HEADING, currency_table_ts
from schemas.money import CURRENCIES, ArabicUnit, Currency, EnglishUnit
from sync.money import LARGEST_AMOUNT, Parsed, RefusalCode, currency_of, format_amount, parse_amount, split

CASES = Path(__file__).resolve().parents[1] / "cases"
PARSE: list[dict[str, Any]] = json.loads((CASES / "money_parse.json").read_text("utf-8"))
FORMAT: list[dict[str, Any]] = json.loads((CASES / "money_format.json").read_text("utf-8"))


def row_name(row: dict[str, Any]) -> str:
    return f"{ascii(row.get('text', row.get('amount')))[:30]} {row['currency']}"


@pytest.mark.parametrize("row", PARSE, ids=row_name)
def test_what_was_typed_is_read_or_asked_about_or_refused(row: dict[str, Any]):
    assert msgspec.to_builtins(parse_amount(row["text"], row["currency"])) == row["expect"]


def test_every_refusal_has_a_case():
    used = {row["expect"]["code"] for row in PARSE if row["expect"]["kind"] == "refused"}

    assert used == set(RefusalCode.__args__)  # type: ignore[attr-defined]


@pytest.mark.parametrize("row", FORMAT, ids=row_name)
def test_an_amount_is_written_with_every_decimal(row: dict[str, Any]):
    amount, currency = row["amount"], row["currency"]

    assert format_amount(amount, currency, language="ar") == row["ar"]
    assert format_amount(amount, currency, language="en") == row["en"]
    assert format_amount(amount, currency, language="ar", digits="arabic") == row["ar_arabic"]
    assert format_amount(amount, currency, language="en", digits="arabic") == row["en_arabic"]
    for language in ("ar", "en"):
        assert format_amount(amount, currency, language=language, number_only=True) == row["number"]
        assert (
            format_amount(amount, currency, language=language, digits="arabic", number_only=True)
            == row["number_arabic"]
        )


@pytest.mark.parametrize("row", FORMAT, ids=row_name)
def test_the_pieces_make_the_number(row: dict[str, Any]):
    parts = split(row["amount"], row["currency"])
    arabic = split(row["amount"], row["currency"], digits="arabic")

    assert msgspec.to_builtins(parts) == row["parts"]
    assert parts.sign + parts.whole + parts.point + parts.fraction == row["number"]
    assert arabic.sign + arabic.whole + arabic.point + arabic.fraction == row["number_arabic"]


@given(st.integers(0, LARGEST_AMOUNT), st.sampled_from(sorted(CURRENCIES)))
def test_what_is_written_can_be_typed_again(amount: int, currency: str):
    """Arabic-Indic numbers have a grouping mark of their own; with Latin digits the point after the groups decides."""
    arabic = format_amount(amount, currency, language="ar", digits="arabic", number_only=True)
    latin = format_amount(amount, currency, language="en", number_only=True)

    assert parse_amount(arabic, currency) == Parsed(amount)
    assert parse_amount(latin, currency) == Parsed(amount)


@given(st.text(max_size=12), st.sampled_from(sorted(CURRENCIES)))
def test_any_text_has_an_answer(text: str, currency: str):
    answer = msgspec.to_builtins(parse_amount(text, currency))

    assert answer["kind"] in {"parsed", "ambiguous", "refused"}


@pytest.mark.parametrize("amount", [2**53, -(2**53)])
def test_an_amount_that_the_phone_cannot_count_is_not_written(amount: int):
    with pytest.raises(ValueError, match=f"amount {amount} is too large"):
        format_amount(amount, "EGP", language="ar")


def test_an_unknown_currency_is_named():
    with pytest.raises(ValueError, match="XXX"):
        currency_of("XXX")
    with pytest.raises(ValueError, match="XXX"):
        parse_amount("1", "XXX")


def test_exponents_are_ours_and_not_a_library_s():
    """The ISO list gives the Lebanese pound two decimals and the Iraqi dinar three. Nobody pays with them."""
    assert {code: currency.exponent for code, currency in CURRENCIES.items()} == {
        "EGP": 2, "USD": 2, "SAR": 2, "AED": 2, "QAR": 2, "KWD": 3, "BHD": 3, "OMR": 3, "JOD": 3, "LBP": 0, "IQD": 0,
        "EUR": 2,
    }  # fmt: skip


@pytest.mark.parametrize("code", CURRENCIES)
def test_a_row_of_the_currency_table_is_whole(code: str):
    currency = CURRENCIES[code]
    notes = currency.denominations

    assert currency.code == code
    assert (currency.minor_ar is None) == (currency.minor_en is None) == (currency.exponent == 0)
    assert list(notes) == sorted(set(notes), reverse=True)
    assert all(note > 0 for note in notes)
    units = [currency.major_ar, currency.minor_ar] if currency.minor_ar else [currency.major_ar]
    for unit in units:
        assert unit.one in {f"{unit.hundred} واحد", f"{unit.hundred} واحدة"}
        assert unit.one.endswith("ة") == (unit.gender == "feminine")
        assert unit.two.endswith("ان")


def test_no_two_currencies_share_an_arabic_sign_or_a_name():
    for name in ("sign_ar", "major_ar", "major_en"):
        assert len({getattr(currency, name) for currency in CURRENCIES.values()}) == len(CURRENCIES)


def test_the_phone_s_table_says_the_same():
    written = currency_table_ts()
    table = written[written.index("> = {") + 4 : written.rindex(";")]
    as_json = re.sub(r",(\s*\})", r"\1", re.sub(r"(?<=[{,\s])(\w+): ", r'"\1": ', table))

    assert json.loads(as_json) == json.loads(msgspec.json.encode(CURRENCIES))


@pytest.mark.parametrize("struct", [Currency, ArabicUnit, EnglishUnit])
def test_the_phone_s_types_have_the_same_fields(struct: type[msgspec.Struct]):
    interface = re.search(rf"interface {struct.__name__} {{(.*?)\n}}", HEADING, re.DOTALL)

    assert interface
    assert tuple(re.findall(r"readonly (\w+):", interface[1])) == struct.__struct_fields__
