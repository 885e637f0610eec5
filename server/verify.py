"""Does the company add up? Every hash, every signature, every chain, every book, every piastre.

Reads beside a running server. Each check yields faults; the command stops at the first and names it.
"""

from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

import msgspec

from schemas.codes import Flag, Verdict
from schemas.documents import Amounts, Book, Custody, Customer, Device, Document, Item, Safe, ServerKey, Voucher
from schemas.entries import Envelope
from schemas.entries.company import GrantReturned
from schemas.entries.suspense import Judged
from schemas.wire import Stamp
from server import keys
from server.epochs import signed_by_us
from server.store.port import Shelf
from sync.books import tally
from sync.chain import b64, running_hash
from sync.ledger import NEVER_NEGATIVE
from sync.numbering import has_leaf
from sync.qr import parse
from sync.reading import envelope_of
from sync.state import TYPE_OF

_STAMP = msgspec.json.Decoder(Stamp)
_NO_LEAF = {Flag.NUMBER_REPEATED, Flag.ID_REPEATED, Flag.FORK, Flag.BOOK_NOT_HELD}
"""A voucher with one of these came with a leaf that is not its own; it is under review and no leaf is spent on it."""
_MAY_BE_BELOW = {Flag.CUSTODY_NEGATIVE, Flag.FORK, Flag.UNJUDGED}
"""Where one of these stands, entries of a chain are missing, doubled or not posted, and a person has been told."""
_SUMS = {
    "balance": "SELECT w.text, b.currency, b.amount FROM balance b JOIN word w ON w.no = b.account",
    "posting": "SELECT w.text, p.currency, CAST(sum(p.amount) AS BIGINT) FROM posting p"
    " JOIN word w ON w.no = p.account GROUP BY w.no, p.currency",
}
Progress = Callable[[int], None]


@dataclass(frozen=True, slots=True)
class Fault:
    """What does not add up. where: journal position, book, account …"""

    check: str
    where: str
    what: str

    def __str__(self) -> str:
        return f"{self.check}: {self.where}: {self.what}"


@dataclass(slots=True)
class Ledger:
    """What the journal's stamps post, summed here without help from any projection. holes: devices of which entries are
    missing, doubled or not posted, so that custody may be below zero."""

    balances: dict[tuple[str, str], int]
    holes: set[str]
    entries: int = 0


def verify(db: Shelf, progress: Progress = lambda _: None) -> Iterator[Fault]:
    """All checks over one shelf, at the moment when it was opened."""
    ledger = Ledger(defaultdict(int), set())
    yield from _journal(db, ledger, progress)
    yield from _postings(db, ledger)
    yield from _documents(db, ledger)
    yield from _books(db)
    yield from _custody(ledger)


def _all(db: Shelf, shape: type[Document]) -> Iterator[Any]:
    decoder = msgspec.json.Decoder(shape)
    for (body,) in db.stream("SELECT body FROM record WHERE type = ? ORDER BY no", TYPE_OF[shape]):
        yield decoder.decode(body)


def _journal(db: Shelf, ledger: Ledger, progress: Progress) -> Iterator[Fault]:
    """Positions without gaps, the running hash, every chain with its signatures, every stamp balanced."""
    device_keys = {device.id: device.public_key for device in _all(db, Device)}
    server_keys = [key.spki for key in _all(db, ServerKey) if key.use == "sign"]
    names = dict(db.stream("SELECT no, text FROM word"))
    heads: dict[str, tuple[int, bytes]] = {}
    holes: dict[str, list[tuple[int, int]]] = defaultdict(list)
    expected, h = 1, b""
    for position, device_no, seq, online, fork, raw, body, sig, entry_hash, stamp_bytes, stored_h, *place in db.stream(
        "SELECT j.*, c.hash, c.verdict, c.flags, c.fork FROM journal j LEFT JOIN chain c"
        " ON c.device = j.device AND c.seq = j.seq AND c.position = j.position ORDER BY j.position"
    ):
        where = f"journal position {position}"
        if position != expected:
            yield Fault("journal", where, f"expected position {expected}")
        expected = position + 1
        if sha256(raw).digest() != entry_hash:
            yield Fault("journal", where, "the envelope's hash differs from the stored one")
        h = running_hash(h, entry_hash, stamp_bytes)
        if h != stored_h:
            yield Fault("journal", where, "the running hash breaks here")
            h = stored_h
        stamp = _STAMP.decode(stamp_bytes)
        envelope = envelope_of(raw)
        device = names[device_no]
        if stamp.position != position:
            yield Fault("journal", where, f"the stamp says position {stamp.position}")
        if place != [entry_hash, stamp.verdict, " ".join(stamp.flags), fork]:
            yield Fault("chain", where, f"{device} seq {seq} is not in its chain as the journal has it")
        if envelope is not None:
            yield from _entry(
                envelope, body, sig, raw, stamp, where, server_keys if online else [device_keys.get(device, "")]
            )
            if envelope.kind == "judged" and online:
                yield from _judged(db, msgspec.json.decode(body, type=Judged), position, where)
            yield from _codes(envelope.kind, body, where, device_keys)
            yield from _titles(envelope.kind, body, stamp, where, server_keys)
            if _MAY_BE_BELOW & set(stamp.flags):
                ledger.holes.add(device)
            if envelope.kind == "hole_recorded" and online:
                hole = msgspec.json.decode(body)
                holes[hole["device"]].append((hole["first"], hole["last"]))
                ledger.holes.add(hole["device"])
        if not fork:
            yield from _chain(device, seq, envelope, heads, holes[device], where)
            heads[device] = (seq, entry_hash)
        yield from _balanced(stamp, ledger, where)
        ledger.entries += 1
        progress(ledger.entries)
    placed = db.select("SELECT count(*) FROM chain")[0][0]
    if placed != ledger.entries:
        yield Fault("chain", "all chains", f"{placed} places for {ledger.entries} entries")
    for device_no, seq, entry_hash in db.stream("SELECT device, seq, hash FROM head"):
        device = names[device_no]
        if heads.get(device) != (seq, entry_hash):
            yield Fault(
                "chain", f"head of {device}", f"stands at seq {seq}, the journal at {heads.get(device, (0,))[0]}"
            )


