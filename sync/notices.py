"""Telling customers of their vouchers: what is to be told becomes a document in the very transaction that posts the
entry, and what became of telling is an entry of the server's.

Only what is accepted while the company wants it is told, so switching it on says nothing of older vouchers. What waits
for a person is told once it is released. A voucher that repeats another one is told to nobody.
"""

from collections.abc import Iterable

from schemas.codes import Flag
from schemas.documents import Customer, Notice, Suspended, Telling, Voucher
from schemas.entries.notices import CustomerNotified, Told
from schemas.entries.receipts import ReceiptIssued, ReceiptReversed, ReceiptVoided
from schemas.entries.suspense import Judged
from sync import rebuilt, receipts, suspense
from sync.ruling import Context, Ruling, refused
from sync.state import Key, State

TOLD: tuple[str, ...] = ("issued", "voided", "reversed")
"""What a customer is told of a voucher, in the order in which it can happen."""


def notice_of(voucher: str, what: str) -> str:
    """The id of a `Notice`."""
    return f"{voucher}.{what}"


# ---- what is to be told


def issued(c: Context, body: ReceiptIssued, state: State) -> None:
    rebuilt.issued(c, body, state)
    company = state.settings()
    if company is None or not company.policy.notify:
        return
    voucher = state.get(Voucher, c.id)
    if voucher is not None and (voucher.device, voucher.seq) != (c.envelope.device, c.envelope.seq):
        voucher = state.get(Voucher, f"{c.id}~{c.stamp.position if c.stamp else 0}")  # the first one keeps the id
    if voucher is not None and voucher.state == "issued":
        _tell(c, voucher, "issued", state)


def voided(c: Context, body: ReceiptVoided, state: State) -> None:
    receipts.voided(c, body, state)
    _no_longer(c, body.receipt, "voided", state)


def reversed_(c: Context, body: ReceiptReversed, state: State) -> None:
    receipts.reversed_(c, body, state)
    _no_longer(c, body.receipt, "reversed", state)


def judged(c: Context, body: Judged, state: State, find: suspense.Find) -> None:
    """What is released is told now. An entry that had made nothing is told by its own kind's row."""
    suspense.decide(c, body, state, find)
    held = state.get(Suspended, body.entry)
    voucher = state.get(Voucher, held.voucher) if held is not None else None
    if voucher is not None and body.decision == "release" and voucher.state == "issued":
        _tell(c, voucher, "issued", state)


def _no_longer(c: Context, receipt: str, what: Told, state: State) -> None:
    """Told even where nobody could tell yet that the voucher was issued; that is then no longer said."""
    before = state.get(Notice, notice_of(receipt, "issued"))
    if before is not None and before.state == "waiting":
        for way in before.ways:
            way.outcome = way.outcome or "overtaken"
        _put(before, state)
    voucher = state.get(Voucher, receipt)
    if voucher is not None:
        _tell(c, voucher, what, state)


def _tell(c: Context, voucher: Voucher, what: Told, state: State) -> None:
    company = state.settings()
    customer = state.get(Customer, voucher.customer)
    if company is None or customer is None or not company.policy.notify:
        return
    addresses = {"email": customer.email, "message": customer.phone}
    ways = [
        Telling(channel, "" if addresses[channel] else "no_address") for channel in dict.fromkeys(company.policy.notify)
    ]
    _put(Notice(notice_of(voucher.id, what), voucher.id, what, customer.id, c.received_at, ways), state)


def _put(notice: Notice, state: State) -> None:
    notice.state = "done" if all(way.outcome for way in notice.ways) else "waiting"
    state.put(notice)


# ---- what became of it


def notified_touches(_c: Context, body: CustomerNotified) -> Iterable[Key]:
    return (("notice", notice_of(body.receipt, body.what)),)


def judge_notified(_c: Context, body: CustomerNotified, state: State) -> Ruling:
    known = state.get(Notice, notice_of(body.receipt, body.what)) is not None
    return Ruling() if known else refused(Flag.RECEIPT_UNKNOWN)


def notified(c: Context, body: CustomerNotified, state: State) -> None:
    """Sent stays sent: of two servers that both tried, the one that could has told the customer."""
    notice = state.get(Notice, notice_of(body.receipt, body.what))
    if notice is None:
        return
    for way in notice.ways:
        if way.channel == body.channel and way.outcome != "sent":
            way.outcome, way.reason, way.at, way.tries = body.outcome, body.reason, c.received_at, body.tries
    _put(notice, state)
