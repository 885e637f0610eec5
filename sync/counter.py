"""A handover that reaches the office before its declaration: the phone was offline, and its code crossed the counter.

The count is a fact, and the money lies in the safe: both are kept under review, flag `declaration_awaited`, and what
was taken over stands in `suspense/<deposit>`. The collector's custody is not touched before his own chain says what he
handed over. As soon as the declaration has its place, the server releases what waits, by entries of its own chain
(`judged`) and by the same rules as if it had come in order; what they do not accept goes on waiting for a person.
"""

from schemas.codes import Flag, Verdict
from schemas.documents import (
    AheadEntry,
    Amounts,
    Count,
    Deposit,
    DepositAhead,
    DepositWaiting,
    Device,
    Suspended,
    User,
)
from schemas.entries import Envelope
from schemas.entries.deposits import DepositAccepted, DepositCounted, DepositDeclared
from schemas.entries.shapes import EntryTexts
from schemas.entries.suspense import Judged
from sync.chain import b64, hash_of
from sync.ledger import add, safe_of
from sync.reading import Unreadable, body_of, envelope_of
from sync.ruling import Context, Ruling, refused
from sync.state import State

Amount = tuple[str, str, int]


def declaration_of(texts: EntryTexts | None, deposit: str, company: str) -> tuple[Envelope, DepositDeclared] | None:
    """The declaration that a code told, or None where its texts are not those of this deposit. Its signature is proved
    when the entry itself arrives with the same hash."""
    if texts is None:
        return None
    envelope = envelope_of(texts.envelope.encode())
    if envelope is None or (envelope.company, envelope.kind, envelope.id) != (company, "deposit_declared", deposit):
        return None
    raw = texts.body.encode()
    if b64(hash_of(raw)) != envelope.body_hash:
        return None
    try:
        body, _ = body_of(envelope.kind, raw)
    except Unreadable:
        return None
    return (envelope, body) if isinstance(body, DepositDeclared) else None


def _branch_of(envelope: Envelope, state: State) -> str:
    """Where a declaration of this phone will wait."""
    user, device = state.get(User, envelope.by), state.get(Device, envelope.device)
    return (user.branch if user else "") or (device.branch if device else "")


# ---- judged


def judge_counted(c: Context, body: DepositCounted, state: State) -> Ruling:
    told = declaration_of(body.declaration, body.deposit, state.company)
    if told is not None:
        envelope, cashier = told[0], state.get(User, c.by)
        if envelope.by == c.by:
            return refused(Flag.COLLECTED_BY_COUNTER)
        branch = _branch_of(envelope, state)
        if cashier is not None and branch and cashier.branch != branch:
            return refused(Flag.OTHER_BRANCH)
    known = state.get(DepositAhead, body.deposit)
    if _count(known, c.id) is not None and not _is_known(c, known):
        return refused(Flag.ID_REPEATED)
    return Ruling(Verdict.REVIEW, [Flag.DECLARATION_AWAITED])


def judge_accepted(c: Context, body: DepositAccepted, state: State) -> Ruling:
    """The money is in the safe, whatever the declaration will say."""
    known = state.get(DepositAhead, body.deposit)
    count = _count(known, body.count)
    if known is None or count is None:
        return refused(Flag.DEPOSIT_UNKNOWN)
    if c.by in known.standing and not _is_known(c, known):
        return refused(Flag.DEPOSIT_ALREADY_DECIDED)
    return Ruling(Verdict.REVIEW, [Flag.DECLARATION_AWAITED], _taken_over(known.id, count, c.by))


def judge_unmatched(c: Context, deposit: Deposit, body: DepositAccepted, state: State) -> Ruling:
    """Accepted on totals alone, and a cheque or an amount is not what its voucher says: the money is in the safe, and
    the cashier decides once more, with all figures before him. It does not matter who was heard first."""
    known, count = state.get(DepositAhead, deposit.id), _of(deposit, body.count)
    if count is None:
        return refused(Flag.COUNT_UNKNOWN)
    if known is not None and c.by in known.standing and not _is_known(c, known):
        return refused(Flag.DEPOSIT_ALREADY_DECIDED)
    return Ruling(Verdict.REVIEW, [Flag.NOT_MATCHED], _taken_over(deposit.id, count, c.by))


def _is_known(c: Context, known: DepositAhead | None) -> bool:
    """Whether it is this very entry that waits already: somebody tries to release it too early."""
    return known is not None and any(entry.hash == b64(c.entry.hash) for entry in known.waiting)


def _count(known: DepositAhead | None, id: str) -> Count | None:
    return _of(known, id) if known is not None else None


def _of(what: DepositAhead | Deposit, id: str) -> Count | None:
    return next((one for one in what.counts if one.id == id), None)


def _taken_over(deposit: str, count: Count, cashier: str) -> list[Amount]:
    cash: Amounts = {}
    cheques: Amounts = {}
    for money in count.cash:
        add(cash, money.currency, money.amount)
    for paper in count.cheques:
        add(cheques, paper.currency, paper.amount)
    lines: list[Amount] = []
    for account, amounts in ((f"safe/{cashier}", cash), (f"vault/{cashier}", cheques)):
        for currency, amount in sorted(amounts.items()):
            lines += [(account, currency, amount), (f"suspense/{deposit}", currency, -amount)]
    return lines


# ---- applied


