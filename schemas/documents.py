"""Documents: the state of one thing after all entries so far, as phones and desks pull it.

A document is also the record that the rules in `sync` read and write; nothing else is kept about a thing. Amounts
are minor units; maps are keyed by currency code. A document that has a second, narrower face for some readers says
so (`DepositWaiting`, the blind face of `Deposit`).
"""

import datetime as dt

import msgspec

from schemas.entries.company import Branch, Policy
from schemas.entries.customers import BankAccount, EInvoice, Paper, Settlement
from schemas.entries.deposits import CashCount, CountedCheque, KeptBack, Variance
from schemas.entries.follow_up import Difference
from schemas.entries.receipts import Allocation, Deduction, Tender
from schemas.entries.shapes import Grant, Position, Total
from schemas.entries.visits import DayClosed, ItemAnswer

Amounts = dict[str, int]
"""Currency code → minor units."""


class Document(msgspec.Struct, omit_defaults=True, gc=False):
    """Base. The rules change documents in place: a batch works on copies of its own, decoded for it."""

    id: str


class Company(Document):
    name: str
    name_ar: str
    country: str
    currency: str
    time_zone: str
    address: str
    branches: list[Branch]
    policy: Policy
    epoch: int = 1


class ServerKey(Document):
    """Public half of a server key. use: sign (receipts, grants) or seal (rescue files). spki: base64url DER."""

    use: str
    spki: str
    retired: bool = False


class User(Document):
    """role: see `schemas.entries.people.Role`. active: false once revoked."""

    login: str
    name: str
    name_ar: str
    role: str
    branch: str
    active: bool = True


class Device(Document):
    """state: active, revoked, lost, retired. deposits: how many it has declared. visit: the open one. grant: the
    server's signed entry that gave it its place, which it can hand back to a restored server. missing: by seq, hashes
    of entries that customers have shown and that had not arrived."""

    code: str
    purpose: str
    user: str
    branch: str
    public_key: str
    key: str
    state: str = "active"
    installed: bool = False
    persisted: bool = False
    forked: bool = False
    deposits: int = 0
    visit: str = ""
    since: str = ""
    grant: Grant | None = None
    missing: dict[str, list[str]] = {}


class Customer(Document):
    """credit: paid on account and not allocated. uncleared: cheques taken and not cleared yet (collector, transit,
    vault, under collection). Ledger balance = Σ open of its items − credit; excluding uncleared = that + uncleared.
    promises: ids of those that are not kept yet, in the order of making. broken: how many were broken. disputes: ids.
    language: `ar`, `en`, or empty for both."""

    code: str
    name: str
    currency: str
    name_ar: str = ""
    phone: str = ""
    address: str = ""
    area: str = ""
    lat: float | None = None
    lon: float | None = None
    credit_limit: int = 0
    collectors: list[str] = []
    credit: Amounts = {}
    uncleared: Amounts = {}
    papers: list[Paper] = []
    accounts: list[BankAccount] = []
    standing: str = "normal"
    bounced: int = 0
    promises: list[str] = []
    broken: int = 0
    disputes: list[str] = []
    email: str = ""
    language: str = ""


class Item(Document):
    """open = original − Σ settlements − collected. collected: what vouchers took off it, net of voids. delivered: when
    its paper was handed to the customer, as the phone says; delivered_to: who took it."""

    customer: str
    number: str
    currency: str
    date: dt.date
    due: dt.date
    original: int
    kind: str = "invoice"
    settlements: list[Settlement] = []
    collected: int = 0
    open: int = 0
    note: str = ""
    to_deliver: bool = False
    delivered: str = ""
    delivered_to: str = ""
    einvoice: EInvoice | None = None


class Moved(msgspec.Struct, omit_defaults=True):
    customer: str
    to: dt.date
    reason: str
    note: str = ""


class Plan(Document):
    """id: `<user>|<day>`. moved: stops that the collector put off; brought: customers put off to this day."""

    user: str
    day: dt.date
    stops: list[str]
    moved: list[Moved] = []
    brought: list[str] = []