def _entry(
    envelope: Envelope, body: bytes, sig: str, raw: bytes, stamp: Stamp, where: str, spkis: list[str]
) -> Iterator[Fault]:
    if b64(sha256(body).digest()) != envelope.body_hash and Flag.BODY_MISMATCH not in stamp.flags:
        yield Fault("journal", where, "the body is not the one that was signed")
    if Flag.BAD_SIGNATURE not in stamp.flags and not any(spki and keys.verify(spki, raw, sig) for spki in spkis):
        yield Fault("signature", where, f"no key of {envelope.device} made this signature")


def _judged(db: Shelf, decision: Judged, position: int, where: str) -> Iterator[Fault]:
    """A decision is about an entry that stood there, and what it tells of it is what stood there."""
    row = None
    if decision.entry.isdecimal() and int(decision.entry) < position:
        found = db.select("SELECT hash, envelope, body FROM journal WHERE position = ?", int(decision.entry))
        row = found[0] if found else None
    if row is None or b64(row[0]) != decision.hash:
        yield Fault("journal", where, f"decides about {decision.entry}, where no such entry stands")
    elif decision.envelope and (decision.envelope.encode(), decision.body.encode()) != (row[1], row[2]):
        yield Fault("journal", where, f"tells another entry than the one at {decision.entry}")


def _codes(kind: str, body: bytes, where: str, device_keys: dict[str, str]) -> Iterator[Fault]:
    """A voucher is reported and rebuilt only from a code that its own phone signed."""
    if kind in ("voucher_reported", "voucher_rebuilt"):
        code = msgspec.json.decode(body, type=_Code)
        payload = parse(code.payload)
        spki = device_keys.get(payload.device, "") if payload else ""
        if not spki or not keys.verify(spki, code.payload.encode(), code.sig):
            yield Fault("signature", where, "no phone of this company signed the voucher's code")


class _Code(msgspec.Struct):
    payload: str
    sig: str


def _titles(kind: str, body: bytes, stamp: Stamp, where: str, server_keys: list[str]) -> Iterator[Fault]:
    """A grant that came back is this server's own work: without that anybody could make himself a device."""
    if kind == "grant_returned" and stamp.verdict != Verdict.REFUSED:
        grant = msgspec.json.decode(body, type=GrantReturned).grant
        if not signed_by_us(grant, server_keys):
            yield Fault("signature", where, "no key of this server made the returned grant")


def _chain(
    device: str,
    seq: int,
    envelope: Envelope | None,
    heads: dict[str, tuple[int, bytes]],
    holes: list[tuple[int, int]],
    where: str,
) -> Iterator[Fault]:
    before, before_hash = heads.get(device, (0, b""))
    lacks = before + 1
    for first, last in sorted(holes):
        lacks = max(lacks, last + 1) if first <= lacks else lacks
    if lacks < seq:
        yield Fault("chain", where, f"{device} lacks seq {lacks} … {seq - 1}")
    if seq <= before:
        yield Fault("chain", where, f"{device} has seq {seq} after {before}")
    if envelope is not None and seq == before + 1 and envelope.prev != b64(before_hash):
        yield Fault("chain", where, f"seq {seq} of {device} does not follow from seq {before}")


