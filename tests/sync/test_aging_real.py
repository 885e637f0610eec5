"""Ageing over real invoices, against figures that were computed elsewhere; the files are read as an import does."""

import datetime as dt
import json
from collections import Counter
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from schemas.entries.customers import StatedItem
from server.imports.customers import customers_from
from server.imports.ids import customer_id
from server.imports.items import items_from
from server.imports.mapping import Options, mapping_for
from server.imports.reading import Table, read_table
from server.imports.refusal import FileCode, FileRefused
from sync.aging import AgingRow, OpenItem, aging, open_as_of_document

COMPANY = "cmp_test"
US_DOLLARS = Options(dates="month-first", currency="USD")


def cents(text: str) -> int:
    return int(Decimal(text) * 100)


def table_in(path: Path) -> Table:
    return read_table(path.read_bytes(), path.name)


@pytest.fixture(scope="module")
def truth(real_data: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((real_data / "ibm-ar" / "truth.json").read_text("utf-8"))
    return found


@pytest.fixture(scope="module")
def invoices(real_data: Path) -> list[StatedItem]:
    table = table_in(real_data / "ibm-ar" / "late-payments.csv")
    parsed = items_from(table, mapping_for(table.header, "items"), US_DOLLARS, company_id=COMPANY)

    assert parsed.rejected == []
    assert parsed.skipped == []
    return parsed.rows


def open_on(items: list[StatedItem], day: dt.date) -> list[OpenItem]:
    return [
        OpenItem(item.customer, item.item, item.currency, item.date, item.due, open_as_of_document(item, [], day))
        for item in items
    ]


def test_every_invoice_is_read_with_its_leading_zeros(invoices: list[StatedItem], truth: dict[str, Any]):
    assert len(invoices) == truth["rows"]
    assert len({item.customer for item in invoices}) == truth["customers"]
    assert sum(item.original for item in invoices) == cents(truth["total_invoiced"])
    assert {len(item.number) for item in invoices} == {10}
    assert sum(item.number.startswith("0") for item in invoices) == 266
    assert min(item.date for item in invoices).isoformat() == truth["first_invoice"]
    assert max(one.date for item in invoices for one in item.settlements).isoformat() == truth["last_settlement"]


def test_ageing_agrees_to_the_cent_on_both_days(invoices: list[StatedItem], truth: dict[str, Any]):
    assert len(truth["aging"]) == 2
    for stated in truth["aging"]:
        day = dt.date.fromisoformat(stated["as_of"])
        table = aging(open_on(invoices, day), as_of=day, age_by="due")
        total = table.totals["USD"]

        assert [(str(amount), count) for amount, count in zip(total.buckets, total.counts, strict=True)] == [
            (str(cents(bucket["amount"])), bucket["count"]) for bucket in stated["buckets"].values()
        ]
        assert total.owed == total.net == cents(stated["open_amount"])
        assert total.overdue == cents(stated["overdue_amount"])
        assert sum(total.counts) == stated["open_count"]
        most = sorted((row.owed for row in table.customers.values()), reverse=True)[:10]
        assert most == [cents(row["amount"]) for row in stated["top10_open_customers"]]
        for row in stated["top10_open_customers"]:
            assert table.customers[customer_id(COMPANY, row["customer"]), "USD"].owed == cents(row["amount"])


def test_what_is_open_at_each_month_end_agrees(invoices: list[StatedItem], truth: dict[str, Any]):
    for month in truth["months"]:
        first = dt.date.fromisoformat(month["month"] + "-01")
        last = (first + dt.timedelta(days=31)).replace(day=1) - dt.timedelta(days=1)
        # In the last month all is settled, so nothing is left to be aged.
        total = aging(open_on(invoices, last), as_of=last).totals.get("USD", AgingRow([0], [0]))

        assert total.owed == cents(month["closing_ar"])
        assert total.buckets[0] == cents(month["closing_current"])
        assert total.overdue == cents(month["closing_overdue"])


def test_dates_of_this_file_are_not_guessed(real_data: Path):
    table = table_in(real_data / "ibm-ar" / "late-payments.csv")

    with pytest.raises(FileRefused, match="--dates month-first") as refused:
        items_from(table, mapping_for(table.header, "items"), Options(currency="USD"), company_id=COMPANY)
    assert refused.value.code == FileCode.DATES_AMBIGUOUS


# ---- a trading company: customers, orders, and payments that name no order


@pytest.fixture(scope="module")
def trading(real_data: Path) -> Path:
    return real_data / "classicmodels-even"


@pytest.fixture(scope="module")
def trading_truth(trading: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((trading / "truth.json").read_text("utf-8"))
    return found


def test_customers_and_their_credit_limits_agree(trading: Path, trading_truth: dict[str, Any]):
    table = table_in(trading / "customers.csv")

    parsed = customers_from(table, mapping_for(table.header, "customers"), Options(currency="USD"), company_id=COMPANY)

    assert parsed.rejected == parsed.skipped == []
    assert {(row.code, row.name, row.credit_limit) for row in parsed.rows} == {
        (row["customer"], row["name"], cents(row["credit_limit"])) for row in trading_truth["customers"]
    }
    # Streets and towns have letters beyond ASCII, and some addresses two lines, each in a column of its own.
    second = table.header.index("addressLine2")
    assert any(not row.address.isascii() for row in parsed.rows)
    assert all(
        row.address.endswith(f", {' '.join(line.cells[second].split())}")
        for row, line in zip(parsed.rows, table.rows, strict=True)
        if line.cells[second].strip()
    )


PAYMENTS = {"customerNumber": "customer", "checkNumber": "number", "paymentDate": "date", "amount": "original"}
"""The payments name no order, so none of them can settle an item. They are credits on account: what the format can say
of them is who paid what, and when."""


def test_balances_agree_with_orders_as_items_and_payments_on_account(trading: Path, trading_truth: dict[str, Any]):
    details = table_in(trading / "orderdetails.csv")
    amounts: Counter[str] = Counter()
    for order, _, quantity, price, _ in (row.cells for row in details.rows):
        amounts[order] += int(quantity) * cents(price)
    orders = table_in(trading / "orders.csv")
    at = {name: index for index, name in enumerate(orders.header)}
    standing = [row.cells for row in orders.rows if row.cells[at["status"]] != "Cancelled"]
    # The ERP would write this file: the orders hold no amounts of their own.
    lines = ["customer no,invoice no,invoice date,invoice amount"]
    for cells in standing:
        order, minor = cells[at["orderNumber"]], amounts[cells[at["orderNumber"]]]
        customer, written = cells[at["customerNumber"]], cells[at["orderDate"]]
        lines.append(f"{customer},{order},{written},{minor // 100}.{minor % 100:02}")
    table = read_table("\n".join(lines).encode(), "orders")
    options = Options(currency="USD", terms_days=30)
    items = items_from(table, mapping_for(table.header, "items"), options, company_id=COMPANY)
    table = table_in(trading / "payments.csv")
    mapping = mapping_for(table.header, "items", columns=PAYMENTS)
    payments = items_from(table, mapping, options, company_id=COMPANY)

    assert items.rejected == payments.rejected == []
    assert len(payments.rows) == trading_truth["totals"]["payments"]
    assert sum(row.original for row in payments.rows) == cents(trading_truth["totals"]["paid"])

    day = dt.date(2005, 6, 30)
    rows = [
        *(OpenItem(item.customer, item.item, "USD", item.date, item.due, item.original) for item in items.rows),
        *(OpenItem(paid.customer, "", "USD", paid.date, paid.due, -paid.original) for paid in payments.rows),
    ]
    aged = aging(rows, as_of=day)
    for row in trading_truth["customers"]:
        found = aged.customers.get((customer_id(COMPANY, row["customer"]), "USD"))
        assert (found.net if found else 0) == cents(row["balance"])
        assert (found.owed if found else 0) == cents(row["ordered_not_cancelled"])
        assert (-found.credits if found else 0) == cents(row["paid"])
        assert ((found.net if found else 0) > cents(row["credit_limit"])) == row["over_limit"]
