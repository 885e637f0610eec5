"""Customers from files, and how rows are cut into entries and reported."""

import datetime as dt

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.documents import Customer, Item
from schemas.entries.customers import BankAccount, Paper, StatedCustomer, StatedItem
from server.imports.customers import customers_from
from server.imports.ids import customer_id
from server.imports.mapping import Options, mapping_for
from server.imports.reading import Table, read_table
from server.imports.refusal import FileCode, FileRefused, RejectCode
from server.imports.rows import Parsed, changed_rows, in_chunks, report_of, stated_customer, stated_item

COMPANY = "cmp_1"
EGP = Options(currency="EGP")
DAY = dt.date(2026, 1, 1)


def table_of(text: str) -> Table:
    return read_table(text.strip().encode(), "customers.csv")


def parse(text: str, options: Options = EGP, known: dict[str, StatedCustomer] | None = None) -> Parsed[StatedCustomer]:
    table = table_of(text)
    return customers_from(table, mapping_for(table.header, "customers"), options, company_id=COMPANY, known=known)


def codes(parsed: Parsed[StatedCustomer]) -> list[tuple[int, str]]:
    return [(row.line, row.code) for row in parsed.rejected]


def test_a_line_becomes_a_customer_and_enters_a_portfolio():
    parsed = parse(
        """
كود العميل,Name,الاسم العربي,العنوان,المنطقة,خط العرض,خط الطول,العملة,حد الائتمان,المحصل,التليفون
0042,El Nour,بقالة  النور,"12 شارع شبرا
الدور 2",شبرا,٣٠٫٠٨,31.245,ج.م,"10,000.50",hany,+20 19 0000 0001
"""
    )

    assert parsed.rejected == []
    assert parsed.rows == [
        StatedCustomer(
            customer=customer_id(COMPANY, "0042"),
            code="0042",
            name="El Nour",
            currency="EGP",
            name_ar="بقالة النور",
            phone="+20 19 0000 0001",
            address="12 شارع شبرا\nالدور 2",
            area="شبرا",
            lat=30.08,
            lon=31.245,
            credit_limit=10_000_50,
        )
    ]
    assert parsed.assignments == {"hany": [customer_id(COMPANY, "0042")]}


def test_an_arabic_name_alone_serves_as_the_name():
    (row,) = parse("code,arabic name\n1,بقالة النور").rows

    assert (row.name, row.name_ar) == ("بقالة النور", "بقالة النور")


def test_lines_that_are_no_customers_are_named():
    parsed = parse(
        f"""
code,name,lat,lon,credit limit,currency
1,good,,,,
,nameless,,,,
3,,,,,
4,half a place,30.1,,,
5,nowhere,95,31,,
6,negative,,,-5,
7,precise,,,0.001,
8,dear,,,5,XXX
9,{"x" * 201},,,,
"""
    )

    assert [row.code for row in parsed.rows] == ["1"]
    assert codes(parsed) == [
        (3, "field_missing"),
        (4, "field_missing"),
        (5, "place_unreadable"),
        (6, "place_unreadable"),
        (7, "amount_negative"),
        (8, "amount_too_precise"),
        (9, "currency_unknown"),
        (10, "text_too_long"),
    ]


def test_the_same_code_twice():
    parsed = parse("code,name,collector\n1,A,hany\n1,A,hany\n2,B,hany\n2,B,karim\n3,C,\n3,D,\n")

    assert [row.code for row in parsed.rows] == ["1"]
    assert [(row.line, row.code) for row in parsed.skipped] == [(3, "repeats_line")]
    assert [(row.line, row.code, row.text[:6]) for row in parsed.rejected] == [
        (4, RejectCode.DIFFERS_FROM_LINE, "line 5"),
        (5, RejectCode.DIFFERS_FROM_LINE, "line 4"),
        (6, RejectCode.DIFFERS_FROM_LINE, "line 7"),
        (7, RejectCode.DIFFERS_FROM_LINE, "line 6"),
    ]
    assert parsed.assignments == {"hany": [customer_id(COMPANY, "1")]}


def test_fields_without_a_column_stay_as_they_are_known():
    known = {
        row.customer: row
        for row in parse("code,name,phone,address,lat,lon,credit limit\n1,A,010,street,30,31,500").rows
    }

    (row,) = parse("code,name,phone\n1,A,012", known=known).rows
    assert row == msgspec.structs.replace(known[row.customer], phone="012")
    # A column with an empty cell does say something: that there is none.
    (row,) = parse("code,name,address\n1,A,", known=known).rows
    assert row.address == ""


def test_an_email_address_and_a_language():
    """As people head and write them in either language; blank is none, and both languages."""
    parsed = parse(
        "code,name,E-Mail,Language\n1,A,shop@example.com,Arabic\n2,B,,\n3,C,two.words+x@mail.example.com,EN\n"
    )
    arabic = parse("كود العميل,الاسم,البريد الإلكتروني,اللغة\n1,A,shop@example.com,عربي\n")

    assert parsed.rejected == arabic.rejected == []
    assert [(row.email, row.language) for row in parsed.rows] == [
        ("shop@example.com", "ar"), ("", ""), ("two.words+x@mail.example.com", "en"),
    ]  # fmt: skip
    assert [(row.email, row.language) for row in arabic.rows] == [("shop@example.com", "ar")]
    (kept,) = parse("code,name\n1,A", known={row.customer: row for row in parsed.rows}).rows
    assert (kept.email, kept.language) == ("shop@example.com", "ar")


