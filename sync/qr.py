"""The text in a voucher's QR code: what the paper says, which entry says so, and a signature over exactly that.

Twin of `pwa/src/ledger/qr.ts`; both run `tests/cases/qr.json`. Signing and verifying stay outside.
"""

import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Iterable
from dataclasses import dataclass

from schemas.entries.receipts import Cheque, Tender

SHAPE = "S1"
_WORD = re.compile(r"[A-Za-z0-9_-]+")
_WHOLE = re.compile(r"0|[1-9][0-9]{0,15}")
_DATE = re.compile(r"([0-9]{4})([0-9]{2})([0-9]{2})")
_TOTAL = re.compile(r"([A-Z]{3})-([a-z]+)-(0|[1-9][0-9]{0,15})")
_SIGNATURE = re.compile(r"[A-Za-z0-9_-]{86}")
_SAFE_MAX = 2**53 - 1


@dataclass(frozen=True, slots=True)
class QrTotal:
    currency: str
    method: str
    amount: int


@dataclass(frozen=True, slots=True)
class QrPayload:
    """date: YYYY-MM-DD, as on the paper."""

    company: str
    device: str
    key: str
    seq: int
    hash: str
    number: str
    date: str
    customer_code: str
    totals: tuple[QrTotal, ...]


def totals_of(tenders: Iterable[Tender]) -> tuple[QrTotal, ...]:
    """One row per currency and method, in order of first appearance."""
    sums: dict[tuple[str, str], int] = {}
    for tender in tenders:
        key = (tender.currency, "cheque" if isinstance(tender, Cheque) else "cash")
        sums[key] = sums.get(key, 0) + tender.amount
    return tuple(QrTotal(currency, method, amount) for (currency, method), amount in sums.items())


def build(payload: QrPayload) -> str:
    """The text that is signed. ValueError when the payload holds what the shape cannot say."""
    text = ".".join(
        (
            SHAPE,
            payload.company,
            payload.device,
            payload.key,
            str(payload.seq),
            payload.hash,
            _wrapped(payload.number),
            payload.date.replace("-", ""),
            _wrapped(payload.customer_code),
            "_".join(f"{total.currency}-{total.method}-{total.amount}" for total in payload.totals),
        )
    )
    if parse(text) is None:
        raise ValueError("a QR payload cannot say this")
    return text


def parse(text: str) -> QrPayload | None:
    """None for whatever `build` would not have written letter for letter."""
    parts = text.split(".")
    if len(parts) != 10 or parts[0] != SHAPE:
        return None
    _, company, device, key, seq, hash_, number, date, code, rows = parts
    if not all(_WORD.fullmatch(word) for word in (company, device, key, hash_)):
        return None
    day = _DATE.fullmatch(date)
    if not _WHOLE.fullmatch(seq) or not 0 < int(seq) <= _SAFE_MAX or day is None:
        return None
    totals: dict[tuple[str, str], int] = {}
    for row in rows.split("_"):
        found = _TOTAL.fullmatch(row)
        if found is None or (found[1], found[2]) in totals or int(found[3]) > _SAFE_MAX:
            return None
        totals[found[1], found[2]] = int(found[3])
    number_text, code_text = _unwrapped(number), _unwrapped(code)
    if not number_text or code_text is None:
        return None
    return QrPayload(
        company,
        device,
        key,
        int(seq),
        hash_,
        number_text,
        "-".join(day.groups()),
        code_text,
        tuple(QrTotal(currency, method, amount) for (currency, method), amount in totals.items()),
    )


def parse_signed(text: str) -> tuple[QrPayload, str, str] | None:
    """Payload, signed text and signature of what stands after `#`, or None when it is not of this shape."""
    signed, _, sig = text.rpartition(".")
    payload = parse(signed)
    return None if payload is None or not _SIGNATURE.fullmatch(sig) else (payload, signed, sig)


def address_of(company_address: str, signed: str) -> str:
    """The whole text of the code; `signed` is `<payload>.<signature>`."""
    return f"{company_address.rstrip('/')}/verify#{signed}"


def _wrapped(text: str) -> str:
    return urlsafe_b64encode(text.encode()).rstrip(b"=").decode()


def _unwrapped(part: str) -> str | None:
    if not re.fullmatch(r"[A-Za-z0-9_-]*", part):
        return None
    try:
        text = urlsafe_b64decode(part + "=" * (-len(part) % 4)).decode()
    except ValueError:
        return None
    return text if _wrapped(text) == part else None
