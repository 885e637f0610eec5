"""The supervisor's door to what collectors brought with pictures: disputes, and the cheques that they took."""

from litestar import get

from schemas.documents import ChequeHeld, Customer, Dispute, Item, User, Voucher
from schemas.entries.receipts import Cheque
from schemas.wire import ProofRow
from server.doors import AnyRequest, allow, caller_of, company_of
from server.reads import many, newest_of, settings_of
from sync.receipts import bare_cheques

NEWEST = 300
GONE = ("given_back", "replaced")


@get("/api/v1/proofs")
async def proofs(request: AnyRequest) -> list[ProofRow]:
    """Cheques without the picture that the company asks for, then disputes and cheques, newest first. A cashier counts
    blind and never sees this list."""
    allow(await caller_of(request), "supervisor", "administrator")
    async with company_of(request).reading() as db:
        asked_for = (await settings_of(db)).policy.cheque_photos
        disputes = await newest_of(db, Dispute, NEWEST)
        cheques = [one for one in await newest_of(db, ChequeHeld, NEWEST) if one.state not in GONE]
        vouchers = await many(db, Voucher, [one.voucher for one in cheques])
        customers = await many(db, Customer, [one.customer for one in disputes] + [one.customer for one in cheques])
        people = await many(db, User, [one.by for one in disputes] + [one.collector for one in cheques])
        items = await many(db, Item, [one.item for one in disputes])
    rows = [
        ProofRow(
            "dispute",
            one.id,
            one.at,
            one.currency,
            one.amount,
            number=items[one.item].number if one.item in items else "",
            customer=customers.get(one.customer),
            collector=people.get(one.by),
            photos=one.photos,
            reason=one.reason,
            note=one.note,
        )
        for one in disputes
    ]
    for cheque in cheques:
        voucher = vouchers.get(cheque.voucher)
        if voucher is None:
            continue
        place = int(cheque.id.rsplit(".", 1)[1])
        photos = photos_of(voucher, place)
        rows.append(
            ProofRow(
                "cheque",
                cheque.id,
                voucher.at,
                cheque.currency,
                cheque.amount,
                number=cheque.number,
                customer=customers.get(cheque.customer),
                collector=people.get(cheque.collector),
                photos=photos,
                voucher=cheque.number_on_voucher,
                bank=cheque.bank,
                due=cheque.due,
                missing=asked_for and place in bare_cheques(voucher),
            )
        )
    rows.sort(key=lambda row: row.at, reverse=True)
    return sorted(rows, key=lambda row: not row.missing)


def photos_of(voucher: Voucher, place: int) -> list[str]:
    """Those that came with the voucher hang at their tender; later ones are the voucher's, whatever they show."""
    tender = voucher.tenders[place]
    own = tender.photos if isinstance(tender, Cheque) else []
    return list(dict.fromkeys([*own, *voucher.photos]))
