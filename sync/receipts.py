"""Receipt vouchers: money taken is always counted; a number is used once; a void keeps its slot."""

from collections.abc import Iterable

from schemas.codes import Flag, Verdict
from schemas.documents import (
    Amounts,
    Book,
    ChequeHeld,
    ChequeSeen,
    Customer,
    Deposit,
    DepositWaiting,
    Device,
    Item,
    Request,
    Suspended,
    Visit,
    VoidAsked,
    Voucher,
)
from schemas.entries.company import Policy
from schemas.entries.receipts import (
    Allocation,
    Cash,
    Cheque,
    ChequePhotographed,
    ReceiptIssued,
    ReceiptReversed,
    ReceiptVoided,
    Tender,
    VoidApproved,
    VoidRefused,
    VoidRequested,
    VoucherPrinted,
    VoucherShared,
    VoucherShown,
)
from sync import books, limits, promises
from sync.ledger import add, custody_of
from sync.limits import cheque_key
from sync.rates import exchange_of, paid_in, worth
from sync.ruling import TEXT_OF, Context, Ruling, refused
from sync.state import Key, State

Amount = tuple[str, str, int]


def issued_touches(c: Context, body: ReceiptIssued) -> Iterable[Key]:
    keys = [("customer", body.customer), ("book", body.book), ("custody", c.by), ("voucher", c.id)]
    if body.visit:
        keys.append(("visit", body.visit))
    keys += [("item", allocation.item) for allocation in body.allocations]
    keys += [("cheque_seen", cheque_key(tender)) for tender in body.tenders if isinstance(tender, Cheque)]
    return keys


def in_hand(tenders: Iterable[Tender], user: str) -> list[Amount]:
    """Debits that put tenders into a collector's hands."""
    return [
        (f"{'cheques' if isinstance(tender, Cheque) else 'cash'}/{user}", tender.currency, tender.amount)
        for tender in tenders
    ]


def suspense(c: Context, body: ReceiptIssued) -> list[Amount]:
    """The money is in somebody's hands, so custody counts it; what it pays for waits in suspense."""
    debits = in_hand(body.tenders, c.by)
    return debits + [(f"suspense/{c.id}", currency, -amount) for _, currency, amount in debits]


def judge_issued(c: Context, body: ReceiptIssued, state: State) -> Ruling:
    customer = state.get(Customer, body.customer)
    book = state.get(Book, body.book)
    verdict, flags = books.judge_leaf(book, c.envelope.device, body.leaf, body.number)
    if state.get(Voucher, c.id) is not None:
        verdict, flags = Verdict.REVIEW, [*flags, Flag.ID_REPEATED]
    if customer is None:
        verdict, flags = Verdict.REVIEW, [*flags, Flag.CUSTOMER_UNKNOWN]
    wished = body.on_account
    sound = all(paid_in(tender, body.currency) for tender in body.tenders)
    for allocation in body.allocations:
        wished += allocation.amount
    if settled(body) != wished or not sound:
        verdict, flags = Verdict.REVIEW, [*flags, Flag.TOTALS_DIFFER]
    flags += _warnings(c, body, customer, state)
    if verdict == Verdict.REVIEW:
        return Ruling(verdict, flags, suspense(c, body))
    credits, more = credits_of(body, state)
    return Ruling(verdict, list(dict.fromkeys([*flags, *more])), in_hand(body.tenders, c.by) + credits)


def settled(paid: ReceiptIssued | Voucher) -> int:
    """All that a voucher pays for, in minor units of its currency: tenders at their worth, and what is deducted."""
    total = 0
    for tender in paid.tenders:
        if paid_in(tender, paid.currency):
            total += worth(tender)
    for deduction in paid.deductions:
        total += deduction.amount
    return total


