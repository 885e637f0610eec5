"""Open items from files: every line is taken or named, and what Sanad collected is never subtracted twice."""

import datetime as dt
from collections.abc import Callable, Mapping

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.entries.customers import EInvoice, Settlement, StatedItem
from server.imports.ids import customer_id, item_id
from server.imports.items import items_from
from server.imports.mapping import Options, mapping_for
from server.imports.reading import read_table
from server.imports.refusal import FileCode, FileRefused, RejectCode
from server.imports.rows import Parsed, changed_rows

COMPANY = "cmp_1"
EGP = Options(currency="EGP", terms_days=30)
AS_OF = dt.date(2026, 11, 22)


def parse(
    text: str,
    options: Options = EGP,
    *,
    known: Mapping[str, StatedItem] | None = None,
    collected_until: Callable[[str], int] | None = None,
    customers: set[str] | None = None,
) -> Parsed[StatedItem]:
    table = read_table(text.strip().encode(), "items.csv")
    return items_from(
        table,
        mapping_for(table.header, "items", options=options),
        options,
        company_id=COMPANY,
        known=known,
        customers=customers,
        collected_until=collected_until,
    )


def by_id(parsed: Parsed[StatedItem]) -> dict[str, StatedItem]:
    return {row.item: row for row in parsed.rows}


def codes(parsed: Parsed[StatedItem]) -> list[tuple[int, str]]:
    return [(row.line, row.code) for row in parsed.rejected]


def refusal(text: str, options: Options = EGP, **more: object) -> FileRefused:
    with pytest.raises(FileRefused) as refused:
        parse(text, options, **more)  # type: ignore[arg-type]
    return refused.value


# ---- rows


def test_a_line_becomes_an_item():
    (row,) = parse(
        """
customer no,invoice no,invoice date,due date,invoice amount,currency,kind,notes
C1,007,2026-03-04,2026-05-01,"1,250.500",KWD,Instalment,second of three
"""
    ).rows

    assert row == StatedItem(
        item=item_id(COMPANY, "C1", "007"),
        customer=customer_id(COMPANY, "C1"),
        number="007",
        currency="KWD",
        date=dt.date(2026, 3, 4),
        due=dt.date(2026, 5, 1),
        original=1_250_500,
        kind="instalment",
        note="second of three",
    )


def test_ids_follow_from_customer_and_number():
    """Plain codes and numbers stand in the id; whatever else an ERP writes is hashed, and never meets a plain one."""
    assert (customer_id("cmp", "C-104"), item_id("cmp", "C-104", "INV_7")) == ("cus~C-104", "itm~C-104~INV_7")
    odd = ["أ-٧", "a/b", "a~b", "a b", "x" * 25, "٠١", "cus|1"]
    hashed = {item_id("cmp", "C1", one) for one in odd} | {item_id("cmp", one, "1") for one in odd}
    assert len(hashed) == 2 * len(odd)
    assert all(len(one) == 24 and one.startswith("itm_") and item_id("cmp", "C1", one) != one for one in hashed)
    assert item_id("cmp", "A~1", "2") != item_id("cmp", "A", "1~2")
    assert len(item_id("cmp", "c" * 24, "n" * 24)) <= 64


def test_arabic_headers_digits_and_decimals():
    rows = parse(
        """
كود العميل;رقم الفاتورة;تاريخ الفاتورة;تاريخ الاستحقاق;قيمة الفاتورة;العملة;النوع
١٢;أ-٧;١٧/١٢/٢٠٢٥;٣١/١٢/٢٠٢٥;٢٣٬٤٥٦٫٧٨;ج.م;فاتورة
١٢;أ-٨;١٨/١٢/٢٠٢٥;;٥٠٠;جنيه;إشعار دائن
"""
    ).rows

    assert [(row.number, row.date.isoformat(), row.due.isoformat(), row.original, row.kind) for row in rows] == [
        ("أ-٧", "2025-12-17", "2025-12-31", 23_456_78, "invoice"),
        ("أ-٨", "2025-12-18", "2026-01-17", -500_00, "credit_note"),
    ]


HEAD = "customer no,invoice no,invoice date,due date,invoice amount"


