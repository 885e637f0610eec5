"""Dates and amounts of a file: one way per file, stated or proved or asked for."""

import datetime as dt
from collections.abc import Iterable
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.money import CURRENCIES
from server.imports.parsing import (
    Dates,
    Decimals,
    clean,
    date_order,
    decimal_mark,
    parse_currency,
    parse_date,
    parse_degrees,
    parse_money,
)
from server.imports.refusal import CellRefused, FileCode, FileRefused, RejectCode

ARABIC_INDIC = str.maketrans("0123456789", "٠١٢٣٤٥٦٧٨٩")
PERSIAN = str.maketrans("0123456789", "۰۱۲۳۴۵۶۷۸۹")


def dates(*texts: str) -> list[tuple[int, str, str]]:
    return [(line, "Date", text) for line, text in enumerate(texts, 2)]


# ---- dates


@given(
    st.dates(dt.date(1900, 1, 1), dt.date(2199, 12, 31)),
    st.sampled_from(["/", "-", "."]),
    st.sampled_from([{}, ARABIC_INDIC, PERSIAN]),
    st.sampled_from(["", " 00:00", " 13:05:09", "T13:05:09.250", " 1:05 PM"]),
    st.booleans(),
)
def test_each_order_reads_its_own_dates(day: dt.date, mark: str, digits: dict[int, int], clock: str, padded: bool):
    month, number = (f"{day.month:02}", f"{day.day:02}") if padded else (str(day.month), str(day.day))
    day_first = (mark.join([number, month, str(day.year)]) + clock).translate(digits)
    month_first = (mark.join([month, number, str(day.year)]) + clock).translate(digits)
    year_first = (mark.join([str(day.year), month, number]) + clock).translate(digits)

    assert parse_date(day_first, "day-first") == day
    assert parse_date(month_first, "month-first") == day
    for order in ("day-first", "month-first", "iso"):
        assert parse_date(year_first, order) == day
        assert parse_date(f" \u200f{year_first}\u200f ", order) == day
        assert parse_date(day.strftime("%Y%m%d").zfill(8).translate(digits), order) == day


@pytest.mark.parametrize(
    ("text", "order", "code"),
    [
        ("31/02/2026", "day-first", RejectCode.DATE_IMPOSSIBLE),
        ("2026-02-30", "iso", RejectCode.DATE_IMPOSSIBLE),
        ("00/00/0000", "day-first", RejectCode.DATE_IMPOSSIBLE),
        ("13/13/2026", "day-first", RejectCode.DATE_IMPOSSIBLE),
        ("32/32/2026", "day-first", RejectCode.DATE_IMPOSSIBLE),
        ("12/31/2026", "day-first", RejectCode.DATE_ORDER_WRONG),
        ("31/12/2026", "month-first", RejectCode.DATE_ORDER_WRONG),
        ("03/04/2026", "iso", RejectCode.DATE_ORDER_WRONG),
        ("03/04/26", "day-first", RejectCode.DATE_YEAR_SHORT),
        ("1448-05-12", "iso", RejectCode.DATE_IMPOSSIBLE),
        ("12/05/1448", "day-first", RejectCode.DATE_IMPOSSIBLE),
        ("3026-05-12", "iso", RejectCode.DATE_IMPOSSIBLE),
        ("03/04-2026", "day-first", RejectCode.DATE_UNREADABLE),
        ("38338", "day-first", RejectCode.DATE_UNREADABLE),
        ("soon", "day-first", RejectCode.DATE_UNREADABLE),
        ("", "day-first", RejectCode.DATE_UNREADABLE),
        ("2026-03-04T23:00:00Z", "iso", RejectCode.DATE_UNREADABLE),
    ],
)
def test_what_is_no_date_is_rejected(text: str, order: Dates, code: RejectCode):
    with pytest.raises(CellRefused) as refused:
        parse_date(text, order)
    assert refused.value.code == code


