"""Messages between phones, desks and the server, and the stamp that the journal keeps with each entry.

Hashes, signatures and keys are base64url without padding.
"""

from datetime import date
from typing import Any

import msgspec

from schemas.documents import (
    Book,
    Case,
    ChequeHeld,
    Company,
    Confirmation,
    Contact,
    Custody,
    Customer,
    DayReport,
    Deposit,
    DepositWaiting,
    Device,
    Dispute,
    Item,
    MissingVoucher,
    Notice,
    Person,
    PhoneKey,
    Plan,
    PromiseToPay,
    Safe,
    ServerKey,
    Suspended,
    Target,
    User,
    Visit,
    Voucher,
)
from schemas.entries.company import Policy
from schemas.entries.notices import Channel
from schemas.entries.receipts import Cheque
from schemas.entries.shapes import Total


class EntryOnWire(msgspec.Struct, frozen=True):
    """An entry as carried: envelope and body are spliced in as the very bytes that were hashed and signed."""

    envelope: msgspec.Raw
    body: msgspec.Raw
    sig: str


class Manifest(msgspec.Struct, frozen=True, omit_defaults=True):
    """What the phone says it still holds unsent, this push not counted."""

    unsent: int = 0
    oldest_at: str = ""
    totals: list[Total] = []


class Head(msgspec.Struct, frozen=True, omit_defaults=True):
    """The head of a push. carrier: device that carries, empty for a file. device, seq, hash: the writer's chain and
    its own head. missing: closed ranges of seq that the writer no longer has. office_seq: last seq that was
    acknowledged to it beyond its own head: so many entries it has lost. control: days whose control totals differ from
    the office's."""

    device: str
    seq: int
    hash: str
    carrier: str = ""
    missing: list[tuple[int, int]] = []
    manifest: Manifest = Manifest()
    app: str = ""
    installed: bool = False
    persisted: bool = False
    office_seq: int = 0
    control: list[str] = []


class Push(msgspec.Struct, frozen=True):
    """`head` is a JSON text, kept and verified as UTF-8 bytes. sig: the writer's over them, empty when carried."""

    head: str
    entries: list[EntryOnWire]
    sig: str = ""


class RescueFile(msgspec.Struct, frozen=True):
    """Unsent entries of a phone, sealed to the server: anyone may bring it, nobody on the way can read it.

    v: 1. key: id of the server's seal key. epk: SPKI of a P-256 key made for this file alone. sealed: AES-256-GCM
    (key: HKDF-SHA256 over the ECDH secret, no salt, info `sanad rescue v1`; nonce: iv, 12 bytes; additional data: UTF-8
    of `v.company.key.epk`) of one push, or of a JSON array of pushes."""

    v: int
    company: str
    device: str
    key: str
    epk: str
    iv: str
    sealed: str


class RescuedVoucher(msgspec.Struct, frozen=True, omit_defaults=True):
    """A voucher out of a rescue file. totals: empty for who may not know figures (a counting desk counts blind)."""

    number: str
    at: str
    verdict: str
    flags: list[str] = []
    totals: list[Total] = []


class RescuedPush(msgspec.Struct, frozen=True, omit_defaults=True):
    """What became of one push out of a rescue file. entries: how many it brought; new: how many of them the office
    did not have; verdicts: entries by verdict. problem: code of `codes.Problem` when it was not taken, with its facts:
    then nothing of it is stored and the file is to be kept. code, name, name_ar, vouchers: only for a login."""

    device: str
    entries: int
    new: int = 0
    verdicts: dict[str, int] = {}
    acked: int = 0
    problem: str = ""
    facts: dict[str, Any] = {}
    code: str = ""
    name: str = ""
    name_ar: str = ""
    vouchers: list[RescuedVoucher] = []


class Rescued(msgspec.Struct, frozen=True):
    """The answer to a rescue file: each of its pushes, in the file's order. device: the one that made the file."""

    device: str
    pushes: list[RescuedPush]


