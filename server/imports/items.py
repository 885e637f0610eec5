"""Open items from an ERP's file, so that what Sanad collected is never subtracted twice.

A file speaks on one of two bases:

- *originals*: it states the original amount of each item and, in settlement columns, what the ERP settled other than
  through Sanad. Open amounts then follow, whenever the file is read.
- *open*: it states what is still open. That figure already lacks what the ERP had heard of when it was made. So either
  it is an opening import (nothing of Sanad is in it), or the user states the last journal position that it includes,
  and what Sanad had collected up to there is taken out again:
  settled by the ERP = original − open − collected up to the position.
"""

import datetime as dt
from collections.abc import Callable, Container, Iterator
from collections.abc import Mapping as Map
from dataclasses import dataclass
from typing import Literal

from schemas.entries.customers import EInvoice, Settlement, StatedItem
from schemas.wire import RejectedRow
from server.imports.ids import customer_id, item_id
from server.imports.mapping import Mapping, Options, plain
from server.imports.parsing import (
    Dates,
    Decimals,
    date_order,
    decimal_mark,
    limited,
    parse_currency,
    parse_date,
    parse_money,
)
from server.imports.reading import Table
from server.imports.refusal import CellRefused, FileCode, FileRefused, RejectCode
from server.imports.rows import CHUNK_BYTES, Cells, LineRefused, Parsed, check_currency, lines_of, ordered, size_of

Basis = Literal["originals", "open"]
Kind = Literal["invoice", "instalment", "credit_note", "opening", "returned_cheque"]

_KIND_TEXTS: dict[Kind, tuple[str, ...]] = {
    "invoice": ("invoice", "inv", "bill", "debit note", "فاتورة", "فاتورة مبيعات", "إشعار مدين"),
    "instalment": ("instalment", "installment", "قسط"),
    "credit_note": ("credit note", "credit_note", "credit memo", "cn", "return", "إشعار دائن", "مرتجع", "مردودات"),
    "returned_cheque": (
        "returned cheque",
        "returned check",
        "bounced cheque",
        "bounced check",
        "شيك مرتد",
        "شيك مرتجع",
    ),
    "opening": ("opening", "opening balance", "رصيد افتتاحي", "رصيد أول المدة"),
}
EInvoiceState = Literal["submitted", "valid", "cancelled", "rejected"]
_STATE_TEXTS: dict[EInvoiceState, tuple[str, ...]] = {
    "submitted": ("submitted", "مقدمة", "مرسلة"),
    "valid": ("valid", "", "accepted", "صالحة", "صحيحة", "مقبولة"),
    "cancelled": ("cancelled", "canceled", "ملغاة", "ملغية"),
    "rejected": ("rejected", "invalid", "مرفوضة"),
}
_YES = ("yes", "y", "1", "true", "x", "نعم")
KINDS: dict[str, Kind] = {plain(text): kind for kind, texts in _KIND_TEXTS.items() for text in texts}

YES_OR_NO = {plain(text): text in _YES for text in (*_YES, "no", "n", "0", "false", "لا", "")}
EINVOICE_STATES: dict[str, EInvoiceState] = {
    plain(text): state for state, texts in _STATE_TEXTS.items() for text in texts
}  # fmt: skip

_DATES = ("date", "due", "settled_date")
_AMOUNTS = ("original", "open", "settled")


@dataclass(frozen=True, slots=True)
class Facts:
    """What one line says of its item, its settlement aside. original and open are None without such a column."""

    customer_code: str
    number: str
    currency: str
    date: dt.date
    due: dt.date
    original: int | None
    open: int | None
    kind: Kind | None
    note: str | None
    to_deliver: bool | None = None
    einvoice: EInvoice | None = None


@dataclass(frozen=True, slots=True)
class Line:
    cells: Cells
    facts: Facts
    settlement: Settlement | None

    @property
    def number(self) -> int:
        return self.cells.row.line


class LinesRefused(Exception):
    """All lines of one item cannot be a row."""

    def __init__(self, rows: list[RejectedRow]) -> None:
        super().__init__(rows[0].text)
        self.rows = rows


def basis_of(mapping: Mapping) -> Basis:
    """Originals where the file states them together with settlements, or states nothing else. Original and open amounts
    without settlements are a file of open amounts: the difference between them holds what Sanad collected."""
    if "original" in mapping and ({"settled", "settled_date"} & mapping.at.keys() or "open" not in mapping):
        return "originals"
    if "open" in mapping:
        return "open"
    raise FileRefused(
        FileCode.COLUMN_MISSING,
        "No column for original or open amounts. Name one of them in the [columns] of a mapping.",
    )


