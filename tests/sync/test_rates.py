"""Cash in another currency at a stated rate: one table, two languages."""

from datetime import date
from typing import Any

import pytest

from schemas.entries.company import StatedRate
from sync.rates import rate_on, value_at
from tests.sync.rows import table

ROWS: list[dict[str, Any]] = table("rates")


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row["name"])
def test_what_cash_is_worth_at_a_rate(row: dict[str, Any]):
    """Rounded half up to minor units, exact at any size; no rate, no value."""
    asked = (row["amount"], row["paid"], row["wanted"], row["base"], row["rate"])
    if row["value"] is None:
        with pytest.raises(ValueError, match="no rate between"):
            value_at(*asked)
    else:
        assert value_at(*asked) == row["value"]


def test_the_rate_of_a_day_is_the_latest_one_until_then():
    """A rate holds from its day on, whichever of the two currencies it is stated for."""
    rates = [
        StatedRate("USD", "EGP", "49", date(2026, 10, 1)),
        StatedRate("EGP", "USD", "0.02", date(2026, 11, 1)),
        StatedRate("USD", "LBP", "89500", date(2026, 11, 1)),
    ]

    assert rate_on(date(2026, 10, 31), "EGP", "USD", rates) == rates[0]
    assert rate_on(date(2026, 11, 1), "USD", "EGP", rates) == rates[1]
    assert rate_on(date(2026, 9, 30), "USD", "EGP", rates) is None
