"""The day's plan and the visits done."""

from datetime import date
from typing import Literal

from schemas.entries.shapes import Id, Position, Shape, Text

Outcome = Literal[
    "collected", "promised", "disputed", "refused", "absent", "closed", "wrong_address", "unsafe", "other"
]


class PlanSet(Shape, frozen=True):
    """The stops of one collector on one business day, in order. A later plan for the same day replaces it."""

    user: Id
    day: date
    stops: list[Id]


class VisitStarted(Shape, frozen=True):
    """The collector is at the customer. position, or why there is none."""

    customer: Id
    planned: bool = False
    position: Position | None = None
    no_position: Text = ""


class VisitEnded(Shape, frozen=True):
    """What came of the visit. next_date: when to come again, or what was promised for."""

    visit: Id
    outcome: Outcome
    note: Text = ""
    next_date: date | None = None
