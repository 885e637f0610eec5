"""Vouchers that customers have and the company has not: reported by anybody, rebuilt by a supervisor."""

from litestar import get, post
from litestar.params import FromPath, JSONBody

from schemas.codes import Flag, Problem, Verdict
from schemas.documents import Customer, MissingVoucher, User, Voucher
from schemas.entries.rebuilt import VoucherRebuilt, VoucherReported
from schemas.entries.receipts import Cash
from schemas.wire import MissingRow, RebuildWish, Verified, VerifyWish
from server.doors import AnyRequest, allow, caller_of, company_of
from server.inbox import Writer
from server.problems import ProblemError
from server.reads import all_of, group, many, one
from server.routes.public import checked, verified
from server.writes import write
from sync.chain import b64
from sync.qr import QrPayload, parse_signed


@post("/api/v1/verify/report", status_code=200)
async def report(request: AnyRequest, data: JSONBody[VerifyWish]) -> Verified:
    """A customer tells of a voucher that the company has not seen. Only with a valid signature; told again, nothing is
    added."""
    company = company_of(request)
    found = await checked(request, data.payload)
    if found.can_report:
        read = parse_signed(data.payload)
        assert read is not None  # noqa: S101 -- it could be verified
        payload, signed, signature = read

        def task(writer: Writer) -> None:
            if not _filled(writer, payload)[0]:
                write(writer, "voucher_reported", VoucherReported(signed, signature))

        try:
            await company.run(task)
        except ProblemError as problem:
            if problem.facts.get("flags") != [Flag.ALREADY_REPORTED]:
                raise
    return await verified(company, data.payload)


def _filled(writer: Writer, payload: QrPayload) -> tuple[bool, str]:
    """Whether the very entry of a code is in the journal, and the hash of another one in its place."""
    stored = writer.store.known(payload.device, payload.seq, payload.seq).get(payload.seq, [])
    hashes = [b64(one.hash) for one in stored]
    return payload.hash in hashes, next((hash for hash in hashes if hash != payload.hash), "")


@get("/api/v1/missing-vouchers")
async def missing_vouchers(request: AnyRequest) -> list[MissingRow]:
    """What customers have reported and neither came nor was rebuilt."""
    allow(await caller_of(request), "supervisor", "administrator")
    async with company_of(request).reading() as db:
        waiting = await group(db, MissingVoucher, "missing")
        people = await many(db, User, [missing.collector for missing in waiting])
        codes = {missing.customer_code for missing in waiting}
        customers = {one.code: one for one in await all_of(db, Customer) if one.code in codes} if codes else {}
    return [
        MissingRow(missing, customers.get(missing.customer_code), people.get(missing.collector)) for missing in waiting
    ]


@post("/api/v1/missing-vouchers/{id:str}/rebuild", status_code=200)
async def rebuild(request: AnyRequest, id: FromPath[str], data: JSONBody[RebuildWish]) -> Voucher:
    """The voucher counts from now on, provisionally. Cash follows from the code; cheques as the customer tells them."""
    caller = await caller_of(request)
    allow(caller, "supervisor")
    company = company_of(request)
    async with company.reading() as db:
        missing = await one(db, MissingVoucher, id)
        same_code = [one for one in await all_of(db, Customer) if missing and one.code == missing.customer_code]
    if missing is None:
        raise ProblemError(Problem.NOT_FOUND, "nobody has reported this voucher", voucher=id)
    read = parse_signed(missing.code)
    assert read is not None  # noqa: S101 -- it was verified when it was reported
    payload, signed, signature = read
    cash = [Cash(total.currency, total.amount) for total in payload.totals if total.method == "cash"]
    customer = same_code[0].id if len(same_code) == 1 else ""

    def task(writer: Writer) -> str:
        arrived, other = _filled(writer, payload)
        if arrived or missing.state != "reported":
            raise ProblemError(Problem.ALREADY_DECIDED, "this voucher has come or was rebuilt", state=missing.state)
        body = VoucherRebuilt(signed, signature, [*cash, *data.cheques], customer, other, data.note)
        written = writer.write("voucher_rebuilt", body, caller.user)
        if written.outcome.verdict == Verdict.REFUSED:
            raise ProblemError(Problem.REFUSED, "the rules refuse this", flags=written.outcome.flags)
        return written.id

    voucher_id = await company.run(task)
    async with company.reading() as db:
        voucher = await one(db, Voucher, voucher_id)
    assert voucher is not None  # noqa: S101 -- it has just been written
    return voucher
