"""The handover of what a collector holds. A deposit is a two-party act: declared, counted blind, accepted.

Until acceptance the money stays the collector's liability, in the deposit's own transit. Shortage and overage are
recorded apart and never netted; missing paper is not a shortage.
"""

from dataclasses import dataclass

from schemas.codes import Flag, Verdict
from schemas.documents import (
    Acceptance,
    Amounts,
    Book,
    ChequeHeld,
    Count,
    Deposit,
    DepositWaiting,
    Device,
    User,
    Voucher,
)
from schemas.entries.deposits import (
    DepositAccepted,
    DepositCounted,
    DepositDeclared,
    DepositReturned,
    KeptBack,
    Variance,
)
from schemas.entries.receipts import Cash
from schemas.entries.shapes import Total
from sync import counter
from sync.ledger import add, custody_of, safe_of
from sync.ruling import Context, Ruling, refused
from sync.state import State

Amount = tuple[str, str, int]


# ---- declared


def rebuilt_ahead(c: Context, state: State) -> set[str]:
    """Vouchers in hand that were rebuilt and that this chain writes only after this entry: it cannot hand them over."""
    device = state.get(Device, c.envelope.device)
    if device is None or not device.missing:
        return set()
    return {
        voucher.id
        for voucher in state.group(Voucher, f"held/{c.by}")
        if voucher.rebuilt and voucher.device == device.id and voucher.seq > c.envelope.seq
    }


def cheques_in_hand(user: str, kept_back: list[KeptBack], ahead: set[str], state: State) -> list[ChequeHeld]:
    """The cheques that a declaration covers: all in the collector's hands less those he keeps back."""
    kept = {f"{one.receipt}.{one.tender}" for one in kept_back}
    held = state.group(ChequeHeld, f"held/{user}")
    return [cheque for cheque in held if cheque.id not in kept and cheque.voucher not in ahead]


def covered(user: str, kept_back: list[KeptBack], ahead: set[str], state: State) -> list[Total]:
    """What the collector's chain up to here says he hands over, per currency and method."""
    cash = dict(custody_of(state, user).cash)
    counts: dict[str, int] = {}
    kept = {(one.receipt, one.tender) for one in kept_back}
    for voucher in state.group(Voucher, f"held/{user}"):
        if voucher.state not in ("issued", "rejected"):
            continue
        for index, tender in enumerate(voucher.tenders):
            if isinstance(tender, Cash):
                if (voucher.id, index) in kept or voucher.id in ahead:
                    add(cash, tender.currency, -tender.amount)
                else:
                    counts[tender.currency] = counts.get(tender.currency, 0) + 1
    totals = [
        Total(currency, "cash", counts.get(currency, 0), amount) for currency, amount in cash.items() if amount > 0
    ]
    papers: dict[str, tuple[int, int]] = {}
    for cheque in cheques_in_hand(user, kept_back, ahead, state):
        count, amount = papers.get(cheque.currency, (0, 0))
        papers[cheque.currency] = (count + 1, amount + cheque.amount)
    return totals + [Total(currency, "cheque", count, amount) for currency, (count, amount) in papers.items()]


def judge_declared(c: Context, body: DepositDeclared, state: State) -> Ruling:
    if state.get(Deposit, c.id) is not None:
        return Ruling(Verdict.REVIEW, [Flag.ID_REPEATED])
    ruling = Ruling()
    declared = {(total.currency, total.method): total.amount for total in body.totals if total.amount}
    ahead = rebuilt_ahead(c, state)
    derived = {(total.currency, total.method): total.amount for total in covered(c.by, body.kept_back, ahead, state)}
    device = state.get(Device, c.envelope.device)
    if declared != derived or (device is not None and body.count != device.deposits + 1):
        ruling.flags.append(Flag.DECLARED_DIFFERS)
    custody = custody_of(state, c.by)
    for (currency, method), amount in declared.items():
        if method == "cash":
            ruling.lines += [(f"transit_cash/{c.id}", currency, amount), (f"cash/{c.by}", currency, -amount)]
            if custody.cash.get(currency, 0) < amount:
                ruling.flags.append(Flag.CUSTODY_NEGATIVE)
    for cheque in cheques_in_hand(c.by, body.kept_back, ahead, state):
        ruling.lines += [
            (f"transit_cheques/{c.id}", cheque.currency, cheque.amount),
            (f"cheques/{c.by}", cheque.currency, -cheque.amount),
        ]
    return ruling


