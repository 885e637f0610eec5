"""The supervisor's door: the live board, plans, flags, and decisions on voids."""

from datetime import date
from typing import Any

import msgspec
from litestar import get, post, put
from litestar.params import FromPath, FromQuery, JSONBody

from schemas.codes import Problem
from schemas.documents import Case, Custody, Customer, Deposit, Device, Plan, Request, User, Visit, Voucher
from schemas.entries import BODIES
from schemas.entries.deposits import DepositAccepted, DepositCounted, DepositDeclared, DepositReturned
from schemas.entries.receipts import (
    ReceiptIssued,
    ReceiptReversed,
    ReceiptVoided,
    VoidApproved,
    VoidRefused,
    VoidRequested,
)
from schemas.entries.visits import PlanSet, VisitEnded, VisitJoined
from schemas.wire import (
    Along,
    Board,
    BoardRow,
    Decision,
    FlagRow,
    Happening,
    PlanView,
    PlanWish,
    Stamp,
    VoidRequest,
)
from server.doors import AnyRequest, allow, caller_of, company_of
from server.problems import ProblemError
from server.reads import (
    all_of,
    contacts_of,
    day_of,
    group,
    items_by_customer,
    many,
    one,
    totals_of,
    vouchers_of_day,
)
from server.routes.cases import rows_of as case_rows
from server.routes.customers import row_of
from server.store.port import Reader
from server.writes import write
from sync.reading import envelope_of
from sync.visits import stops_of

FEED = 30
NEWEST_FLAGS = 300
FEED_KINDS = (
    "receipt_issued", "receipt_voided", "receipt_reversed", "void_requested", "deposit_declared", "deposit_counted",
    "deposit_accepted", "deposit_returned", "visit_ended", "visit_joined",
)  # fmt: skip
_STAMP = msgspec.json.Decoder(Stamp)


@get("/api/v1/board")
async def board(request: AnyRequest, day: FromQuery[date | None] = None) -> Board:
    allow(await caller_of(request), "supervisor", "administrator")
    company = company_of(request)
    now = company.clock()
    async with company.reading() as db:
        today = day or await day_of(db, now)
        people = await all_of(db, User)
        devices = {device.user: device for device in await all_of(db, Device) if device.user}
        contacts = await contacts_of(db)
        flagged = await flags_by_user(db, today)
        found: list[BoardRow] = []
        for user in people:
            if user.role != "collector" or not user.active:
                continue
            found.append(await _board_row(db, user, today, devices.get(user.id), contacts, flagged))
        feed = await happenings(db, FEED)
        waiting = await group(db, Request, "requests")
        asked = [case for case in await all_of(db, Case) if case.state == "open"]
        incidents = await case_rows(db, [case for case in reversed(asked) if case.what == "incident"])
    return Board(today, now.isoformat(timespec="seconds"), found, feed, len(waiting), incidents, len(asked))


async def _board_row(
    db: Reader,
    user: User,
    day: date,
    device: Device | None,
    contacts: dict[str, Any],
    flagged: dict[str, int],
) -> BoardRow:
    plan = await one(db, Plan, f"{user.id}|{day}")
    visits = await group(db, Visit, f"visits/{user.id}/{day}")
    vouchers = await vouchers_of_day(db, user.id, day)
    custody = await one(db, Custody, user.id) or Custody(user.id)
    stops = set(stops_of(plan))
    done = {visit.customer for visit in visits if visit.ended_at}
    transit = dict(custody.transit_cash)
    for currency, amount in custody.transit_cheques.items():
        transit[currency] = transit.get(currency, 0) + amount
    contact = contacts.get(device.id) if device else None
    return BoardRow(
        user=user,
        planned=len(stops),
        done=len(done & stops),
        unplanned=len(done - stops),
        vouchers=sum(1 for voucher in vouchers if voucher.state == "issued"),
        collected=totals_of(vouchers),
        cash=custody.cash,
        cheques=custody.cheques,
        transit=transit,
        short=custody.short,
        last_sync=contact.at if contact else "",
        unsent=contact.head.manifest.unsent if contact else 0,
        oldest_unsent=contact.head.manifest.oldest_at if contact else "",
        flags=flagged.get(user.id, 0),
        device_state=("forked" if device.forked else device.state) if device else "",
        persisted=contact.head.persisted if contact else True,
    )


async def flagged_rows(db: Reader, limit: int, before: int = 2**62) -> list[Any]:
    return await db.rows(
        "SELECT j.position, j.seq, w.text, j.envelope, j.body, j.stamp FROM chain c JOIN journal j USING (position)"
        " JOIN word w ON w.no = j.device WHERE (c.flags <> '' OR c.verdict <> 'accepted') AND c.position < ?"
        " ORDER BY c.position DESC LIMIT ?",
        before, limit,
    )  # fmt: skip