class Visit(Document):
    customer: str
    user: str
    device: str
    day: dt.date
    started_at: str
    planned: bool = False
    ended_at: str = ""
    outcome: str = ""
    note: str = ""
    next_date: dt.date | None = None
    position: Position | None = None
    vouchers: list[str] = []
    no_position: str = ""
    colleagues: list[str] = []
    answers: list[ItemAnswer] = []
    reason: str = ""
    next_action: str = ""


class Book(Document):
    """Leaves are two bit sets written in hexadecimal: bit 0 is `first`. issued: a voucher has the number (void or not).
    voided ⊆ issued. closed: unused leaves that ended with it (cancelled or unknown). grant: the server's signed entry.
    state: assigned, accepted, open, full, handed_over, cancelled, frozen. full_seq: seq of the entry with its last
    leaf."""

    series: str
    first: int
    last: int
    width: int
    kind: str
    holder: str
    device: str
    state: str = "assigned"
    issued: str = "0"
    voided: str = "0"
    closed: str = ""
    grant: Grant | None = None
    full_seq: int = 0


class VoidAsked(msgspec.Struct, omit_defaults=True):
    """state: requested, approved, refused."""

    request: str
    reason: str
    at: str
    by: str
    note: str = ""
    state: str = "requested"
    decided_by: str = ""


class Judgement(msgspec.Struct, omit_defaults=True):
    """What a person decided about an entry under review. entry: id of `judged`. decision: release or reject."""

    entry: str
    by: str
    at: str
    decision: str
    reason: str
    duplicate_of: str = ""


class MissingVoucher(Document):
    """A voucher that a customer has shown and the company has not seen. id: `<device>|<seq>|<hash>`, its entry's place.
    code: the whole QR text. state: reported, rebuilt (voucher: what stands for it), arrived."""

    device: str
    seq: int
    hash: str
    collector: str
    number: str
    date: str
    customer_code: str
    totals: list[Total]
    code: str
    reported_at: str
    state: str = "reported"
    voucher: str = ""


class Suspended(Document):
    """An entry under review that waits for a person, or has been decided. id: its journal position. hash: base64url.
    flags: why. voucher: what it made, if anything. amounts: what stood in suspense for it, by currency. deposit: whose
    declaration it waits for. state: waiting, released, rejected, ended (its voucher was voided or reversed meanwhile,
    or its deposit was decided otherwise)."""

    device: str
    seq: int
    hash: str
    kind: str
    by: str
    at: str
    received_at: str
    flags: list[str]
    voucher: str = ""
    amounts: Amounts = {}
    state: str = "waiting"
    judgement: Judgement | None = None
    deposit: str = ""


class Voucher(Document):
    """One receipt voucher. state: issued, voided, reversed, rejected, replaced. verdict and flags: of its entry, and of
    the decision about it. suspense: its `Suspended` while its money stands there. repeats: id of its entry, where
    another voucher has that id. rebuilt: hash of the entry that a QR code names, where the voucher was rebuilt from the
    code; it is replaced once that entry has arrived.

    taken: what each item really took; the rest of the wish went on account. deposit: the one that covers it,
    empty while a tender of it is in hand.
    promises: those that it kept a part of. photos: of cheques, taken after it was issued. photographed: the tenders
    that they are of.
    signature: the customer's, an attachment by SHA-256. void_confirmed: a deposit accepted since then has confirmed
    that nothing was handed over for it.
    printed: highest copy number.
    """

    number: str
    book: str
    leaf: int
    customer: str
    device: str
    seq: int
    by: str
    at: str
    currency: str
    tenders: list[Tender]
    allocations: list[Allocation] = []
    taken: list[Allocation] = []
    on_account: int = 0
    visit: str = ""
    day: dt.date | None = None
    verdict: str = "accepted"
    flags: list[str] = []
    state: str = "issued"
    printed: int = 0
    shared: bool = False
    shown: bool = False
    qr: str = ""
    deposit: str = ""
    void: VoidAsked | None = None
    signature: str = ""
    unsigned_reason: str = ""
    voided_at: str = ""
    void_reason: str = ""
    void_confirmed: bool = False
    suspense: str = ""
    repeats: str = ""
    judgement: Judgement | None = None
    rebuilt: str = ""
    deductions: list[Deduction] = []
    promises: list[str] = []
    photos: list[str] = []
    photographed: list[int] = []