def test_both_date_orders():
    line = f"{HEAD}\nC1,1,03/04/2026,05/06/2026,5"

    assert refusal(line).code == FileCode.DATES_AMBIGUOUS
    (day_first,) = parse(line, Options(currency="EGP", dates="day-first")).rows
    (month_first,) = parse(line, Options(currency="EGP", dates="month-first")).rows
    assert (day_first.date, day_first.due) == (dt.date(2026, 4, 3), dt.date(2026, 6, 5))
    assert (month_first.date, month_first.due) == (dt.date(2026, 3, 4), dt.date(2026, 5, 6))


def test_every_line_that_is_no_row_is_named_with_line_column_and_value():
    parsed = parse(
        f"""
{HEAD},type
C1,1,2026-01-01,2026-02-01,100,invoice
,2,2026-01-01,2026-02-01,100,invoice
C1,,2026-01-01,2026-02-01,100,invoice
C1,4,2026-02-30,2026-03-01,100,invoice
C1,5,2026-01-01,soon,100,invoice
C1,6,2026-01-01,2026-02-01,a lot,invoice
C1,7,2026-01-01,2026-02-01,,invoice
C1,8,2026-01-01,2026-02-01,1.005,invoice
C1,9,2026-01-01,2026-02-01,0,invoice
C1,10,2026-01-01,2026-02-01,-5,invoice
C1,11,2026-01-01,2026-02-01,5,present
C1,12,2026-01-01,2026-02-01,1,000,invoice
{"C" * 201},13,2026-01-01,2026-02-01,5,invoice
""",
        # Without it the file would be asked about 1.005: that may be thousands.
        Options(currency="EGP", decimal="."),
    )

    assert [row.number for row in parsed.rows] == ["1"]
    assert [(row.line, row.column, row.value[:5], row.code) for row in parsed.rejected] == [
        (3, "customer no", "", "field_missing"),
        (4, "invoice no", "", "field_missing"),
        (5, "invoice date", "2026-", "date_impossible"),
        (6, "due date", "soon", "date_unreadable"),
        (7, "invoice amount", "a lot", "amount_unreadable"),
        (8, "invoice amount", "", "field_missing"),
        (9, "invoice amount", "1.005", "amount_too_precise"),
        (10, "invoice amount", "0", "amount_zero"),
        (11, "invoice amount", "-5", "kind_and_sign_differ"),
        (12, "type", "prese", "kind_unknown"),
        (13, "", "invoi", "too_many_cells"),
        (14, "customer no", "CCCCC", "text_too_long"),
    ]
    assert all(row.text for row in parsed.rejected)


def test_line_numbers_hold_after_quoted_line_breaks():
    parsed = parse(f'{HEAD},note\nC1,1,2026-01-01,,5,"one\ntwo\nthree"\n\nC1,2,2026-01-41,,5,x')

    assert parsed.rows[0].note == "one\ntwo\nthree"
    assert codes(parsed) == [(6, RejectCode.DATE_IMPOSSIBLE)]


def test_negative_amounts_are_credit_notes():
    rows = parse(f"{HEAD}\nC1,1,2026-01-01,,-5\nC1,2,2026-01-01,,(7.50)\nC1,3,2026-01-01,,9-\nC1,4,2026-01-01,,9").rows

    assert [(row.original, row.kind) for row in rows] == [
        (-500, "credit_note"),
        (-750, "credit_note"),
        (-900, "credit_note"),
        (900, "invoice"),
    ]


def test_currencies_come_from_the_column_else_from_the_option():
    text = f"{HEAD},currency\nC1,1,2026-01-01,,5,KWD\nC1,2,2026-01-01,,5,\nC1,3,2026-01-01,,5,XXX"

    parsed = parse(text)
    assert [(row.currency, row.original) for row in parsed.rows] == [("KWD", 5_000), ("EGP", 5_00)]
    assert codes(parsed) == [(4, RejectCode.CURRENCY_UNKNOWN)]
    assert codes(parse(text, Options(terms_days=0))) == [(3, "field_missing"), (4, "currency_unknown")]
    assert refusal(f"{HEAD}\nC1,1,2026-01-01,,5", Options()).code == FileCode.OPTION_MISSING
    assert refusal(f"{HEAD}\nC1,1,2026-01-01,,5", Options(currency="XXX")).code == FileCode.OPTION_MISSING