@pytest.mark.parametrize(
    ("texts", "order"),
    [
        (["2026-03-04", "2026/03/04", "20260304", ""], "iso"),
        (["17/12/2004", "06/06/2003", "31.1.2003"], "day-first"),
        (["12/17/2004", "6/6/2003", "1-31-2003"], "month-first"),
        (["١٧/١٢/٢٠٠٤"], "day-first"),
    ],
)
def test_the_order_is_taken_where_every_date_allows_only_one(texts: list[str], order: Dates):
    assert date_order(dates(*texts), None) == order


@pytest.mark.parametrize(
    "texts", [["03/04/2026"], ["17/12/2004", "03/04/2026"], ["٠٣/٠٤/٢٠٢٦"], ["17/12/2004", "12/17/2004"]]
)
def test_one_doubtful_date_stops_the_file_and_says_how_to_go_on(texts: list[str]):
    with pytest.raises(FileRefused) as refused:
        date_order(dates(*texts), None)
    assert refused.value.code == FileCode.DATES_AMBIGUOUS
    assert "day-first" in refused.value.text

    assert date_order(dates(*texts), "month-first") == "month-first"


# ---- amounts


@pytest.mark.parametrize(
    ("text", "currency", "decimal", "amount"),
    [
        ("23,456.78", "USD", ".", 23_456_78),
        ("23.456,78", "USD", ",", 23_456_78),
        ("٢٣٬٤٥٦٫٧٨", "USD", ".", 23_456_78),
        ("٢٣٬٤٥٦٫٧٨", "USD", ",", 23_456_78),
        ("۲۳٬۴۵۶٫۷۸", "EGP", ".", 23_456_78),
        ("1 234 567,5", "EGP", ",", 1_234_567_50),
        ("1\u00a0234.5", "EGP", ".", 1_234_50),
        ("1,250", "KWD", ".", 1_250_000),
        ("1,250", "KWD", ",", 1_250),
        ("1.250", "KWD", ",", 1_250_000),
        ("150000.00", "LBP", ".", 150_000),
        ("12.5000", "EGP", ".", 12_50),
        ("12,5000", "EGP", ",", 12_50),
        ("١٢٫٥٠٠٠", "EGP", ".", 12_50),
        ("0.00", "LBP", ".", 0),
        ("-5", "EGP", ".", -500),
        ("5-", "EGP", ".", -500),
        ("\u2212٥", "EGP", ".", -500),
        ("(1,000.50)", "EGP", ".", -1_000_50),
        ("( ١٠٠٠ )", "EGP", ".", -1_000_00),
        ("EGP 1,000.50", "EGP", ".", 1_000_50),
        ("1,000.50 ج.م", "EGP", ".", 1_000_50),
        ("\u200f1,000.50\u200f", "EGP", ".", 1_000_50),
        ("$1,000", "USD", ".", 1_000_00),
        ("0", "EGP", ".", 0),
    ],
)
def test_amounts_are_read_in_the_way_of_their_file(text: str, currency: str, decimal: Decimals, amount: int):
    assert parse_money(text, currency, decimal) == amount


@pytest.mark.parametrize(
    ("text", "currency", "decimal", "code"),
    [
        ("23.456,78", "USD", ".", RejectCode.AMOUNT_UNREADABLE),
        ("250,5", "EGP", ".", RejectCode.AMOUNT_UNREADABLE),
        ("1.005", "EGP", ".", RejectCode.AMOUNT_TOO_PRECISE),
        ("1.5", "LBP", ".", RejectCode.AMOUNT_TOO_PRECISE),
        ("99999999999999999", "EGP", ".", RejectCode.AMOUNT_TOO_LARGE),
        ("--5", "EGP", ".", RejectCode.AMOUNT_UNREADABLE),
        ("(5", "EGP", ".", RejectCode.AMOUNT_UNREADABLE),
        ("#REF!", "EGP", ".", RejectCode.AMOUNT_UNREADABLE),
        ("1e3", "EGP", ".", RejectCode.AMOUNT_UNREADABLE),
        ("USD 5", "EGP", ".", RejectCode.AMOUNT_UNREADABLE),
        ("", "EGP", ".", RejectCode.AMOUNT_UNREADABLE),
    ],
)
def test_what_is_no_amount_is_rejected(text: str, currency: str, decimal: Decimals, code: RejectCode):
    with pytest.raises(CellRefused) as refused:
        parse_money(text, currency, decimal)
    assert refused.value.code == code


