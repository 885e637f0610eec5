"""Which column is which field: guessed in two languages, or stated, and never taken for another."""

import datetime as dt

import pytest

from server.imports.mapping import SYNONYMS, Options, Subject, mapping_for, plain, stated
from server.imports.refusal import ARABIC, FILE_ARABIC, FileCode, FileRefused, RejectCode


def guess(subject: Subject, *header: str, options: Options | None = None) -> dict[str, str]:
    return mapping_for(list(header), subject, options=options).columns


def test_items_are_guessed_from_english_and_from_arabic():
    assert guess("items", "customerID", "invoiceNumber", "InvoiceDate", "DueDate", "InvoiceAmount", "SettledDate") == {
        "customerID": "customer",
        "invoiceNumber": "number",
        "InvoiceDate": "date",
        "DueDate": "due",
        "InvoiceAmount": "original",
        "SettledDate": "settled_date",
    }
    assert guess(
        "items", "كود العميل", "رقم الفاتورة", "تاريخ الفاتورة", "تاريخ الإستحقاق", "المبلغ المتبقى", "العملة"
    ) == {
        "كود العميل": "customer",
        "رقم الفاتورة": "number",
        "تاريخ الفاتورة": "date",
        "تاريخ الإستحقاق": "due",
        "المبلغ المتبقى": "open",
        "العملة": "currency",
    }


def test_customers_are_guessed():
    assert guess("customers", "Customer No.", "Customer", "Name (Arabic)", "MOBILE", "City", "Credit_Limit") == {
        "Customer No.": "code",
        "Customer": "name",
        "Name (Arabic)": "name_ar",
        "MOBILE": "phone",
        "City": "area",
        "Credit_Limit": "credit_limit",
    }


def test_several_columns_of_an_address_are_joined():
    mapping = mapping_for(["code", "name", "addressLine1", "x", "addressLine2"], "customers")

    assert mapping.at["address"] == (2, 4)
    assert mapping.guessed
    assert mapping.unused == ["x"]


def test_the_better_fitting_column_is_taken():
    mapping = mapping_for(["Customer", "Customer No", "Invoice No", "Date", "Invoice Date", "Balance"], "items")

    assert {field: index for field, (index,) in mapping.at.items()} == {
        "customer": 1,
        "number": 2,
        "date": 4,
        "open": 5,
    }


def refusal(*header: str, subject: Subject = "items", **more: object) -> FileRefused:
    with pytest.raises(FileRefused) as refused:
        mapping_for(list(header), subject, **more)  # type: ignore[arg-type]
    return refused.value


def test_two_columns_that_fit_equally_are_asked_about():
    error = refusal("code", "name", "phone", "mobile", subject="customers")

    assert error.code == FileCode.COLUMN_AMBIGUOUS
    assert "'phone'" in error.text
    assert "'mobile'" in error.text


def test_missing_columns_are_named():
    error = refusal("Customer No", "Amount due")

    assert error.code == FileCode.COLUMN_MISSING
    assert "number, date" in error.text


def test_an_amount_alone_is_asked_about():
    """Taking what is still open for the original amount would subtract collections twice."""
    header = ("Customer No", "Invoice", "Date", "المبلغ")

    assert refusal(*header).code == FileCode.COLUMN_AMBIGUOUS
    assert guess("items", *header, options=Options(amount="open"))["المبلغ"] == "open"
    assert guess("items", *header, options=Options(amount="original"))["المبلغ"] == "original"
    assert guess("items", *header, "Balance") | {"": ""} == {
        "": "",
        "Customer No": "customer",
        "Invoice": "number",
        "Date": "date",
        "المبلغ": "original",
        "Balance": "open",
    }
    assert refusal(*header, "Total").code == FileCode.COLUMN_AMBIGUOUS


def test_an_arabic_name_alone_is_a_name():
    assert guess("customers", "Code", "Arabic name") == {"Code": "code", "Arabic name": "name_ar"}


def test_no_header_text_means_two_fields():
    for fields in SYNONYMS.values():
        for rank in range(2):
            texts = [
                plain(text) for ranks in fields.values() if rank < len(ranks) for text in set(map(plain, ranks[rank]))
            ]
            assert len(texts) == len(set(texts))


TOML = """
[columns]
"Cust" = "customer"
"Inv" = "number"
"When" = "date"
"How much" = "open"

[options]
dates = "day-first"
currency = "KWD"
terms_days = 45
as_of = 2026-11-22
delimiter = ";"
"""


def test_a_stated_mapping_is_obeyed():
    said = stated(TOML, "items")
    mapping = mapping_for(["When", "Inv", "Cust", "How much", "Currency"], "items", columns=said.columns)

    assert said.options == Options(
        dates="day-first", currency="KWD", terms_days=45, as_of=dt.date(2026, 11, 22), delimiter=";"
    )
    assert mapping.at == {"customer": (2,), "number": (1,), "date": (0,), "open": (3,)}
    assert not mapping.guessed
    assert mapping.unused == ["Currency"]


def test_the_command_line_wins_over_the_file():
    said = stated(TOML, "items").options

    assert Options(dates="iso", terms_days=0).over(said) == Options(
        dates="iso", currency="KWD", terms_days=0, as_of=dt.date(2026, 11, 22), delimiter=";"
    )
    assert Options().over(said) == said


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("[columns", FileCode.MAPPING_UNREADABLE),
        ("[colums]\na = 1", FileCode.MAPPING_UNREADABLE),
        ('[columns]\n"Cust" = "custmer"', FileCode.FIELD_UNKNOWN),
        ('[columns]\n"Cust" = 1', FileCode.FIELD_UNKNOWN),
        ('[columns]\n"Cust" = ["customer"]', FileCode.FIELD_UNKNOWN),
        ("columns = 1", FileCode.MAPPING_UNREADABLE),
        ('[options]\ndate = "day-first"', FileCode.MAPPING_UNREADABLE),
        ('[options]\ndates = "dayfirst"', FileCode.MAPPING_UNREADABLE),
        ("[options]\nterms_days = true", FileCode.MAPPING_UNREADABLE),
        ("[options]\nterms_days = -1", FileCode.MAPPING_UNREADABLE),
        ("[options]\nas_of = 2026-11-22T10:00:00", FileCode.MAPPING_UNREADABLE),
        ('[options]\ncurrency = "XXX"', FileCode.MAPPING_UNREADABLE),
    ],
)
def test_a_mapping_with_a_slip_is_refused(text: str, code: FileCode):
    with pytest.raises(FileRefused) as refused:
        stated(text, "items")
    assert refused.value.code == code


def test_a_stated_mapping_must_fit_the_file():
    columns = {"Cust": "customer", "Inv": "number", "When": "date"}

    assert refusal("Cust", "Inv", columns=columns).code == FileCode.COLUMN_UNKNOWN
    assert refusal("Cust", "Inv", "When", "When", columns=columns).code == FileCode.COLUMN_AMBIGUOUS
    assert refusal("Cust", "Inv", "When", "D", columns={**columns, "D": "date"}).code == FileCode.COLUMN_AMBIGUOUS
    assert refusal("Cust", "Inv", "When", columns={"Cust": "customer"}).code == FileCode.COLUMN_MISSING


def test_every_code_has_an_arabic_text():
    assert ARABIC.keys() == set(RejectCode)
    assert FILE_ARABIC.keys() == set(FileCode)
