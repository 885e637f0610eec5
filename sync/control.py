"""Control totals: what a chain says of one day, so that phone and office can each add up their own and compare.

Neither takes the other's word: a digest that is copied hides the gap for ever. The twin of `pwa/src/ledger/control.ts`;
rows in `tests/cases/control.json`.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from schemas.entries.receipts import Cheque, ReceiptIssued
from schemas.entries.shapes import Total
from schemas.wire import ControlDay
from sync.chain import b64
from sync.reading import Unreadable, body_of


@dataclass(frozen=True, slots=True)
class Controlled:
    """One entry of a main chain. at: as its envelope says; hash: 32 bytes."""

    at: str
    kind: str
    hash: bytes
    body: bytes


def days_of(entries: Iterable[Controlled]) -> list[ControlDay]:
    """One row for each day of the writer's own dates (`at[:10]`), in order. entries: in order of seq.

    totals: what the day's receipts brought, voids not taken off. hash: SHA-256 over the entries' hashes, one after
    the other."""
    by_day: dict[str, list[Controlled]] = {}
    for entry in entries:
        by_day.setdefault(entry.at[:10], []).append(entry)
    return [_day(day, by_day[day]) for day in sorted(by_day)]


def _day(day: str, entries: list[Controlled]) -> ControlDay:
    receipts = [entry for entry in entries if entry.kind == "receipt_issued"]
    sums: dict[tuple[str, str], tuple[int, int]] = {}
    for receipt in receipts:
        for tender in _tenders(receipt):
            key = (tender.currency, "cheque" if isinstance(tender, Cheque) else "cash")
            count, amount = sums.get(key, (0, 0))
            sums[key] = (count + 1, amount + tender.amount)
    return ControlDay(
        day=day,
        entries=len(entries),
        receipts=len(receipts),
        totals=[Total(*key, *sums[key]) for key in sorted(sums)],
        hash=b64(sha256(b"".join(entry.hash for entry in entries)).digest()),
    )


def _tenders(receipt: Controlled) -> Iterable[Any]:
    """An entry whose body cannot be read counts, and brings no amounts that could be compared."""
    try:
        body, _ = body_of(receipt.kind, receipt.body)
    except Unreadable:
        return ()
    return body.tenders if isinstance(body, ReceiptIssued) else ()