def items_from(
    table: Table,
    mapping: Mapping,
    options: Options,
    *,
    company_id: str,
    known: Map[str, StatedItem] | None = None,
    customers: Container[str] | None = None,
    collected_until: Callable[[str], int] | None = None,
) -> Parsed[StatedItem]:
    """The open items that a file states. known: items as the journal has them. customers: ids of the known ones;
    without it they are not checked. collected_until: what Sanad had collected of an item up to `options.position`.

    Lines of one item with different settlements are one item; other differences, or a line of it that cannot be read,
    reject all its lines: half an item would ask the customer for the wrong amount.
    """
    known = known or {}
    check_currency(mapping, options)
    basis = basis_of(mapping)
    _check_options(mapping, options, basis)
    lines, skipped = lines_of(table, mapping, ("customer", "number"))
    order = date_order(_dates(table, lines, mapping), options.dates)
    decimal = decimal_mark(_amounts(table, lines, mapping, options), options.decimal)

    refused: list[RejectedRow] = []
    broken: dict[tuple[str, str], int] = {}
    read: dict[tuple[str, str], list[Line]] = {}
    for cells in lines:
        try:
            cells.refuse_extra_cells()
            line = _line(cells, options, order, decimal)
        except LineRefused as error:
            refused.append(error.row)
            broken.setdefault((cells.text("customer"), cells.text("number")), cells.row.line)
        else:
            read.setdefault((line.facts.customer_code, line.facts.number), []).append(line)

    ids = {key: item_id(company_id, *key) for key in read}
    if basis == "open" and options.position is None and not options.opening:
        _refuse_known(ids, known)
    collected = collected_until if options.position is not None else None
    if options.position is not None and collected is None:
        raise ValueError("a journal position needs collected_until")

    rows: list[StatedItem] = []
    for key, group in read.items():
        before = known.get(ids[key])
        try:
            if key in broken:
                raise _refused(
                    group, RejectCode.OTHER_LINE_REJECTED, f"line {broken[key]} of the same item is rejected"
                )
            if customers is not None and customer_id(company_id, key[0]) not in customers:
                raise _refused(
                    group, RejectCode.CUSTOMER_UNKNOWN, "no such customer; import customers first", "customer"
                )
            lines_of_item, repeats = _without_repeats(group, mapping)
            facts = lines_of_item[0].facts
            # A journal entry with such an item would be refused whole, and its other items with it.
            if before is not None and before.currency != facts.currency:
                raise _refused(
                    group, RejectCode.CURRENCY_CHANGED, f"the item is known in {before.currency}", "currency"
                )
            if basis == "originals":
                settlements = _stated(lines_of_item, mapping, before)
                original = facts.original or 0
            else:
                original, settlements = _derived(facts, options, before, collected(ids[key]) if collected else 0)
            if original == 0:
                raise _refused(group, RejectCode.AMOUNT_ZERO, "nothing is open, and nothing is known of the item")
            item = StatedItem(
                item=ids[key],
                customer=customer_id(company_id, facts.customer_code),
                number=facts.number,
                currency=facts.currency,
                date=facts.date,
                due=facts.due,
                original=original,
                kind=_kind_of(facts, original, before, options),
                settlements=settlements,
                note=facts.note if facts.note is not None else before.note if before else "",
                to_deliver=facts.to_deliver if facts.to_deliver is not None else bool(before and before.to_deliver),
                # A file without the columns says nothing of it; so does a line without an identifier.
                einvoice=facts.einvoice or (before.einvoice if before else None),
            )
            if size_of(item) > CHUNK_BYTES:
                raise _refused(
                    group, RejectCode.TOO_MANY_SETTLEMENTS, f"{len(settlements)} settlements, too many for an entry"
                )
        except LinesRefused as error:
            refused.extend(error.rows)
        else:
            rows.append(item)
            skipped.extend(repeats)
    return Parsed(rows, ordered(refused), ordered(skipped))


def _check_options(mapping: Mapping, options: Options, basis: Basis) -> None:
    if options.opening and options.position is not None:
        raise FileRefused(
            FileCode.OPTIONS_CONTRADICT, "An opening import includes nothing of Sanad, so it has no journal position."
        )
    if basis == "originals":
        if options.position is not None or options.opening:
            raise FileRefused(
                FileCode.OPTIONS_CONTRADICT,
                "A journal position or an opening import is said of open amounts; this file states original amounts.",
            )
        if "settled" in mapping and "settled_date" not in mapping:
            _as_of(options)
    if "due" not in mapping and options.terms_days is None:
        raise FileRefused(
            FileCode.OPTION_MISSING,
            "The file has no column of due dates. Say the days of credit: --terms-days 30 (0: due on the item's date), "
            "or terms_days in the [options] of a mapping.",
        )