def declared(c: Context, body: DepositDeclared, state: State) -> None:
    """A voucher with a tender that is kept back waits for a later deposit; its other tenders go with this one."""
    device = state.get(Device, c.envelope.device)
    user = state.get(User, c.by)
    branch = (user.branch if user else "") or (device.branch if device else "")
    ahead = rebuilt_ahead(c, state)
    kept = {one.receipt for one in body.kept_back} | ahead
    vouchers = [one for one in state.group(Voucher, f"held/{c.by}") if one.id not in kept]
    cheques = cheques_in_hand(c.by, body.kept_back, ahead, state)
    for voucher in vouchers:
        voucher.deposit = c.id
        state.put(voucher)
    for cheque in cheques:
        cheque.state, cheque.holder = "transit", c.id
        state.put(cheque)
    custody = custody_of(state, c.by)
    custody.cheque_count -= len(cheques)
    state.put(custody)
    if device is not None:
        device.deposits = max(device.deposits, body.count)
        state.put(device)
    state.put(
        Deposit(
            c.id,
            name=body.name,
            collector=c.by,
            device=c.envelope.device,
            branch=branch,
            seq=c.envelope.seq,
            at=c.envelope.at,
            totals=body.totals,
            cash=body.cash,
            cheques=[cheque.id for cheque in cheques],
            kept_back=body.kept_back,
            books=body.books,
            vouchers=sum(1 for voucher in vouchers if voucher.state == "issued"),
            day=c.day,
        )
    )
    state.put(DepositWaiting(c.id, body.name, c.by, branch, c.envelope.at, len(cheques)))
    counter.arrived(c, state)


def _not_his_to_take(c: Context, deposit: Deposit, state: State) -> Flag | None:
    """Nobody takes over what he collected himself (S1), nor what was declared to another branch's safe."""
    if deposit.collector == c.by:
        return Flag.COLLECTED_BY_COUNTER
    cashier = state.get(User, c.by)
    return Flag.OTHER_BRANCH if cashier is not None and cashier.branch != deposit.branch else None


# ---- counted


def judge_counted(c: Context, body: DepositCounted, state: State) -> Ruling:
    deposit = state.get(Deposit, body.deposit)
    if deposit is None:
        return counter.judge_counted(c, body, state)
    if (not_his := _not_his_to_take(c, deposit, state)) is not None:
        return refused(not_his)
    if deposit.state not in ("declared", "counted"):
        return refused(Flag.DEPOSIT_ALREADY_DECIDED)
    if any(one.id == c.id for one in deposit.counts):
        return refused(Flag.ID_REPEATED)
    if body.round != len(deposit.counts) + 1:
        return refused(Flag.RECOUNT_USED)
    return Ruling()


def counted(c: Context, body: DepositCounted, state: State) -> None:
    """The count is frozen and posts nothing. From here on the branch's desks may see what was declared."""
    deposit = state.get(Deposit, body.deposit)
    if deposit is None:
        return
    deposit.counts.append(counter.count_of(c, body))
    deposit.state = "counted"
    state.put(deposit)
    _decided_for_queue(deposit, "counted", state)
    state.prefetch(("cheque", id) for id in deposit.cheques)
    for id in deposit.cheques:
        cheque = state.get(ChequeHeld, id)
        if cheque is not None:
            cheque.shown_to = deposit.branch
            state.put(cheque)


def _decided_for_queue(deposit: Deposit, new_state: str, state: State) -> None:
    waiting = state.get(DepositWaiting, deposit.id)
    if waiting is not None:
        waiting.state = new_state
        state.put(waiting)
        if new_state in ("accepted", "returned"):
            state.leave(f"branch:{waiting.branch}", waiting)


