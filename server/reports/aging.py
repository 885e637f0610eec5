"""Ageing from the books: by posting day, or, marked, by the dates that the papers bear.

*posting* (the default) counts what the journal had posted by the end of a business day: a closed day never changes.
*document* counts each invoice, settlement and voucher by its own date, whenever it arrived; late papers move it.
"""

from collections.abc import Iterable
from datetime import date
from typing import Any, Literal, cast

from schemas.codes import Problem
from schemas.documents import Customer, Item, Voucher
from server.problems import ProblemError
from server.reads import all_of, many
from server.store.port import Reader
from server.store.sql import day_number
from sync.aging import AgeBy, Aging, AgingRow, OpenItem, aging, open_as_of_document

Basis = Literal["posting", "document"]


async def aging_report(db: Reader, as_of: date, age_by: str, basis: str, buckets: str) -> dict[str, Any]:
    """The report as plain data. Amounts: minor units. MALFORMED names the option that makes no sense."""
    if age_by not in ("due", "document"):
        raise ProblemError(Problem.MALFORMED, "age_by is due or document", field="age_by", value=age_by)
    if basis not in ("posting", "document"):
        raise ProblemError(Problem.MALFORMED, "basis is posting or document", field="basis", value=basis)
    try:
        limits = tuple(int(part) for part in buckets.split(","))
        open_items = await (_by_document(db, as_of) if basis == "document" else _by_posting(db, as_of))
        table = aging(open_items, as_of=as_of, age_by=cast("AgeBy", age_by), buckets=limits)
    except ValueError as error:
        raise ProblemError(Problem.MALFORMED, str(error), field="buckets", value=buckets) from error
    names = await many(db, Customer, [customer for customer, _ in table.customers])
    return plain(table, basis, names)


async def _by_posting(db: Reader, as_of: date) -> Iterable[OpenItem]:
    """Σ posted to each item's account up to the day; payments on account as credits of the customer."""
    balances = await db.rows(
        "SELECT w.text, p.currency, CAST(sum(p.amount) AS BIGINT) FROM posting p JOIN word w ON w.no = p.account"
        " WHERE p.day <= ?"
        " AND (w.text >= 'ar/' AND w.text < 'ar0' OR w.text >= 'on_account/' AND w.text < 'on_account0')"
        " GROUP BY w.no, p.currency HAVING sum(p.amount) <> 0",
        day_number(as_of),
    )
    items = await many(db, Item, [text.split("/")[2] for text, _, _ in balances if text.startswith("ar/")])
    found: list[OpenItem] = []
    for text, currency, amount in balances:
        kind, customer, *item_id = text.split("/")
        if kind == "on_account":
            found.append(OpenItem(customer, "", currency, as_of, as_of, amount))
        elif (item := items.get(item_id[0])) is not None:
            found.append(OpenItem(customer, item.id, currency, item.date, item.due, amount))
    return found


async def _by_document(db: Reader, as_of: date) -> Iterable[OpenItem]:
    allocations: dict[str, list[tuple[date, int]]] = {}
    found: list[OpenItem] = []
    for voucher in await all_of(db, Voucher):
        day = date.fromisoformat(voucher.at[:10])
        if voucher.state != "issued" or voucher.verdict != "accepted":
            continue
        for taken in voucher.taken:
            allocations.setdefault(taken.item, []).append((day, taken.amount))
        if voucher.on_account and day <= as_of:
            found.append(OpenItem(voucher.customer, "", voucher.currency, day, day, -voucher.on_account))
    for item in await all_of(db, Item):
        left = open_as_of_document(item, allocations.get(item.id, ()), as_of)
        found.append(OpenItem(item.customer, item.id, item.currency, item.date, item.due, left))
    return found


def plain(table: Aging, basis: str, names: dict[str, Customer]) -> dict[str, Any]:
    def row(one: AgingRow) -> dict[str, Any]:
        return {
            "buckets": dict(zip(table.labels, one.buckets, strict=True)),
            "counts": dict(zip(table.labels, one.counts, strict=True)),
            "credits": one.credits,
            "owed": one.owed,
            "overdue": one.overdue,
            "net": one.net,
        }

    return {
        "as_of": table.as_of.isoformat(),
        "age_by": table.age_by,
        "basis": basis,
        "labels": list(table.labels),
        "totals": {currency: row(one) for currency, one in table.totals.items()},
        "customers": [
            {
                "customer": customer,
                "code": names[customer].code if customer in names else "",
                "name": names[customer].name if customer in names else "",
                "name_ar": names[customer].name_ar if customer in names else "",
                "currency": currency,
                **row(one),
            }
            for (customer, currency), one in sorted(
                table.customers.items(), key=lambda pair: (-pair[1].overdue, pair[0])
            )
        ],
    }