def credits_of(paid: ReceiptIssued | Voucher, state: State) -> tuple[list[Amount], list[Flag]]:
    """What the tenders pay for now: each item takes what is open of it, as was wished and as far as the money goes; the
    rest is the customer's on account. Cash in another currency goes through the exchange account at its value."""
    flags: list[Flag] = []
    lines: list[Amount] = []
    rest: dict[str, int] = {}
    for tender in paid.tenders:
        exchange = exchange_of(tender)
        currency = paid.currency if exchange is not None else tender.currency
        rest[currency] = rest.get(currency, 0) + worth(tender)
        if exchange is not None:
            lines += _exchanged(tender, paid.currency)
    for deduction in paid.deductions:
        rest[paid.currency] = rest.get(paid.currency, 0) + deduction.amount
        lines.append((f"{deduction.kind}/{paid.customer}", paid.currency, deduction.amount))
    left: dict[str, int] = {}
    for allocation in paid.allocations:
        item = state.get(Item, allocation.item)
        if item is None or item.customer != paid.customer or item.currency != paid.currency:
            flags.append(Flag.ITEM_UNKNOWN)
            continue
        open_now = left.get(item.id, item.open)
        takes = min(allocation.amount, max(open_now, 0), rest.get(paid.currency, 0))
        left[item.id] = open_now - takes
        if takes < allocation.amount:
            flags.append(Flag.OVER_ALLOCATED)
        rest[paid.currency] = rest.get(paid.currency, 0) - takes
        lines.append((f"ar/{paid.customer}/{item.id}", paid.currency, -takes))
    lines += [(f"on_account/{paid.customer}", currency, -amount) for currency, amount in rest.items()]
    return lines, flags


def _exchanged(tender: Tender, currency: str) -> list[Amount]:
    return [("fx/company", tender.currency, -tender.amount), ("fx/company", currency, worth(tender))]


def _warnings(c: Context, body: ReceiptIssued, customer: Customer | None, state: State) -> list[Flag]:
    flags: list[Flag] = []
    if customer is not None and c.by not in customer.collectors:
        flags.append(Flag.CUSTOMER_NOT_ASSIGNED)
    device = state.get(Device, c.envelope.device)
    if body.visit and device is not None and device.visit != body.visit:
        flags.append(Flag.VISIT_NOT_OPEN)
    company = state.settings()
    policy = company.policy if company else Policy()
    flags += limits.of_cash(c, body, company, policy, state)
    flags += limits.of_cheques(c, body, policy, state)
    if body.deductions:
        flags += limits.of_deductions(body, policy)
    flags += limits.of_items(body, state)
    return list(dict.fromkeys(flags))


def issued(c: Context, body: ReceiptIssued, state: State, *, stands: bool = True) -> None:
    """The voucher as the stamp decided it: an accepted one takes from items, one under review waits in suspense.
    stands: unless it was rebuilt before, and reversed or rejected since."""
    stamp = c.stamp
    assert stamp is not None  # noqa: S101 -- apply always runs on a stamped entry
    prefix = f"ar/{body.customer}/"
    taken: list[Allocation] = []
    on_account = settled(body)
    for line in stamp.lines:
        if line.account.startswith(prefix):
            taken.append(Allocation(line.account[len(prefix) :], -line.amount))
            on_account += line.amount
    # One id never has two contents: a second entry with a known id stands beside it under its own name.
    first = state.get(Voucher, c.id) is None
    voucher = Voucher(
        c.id if first else f"{c.id}~{stamp.position}",
        number=body.number,
        book=body.book,
        leaf=body.leaf,
        customer=body.customer,
        device=c.envelope.device,
        seq=c.envelope.seq,
        by=c.by,
        at=c.envelope.at,
        currency=body.currency,
        tenders=body.tenders,
        allocations=body.allocations,
        taken=taken,
        on_account=on_account,
        visit=body.visit,
        signature=body.signature,
        unsigned_reason=body.unsigned_reason,
        day=c.day,
        # The enum's own text: a default is left out of a document only if it is the same object, replayed or not.
        verdict=TEXT_OF[stamp.verdict],
        flags=stamp.flags,
        suspense=str(stamp.position) if stamp.verdict == Verdict.REVIEW else "",
        repeats="" if first else c.id,
        deductions=body.deductions,
    )
    if stands:
        promises.keep(voucher, state)
    state.put(voucher)
    count_on_items(voucher, state, sign=1)
    book = state.get(Book, body.book)
    if book is not None and owns_leaf(voucher, book):
        books.use_leaf(book, body.leaf, c.envelope.seq, state)
    visit = state.get(Visit, body.visit)
    if visit is not None:
        visit.vouchers.append(voucher.id)
        state.put(visit)
    take_paper(voucher, state)


