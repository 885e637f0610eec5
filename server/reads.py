"""Reading documents and balances for screens. Every function takes a reader of one moment."""

from collections.abc import AsyncIterator, Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import TypeVar, cast
from zoneinfo import ZoneInfo

import msgspec

from schemas.documents import (
    DOCUMENTS,
    Amounts,
    Company,
    Customer,
    Deposit,
    Device,
    Document,
    Item,
    User,
    Voucher,
)
from schemas.entries.receipts import Cheque
from schemas.entries.shapes import Total
from schemas.wire import Head as PushHead
from server.store.port import Reader
from sync.state import TYPE_OF

D = TypeVar("D", bound=Document)
_ITEM = msgspec.json.Decoder(Item)
_HEAD = msgspec.json.Decoder(PushHead)
_DECODERS = {name: msgspec.json.Decoder(document) for name, document in DOCUMENTS.items()}


async def one(db: Reader, shape: type[D], id: str) -> D | None:
    found = await many(db, shape, [id])
    return found.get(id)


async def many(db: Reader, shape: type[D], ids: Iterable[str]) -> dict[str, D]:
    """Documents of one type by id; what does not exist is left out."""
    name = TYPE_OF[shape]
    wanted = list(dict.fromkeys(ids))
    found = await db.rows("SELECT id, body FROM record WHERE type = ? AND id = ANY(?)", name, wanted)
    return {id: cast("D", _DECODERS[name].decode(body)) for id, body in found}


async def all_of(db: Reader, shape: type[D]) -> list[D]:
    """All documents of one type, in order of creation."""
    name = TYPE_OF[shape]
    found = await db.rows("SELECT body FROM record WHERE type = ? ORDER BY no", name)
    return [cast("D", _DECODERS[name].decode(body)) for (body,) in found]


async def newest_of(db: Reader, shape: type[D], most: int) -> list[D]:
    """The documents of one type that were made last, newest first: what a screen shows, however many there are."""
    name = TYPE_OF[shape]
    found = await db.rows("SELECT body FROM record WHERE type = ? ORDER BY no DESC LIMIT ?", name, most)
    return [cast("D", _DECODERS[name].decode(body)) for (body,) in found]


async def group(db: Reader, shape: type[D], name: str) -> list[D]:
    """Documents of one type that stand in a group (`sync.state.group_of`)."""
    type_name = TYPE_OF[shape]
    found = await db.rows(
        "SELECT body FROM record WHERE grp = (SELECT no FROM word WHERE text = ?) AND type = ? ORDER BY no",
        name,
        type_name,
    )
    return [cast("D", _DECODERS[type_name].decode(body)) for (body,) in found]


async def user_of(db: Reader, id: str) -> User | None:
    return await one(db, User, id)


async def device_of(db: Reader, id: str) -> Device | None:
    return await one(db, Device, id)


async def settings_of(db: Reader) -> Company:
    """The company's settings; there is always exactly one such document."""
    return (await all_of(db, Company))[0]


async def day_of(db: Reader, now: datetime) -> date:
    """The business day that is open now in the company's own time zone."""
    return now.astimezone(ZoneInfo((await settings_of(db)).time_zone)).date()


async def tip_of(db: Reader) -> int:
    """Position of the journal's last entry."""
    found = await db.rows("SELECT position FROM journal ORDER BY position DESC LIMIT 1")
    return int(found[0][0]) if found else 0


async def epoch_of(db: Reader) -> str:
    return str((await settings_of(db)).epoch)


async def is_named(db: Reader, attachment: str) -> bool:
    """Whether a voucher names the attachment (SHA-256, hexadecimal)."""
    found = await db.rows(
        "SELECT 1 FROM feed WHERE scope = (SELECT no FROM word WHERE text = ?) LIMIT 1", f"attachment:{attachment}"
    )
    return bool(found)


async def chain_back(db: Reader, device: str, page: int = 500) -> AsyncIterator[list[tuple[int, bytes, bytes, bytes]]]:
    """A device's main chain from its end, in pages of (seq, hash, envelope, body), each newest first."""
    below = 2**62
    while found := await db.rows(
        "SELECT c.seq, c.hash, j.envelope, j.body FROM chain c JOIN journal j ON j.position = c.position"
        " WHERE c.device = (SELECT no FROM word WHERE text = ?) AND c.fork = 0 AND c.seq < ?"
        " ORDER BY c.seq DESC LIMIT ?",
        device,
        below,
        page,
    ):
        yield [(seq, hash, envelope, body) for seq, hash, envelope, body in found]
        below = found[-1][0]