def count_of(c: Context, body: DepositCounted) -> Count:
    return Count(
        c.id,
        by=c.by,
        device=c.envelope.device,
        at=c.envelope.at,
        round=body.round,
        cash=body.cash,
        cheques=body.cheques,
    )


def counted(c: Context, body: DepositCounted, state: State) -> None:
    """Kept until the declaration comes. Other desks of the branch see that somebody has it in hand."""
    if not _waits(c):
        return
    known = state.get(DepositAhead, body.deposit) or DepositAhead(body.deposit, body.name)
    told = declaration_of(body.declaration, body.deposit, state.company)
    if told is not None and body.declaration is not None:
        envelope, said = told
        known.hash = known.hash or b64(hash_of(body.declaration.envelope.encode()))
        if state.get(DepositWaiting, body.deposit) is None:
            papers = sum(total.count for total in said.totals if total.method == "cheque")
            branch = _branch_of(envelope, state)
            state.put(DepositWaiting(body.deposit, said.name, envelope.by, branch, envelope.at, papers, "ahead"))
    known.counts.append(count_of(c, body))
    _wait(c, known, c.id, state)


def accepted(c: Context, body: DepositAccepted, state: State) -> None:
    known, deposit = state.get(DepositAhead, body.deposit), state.get(Deposit, body.deposit)
    if deposit is not None:
        known = known or DepositAhead(deposit.id, deposit.name, arrived=True)
        of_deposit = _of(deposit, body.count)
        if of_deposit is not None and _count(known, body.count) is None:
            known.counts.append(of_deposit)
    count = _count(known, body.count)
    if not _waits(c) or known is None or count is None:
        return
    known.standing[c.by] = body.count
    safe = safe_of(state, c.by)
    safe.cheque_count += len(count.cheques)
    state.put(safe)
    _wait(c, known, body.count, state)


def _waits(c: Context) -> bool:
    """Whether it is under review for this reason: a stopped desk's entry waits for a person anyway."""
    return c.stamp is not None and bool({Flag.DECLARATION_AWAITED, Flag.NOT_MATCHED} & set(c.stamp.flags))


def _wait(c: Context, known: DepositAhead, count: str, state: State) -> None:
    position = str(c.stamp.position if c.stamp else 0)
    known.waiting.append(
        AheadEntry(
            position,
            c.envelope.device,
            c.envelope.seq,
            b64(c.entry.hash),
            c.envelope.kind,
            count,
            c.entry.raw.decode(),
            c.entry.body.decode(),
        )
    )
    state.put(known)
    held = state.get(Suspended, position)
    if held is not None:
        held.deposit = known.id
        state.put(held)


# ---- the declaration has come


def arrived(c: Context, state: State) -> None:
    """Another entry under the same name is not what the cashier scanned: then a person decides."""
    known = state.get(DepositAhead, c.id)
    if known is not None and known.hash in ("", b64(c.entry.hash)):
        known.arrived = True
        state.put(known)


def due(state: State) -> list[DepositAhead]:
    """Of what this batch has touched: deposits whose declaration is here while a count or an acceptance waits."""
    found = [state.documents[key] for key in state.changed if key[0] == "deposit_ahead"]
    return [known for known in found if known.arrived and known.waiting]


def release_of(entry: AheadEntry) -> Judged:
    return Judged(
        entry=entry.position,
        device=entry.device,
        seq=entry.seq,
        hash=entry.hash,
        decision="release",
        reason="the declaration has arrived",
        envelope=entry.envelope,
        body=entry.body,
    )


# ---- settled


def taken_back(deposit: str, cashier: str, state: State) -> list[Amount]:
    """What this cashier took over ahead of the declaration no longer stands in suspense: he decides about it now."""
    known = state.get(DepositAhead, deposit)
    count = _count(known, known.standing.get(cashier, "")) if known is not None else None
    lines = _taken_over(deposit, count, cashier) if count is not None else []
    return [(account, currency, -amount) for account, currency, amount in lines]


def decided(c: Context, deposit: str, state: State) -> None:
    """The same in the documents. An acceptance that waited is settled by this decision."""
    known = state.get(DepositAhead, deposit)
    count = _count(known, known.standing.get(c.by, "")) if known is not None else None
    if known is None or count is None:
        return
    safe = safe_of(state, c.by)
    safe.cheque_count -= len(count.cheques)
    state.put(safe)
    del known.standing[c.by]
    for entry in list(known.waiting):
        held = state.get(Suspended, entry.position)
        if entry.kind == "deposit_accepted" and held is not None and held.by == c.by:
            known.waiting.remove(entry)
            held.state = "ended"
            state.put(held)
    state.put(known)


def rejection_of(held: Suspended) -> Ruling:
    """The cashier goes on answering for what he took over; it is owed to nobody known until it is traced."""
    lines: list[Amount] = []
    for currency, amount in sorted(held.amounts.items()):
        lines += [(f"suspense/{held.deposit}", currency, amount), (f"over/{held.deposit}", currency, -amount)]
    return Ruling(lines=lines)


def judged(held: Suspended, state: State) -> None:
    """It waits no longer, however it was decided."""
    known = state.get(DepositAhead, held.deposit)
    if known is None:
        return
    known.waiting = [entry for entry in known.waiting if entry.position != held.id]
    if held.state == "rejected" and held.kind == "deposit_accepted":
        known.standing.pop(held.by, None)
    state.put(known)