def owns_leaf(voucher: Voucher, book: Book) -> bool:
    """Whether the leaf of the book is this voucher's: the first that came with the number, on the book's device."""
    second = {Flag.NUMBER_REPEATED, Flag.ID_REPEATED, Flag.FORK} & set(voucher.flags)
    return not second and book.device == voucher.device and book.first <= voucher.leaf <= book.last


def take_paper(voucher: Voucher, state: State) -> None:
    """One document per cheque: who has the paper, from now to its end."""
    for index, tender in enumerate(voucher.tenders):
        if not isinstance(tender, Cheque):
            continue
        state.put(
            ChequeHeld(
                f"{voucher.id}.{index}",
                voucher=voucher.id,
                number_on_voucher=voucher.number,
                customer=voucher.customer,
                collector=voucher.by,
                currency=tender.currency,
                amount=tender.amount,
                bank=tender.bank,
                branch=tender.branch,
                number=tender.number,
                due=tender.due,
                drawer=tender.drawer,
                state="held",
                holder=voucher.by,
            )
        )
        seen = state.get(ChequeSeen, cheque_key(tender))
        state.put(ChequeSeen(cheque_key(tender), [*(seen.vouchers if seen else []), voucher.id]))
        custody = custody_of(state, voucher.by)
        custody.cheque_count += 1
        state.put(custody)
        customer = state.get(Customer, voucher.customer)
        if customer is not None and voucher.verdict == Verdict.ACCEPTED:
            add(customer.uncleared, tender.currency, tender.amount)
            state.put(customer)


def count_on_items(voucher: Voucher, state: State, *, sign: int) -> None:
    for allocation in voucher.taken:
        item = state.get(Item, allocation.item)
        if item is not None:
            item.collected += sign * allocation.amount
            state.put(item)


# ---- showing, printing, sharing


Named = VoucherShown | VoucherPrinted | VoucherShared | VoidRequested | VoidApproved | VoidRefused | ReceiptVoided


def named_touches(_c: Context, body: Named | ReceiptReversed) -> Iterable[Key]:
    return (("voucher", body.receipt),)


def judge_named(c: Context, body: Named, state: State) -> Ruling:
    voucher = state.get(Voucher, body.receipt)
    if voucher is None:
        return refused(Flag.RECEIPT_UNKNOWN)
    return Ruling() if voucher.by == c.by else refused(Flag.RECEIPT_NOT_OURS)


def shown(_c: Context, body: VoucherShown, state: State) -> None:
    voucher = state.get(Voucher, body.receipt)
    if voucher is not None:
        voucher.shown = True
        voucher.qr = body.qr or voucher.qr
        state.put(voucher)


def printed(_c: Context, body: VoucherPrinted, state: State) -> None:
    voucher = state.get(Voucher, body.receipt)
    if voucher is not None:
        voucher.printed = max(voucher.printed, body.copy)
        state.put(voucher)


def photographed_touches(_c: Context, body: ChequePhotographed) -> Iterable[Key]:
    return (("voucher", body.receipt),)


def judge_photographed(c: Context, body: ChequePhotographed, state: State) -> Ruling:
    voucher = state.get(Voucher, body.receipt)
    if voucher is None or body.tender >= len(voucher.tenders):
        return refused(Flag.RECEIPT_UNKNOWN)
    return Ruling() if voucher.by == c.by else refused(Flag.RECEIPT_NOT_OURS)


def photographed(_c: Context, body: ChequePhotographed, state: State) -> None:
    """The pictures are the voucher's, so that their bytes are taken in when they come."""
    voucher = state.get(Voucher, body.receipt)
    if voucher is not None:
        voucher.photos = list(dict.fromkeys([*voucher.photos, *body.photos]))
        voucher.photographed = sorted({*voucher.photographed, body.tender})
        state.put(voucher)


def bare_cheques(voucher: Voucher) -> list[int]:
    """The cheques of a voucher that lack a photo, by their place among its tenders. Photos that came with the voucher
    hang at their cheque; those of an older version do not say of which cheque they are."""
    if voucher.photos and not voucher.photographed:
        return []
    return [
        place
        for place, tender in enumerate(voucher.tenders)
        if isinstance(tender, Cheque) and not tender.photos and place not in voucher.photographed
    ]


def shared(_c: Context, body: VoucherShared, state: State) -> None:
    voucher = state.get(Voucher, body.receipt)
    if voucher is not None:
        voucher.shared = True
        state.put(voucher)