class ChequeHeld(Document):
    """One cheque and who has the paper. id: `<voucher>.<index of the tender>`.
    state: held, transit, vault, given_back, replaced. holder: user id, or deposit id while in transit. shown_to: branch
    whose desks may see it, from the moment when a count of its deposit is durable."""

    voucher: str
    number_on_voucher: str
    customer: str
    collector: str
    currency: str
    amount: int
    bank: str
    branch: str
    number: str
    due: dt.date
    drawer: str
    state: str
    holder: str
    shown_to: str = ""


class Custody(Document):
    """What one collector answers for. id: user. cash and cheques: in hand. transit: declared, not yet accepted.
    short: owed until explained. unconfirmed: vouchers voided since the last accepted deposit."""

    cash: Amounts = {}
    cheques: Amounts = {}
    cheque_count: int = 0
    transit_cash: Amounts = {}
    transit_cheques: Amounts = {}
    short: Amounts = {}
    unconfirmed: int = 0


class Count(msgspec.Struct, omit_defaults=True):
    id: str
    by: str
    device: str
    at: str
    round: int
    cash: list[CashCount]
    cheques: list[CountedCheque]


class Acceptance(msgspec.Struct, omit_defaults=True):
    """differences: counted − expected per currency, shortage and overage apart. missing: cheques not on the table."""

    id: str
    by: str
    at: str
    count: str
    cash: Amounts = {}
    differences: list[Variance] = []
    missing: list[str] = []
    note: str = ""


class Deposit(Document):
    """A handover. state: declared, counted, accepted, returned. expected: cash per currency now in its transit.
    cheques: ids of `ChequeHeld` in it. vouchers: how many it covers."""

    name: str
    collector: str
    device: str
    branch: str
    seq: int
    at: str
    state: str = "declared"
    totals: list[Total] = []
    cash: list[CashCount] = []
    expected: Amounts = {}
    cheques: list[str] = []
    kept_back: list[KeptBack] = []
    books: list[str] = []
    vouchers: int = 0
    counts: list[Count] = []
    acceptance: Acceptance | None = None
    returned: str = ""
    day: dt.date | None = None


class DepositWaiting(Document):
    """The blind face of a deposit: all that a counting desk may hold before its own count is durable. state: ahead
    (counted from the phone's code; the declaration has not arrived), declared, counted, accepted, returned."""

    name: str
    collector: str
    branch: str
    at: str
    instruments: int
    state: str = "declared"


class AheadEntry(msgspec.Struct, omit_defaults=True):
    """A count or an acceptance that waits for its declaration: its place, and its texts for the entry that settles it.
    count: the count that it is, or that it accepts."""

    position: str
    device: str
    seq: int
    hash: str
    kind: str
    count: str
    envelope: str
    body: str


class DepositAhead(Document):
    """What counting desks did with a deposit whose declaration had not arrived. id: the deposit. hash: of the
    declaration as a desk scanned it, empty where none did. counts: those that came ahead. waiting: entries that are not
    settled, in order. standing: by cashier, the count by which he took it into his safe, against suspense.
    arrived: the declaration is here."""

    name: str
    hash: str = ""
    counts: list[Count] = []
    waiting: list[AheadEntry] = []
    standing: dict[str, str] = {}
    arrived: bool = False


class PhoneKey(Document):
    """What a counting desk knows of a phone of its branch, so that it can check the phone's code without a network.
    id: the device. state: of the device."""

    code: str
    user: str
    branch: str
    public_key: str
    state: str = "active"


class Safe(Document):
    """One cashier's own safe and vault. id: user."""

    branch: str
    cash: Amounts = {}
    cheques: Amounts = {}
    cheque_count: int = 0


class Request(Document):
    """A request that waits for a decision. id: of its entry. what: void. state: requested, approved, refused."""

    what: str
    about: str
    state: str