@pytest.mark.parametrize(
    ("column", "text", "code"),
    [
        ("email", "shop", RejectCode.EMAIL_UNREADABLE),
        ("email", "shop@example", RejectCode.EMAIL_UNREADABLE),
        ("email", "a@example.com; b@example.com", RejectCode.EMAIL_UNREADABLE),
        ("email", "Shop <shop@example.com>", RejectCode.EMAIL_UNREADABLE),
        ("email", "x" * 200 + "@example.com", RejectCode.EMAIL_UNREADABLE),
        ("language", "French", RejectCode.LANGUAGE_UNKNOWN),
    ],
)
def test_an_address_that_is_none_is_rejected(column: str, text: str, code: RejectCode):
    (refused,) = parse(f"code,name,{column}\n1,A,{text}\n").rejected

    assert (refused.line, refused.column, refused.code) == (2, column, code)


def test_credit_limits_without_a_currency_are_refused():
    with pytest.raises(FileRefused) as refused:
        parse("code,name,credit limit\n1,A,5", Options())
    assert refused.value.code == FileCode.OPTION_MISSING


def test_doubtful_credit_limits_are_asked_about():
    with pytest.raises(FileRefused) as refused:
        parse('code,name,credit limit,currency\n1,A,"1,250",KWD')
    assert refused.value.code == FileCode.AMOUNTS_AMBIGUOUS


# ---- into entries

customers = st.builds(
    StatedCustomer,
    customer=st.uuids().map(str),
    code=st.text(max_size=20),
    name=st.text("بقالةالنور ", max_size=200),
    currency=st.just("EGP"),
    address=st.text("شارع ", max_size=500),
)


@given(st.lists(customers, max_size=60).flatmap(lambda rows: st.sampled_from([1, 12]).map(lambda times: rows * times)))
def test_chunks_hold_everything_in_order_and_fit_an_entry(rows: list[StatedCustomer]):
    chunks = list(in_chunks(rows))

    assert [row for chunk in chunks for row in chunk] == rows
    for chunk in chunks:
        assert 1 <= len(chunk) <= 200
        assert len(msgspec.json.encode(chunk)) <= 30_001


def test_a_row_larger_than_an_entry_is_no_chunk():
    row = StatedItem("i", "c", "1", "EGP", DAY, DAY, 1, note="x" * 30_000)

    with pytest.raises(ValueError, match="more than an entry holds"):
        list(in_chunks([row]))


def test_a_document_says_again_what_was_stated():
    item = StatedItem("i", "c", "1", "EGP", DAY, DAY, 100, "credit_note", [], "note")
    document = Item("i", "c", "1", "EGP", DAY, DAY, 100, "credit_note", [], collected=30, open=70, note="note")
    assert stated_item(document) == item

    (row,) = parse("code,name,lat,lon\n1,A,30,31").rows
    assert stated_customer(Customer(row.customer, "1", "A", "EGP", lat=30.0, lon=31.0, collectors=["usr_1"])) == row


def test_the_report_names_every_line_that_is_no_row():
    text = "Customers\n\ncode,name,phone\n1,A,010\n2,B,011\n3,,\n1,A,010\n"
    table = table_of(text)
    mapping = mapping_for(table.header, "customers")
    known = {row.customer: row for row in parse("code,name,phone\n1,A,010\n2,B,099").rows}
    parsed = customers_from(table, mapping, EGP, company_id=COMPANY, known=known)

    report = report_of(table, mapping, parsed, known, dry_run=True)

    assert (report.encoding, report.delimiter, report.columns) == (
        "utf-8",
        ",",
        {"code": "code", "name": "name", "phone": "phone"},
    )
    assert (report.rows, report.new, report.changed, report.same) == (2, 0, 1, 1)
    assert [(row.line, row.code) for row in report.rejected] == [
        (1, "before_header"),
        (6, "field_missing"),
        (7, "repeats_line"),
    ]
    assert changed_rows(parsed.rows, {}) == (parsed.rows, [], [])


# ---- what the office knows of a customer


def test_standing_returned_cheques_and_a_paper_are_read():
    (row,) = parse(
        """
كود العميل,الاسم,حالة العميل,الشيكات المرتدة,نوع الوثيقة,رقم الوثيقة,تاريخ انتهاء الوثيقة
C1,النور,موقوف,٣,سجل تجاري,40012,2027-01-31
"""
    ).rows

    assert (row.standing, row.bounced) == ("suspended", 3)
    assert row.papers == [Paper("سجل تجاري", dt.date(2027, 1, 31), "40012")]


def test_a_file_without_these_columns_takes_nothing_away():
    known = StatedCustomer(
        customer_id(COMPANY, "C1"), "C1", "El Nour", "EGP", standing="legal", bounced=2,
        papers=[Paper("tax card", DAY)], accounts=[BankAccount("NBE", "100")],
    )  # fmt: skip

    (row,) = parse("Code,Name,Phone\nC1,El Nour,0190", known={known.customer: known}).rows

    assert row == msgspec.structs.replace(known, phone="0190")


def test_a_stated_paper_takes_the_place_of_the_one_of_its_kind():
    known = StatedCustomer(customer_id(COMPANY, "C1"), "C1", "El Nour", "EGP",
                           papers=[Paper("tax card", DAY), Paper("licence", DAY)])  # fmt: skip
    text = "Code,Name,Paper,Paper expires\nC1,El Nour,licence,2028-02-01"

    (row,) = parse(text, known={known.customer: known}).rows

    assert row.papers == [Paper("tax card", DAY), Paper("licence", dt.date(2028, 2, 1))]


@pytest.mark.parametrize(
    ("column", "value"), [("Standing", "friendly"), ("Bounced cheques", "-1"), ("Bounced", "many")]
)
def test_a_value_that_means_nothing_is_named(column: str, value: str):
    assert codes(parse(f"Code,Name,{column}\nC1,El Nour,{value}")) == [(2, "value_unknown")]