# ---- voids


def judge_requested(c: Context, body: VoidRequested, state: State) -> Ruling:
    voucher = state.get(Voucher, body.receipt)
    if state.get(Request, c.id) is not None:
        return refused(Flag.ID_REPEATED)
    if voucher is not None and voucher.state != "issued":
        return refused(Flag.RECEIPT_ALREADY_VOIDED)
    if voucher is not None and voucher.void is not None and voucher.void.state == "approved":
        return refused(Flag.REQUEST_ALREADY_DECIDED)
    return judge_named(c, body, state)


def requested(c: Context, body: VoidRequested, state: State) -> None:
    voucher = state.get(Voucher, body.receipt)
    if voucher is not None:
        _withdraw(voucher, c.by, state)
        voucher.void = VoidAsked(c.id, reason=body.reason, at=c.envelope.at, by=c.by, note=body.note)
        state.put(voucher)
        state.put(Request(c.id, what="void", about=voucher.id, state="requested"))


def judge_decided(c: Context, body: VoidApproved | VoidRefused, state: State) -> Ruling:
    """Maker ≠ checker (S4)."""
    voucher = state.get(Voucher, body.receipt)
    if voucher is None or voucher.void is None or voucher.void.request != body.request:
        return refused(Flag.REQUEST_UNKNOWN)
    if voucher.void.state != "requested":
        return refused(Flag.REQUEST_ALREADY_DECIDED)
    if voucher.void.by == c.by:
        return refused(Flag.MAKER_IS_CHECKER)
    if isinstance(body, VoidApproved) and counted(voucher, state):
        return refused(Flag.VOID_AFTER_COUNT)
    return Ruling()


def approved(c: Context, body: VoidApproved, state: State) -> None:
    _decide(c, body.receipt, "approved", state)


def refused_(c: Context, body: VoidRefused, state: State) -> None:
    _decide(c, body.receipt, "refused", state)


def _decide(c: Context, receipt: str, decision: str, state: State) -> None:
    voucher = state.get(Voucher, receipt)
    if voucher is not None and voucher.void is not None:
        _settle(voucher, decision, c.by, state)


def _settle(voucher: Voucher, decision: str, by: str, state: State) -> None:
    if voucher.void is not None:
        voucher.void.state, voucher.void.decided_by = decision, by
        state.put(voucher)
        state.put(Request(voucher.void.request, what="void", about=voucher.id, state=decision))


def _withdraw(voucher: Voucher, by: str, state: State) -> None:
    """A request that nobody will answer any more leaves the office's list: made again, or no longer needed."""
    if voucher.void is not None and voucher.void.state == "requested":
        _settle(voucher, "refused", by, state)


def whereabouts(voucher: Voucher, state: State) -> list[str]:
    """The deposit that each tender is in, empty while it is in the collector's hands.

    What was kept back from a deposit goes with a later one; the voucher's other tenders went with the first.
    """
    places = [voucher.deposit] * len(voucher.tenders)
    if len(places) == 1:
        return places
    own = [one for one in state.group(Deposit, f"deposits/{voucher.by}") if one.device == voucher.device]
    for deposit in sorted(own, key=lambda one: one.seq, reverse=True):
        kept = {one.tender for one in deposit.kept_back if one.receipt == voucher.id}
        if kept and deposit.state != "returned":
            places = [place if index in kept else deposit.id for index, place in enumerate(places)]
    return places


def counted(voucher: Voucher, state: State) -> bool:
    deposits = [state.get(Deposit, place) for place in whereabouts(voucher, state)]
    return any(one is not None and one.state in ("counted", "accepted") for one in deposits)


def judge_voided(c: Context, body: ReceiptVoided, state: State) -> Ruling:
    """Alone only on the same device, in the same visit, before printing or sending; else by an approved request."""
    voucher = state.get(Voucher, body.receipt)
    if voucher is None:
        return refused(Flag.RECEIPT_UNKNOWN)
    if voucher.by != c.by:
        return refused(Flag.RECEIPT_NOT_OURS)
    if voucher.state != "issued":
        return refused(Flag.RECEIPT_ALREADY_VOIDED)
    if counted(voucher, state):
        return refused(Flag.VOID_AFTER_COUNT)
    if body.request:
        asked = voucher.void
        if asked is None or asked.request != body.request or asked.state != "approved":
            return refused(Flag.REQUEST_UNKNOWN)
    else:
        device = state.get(Device, c.envelope.device)
        same_visit = device is not None and voucher.visit != "" and device.visit == voucher.visit
        untouched = voucher.device == c.envelope.device and not voucher.printed and not voucher.shared
        if not (same_visit and untouched and not any(whereabouts(voucher, state))):
            return refused(Flag.VOID_NEEDS_APPROVAL)
    credits = given_back(voucher, state)
    return Ruling(flags=overdrawn(voucher, credits, state), lines=taken_back(voucher) + credits)


