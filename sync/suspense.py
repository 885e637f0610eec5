"""Entries under review: kept until a person decides, and then released or rejected.

Money that is in somebody's hands is counted at once; what it pays for waits in `suspense/<entry>`. Each entry that
moves money, or that cannot be told, has a document `Suspended` while it waits. What an entry under review has made (a
voucher) is settled in that voucher; an entry that made nothing is judged from its texts, which the decision carries.
"""

from collections.abc import Callable
from typing import Any, Protocol

import msgspec

from schemas.codes import Flag, Verdict
from schemas.documents import Amounts, Book, Customer, Deposit, Judgement, Suspended, Voucher
from schemas.entries.deposits import DepositDeclared
from schemas.entries.receipts import Allocation, Cheque, ReceiptIssued
from schemas.entries.suspense import Judged
from schemas.wire import Stamp
from sync import authority, books, counter, promises, rebuilt, receipts
from sync.chain import Entry, b64, hash_of
from sync.ledger import add
from sync.numbering import has_leaf, voucher_number
from sync.qr import totals_of
from sync.reading import Unreadable, body_of, envelope_of
from sync.ruling import TEXT_OF, Context, Ruling, refused
from sync.state import State

MONEY = {
    "receipt_issued",
    "receipt_voided",
    "voucher_rebuilt",
    "deposit_declared",
    "deposit_counted",
    "deposit_accepted",
    "deposit_returned",
}
"""Kinds that wait for a person. Under review the others (a visit, a printed copy) change nothing that is missed."""
_LEAF_NOT_TAKEN = {Flag.FORK.value, Flag.BOOK_NOT_HELD.value}
_ANOTHERS_LEAF = {Flag.NUMBER_REPEATED, Flag.ID_REPEATED, Flag.NUMBER_OUTSIDE_BOOK}


class Room(authority.Written, Protocol):
    """What judging later needs of a row of the table of kinds."""

    @property
    def judge(self) -> Callable[[Context, Any, State], Ruling]: ...
    @property
    def apply(self) -> Callable[[Context, Any, State], None]: ...


Find = Callable[[str], Room | None]
"""The row of a kind by its name; the table itself imports this room."""


def hold(entry: Entry, device: str, seq: int, stamp: Stamp, state: State) -> None:
    """An entry goes under review. What moves no money and could be judged needs nobody's decision."""
    # An envelope with a senseless seq counts as unreadable when it arrives; it does so in a replay too.
    envelope = entry.envelope if entry.envelope is not None and entry.envelope.seq == seq else None
    kind = envelope.kind if envelope else ""
    if kind not in MONEY and Flag.UNJUDGED not in stamp.flags:
        return
    voucher = ""
    if envelope is not None and kind in ("receipt_issued", "voucher_rebuilt") and stamp.lines:
        # As `receipts.issued` will name it: one id never has two contents.
        voucher = envelope.id if state.get(Voucher, envelope.id) is None else f"{envelope.id}~{stamp.position}"
    amounts: Amounts = {}
    for line in stamp.lines:
        if line.account.startswith("suspense/") and line.amount < 0:
            add(amounts, line.currency, -line.amount)
    state.put(
        Suspended(
            str(stamp.position),
            device=device,
            seq=seq,
            hash=b64(entry.hash),
            kind=kind,
            by=envelope.by if envelope else "",
            at=envelope.at if envelope else "",
            received_at=stamp.received_at,
            flags=list(stamp.flags),
            voucher=voucher,
            amounts=amounts,
        )
    )


# ---- judging


def judge(c: Context, body: Judged, state: State, find: Find) -> Ruling:
    """Maker ≠ checker: nobody decides about what he wrote or collected himself."""
    held = state.get(Suspended, body.entry)
    if held is None or (held.device, held.seq, held.hash) != (body.device, body.seq, body.hash):
        return refused(Flag.NOT_IN_SUSPENSE)
    if held.state != "waiting":
        return refused(Flag.REQUEST_ALREADY_DECIDED)
    if held.by == c.by:
        return refused(Flag.MAKER_IS_CHECKER)
    voucher = state.get(Voucher, held.voucher)
    if voucher is not None:
        return _release_of(voucher, state) if body.decision == "release" else _rejection_of(voucher, body, state)
    return _judged_now(c, body, state, find) if body.decision == "release" else counter.rejection_of(held)


def _release_of(voucher: Voucher, state: State) -> Ruling:
    if state.get(Customer, voucher.customer) is None:
        return refused(Flag.CUSTOMER_UNKNOWN)
    credits, flags = receipts.credits_of(voucher, state)
    return Ruling(flags=flags, lines=receipts.from_suspense(voucher) + credits)


def _rejection_of(voucher: Voucher, body: Judged, state: State) -> Ruling:
    debits = receipts.from_suspense(voucher)
    if not body.duplicate_of:
        return Ruling(lines=debits + [(f"over/{voucher.id}", currency, -amount) for _, currency, amount in debits])
    if not repeats(voucher, state.get(Voucher, body.duplicate_of)):
        return refused(Flag.NOT_A_DUPLICATE)
    if receipts.counted(voucher, state):
        return refused(Flag.VOID_AFTER_COUNT)
    return Ruling(lines=debits + receipts.given_back(voucher, state))


