"""How long amounts have been open."""

import datetime as dt
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.entries.customers import Settlement, StatedItem
from sync.aging import AgingRow, OpenItem, aging, open_as_of_document

CASES: list[dict[str, Any]] = json.loads((Path(__file__).parents[1] / "cases" / "aging.json").read_text("utf-8"))


def day(text: str) -> dt.date:
    return dt.date.fromisoformat(text)


def told(row: AgingRow) -> dict[str, Any]:
    return {"buckets": row.buckets, "counts": row.counts, "credits": row.credits}


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_open_amounts_are_aged(case: dict[str, Any]):
    items = [
        OpenItem(row["customer"], f"i{index}", row["currency"], day(row["date"]), day(row["due"]), row["open"])
        for index, row in enumerate(case["items"])
    ]

    table = aging(items, as_of=day(case["as_of"]), age_by=case["age_by"], buckets=case["buckets"])

    assert list(table.labels) == case["expect"]["labels"]
    assert {currency: told(row) for currency, row in table.totals.items()} == case["expect"]["totals"]
    assert {"/".join(key): told(row) for key, row in table.customers.items()} == case["expect"]["customers"]


@pytest.mark.parametrize("buckets", [(), (0, 30), (30, 30), (60, 30), (-1,)])
def test_buckets_that_do_not_rise_are_refused(buckets: tuple[int, ...]):
    with pytest.raises(ValueError, match="rise"):
        aging([], as_of=day("2026-11-22"), buckets=buckets)


open_items = st.builds(
    OpenItem,
    customer=st.sampled_from(["c1", "c2", "c3"]),
    item=st.just(""),
    currency=st.sampled_from(["EGP", "KWD"]),
    date=st.dates(day("2025-01-01"), day("2027-01-01")),
    due=st.dates(day("2025-01-01"), day("2027-01-01")),
    open=st.integers(-(10**9), 10**9),
)


@given(st.lists(open_items), st.sampled_from(["due", "document"]))
def test_nothing_is_lost_or_doubled(items: list[OpenItem], age_by: Any):
    """Buckets and credits together are all that is open, per currency, and the customers make the total."""
    table = aging(items, as_of=day("2026-01-01"), age_by=age_by)

    for currency, total in table.totals.items():
        assert total.net == sum(item.open for item in items if item.currency == currency)
        rows = [row for (_, other), row in table.customers.items() if other == currency]
        assert total.owed == sum(row.owed for row in rows)
        assert total.overdue == sum(row.overdue for row in rows)
        assert total.credits == sum(row.credits for row in rows) <= 0
        assert sum(total.counts) + total.credit_count == sum(
            item.currency == currency and item.open != 0 for item in items
        )


def invoice(*settlements: Settlement) -> StatedItem:
    return StatedItem(
        "itm_1", "cus_1", "INV-1", "EGP", day("2026-03-01"), day("2026-03-31"), 100_00, settlements=list(settlements)
    )


@pytest.mark.parametrize(
    ("as_of", "expected"),
    [
        ("2026-02-28", 0),
        ("2026-03-01", 100_00),
        ("2026-03-09", 100_00),
        ("2026-03-10", 70_00),
        ("2026-03-19", 70_00),
        ("2026-03-20", 45_00),
        ("2026-04-01", 0),
    ],
)
def test_what_was_open_on_a_day_follows_the_dates_on_the_papers(as_of: str, expected: int):
    item = invoice(Settlement(day("2026-03-10"), 30_00), Settlement(day("2026-04-01"), 45_00))

    assert open_as_of_document(item, [(day("2026-03-20"), 25_00)], day(as_of)) == expected