def test_a_due_date_is_stated_or_follows_from_the_days_of_credit():
    text = "customer no,invoice no,invoice date,invoice amount\nC1,1,2026-01-01,5"

    assert refusal(text, Options(currency="EGP")).code == FileCode.OPTION_MISSING
    assert parse(text).rows[0].due == dt.date(2026, 1, 31)
    assert codes(parse(f"{HEAD}\nC1,1,2026-01-01,,5", Options(currency="EGP"))) == [(2, "field_missing")]


def test_unknown_customers_are_rejected_where_customers_are_known():
    text = f"{HEAD}\nC1,1,2026-01-01,,5\nC2,2,2026-01-01,,5"

    parsed = parse(text, customers={customer_id(COMPANY, "C1")})

    assert [row.number for row in parsed.rows] == ["1"]
    assert codes(parsed) == [(3, RejectCode.CUSTOMER_UNKNOWN)]


def test_a_known_item_keeps_its_currency():
    first = by_id(parse(f"{HEAD}\nC1,1,2026-01-01,,5"))

    again = parse(f"{HEAD}\nC1,1,2026-01-01,,5", Options(currency="USD", terms_days=30), known=first)

    assert codes(again) == [(2, RejectCode.CURRENCY_CHANGED)]


# ---- reports made to be printed


def test_titles_pages_headers_and_totals_are_listed_and_are_no_rows():
    parsed = parse(
        f"""
Company A
Open items
Printed 1/1

{HEAD}
C1,1,2026-01-01,2026-02-01,5
,Total C1,,,5
C2,2,2026-01-01,2026-02-01,5

Page 2
Company A
{HEAD}
C2,3,2026-01-01,2026-02-01,5
,,,إجمالي العميل,10
,GRAND TOTAL,,,15
,,,,15
"""
    )

    assert [row.number for row in parsed.rows] == ["1", "2", "3"]
    assert [(row.line, row.code) for row in parsed.skipped] == [
        (1, "before_header"),
        (2, "before_header"),
        (3, "before_header"),
        (7, "total_line"),
        (10, "page_line"),
        (11, "page_line"),
        (12, "header_repeated"),
        (14, "total_line"),
        (15, "total_line"),
    ]
    # It does not say that it is a total, so a person must look.
    assert codes(parsed) == [(16, RejectCode.FIELD_MISSING)]


# ---- the same number twice


def test_the_same_line_twice_is_one_item():
    parsed = parse(f"{HEAD}\nC1,1,2026-01-01,,5\nC1,1,2026-01-01,,5.00\nC2,1,2026-01-01,,5")

    assert len(parsed.rows) == 2
    assert parsed.rejected == []
    assert [(row.line, row.code, row.text) for row in parsed.skipped] == [(3, "repeats_line", "the same as line 2")]


def test_different_lines_with_one_number_are_all_rejected_and_name_each_other():
    parsed = parse(f"{HEAD}\nC1,1,2026-01-01,,5\nC1,2,2026-01-01,,5\nC1,1,2026-01-01,,6\nC1,1,2026-01-01,,5")

    assert [row.number for row in parsed.rows] == ["2"]
    assert [(row.line, row.code, row.text[:6]) for row in parsed.rejected] == [
        (2, "differs_from_line", "line 4"),
        (4, "differs_from_line", "line 2"),
        (5, "differs_from_line", "line 4"),
    ]


SETTLED = f"{HEAD},settled amount,settlement date,payment reference"


def test_several_settlements_of_one_number_are_one_item():
    parsed = parse(
        f"""
{SETTLED}
C1,1,2026-01-01,,100,30,2026-02-01,P2
C1,2,2026-01-01,,100,,,
C1,1,2026-01-01,,100,20,2026-01-15,P1
C1,1,2026-01-01,,100,20,2026-01-15,P1
C1,3,2026-01-01,,100,0,,
"""
    )

    assert parsed.rejected == []
    assert [
        (row.number, [(one.date, one.amount, one.reference) for one in row.settlements]) for row in parsed.rows
    ] == [
        ("1", [(dt.date(2026, 1, 15), 20_00, "P1"), (dt.date(2026, 2, 1), 30_00, "P2")]),
        ("2", []),
        ("3", []),
    ]
    assert [(row.line, row.code) for row in parsed.skipped] == [(5, "repeats_line")]


