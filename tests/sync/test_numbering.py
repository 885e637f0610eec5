"""Numbers and the leaves of a book: the rows that the phone runs too."""

import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from sync import numbering

ROWS: list[dict[str, Any]] = json.loads((Path(__file__).parents[1] / "cases" / "numbering.json").read_text("utf-8"))


def result(row: dict[str, Any]) -> object:
    match row["rule"]:
        case "voucher_number":
            return numbering.voucher_number(SimpleNamespace(series=row["series"], width=row["width"]), row["leaf"])
        case "deposit_name":
            return numbering.deposit_name(row["code"], row["count"])
        case "add_leaf":
            return numbering.add_leaf(row["leaves"], row["index"])
        case "has_leaf":
            return numbering.has_leaf(row["leaves"], row["index"])
        case "count_leaves":
            return numbering.count_leaves(row["leaves"])
        case "next_leaf":
            return numbering.next_leaf(SimpleNamespace(**row["book"]), row["used"])
        case other:
            raise AssertionError(f"no rule called {other}")


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row['rule']}: {row['name']}")
def test_numbering(row: dict[str, Any]):
    found = result(row)

    assert found == row["expect"]
    assert type(found) is type(row["expect"])


@pytest.mark.parametrize("row", [row for row in ROWS if row["rule"] == "next_leaf"], ids=lambda row: row["name"])
def test_leaves_left(row: dict[str, Any]):
    assert numbering.leaves_left(SimpleNamespace(**row["book"]), row["used"]) == row["left"]