def _as_of(options: Options) -> dt.date:
    if options.as_of is None:
        raise FileRefused(
            FileCode.OPTION_MISSING,
            "What the ERP settled needs a date. Say the day that the file speaks of: --as-of 2026-11-22, or as_of in "
            "the [options] of a mapping.",
        )
    return options.as_of


def _refuse_known(ids: dict[tuple[str, str], str], known: Map[str, StatedItem]) -> None:
    both = [number for (_, number), item in ids.items() if item in known]
    if both:
        raise FileRefused(
            FileCode.POSITION_MISSING,
            f"The file states open amounts alone, and {len(both)} of its items are known already ({', '.join(both[:3])}"
            f"{' …' if len(both) > 3 else ''}). Without knowing which collections these amounts include, some would be "
            "subtracted twice. Say the last journal position that they include (--until 1234), or --opening if they "
            "include nothing that was collected through Sanad.",
        )


def _dates(table: Table, lines: list[Cells], mapping: Mapping) -> Iterator[tuple[int, str, str]]:
    for cells in lines:
        for name in _DATES:
            for index in mapping.at.get(name, ()):
                if index not in cells.row.dates:
                    yield cells.row.line, table.header[index], cells.row.cells[index]


def _amounts(
    table: Table, lines: list[Cells], mapping: Mapping, options: Options
) -> Iterator[tuple[int, str, str, str]]:
    for cells in lines:
        try:
            currency = parse_currency(cells.text("currency") or options.currency)
        except CellRefused:
            # The line will be rejected for its currency; its amounts prove nothing.
            continue
        for name in _AMOUNTS:
            for index in mapping.at.get(name, ()):
                if index not in cells.row.numbers:
                    yield cells.row.line, table.header[index], cells.row.cells[index], currency


def _line(cells: Cells, options: Options, order: Dates, decimal: Decimals) -> Line:
    def day(name: str) -> dt.date:
        cells.required(name)
        return cells.read(name, lambda text: parse_date(text, order))

    def amount(name: str) -> int:
        cells.required(name)
        typed = cells.is_number(name)
        return cells.read(name, lambda text: parse_money(text, currency, decimal, typed=typed))

    cells.required("customer")
    cells.required("number")
    customer_code = cells.read("customer", lambda text: limited(text, 200))
    number = cells.read("number", lambda text: limited(text, 200))
    currency = cells.currency(options)
    written = day("date")
    if cells.text("due") or options.terms_days is None:
        due = day("due")
    else:
        due = written + dt.timedelta(days=options.terms_days)

    original = amount("original") if "original" in cells.mapping else None
    still_open = amount("open") if "open" in cells.mapping else None
    kind = _kind(cells)
    leading = "original" if original is not None else "open"
    stated = original if original is not None else still_open
    # Some ERPs write credit notes without a sign and say in another column that they are credit notes.
    turn = -1 if kind == "credit_note" and stated is not None and stated > 0 else 1
    if kind in {"invoice", "instalment"} and stated is not None and stated < 0:
        raise cells.refuse(leading, RejectCode.KIND_AND_SIGN_DIFFER, f"a negative amount is no {kind}")
    if original == 0:
        raise cells.refuse("original", RejectCode.AMOUNT_ZERO, "an item of nothing")
    if (
        original is not None
        and still_open is not None
        and (original * still_open < 0 or abs(still_open) > abs(original))
    ):
        raise cells.refuse(
            "open",
            RejectCode.OPEN_EXCEEDS_ORIGINAL,
            f"more than the original {cells.text('original')}, or of another sign",
        )
    facts = Facts(
        customer_code,
        number,
        currency,
        written,
        due,
        None if original is None else turn * original,
        None if still_open is None else turn * still_open,
        kind,
        cells.read("note", lambda text: limited(text, 500), lines=True) if "note" in cells.mapping else None,
        _to_deliver(cells),
        _einvoice(cells),
    )
    settled = amount("settled") if cells.text("settled") else None
    settled_on = day("settled_date") if cells.text("settled_date") else None
    return Line(cells, facts, _settlement(cells, facts, settled, settled_on, turn, options))


def _to_deliver(cells: Cells) -> bool | None:
    if "to_deliver" not in cells.mapping:
        return None
    text = plain(cells.text("to_deliver"))
    if text not in YES_OR_NO:
        raise cells.refuse("to_deliver", RejectCode.VALUE_UNKNOWN, "yes or no")
    return YES_OR_NO[text]


