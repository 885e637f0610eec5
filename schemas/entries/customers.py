"""Customers and their open items, as the ERP states them. At most 200 rows an entry."""

import datetime as dt
from typing import Annotated, Literal

import msgspec

from schemas.entries.shapes import CurrencyCode, Id, Name, NotNegative, Shape, Text

Rows200 = msgspec.Meta(max_length=200)


class Paper(Shape, frozen=True):
    """A document of the customer's that expires: commercial register, tax card, licence, guarantee."""

    kind: Name
    expires: dt.date
    number: Name = ""


class BankAccount(Shape, frozen=True):
    """An account that the customer draws cheques on. name: as printed on them."""

    bank: Name
    number: Name = ""
    name: Name = ""


Standing = Literal["normal", "watch", "suspended", "legal"]


class StatedCustomer(Shape, frozen=True):
    """One customer. code: the ERP's own. credit_limit: minor units of currency, 0 = none stated. standing: what the
    office has decided about them. bounced: cheques returned so far, as the ERP counts them. language: what the customer
    is written in; empty: Arabic and English."""

    customer: Id
    code: Name
    name: Name
    currency: CurrencyCode
    name_ar: Name = ""
    phone: Name = ""
    address: Text = ""
    area: Name = ""
    lat: float | None = None
    lon: float | None = None
    credit_limit: NotNegative = 0
    papers: list[Paper] = []
    accounts: list[BankAccount] = []
    standing: Standing = "normal"
    bounced: NotNegative = 0
    email: Name = ""
    language: Literal["", "ar", "en"] = ""


class CustomersUpserted(Shape, frozen=True):
    """Customers new or changed. source: the file's name, for people."""

    customers: Annotated[list[StatedCustomer], Rows200]
    source: Text = ""


class Settlement(Shape, frozen=True):
    """What the ERP settled of an item other than through Sanad. amount: minor units of the item's currency."""

    date: dt.date
    amount: int
    reference: Name = ""


class EInvoice(Shape, frozen=True):
    """The item at the tax authority (Egypt's ETA): uuid and long_id make the address of its public copy. state: a
    cancelled or rejected invoice must not be paid."""

    uuid: Name
    long_id: Name = ""
    state: Literal["submitted", "valid", "cancelled", "rejected"] = "valid"


class StatedItem(Shape, frozen=True):
    """One open item (invoice, instalment, credit note, returned cheque). original: minor units, negative for a credit
    note. to_deliver: its paper is still to be brought to the customer.

    settlements: all that the ERP settled itself; the list replaces the former one, so the same file twice changes
    nothing and what Sanad collected is never subtracted twice.
    """

    item: Id
    customer: Id
    number: Name
    currency: CurrencyCode
    date: dt.date
    due: dt.date
    original: int
    kind: Literal["invoice", "instalment", "credit_note", "opening", "returned_cheque"] = "invoice"
    settlements: list[Settlement] = []
    note: Text = ""
    to_deliver: bool = False
    einvoice: EInvoice | None = None


class ItemsUpserted(Shape, frozen=True):
    items: Annotated[list[StatedItem], Rows200]
    source: Text = ""


class CustomersAssigned(Shape, frozen=True):
    """Customers enter or leave a collector's portfolio. Vouchers already issued are never touched by this."""

    collector: Id
    customers: Annotated[list[Id], Rows200]
    action: Literal["assign", "unassign"] = "assign"
