"""Promises to pay: what was promised, and which vouchers kept it. No money moves here.

A promise is matched with vouchers of the same customer and currency (DOMAIN (d)): with what they took off the items it
names, or with all that they brought where it names none. A cheque keeps a promise as cash does. Once the date has
passed the server says so (`promise_broken`); money that comes later makes it kept late, and the history stays.
"""

from collections.abc import Iterable

from schemas.codes import Flag, Verdict
from schemas.documents import Customer, PromiseToPay, Voucher
from schemas.entries.follow_up import PromiseBroken, PromiseMade
from sync.about import of_customer
from sync.ruling import Context, Ruling, refused
from sync.state import Key, State

_AFTERWARDS = {"open": "kept", "broken": "kept_late", "part_kept": "kept_late"}


def made_touches(c: Context, body: PromiseMade) -> Iterable[Key]:
    return (("customer", body.customer), ("promise", c.id))


def judge_made(c: Context, body: PromiseMade, state: State) -> Ruling:
    return of_customer(c, PromiseToPay, body.customer, body.items, state)


def made(c: Context, body: PromiseMade, state: State) -> None:
    """A later promise takes the place of open ones for any of the same items, or for the account."""
    promise = PromiseToPay(
        c.id,
        customer=body.customer,
        by=c.by,
        currency=body.currency,
        amount=body.amount,
        date=body.date,
        at=c.envelope.at,
        means=body.means,
        items=body.items,
        visit=body.visit,
        note=body.note,
    )
    customer = state.get(Customer, body.customer)
    if customer is not None:
        for id in list(customer.promises):
            other = state.get(PromiseToPay, id)
            if other is not None and other.state == "open" and _same_matter(other, promise):
                other.state = "superseded"
                state.put(other)
                customer.promises.remove(id)
        customer.promises.append(c.id)
        state.put(customer)
    state.put(promise)


def _same_matter(one: PromiseToPay, other: PromiseToPay) -> bool:
    if one.currency != other.currency:
        return False
    return bool(set(one.items) & set(other.items)) if one.items and other.items else not one.items and not other.items


def judge_broken(_c: Context, body: PromiseBroken, state: State) -> Ruling:
    promise = state.get(PromiseToPay, body.promise)
    return Ruling() if promise is not None and promise.state == "open" else refused(Flag.PROMISE_UNKNOWN)


def broken(_c: Context, body: PromiseBroken, state: State) -> None:
    promise = state.get(PromiseToPay, body.promise)
    if promise is None:
        return
    promise.state = "part_kept" if promise.kept else "broken"
    state.put(promise)
    customer = state.get(Customer, promise.customer)
    if customer is not None:
        customer.broken += 1
        state.put(customer)


def keep(voucher: Voucher, state: State) -> None:
    """A voucher brings what it can to the customer's promises, in the order in which they were made."""
    customer = state.get(Customer, voucher.customer)
    if customer is None or not customer.promises or voucher.verdict != Verdict.ACCEPTED:
        return
    items = {one.item: one.amount for one in voucher.taken}
    rest = sum(items.values()) + voucher.on_account
    for id in list(customer.promises):
        promise = state.get(PromiseToPay, id)
        if promise is None or promise.currency != voucher.currency:
            continue
        named = sum(items.get(item, 0) for item in promise.items) if promise.items else rest
        brought = min(named, rest, promise.amount - sum(promise.kept.values()))
        if brought <= 0:
            continue
        rest -= brought
        promise.kept[voucher.id] = brought
        voucher.promises.append(id)
        if sum(promise.kept.values()) == promise.amount:
            promise.state = _AFTERWARDS[promise.state]
            customer.promises.remove(id)
            state.put(customer)
        state.put(promise)


def unkeep(voucher: Voucher, state: State) -> None:
    """A voucher that no longer stands has kept nothing: the promise waits again."""
    for id in voucher.promises:
        promise = state.get(PromiseToPay, id)
        if promise is None or voucher.id not in promise.kept:
            continue
        del promise.kept[voucher.id]
        if promise.state == "part_kept" and not promise.kept:
            promise.state = "broken"
        if promise.state in ("kept", "kept_late"):
            promise.state = "open" if promise.state == "kept" else "part_kept" if promise.kept else "broken"
            customer = state.get(Customer, promise.customer)
            if customer is not None:
                customer.promises.append(id)
                state.put(customer)
        state.put(promise)
    voucher.promises = []
