"""Customers, their open items as the ERP states them, and whose portfolio they are in."""

from collections.abc import Iterable

from schemas.codes import Flag
from schemas.documents import Case, Confirmation, Customer, Dispute, Document, Item, User
from schemas.entries.customers import CustomersAssigned, CustomersUpserted, ItemsUpserted, StatedItem
from sync.ruling import Context, Ruling, refused
from sync.state import Key, State


def customers_touched(_c: Context, body: CustomersUpserted) -> Iterable[Key]:
    return (("customer", row.customer) for row in body.customers)


def customers_upserted(_c: Context, body: CustomersUpserted, state: State) -> None:
    for row in body.customers:
        known = state.get(Customer, row.customer)
        state.put(
            Customer(
                row.customer,
                code=row.code,
                name=row.name,
                currency=row.currency,
                name_ar=row.name_ar,
                phone=row.phone,
                address=row.address,
                area=row.area,
                lat=row.lat,
                lon=row.lon,
                credit_limit=row.credit_limit,
                collectors=known.collectors if known else [],
                credit=known.credit if known else {},
                uncleared=known.uncleared if known else {},
                papers=row.papers,
                accounts=row.accounts,
                standing=row.standing,
                bounced=row.bounced,
                promises=known.promises if known else [],
                broken=known.broken if known else 0,
                disputes=known.disputes if known else [],
                email=row.email,
                language=row.language,
            )
        )


def items_touched(_c: Context, body: ItemsUpserted) -> Iterable[Key]:
    yield from (("item", row.item) for row in body.items)
    yield from (("customer", row.customer) for row in body.items)


def stated(item: Item | StatedItem) -> int:
    """What the ERP says is open by itself, before anything that Sanad collected."""
    return item.original - sum(settlement.amount for settlement in item.settlements)


def judge_items(_c: Context, body: ItemsUpserted, state: State) -> Ruling:
    """Post only what changed against what was stated before: Dr AR / Cr ERP, or the opposite."""
    ruling = Ruling()
    before: dict[str, StatedItem] = {}  # an item may stand twice in one entry: the second row changes the first
    for row in body.items:
        if state.get(Customer, row.customer) is None:
            return refused(Flag.CUSTOMER_UNKNOWN)
        known = before.get(row.item) or state.get(Item, row.item)
        if known is not None and known.currency != row.currency:
            return refused(Flag.TOTALS_DIFFER)
        if known is not None and known.customer != row.customer:
            return refused(Flag.ITEM_UNKNOWN)
        before[row.item] = row
        change = stated(row) - (stated(known) if known else 0)
        ruling.lines += [
            (f"ar/{row.customer}/{row.item}", row.currency, change),
            (f"erp/{row.customer}", row.currency, -change),
        ]
    return ruling


def items_upserted(_c: Context, body: ItemsUpserted, state: State) -> None:
    for row in body.items:
        known = state.get(Item, row.item)
        state.put(
            Item(
                row.item,
                customer=row.customer,
                number=row.number,
                currency=row.currency,
                date=row.date,
                due=row.due,
                original=row.original,
                kind=row.kind,
                settlements=row.settlements,
                collected=known.collected if known else 0,
                open=known.open if known else 0,  # the lines carry the change
                note=row.note,
                to_deliver=row.to_deliver and not (known and known.delivered),
                delivered=known.delivered if known else "",
                delivered_to=known.delivered_to if known else "",
                einvoice=row.einvoice,
            )
        )


def assigned_touched(_c: Context, body: CustomersAssigned) -> Iterable[Key]:
    return (("customer", customer) for customer in body.customers)


def judge_assigned(_c: Context, body: CustomersAssigned, state: State) -> Ruling:
    if state.get(User, body.collector) is None:
        return refused(Flag.USER_UNKNOWN)
    if any(state.get(Customer, customer) is None for customer in body.customers):
        return refused(Flag.CUSTOMER_UNKNOWN)
    return Ruling()


def assigned(_c: Context, body: CustomersAssigned, state: State) -> None:
    """Customer and items enter or leave the collector's scope. His vouchers stay with him."""
    scope = f"user:{body.collector}"
    enters = body.action == "assign"
    for id in body.customers:
        customer = state.get(Customer, id)
        if customer is None or (body.collector in customer.collectors) == enters:
            continue
        others = [collector for collector in customer.collectors if collector != body.collector]
        customer.collectors = [*others, body.collector] if enters else others
        state.put(customer)
        if not enters:
            state.leave(scope, customer)
        state.move(f"customer/{id}", scope, enters=enters)
        if not enters:
            _keep_showing(id, body.collector, state)


def _keep_showing(customer: str, writer: str, state: State) -> None:
    """What he wrote himself stays with its writer, who waits for an answer to it, whoever has the customer now."""
    for document in state.group(Document, f"customer/{customer}"):
        if isinstance(document, Dispute | Confirmation | Case) and document.by == writer:
            state.put(document)
