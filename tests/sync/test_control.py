"""Control totals, row for row the same on phone and server."""

from typing import Any

import msgspec
import pytest

from sync.chain import unb64
from sync.control import Controlled, days_of
from tests.sync.rows import table


def controlled(row: dict[str, Any]) -> list[Controlled]:
    return [
        Controlled(one["at"], one["kind"], unb64(one["hash"]), msgspec.json.encode(one["body"]))
        for one in row["entries"]
    ]


@pytest.mark.parametrize("row", table("control"), ids=lambda row: row["name"])
def test_days(row: dict[str, Any]):
    """Entries, receipts and totals of each day, and one hash over all of its entries."""
    assert msgspec.to_builtins(days_of(controlled(row))) == row["days"]


def test_one_lost_or_changed_entry_changes_the_day():
    """Whatever is missing, in another order or another entry, the hash of its day tells."""
    entries = controlled(table("control")[2])
    whole = days_of(entries)

    for place in range(1, len(entries)):
        assert days_of(entries[:place] + entries[place + 1 :])[-1].hash != whole[-1].hash
    assert days_of([entries[0], entries[2], entries[1], *entries[3:]])[-1].hash != whole[-1].hash


def test_a_body_that_cannot_be_read_is_counted():
    """It is an entry and a receipt of the day, without amounts; the hash holds it."""
    (day,) = days_of([Controlled("2026-11-22T09:00:00+02:00", "receipt_issued", bytes(32), b"{")])

    assert (day.entries, day.receipts, day.totals) == (1, 1, [])