@dataclass(frozen=True, slots=True)
class Contact:
    """What a device said at its last push. at: ISO 8601 UTC."""

    at: str
    head: PushHead


async def contacts_of(db: Reader) -> dict[str, Contact]:
    found = await db.rows("SELECT device, at, head FROM contact")
    return {device: Contact(at, _HEAD.decode(head)) for device, at, head in found}


async def is_silent(db: Reader, device: Device, contact: Contact, company: Company, now: datetime) -> bool:
    """Whether a phone has not been heard of for longer than the company allows, though it said that something was
    unsent, or issued vouchers on the day before. 0 hours: nobody is told of silence."""
    hours = company.policy.silent_hours
    if device.purpose != "phone" or not hours or now - datetime.fromisoformat(contact.at) < timedelta(hours=hours):
        return False
    if contact.head.manifest.unsent:
        return True
    yesterday = now.astimezone(ZoneInfo(company.time_zone)).date() - timedelta(days=1)
    return any(voucher.device == device.id for voucher in await vouchers_of_day(db, device.user, yesterday))


async def vouchers_of_day(db: Reader, collector: str, day: date) -> list[Voucher]:
    """A collector's vouchers of one business day: what he holds, and what his deposits since then cover."""
    found = await group(db, Voucher, f"held/{collector}")
    for deposit in await group(db, Deposit, f"deposits/{collector}"):
        if deposit.day is not None and deposit.day >= day:
            found += await group(db, Voucher, f"deposit/{deposit.id}")
    return [voucher for voucher in found if voucher.day == day]


async def vouchers_of(db: Reader, collector: str) -> list[Voucher]:
    """All vouchers of a collector: what he holds, and what his deposits cover."""
    found = await group(db, Voucher, f"held/{collector}")
    for deposit in await group(db, Deposit, f"deposits/{collector}"):
        found += await group(db, Voucher, f"deposit/{deposit.id}")
    return found


async def entry_at(db: Reader, position: int) -> tuple[bytes, bytes]:
    """Envelope and body of the entry at a journal position, as they came."""
    found = await db.rows("SELECT envelope, body FROM journal WHERE position = ?", position)
    return found[0][0], found[0][1]


async def entries_at(db: Reader, device: str, seq: int) -> list[tuple[int, bytes, bytes]]:
    """(position, hash, envelope) of what stands at one place of a chain; more than one where it forks."""
    return await db.rows(
        "SELECT c.position, c.hash, j.envelope FROM chain c JOIN journal j ON j.position = c.position"
        " WHERE c.device = (SELECT no FROM word WHERE text = ?) AND c.seq = ? ORDER BY c.position",
        device,
        seq,
    )


def totals_of(vouchers: Iterable[Voucher]) -> list[Total]:
    """What standing vouchers brought, per currency and method."""
    sums: dict[tuple[str, str], tuple[int, int]] = {}
    for voucher in vouchers:
        if voucher.state == "issued":
            for tender in voucher.tenders:
                key = (tender.currency, "cheque" if isinstance(tender, Cheque) else "cash")
                count, amount = sums.get(key, (0, 0))
                sums[key] = (count + 1, amount + tender.amount)
    return [Total(currency, method, count, amount) for (currency, method), (count, amount) in sums.items()]


def ledger_of(customer: Customer, items: Iterable[Item]) -> Amounts:
    """Ledger balance by currency: Σ open of the items − credit on account."""
    balance = {currency: -amount for currency, amount in customer.credit.items()}
    for item in items:
        balance[item.currency] = balance.get(item.currency, 0) + item.open
    return {currency: amount for currency, amount in balance.items() if amount}


async def items_by_customer(db: Reader, customers: Iterable[str]) -> dict[str, list[Item]]:
    """Open items of customers, in one statement."""
    names = [f"customer/{id}" for id in customers]
    found = await db.rows(
        "SELECT body FROM record WHERE type = 'item' AND grp IN (SELECT no FROM word WHERE text = ANY(?)) ORDER BY no",
        names,
    )
    items: dict[str, list[Item]] = {}
    for (body,) in found:
        item = _ITEM.decode(body)
        items.setdefault(item.customer, []).append(item)
    return items
