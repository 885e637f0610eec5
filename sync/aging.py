"""Ageing: how long open amounts have been open. Per currency, never added across currencies.

Credits (credit notes, payments on account) stand in a column of their own. Netting them into a bucket would make an old
debt look young, or a young one look paid.
"""

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Literal

from schemas.documents import Item
from schemas.entries.customers import StatedItem

AgeBy = Literal["due", "document"]


@dataclass(frozen=True, slots=True)
class OpenItem:
    """What is open of one item, minor units; negative for a credit. A payment on account is an item of its own with a
    negative amount and no id."""

    customer: str
    item: str
    currency: str
    date: dt.date
    due: dt.date
    open: int


@dataclass(slots=True)
class AgingRow:
    """buckets: minor units, the first not due, then one per label. counts: how many items stand in each. credits: minor
    units, zero or below."""

    buckets: list[int]
    counts: list[int]
    credits: int = 0
    credit_count: int = 0

    @property
    def owed(self) -> int:
        """All that is owed, credits not taken off."""
        return sum(self.buckets)

    @property
    def overdue(self) -> int:
        return sum(self.buckets[1:])

    @property
    def net(self) -> int:
        return self.owed + self.credits


@dataclass(frozen=True, slots=True)
class Aging:
    """customers: (customer, currency) → row. totals: currency → row. labels: names of the buckets."""

    as_of: dt.date
    age_by: AgeBy
    labels: tuple[str, ...]
    customers: dict[tuple[str, str], AgingRow] = field(default_factory=dict)
    totals: dict[str, AgingRow] = field(default_factory=dict)


def labels_of(buckets: Sequence[int]) -> tuple[str, ...]:
    """not_due, 1-30, 31-60, 61-90, 91+ for (30, 60, 90)."""
    starts = [1, *(last + 1 for last in buckets)]
    return ("not_due", *(f"{first}-{last}" for first, last in zip(starts, buckets, strict=False)), f"{starts[-1]}+")


def aging(
    items: Iterable[OpenItem], *, as_of: dt.date, age_by: AgeBy = "due", buckets: Sequence[int] = (30, 60, 90)
) -> Aging:
    """Open amounts by days from their due date (or their own date) to `as_of`. Due on the day itself is not yet
    overdue. buckets: the last day of each but the open one, rising."""
    if not buckets or any(a >= b for a, b in zip((0, *buckets), buckets, strict=False)):
        raise ValueError(f"buckets must rise from 1: {buckets}")
    table = Aging(as_of, age_by, labels_of(buckets))
    for item in items:
        if item.open == 0:
            continue
        days = (as_of - (item.due if age_by == "due" else item.date)).days
        bucket = 0 if days <= 0 else 1 + sum(days > last for last in buckets)
        for row in (
            table.customers.setdefault((item.customer, item.currency), _empty(buckets)),
            table.totals.setdefault(item.currency, _empty(buckets)),
        ):
            if item.open < 0:
                row.credits += item.open
                row.credit_count += 1
            else:
                row.buckets[bucket] += item.open
                row.counts[bucket] += 1
    return table


def _empty(buckets: Sequence[int]) -> AgingRow:
    return AgingRow([0] * (len(buckets) + 2), [0] * (len(buckets) + 2))


def open_as_of_document(item: Item | StatedItem, allocations: Iterable[tuple[dt.date, int]], as_of: dt.date) -> int:
    """What was open of an item on a day, by the dates that the papers bear, whenever they arrived. allocations: date of
    the voucher and what the item took of it, for vouchers that stand. What is dated on the day itself counts."""
    if item.date > as_of:
        return 0
    settled = sum(one.amount for one in item.settlements if one.date <= as_of)
    return item.original - settled - sum(amount for day, amount in allocations if day <= as_of)
