"""What a collector brings back besides money: promises, disputes, contacts, confirmations, requests."""

import datetime as dt
from typing import Annotated, Literal

import msgspec

from schemas.entries.shapes import CurrencyCode, Id, Name, Positive, Sha256Hex, Shape, Text

Photos = Annotated[list[Sha256Hex], msgspec.Meta(max_length=6)]
Items = Annotated[list[Id], msgspec.Meta(max_length=100)]
Means = Literal["cash", "cheque", "transfer"]
Channel = Literal["call", "sms", "whatsapp", "email"]
ContactOutcome = Literal["reached", "promised", "disputed", "refused", "no_answer", "wrong_number", "call_back", "sent"]
DisputeReason = Literal[
    "amount", "price", "quantity", "duplicate", "damaged", "returned", "not_received", "no_order", "documents_missing",
    "terms", "tax", "discount", "already_paid", "service", "other",
]  # fmt: skip
"""After Oracle's quick codes and X12 element 426."""
Asked = Literal[
    "payment_plan", "settlement", "reschedule", "goods_return", "complaint", "order", "data_change", "stop_supply",
    "incident", "other",
]  # fmt: skip


class PromiseMade(Shape, frozen=True):
    """The customer promises to pay. amount: minor units. items: what for; none names the account as a whole. A later
    promise for the same items takes the place of this one. visit: where it was made, empty for a call."""

    customer: Id
    currency: CurrencyCode
    amount: Positive
    date: dt.date
    means: Means = "cash"
    items: Items = []
    visit: str = ""
    note: Text = ""


class PromiseBroken(Shape, frozen=True):
    """Written by the server when a promise's date and days of grace have passed."""

    promise: Id


class DisputeRaised(Shape, frozen=True):
    """The customer disputes part of an item. amount: minor units, what is disputed."""

    customer: Id
    item: Id
    currency: CurrencyCode
    amount: Positive
    reason: DisputeReason
    note: Text = ""
    photos: Photos = []
    visit: str = ""


class ContactLogged(Shape, frozen=True):
    """A call or a message, and what came of it. items: what it was about."""

    customer: Id
    channel: Channel
    outcome: ContactOutcome
    note: Text = ""
    next_date: dt.date | None = None
    items: Items = []


class Difference(Shape, frozen=True):
    """Where the customer's books differ. amount: minor units, theirs - ours. item: ours, or empty for one that we do
    not have; number: as they call it."""

    amount: int
    item: str = ""
    number: Name = ""
    reason: Text = ""


class BalanceConfirmed(Shape, frozen=True):
    """The customer was shown both balances and agrees, or says where not. ledger, uncleared: minor units, as shown on
    the phone. signature: an attachment by SHA-256, or why there is none."""

    customer: Id
    currency: CurrencyCode
    ledger: int
    uncleared: int
    agrees: bool
    differences: Annotated[list[Difference], msgspec.Meta(max_length=50)] = []
    signer: Name = ""
    signature: str = ""
    unsigned_reason: Text = ""
    visit: str = ""


class ItemDelivered(Shape, frozen=True):
    """The paper of an item was handed to the customer."""

    customer: Id
    item: Id
    signer: Name = ""
    visit: str = ""


class CaseOpened(Shape, frozen=True):
    """Something that the office must decide or know. customer: empty for an incident that concerns none. amount: minor
    units. date: the one asked for."""

    what: Asked
    text: Text
    customer: str = ""
    currency: str = ""
    amount: Annotated[int, msgspec.Meta(ge=0)] = 0
    items: Items = []
    date: dt.date | None = None
    photos: Photos = []
    visit: str = ""


class CaseAnswered(Shape, frozen=True):
    """The office's answer, which goes to the phone that asked."""

    case: Id
    decision: Literal["granted", "declined", "noted"]
    note: Text = ""