def taken_back(voucher: Voucher) -> list[Amount]:
    """Debits: what the voucher paid for is owed again; exchanges and deductions are taken back with it."""
    if voucher.verdict == Verdict.REVIEW:
        return from_suspense(voucher)
    undone = [(one.kind, one.amount) for one in voucher.deductions]
    debits = [(f"ar/{voucher.customer}/{one.item}", voucher.currency, one.amount) for one in voucher.taken]
    others = [
        (f"on_account/{voucher.customer}", tender.currency, tender.amount)
        for tender in voucher.tenders
        if not paid_in(tender, voucher.currency)  # one that was released all the same
    ]
    others += [(f"{kind}/{voucher.customer}", voucher.currency, -amount) for kind, amount in undone]
    for tender in voucher.tenders:
        if exchange_of(tender) is not None:
            others += [(account, code, -amount) for account, code, amount in _exchanged(tender, voucher.currency)]
    return [*debits, (f"on_account/{voucher.customer}", voucher.currency, voucher.on_account), *others]


def from_suspense(voucher: Voucher) -> list[Amount]:
    """Debits: what a voucher under review brought no longer waits."""
    account = f"suspense/{voucher.repeats or voucher.id}"
    return [(account, tender.currency, tender.amount) for tender in voucher.tenders]


def end_suspense(voucher: Voucher, state: State) -> None:
    """A voucher that no longer stands needs nobody's decision."""
    held = state.get(Suspended, voucher.suspense)
    if held is not None:
        held.state, voucher.suspense = "ended", ""
        state.put(held)


def given_back(voucher: Voucher, state: State) -> list[Amount]:
    """Credits: each tender leaves the collector's hands, or the transit of the deposit that it is in. Cash that its
    deposit's declaration did not tell of is in his hands still, and leaves them first."""
    credits: list[Amount] = []
    untold: dict[tuple[str, str], int] = {}
    for tender, place in zip(voucher.tenders, whereabouts(voucher, state), strict=True):
        currency, amount = tender.currency, tender.amount
        if isinstance(tender, Cheque):
            credits.append((f"transit_cheques/{place}" if place else f"cheques/{voucher.by}", currency, -amount))
            continue
        in_hand, deposit = amount, state.get(Deposit, place)
        if deposit is not None:
            if (place, currency) not in untold:
                untold[place, currency] = _undeclared(deposit, currency, state)
            in_hand = min(amount, untold[place, currency])
            untold[place, currency] -= in_hand
        credits.append((f"cash/{voucher.by}", currency, -in_hand))
        credits.append((f"transit_cash/{place}", currency, in_hand - amount))
    return [credit for credit in credits if credit[2]]


def _undeclared(deposit: Deposit, currency: str, state: State) -> int:
    """Cash of a deposit's vouchers that was not declared with it: the collector had not heard that an earlier deposit
    came back to him, or said too little."""
    vouchers = {one.id: one for one in state.group(Voucher, f"deposit/{deposit.id}")}
    for kept in deposit.kept_back:  # of these the other tenders went along
        parted = state.get(Voucher, kept.receipt)
        if parted is not None:
            vouchers[parted.id] = parted
    brought = sum(
        tender.amount
        for voucher in vouchers.values()
        if voucher.state in ("issued", "rejected")
        for tender, place in zip(voucher.tenders, whereabouts(voucher, state), strict=True)
        if isinstance(tender, Cash) and tender.currency == currency and place == deposit.id
    )
    return max(0, brought - deposit.expected.get(currency, 0))


