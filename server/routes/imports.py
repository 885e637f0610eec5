"""Importing customers and open items from an ERP's file."""

from collections.abc import AsyncIterator
from datetime import date
from typing import Literal

import msgspec
from litestar import Response, post
from litestar.params import FromPath, FromQuery
from litestar.response import Stream

from schemas.codes import Problem
from schemas.wire import ImportReport
from server.doors import AnyRequest, allow, caller_of, company_of
from server.imports.mapping import Options
from server.imports.refusal import FileRefused
from server.imports.run import Step, import_table
from server.problems import ProblemError
from server.reads import tip_of

LINES = "application/x-ndjson"


@post("/api/v1/imports/{subject:str}", status_code=200)
async def import_file(
    request: AnyRequest,
    subject: FromPath[Literal["customers", "items"]],
    name: FromQuery[str] = "file.csv",
    dry_run: FromQuery[bool] = False,
    mapping: FromQuery[str] = "",
    dates: FromQuery[Literal["", "day-first", "month-first", "iso"]] = "",
    decimal: FromQuery[Literal["", ".", ","]] = "",
    amount: FromQuery[Literal["", "original", "open"]] = "",
    currency: FromQuery[str] = "",
    terms_days: FromQuery[int | None] = None,
    as_of: FromQuery[date | None] = None,
    opening: FromQuery[bool] = False,
    until: FromQuery[int | None] = None,
    encoding: FromQuery[str] = "",
    delimiter: FromQuery[str] = "",
    header_line: FromQuery[int | None] = None,
) -> Response[ImportReport] | Stream:
    """The file's bytes are the body; mapping is the text of a mapping file (TOML). until: the last journal position
    that open amounts include. With `Accept: application/x-ndjson` the answer is a line per step and the report last."""
    caller = await caller_of(request)
    allow(caller, "administrator")
    company = company_of(request)
    async with company.reading() as db:
        tip = await tip_of(db)
    if until is not None and not 0 <= until <= tip:
        detail = f"until is a journal position; the last one is {tip}"
        raise ProblemError(Problem.MALFORMED, detail, field="until", value=until)
    options = Options(
        dates=dates or None,
        decimal=decimal or None,
        amount=amount or None,
        currency=currency,
        terms_days=terms_days,
        as_of=as_of,
        opening=opening,
        position=until,
        encoding=encoding or None,
        delimiter=delimiter or None,
        header_line=header_line,
    )
    steps = import_table(
        company,
        subject,
        await request.body(),
        name,
        options=options,
        mapping_toml=mapping,
        dry_run=dry_run,
        by=caller.user,
    )
    try:
        first = await anext(steps)
        if request.headers.get("accept") == LINES:
            return Stream(_lines(first, steps), media_type=LINES)
        last = first
        async for step in steps:
            last = step
    except FileRefused as refusal:
        raise ProblemError(Problem.MALFORMED, refusal.text, reason=refusal.code.value) from refusal
    assert isinstance(last, ImportReport)  # noqa: S101 -- the report is always the last
    return Response(last)


async def _lines(first: Step | ImportReport, rest: AsyncIterator[Step | ImportReport]) -> AsyncIterator[bytes]:
    yield msgspec.json.encode(first) + b"\n"
    async for step in rest:
        yield msgspec.json.encode(step) + b"\n"