async def flags_by_user(db: Reader, day: date) -> dict[str, int]:
    """How many flagged entries of that day are about each user: his own, and what a desk found in his deposits."""
    counts: dict[str, int] = {}
    about: list[str] = []
    for _, _, _, envelope, body, stamp in await flagged_rows(db, 2000):
        written = envelope_of(envelope)
        if written is None or _STAMP.decode(stamp).day != day:
            continue
        if written.kind in ("deposit_counted", "deposit_accepted"):
            about.append(msgspec.json.decode(body)["deposit"])
        else:
            counts[written.by] = counts.get(written.by, 0) + 1
    deposits = await many(db, Deposit, about)
    for id in about:
        if (deposit := deposits.get(id)) is not None:
            counts[deposit.collector] = counts.get(deposit.collector, 0) + 1
    return counts


async def happenings(db: Reader, limit: int) -> list[Happening]:
    """The newest entries that a supervisor wants to see go by."""
    found = await db.rows(
        "SELECT position, envelope, body, stamp FROM journal ORDER BY position DESC LIMIT ?", limit * 8
    )
    told: list[tuple[int, Any, Any, Stamp]] = []
    for position, envelope, body, stamp in found:
        written = envelope_of(envelope)
        if written is None or written.kind not in FEED_KINDS or len(told) >= limit:
            continue
        try:
            told.append((position, written, msgspec.json.decode(body, type=BODIES[written.kind]), _STAMP.decode(stamp)))
        except (msgspec.DecodeError, UnicodeDecodeError):
            continue
    vouchers = await many(db, Voucher, [body.receipt for _, _, body, _ in told if hasattr(body, "receipt")])
    visits = await many(db, Visit, [body.visit for _, _, body, _ in told if isinstance(body, VisitEnded | VisitJoined)])
    people = [written.by for _, written, _, _ in told]
    people += [one for visit in visits.values() for one in visit.colleagues]
    names = await many(db, User, people)
    deposits = await many(db, Deposit, [body.deposit for _, _, body, _ in told if hasattr(body, "deposit")])
    customers = await many(
        db,
        Customer,
        [body.customer for _, _, body, _ in told if isinstance(body, ReceiptIssued)]
        + [voucher.customer for voucher in vouchers.values()]
        + [visit.customer for visit in visits.values()],
    )
    told_lines: list[Happening] = []
    for position, written, body, stamp in told:
        number, customer, amounts, along = "", "", [], list[str]()
        match body:
            case ReceiptIssued():
                number, customer = body.number, body.customer
                voucher = await one(db, Voucher, written.id)
                amounts = totals_of([voucher]) if voucher else []
            case ReceiptVoided() | ReceiptReversed() | VoidRequested():
                voucher = vouchers.get(body.receipt)
                number, customer = (voucher.number, voucher.customer) if voucher else ("", "")
            case DepositDeclared():
                number = body.name
            case DepositCounted() | DepositAccepted() | DepositReturned():
                deposit = deposits.get(body.deposit)
                number = deposit.name if deposit else ""
            case VisitEnded():
                visit = visits.get(body.visit)
                customer, number = (visit.customer if visit else ""), body.outcome
                along = visit.colleagues if visit else []
            case VisitJoined():
                visit = visits.get(body.visit)
                customer, along = (visit.customer if visit else ""), body.colleagues
            case _:
                pass
        user, shop = names.get(written.by), customers.get(customer)
        told_lines.append(
            Happening(
                position=position,
                at=written.at,
                kind=written.kind,
                by=written.by,
                name=user.name if user else "",
                name_ar=user.name_ar if user else "",
                number=number,
                customer=shop.name if shop else "",
                customer_ar=shop.name_ar if shop else "",
                amounts=amounts,
                flags=stamp.flags,
                verdict=stamp.verdict,
                along=[Along(names[one].name, names[one].name_ar) for one in along if one in names],
            )
        )
    return told_lines


@get("/api/v1/flags")
async def flags(request: AnyRequest, before: FromQuery[int] = 2**62) -> list[FlagRow]:
    """Newest first, at most 300; the ones before a journal position, so that the oldest can still be reached."""
    allow(await caller_of(request), "supervisor", "administrator")
    async with company_of(request).reading() as db:
        found = await flagged_rows(db, NEWEST_FLAGS, min(max(before, 0), 2**62))
        people = {user.id: user for user in await all_of(db, User)}
        said = [_said(body) for *_, body, _ in found]
        customers = await many(db, Customer, [str(body.get("customer", "")) for body in said])
        devices = await many(db, Device, [row[2] for row in found])
    told: list[FlagRow] = []
    for (position, seq, device, envelope, _, stamp_bytes), body in zip(found, said, strict=True):
        written, stamp = envelope_of(envelope), _STAMP.decode(stamp_bytes)
        user = people.get(written.by) if written else None
        customer = customers.get(str(body.get("customer", "")))
        told.append(
            FlagRow(
                position=position,
                device=device,
                seq=seq,
                kind=written.kind if written else "",
                at=written.at if written else "",
                received_at=stamp.received_at,
                by=written.by if written else "",
                verdict=stamp.verdict,
                flags=stamp.flags,
                code=devices[device].code if device in devices else "",
                name=user.name if user else "",
                name_ar=user.name_ar if user else "",
                number=str(body.get("number") or body.get("name") or ""),
                customer=customer.name if customer else str(body.get("customer", "")),
                customer_ar=customer.name_ar if customer else "",
            )
        )
    return told