def _balanced(stamp: Stamp, ledger: Ledger, where: str) -> Iterator[Fault]:
    sums: Amounts = defaultdict(int)
    for line in stamp.lines:
        sums[line.currency] += line.amount
        key = (line.account, line.currency)
        ledger.balances[key] += line.amount
        if line.account.partition("/")[0] in NEVER_NEGATIVE and ledger.balances[key] < 0:
            yield Fault("ledger", where, f"{line.account} falls to {ledger.balances[key]} {line.currency}")
    for currency, amount in sums.items():
        if amount:
            yield Fault("ledger", where, f"debits and credits differ by {amount} {currency}")


def _postings(db: Shelf, ledger: Ledger) -> Iterator[Fault]:
    """Balances and postings are what the stamps say, to the unit."""
    for table, sql in _SUMS.items():
        stored = {(account, currency): amount for account, currency, amount in db.stream(sql)}
        for key in stored.keys() | ledger.balances.keys():
            if stored.get(key, 0) != ledger.balances.get(key, 0):
                yield Fault(
                    "ledger",
                    f"{table} {key[0]}",
                    f"{stored.get(key, 0)} {key[1]}, by the stamps {ledger.balances[key]}",
                )


def _documents(db: Shelf, ledger: Ledger) -> Iterator[Fault]:
    """What phones and desks are shown is what the books say."""

    def differs(where: str, shown: Amounts, account: str, sign: int = 1) -> Iterator[Fault]:
        for currency in {*shown, *(c for a, c in ledger.balances if a == account)}:
            booked = sign * ledger.balances.get((account, currency), 0)
            if shown.get(currency, 0) != booked:
                yield Fault("documents", where, f"shows {shown.get(currency, 0)} {currency}, the books say {booked}")

    for item in _all(db, Item):
        account = f"ar/{item.customer}/{item.id}"
        booked = ledger.balances.get((account, item.currency), 0)
        stated = item.original - sum(one.amount for one in item.settlements) - item.collected
        if item.open != booked or stated != booked:
            yield Fault(
                "documents", f"item {item.number}", f"open {item.open}, derived {stated}, the books say {booked}"
            )
    by_owner: dict[str, Amounts] = defaultdict(dict)
    for (account, currency), amount in ledger.balances.items():
        by_owner[account][currency] = amount
    for customer in _all(db, Customer):
        booked_credit = by_owner.get(f"on_account/{customer.id}", {})
        if customer.credit != {c: -a for c, a in booked_credit.items() if a}:
            yield Fault("documents", f"customer {customer.code}", f"credit {customer.credit}, booked {booked_credit}")
    for custody in _all(db, Custody):
        for field in ("cash", "cheques", "short"):
            yield from differs(f"custody {custody.id} {field}", getattr(custody, field), f"{field}/{custody.id}")
    for safe in _all(db, Safe):
        yield from differs(f"safe {safe.id}", safe.cash, f"safe/{safe.id}")
        yield from differs(f"vault {safe.id}", safe.cheques, f"vault/{safe.id}")


def _place(voucher: Voucher) -> tuple[str, int, str, int]:
    return voucher.device, voucher.seq, voucher.book, voucher.leaf


def _books(db: Shelf) -> Iterator[Fault]:
    """Issued + voided + unused + lost + unknown = size; every issued leaf has its voucher and no number comes twice."""
    leaves: dict[str, dict[int, str]] = defaultdict(dict)
    numbers: dict[str, str] = {}
    handed_on = {_place(one) for one in _all(db, Voucher) if one.state == "replaced" and not _NO_LEAF & set(one.flags)}
    for voucher in _all(db, Voucher):
        barred = _NO_LEAF & set(voucher.flags)
        # An id that stood elsewhere bars it from a leaf, but not from that of the rebuilt voucher whose entry it is.
        heir = barred == {Flag.ID_REPEATED} and _place(voucher) in handed_on
        if voucher.state == "replaced" or (barred and not heir):
            continue
        if Flag.NUMBER_OUTSIDE_BOOK not in voucher.flags:  # that one spends its leaf and bears another number
            if voucher.number in numbers:
                yield Fault("book", f"number {voucher.number}", "on two vouchers, neither of them flagged")
            numbers[voucher.number] = voucher.id
        leaves[voucher.book][voucher.leaf] = voucher.state
    for book in _all(db, Book):
        count = tally(book)
        if count.issued + count.voided + count.unused + count.lost + count.unknown != count.size:
            yield Fault("book", book.id, f"{count} does not add up to {count.size}")
        for leaf in range(book.first, book.last + 1):
            used = has_leaf(book.issued, leaf - book.first)
            if used != (leaf in leaves[book.id]):
                yield Fault(
                    "book", f"{book.series} leaf {leaf}", "issued without a voucher, or a voucher without a leaf"
                )


def _custody(ledger: Ledger) -> Iterator[Fault]:
    """A collector's hands may be below zero only while entries of a chain are missing."""
    for (account, currency), amount in ledger.balances.items():
        if account.startswith(("cash/", "cheques/", "transit_")) and amount < 0 and not ledger.holes:
            yield Fault("custody", account, f"{amount} {currency}, and no entries are missing")