# ---- accepted


@dataclass(frozen=True, slots=True)
class Comparison:
    """A count held against what is expected. differences: per currency counted − expected, never netted with paper.
    found, missing: ids of cheques; extra: counted papers that nobody declared."""

    cash: Amounts
    differences: Amounts
    found: list[str]
    missing: list[str]
    extra: int


def compare(count: Count, expected: Amounts, cheques: list[ChequeHeld]) -> Comparison:
    """Cash per currency; cheques one by one on number (leading zeros aside), currency and amount."""
    cash: Amounts = {}
    for one in count.cash:
        add(cash, one.currency, one.amount)
    differences: Amounts = {}
    # In order of the code: a map's own order is not kept by a store, and what follows from it must not change.
    for currency in sorted({*expected, *cash}):
        add(differences, currency, cash.get(currency, 0) - expected.get(currency, 0))
    pile = [(paper.number.lstrip("0"), paper.currency, paper.amount) for paper in count.cheques]
    found: list[str] = []
    missing: list[str] = []
    for cheque in cheques:
        mark = (cheque.number.lstrip("0"), cheque.currency, cheque.amount)
        if mark in pile:
            pile.remove(mark)
            found.append(cheque.id)
        else:
            missing.append(cheque.id)
    return Comparison(cash, differences, found, missing, len(pile))


def _compared(deposit: Deposit, count: str, state: State) -> Comparison | None:
    standing = next((one for one in deposit.counts if one.id == count), None)
    if standing is None:
        return None
    state.prefetch(("cheque", id) for id in deposit.cheques)
    cheques = [cheque for id in deposit.cheques if (cheque := state.get(ChequeHeld, id)) is not None]
    return compare(standing, deposit.expected, cheques)


def judge_accepted(c: Context, body: DepositAccepted, state: State) -> Ruling:
    deposit = state.get(Deposit, body.deposit)
    if deposit is None:
        return counter.judge_accepted(c, body, state)
    if (not_his := _not_his_to_take(c, deposit, state)) is not None:
        return refused(not_his)
    if deposit.state != "counted":
        return refused(Flag.DEPOSIT_ALREADY_DECIDED if deposit.state != "declared" else Flag.COUNT_UNKNOWN)
    found = _compared(deposit, body.count, state)
    if found is None:
        return refused(Flag.COUNT_UNKNOWN)
    if body.totals_only and (found.differences or found.missing or found.extra):
        return counter.judge_unmatched(c, deposit, body, state)
    ruling = Ruling(lines=counter.taken_back(deposit.id, c.by, state))
    for currency in sorted({*deposit.expected, *found.cash}):
        counted_cash = found.cash.get(currency, 0)
        difference = found.differences.get(currency, 0)
        ruling.lines += [
            (f"safe/{c.by}", currency, counted_cash),
            (f"transit_cash/{deposit.id}", currency, -deposit.expected.get(currency, 0)),
        ]
        if difference < 0:
            ruling.lines.append((f"short/{deposit.collector}", currency, -difference))
            ruling.flags.append(Flag.CASH_SHORT)
        elif difference > 0:
            ruling.lines.append((f"over/{deposit.id}", currency, -difference))
            ruling.flags.append(Flag.CASH_OVER)
    for id in deposit.cheques:
        cheque = state.get(ChequeHeld, id)
        if cheque is not None:
            to = f"vault/{c.by}" if id in found.found else f"cheques/{deposit.collector}"
            ruling.lines += [
                (to, cheque.currency, cheque.amount),
                (f"transit_cheques/{deposit.id}", cheque.currency, -cheque.amount),
            ]
    if found.missing:
        ruling.flags.append(Flag.PAPER_MISSING)
    if found.extra:
        ruling.flags.append(Flag.PAPER_NOT_DECLARED)
    if _explained(body.variances) != found.differences:
        ruling.flags.append(Flag.VARIANCE_DIFFERS)
    ruling.flags = list(dict.fromkeys(ruling.flags))
    return ruling


