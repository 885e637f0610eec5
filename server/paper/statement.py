"""A customer's statement: what was invoiced and what was paid, day by day, each currency by itself.

Every voucher that a customer holds counts, also while the office still looks at it: the company issued it. All of the
page is of one moment, the end of `to_day`, worked back from the documents as they are now, so that ageing, credits and
closing balance always make one sum.
"""

from collections.abc import Iterable
from datetime import date, datetime

import msgspec
from markupsafe import Markup

from schemas.documents import Amounts, Company, Customer, Item, Voucher
from schemas.entries.receipts import Cheque
from server.paper import writing
from server.paper.writing import PAPERS, Both
from sync.money import currency_of
from sync.receipts import settled

BUCKETS = (
    (0, Both("لم يستحق", "Not due")),
    (30, Both("1–30", "days")),
    (60, Both("31–60", "days")),
    (90, Both("61–90", "days")),
    (120, Both("91–120", "days")),
    (180, Both("121–180", "days")),
    (None, Both("أكثر من 180", "Over 180")),
)
"""Days past due, up to and with this many."""

KINDS = {
    "invoice": Both("فاتورة", "Invoice"),
    "instalment": Both("قسط", "Instalment"),
    "credit_note": Both("إشعار دائن", "Credit note"),
    "returned_cheque": Both("شيك مرتد", "Returned cheque"),
    "opening": Both("رصيد افتتاحي", "Opening item"),
}
SETTLED = Both("تسوية محاسبية", "ERP settlement")
PAID = Both("سند قبض", "Receipt voucher")
VOIDED = Both("إلغاء سند", "Voucher voided")
REVERSED = Both("عكس سند", "Voucher reversed")


class DoesNotTie(ValueError):
    """The documents given do not explain the balance, so nothing is printed."""


class Row(msgspec.Struct, frozen=True):
    """One line of the account. amount: what it adds to what the customer owes, minor units. rank: order in a day."""

    day: date
    rank: int
    caption: Both
    number: str
    currency: str
    amount: int
    due: date | None = None
    detail: Markup = Markup()


class Line(msgspec.Struct, frozen=True):
    """A row as printed, with the balance after it."""

    day: Markup
    caption: Both
    number: str
    due: Markup
    detail: Markup
    debit: Markup
    credit: Markup
    balance: Markup


class Account(msgspec.Struct, frozen=True):
    """One currency of the statement."""

    currency: str
    sign: str
    opening: Markup
    lines: list[Line]
    debits: Markup
    credits: Markup
    closing: Markup
    uncleared: Markup
    excluding: Markup
    ageing: list[tuple[Both, Markup]]
    credit: Markup


def statement_html(
    company: Company,
    customer: Customer,
    items: list[Item],
    vouchers: list[Voucher],
    *,
    from_day: date,
    to_day: date,
    as_of: datetime,
) -> str:
    """The statement of from_day to to_day, both included. items, vouchers: all of the customer's, as they are now.

    as_of: when they were read; printed, and otherwise without effect. DoesNotTie if they do not explain the balance.
    """
    if from_day > to_day:
        raise ValueError(f"a statement cannot end ({to_day}) before it begins ({from_day})")
    rows = sorted(
        [*_of_items(items), *_of_vouchers(company, vouchers)], key=lambda row: (row.day, row.rank, row.number)
    )
    currencies = {customer.currency} | {row.currency for row in rows}
    return PAPERS.get_template("statement.html").render(
        company=company,
        branch=None,
        customer=customer,
        names=writing.names(customer.name_ar, customer.name),
        from_day=writing.day(from_day),
        to_day=writing.day(to_day),
        printed_at=writing.stamp(as_of.isoformat(), company.time_zone),
        accounts=[
            _account(company, customer, currency, rows, items, vouchers, from_day, to_day)
            for currency in sorted(currencies, key=lambda one: (one != customer.currency, one))
        ],
    )


def _of_items(items: Iterable[Item]) -> Iterable[Row]:
    for item in items:
        caption = KINDS.get(item.kind, KINDS["invoice"])
        yield Row(item.date, 0, caption, item.number, item.currency, item.original, due=item.due)
        for one in item.settlements:
            reference = writing.code(one.reference) if one.reference else Markup()
            yield Row(one.date, 1, SETTLED, item.number, item.currency, -one.amount, detail=reference)