def _einvoice(cells: Cells) -> EInvoice | None:
    if "einvoice" not in cells.mapping or not cells.text("einvoice"):
        return None
    uuid = cells.read("einvoice", lambda text: limited(text, 200))
    long_id = cells.read("einvoice_long_id", lambda text: limited(text, 200)) if cells.text("einvoice_long_id") else ""
    state = plain(cells.text("einvoice_state"))
    if state not in EINVOICE_STATES:
        raise cells.refuse(
            "einvoice_state", RejectCode.VALUE_UNKNOWN, "states are: submitted, valid, cancelled, rejected"
        )
    return EInvoice(uuid, long_id, EINVOICE_STATES[state])


def _kind(cells: Cells) -> Kind | None:
    text = cells.text("kind")
    if text and plain(text) not in KINDS:
        raise cells.refuse(
            "kind", RejectCode.KIND_UNKNOWN, "kinds are: invoice, instalment, credit note, opening balance"
        )
    return KINDS[plain(text)] if text else None


def _settlement(
    cells: Cells, facts: Facts, settled: int | None, settled_on: dt.date | None, turn: int, options: Options
) -> Settlement | None:
    """The settlement that a line states. A date without a column of amounts settles the item in full."""
    if settled_on is not None and "settled" not in cells.mapping:
        settled = turn * (facts.original or 0)
    if not settled:
        if settled_on is not None and settled is None:
            raise cells.refuse(
                "settled_date", RejectCode.SETTLEMENT_INCOMPLETE, "a date of settlement without an amount"
            )
        return None
    day = settled_on if "settled_date" in cells.mapping else _as_of(options)
    if day is None:
        raise cells.refuse("settled", RejectCode.SETTLEMENT_INCOMPLETE, "an amount settled without its date")
    return Settlement(day, turn * settled, cells.read("settlement_ref", lambda text: limited(text, 200)))


def _refused(group: list[Line], code: RejectCode, text: str, name: str = "number") -> LinesRefused:
    return LinesRefused([line.cells.refuse(name, code, text).row for line in group])


def _without_repeats(group: list[Line], mapping: Mapping) -> tuple[list[Line], list[RejectedRow]]:
    """Each different line once, and the others as repeats. With a column of settled amounts the lines may differ in
    their settlement, and in nothing else."""

    def compared(line: Line) -> object:
        return line.facts if "settled" in mapping else (line.facts, line.settlement)

    first = group[0]
    different = next((line for line in group if compared(line) != compared(first)), None)
    if different is not None:
        raise LinesRefused(
            [
                line.cells.refuse(
                    "number",
                    RejectCode.DIFFERS_FROM_LINE,
                    f"line {(different if compared(line) == compared(first) else first).number} has the same number "
                    "and other contents",
                ).row
                for line in group
            ]
        )
    kept: list[Line] = []
    repeats: list[RejectedRow] = []
    for line in group:
        same = next((other for other in kept if other.settlement == line.settlement), None)
        if same is None:
            kept.append(line)
        else:
            repeats.append(line.cells.refuse("number", RejectCode.REPEATS_LINE, f"the same as line {same.number}").row)
    return kept, repeats


def _stated(lines: list[Line], mapping: Mapping, before: StatedItem | None) -> list[Settlement]:
    """The settlements of a file of originals, in an order that does not depend on that of its lines. A file without
    columns for them says nothing about settlements, so the known ones stay."""
    if not {"settled", "settled_date"} & mapping.at.keys():
        return before.settlements if before else []
    stated = [line.settlement for line in lines if line.settlement is not None]
    return sorted(stated, key=lambda one: (one.date, one.reference, one.amount))


def _derived(facts: Facts, options: Options, before: StatedItem | None, collected: int) -> tuple[int, list[Settlement]]:
    """Original amount and settlements that follow from an open amount and what Sanad collected before it was stated."""
    still_open = facts.open or 0
    if facts.original is None and (before is None or (options.opening and before.kind == "opening")):
        return still_open + collected, []
    original = facts.original if facts.original is not None else before.original if before else 0
    settlements = before.settlements if before else []
    difference = original - still_open - collected - sum(one.amount for one in settlements)
    if difference == 0:
        return original, settlements
    return original, [*settlements, Settlement(_as_of(options), difference)]


def _kind_of(facts: Facts, original: int, before: StatedItem | None, options: Options) -> Kind:
    """As the line says, else by sign, else as known. An item whose original amount nobody has stated is an opening."""
    if facts.kind is not None:
        return facts.kind
    if original < 0:
        return "credit_note"
    if before is not None and before.kind != "credit_note" and not (before.kind == "opening" and facts.original):
        return before.kind
    return "opening" if facts.original is None and options.position is None else "invoice"
