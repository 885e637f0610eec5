"""What holds for everything that a collector writes about a customer."""

from collections.abc import Iterable

from schemas.codes import Flag, Verdict
from schemas.documents import Customer, Document, Item
from sync.ruling import Context, Ruling
from sync.state import State


def of_customer(c: Context, shape: type[Document], customer_id: str, items: Iterable[str], state: State) -> Ruling:
    """A fact without money is kept whatever is wrong with it. A known id is another entry's."""
    if state.get(shape, c.id) is not None:
        return Ruling(Verdict.REVIEW, [Flag.ID_REPEATED])
    ruling = Ruling()
    customer = state.get(Customer, customer_id)
    if customer is None:
        ruling.flags.append(Flag.CUSTOMER_UNKNOWN)
    elif c.by not in customer.collectors:
        ruling.flags.append(Flag.CUSTOMER_NOT_ASSIGNED)
    found = [state.get(Item, item) for item in items]
    if any(item is None or item.customer != customer_id for item in found):
        ruling.flags.append(Flag.ITEM_UNKNOWN)
    return ruling
