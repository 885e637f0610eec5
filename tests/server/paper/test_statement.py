import re
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from schemas.documents import Item
from schemas.entries.customers import Settlement
from schemas.entries.receipts import Allocation, Cash
from server.paper.render import pdf
from server.paper.statement import DoesNotTie, statement_html
from tests.server.paper.papers import Sheet, cheque, company, customer, voucher

AS_OF = datetime(2026, 11, 22, 15, 30, tzinfo=UTC)


def item(name, on, original, open_now, currency="EGP", **changes):
    fields: dict[str, Any] = {
        "id": name,
        "customer": "cu_1",
        "number": name,
        "currency": currency,
        "date": on,
        "due": on + timedelta(days=30),
        "original": original,
        "open": open_now,
    }
    return Item(**fields | changes)


def paid(number, on, tenders, taken, currency="EGP", **changes):
    return voucher(
        {}, tenders, currency, id=number, number=number, day=on,
        taken=[Allocation(item=name, amount=amount) for name, amount in taken.items()], **changes,
    )  # fmt: skip


ITEMS = [
    item("INV-1", date(2026, 8, 1), 500_000, 0),
    item("INV-2", date(2026, 9, 10), 900_000, 250_000, settlements=[Settlement(date=date(2026, 10, 1), amount=50_000)]),
    item("INV-3", date(2026, 11, 1), 300_000, 300_000),
    item("INV-D", date(2026, 10, 2), 70_000, 70_000, "USD"),
    item("CN-1", date(2026, 10, 20), -20_000, -20_000, kind="credit_note"),
]
VOUCHERS = [
    paid("CAI-1", date(2026, 9, 1), [Cash(currency="EGP", amount=500_000)], {"INV-1": 500_000}),
    paid(
        "CAI-2", date(2026, 10, 15), [Cash(currency="EGP", amount=400_000), cheque(amount=210_000)],
        {"INV-2": 600_000},
    ),
    paid(
        "CAI-3", date(2026, 10, 16), [Cash(currency="EGP", amount=100_000)], {"INV-2": 100_000},
        state="voided", voided_at="2026-11-05T10:00:00+02:00",
    ),
]  # fmt: skip


def statement(from_day=date(2026, 9, 1), to_day=date(2026, 11, 22), items=ITEMS, vouchers=VOUCHERS, **changes):
    one = customer(uncleared={"EGP": 210_000}, **changes)
    return statement_html(company(), one, items, vouchers, from_day=from_day, to_day=to_day, as_of=AS_OF)


def rows(html):
    """The lines of the account: first the text of each, then its amounts."""
    lines = []
    for row in re.findall(r"<tr.*?</tr>", html, re.DOTALL):
        cells = [" ".join(re.sub(r"<[^>]+>", " ", cell).split()) for cell in re.findall(r"<td.*?</td>", row, re.DOTALL)]
        if cells:
            lines.append(cells)
    return lines


def balances(html):
    return [row[-1] for row in rows(html) if re.match(r"\d\d/\d\d/\d{4}", row[0])]


def test_rows_stand_in_the_order_of_days_with_the_balance_after_each():
    html = statement()

    assert balances(html) == [
        "5,000.00",  # opening: INV-1
        "0.00",  # CAI-1
        "9,000.00",  # INV-2
        "8,500.00",  # settled in the ERP
        "2,400.00",  # CAI-2
        "1,400.00",  # CAI-3, as long as it stood
        "1,200.00",  # credit note
        "4,200.00",  # INV-3
        "5,200.00",  # CAI-3 voided
        "5,200.00",  # closing
        "0.00",
        "700.00",
        "700.00",
    ]


def test_currencies_stand_apart_and_the_customers_own_comes_first(tmp_path):
    text = Sheet(pdf(statement()), tmp_path).text()

    assert text.index("INV-3") < text.index("INV-D")
    assert "5,900.00" not in text


def test_both_balances_are_stated():
    html = statement()

    pairs = [row[1] for row in rows(html) if len(row) == 2]
    assert pairs == ["5,200.00", "2,100.00", "7,300.00", "700.00", "0.00", "700.00"]


def test_ageing_and_credits_make_up_the_closing_balance():
    ageing = next(row for row in rows(statement()) if len(row) == 8)

    assert ageing == ["3,000.00", "0.00", "2,500.00", "0.00", "0.00", "0.00", "0.00", "−300.00"]


def test_a_statement_up_to_an_earlier_day_is_as_it_was_then():
    html = statement(to_day=date(2026, 10, 31))

    assert balances(html)[6] == "1,200.00"
    ageing = next(row for row in rows(html) if len(row) == 8)
    assert ageing == ["0.00", "1,500.00", "0.00", "0.00", "0.00", "0.00", "0.00", "−300.00"]
    assert "CAI-3" in html
    assert "Voucher voided" not in html


def test_a_voucher_under_review_counts_and_is_not_told_apart():
    unpaid = [item("INV-9", date(2026, 11, 1), 100_000, 100_000)]
    review = paid("CAI-9", date(2026, 11, 2), [cheque(amount=100_000)], {}, verdict="review", flags=["device_lost"])
    html = statement_html(
        company(), customer(), unpaid, [review], from_day=date(2026, 11, 1), to_day=date(2026, 11, 22), as_of=AS_OF
    )

    assert balances(html)[-1] == "0.00"
    assert [row[1] for row in rows(html) if len(row) == 2] == ["0.00", "1,000.00", "1,000.00"]
    assert "review" not in html
    assert "device_lost" not in html


def test_a_statement_that_misses_a_voucher_or_an_item_is_not_printed():
    with pytest.raises(DoesNotTie):
        statement(items=ITEMS[1:])
    with pytest.raises(DoesNotTie):
        statement(vouchers=VOUCHERS[1:])


def test_a_statement_cannot_end_before_it_begins():
    with pytest.raises(ValueError, match="before it begins"):
        statement(from_day=date(2026, 11, 22), to_day=date(2026, 11, 1))


def test_a_long_statement_breaks_over_pages_with_heads_again(tmp_path):
    many = [item(f"INV-{at:04}", date(2026, 1, 1) + timedelta(days=at), 1_000, 1_000) for at in range(120)]
    sheet = Sheet(pdf(statement(date(2026, 1, 1), items=many, vouchers=[])), tmp_path)

    assert sheet.pages() >= 3
    assert sheet.size_mm() == (210, 297)
    for page in range(1, sheet.pages()):
        assert "Balance" in sheet.text(page)
        assert f"Page {page} of {sheet.pages()}" in sheet.text(page)
    assert re.findall(r"INV-\d{4}", sheet.text()) == [f"INV-{at:04}" for at in range(120)]


def test_an_account_without_movement_still_says_its_balance():
    html = statement(items=[], vouchers=[])

    assert balances(html) == ["0.00", "0.00"]


def test_typed_names_are_only_text():
    html = statement(name_ar="<script>x</script>\u202eاسم", address="<img src=x>")

    assert "<script" not in html
    assert "<img" not in html
    assert "\u202e" not in html