@given(st.integers(-(10**14), 10**14), st.sampled_from(sorted(CURRENCIES)))
def test_numbers_of_a_workbook_need_no_decimal_mark(amount: int, currency: str):
    text = str(Decimal(amount).scaleb(-CURRENCIES[currency].exponent))

    assert parse_money(text, currency, ",", typed=True) == amount


@pytest.mark.parametrize(("text", "code"), [("1.005", "amount_too_precise"), ("1" + "0" * 15, "amount_too_large")])
def test_numbers_of_a_workbook_have_their_limits_too(text: str, code: str):
    with pytest.raises(CellRefused) as refused:
        parse_money(text, "EGP", ".", typed=True)
    assert refused.value.code == code


def amounts(texts: Iterable[str], currency: str) -> list[tuple[int, str, str, str]]:
    return [(line, "Amount", text, currency) for line, text in enumerate(texts, 2)]


@pytest.mark.parametrize(
    ("texts", "currency", "decimal"),
    [
        (["23,456.78", "6,000", "5", "junk", ""], "USD", "."),
        (["23.456,78", "5", "1.234.567"], "USD", ","),
        (["٢٣٬٤٥٦٫٧٨", "1500"], "USD", "."),
        (["1.250", "12.500"], "KWD", "."),
        (["250,5"], "EGP", ","),
        (["150000.00"], "LBP", "."),
        ([], "EGP", "."),
    ],
)
def test_the_decimal_mark_is_taken_where_every_amount_allows_only_one(
    texts: list[str], currency: str, decimal: Decimals
):
    assert decimal_mark(amounts(texts, currency), None) == decimal


@pytest.mark.parametrize(
    ("texts", "currency"),
    [(["1,250"], "KWD"), (["1.500"], "EGP"), (["23.456"], "EGP"), (["23,456.78", "23.456,78"], "EGP")],
)
def test_one_doubtful_amount_stops_the_file_and_says_how_to_go_on(texts: list[str], currency: str):
    with pytest.raises(FileRefused) as refused:
        decimal_mark(amounts(texts, currency), None)
    assert refused.value.code == FileCode.AMOUNTS_AMBIGUOUS

    assert decimal_mark(amounts(texts, currency), ",") == ","


# ---- the rest


@pytest.mark.parametrize(
    ("text", "code"), [("egp", "EGP"), (" KWD ", "KWD"), ("ج.م", "EGP"), ("L.E.", "EGP"), ("دينار كويتي", "KWD")]
)
def test_currencies_have_several_names(text: str, code: str):
    assert parse_currency(text) == code


@pytest.mark.parametrize("text", ["", "XXX", "dinar", "جنيهات"])
def test_an_unknown_currency_is_rejected(text: str):
    with pytest.raises(CellRefused) as refused:
        parse_currency(text)
    assert refused.value.code == RejectCode.CURRENCY_UNKNOWN


def test_degrees():
    assert parse_degrees("30.0444", 90) == 30.0444
    assert parse_degrees("٣١٫٢٣٥٧", 180) == 31.2357
    assert parse_degrees("-33.86", 90) == -33.86
    for text in ("91", "30,04", "30°", "", "nan", "1e1"):
        with pytest.raises(CellRefused):
            parse_degrees(text, 90)


def test_texts_are_cleaned_of_what_nobody_sees():
    assert clean(" \u200fبقالة   النور\u202c\n") == "بقالة النور"
    assert clean("e\u0301") == "\u00e9"
    assert clean("one \r\n\n two\u00a0 three", lines=True) == "one\ntwo three"
