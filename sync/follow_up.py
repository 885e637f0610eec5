"""Disputes, contacts, confirmed balances, papers handed over, and what is asked of the office. No money moves here."""

from collections.abc import Iterable

from schemas.codes import Flag, Verdict
from schemas.documents import Case, Confirmation, Contact, Customer, Dispute, Item
from schemas.entries.follow_up import (
    BalanceConfirmed,
    CaseAnswered,
    CaseOpened,
    ContactLogged,
    DisputeRaised,
    ItemDelivered,
)
from sync.about import of_customer
from sync.ruling import Context, Ruling, refused
from sync.state import Key, State

About = DisputeRaised | ContactLogged | BalanceConfirmed | CaseOpened | ItemDelivered


def touches(_c: Context, body: About) -> Iterable[Key]:
    return (("customer", body.customer),)


def judge_dispute(c: Context, body: DisputeRaised, state: State) -> Ruling:
    ruling = of_customer(c, Dispute, body.customer, [body.item], state)
    item = state.get(Item, body.item)
    if item is not None and body.amount > abs(item.open):
        ruling.flags.append(Flag.DISPUTE_OVER_ITEM)
    return ruling


def disputed(c: Context, body: DisputeRaised, state: State) -> None:
    state.put(
        Dispute(
            c.id,
            customer=body.customer,
            by=c.by,
            item=body.item,
            currency=body.currency,
            amount=body.amount,
            reason=body.reason,
            at=c.envelope.at,
            note=body.note,
            photos=body.photos,
            visit=body.visit,
        )
    )
    customer = state.get(Customer, body.customer)
    if customer is not None:
        customer.disputes.append(c.id)
        state.put(customer)


def judge_contact(c: Context, body: ContactLogged, state: State) -> Ruling:
    return of_customer(c, Contact, body.customer, body.items, state)


def contacted(c: Context, body: ContactLogged, state: State) -> None:
    state.put(
        Contact(
            c.id,
            customer=body.customer,
            by=c.by,
            channel=body.channel,
            outcome=body.outcome,
            at=c.envelope.at,
            note=body.note,
            next_date=body.next_date,
            items=body.items,
        )
    )


def judge_confirmation(c: Context, body: BalanceConfirmed, state: State) -> Ruling:
    """A customer whose books differ is a thing for the office, whoever is right."""
    ruling = of_customer(c, Confirmation, body.customer, (), state)
    if not body.agrees:
        ruling.flags.append(Flag.BALANCE_DIFFERS)
    return ruling


def confirmed(c: Context, body: BalanceConfirmed, state: State) -> None:
    state.put(
        Confirmation(
            c.id,
            customer=body.customer,
            by=c.by,
            currency=body.currency,
            ledger=body.ledger,
            uncleared=body.uncleared,
            agrees=body.agrees,
            at=c.envelope.at,
            differences=body.differences,
            signer=body.signer,
            signature=body.signature,
            unsigned_reason=body.unsigned_reason,
            visit=body.visit,
        )
    )


def judge_delivered(_c: Context, body: ItemDelivered, state: State) -> Ruling:
    item = state.get(Item, body.item)
    known = item is not None and item.customer == body.customer
    return Ruling() if known else Ruling(flags=[Flag.ITEM_UNKNOWN])


def delivered(c: Context, body: ItemDelivered, state: State) -> None:
    item = state.get(Item, body.item)
    if item is not None and item.customer == body.customer:
        item.to_deliver, item.delivered, item.delivered_to = False, c.envelope.at, body.signer
        state.put(item)


def judge_case(c: Context, body: CaseOpened, state: State) -> Ruling:
    if body.customer:
        ruling = of_customer(c, Case, body.customer, body.items, state)
    else:
        ruling = Ruling(Verdict.REVIEW, [Flag.ID_REPEATED]) if state.get(Case, c.id) is not None else Ruling()
    if body.what == "incident":
        ruling.flags.append(Flag.INCIDENT)
    return ruling


def opened(c: Context, body: CaseOpened, state: State) -> None:
    state.put(
        Case(
            c.id,
            what=body.what,
            by=c.by,
            text=body.text,
            at=c.envelope.at,
            customer=body.customer,
            currency=body.currency,
            amount=body.amount,
            items=body.items,
            date=body.date,
            photos=body.photos,
            visit=body.visit,
        )
    )


def judge_answer(c: Context, body: CaseAnswered, state: State) -> Ruling:
    """Maker ≠ checker (S4)."""
    case = state.get(Case, body.case)
    if case is None:
        return refused(Flag.CASE_UNKNOWN)
    if case.state != "open":
        return refused(Flag.REQUEST_ALREADY_DECIDED)
    return refused(Flag.MAKER_IS_CHECKER) if case.by == c.by else Ruling()


def answered(c: Context, body: CaseAnswered, state: State) -> None:
    case = state.get(Case, body.case)
    if case is not None:
        case.state, case.answer, case.answered_by = body.decision, body.note, c.by
        state.put(case)
