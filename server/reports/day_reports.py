"""A collector's report of his day beside what the server's journal says of it.

Both count the same entries: those of his main chains with that date on his own clock, up to the one that closed the
day. So a difference is never a matter of the network: an entry that is still on the phone would lie behind the closing
one. The server adds up for itself and takes nothing over from the report.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import msgspec

from schemas.documents import DayReport, Device, Plan
from schemas.entries import Envelope
from schemas.entries.receipts import Cheque
from schemas.entries.shapes import Total
from schemas.entries.visits import DayClosed
from schemas.wire import DayFigures
from server.reads import chain_back, one
from server.store.port import Reader
from sync.reading import Unreadable, body_of, envelope_of
from sync.visits import stops_of

COMPARED = ("received", "vouchers", "voided", "planned", "visited", "unplanned", "promises", "disputes", "contacts")
"""Figures of a report that the journal must say too."""
_COUNTED = {"promise_made": "promises", "dispute_raised": "disputes", "contact_logged": "contacts"}


@dataclass(slots=True)
class _Day:
    """What a day's entries come to, read from the last to the first."""

    receipts: dict[str, Any] = field(default_factory=dict)
    voided: set[str] = field(default_factory=set)
    started: dict[str, str] = field(default_factory=dict)
    ended: set[str] = field(default_factory=set)
    counts: Counter[str] = field(default_factory=Counter)
    later: int = 0


async def figures_of(
    db: Reader, devices: Iterable[Device], user: str, day: date, report: DayReport | None
) -> tuple[DayFigures, int]:
    """What the journal has of a collector's day up to the entry that closed it, and how many vouchers he issued on that
    day after closing it. Without a report: the whole day."""
    found = _Day()
    for device in devices:
        await _read(db, device.id, day.isoformat(), report.entry if report else "", found)
    plan = await one(db, Plan, f"{user}|{day}")
    stops = set(stops_of(plan))
    done = {customer for visit, customer in found.started.items() if visit in found.ended}
    standing = [body for id, body in found.receipts.items() if id not in found.voided]
    figures = DayFigures(
        received=_received(standing),
        vouchers=len(found.receipts),
        voided=len(found.voided),
        planned=len(stops),
        visited=len(done & stops),
        unplanned=len(done - stops),
        promises=found.counts["promises"],
        disputes=found.counts["disputes"],
        contacts=found.counts["contacts"],
    )
    return figures, found.later


async def _read(db: Reader, device: str, day: str, closing: str, found: _Day) -> None:
    waits = bool(closing)
    behind: list[tuple[Envelope, bytes]] = []
    async for page in chain_back(db, device):
        read = [(envelope, body) for _, _, raw, body in page if (envelope := envelope_of(raw)) is not None]
        for envelope, body in read:
            if envelope.id == closing:
                waits = False
                found.later += sum(one.kind == "receipt_issued" for one, _ in behind)
                behind = []
            elif envelope.at[:10] == day:
                if waits:
                    behind.append((envelope, body))
                else:
                    _count(envelope, body, found)
        # A clock may have gone back a little: only a page that is older as a whole ends the search.
        if all(envelope.at[:10] < day for envelope, _ in read):
            break
    for envelope, body in behind:  # a chain without the closing entry is another phone's: all of it belongs to the day
        _count(envelope, body, found)


def _count(envelope: Envelope, raw: bytes, found: _Day) -> None:
    try:
        body, _ = body_of(envelope.kind, raw)
    except Unreadable:
        return
    said: Any = body
    match envelope.kind:
        case "receipt_issued":
            found.receipts[envelope.id] = said
        case "receipt_voided":
            found.voided.add(said.receipt)
        case "visit_started":
            found.started[envelope.id] = said.customer
        case "visit_ended":
            found.ended.add(said.visit)
        case kind if kind in _COUNTED:
            found.counts[_COUNTED[kind]] += 1
        case _:
            pass


def _received(bodies: Iterable[Any]) -> list[Total]:
    sums: dict[tuple[str, str], tuple[int, int]] = {}
    for body in bodies:
        for tender in body.tenders:
            key = (tender.currency, "cheque" if isinstance(tender, Cheque) else "cash")
            count, amount = sums.get(key, (0, 0))
            sums[key] = (count + 1, amount + tender.amount)
    return [Total(*key, *sums[key]) for key in sorted(sums)]


def differing(told: DayClosed, figures: DayFigures) -> list[str]:
    """The names of figures in which report and journal differ."""
    return [name for name in COMPARED if _plain(getattr(told, name)) != _plain(getattr(figures, name))]


def _plain(value: Any) -> Any:
    """Totals without their order, and without those that are nothing."""
    if not isinstance(value, list):
        return value
    return sorted(msgspec.structs.astuple(one) for one in value if one.amount or one.count)
