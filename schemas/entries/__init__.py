"""Entries: one immutable fact or request each, written by one writer and signed when written.

`BODIES` names the body of every kind. Who may write a kind and what it does stands in `sync.kinds`.
"""

from typing import Annotated

import msgspec

from schemas.entries.books import BookAccepted, BookAssigned, BookClosed
from schemas.entries.company import ChainStarted, CompanySetUp, EpochBegan, GrantReturned, HoleRecorded
from schemas.entries.customers import CustomersAssigned, CustomersUpserted, ItemsUpserted
from schemas.entries.deposits import DepositAccepted, DepositCounted, DepositDeclared, DepositReturned
from schemas.entries.follow_up import (
    BalanceConfirmed,
    CaseAnswered,
    CaseOpened,
    ContactLogged,
    DisputeRaised,
    ItemDelivered,
    PromiseBroken,
    PromiseMade,
)
from schemas.entries.notices import CustomerNotified
from schemas.entries.people import (
    DeviceEnrolled,
    DeviceRevoked,
    ReleaseGiven,
    ReleaseUsed,
    UserEnrolled,
    UserRevoked,
)
from schemas.entries.rebuilt import VoucherRebuilt, VoucherReported
from schemas.entries.receipts import (
    ChequePhotographed,
    ReceiptIssued,
    ReceiptReversed,
    ReceiptVoided,
    VoidApproved,
    VoidRefused,
    VoidRequested,
    VoucherPrinted,
    VoucherShared,
    VoucherShown,
)
from schemas.entries.suspense import Judged
from schemas.entries.visits import DayClosed, PlanSet, StopMoved, TargetSet, VisitEnded, VisitJoined, VisitStarted

BODIES: dict[str, type[msgspec.Struct]] = {
    "company_set_up": CompanySetUp,
    "chain_started": ChainStarted,
    "hole_recorded": HoleRecorded,
    "epoch_began": EpochBegan,
    "grant_returned": GrantReturned,
    "user_enrolled": UserEnrolled,
    "user_revoked": UserRevoked,
    "device_enrolled": DeviceEnrolled,
    "device_revoked": DeviceRevoked,
    "release_given": ReleaseGiven,
    "release_used": ReleaseUsed,
    "customers_upserted": CustomersUpserted,
    "items_upserted": ItemsUpserted,
    "customers_assigned": CustomersAssigned,
    "book_assigned": BookAssigned,
    "book_accepted": BookAccepted,
    "book_closed": BookClosed,
    "plan_set": PlanSet,
    "visit_started": VisitStarted,
    "visit_joined": VisitJoined,
    "visit_ended": VisitEnded,
    "receipt_issued": ReceiptIssued,
    "voucher_shown": VoucherShown,
    "voucher_printed": VoucherPrinted,
    "voucher_shared": VoucherShared,
    "void_requested": VoidRequested,
    "void_approved": VoidApproved,
    "void_refused": VoidRefused,
    "receipt_voided": ReceiptVoided,
    "receipt_reversed": ReceiptReversed,
    "deposit_declared": DepositDeclared,
    "deposit_counted": DepositCounted,
    "deposit_accepted": DepositAccepted,
    "deposit_returned": DepositReturned,
    "judged": Judged,
    "voucher_reported": VoucherReported,
    "voucher_rebuilt": VoucherRebuilt,
    "cheque_photographed": ChequePhotographed,
    "stop_moved": StopMoved,
    "target_set": TargetSet,
    "day_closed": DayClosed,
    "promise_made": PromiseMade,
    "promise_broken": PromiseBroken,
    "dispute_raised": DisputeRaised,
    "contact_logged": ContactLogged,
    "balance_confirmed": BalanceConfirmed,
    "item_delivered": ItemDelivered,
    "case_opened": CaseOpened,
    "case_answered": CaseAnswered,
    "customer_notified": CustomerNotified,
}


class Envelope(msgspec.Struct, frozen=True, gc=False):
    """What is hashed and signed. `hash = SHA-256(envelope bytes)`; `prev` makes a device's entries a chain.

    v: shape version, 1. company: id of the company. device: id of the writing device. seq: 1, 2, 3 … in that
    device's chain. prev: hash of seq − 1 (base64url without padding), empty for seq 1. by: user id, or "system".
    at: the device's clock, ISO 8601 with offset; never used for order. kind: a key of `BODIES`. id: UUIDv7, minted
    once; also the id of the thing that the entry makes (voucher, visit, deposit, request). body_hash: SHA-256 of
    the body's bytes, base64url.
    """

    v: int
    company: str
    device: str
    seq: int
    prev: str
    by: Annotated[str, msgspec.Meta(max_length=64)]
    at: str
    kind: str
    id: Annotated[str, msgspec.Meta(max_length=64)]
    body_hash: str