def test_an_item_with_one_bad_line_is_rejected_whole():
    """Without the settlement on the bad line the customer would be asked for too much."""
    parsed = parse(f"{SETTLED}\nC1,1,2026-01-01,,100,30,2026-02-01,\nC1,1,2026-01-01,,100,20,2026-02-31,\n")

    assert parsed.rows == []
    assert codes(parsed) == [(2, RejectCode.OTHER_LINE_REJECTED), (3, RejectCode.DATE_IMPOSSIBLE)]


def test_half_a_settlement_is_rejected():
    parsed = parse(f"{SETTLED}\nC1,1,2026-01-01,,100,30,,\nC1,2,2026-01-01,,100,,2026-02-01,")

    assert codes(parsed) == [(2, RejectCode.SETTLEMENT_INCOMPLETE), (3, RejectCode.SETTLEMENT_INCOMPLETE)]


def test_a_date_of_settlement_alone_settles_in_full():
    parsed = parse(
        f"{HEAD},settled date\nC1,1,2026-01-01,,100,2026-02-01\nC1,2,2026-01-01,,-40,2026-02-01\nC1,3,2026-01-01,,1,"
    )

    assert [[one.amount for one in row.settlements] for row in parsed.rows] == [[100_00], [-40_00], []]


def test_a_date_of_settlement_alone_cannot_come_twice():
    parsed = parse(f"{HEAD},settled date\nC1,1,2026-01-01,,100,2026-02-01\nC1,1,2026-01-01,,100,2026-03-01")

    assert codes(parsed) == [(2, "differs_from_line"), (3, "differs_from_line")]


def test_amounts_settled_without_a_date_column_bear_the_day_of_the_file():
    text = f"{HEAD},paid\nC1,1,2026-01-01,,100,30"

    assert refusal(text).code == FileCode.OPTION_MISSING
    (row,) = parse(text, Options(currency="EGP", terms_days=0, as_of=AS_OF)).rows
    assert row.settlements == [Settlement(AS_OF, 30_00)]


def test_a_credit_note_without_a_sign_turns_its_settlements_too():
    (row,) = parse(f"{SETTLED},type\nC1,1,2026-01-01,,100,30,2026-02-01,,Credit Note").rows

    assert (row.original, row.settlements[0].amount) == (-100_00, -30_00)


def test_more_settlements_than_an_entry_holds_are_rejected():
    lines = [f"C1,1,2026-01-01,,100000,1,2026-02-01,{'x' * 190}{index:05}" for index in range(200)]

    parsed = parse("\n".join([SETTLED, *lines]))

    assert parsed.rows == []
    assert {row.code for row in parsed.rejected} == {RejectCode.TOO_MANY_SETTLEMENTS}


# ---- files of open amounts

OPEN = "customer no,invoice no,invoice date,due date,balance"


def with_(**more: object) -> Options:
    return Options(**{"currency": "EGP", "terms_days": 30, **more})  # type: ignore[arg-type]


def opened(*amounts: int) -> dict[str, StatedItem]:
    lines = [f"C1,{number},2026-01-01,,{amount}" for number, amount in enumerate(amounts, 1)]
    return by_id(parse("\n".join([OPEN, *lines])))


def test_open_amounts_of_unknown_items_are_an_opening():
    parsed = parse(f"{OPEN}\nC1,1,2026-01-01,,80\nC1,2,2026-01-01,,-15")

    assert [(row.original, row.settlements, row.kind) for row in parsed.rows] == [
        (80_00, [], "opening"),
        (-15_00, [], "credit_note"),
    ]


def test_open_amounts_of_known_items_need_a_word_on_what_they_include():
    error = refusal(f"{OPEN}\nC1,1,2026-01-01,,50\nC1,9,2026-01-01,,10", known=opened(80))

    assert error.code == FileCode.POSITION_MISSING
    assert "1 of its items are known already (1)" in error.text
    assert "--until" in error.text
    assert "--opening" in error.text


