"""The table of kinds: what an entry of each kind is, who may write it, and the room that knows its rules.

A *fact* within its writer's authority is always accepted and counted; what is wrong with it becomes a flag. A *request*
may be refused. Only phones and counting desks have chains of their own; all else is written online by the server's
chain, with `by` set by the server.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, Literal

from sync import (
    books,
    company,
    counter,
    customers,
    deposits,
    epochs,
    follow_up,
    notices,
    people,
    promises,
    rebuilt,
    receipts,
    suspense,
    visits,
)
from sync.ruling import Context, Ruling
from sync.state import Key, State

Writer = Literal["phone", "desk", "server"]


def _nothing(_c: Context, _body: Any, _state: State) -> None:
    return None


def _accept(_c: Context, _body: Any, _state: State) -> Ruling:
    return Ruling()


def _no_keys(_c: Context, _body: Any) -> Iterable[Key]:
    return ()


def _judge_later(c: Context, body: Any, state: State) -> Ruling:
    return suspense.judge(c, body, state, KINDS.get)


def _decide_later(c: Context, body: Any, state: State) -> None:
    notices.judged(c, body, state, KINDS.get)


@dataclass(frozen=True, slots=True)
class Kind:
    """One row. judge: verdict, flags and lines, changing nothing. apply: what an accepted entry does to the documents,
    from its body and stamp alone, so that a replay needs no judging. review: the same for an entry under review, for
    kinds that carry money. suspense: lines of an entry that cannot be judged as usual. touches: what to load ahead."""

    nature: Literal["fact", "request"]
    writers: tuple[Writer, ...]
    roles: tuple[str, ...]
    judge: Callable[[Context, Any, State], Ruling] = _accept
    apply: Callable[[Context, Any, State], None] = _nothing
    touches: Callable[[Context, Any], Iterable[Key]] = _no_keys
    review: Callable[[Context, Any, State], None] = _nothing
    suspense: Callable[[Context, Any], list[tuple[str, str, int]]] | None = None


PHONE: tuple[Writer, ...] = ("phone",)
DESK: tuple[Writer, ...] = ("desk",)
SERVER: tuple[Writer, ...] = ("server",)
COLLECTOR = ("collector",)
CASHIER = ("cashier",)
SUPERVISOR = ("supervisor",)
OFFICE = ("administrator", "supervisor")
ADMINISTRATOR = ("administrator",)

KINDS: dict[str, Kind] = {
    "company_set_up": Kind("fact", SERVER, ADMINISTRATOR, apply=company.set_up),
    "chain_started": Kind("fact", ("phone", "desk", "server"), ()),
    "hole_recorded": Kind("fact", SERVER, ()),
    "epoch_began": Kind("request", SERVER, ADMINISTRATOR, epochs.judge_began, epochs.began),
    "grant_returned": Kind("request", SERVER, ADMINISTRATOR, epochs.judge_returned, epochs.returned),
    "user_enrolled": Kind("fact", SERVER, ADMINISTRATOR, apply=people.user_enrolled),
    "user_revoked": Kind("request", SERVER, ADMINISTRATOR, people.judge_user, people.user_revoked),
    "device_enrolled": Kind("fact", SERVER, ADMINISTRATOR, apply=people.device_enrolled),
    "device_revoked": Kind("request", SERVER, ADMINISTRATOR, people.judge_device, people.device_revoked),
    "release_given": Kind("request", SERVER, OFFICE, people.judge_device),
    "release_used": Kind("fact", PHONE, COLLECTOR, apply=people.release_used),
    "customers_upserted": Kind("fact", SERVER, ADMINISTRATOR, apply=customers.customers_upserted,
                               touches=customers.customers_touched),
    "items_upserted": Kind("fact", SERVER, ADMINISTRATOR, customers.judge_items, customers.items_upserted,
                           customers.items_touched),
    "customers_assigned": Kind("request", SERVER, OFFICE, customers.judge_assigned, customers.assigned,
                               customers.assigned_touched),
    "book_assigned": Kind("request", SERVER, ADMINISTRATOR, books.judge_assigned, books.assigned),
    "book_accepted": Kind("fact", PHONE, COLLECTOR, books.judge_accepted, books.accepted),
    "book_closed": Kind("request", SERVER, ADMINISTRATOR, books.judge_closed, books.closed),
    "plan_set": Kind("request", SERVER, OFFICE, visits.judge_plan, visits.plan_set),
    "visit_started": Kind("fact", PHONE, COLLECTOR, visits.judge_started, visits.started, visits.started_touches),
    "visit_joined": Kind("fact", PHONE, COLLECTOR, visits.judge_joined, visits.joined, visits.joined_touches),
    "visit_ended": Kind("fact", PHONE, COLLECTOR, visits.judge_ended, visits.ended, visits.ended_touches),
    "receipt_issued": Kind("fact", PHONE, COLLECTOR, rebuilt.judge_issued, notices.issued, receipts.issued_touches,
                           review=rebuilt.issued, suspense=receipts.suspense),
    "voucher_shown": Kind("fact", PHONE, COLLECTOR, receipts.judge_named, receipts.shown, receipts.named_touches),
    "voucher_printed": Kind("fact", PHONE, COLLECTOR, receipts.judge_named, receipts.printed, receipts.named_touches),
    "voucher_shared": Kind("fact", PHONE, COLLECTOR, receipts.judge_named, receipts.shared, receipts.named_touches),
    "void_requested": Kind("request", PHONE, COLLECTOR, receipts.judge_requested, receipts.requested,
                           receipts.named_touches),
    "void_approved": Kind("request", SERVER, SUPERVISOR, receipts.judge_decided, receipts.approved,
                          receipts.named_touches),
    "void_refused": Kind("request", SERVER, SUPERVISOR, receipts.judge_decided, receipts.refused_,
                         receipts.named_touches),
    "receipt_voided": Kind("fact", PHONE, COLLECTOR, receipts.judge_voided, notices.voided, receipts.named_touches),
    "receipt_reversed": Kind("request", SERVER, SUPERVISOR, receipts.judge_reversed, notices.reversed_,
                             receipts.named_touches),
    "deposit_declared": Kind("fact", PHONE, COLLECTOR, deposits.judge_declared, deposits.declared),
    "deposit_counted": Kind("fact", DESK, CASHIER, deposits.judge_counted, deposits.counted,
                            review=counter.counted),
    "deposit_accepted": Kind("request", DESK, CASHIER, deposits.judge_accepted, deposits.accepted,
                             review=counter.accepted),
    "deposit_returned": Kind("request", DESK, CASHIER, deposits.judge_returned, deposits.returned),
    "voucher_reported": Kind("fact", SERVER, SUPERVISOR, rebuilt.judge_reported, rebuilt.reported),
    "voucher_rebuilt": Kind("request", SERVER, SUPERVISOR, rebuilt.judge_rebuilt, rebuilt.rebuilt,
                            review=rebuilt.rebuilt),
    "judged": Kind("request", SERVER, SUPERVISOR, _judge_later, _decide_later),
    "cheque_photographed": Kind("fact", PHONE, COLLECTOR, receipts.judge_photographed, receipts.photographed,
                                receipts.photographed_touches),
    "stop_moved": Kind("fact", PHONE, COLLECTOR, visits.judge_moved, visits.moved),
    "target_set": Kind("request", SERVER, OFFICE, visits.judge_target, visits.target_set),
    "day_closed": Kind("fact", PHONE, COLLECTOR, apply=visits.day_closed),
    "promise_made": Kind("fact", PHONE, COLLECTOR, promises.judge_made, promises.made, promises.made_touches),
    "promise_broken": Kind("request", SERVER, ADMINISTRATOR, promises.judge_broken, promises.broken),
    "dispute_raised": Kind("fact", PHONE, COLLECTOR, follow_up.judge_dispute, follow_up.disputed, follow_up.touches),
    "contact_logged": Kind("fact", PHONE, COLLECTOR, follow_up.judge_contact, follow_up.contacted, follow_up.touches),
    "balance_confirmed": Kind("fact", PHONE, COLLECTOR, follow_up.judge_confirmation, follow_up.confirmed,
                              follow_up.touches),
    "item_delivered": Kind("fact", PHONE, COLLECTOR, follow_up.judge_delivered, follow_up.delivered,
                           follow_up.touches),
    "case_opened": Kind("fact", PHONE, COLLECTOR, follow_up.judge_case, follow_up.opened, follow_up.touches),
    "case_answered": Kind("request", SERVER, OFFICE, follow_up.judge_answer, follow_up.answered),
    "customer_notified": Kind("fact", SERVER, (), notices.judge_notified, notices.notified, notices.notified_touches),
}  # fmt: skip
