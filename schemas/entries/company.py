"""The company itself, and what keeps chains whole."""

import datetime as dt
from typing import Literal

from schemas.entries.notices import Channel
from schemas.entries.shapes import CurrencyCode, Grant, Id, Name, NotNegative, Positive, RateText, Shape, Text


class Branch(Shape, frozen=True):
    """A place with a safe. prefix: start of its voucher series, such as `CAI`."""

    branch: Id
    name: Name
    name_ar: Name
    prefix: Name


class StatedRate(Shape, frozen=True):
    """The company's rate from a day on: one `base` is `rate` `quote`, in major units. source: where it is from."""

    base: CurrencyCode
    quote: CurrencyCode
    rate: RateText
    since: dt.date
    source: Name = ""


Limit = Literal["receipt", "cash", "age", "unsent"]


class Policy(Shape, frozen=True):
    """Dated settings of a company; amounts in minor units of the company's currency, 0 = no limit.

    Limits warn and flag; those named in `blocks` also stop issuing until the office gives a release code.
    receipt_limit: cash in one voucher; cash_limit: cash in hand; cash_age_days: of the oldest cash in hand;
    unsent_hours: of the oldest entry that the office lacks. cash_ceiling: the most cash in one voucher that the law
    allows, which always blocks. discount_limit: what a collector may give for settling now, in basis points of what is
    settled. silent_hours: how long a phone may not be heard of before the office is told. promise_grace_days: how long
    after its date a promise is still kept. require_installed: phones must run the installed app. banks: offered as
    choices, as [code, English, Arabic].
    cheque_photos: each cheque is to be photographed after its voucher; a missing one is shown, and holds nothing up.
    notify: how customers are told of their vouchers; empty: they are not. notify_hours: how long that is tried.
    """

    require_installed: bool = True
    cash_limit: NotNegative = 0
    unsent_hours: NotNegative = 8
    silent_hours: NotNegative = 12
    book_leaves: Positive = 200
    cheque_stale_days: NotNegative = 180
    banks: list[tuple[str, str, str]] = []
    receipt_limit: NotNegative = 0
    cash_age_days: NotNegative = 0
    cash_ceiling: NotNegative = 0
    blocks: list[Limit] = []
    discount_limit: NotNegative = 0
    rates: list[StatedRate] = []
    promise_grace_days: NotNegative = 0
    notify: list[Channel] = []
    notify_hours: Positive = 72
    cheque_photos: bool = False


class PublicKey(Shape, frozen=True):
    """Public half of a server key. key: its id. use: sign (receipts, grants) or seal (rescue files).
    spki: base64url."""

    key: Id
    use: Name
    spki: Text
    retired: bool = False


class CompanySetUp(Shape, frozen=True):
    """Entry 1 of a company, and each later change of its settings. time_zone: IANA name, decides the business day.
    address: the company's web address for life, where QR codes on vouchers lead."""

    company: Id
    name: Name
    name_ar: Name
    country: Name
    currency: CurrencyCode
    time_zone: Name
    address: Text
    branches: list[Branch]
    policy: Policy
    keys: list[PublicKey] = []
    epoch: Positive = 1


class ChainStarted(Shape, frozen=True):
    """Entry 1 of every chain. A phone enrolled again names the head of its old chain, so that the two hang together."""

    app: Text
    old_device: str = ""
    old_seq: NotNegative = 0
    old_hash: str = ""


class HoleRecorded(Shape, frozen=True):
    """The server's record that a device said, signed, that it no longer has its entries first … last.

    numbers: voucher numbers that may have been used in the hole.
    """

    device: Id
    first: Positive
    last: Positive
    numbers: list[str] = []


class EpochBegan(Shape, frozen=True):
    """The first entry after a restore. What came between the backup and the loss is not here any more; phones still
    have it. restored_position, restored_h: the journal's end as it was restored. backup_at: when the backup was made.
    """

    epoch: Positive
    restored_position: NotNegative
    restored_h: Name
    backup_at: Name = ""


class GrantReturned(Shape, frozen=True):
    """A device hands back an entry of this server's own that the restored journal lacks: `device_enrolled` or
    `book_assigned`. It has its effect again, once. Its signature is checked before this is written, and by `verify`."""

    grant: Grant
