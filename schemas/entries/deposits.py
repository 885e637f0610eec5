"""The handover of what a collector holds: declared, counted blind, accepted or returned."""

from typing import Annotated, Literal

import msgspec

from schemas.entries.shapes import CurrencyCode, EntryTexts, Id, Name, Notes, NotNegative, Positive, Shape, Text, Total


class CashCount(Shape, frozen=True):
    """Cash of one currency by denomination. amount = Σ value × count, minor units."""

    currency: CurrencyCode
    amount: NotNegative
    notes: Annotated[list[Notes], msgspec.Meta(max_length=40)] = []


class KeptBack(Shape, frozen=True):
    """One tender that the collector keeps back, and why. tender: index in the voucher's tenders."""

    receipt: Id
    tender: NotNegative
    reason: Text


class DepositDeclared(Shape, frozen=True):
    """Covers the collector's chain up to this entry's own seq, less `kept_back`. name: `<device code>-<count>`.

    totals: per currency and method, what is handed over. books: paper books handed over with it.
    """

    name: Name
    count: Positive
    totals: list[Total]
    cash: list[CashCount] = []
    kept_back: list[KeptBack] = []
    books: list[Id] = []


class CountedCheque(Shape, frozen=True):
    """A cheque as typed from the paper on the table. amount: minor units."""

    number: Name
    currency: CurrencyCode
    amount: Positive


class DepositCounted(Shape, frozen=True):
    """What lay on the table, counted without sight of what was declared. round: 1, or 2 for the one recount.

    declaration: the phone's own entry as its code told it, where the desk counted a deposit that it had not been sent.
    """

    deposit: Id
    name: Name
    round: Literal[1, 2]
    cash: list[CashCount]
    cheques: Annotated[list[CountedCheque], msgspec.Meta(max_length=300)] = []
    declaration: EntryTexts | None = None


class Variance(Shape, frozen=True):
    """A difference with its reason. amount: counted − expected, minor units; short is negative, over positive.
    Shortage and overage are two rows, never netted."""

    currency: CurrencyCode
    amount: int
    reason: Name
    note: Text = ""


class DepositAccepted(Shape, frozen=True):
    """The cashier takes over what the named count found. count: id of the `deposit_counted` entry that stands.

    totals_only: without a network the desk knew the totals of the phone's code and no cheque; the cashier has accepted
    that they are equal, and no difference in a single piece.
    """

    deposit: Id
    count: Id
    variances: list[Variance] = []
    note: Text = ""
    totals_only: bool = False


class DepositReturned(Shape, frozen=True):
    """All goes back to the collector's hands."""

    deposit: Id
    reason: Text