def overdrawn(voucher: Voucher, credits: list[Amount], state: State) -> list[Flag]:
    """Whether the collector gives back more cash than is in his hands: he has handed it in already, elsewhere."""
    has = custody_of(state, voucher.by).cash
    gives: Amounts = {}
    for account, currency, amount in credits:
        if account == f"cash/{voucher.by}":
            add(gives, currency, -amount)
    short = any(has.get(currency, 0) < amount for currency, amount in gives.items())
    return [Flag.CUSTODY_NEGATIVE] if short else []


def voided(c: Context, body: ReceiptVoided, state: State) -> None:
    voucher = state.get(Voucher, body.receipt)
    if voucher is None:
        return
    end_suspense(voucher, state)
    _no_longer(c, voucher, body.reason, state)
    promises.unkeep(voucher, state)
    count_on_items(voucher, state, sign=-1)
    book = state.get(Book, voucher.book)
    if book is not None and owns_leaf(voucher, book):
        books.void_leaf(book, voucher.leaf, state)
    custody = custody_of(state, voucher.by)
    custody.unconfirmed += 1
    state.put(custody)
    _give_back_paper(voucher, state)


def never_was(c: Context, voucher: Voucher, state: State) -> None:
    """A voucher that only repeats another one: nothing was handed over for it, so there is nothing to confirm."""
    _no_longer(c, voucher, "duplicate", state)
    voucher.void_confirmed = True
    _give_back_paper(voucher, state)


def _no_longer(c: Context, voucher: Voucher, reason: str, state: State) -> None:
    voucher.state = "voided"
    voucher.voided_at = c.envelope.at
    voucher.void_reason = reason
    _withdraw(voucher, c.by, state)
    state.put(voucher)


def _give_back_paper(voucher: Voucher, state: State) -> None:
    for index, tender in enumerate(voucher.tenders):
        cheque = state.get(ChequeHeld, f"{voucher.id}.{index}") if isinstance(tender, Cheque) else None
        if cheque is None:
            continue
        if cheque.state == "held":
            custody = custody_of(state, voucher.by)
            custody.cheque_count -= 1
            state.put(custody)
        deposit = state.get(Deposit, cheque.holder) if cheque.state == "transit" else None
        if deposit is not None and cheque.id in deposit.cheques:
            deposit.cheques.remove(cheque.id)
            state.put(deposit)
            waiting = state.get(DepositWaiting, deposit.id)
            if waiting is not None:
                waiting.instruments -= 1
                state.put(waiting)
        cheque.state, cheque.holder = "given_back", voucher.customer
        state.put(cheque)
    no_longer_uncleared(voucher, state)


def no_longer_uncleared(voucher: Voucher, state: State) -> None:
    """Cheques of a voucher that no longer stands pay for nothing, so nothing depends on their clearing."""
    customer = state.get(Customer, voucher.customer)
    if customer is None or voucher.verdict != Verdict.ACCEPTED:
        return
    for tender in voucher.tenders:
        if isinstance(tender, Cheque):
            add(customer.uncleared, tender.currency, -tender.amount)
            state.put(customer)


def judge_reversed(c: Context, body: ReceiptReversed, state: State) -> Ruling:
    """After the count the money is in the safe: the customer is owed it (Dr AR / Cr Refunds payable)."""
    voucher = state.get(Voucher, body.receipt)
    if voucher is None:
        return refused(Flag.RECEIPT_UNKNOWN)
    if voucher.state != "issued":
        return refused(Flag.RECEIPT_ALREADY_VOIDED)
    if voucher.by == c.by:
        return refused(Flag.MAKER_IS_CHECKER)
    if not counted(voucher, state):
        return refused(Flag.VOID_NEEDS_APPROVAL)
    debits = taken_back(voucher)
    refunds = [(f"refunds/{voucher.customer}", currency, -amount) for _, currency, amount in debits]
    return Ruling(lines=debits + refunds)


def reversed_(c: Context, body: ReceiptReversed, state: State) -> None:
    voucher = state.get(Voucher, body.receipt)
    if voucher is not None:
        voucher.state = "reversed"
        voucher.voided_at = c.envelope.at
        voucher.void_reason = body.reason
        if voucher.void is not None and voucher.void.state == "requested":
            _settle(voucher, "approved", c.by, state)
        end_suspense(voucher, state)
        promises.unkeep(voucher, state)
        state.put(voucher)
        count_on_items(voucher, state, sign=-1)
        no_longer_uncleared(voucher, state)
