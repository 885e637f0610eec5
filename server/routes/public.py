"""What anybody may ask: is the server well, and is this voucher genuine."""

from typing import Any

from litestar import get, post
from litestar.params import JSONBody

from schemas.documents import Customer, Device, MissingVoucher, Voucher
from schemas.entries.shapes import Total
from schemas.wire import Verified, VerifyWish
from server import keys
from server.company import OpenCompany
from server.doors import AnyRequest, brake_of, company_of
from server.reads import entries_at, many, one, settings_of
from server.store.port import Reader
from sync.chain import b64
from sync.qr import QrPayload, parse_signed, totals_of
from sync.reading import envelope_of
from sync.rebuilt import place_of

NOT_OURS = Verified("not_ours")


def _says(payload: QrPayload, voucher: Voucher, customer: Customer | None) -> bool:
    """Whether the paper says what the entry says. A phone could sign a code with other figures than it hands in."""
    return (
        payload.number == voucher.number
        and payload.date == voucher.at[:10]
        and set(payload.totals) == set(totals_of(voucher.tenders))  # a rebuilt one has them in another order
        and (customer is None or payload.customer_code == customer.code)
    )


@get("/api/v1/health")
async def health(request: AnyRequest) -> dict[str, Any]:
    return {"status": "ok", "position": company_of(request).position}


@post("/api/v1/verify", status_code=200)
async def verify(request: AnyRequest, data: JSONBody[VerifyWish]) -> Verified:
    """Repeat what a voucher's code says and whether it is so."""
    return await checked(request, data.payload)


async def checked(request: AnyRequest, text: str) -> Verified:
    """`verified`, with a brake on guessing: what is not ours counts as a miss of the caller's address."""
    company = company_of(request)
    address = f"verify {request.client.host if request.client else 'local'}"
    brake_of(request).check(address, company.clock())
    found = await verified(company, text)
    if found.status == "not_ours":
        brake_of(request).miss(address, company.clock())
    return found


async def verified(company: OpenCompany, text: str) -> Verified:
    """Anything that the device's key did not sign is not ours, and a code that names an entry which says something else
    is not ours either."""
    read = parse_signed(text)
    if read is None:
        return NOT_OURS
    payload, signed, signature = read
    async with company.reading() as db:
        device = await one(db, Device, payload.device)
        if (
            device is None
            or payload.company != company.id
            or payload.key != device.key
            or not keys.verify(device.public_key, signed.encode(), signature)
        ):
            return NOT_OURS
        settings = await settings_of(db)
        stored = await entries_at(db, payload.device, payload.seq)
        missing = await one(db, MissingVoucher, place_of(payload.device, payload.seq, payload.hash))
        voucher = await _voucher(db, payload, stored, missing)
        customer = await one(db, Customer, voucher.customer) if voucher is not None else None
    if (stored and voucher is None) or (voucher is not None and not _says(payload, voucher, customer)):
        return NOT_OURS
    status = "genuine"
    if voucher is None:
        status = "reported_lost" if device.state == "lost" else "not_yet_handed_in"
    elif voucher.state != "issued":
        status = "voided"
    return Verified(
        status=status,
        company=settings.name,
        company_ar=settings.name_ar,
        number=payload.number,
        date=payload.date,
        customer_code=payload.customer_code,
        totals=[Total(total.currency, total.method, 1, total.amount) for total in payload.totals],
        can_report=voucher is None and missing is None and device.purpose == "phone",
        reported=voucher is None and missing is not None,
    )


async def _voucher(
    db: Reader, payload: QrPayload, stored: list[tuple[int, bytes, bytes]], missing: MissingVoucher | None
) -> Voucher | None:
    """The voucher of the entry that a code names, or the one that was rebuilt for it while it is not here."""
    for position, hash, raw in stored:
        entry = envelope_of(raw)
        if b64(hash) == payload.hash and entry is not None:
            found = await many(db, Voucher, [f"{entry.id}~{position}", entry.id])
            return found.get(f"{entry.id}~{position}") or found.get(entry.id)
    return await one(db, Voucher, missing.voucher) if missing is not None and missing.voucher else None