def repeats(voucher: Voucher, first: Voucher | None) -> bool:
    """Whether a voucher says once more what another one says that stands: its money is counted there."""
    if first is None or first.id == voucher.id or first.state not in ("issued", "reversed"):
        return False
    same = (first.by, first.number) == (voucher.by, voucher.number)
    return same and totals_of(first.tenders) == totals_of(voucher.tenders)


def _judged_now(c: Context, body: Judged, state: State, find: Find) -> Ruling:
    told = _told(c, body)
    kind = find(told[0].envelope.kind) if told else None
    if told is None or kind is None:
        return refused(Flag.UNJUDGED)
    inner, said = told
    barred = authority.of_device(body.device, inner.by, kind, state)
    if barred is not None:
        return refused(barred)
    if isinstance(said, ReceiptIssued):
        if state.get(Customer, said.customer) is None:
            return refused(Flag.CUSTOMER_UNKNOWN)
        before = rebuilt.provisional_of(inner, state)
        leaf = (
            books.judge_leaf(state.get(Book, said.book), body.device, said.leaf, said.number)[1] if not before else []
        )
        credits, flags = receipts.credits_of(said, state)
        ruling = Ruling(flags=[*leaf, *flags], lines=receipts.in_hand(said.tenders, inner.by) + credits)
        return rebuilt.net(before, ruling) if before else ruling
    if isinstance(said, DepositDeclared) and _covered_by_a_later_one(inner, body, state):
        return refused(Flag.DEPOSIT_ALREADY_DECIDED)
    ruling = kind.judge(inner, said, state)
    return ruling if ruling.verdict == Verdict.ACCEPTED else Ruling(Verdict.REFUSED, ruling.flags)


def _covered_by_a_later_one(inner: Context, body: Judged, state: State) -> bool:
    """A declaration covers its chain up to itself, so what it would hand over went with the later one already."""
    own = state.group(Deposit, f"deposits/{inner.by}")
    return any(one.device == body.device and one.seq > body.seq and one.state != "returned" for one in own)


def _told(c: Context, body: Judged) -> tuple[Context, msgspec.Struct] | None:
    """The entry itself as its own texts tell it, or None where they are not its own or cannot be read."""
    raw, said = body.envelope.encode(), body.body.encode()
    envelope = envelope_of(raw)
    if envelope is None or b64(hash_of(raw)) != body.hash or b64(hash_of(said)) != envelope.body_hash:
        return None
    try:
        read, _ = body_of(envelope.kind, said)
    except Unreadable:
        return None
    return Context(Entry(raw, said, "", hash_of(raw), envelope), envelope, c.day, c.received_at, c.stamp), read


# ---- deciding


def decide(c: Context, body: Judged, state: State, find: Find) -> None:
    held = state.get(Suspended, body.entry)
    if held is None:
        return
    judgement = Judgement(c.id, by=c.by, at=c.envelope.at, decision=body.decision, reason=body.reason,
                          duplicate_of=body.duplicate_of)  # fmt: skip
    held.state, held.judgement = f"{body.decision}{'d' if body.decision == 'release' else 'ed'}", judgement
    state.put(held)
    voucher = state.get(Voucher, held.voucher)
    if voucher is not None:
        voucher.suspense, voucher.judgement = "", judgement
        if body.decision == "release":
            _release(c, voucher, state)
        elif body.duplicate_of:
            receipts.never_was(c, voucher, state)
        else:
            voucher.state = "rejected"
        state.put(voucher)
        return
    counter.judged(held, state)
    told = _told(c, body) if body.decision == "release" else None
    kind = find(told[0].envelope.kind) if told else None
    if told is not None and kind is not None:
        kind.apply(*told, state)


def _release(c: Context, voucher: Voucher, state: State) -> None:
    """The voucher as the stamp of the decision says: what its entry's flags told stays told."""
    stamp = c.stamp
    assert stamp is not None  # noqa: S101 -- apply always runs on a stamped entry
    prefix = f"ar/{voucher.customer}/"
    voucher.taken = [
        Allocation(line.account[len(prefix) :], -line.amount) for line in stamp.lines if line.account.startswith(prefix)
    ]
    voucher.on_account = receipts.settled(voucher) - sum(one.amount for one in voucher.taken)
    voucher.verdict = TEXT_OF[Verdict.ACCEPTED]
    promises.keep(voucher, state)
    voucher.flags = list(dict.fromkeys([*voucher.flags, *stamp.flags]))
    _take_leaf(voucher, state)
    receipts.count_on_items(voucher, state, sign=1)
    customer = state.get(Customer, voucher.customer)
    for tender in voucher.tenders if customer is not None else ():
        if customer is not None and isinstance(tender, Cheque):
            add(customer.uncleared, tender.currency, tender.amount)
            state.put(customer)


def _take_leaf(voucher: Voucher, state: State) -> None:
    """A voucher that was held for its place or its book takes its leaf now, if nobody else has it."""
    book = state.get(Book, voucher.book)
    waited = _LEAF_NOT_TAKEN & set(voucher.flags)
    if book is None or book.device != voucher.device or not waited or _ANOTHERS_LEAF & set(voucher.flags):
        return
    if not book.first <= voucher.leaf <= book.last or voucher.number != voucher_number(book, voucher.leaf):
        return
    if has_leaf(book.issued, voucher.leaf - book.first):
        voucher.flags.append(Flag.NUMBER_REPEATED.value)
        return
    voucher.flags = [flag for flag in voucher.flags if flag not in waited]
    books.use_leaf(book, voucher.leaf, voucher.seq, state)
