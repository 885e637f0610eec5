"""A day's plan after its collector has put stops off."""

from datetime import date

from schemas.documents import Moved, Plan
from sync.visits import stops_of

DAY = date(2026, 11, 22)


def test_a_plan_holds_what_stands_in_it_now():
    """Phone, board and day report count the same stops: not those put off, and those put off to this day."""
    plan = Plan("u1|d", "u1", DAY, ["c1", "c2", "c3"], [Moved("c2", date(2026, 11, 24), "asked")], ["c9"])

    assert stops_of(plan) == ["c1", "c3", "c9"]
    assert stops_of(None) == []