def test_what_the_erp_settled_follows_from_open_amount_and_position():
    """Opened at 80; Sanad collected 25 up to the position; the ERP says 40 are open: it settled 15 itself."""
    known = opened(80)

    (row,) = parse(
        f"{OPEN}\nC1,1,2026-01-01,,40",
        with_(position=7, as_of=AS_OF),
        known=known,
        collected_until=lambda item: 25_00 if item in known else 0,
    ).rows

    assert row.original == 80_00
    assert row.settlements == [Settlement(AS_OF, 15_00)]
    assert row.kind == "opening"


def test_the_same_open_amounts_at_the_same_position_change_nothing():
    text, options = f"{OPEN}\nC1,1,2026-01-01,,40", with_(position=7, as_of=AS_OF)
    first = parse(text, options, known=opened(80), collected_until=lambda _: 25_00)

    again = parse(text, options, known=by_id(first), collected_until=lambda _: 25_00)

    assert again.rows == first.rows
    assert changed_rows(again.rows, by_id(first)) == ([], [], first.rows)


@given(
    st.integers(100, 10**6),
    st.lists(st.tuples(st.sampled_from(["sanad", "erp", "file"]), st.integers(0, 40)), max_size=12),
)
def test_no_order_of_collections_settlements_and_files_subtracts_twice(original: int, steps: list[tuple[str, int]]):
    """After every file, what Sanad holds to be open is what really is, whatever the ERP had heard of by then."""
    open_text = "{}\nC1,1,2026-01-01,,{}.{:02}"
    known = by_id(parse(open_text.format(OPEN, original // 100, original % 100)))
    (item,) = known
    collected = settled = 0
    heard = 0
    for who, percent in steps:
        left = original - collected - settled
        part = left * percent // 100
        if who == "sanad":
            collected += part
        elif who == "erp":
            settled += part
        else:
            # The ERP has heard of some of what was collected; the position says of how much.
            heard = max(heard, collected * percent // 40)
            stated = original - settled - heard
            text = open_text.format(OPEN, stated // 100, stated % 100)
            options = with_(position=7, as_of=AS_OF)
            known = by_id(parse(text, options, known=known, collected_until={item: heard}.__getitem__))
            row = known[item]
            assert (
                row.original - sum(one.amount for one in row.settlements) - collected == original - collected - settled
            )


def test_new_items_in_a_file_with_a_position_are_invoices():
    (row,) = parse(
        f"{OPEN}\nC1,9,2026-01-01,,40", with_(position=7, as_of=AS_OF), known=opened(80), collected_until=lambda _: 0
    ).rows

    assert (row.original, row.kind, row.settlements) == (40_00, "invoice", [])


def test_an_item_that_the_erp_has_closed_is_settled():
    (row,) = parse(
        f"{OPEN}\nC1,1,2026-01-01,,0", with_(position=7, as_of=AS_OF), known=opened(80), collected_until=lambda _: 30_00
    ).rows

    assert row.settlements == [Settlement(AS_OF, 50_00)]


def test_an_opening_may_be_stated_again():
    known = opened(80, 20)

    parsed = parse(f"{OPEN}\nC1,1,2026-01-01,,70\nC1,2,2026-01-01,,20", with_(opening=True), known=known)
    new, changed, same = changed_rows(parsed.rows, known)

    assert (len(new), [row.original for row in changed], len(same)) == (0, [70_00], 1)


BOTH = "customer no,invoice no,invoice date,due date,invoice amount,balance"


def test_original_and_open_amounts_without_settlements_count_as_open_amounts():
    text = f"{BOTH}\nC1,1,2026-01-01,,100,60"

    assert refusal(text).code == FileCode.OPTION_MISSING
    (row,) = parse(text, with_(as_of=AS_OF)).rows
    assert (row.original, row.settlements, row.kind) == (100_00, [Settlement(AS_OF, 40_00)], "invoice")
    assert refusal(text, with_(as_of=AS_OF), known={row.item: row}).code == FileCode.POSITION_MISSING

    (later,) = parse(
        f"{BOTH}\nC1,1,2026-01-01,,100,50",
        with_(as_of=AS_OF, position=9),
        known={row.item: row},
        collected_until=lambda _: 10_00,
    ).rows
    assert later == row


def test_more_open_than_there_was_is_rejected():
    parsed = parse(f"{BOTH}\nC1,1,2026-01-01,,60,100\nC1,2,2026-01-01,,60,-10", with_(as_of=AS_OF))

    assert codes(parsed) == [(2, RejectCode.OPEN_EXCEEDS_ORIGINAL), (3, RejectCode.OPEN_EXCEEDS_ORIGINAL)]


def test_nothing_open_of_an_unknown_item_is_no_item():
    assert codes(parse(f"{OPEN}\nC1,1,2026-01-01,,0")) == [(2, RejectCode.AMOUNT_ZERO)]


@pytest.mark.parametrize(
    ("head", "options"),
    [
        (OPEN, with_(opening=True, position=7)),
        (HEAD, with_(opening=True)),
        (HEAD, with_(position=7)),
    ],
)
def test_options_that_contradict_each_other_or_the_file_are_refused(head: str, options: Options):
    assert refusal(f"{head}\nC1,1,2026-01-01,,5", options).code == FileCode.OPTIONS_CONTRADICT


def test_a_file_without_amounts_is_refused():
    assert refusal("customer no,invoice no,invoice date,due date\nC1,1,2026-01-01,").code == FileCode.COLUMN_MISSING


def test_a_position_is_no_use_without_the_journal():
    with pytest.raises(ValueError, match="collected_until"):
        parse(f"{OPEN}\nC1,1,2026-01-01,,5", with_(position=7, as_of=AS_OF))


# ---- against what is known


def test_a_file_of_originals_without_settlements_leaves_the_known_ones():
    known = by_id(parse(f"{SETTLED}\nC1,1,2026-01-01,,100,30,2026-02-01,P1"))

    parsed = parse(f"{HEAD}\nC1,1,2026-01-01,,100", known=known)

    assert changed_rows(parsed.rows, known) == ([], [], parsed.rows)


def test_only_what_is_new_or_changed_counts():
    first = parse(f"{HEAD}\nC1,1,2026-01-01,,100\nC1,2,2026-01-01,,100")
    again = parse(f"{HEAD}\nC1,1,2026-01-01,,100\nC1,2,2026-01-01,,120\nC1,3,2026-01-01,,5", known=by_id(first))

    new, changed, same = changed_rows(again.rows, by_id(first))

    assert [[row.number for row in rows] for rows in (new, changed, same)] == [["3"], ["2"], ["1"]]


# ---- papers to deliver, and the tax authority


def test_what_is_to_be_delivered_and_its_electronic_invoice_are_read():
    rows = parse(
        """
كود العميل,رقم الفاتورة,التاريخ,المبلغ الاصلي,للتسليم,الفاتورة الالكترونية,المعرف الطويل,حالة الفاتورة الالكترونية
C1,1,2026-03-04,100,نعم,ABC1,XYZ1,صالحة
C1,2,2026-03-04,100,لا,ABC2,,ملغاة
C1,3,2026-03-04,100,,,,
"""
    ).rows

    assert [row.to_deliver for row in rows] == [True, False, False]
    assert [row.einvoice for row in rows] == [
        EInvoice("ABC1", "XYZ1", "valid"), EInvoice("ABC2", "", "cancelled"), None,
    ]  # fmt: skip


def test_a_file_without_these_columns_leaves_them_as_they_are():
    text = "customer no,invoice no,invoice date,invoice amount\nC1,1,2026-03-04,100"
    (row,) = parse(text).rows
    known = msgspec.structs.replace(row, to_deliver=True, einvoice=EInvoice("ABC", "X", "rejected"))

    assert parse(text, known={known.item: known}).rows == [known]


@pytest.mark.parametrize(("columns", "values"), [("to deliver", "perhaps"), ("uuid,eta status", "A1,lost")])
def test_a_value_that_means_nothing_is_named(columns: str, values: str):
    text = f"customer no,invoice no,invoice date,invoice amount,{columns}\nC1,1,2026-03-04,100,{values}"

    assert codes(parse(text)) == [(2, "value_unknown")]
