"""Receipt vouchers: issued, shown, printed, shared, voided."""

from datetime import date
from typing import Annotated, Literal

import msgspec

from schemas.entries.shapes import (
    CurrencyCode,
    Id,
    Name,
    Notes,
    NotNegative,
    Position,
    Positive,
    RateText,
    Sha256Hex,
    Shape,
    Text,
)


class Exchange(Shape, frozen=True):
    """What cash in another currency pays for. One `base` is `rate` of the other of the two currencies, both in major
    units. value: minor units of the voucher's currency, rounded half up (`sync.rates`). source: who stated the rate.
    """

    base: CurrencyCode
    rate: RateText
    value: Positive
    source: Name = ""


class Cash(Shape, frozen=True, tag_field="method", tag="cash"):
    """Notes and coins. amount: minor units, what the collector keeps. counted: by denomination, when the collector
    counted that way. received: what was put on the table, where change was given; change = received - amount.
    exchange: set where the currency is not the voucher's."""

    currency: CurrencyCode
    amount: Positive
    counted: list[Notes] = []
    received: NotNegative = 0
    exchange: Exchange | None = None


class Cheque(Shape, frozen=True, tag_field="method", tag="cheque"):
    """A cheque as written. amount: minor units. due: the date on the cheque. drawer: empty when the customer drew it,
    else the name as written (a third party's cheque). photos: attachments by SHA-256. words_differ: the amount in
    words is another than the one in figures; `amount` is what the words say."""

    currency: CurrencyCode
    amount: Positive
    bank: Name
    number: Name
    due: date
    branch: Name = ""
    drawer: Name = ""
    photos: list[Sha256Hex] = []
    words_differ: bool = False


Tender = Cash | Cheque


class Allocation(Shape, frozen=True):
    """The customer's stated wish: this much of the voucher for that item. amount: minor units."""

    item: Id
    amount: Positive


class Deduction(Shape, frozen=True):
    """What the customer settles without handing anything over: tax withheld against a certificate, a discount for
    settling now, a bank's charge. amount: minor units of the voucher's currency. proof: the certificate's number."""

    kind: Literal["withholding", "discount", "bank_charge"]
    amount: Positive
    proof: Name = ""
    photos: list[Sha256Hex] = []
    note: Text = ""


class ReceiptIssued(Shape, frozen=True):
    """A numbered voucher was handed over. Sum of tenders (those in another currency at the value of their exchange) +
    deductions = sum of allocations + on_account, all in `currency`.

    number is what the paper says; it is `<series>-<leaf>` of `book`. visit: id of the open visit, or empty.
    """

    customer: Id
    book: Id
    leaf: Positive
    number: Name
    currency: CurrencyCode
    tenders: Annotated[list[Tender], msgspec.Meta(min_length=1, max_length=30)]
    allocations: Annotated[list[Allocation], msgspec.Meta(max_length=100)] = []
    on_account: NotNegative = 0
    visit: str = ""
    position: Position | None = None
    signature: str = ""
    unsigned_reason: Text = ""
    salt: Name = ""
    deductions: Annotated[list[Deduction], msgspec.Meta(max_length=10)] = []


class ChequePhotographed(Shape, frozen=True):
    """Pictures of a cheque, taken after its voucher was issued. tender: index in the voucher's tenders."""

    receipt: Id
    tender: NotNegative
    photos: Annotated[list[Sha256Hex], msgspec.Meta(min_length=1, max_length=4)]


class VoucherShown(Shape, frozen=True):
    """The voucher was on the phone's own screen. qr: the text of its code, `<payload>.<signature>`, so that the office
    can print the same code."""

    receipt: Id
    qr: Text = ""


class VoucherPrinted(Shape, frozen=True):
    """copy: 1 for the original, n for COPY n."""

    receipt: Id
    copy: Positive
    printer: Name = ""


class VoucherShared(Shape, frozen=True):
    receipt: Id
    how: Name = ""


VoidReason = Literal["wrong_amount", "wrong_customer", "wrong_method", "customer_withdrew", "misprint", "other"]


class VoidRequested(Shape, frozen=True):
    """A collector asks for what he may not do himself any more."""

    receipt: Id
    reason: VoidReason
    note: Text = ""


class VoidApproved(Shape, frozen=True):
    """A supervisor agrees; the collector's phone then writes `receipt_voided` naming the request."""

    request: Id
    receipt: Id
    note: Text = ""


class VoidRefused(Shape, frozen=True):
    request: Id
    receipt: Id
    note: Text = ""


class ReceiptVoided(Shape, frozen=True):
    """The voucher is void and keeps its number. request: id of the approved request, or empty for a void in the same
    visit before anything was printed or sent. paper: what became of the customer's copy."""

    receipt: Id
    reason: VoidReason
    request: str = ""
    note: Text = ""
    paper: Literal["none_given", "recovered", "not_recovered"] = "none_given"


class ReceiptReversed(Shape, frozen=True):
    """After the deposit was counted: the office owes the customer the money back (refund payable)."""

    receipt: Id
    reason: VoidReason
    request: str = ""
    note: Text = ""
