"""Reading documents and balances for screens. Every function takes a connection inside one reading transaction."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any, TypeVar, cast

import aiosqlite
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
from sync.state import TYPE_OF

D = TypeVar("D", bound=Document)
_ITEM = msgspec.json.Decoder(Item)
_HEAD = msgspec.json.Decoder(PushHead)
_DECODERS = {name: msgspec.json.Decoder(document) for name, document in DOCUMENTS.items()}


async def rows(db: aiosqlite.Connection, sql: str, *parameters: Any) -> list[Any]:
    return list(await db.execute_fetchall(sql, parameters))


async def one(db: aiosqlite.Connection, shape: type[D], id: str) -> D | None:
    found = await many(db, shape, [id])
    return found.get(id)


async def many(db: aiosqlite.Connection, shape: type[D], ids: Iterable[str]) -> dict[str, D]:
    """Documents of one type by id; what does not exist is left out."""
    name = TYPE_OF[shape]
    wanted = msgspec.json.encode(list(dict.fromkeys(ids))).decode()
    found = await rows(
        db, "SELECT id, body FROM record WHERE type = ? AND id IN (SELECT value FROM json_each(?))", name, wanted
    )
    return {id: cast("D", _DECODERS[name].decode(body)) for id, body in found}


async def all_of(db: aiosqlite.Connection, shape: type[D]) -> list[D]:
    """All documents of one type, in order of creation."""
    name = TYPE_OF[shape]
    found = await rows(db, "SELECT body FROM record WHERE type = ? ORDER BY no", name)
    return [cast("D", _DECODERS[name].decode(body)) for (body,) in found]


async def group(db: aiosqlite.Connection, shape: type[D], name: str) -> list[D]:
    """Documents of one type that stand in a group (`sync.state.group_of`)."""
    type_name = TYPE_OF[shape]
    found = await rows(
        db,
        "SELECT body FROM record WHERE grp = (SELECT no FROM word WHERE text = ?) AND type = ? ORDER BY no",
        name,
        type_name,
    )
    return [cast("D", _DECODERS[type_name].decode(body)) for (body,) in found]


async def user_of(db: aiosqlite.Connection, id: str) -> User | None:
    return await one(db, User, id)


async def device_of(db: aiosqlite.Connection, id: str) -> Device | None:
    return await one(db, Device, id)


async def settings_of(db: aiosqlite.Connection) -> Company:
    """The company's settings; there is always exactly one such document."""
    return (await all_of(db, Company))[0]


async def epoch_of(db: aiosqlite.Connection) -> str:
    return str((await settings_of(db)).epoch)


@dataclass(frozen=True, slots=True)
class Contact:
    """What a device said at its last push. at: ISO 8601 UTC."""

    at: str
    head: PushHead


async def contacts_of(db: aiosqlite.Connection) -> dict[str, Contact]:
    found = await rows(db, "SELECT device, at, head FROM contact")
    return {device: Contact(at, _HEAD.decode(head)) for device, at, head in found}


async def vouchers_of_day(db: aiosqlite.Connection, collector: str, day: date) -> list[Voucher]:
    """A collector's vouchers of one business day: what he holds, and what his deposits since then cover."""
    found = await group(db, Voucher, f"held/{collector}")
    for deposit in await group(db, Deposit, f"deposits/{collector}"):
        if deposit.day is not None and deposit.day >= day:
            found += await group(db, Voucher, f"deposit/{deposit.id}")
    return [voucher for voucher in found if voucher.day == day]


async def vouchers_of(db: aiosqlite.Connection, collector: str) -> list[Voucher]:
    """All vouchers of a collector: what he holds, and what his deposits cover."""
    found = await group(db, Voucher, f"held/{collector}")
    for deposit in await group(db, Deposit, f"deposits/{collector}"):
        found += await group(db, Voucher, f"deposit/{deposit.id}")
    return found


async def entry_at(db: aiosqlite.Connection, position: int) -> tuple[bytes, bytes]:
    """Envelope and body of the entry at a journal position, as they came."""
    found = await rows(db, "SELECT envelope, body FROM journal WHERE position = ?", position)
    return found[0][0], found[0][1]


async def entries_at(db: aiosqlite.Connection, device: str, seq: int) -> list[tuple[int, bytes, bytes]]:
    """(position, hash, envelope) of what stands at one place of a chain; more than one where it forks."""
    return await rows(
        db,
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


async def items_by_customer(db: aiosqlite.Connection, customers: Iterable[str]) -> dict[str, list[Item]]:
    """Open items of customers, in one statement."""
    names = msgspec.json.encode([f"customer/{id}" for id in customers]).decode()
    found = await rows(
        db,
        "SELECT body FROM record WHERE type = 'item' AND grp IN"
        " (SELECT no FROM word WHERE text IN (SELECT value FROM json_each(?))) ORDER BY no",
        names,
    )
    items: dict[str, list[Item]] = {}
    for (body,) in found:
        item = _ITEM.decode(body)
        items.setdefault(item.customer, []).append(item)
    return items
