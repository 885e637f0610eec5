"""Customers from an ERP's file, and whose portfolio they enter."""

from collections.abc import Callable
from collections.abc import Mapping as Map
from typing import TypeVar

from schemas.entries.customers import Paper, Standing, StatedCustomer
from schemas.wire import RejectedRow
from server.imports.ids import customer_id
from server.imports.mapping import Mapping, Options, plain
from server.imports.parsing import (
    Dates,
    Decimals,
    date_order,
    decimal_mark,
    limited,
    parse_currency,
    parse_date,
    parse_degrees,
    parse_email,
    parse_language,
    parse_money,
)
from server.imports.reading import Table
from server.imports.refusal import CellRefused, RejectCode, rejected
from server.imports.rows import Cells, LineRefused, Parsed, check_currency, lines_of, ordered

Value = TypeVar("Value")


def customers_from(
    table: Table,
    mapping: Mapping,
    options: Options,
    *,
    company_id: str,
    known: Map[str, StatedCustomer] | None = None,
) -> Parsed[StatedCustomer]:
    """The customers that a file states. A field without a column stays as it is known, so that a file of phone numbers
    does not empty the addresses. Lines with one code and different contents are all rejected."""
    check_currency(mapping, options)
    lines, skipped = lines_of(table, mapping, ("code",))
    decimal = decimal_mark(
        (
            (cells.row.line, table.header[mapping.at["credit_limit"][0]], cells.text("credit_limit"), currency)
            for cells in lines
            if cells.text("credit_limit")
            and not cells.is_number("credit_limit")
            and (currency := _currency_or_none(cells, options))
        ),
        options.decimal,
    )
    order = date_order(
        (
            (cells.row.line, table.header[index], cells.row.cells[index])
            for cells in lines
            for index in mapping.at.get("paper_expires", ())
            if index not in cells.row.dates
        ),
        options.dates,
    )
    refused: list[RejectedRow] = []
    read: dict[str, list[tuple[int, StatedCustomer, str]]] = {}
    for cells in lines:
        try:
            cells.refuse_extra_cells()
            row, login = _customer(cells, options, decimal, order, company_id, known or {})
        except LineRefused as error:
            refused.append(error.row)
        else:
            read.setdefault(row.code, []).append((cells.row.line, row, login))

    rows: list[StatedCustomer] = []
    assignments: dict[str, list[str]] = {}
    for code, same_code in read.items():
        first_line, first, login = same_code[0]
        different = next((line for line, row, other in same_code if (row, other) != (first, login)), None)
        if different is None:
            rows.append(first)
            if login:
                assignments.setdefault(login, []).append(first.customer)
        for line, row, other in same_code:
            if different is not None:
                against = different if (row, other) == (first, login) else first_line
                refused.append(
                    rejected(
                        line, table.header[mapping.at["code"][0]], code, RejectCode.DIFFERS_FROM_LINE,
                        f"line {against} has the same code and other contents",
                    )
                )  # fmt: skip
            elif line != first_line:
                skipped.append(rejected(line, "", code, RejectCode.REPEATS_LINE, f"the same as line {first_line}"))
    return Parsed(rows, ordered(refused), ordered(skipped), assignments)


def _currency_or_none(cells: Cells, options: Options) -> str | None:
    try:
        return parse_currency(cells.text("currency") or options.currency)
    except CellRefused:
        return None


def _customer(
    cells: Cells, options: Options, decimal: Decimals, order: Dates, company_id: str, known: Map[str, StatedCustomer]
) -> tuple[StatedCustomer, str]:
    cells.required("code")
    code = cells.read("code", lambda text: limited(text, 200))
    before = known.get(customer_id(company_id, code))
    currency = cells.currency(options)

    def text(name: str, most: int = 200) -> str:
        if name not in cells.mapping:
            return str(getattr(before, name, ""))
        return cells.read(name, lambda value: limited(value, most), lines=name == "address")

    name = text("name") or text("name_ar")
    if not name:
        raise cells.refuse("name", RejectCode.FIELD_MISSING, "name is missing")
    lat, lon = _place(cells, before)
    row = StatedCustomer(
        customer=customer_id(company_id, code),
        code=code,
        name=name,
        currency=currency,
        name_ar=text("name_ar"),
        phone=text("phone"),
        address=text("address", 500),
        area=text("area"),
        lat=lat,
        lon=lon,
        credit_limit=_credit_limit(cells, currency, decimal, before),
        email=_stated(cells, "email", parse_email, before.email if before else ""),
        language=_stated(cells, "language", parse_language, before.language if before else ""),
        papers=_papers(cells, order, before),
        # No file states the accounts; what is known of them stays.
        accounts=before.accounts if before else [],
        standing=_standing(cells, before),
        bounced=_bounced(cells, before),
    )
    return row, cells.text("collector")


