"""Customers for the desks: search, balances, and the ageing report."""

from collections.abc import Iterable
from datetime import date
from typing import Any

import msgspec
from litestar import get
from litestar.params import FromQuery

from schemas.documents import Amounts, Customer, Item
from schemas.wire import CustomerRow, Page
from server.doors import AnyRequest, allow, caller_of, company_of
from server.reads import all_of, day_of, items_by_customer, ledger_of
from server.reports.aging import aging_report
from sync.folding import fold

PAGE = 50


def row_of(customer: Customer, items: Iterable[Item], day: date) -> CustomerRow:
    owed = list(items)
    overdue: Amounts = {}
    for item in owed:
        if item.due < day and item.open > 0:
            overdue[item.currency] = overdue.get(item.currency, 0) + item.open
    return CustomerRow(
        id=customer.id,
        code=customer.code,
        name=customer.name,
        name_ar=customer.name_ar,
        area=customer.area,
        phone=customer.phone,
        collectors=customer.collectors,
        ledger=ledger_of(customer, owed),
        overdue=overdue,
        uncleared=customer.uncleared,
    )


@get("/api/v1/customers")
async def customers(
    request: AnyRequest, search: FromQuery[str] = "", page: FromQuery[int] = 0, collector: FromQuery[str] = ""
) -> Page:
    """Customers by name (Arabic letters folded), code or phone, 50 a page."""
    caller = await caller_of(request)
    allow(caller, "cashier", "supervisor", "administrator")
    company = company_of(request)
    words = fold(search).split()
    async with company.reading_late() as db:
        found = [
            customer
            for customer in await all_of(db, Customer)
            if (not collector or collector in customer.collectors) and _matches(customer, words)
        ]
        shown = found[page * PAGE : (page + 1) * PAGE]
        items = await items_by_customer(db, [customer.id for customer in shown])
        day = await day_of(db, company.clock())
    told = [row_of(customer, items.get(customer.id, []), day) for customer in shown]
    if caller.role == "cashier":
        # Cheques on their way are what a cashier is going to count blind.
        told = [msgspec.structs.replace(row, uncleared={}) for row in told]
    return Page(told, len(found))


def _matches(customer: Customer, words: list[str]) -> bool:
    text = fold(f"{customer.code} {customer.name} {customer.name_ar} {customer.phone} {customer.area}")
    return all(word in text for word in words)


@get("/api/v1/reports/aging")
async def aging(
    request: AnyRequest,
    as_of: FromQuery[date | None] = None,
    age_by: FromQuery[str] = "due",
    basis: FromQuery[str] = "posting",
    buckets: FromQuery[str] = "30,60,90",
) -> dict[str, Any]:
    """Ageing of open items; see `server.reports.aging` for the two bases."""
    allow(await caller_of(request), "supervisor", "administrator")
    company = company_of(request)
    async with company.reading_late() as db:
        return await aging_report(db, as_of or await day_of(db, company.clock()), age_by, basis, buckets)
