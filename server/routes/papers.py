"""Paper: vouchers, deposit slips and statements as PDF. Printing a voucher again from the office is a copy."""

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any, Literal

from litestar import Response, get
from litestar.params import FromPath, FromQuery

from schemas.codes import Problem
from schemas.documents import Book, Customer, Item, User, Voucher
from server.doors import AnyRequest, allow, caller_of, company_of
from server.paper.render import PaperPress, PaperTooSlow, PaperUnavailable
from server.paper.slip import StillBlind, slip_html
from server.paper.statement import DoesNotTie, statement_html
from server.paper.voucher import voucher_html
from server.problems import ProblemError
from server.reads import D, day_of, group, ledger_of, many, one, settings_of
from server.routes.deposits import view_of
from server.store.port import Reader
from sync.reading import envelope_of


async def _paper(
    request: AnyRequest, name: str, write: Callable[..., str], *facts: Any, **more: Any
) -> Response[bytes]:
    """Written and set in the press's own process: a page is a tenth of a second of computing that no push waits for."""
    press: PaperPress = request.app.state.press
    try:
        made = await press.paper(write, *facts, **more)
    except (PaperUnavailable, PaperTooSlow) as fault:
        raise ProblemError(Problem.BUSY, str(fault)) from fault
    except (DoesNotTie, StillBlind, ValueError) as fault:
        raise ProblemError(Problem.REFUSED, str(fault)) from fault
    return Response(
        made,
        media_type="application/pdf",
        headers={"Content-Disposition": f'inline; filename="{name}.pdf"', "Cache-Control": "no-store"},
    )


@get("/api/v1/vouchers/{id:str}/paper.pdf")
async def voucher_paper(
    request: AnyRequest,
    id: FromPath[str],
    size: FromQuery[Literal["a5", "80mm"]] = "a5",
    copy: FromQuery[int | None] = None,
) -> Response[bytes]:
    """copy: 1 only for the first print of a voucher that the phone never printed; by default the next copy number."""
    caller = await caller_of(request)
    allow(caller, "cashier", "supervisor", "administrator")
    async with company_of(request).reading() as db:
        voucher = await _found(db, Voucher, id)
        customer = await _found(db, Customer, voucher.customer)
        collector = await _found(db, User, voucher.by)
        settings = await settings_of(db)
        items = {item.id: item for item in await group(db, Item, f"customer/{customer.id}")}
    copy_number = copy if copy is not None else max(voucher.printed, 1) + 1
    return await _paper(
        request,
        voucher.number,
        voucher_html,
        settings,
        voucher,
        customer,
        items,
        collector,
        size=size,
        copy=copy_number,
        ledger=ledger_of(customer, items.values()).get(voucher.currency, 0),
    )


@get("/api/v1/deposits/{id:str}/slip.pdf")
async def deposit_slip(request: AnyRequest, id: FromPath[str]) -> Response[bytes]:
    caller = await caller_of(request)
    allow(caller, "cashier", "supervisor", "administrator")
    company = company_of(request)
    async with company.reading() as db:
        view = await view_of(db, caller, id)
        deposit = view.deposit
        standing = next((c for c in deposit.counts if deposit.acceptance and c.id == deposit.acceptance.count), None)
        counter = standing or (deposit.counts[-1] if deposit.counts else None)
        cashier = await one(db, User, counter.by) if counter else None
        collector = await _found(db, User, deposit.collector)
        books = await many(db, Book, deposit.books)
        settings = await settings_of(db)
    return await _paper(
        request,
        deposit.name,
        slip_html,
        settings,
        deposit,
        collector,
        cashier,
        view.cheques,
        printed_at=company.clock(),
        books=list(books.values()),
    )


@get("/api/v1/customers/{id:str}/statement.pdf")
async def statement(
    request: AnyRequest,
    id: FromPath[str],
    from_day: FromQuery[date | None] = None,
    to_day: FromQuery[date | None] = None,
) -> Response[bytes]:
    """A customer's account from one day to another, both included; the last 90 days by default."""
    caller = await caller_of(request)
    allow(caller, "cashier", "supervisor", "administrator")
    company = company_of(request)
    async with company.reading_late() as db:
        last = to_day or await day_of(db, company.clock())
        first = from_day or last - timedelta(days=90)
        if first > last:
            raise ProblemError(Problem.MALFORMED, "from_day is after to_day", field="from_day", value=str(first))
        customer = await _found(db, Customer, id)
        items = await group(db, Item, f"customer/{id}")
        vouchers = await vouchers_of_customer(db, id)
        settings = await settings_of(db)
    return await _paper(
        request,
        f"statement-{customer.code}",
        statement_html,
        settings,
        customer,
        items,
        vouchers,
        from_day=first,
        to_day=last,
        as_of=company.clock(),
    )


async def vouchers_of_customer(db: Reader, customer: str) -> list[Voucher]:
    """All vouchers that ever touched the customer's accounts."""
    envelopes = await db.rows(
        "SELECT DISTINCT j.position, j.envelope FROM word w JOIN posting p ON p.account = w.no"
        " JOIN journal j ON j.position = p.position"
        " WHERE w.text >= ? AND w.text < ? OR w.text = ? ORDER BY j.position",
        f"ar/{customer}/",
        f"ar/{customer}0",
        f"on_account/{customer}",
    )
    ids = [envelope.id for _, raw in envelopes if (envelope := envelope_of(raw)) is not None]
    return list((await many(db, Voucher, ids)).values())


async def _found(db: Reader, shape: type[D], id: str) -> D:
    document = await one(db, shape, id)
    if document is None:
        raise ProblemError(Problem.NOT_FOUND, f"no such {shape.__name__.lower()}", id=id)
    return document
