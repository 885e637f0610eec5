"""A voucher that the company has not seen, rebuilt from the customer's QR code, and never counted twice.

A QR code names its entry by its place: device, seq and hash. `MissingVoucher` is that place. A rebuilt voucher posts
provisionally. The entry with that very hash replaces it whenever it comes: it posts what it would post, less what was
posted for the place already. Another entry at the place is a fork. Which places of a device are watched stands in its
own document, so that an entry that concerns nobody costs nothing. Signatures are checked outside and by `verify`.
"""

from collections.abc import Callable, Iterable
from typing import Any

import msgspec

from schemas.codes import Flag, Verdict
from schemas.documents import Book, ChequeHeld, ChequeSeen, Customer, Deposit, Device, MissingVoucher, Voucher
from schemas.entries.rebuilt import VoucherRebuilt, VoucherReported
from schemas.entries.receipts import Cheque, ReceiptIssued, Tender
from schemas.entries.shapes import Total
from sync import books, promises, receipts
from sync.chain import b64
from sync.ledger import custody_of
from sync.limits import cheque_key
from sync.numbering import has_leaf, remove_leaf, voucher_number
from sync.qr import QrPayload, parse, totals_of
from sync.ruling import TEXT_OF, Context, Ruling, refused
from sync.state import State

Amount = tuple[str, str, int]


def place_of(device: str, seq: int, hash: str) -> str:
    """The id of a `MissingVoucher`."""
    return f"{device}|{seq}|{hash}"


# ---- reported


def judge_reported(_c: Context, body: VoucherReported, state: State) -> Ruling:
    payload = parse(body.payload)
    if payload is None or payload.company != state.company:
        return refused(Flag.CODE_UNREADABLE)
    device = state.get(Device, payload.device)
    if device is None or not device.user:
        return refused(Flag.DEVICE_UNKNOWN)
    if state.get(MissingVoucher, place_of(payload.device, payload.seq, payload.hash)) is not None:
        return refused(Flag.ALREADY_REPORTED)
    return Ruling(flags=[Flag.VOUCHER_MISSING])


def reported(c: Context, body: VoucherReported, state: State) -> None:
    payload = parse(body.payload)
    device = state.get(Device, payload.device) if payload else None
    if payload is None or device is None:
        return
    state.put(
        MissingVoucher(
            place_of(payload.device, payload.seq, payload.hash),
            device=payload.device,
            seq=payload.seq,
            hash=payload.hash,
            collector=device.user,
            number=payload.number,
            date=payload.date,
            customer_code=payload.customer_code,
            totals=[Total(total.currency, total.method, 1, total.amount) for total in payload.totals],
            code=f"{body.payload}.{body.sig}",
            reported_at=c.received_at,
        )
    )
    device.missing.setdefault(str(payload.seq), []).append(payload.hash)
    state.put(device)


# ---- rebuilt


def judge_rebuilt(c: Context, body: VoucherRebuilt, state: State) -> Ruling:
    """Maker ≠ checker: nobody rebuilds a voucher of his own phone. What cannot be laid to its customer's account for
    certain waits in suspense."""
    payload = parse(body.payload)
    missing = state.get(MissingVoucher, place_of(payload.device, payload.seq, payload.hash)) if payload else None
    if payload is None or missing is None:
        return refused(Flag.NOT_REPORTED)
    if missing.state != "reported":
        return refused(Flag.REQUEST_ALREADY_DECIDED)
    if missing.collector == c.by:
        return refused(Flag.MAKER_IS_CHECKER)
    if sorted(totals_of(body.tenders), key=repr) != sorted(payload.totals, key=repr):
        return refused(Flag.TOTALS_DIFFER)
    flags: list[Flag] = []
    if body.filled or _another_at(missing, state):
        flags.append(Flag.FORK)
    customer = state.get(Customer, body.customer)
    if customer is None or customer.code != payload.customer_code:
        flags.append(Flag.CUSTOMER_UNKNOWN)
    book, leaf = leaf_of(payload, state)
    if book is None:
        flags.append(Flag.BOOK_NOT_HELD)
    elif has_leaf(book.issued, leaf - book.first):
        flags.append(Flag.NUMBER_REPEATED)
    debits = receipts.in_hand(body.tenders, missing.collector)
    certain = not set(flags) - {Flag.BOOK_NOT_HELD}
    account = f"on_account/{body.customer}" if certain else f"suspense/{c.id}"
    lines = debits + [(account, currency, -amount) for _, currency, amount in debits]
    return Ruling(Verdict.ACCEPTED if certain else Verdict.REVIEW, flags, lines)


def _another_at(missing: MissingVoucher, state: State) -> bool:
    """Whether another voucher was rebuilt at the same place: the phone has two chains."""
    device = state.get(Device, missing.device)
    hashes = device.missing.get(str(missing.seq), []) if device else []
    places = [state.get(MissingVoucher, place_of(missing.device, missing.seq, hash)) for hash in hashes]
    return any(one is not None and one.id != missing.id and one.state == "rebuilt" for one in places)


