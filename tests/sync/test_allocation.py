"""Oldest-first allocation: the rows that the phone runs too."""

import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from schemas.documents import Item
from schemas.entries.receipts import Allocation
from sync.allocation import oldest_first

ROWS: list[dict[str, Any]] = json.loads((Path(__file__).parents[1] / "cases" / "allocation.json").read_text("utf-8"))


def items(row: dict[str, Any]) -> list[Item]:
    return [
        Item(
            one["id"],
            customer="c1",
            number=one["number"],
            currency="EGP",
            date=date.fromisoformat(one["date"]),
            due=date.fromisoformat(one["due"]),
            original=one["open"],
            open=one["open"],
        )
        for one in row["items"]
    ]


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row["name"])
def test_oldest_first(row: dict[str, Any]):
    expected = [Allocation(one["item"], one["amount"]) for one in row["allocations"]]

    assert oldest_first(row["amount"], items(row)) == (expected, row["on_account"])
    assert oldest_first(row["amount"], reversed(items(row))) == (expected, row["on_account"])
