"""The day's plan and the visits done."""

from datetime import date
from typing import Annotated, Literal

import msgspec

from schemas.entries.shapes import CurrencyCode, Id, Name, NotNegative, Position, Positive, Shape, Text, Total

Outcome = Literal[
    "collected", "promised", "disputed", "refused", "absent", "closed", "wrong_address", "unsafe", "other"
]

Month = Annotated[str, msgspec.Meta(pattern=r"^[0-9]{4}-[0-9]{2}$")]


class PlanSet(Shape, frozen=True):
    """The stops of one collector on one business day, in order. A later plan for the same day replaces it."""

    user: Id
    day: date
    stops: list[Id]


class StopMoved(Shape, frozen=True):
    """A planned stop that its collector put off, with a reason. day: of its plan; to: the new day."""

    customer: Id
    day: date
    to: date
    reason: Name
    note: Text = ""


class VisitStarted(Shape, frozen=True):
    """The collector is at the customer. position, or why there is none. colleagues: users who came along."""

    customer: Id
    planned: bool = False
    position: Position | None = None
    no_position: Text = ""
    colleagues: list[Id] = []


class VisitJoined(Shape, frozen=True):
    """Colleagues came to a visit that had begun. colleagues: users, those of before not among them."""

    visit: Id
    colleagues: Annotated[list[Id], msgspec.Meta(min_length=1, max_length=20)]


class ItemAnswer(Shape, frozen=True):
    """What the customer said about one open item. reason: of a delay, by its code."""

    item: Id
    answer: Outcome
    reason: Name = ""


class VisitEnded(Shape, frozen=True):
    """What came of the visit, and for each open item. next_date: when to come again, or what was promised for.
    reason: why the customer delays, by its code. next_action: what is to be done next, by its code."""

    visit: Id
    outcome: Outcome
    note: Text = ""
    next_date: date | None = None
    answers: list[ItemAnswer] = []
    reason: Name = ""
    next_action: Name = ""


class TargetSet(Shape, frozen=True):
    """What a collector is to bring in a month. month: `YYYY-MM`. amount: minor units."""

    user: Id
    month: Month
    currency: CurrencyCode
    amount: Positive
    visits: NotNegative = 0


class DayClosed(Shape, frozen=True):
    """A collector's report of his day, made from the day's entries and signed with this one. received: per currency
    and method, voids taken off. vouchers: issued on that day, those that are void too. held: what he still answers
    for. left: what was not finished, by its code."""

    day: date
    received: list[Total] = []
    held: list[Total] = []
    vouchers: NotNegative = 0
    voided: NotNegative = 0
    planned: NotNegative = 0
    visited: NotNegative = 0
    unplanned: NotNegative = 0
    promises: NotNegative = 0
    disputes: NotNegative = 0
    contacts: NotNegative = 0
    left: list[Name] = []
    note: Text = ""