def _stated(cells: Cells, name: str, reader: Callable[[str], Value], before: Value) -> Value:
    return cells.read(name, reader) if name in cells.mapping else before


_STANDING_TEXTS: dict[Standing, tuple[str, ...]] = {
    "normal": ("normal", "ok", "active", "good", "عادي", "منتظم", "نشط"),
    "watch": ("watch", "watch list", "under watch", "تحت المراقبة", "مراقبة"),
    "suspended": ("suspended", "stopped", "blocked", "on hold", "موقوف", "متوقف"),
    "legal": ("legal", "legal action", "court", "قضائي", "إجراء قانوني", "شؤون قانونية"),
}
STANDINGS: dict[str, Standing] = {plain(text): name for name, texts in _STANDING_TEXTS.items() for text in texts}


def _standing(cells: Cells, before: StatedCustomer | None) -> Standing:
    if "standing" not in cells.mapping:
        return before.standing if before else "normal"
    text = cells.text("standing")
    if text and plain(text) not in STANDINGS:
        raise cells.refuse("standing", RejectCode.VALUE_UNKNOWN, "standings are: normal, watch, suspended, legal")
    return STANDINGS[plain(text)] if text else "normal"


def _bounced(cells: Cells, before: StatedCustomer | None) -> int:
    if "bounced" not in cells.mapping:
        return before.bounced if before else 0
    text = cells.text("bounced")
    if not text:
        return 0
    if not text.isdecimal() or len(text) > 6:
        raise cells.refuse("bounced", RejectCode.VALUE_UNKNOWN, "how many cheques were returned, as a whole number")
    return int(text)  # of any digits: Python reads Arabic ones too


def _papers(cells: Cells, order: Dates, before: StatedCustomer | None) -> list[Paper]:
    """One paper a line, by its day of expiry. A file states one and takes the place of the known one of that kind."""
    known = list(before.papers) if before else []
    if "paper_expires" not in cells.mapping or not cells.text("paper_expires"):
        return known
    expires = cells.read("paper_expires", lambda text: parse_date(text, order))
    kind = cells.read("paper", lambda text: limited(text, 200)) if cells.text("paper") else "commercial register"
    number = cells.read("paper_number", lambda text: limited(text, 200)) if cells.text("paper_number") else ""
    return [*(paper for paper in known if paper.kind != kind), Paper(kind, expires, number)]


def _place(cells: Cells, before: StatedCustomer | None) -> tuple[float | None, float | None]:
    if "lat" not in cells.mapping and "lon" not in cells.mapping:
        return (before.lat, before.lon) if before else (None, None)
    if not cells.text("lat") and not cells.text("lon"):
        return None, None
    # Half a position is a slip of the file and leads nobody to the door.
    return cells.read("lat", lambda text: parse_degrees(text, 90)), cells.read(
        "lon", lambda text: parse_degrees(text, 180)
    )


def _credit_limit(cells: Cells, currency: str, decimal: Decimals, before: StatedCustomer | None) -> int:
    if "credit_limit" not in cells.mapping:
        return before.credit_limit if before else 0
    if not cells.text("credit_limit"):
        return 0
    typed = cells.is_number("credit_limit")
    limit = cells.read("credit_limit", lambda text: parse_money(text, currency, decimal, typed=typed))
    if limit < 0:
        raise cells.refuse("credit_limit", RejectCode.AMOUNT_NEGATIVE, "a credit limit is not negative")
    return limit