def _explained(variances: list[Variance]) -> Amounts:
    sums: Amounts = {}
    for variance in variances:
        add(sums, variance.currency, variance.amount)
    return sums


def accepted(c: Context, body: DepositAccepted, state: State) -> None:
    deposit = state.get(Deposit, body.deposit)
    found = _compared(deposit, body.count, state) if deposit else None
    if deposit is None or found is None:
        return
    deposit.state = "accepted"
    reasons = {variance.currency: variance for variance in body.variances}
    deposit.acceptance = Acceptance(
        c.id,
        by=c.by,
        at=c.envelope.at,
        count=body.count,
        cash=found.cash,
        differences=[
            Variance(currency, amount, reasons[currency].reason if currency in reasons else "unexplained",
                     reasons[currency].note if currency in reasons else "")
            for currency, amount in found.differences.items()
        ],
        missing=found.missing,
        note=body.note,
    )  # fmt: skip
    state.put(deposit)
    _decided_for_queue(deposit, "accepted", state)
    counter.decided(c, deposit.id, state)
    custody = custody_of(state, deposit.collector)
    safe = safe_of(state, c.by)
    for id in deposit.cheques:
        cheque = state.get(ChequeHeld, id)
        if cheque is None:
            continue
        if id in found.found:
            cheque.state, cheque.holder = "vault", c.by
            safe.cheque_count += 1
        else:
            cheque.state, cheque.holder, cheque.shown_to = "held", deposit.collector, ""
            state.leave(f"branch:{deposit.branch}", cheque)
            custody.cheque_count += 1
        state.put(cheque)
    state.put(safe)
    for voucher in state.group(Voucher, f"deposit/{deposit.id}"):
        if voucher.state == "voided" and not voucher.void_confirmed:
            voucher.void_confirmed = True
            custody.unconfirmed -= 1
            state.put(voucher)
    state.put(custody)
    for book in state.group(Book, f"books/{deposit.device}"):
        if book.state == "full" and book.full_seq <= deposit.seq:
            book.state = "handed_over"
            state.put(book)


# ---- returned


def judge_returned(c: Context, body: DepositReturned, state: State) -> Ruling:
    deposit = state.get(Deposit, body.deposit)
    if deposit is None:
        return refused(Flag.DEPOSIT_UNKNOWN)
    if deposit.state not in ("declared", "counted"):
        return refused(Flag.DEPOSIT_ALREADY_DECIDED)
    if (not_his := _not_his_to_take(c, deposit, state)) is not None:
        return refused(not_his)
    lines = counter.taken_back(deposit.id, c.by, state)
    for currency, amount in sorted(deposit.expected.items()):
        lines += [(f"cash/{deposit.collector}", currency, amount), (f"transit_cash/{deposit.id}", currency, -amount)]
    for id in deposit.cheques:
        cheque = state.get(ChequeHeld, id)
        if cheque is not None:
            lines += [
                (f"cheques/{deposit.collector}", cheque.currency, cheque.amount),
                (f"transit_cheques/{deposit.id}", cheque.currency, -cheque.amount),
            ]
    return Ruling(lines=lines)


def returned(c: Context, body: DepositReturned, state: State) -> None:
    deposit = state.get(Deposit, body.deposit)
    if deposit is None:
        return
    deposit.state, deposit.returned = "returned", body.reason
    state.put(deposit)
    _decided_for_queue(deposit, "returned", state)
    counter.decided(c, deposit.id, state)
    custody = custody_of(state, deposit.collector)
    for id in deposit.cheques:
        cheque = state.get(ChequeHeld, id)
        if cheque is not None:
            if cheque.shown_to:
                state.leave(f"branch:{deposit.branch}", cheque)
            cheque.state, cheque.holder, cheque.shown_to = "held", deposit.collector, ""
            custody.cheque_count += 1
            state.put(cheque)
    state.put(custody)
    for voucher in state.group(Voucher, f"deposit/{deposit.id}"):
        voucher.deposit = ""
        state.put(voucher)