def leaf_of(payload: QrPayload, state: State) -> tuple[Book | None, int]:
    """The device's book that has the number, and the leaf."""
    for book in state.group(Book, f"books/{payload.device}"):
        digits = payload.number.rpartition("-")[2]
        leaf = int(digits) if digits.isascii() and digits.isdecimal() else 0
        if book.first <= leaf <= book.last and voucher_number(book, leaf) == payload.number:
            return book, leaf
    return None, 0


def rebuilt(c: Context, body: VoucherRebuilt, state: State) -> None:
    payload, stamp = parse(body.payload), c.stamp
    missing = state.get(MissingVoucher, place_of(payload.device, payload.seq, payload.hash)) if payload else None
    if payload is None or missing is None or stamp is None:
        return
    book, leaf = leaf_of(payload, state)
    currency = payload.totals[0].currency
    voucher = Voucher(
        c.id,
        number=payload.number,
        book=book.id if book else "",
        leaf=leaf,
        customer=body.customer,
        device=payload.device,
        seq=payload.seq,
        by=missing.collector,
        at=payload.date,
        currency=currency,
        tenders=body.tenders,
        on_account=sum(total.amount for total in payload.totals if total.currency == currency),
        day=c.day,
        verdict=TEXT_OF[stamp.verdict],
        flags=stamp.flags,
        qr=missing.code,
        suspense=str(stamp.position) if stamp.verdict == Verdict.REVIEW else "",
        rebuilt=payload.hash,
    )
    promises.keep(voucher, state)
    state.put(voucher)
    if book is not None and receipts.owns_leaf(voucher, book):
        books.use_leaf(book, leaf, payload.seq, state)
    receipts.take_paper(voucher, state)
    missing.state, missing.voucher = "rebuilt", c.id
    state.put(missing)


# ---- the entry arrives


def standing(device_id: str, seq: int, hash: bytes, flags: list[Flag], state: State) -> list[Flag]:
    """Why an entry waits, given what was rebuilt at its place: another one there makes it a fork; the same one was
    vouched for by the person who rebuilt it, so it waits for nobody else."""
    device = state.get(Device, device_id)
    if device is None or not device.missing or str(seq) not in device.missing:
        return flags
    for other in device.missing[str(seq)]:
        found = state.get(MissingVoucher, place_of(device_id, seq, other))
        if found is not None and found.state == "rebuilt":
            if other == b64(hash):
                return [one for one in flags if one not in (Flag.FORK, Flag.DEVICE_LOST, Flag.DEVICE_REVOKED)]
            flags = list(dict.fromkeys([*flags, Flag.FORK]))
    return flags


def provisional_of(c: Context, state: State) -> Voucher | None:
    """What was rebuilt for exactly this entry."""
    device = state.get(Device, c.envelope.device)
    if device is None or not device.missing or str(c.envelope.seq) not in device.missing:
        return None
    missing = state.get(MissingVoucher, place_of(device.id, c.envelope.seq, b64(c.entry.hash)))
    return state.get(Voucher, missing.voucher) if missing is not None and missing.state == "rebuilt" else None


def judge_issued(c: Context, body: ReceiptIssued, state: State) -> Ruling:
    before = provisional_of(c, state)
    if before is None:
        return receipts.judge_issued(c, body, state)
    return net(before, _judged_without(before, c, body, state, receipts.judge_issued))


def net(before: Voucher, ruling: Ruling) -> Ruling:
    """What an entry posts where its voucher was rebuilt: its own lines less what stands for the place now. A rebuilt
    voucher that was reversed or rejected meanwhile is settled, and stays so."""
    if ruling.verdict == Verdict.REFUSED:
        return ruling
    if before.state != "issued":
        return Ruling(ruling.verdict, ruling.flags)
    out = [(account, currency, -amount) for account, currency, amount in receipts.in_hand(before.tenders, before.by)]
    ruling.lines = ruling.lines + receipts.taken_back(before) + out
    return ruling


def _judged_without(
    before: Voucher, c: Context, body: ReceiptIssued, state: State, judge: Callable[[Context, Any, State], Ruling]
) -> Ruling:
    """Judge as if the provisional voucher were not there: its leaf is free, its cheques were never seen. Who rebuilt it
    vouched for its number too, if the book was stopped."""
    kept = dict(state.documents)
    book = state.get(Book, body.book)
    if book is not None and before.book == book.id and receipts.owns_leaf(before, book):
        state.documents["book", book.id] = msgspec.structs.replace(
            book, issued=remove_leaf(book.issued, before.leaf - book.first), state="open", closed=""
        )
    for tender in body.tenders:
        seen = state.get(ChequeSeen, cheque_key(tender)) if isinstance(tender, Cheque) else None
        if seen is not None:
            others = [one for one in seen.vouchers if one != before.id]
            state.documents["cheque_seen", seen.id] = ChequeSeen(seen.id, others) if others else None
    try:
        return judge(c, body, state)
    finally:
        state.documents.update(kept)


