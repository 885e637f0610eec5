"""Which open items a payment goes to when the customer names none: the oldest first.

Twin of `pwa/src/ledger/allocation.ts`; both run `tests/cases/allocation.json`.
"""

from collections.abc import Iterable

from schemas.documents import Item
from schemas.entries.receipts import Allocation


def oldest_first(amount: int, items: Iterable[Item]) -> tuple[list[Allocation], int]:
    """Allocations by due date, date, number, id, and the rest that no item takes: it stays on account.

    Credit notes and settled items take nothing.
    """
    allocations: list[Allocation] = []
    for item in sorted(items, key=lambda item: (item.due, item.date, item.number, item.id)):
        part = min(amount, item.open)
        if part > 0:
            allocations.append(Allocation(item.id, part))
            amount -= part
    return allocations, amount
