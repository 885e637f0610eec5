"""What anybody may ask: is the server well, and is this voucher genuine."""

from typing import Any

from litestar import get, post
from litestar.params import JSONBody

from schemas.documents import Customer, Device, Voucher
from schemas.entries.shapes import Total
from schemas.wire import Verified, VerifyWish
from server import keys
from server.doors import AnyRequest, brake_of, company_of
from server.reads import one, settings_of
from sync.chain import b64
from sync.qr import QrPayload, parse_signed, totals_of
from sync.reading import envelope_of

NOT_OURS = Verified("not_ours")


def _says(payload: QrPayload, voucher: Voucher, customer: Customer | None) -> bool:
    """Whether the paper says what the entry says. A phone could sign a code with other figures than it hands in."""
    return (
        payload.number == voucher.number
        and payload.date == voucher.at[:10]
        and payload.totals == totals_of(voucher.tenders)
        and (customer is None or payload.customer_code == customer.code)
    )


@get("/api/v1/health")
async def health(request: AnyRequest) -> dict[str, Any]:
    return {"status": "ok", "position": company_of(request).position}


@post("/api/v1/verify", status_code=200)
async def verify(request: AnyRequest, data: JSONBody[VerifyWish]) -> Verified:
    """Repeat what a voucher's code says and whether it is so. Anything that the device's key did not sign is not ours,
    and a code that names an entry which says something else is not ours either."""
    company = company_of(request)
    address = f"verify {request.client.host if request.client else 'local'}"
    brake_of(request).check(address, company.clock())
    read = parse_signed(data.payload)
    if read is None:
        brake_of(request).miss(address, company.clock())
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
            brake_of(request).miss(address, company.clock())
            return NOT_OURS
        settings = await settings_of(db)
        stored = await db.rows(
            "SELECT c.hash, j.envelope FROM chain c JOIN journal j USING (position)"
            " WHERE c.device = (SELECT no FROM word WHERE text = ?) AND c.seq = ?",
            payload.device,
            payload.seq,
        )
        entry = next((envelope_of(raw) for hash, raw in stored if b64(hash) == payload.hash), None)
        voucher = await one(db, Voucher, entry.id) if entry is not None else None
        customer = await one(db, Customer, voucher.customer) if voucher is not None else None
    if stored and (voucher is None or not _says(payload, voucher, customer)):
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
    )
