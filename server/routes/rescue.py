"""Rescue files at the door: anybody may bring one, and each push in it goes the way of every push."""

from collections import Counter
from collections.abc import Iterable

import msgspec
from litestar import post

from schemas.documents import User
from schemas.entries.receipts import Cheque, ReceiptIssued
from schemas.entries.shapes import Total
from schemas.wire import EntryOnWire, Outcome, Rescued, RescuedPush, RescuedVoucher
from server.arriving import opened
from server.company import OpenCompany
from server.doors import AnyRequest, brake_of, caller_of, company_of
from server.identity.sessions import Caller
from server.problems import ProblemError
from server.reads import device_of, one
from server.rescue import opened_file
from server.routes.sync import hand_in
from server.store.secrets import seal_keys_of
from sync.reading import Unreadable, body_of, envelope_of

KNOWS_FIGURES = ("administrator", "supervisor")
"""A cashier counts blind: what a collector says he holds must not be on her screen before her count."""


@post("/api/v1/sync/rescue", status_code=200)
async def rescue(request: AnyRequest) -> Rescued:
    """Take in a rescue file. No login is needed: entries prove themselves. Handed in twice it changes nothing."""
    company, brake = company_of(request), brake_of(request)
    address = f"rescue {request.client.host if request.client else 'local'}"
    brake.check(address, company.clock())
    caller = await _caller(request)
    async with company.reading() as db:
        seal_keys = await seal_keys_of(db)
    try:
        file, pushes = opened_file(await request.body(), company.id, seal_keys)
    except ProblemError:
        brake.miss(address, company.clock())
        raise
    return Rescued(file.device, [await _handed_in(company, raw, file.device, caller) for raw in pushes])


async def _caller(request: AnyRequest) -> Caller | None:
    """Who asks, if somebody does. A login that has ended does not stand between a file and the office."""
    try:
        return await caller_of(request)
    except ProblemError:
        return None


async def _handed_in(company: OpenCompany, raw: bytes, maker: str, caller: Caller | None) -> RescuedPush:
    before = company.position
    try:
        message, head = opened(raw)
    except ProblemError as problem:
        return RescuedPush(maker, 0, problem=problem.code, facts=problem.facts)
    count = len(message.entries)
    code, owner = await _whose(company, head.device, caller)
    name, name_ar = (owner.name, owner.name_ar) if owner else ("", "")
    try:
        _, done = await hand_in(company, raw)
    except ProblemError as problem:
        return RescuedPush(
            head.device, count, problem=problem.code, facts=problem.facts, code=code, name=name, name_ar=name_ar
        )
    return RescuedPush(
        head.device,
        count,
        new=sum(outcome.position > before for outcome in done.outcomes),
        verdicts=dict(Counter(outcome.verdict for outcome in done.outcomes)),
        acked=done.head.seq,
        code=code,
        name=name,
        name_ar=name_ar,
        vouchers=_vouchers(message.entries, done.outcomes, figures=caller.role in KNOWS_FIGURES) if caller else [],
    )


async def _whose(company: OpenCompany, device: str, caller: Caller | None) -> tuple[str, User | None]:
    if caller is None:
        return "", None
    async with company.reading() as db:
        found = await device_of(db, device)
        return (found.code, await one(db, User, found.user)) if found else ("", None)


def _vouchers(entries: Iterable[EntryOnWire], outcomes: list[Outcome], *, figures: bool) -> list[RescuedVoucher]:
    found: list[RescuedVoucher] = []
    for entry, outcome in zip(entries, outcomes, strict=False):
        envelope = envelope_of(bytes(entry.envelope))
        if envelope is None or envelope.kind != "receipt_issued":
            continue
        try:
            body, _ = body_of(envelope.kind, bytes(entry.body))
        except Unreadable:
            continue  # it is kept unjudged, and counts among the verdicts
        receipt = msgspec.convert(body, ReceiptIssued, from_attributes=True)
        totals = _totals(receipt) if figures else []
        found.append(RescuedVoucher(receipt.number, envelope.at, outcome.verdict, outcome.flags, totals))
    return found


def _totals(receipt: ReceiptIssued) -> list[Total]:
    sums: dict[tuple[str, str], tuple[int, int]] = {}
    for tender in receipt.tenders:
        key = (tender.currency, "cheque" if isinstance(tender, Cheque) else "cash")
        count, amount = sums.get(key, (0, 0))
        sums[key] = (count + 1, amount + tender.amount)
    return [Total(currency, method, count, amount) for (currency, method), (count, amount) in sums.items()]