def _said(body: bytes) -> dict[str, Any]:
    """The fields of a body that may be of any shape, or none."""
    try:
        read = msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return {}
    return read if isinstance(read, dict) else {}


# ---- plans


@get("/api/v1/plans/{user:str}/{day:date}")
async def plan(request: AnyRequest, user: FromPath[str], day: FromPath[date]) -> PlanView:
    allow(await caller_of(request), "supervisor", "administrator")
    async with company_of(request).reading() as db:
        found = await one(db, Plan, f"{user}|{day}") or Plan(f"{user}|{day}", user, day, [])
        mine = [customer for customer in await all_of(db, Customer) if user in customer.collectors]
        items = await items_by_customer(db, [customer.id for customer in mine])
    return PlanView(found, [row_of(customer, items.get(customer.id, []), day) for customer in mine])


@put("/api/v1/plans/{user:str}/{day:date}")
async def set_plan(request: AnyRequest, user: FromPath[str], day: FromPath[date], data: JSONBody[PlanWish]) -> Plan:
    caller = await caller_of(request)
    allow(caller, "supervisor", "administrator")
    company = company_of(request)
    body = PlanSet(user, day, list(dict.fromkeys(data.stops)))
    await company.run(lambda writer: write(writer, "plan_set", body, caller.user))
    async with company.reading() as db:
        saved = await one(db, Plan, f"{user}|{day}")
    assert saved is not None  # noqa: S101 -- it has just been written
    return saved


# ---- voids


@get("/api/v1/void-requests")
async def void_requests(request: AnyRequest) -> list[VoidRequest]:
    """Requests that wait. can_void: false once the deposit is counted; then only a reversal is left."""
    allow(await caller_of(request), "supervisor")
    async with company_of(request).reading() as db:
        waiting = await group(db, Request, "requests")
        vouchers = await many(db, Voucher, [one_request.about for one_request in waiting])
        customers = await many(db, Customer, [voucher.customer for voucher in vouchers.values()])
        people = await many(db, User, [voucher.by for voucher in vouchers.values()])
        deposits = await many(db, Deposit, [voucher.deposit for voucher in vouchers.values() if voucher.deposit])
    return [
        VoidRequest(
            voucher,
            customers.get(voucher.customer),
            people.get(voucher.by),
            can_void=voucher.deposit not in deposits or deposits[voucher.deposit].state not in ("counted", "accepted"),
        )
        for voucher in vouchers.values()
    ]


@post("/api/v1/void-requests/{id:str}/approve", status_code=200)
async def approve_void(request: AnyRequest, id: FromPath[str], data: JSONBody[Decision]) -> Voucher:
    return await _decide(request, id, data, "void_approved")


@post("/api/v1/void-requests/{id:str}/refuse", status_code=200)
async def refuse_void(request: AnyRequest, id: FromPath[str], data: JSONBody[Decision]) -> Voucher:
    return await _decide(request, id, data, "void_refused")


async def _decide(request: AnyRequest, id: str, data: Decision, kind: str) -> Voucher:
    caller = await caller_of(request)
    allow(caller, "supervisor")
    company = company_of(request)
    async with company.reading() as db:
        asked = await one(db, Request, id)
    if asked is None:
        raise ProblemError(Problem.NOT_FOUND, "no such request", request=id)
    if asked.state != "requested":
        raise ProblemError(Problem.ALREADY_DECIDED, "somebody has decided this request", state=asked.state)
    body = (VoidApproved if kind == "void_approved" else VoidRefused)(id, asked.about, data.note)
    await company.run(lambda writer: write(writer, kind, body, caller.user))
    return await _voucher(request, asked.about)


@post("/api/v1/vouchers/{id:str}/reverse", status_code=200)
async def reverse(request: AnyRequest, id: FromPath[str], data: JSONBody[Decision]) -> Voucher:
    """After the count: the customer is owed the money back."""
    caller = await caller_of(request)
    allow(caller, "supervisor")
    company = company_of(request)
    voucher = await _voucher(request, id)
    reason = voucher.void.reason if voucher.void else "other"
    body = ReceiptReversed(id, reason, voucher.void.request if voucher.void else "", data.note)  # type: ignore[arg-type]
    await company.run(lambda writer: write(writer, "receipt_reversed", body, caller.user))
    return await _voucher(request, id)


async def _voucher(request: AnyRequest, id: str) -> Voucher:
    async with company_of(request).reading() as db:
        voucher = await one(db, Voucher, id)
    if voucher is None:
        raise ProblemError(Problem.NOT_FOUND, "no such voucher", voucher=id)
    return voucher