class Line(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """One posted line. account: `kind/owner` or `kind/owner/item`; amount: minor units, debit positive."""

    account: str
    currency: str
    amount: int


class Stamp(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """What the server that accepted an entry wrote about it, once. day: the business day it posts to."""

    position: int
    received_at: str
    day: date
    verdict: str
    carrier: str = ""
    flags: list[str] = []
    lines: list[Line] = []


class Outcome(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """What became of one pushed entry. position 0: not stored (an unsigned tail in a carried file)."""

    seq: int
    position: int
    verdict: str
    flags: list[str] = []


class Acked(msgspec.Struct, frozen=True):
    """The writer's chain as the server has it: its last seq, that entry's hash, its position."""

    seq: int
    hash: str
    position: int


class PushReply(msgspec.Struct, frozen=True, omit_defaults=True):
    """receipt: compact JWS by the server's sign key over {device, seq, hash, time}: the phone's proof of handing in.
    device_state: active, revoked, lost, retired, forked."""

    outcomes: list[Outcome]
    acked: Acked
    epoch: str
    server_time: str
    receipt: str
    device_state: str = "active"


class Change(msgspec.Struct, frozen=True):
    """doc is null when the thing left the reader's scope."""

    type: str
    id: str
    doc: msgspec.Raw


class Table(msgspec.Struct, frozen=True):
    """Many documents of one type, told field by field: columns[i][n] is fields[i] of the n-th of them, null where it
    has no such field. A long page is a third smaller this way."""

    type: str
    fields: list[str]
    columns: list[list[msgspec.Raw]]


class PullReply(msgspec.Struct, frozen=True, omit_defaults=True):
    """position: the journal position that this page reaches. reload: the cursor is not of this journal; drop what was
    pulled when the new load is complete. tables: more changes, only for who asks with `tables=1`."""

    epoch: str
    cursor: str
    position: int
    more: bool
    changes: list[Change] = []
    reload: bool = False
    tables: list[Table] = []


class ControlDay(msgspec.Struct, frozen=True, omit_defaults=True):
    """What a chain says of one day (`at[:10]` of its entries). totals: of the day's receipts, voids not taken off, in
    order of currency and method. hash: SHA-256 over the entries' hashes in order of seq, base64url."""

    day: str
    entries: int
    receipts: int
    totals: list[Total]
    hash: str


class Control(msgspec.Struct, frozen=True):
    """Control totals of a device's main chain as the office has it. seq: its last one here; what the device wrote after
    that is not counted. first: the first day that is told."""

    device: str
    seq: int
    first: date
    days: list[ControlDay]


class ProblemDocument(msgspec.Struct, frozen=True, omit_defaults=True):
    """RFC 9457. code: one of `codes.Problem`; detail: English, for people; facts: what and where."""

    type: str
    title: str
    status: int
    code: str
    detail: str = ""
    facts: dict[str, Any] = {}


# ---- identity


class Login(msgspec.Struct, frozen=True):
    login: str
    password: str


class DeviceLogin(msgspec.Struct, frozen=True):
    """sig: the device key over the UTF-8 bytes of `challenge`."""

    device: str
    challenge: str
    sig: str


class Challenge(msgspec.Struct, frozen=True):
    challenge: str


class Session(msgspec.Struct, frozen=True):
    """token: JWT for `Authorization: Bearer`. expires_at: ISO 8601, UTC."""

    token: str
    expires_at: str
    user: User
    company: Company


class Enrol(msgspec.Struct, frozen=True, omit_defaults=True):
    """A device asks for its place with a one-time code. public_key: SPKI, base64url."""

    public_key: str
    app: str = ""
    installed: bool = False
    persisted: bool = False


class Enrolled(msgspec.Struct, frozen=True):
    """release_key: the device's own HMAC key for release codes, base64url."""

    device: Device
    user: User | None
    company: Company
    keys: list[ServerKey]
    epoch: str
    release_key: str
    session: Session | None


class GrantsWish(msgspec.Struct, frozen=True):
    """Grants that a device hands back after a restore, at most 50."""

    grants: list[EntryOnWire]


class GrantRefused(msgspec.Struct, frozen=True):
    """index: place in the wish. why: a flag."""

    index: int
    why: str


class GrantsReturned(msgspec.Struct, frozen=True, omit_defaults=True):
    """restored: have their effect again. known: the journal had them."""

    restored: int
    known: int
    refused: list[GrantRefused] = []


class EnrolmentPeek(msgspec.Struct, frozen=True):
    """What a code is for, shown before it is used."""

    company: str
    company_ar: str
    name: str
    name_ar: str
    purpose: str
    require_installed: bool


# ---- office


class UserWish(msgspec.Struct, frozen=True, omit_defaults=True):
    """A user to make or change; user empty for a new one. password: set when given (at least 10 characters)."""

    login: str
    name: str
    name_ar: str
    role: str
    branch: str
    user: str = ""
    password: str = ""


class UserRow(msgspec.Struct, frozen=True, omit_defaults=True):
    user: User
    devices: list[Device] = []
    customers: int = 0


class AssignWish(msgspec.Struct, frozen=True, omit_defaults=True):
    """Customers enter or leave a collector's portfolio."""

    collector: str
    customers: list[str]
    action: str = "assign"


class CodeWish(msgspec.Struct, frozen=True, omit_defaults=True):
    """A one-time enrolment code for a phone of `user`, or for a counting desk of `branch`."""

    purpose: str
    user: str = ""
    branch: str = ""


class CodeMade(msgspec.Struct, frozen=True):
    """code: 8 characters to type; link: what its QR says."""

    code: str
    link: str
    expires_at: str


class DeviceRow(msgspec.Struct, frozen=True, omit_defaults=True):
    """A device, and what the office knows of its last contact. silent: not heard of for longer than the company allows,
    though something was unsent or it issued vouchers on the day before. lost: entries that the office has and the
    device said it has no longer. control: days on which its own totals differ from the office's."""

    device: Device
    user: User | None = None
    seq: int = 0
    last_contact: str = ""
    unsent: int = 0
    oldest_unsent: str = ""
    unsent_totals: list[Total] = []
    app: str = ""
    books: list[Book] = []
    silent: bool = False
    lost: int = 0
    control: list[str] = []


class RevokeWish(msgspec.Struct, frozen=True, omit_defaults=True):
    reason: str
    state: str = "revoked"


class ReleaseWish(msgspec.Struct, frozen=True):
    """A phone's challenge, as its user reads it out. purpose: wipe (Sanad's data leave the phone) or limit."""

    purpose: str
    challenge: str


class ReleaseMade(msgspec.Struct, frozen=True):
    """code: eight digits to read out. challenge: in its one writing."""

    challenge: str
    code: str


class BookWish(msgspec.Struct, frozen=True, omit_defaults=True):
    """Assign a book to a phone. leaves: how many; the server chooses the range."""

    device: str
    leaves: int = 0
    kind: str = "electronic"


class PlanWish(msgspec.Struct, frozen=True):
    stops: list[str]


class PlanView(msgspec.Struct, frozen=True):
    """A collector's plan of a day; customers in the order of the stops, and the whole portfolio to choose from."""

    plan: Plan
    portfolio: list["CustomerRow"]


class BoardRow(msgspec.Struct, frozen=True, omit_defaults=True):
    """One collector today. collected: by currency, per method, vouchers of the day that stand.
    cash, cheques: in hand now. last_sync: ISO 8601 UTC of the last contact, empty if never."""

    user: User
    planned: int
    done: int
    unplanned: int
    vouchers: int
    collected: list[Total] = []
    cash: dict[str, int] = {}
    cheques: dict[str, int] = {}
    transit: dict[str, int] = {}
    short: dict[str, int] = {}
    last_sync: str = ""
    unsent: int = 0
    oldest_unsent: str = ""
    flags: int = 0
    device_state: str = ""
    persisted: bool = True


class Along(msgspec.Struct, frozen=True, omit_defaults=True):
    """Somebody who came along."""

    name: str
    name_ar: str = ""


class Happening(msgspec.Struct, frozen=True, omit_defaults=True):
    """One line of the board's feed. number: of the voucher or deposit; for an ended visit its outcome. along: of a
    visit, who else was there."""

    position: int
    at: str
    kind: str
    by: str
    name: str = ""
    name_ar: str = ""
    number: str = ""
    customer: str = ""
    customer_ar: str = ""
    amounts: list[Total] = []
    flags: list[str] = []
    verdict: str = "accepted"
    along: list[Along] = []


class Board(msgspec.Struct, frozen=True):
    """incidents: open ones, newest first. cases: how many requests wait for an answer, incidents too."""

    day: date
    now: str
    rows: list[BoardRow]
    feed: list[Happening]
    void_requests: int
    incidents: list["CaseRow"] = []
    cases: int = 0


class FlagRow(msgspec.Struct, frozen=True, omit_defaults=True):
    """An entry with flags or under review. code: the device's short name, empty for the server's own. number, customer,
    customer_ar: what it is about, where it names one."""

    position: int
    device: str
    seq: int
    kind: str
    at: str
    received_at: str
    by: str
    verdict: str
    flags: list[str]
    code: str = ""
    name: str = ""
    name_ar: str = ""
    number: str = ""
    customer: str = ""
    customer_ar: str = ""


class VoidRequest(msgspec.Struct, frozen=True, omit_defaults=True):
    voucher: Voucher
    customer: Customer | None
    collector: User | None
    can_void: bool


class Decision(msgspec.Struct, frozen=True, omit_defaults=True):
    note: str = ""


class SuspendedRow(msgspec.Struct, frozen=True, omit_defaults=True):
    """What waits for a decision. code: the device's short name. repeats: vouchers that stand and say the same with the
    same number."""

    held: Suspended
    voucher: Voucher | None
    customer: Customer | None
    collector: User | None
    code: str = ""
    repeats: list[Voucher] = []


class SuspenseDecision(msgspec.Struct, frozen=True, omit_defaults=True):
    """duplicate_of: id of the voucher that a rejected one only repeats."""

    reason: str
    duplicate_of: str = ""


class MissingRow(msgspec.Struct, frozen=True, omit_defaults=True):
    """A voucher that a customer has reported. customer: the one with the code's customer code."""

    missing: MissingVoucher
    customer: Customer | None
    collector: User | None


class RebuildWish(msgspec.Struct, frozen=True, omit_defaults=True):
    """cheques: as the customer tells them; their sums must be the code's. Cash follows from the code."""

    cheques: list[Cheque] = []
    note: str = ""


class DepositView(msgspec.Struct, frozen=True, omit_defaults=True):
    """A deposit for who may see its figures: the collector, and a desk whose count is durable."""

    deposit: Deposit
    collector: User | None
    cheques: list[ChequeHeld] = []
    vouchers: list[Voucher] = []


class CustomerRow(msgspec.Struct, frozen=True, omit_defaults=True):
    """ledger and uncleared: minor units by currency; ledger = Σ open − credit."""

    id: str
    code: str
    name: str
    name_ar: str = ""
    area: str = ""
    phone: str = ""
    collectors: list[str] = []
    ledger: dict[str, int] = {}
    overdue: dict[str, int] = {}
    uncleared: dict[str, int] = {}


class Page(msgspec.Struct, frozen=True, omit_defaults=True):
    rows: list[CustomerRow]
    total: int


class RejectedRow(msgspec.Struct, frozen=True):
    """line: as counted in the file, the header being line 1. code: closed set of the importer; text: English."""

    line: int
    column: str
    value: str
    code: str
    text: str


class ImportReport(msgspec.Struct, frozen=True, omit_defaults=True):
    """What an import did, or would do (dry_run). columns: file column → our field, as used.
    new, changed, same: rows."""

    file: str
    encoding: str
    delimiter: str
    columns: dict[str, str]
    rows: int
    new: int
    changed: int
    same: int
    rejected: list[RejectedRow]
    dry_run: bool = False
    entries: int = 0


# ---- requests, promises, targets, day reports, policy


class CaseRow(msgspec.Struct, frozen=True, omit_defaults=True):
    """Something asked of the office. items: what it is about, as far as they are known."""

    case: Case
    customer: Customer | None = None
    collector: User | None = None
    items: list[Item] = []


class ProofRow(msgspec.Struct, frozen=True, omit_defaults=True):
    """A dispute or a cheque, with its pictures. what: dispute, cheque. number: of the invoice, or of the cheque.
    missing: the company asks for a picture of each cheque, and there is none of this one."""

    what: str
    id: str
    at: str
    currency: str
    amount: int
    number: str = ""
    customer: Customer | None = None
    collector: User | None = None
    photos: list[str] = []
    reason: str = ""
    note: str = ""
    voucher: str = ""
    bank: str = ""
    due: date | None = None
    missing: bool = False


class CaseDecision(msgspec.Struct, frozen=True, omit_defaults=True):
    """decision: granted, declined (with a note) or noted."""

    decision: str
    note: str = ""


class PromiseRow(msgspec.Struct, frozen=True, omit_defaults=True):
    promise: PromiseToPay
    customer: Customer | None = None
    collector: User | None = None
    items: list[Item] = []


class TargetWish(msgspec.Struct, frozen=True, omit_defaults=True):
    """amount: minor units."""

    currency: str
    amount: int
    visits: int = 0


class DayFigures(msgspec.Struct, frozen=True, omit_defaults=True):
    """What the journal says of a collector's day, by the dates of his own clock. received: voids taken off. vouchers:
    issued, those that are void too."""

    received: list[Total] = []
    vouchers: int = 0
    voided: int = 0
    planned: int = 0
    visited: int = 0
    unplanned: int = 0
    promises: int = 0
    disputes: int = 0
    contacts: int = 0


class DayReportRow(msgspec.Struct, frozen=True, omit_defaults=True):
    """office: what the journal has of the same entries. report: absent while the day is not closed. differs: names of
    figures that are not the same in both. later: vouchers of that day after it was closed. held: what he answers for
    at this moment."""

    user: User
    office: DayFigures
    report: DayReport | None = None
    differs: list[str] = []
    later: int = 0
    held: list[Total] = []


class PolicyView(msgspec.Struct, frozen=True):
    """currency: of the amounts in the policy."""

    currency: str
    policy: Policy


class PolicyWish(msgspec.Struct, frozen=True, omit_defaults=True):
    """was: the policy as the caller saw it, so that nobody's change is undone unseen."""

    policy: Policy
    was: Policy | None = None


# ---- public verification


class VerifyWish(msgspec.Struct, frozen=True):
    """payload: what stands after `#` in the QR code."""

    payload: str


class Verified(msgspec.Struct, frozen=True, omit_defaults=True):
    """status: genuine, not_yet_handed_in, voided, reported_lost, not_ours. The rest repeats what the paper says.
    can_report: the company has not seen the voucher and nobody has told it so. reported: somebody has."""

    status: str
    company: str = ""
    company_ar: str = ""
    number: str = ""
    date: str = ""
    customer_code: str = ""
    totals: list[Total] = []
    can_report: bool = False
    reported: bool = False


class NotifyWish(msgspec.Struct, frozen=True, omit_defaults=True):
    """How customers are to be told of their vouchers from now on; empty: not at all. hours: how long that is tried,
    0 = as before."""

    channels: list[Channel]
    hours: int = 0


class NotifyWay(msgspec.Struct, frozen=True, omit_defaults=True):
    """One way of telling customers. able: the answering server has a mail server or gateway for it. waiting: notices
    not yet told in this way, the oldest since. trouble: why the answering server's last message did not leave."""

    channel: Channel
    on: bool
    able: bool
    waiting: int = 0
    since: str = ""
    trouble: str = ""


class Notifying(msgspec.Struct, frozen=True):
    ways: list[NotifyWay]
    hours: int


WIRE: tuple[type, ...] = (
    Push, Head, Manifest, RescueFile, Rescued,
    PushReply, Control, Acked, Outcome, PullReply, ProblemDocument, Login, DeviceLogin, Challenge,
    Session, Enrol, Enrolled, EnrolmentPeek, UserWish, UserRow, CodeWish, CodeMade, DeviceRow, RevokeWish, ReleaseWish,
    ReleaseMade, BookWish,
    AssignWish, PlanWish, PlanView, Board, FlagRow, VoidRequest, Decision, DepositView, CustomerRow, Page, ImportReport,
    VerifyWish, Verified, Company, ServerKey, User, Person, Device, Customer, Item, Plan, Visit, Book, Voucher,
    ChequeHeld, Custody, Deposit, DepositWaiting, PhoneKey, Safe, GrantsReturned, GrantRefused,
    Suspended, SuspendedRow, SuspenseDecision, MissingVoucher, MissingRow, RebuildWish,
    PromiseToPay, Dispute, Contact, Confirmation, Case, Target, DayReport,
    Notice, NotifyWish, NotifyWay, Notifying,
    CaseRow, CaseDecision, ProofRow, PromiseRow, TargetWish, DayReportRow, PolicyView, PolicyWish,
)  # fmt: skip
"""Every message and document for which a TypeScript type is written."""