class PromiseToPay(Document):
    """A promise to pay. kept: by voucher, what it brought of the amount. state: open, kept, superseded; broken or
    part_kept once its date has passed, and kept_late where the money came after that."""

    customer: str
    by: str
    currency: str
    amount: int
    date: dt.date
    at: str
    means: str = "cash"
    items: list[str] = []
    visit: str = ""
    note: str = ""
    state: str = "open"
    kept: Amounts = {}


class Dispute(Document):
    """state: raised."""

    customer: str
    by: str
    item: str
    currency: str
    amount: int
    reason: str
    at: str
    note: str = ""
    photos: list[str] = []
    visit: str = ""
    state: str = "raised"


class Contact(Document):
    customer: str
    by: str
    channel: str
    outcome: str
    at: str
    note: str = ""
    next_date: dt.date | None = None
    items: list[str] = []


class Confirmation(Document):
    """What the customer said about the balances that he was shown."""

    customer: str
    by: str
    currency: str
    ledger: int
    uncleared: int
    agrees: bool
    at: str
    differences: list[Difference] = []
    signer: str = ""
    signature: str = ""
    unsigned_reason: str = ""
    visit: str = ""


class Case(Document):
    """Something asked of the office. state: open, granted, declined, noted."""

    what: str
    by: str
    text: str
    at: str
    customer: str = ""
    currency: str = ""
    amount: int = 0
    items: list[str] = []
    date: dt.date | None = None
    photos: list[str] = []
    visit: str = ""
    state: str = "open"
    answer: str = ""
    answered_by: str = ""


class Target(Document):
    """id: `<user>|<month>|<currency>`."""

    user: str
    month: str
    currency: str
    amount: int
    visits: int = 0


class DayReport(Document):
    """id: `<user>|<day>`. entry: that which closed the day. A later closing of the day replaces the earlier."""

    user: str
    day: dt.date
    at: str
    entry: str
    told: DayClosed


class ChequeSeen(Document):
    """id: `<bank>|<number>`. vouchers: those that a cheque with this number came with."""

    vouchers: list[str]


class Series(Document):
    """id: the series' prefix. last: highest leaf assigned to a book. epoch: the only one in which it gives new books;
    0 where only returned grants tell of it. returned: ranges of books that a restored server learnt of from grants."""

    last: int
    epoch: int = 1
    returned: list[tuple[int, int]] = []


class Person(Document):
    """The little that desks need to know of a user."""

    name: str
    name_ar: str
    role: str
    branch: str


class Telling(msgspec.Struct, omit_defaults=True):
    """One way of telling the customer. outcome: empty while it waits; sent, refused or gave_up with reason, at and
    tries of the `customer_notified` that says so; no_address: the customer had none; overtaken: the voucher was voided
    or reversed before the customer could be told that it was issued."""

    channel: str
    outcome: str = ""
    reason: str = ""
    at: str = ""
    tries: int = 0


class Notice(Document):
    """What a customer is to be told of a voucher. id: `<voucher>.<what>`; what: issued, voided, reversed. at: when the
    server knew. state: waiting, done."""

    voucher: str
    what: str
    customer: str
    at: str
    ways: list[Telling]
    state: str = "waiting"


DOCUMENTS: dict[str, type[Document]] = {
    "company": Company,
    "server_key": ServerKey,
    "user": User,
    "person": Person,
    "device": Device,
    "customer": Customer,
    "item": Item,
    "plan": Plan,
    "visit": Visit,
    "book": Book,
    "voucher": Voucher,
    "cheque": ChequeHeld,
    "custody": Custody,
    "deposit": Deposit,
    "deposit_waiting": DepositWaiting,
    "deposit_ahead": DepositAhead,
    "phone_key": PhoneKey,
    "safe": Safe,
    "cheque_seen": ChequeSeen,
    "series": Series,
    "request": Request,
    "suspended": Suspended,
    "missing_voucher": MissingVoucher,
    "promise": PromiseToPay,
    "dispute": Dispute,
    "contact": Contact,
    "confirmation": Confirmation,
    "case": Case,
    "target": Target,
    "day_report": DayReport,
    "notice": Notice,
}