def issued(c: Context, body: ReceiptIssued, state: State) -> None:
    """The entry's own voucher takes the place of the provisional one, wherever that has got to meanwhile."""
    before = provisional_of(c, state)
    if before is not None:
        promises.unkeep(before, state)  # what it brought, the entry's own voucher brings
    receipts.issued(c, body, state, stands=before is None or before.state == "issued")
    _arrived(c, state)
    if before is None:
        return
    position = c.stamp.position if c.stamp else 0
    voucher = state.get(Voucher, f"{c.id}~{position}") or state.get(Voucher, c.id)
    if voucher is None:
        return
    pairs = _pairs(before.tenders, voucher.tenders)
    voucher.deposit, voucher.qr, voucher.judgement = before.deposit, before.qr, before.judgement
    receipts.end_suspense(before, state)
    if before.state == "issued":
        receipts.no_longer_uncleared(before, state)
    else:
        voucher.state, voucher.voided_at, voucher.void_reason = before.state, before.voided_at, before.void_reason
        voucher.void_confirmed = before.void_confirmed
        receipts.end_suspense(voucher, state)
        receipts.no_longer_uncleared(voucher, state)
    _hand_over_paper(before, voucher, pairs, state)
    state.leave(f"user:{before.by}", before)
    before.state = "replaced"
    state.put(before)
    state.put(voucher)


def _arrived(c: Context, state: State) -> None:
    device = state.get(Device, c.envelope.device)
    if device is None or str(c.envelope.seq) not in device.missing:
        return
    missing = state.get(MissingVoucher, place_of(device.id, c.envelope.seq, b64(c.entry.hash)))
    if missing is not None:
        missing.state = "arrived"
        state.put(missing)


def _pairs(before: Iterable[Tender], after: Iterable[Tender]) -> dict[int, int]:
    """Which tender of the entry is which of the rebuilt voucher: same method, currency, amount and cheque number."""
    free = dict(enumerate(after))
    pairs: dict[int, int] = {}
    for index, tender in enumerate(before):
        for other, candidate in free.items():
            if _mark(tender) == _mark(candidate):
                pairs[index] = other
                del free[other]
                break
    return pairs


def _mark(tender: Tender) -> tuple[str, str, int]:
    number = tender.number.lstrip("0") if isinstance(tender, Cheque) else "cash"
    return number, tender.currency, tender.amount


def _hand_over_paper(before: Voucher, voucher: Voucher, pairs: dict[int, int], state: State) -> None:
    """Each cheque is where the rebuilt voucher's was; deposits name it by its new name."""
    renamed: dict[str, str] = {}
    for index, tender in enumerate(before.tenders):
        old = state.get(ChequeHeld, f"{before.id}.{index}") if isinstance(tender, Cheque) else None
        new = state.get(ChequeHeld, f"{voucher.id}.{pairs[index]}") if index in pairs else None
        if old is None or (new is None and old.state != "held"):
            continue  # a paper that the entry does not know and that is no longer in hand stays where it lies
        if new is not None:
            new.state, new.holder, new.shown_to = old.state, old.holder, old.shown_to
            renamed[old.id] = new.id
            state.put(new)
        if new is not None or old.state == "held":
            custody = custody_of(state, before.by)
            custody.cheque_count -= 1
            state.put(custody)
        for scope in (f"user:{old.collector}", f"branch:{old.shown_to}" if old.shown_to else ""):
            if scope:
                state.leave(scope, old)
        old.state, old.holder = "replaced", ""
        state.put(old)
    for deposit in state.group(Deposit, f"deposits/{before.by}"):
        _rename_in(deposit, before, voucher, renamed, pairs, state)


def _rename_in(
    deposit: Deposit, before: Voucher, voucher: Voucher, renamed: dict[str, str], pairs: dict[int, int], state: State
) -> None:
    cheques = [renamed.get(id, id) for id in deposit.cheques]
    kept = [
        msgspec.structs.replace(one, receipt=voucher.id, tender=pairs.get(one.tender, one.tender))
        if one.receipt == before.id
        else one
        for one in deposit.kept_back
    ]
    missing = deposit.acceptance.missing if deposit.acceptance else []
    if (cheques, kept) == (deposit.cheques, deposit.kept_back) and not set(missing) & renamed.keys():
        return
    deposit.cheques, deposit.kept_back = cheques, kept
    if deposit.acceptance is not None:
        deposit.acceptance.missing = [renamed.get(id, id) for id in missing]
    state.put(deposit)
