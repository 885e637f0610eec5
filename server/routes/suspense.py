"""The supervisor's door to what waits under review: see it, release it, reject it."""

from typing import Literal

from litestar import get, post
from litestar.params import FromPath, JSONBody

from schemas.codes import Problem
from schemas.documents import Customer, Device, Suspended, User, Voucher
from schemas.entries.suspense import Judged
from schemas.wire import SuspendedRow, SuspenseDecision
from server.doors import AnyRequest, allow, caller_of, company_of
from server.problems import ProblemError
from server.reads import entry_at, group, many, one, vouchers_of
from server.store.port import Reader
from server.writes import write
from sync.suspense import repeats


@get("/api/v1/suspense")
async def suspense(request: AnyRequest) -> list[SuspendedRow]:
    """What waits for a decision, oldest first."""
    allow(await caller_of(request), "supervisor", "administrator")
    async with company_of(request).reading() as db:
        waiting = await group(db, Suspended, "suspense")
        vouchers = await many(db, Voucher, [held.voucher for held in waiting])
        customers = await many(db, Customer, [voucher.customer for voucher in vouchers.values()])
        people = await many(db, User, [held.by for held in waiting])
        devices = await many(db, Device, [held.device for held in waiting])
        rows: list[SuspendedRow] = []
        for held in waiting:
            voucher = vouchers.get(held.voucher)
            rows.append(
                SuspendedRow(
                    held,
                    voucher,
                    customers.get(voucher.customer) if voucher else None,
                    people.get(held.by),
                    devices[held.device].code if held.device in devices else "",
                    repeats=await _repeated(db, voucher) if voucher else [],
                )
            )
    return rows


async def _repeated(db: Reader, voucher: Voucher) -> list[Voucher]:
    """Standing vouchers that say the same with the same number."""
    return [first for first in await vouchers_of(db, voucher.by) if repeats(voucher, first)]


@post("/api/v1/suspense/{id:str}/release", status_code=200)
async def release(request: AnyRequest, id: FromPath[str], data: JSONBody[SuspenseDecision]) -> Suspended:
    """The entry has its normal effect now, by today's rules."""
    return await _decide(request, id, data, "release")


@post("/api/v1/suspense/{id:str}/reject", status_code=200)
async def reject(request: AnyRequest, id: FromPath[str], data: JSONBody[SuspenseDecision]) -> Suspended:
    """The entry has no effect; the money of a voucher stays with who has it, unless it only repeats another voucher."""
    return await _decide(request, id, data, "reject")


async def _decide(
    request: AnyRequest, id: str, data: SuspenseDecision, decision: Literal["release", "reject"]
) -> Suspended:
    caller = await caller_of(request)
    allow(caller, "supervisor")
    if not data.reason.strip():
        raise ProblemError(Problem.MALFORMED, "a reason is needed", field="reason")
    company = company_of(request)
    async with company.reading() as db:
        held = await _held(db, id)
        texts = ("", "")
        if decision == "release" and not held.voucher:
            texts = _texts(*await entry_at(db, int(held.id)))
    if held.state != "waiting":
        raise ProblemError(Problem.ALREADY_DECIDED, "somebody has decided this", state=held.state)
    body = Judged(held.id, held.device, held.seq, held.hash, decision, data.reason.strip(), data.duplicate_of, *texts)
    await company.run(lambda writer: write(writer, "judged", body, caller.user))
    async with company.reading() as db:
        return await _held(db, id)


async def _held(db: Reader, id: str) -> Suspended:
    held = await one(db, Suspended, id)
    if held is None:
        raise ProblemError(Problem.NOT_FOUND, "nothing waits under this name", entry=id)
    return held


def _texts(envelope: bytes, body: bytes) -> tuple[str, str]:
    """The entry's texts; empty where they are none, which the rules then refuse to judge."""
    try:
        return envelope.decode(), body.decode()
    except UnicodeDecodeError:
        return "", ""