def _of_vouchers(company: Company, vouchers: Iterable[Voucher]) -> Iterable[Row]:
    for voucher in vouchers:
        issued, ended = _life(company, voucher)
        total = settled(voucher)
        cheques = [writing.code(tender.number) for tender in voucher.tenders if isinstance(tender, Cheque)]
        detail = Markup()
        if cheques:
            detail = Markup("{} {}").format(Both("شيك", "Cheque"), Markup("، ").join(cheques))
        yield Row(issued, 2, PAID, voucher.number, voucher.currency, -total, detail=detail)
        if ended is not None:
            caption = REVERSED if voucher.state == "reversed" else VOIDED
            yield Row(ended, 3, caption, voucher.number, voucher.currency, total)


def _life(company: Company, voucher: Voucher) -> tuple[date, date | None]:
    """The days on which a voucher began and, if it was voided, ceased to count. A void never comes first."""
    issued = voucher.day
    if issued is None:
        when = writing.local(voucher.at, company.time_zone)
        issued = when.date() if when else date.min
    if voucher.state == "issued":
        return issued, None
    ended = writing.local(voucher.voided_at, company.time_zone)
    return issued, max(issued, ended.date()) if ended else issued


def _account(
    company: Company,
    customer: Customer,
    currency: str,
    rows: list[Row],
    items: list[Item],
    vouchers: list[Voucher],
    from_day: date,
    to_day: date,
) -> Account:
    mine = [row for row in rows if row.currency == currency and row.day <= to_day]
    balance = opening = sum(row.amount for row in mine if row.day < from_day)
    lines = []
    shown = [row for row in mine if row.day >= from_day]
    for row in shown:
        balance += row.amount
        lines.append(
            Line(
                day=writing.day(row.day),
                caption=row.caption,
                number=row.number,
                due=writing.day(row.due) if row.due else Markup(),
                detail=row.detail,
                debit=writing.money(row.amount, currency) if row.amount >= 0 else Markup(),
                credit=writing.money(-row.amount, currency) if row.amount < 0 else Markup(),
                balance=writing.money(balance, currency),
            )
        )
    ageing = _ageing(company, items, vouchers, currency, to_day)
    # Credit notes and what was paid on account. They stand apart and never make a bucket smaller.
    credit = sum(ageing) - balance
    known = {item.id for item in items}
    standing = [one for one in vouchers if one.currency == currency and one.state == "issued"]
    if credit < 0 or any(taken.item not in known for one in standing for taken in one.taken):
        raise DoesNotTie(
            f"statement of {customer.code}: items, vouchers and balance in {currency} do not agree; one is missing"
        )
    uncleared = _uncleared(company, customer.uncleared, vouchers, currency, to_day)
    return Account(
        currency=currency,
        sign=currency_of(currency).sign_ar,
        opening=writing.money(opening, currency),
        lines=lines,
        debits=writing.money(sum(row.amount for row in shown if row.amount >= 0), currency),
        credits=writing.money(sum(-row.amount for row in shown if row.amount < 0), currency),
        closing=writing.money(balance, currency),
        uncleared=writing.money(uncleared, currency),
        excluding=writing.money(balance + uncleared, currency),
        ageing=[
            (caption, writing.money(amount, currency)) for (_, caption), amount in zip(BUCKETS, ageing, strict=True)
        ],
        credit=writing.money(-credit, currency),
    )


def _ageing(company: Company, items: list[Item], vouchers: list[Voucher], currency: str, to_day: date) -> list[int]:
    """What was open at the end of to_day, by days past due. Open now, less what happened since."""
    later: dict[str, int] = {}
    for voucher in vouchers:
        issued, ended = _life(company, voucher)
        counted_then = issued <= to_day and (ended is None or ended > to_day)
        for taken in voucher.taken:
            if counted_then and ended is not None:
                later[taken.item] = later.get(taken.item, 0) - taken.amount
            elif issued > to_day and ended is None:
                later[taken.item] = later.get(taken.item, 0) + taken.amount
    buckets = [0] * len(BUCKETS)
    for item in items:
        if item.currency != currency or item.date > to_day:
            continue
        then = item.open + later.get(item.id, 0) + sum(one.amount for one in item.settlements if one.date > to_day)
        if then > 0:
            days = (to_day - item.due).days
            buckets[next(at for at, (most, _) in enumerate(BUCKETS) if most is None or days <= most)] += then
    return buckets


def _uncleared(company: Company, now: Amounts, vouchers: list[Voucher], currency: str, to_day: date) -> int:
    """Cheques taken and not cleared at the end of to_day. Those of a voucher under review are not in `now` yet."""
    found = now.get(currency, 0)
    for voucher in vouchers:
        issued, ended = _life(company, voucher)
        cheques = sum(one.amount for one in voucher.tenders if isinstance(one, Cheque) and one.currency == currency)
        in_now = ended is None and (voucher.verdict != "review" or bool(voucher.taken))
        then = issued <= to_day and (ended is None or ended > to_day)
        found += (then - in_now) * cheques
    return max(found, 0)
