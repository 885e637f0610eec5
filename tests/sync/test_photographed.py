"""Which cheques of a voucher lack a photo: one table, two languages."""

from typing import Any

import msgspec
import pytest

from schemas.documents import Voucher
from sync.receipts import bare_cheques
from tests.sync.rows import table

ROWS: list[dict[str, Any]] = table("photographed")


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row["name"])
def test_which_cheques_lack_a_photo(row: dict[str, Any]):
    """By their place among the tenders."""
    said = {"id": "r1", "number": "CAI-000851", "book": "b1", "leaf": 851, "customer": "c1", "device": "d1", "seq": 2,
            "by": "u1", "at": "2026-11-22T10:15:03+02:00", "currency": "EGP"}  # fmt: skip
    parts = {name: row[name] for name in ("tenders", "photos", "photographed")}
    assert bare_cheques(msgspec.convert({**said, **parts}, Voucher)) == row["bare"]
