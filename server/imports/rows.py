"""What the lines of a file became: rows, and a list of all lines that became none. Shared by customers and items."""

import re
from collections.abc import Callable, Iterable, Iterator
from collections.abc import Mapping as Map
from dataclasses import dataclass, field
from typing import Generic, TypeVar

import msgspec

from schemas.documents import Customer, Item
from schemas.entries.customers import StatedCustomer, StatedItem
from schemas.money import CURRENCIES
from schemas.wire import ImportReport, RejectedRow
from server.imports.mapping import Mapping, Options, plain
from server.imports.parsing import clean, parse_currency
from server.imports.reading import Row, Table
from server.imports.refusal import CellRefused, FileCode, FileRefused, RejectCode, rejected

Thing = TypeVar("Thing", StatedCustomer, StatedItem)
Value = TypeVar("Value")

CHUNK_ROWS = 200
CHUNK_BYTES = 30_000
"""An entry is at most 32 kB; envelope, signature and the body's other fields need the rest."""


@dataclass(frozen=True, slots=True)
class Parsed(Generic[Thing]):
    """rejected: lines that should have been rows. skipped: lines that are none (titles, totals, repeats). assignments:
    login of a collector → ids of customers, from a customers' file with such a column."""

    rows: list[Thing]
    rejected: list[RejectedRow]
    skipped: list[RejectedRow]
    assignments: dict[str, list[str]] = field(default_factory=dict)


class LineRefused(Exception):
    """One line cannot be a row."""

    def __init__(self, row: RejectedRow) -> None:
        super().__init__(row.text)
        self.row = row


class Cells:
    """One line of a table, read by our field names."""

    def __init__(self, table: Table, mapping: Mapping, row: Row) -> None:
        self.table = table
        self.mapping = mapping
        self.row = row

    def text(self, name: str, *, lines: bool = False) -> str:
        """The text of a field, empty where there is no column; several columns of one field joined with commas."""
        parts = (clean(self.row.cells[index], lines=lines) for index in self.mapping.at.get(name, ()))
        return ", ".join(part for part in parts if part)

    def is_number(self, name: str) -> bool:
        return any(index in self.row.numbers for index in self.mapping.at.get(name, ()))

    def refuse(self, name: str, code: RejectCode, text: str) -> LineRefused:
        indexes = self.mapping.at.get(name, ())
        column = self.table.header[indexes[0]] if indexes else name
        return LineRefused(rejected(self.row.line, column, self.text(name), code, text))

    def read(self, name: str, reader: Callable[[str], Value], *, lines: bool = False) -> Value:
        """What a reader makes of the field; what it refuses is refused with column and value."""
        try:
            return reader(self.text(name, lines=lines))
        except CellRefused as error:
            raise self.refuse(name, error.code, error.text) from error

    def required(self, name: str) -> str:
        text = self.text(name)
        if not text:
            raise self.refuse(name, RejectCode.FIELD_MISSING, f"{name} is missing")
        return text

    def currency(self, options: Options) -> str:
        if not self.text("currency"):
            if not options.currency:
                raise self.refuse("currency", RejectCode.FIELD_MISSING, "currency is missing")
            return options.currency
        return self.read("currency", parse_currency)

    def refuse_extra_cells(self) -> None:
        extra = self.row.cells[len(self.table.header) :]
        if extra:
            raise LineRefused(
                rejected(
                    self.row.line, "", " | ".join(extra), RejectCode.TOO_MANY_CELLS,
                    f"{len(self.row.cells)} cells under {len(self.table.header)} columns; is a delimiter unquoted?",
                )
            )  # fmt: skip


def check_currency(mapping: Mapping, options: Options) -> None:
    """Amounts without a currency are refused before any line is read."""
    if options.currency and options.currency not in CURRENCIES:
        raise FileRefused(
            FileCode.OPTION_MISSING, f"Unknown currency {options.currency!r}. Known are: {', '.join(CURRENCIES)}."
        )
    if "currency" not in mapping and not options.currency:
        raise FileRefused(
            FileCode.OPTION_MISSING,
            "The file has no currency column. Say the currency: --currency EGP, or currency in the [options] "
            "of a mapping.",
        )


_TOTAL = re.compile(r"(?:grand|sub|page|report)?[ -]*totals?\b|اجمالي|الاجمالي|المجموع|مجموع", re.IGNORECASE)
_PAGE = re.compile(r"(?:page|صفحه|صفحة|الصفحة)\b", re.IGNORECASE)


def lines_of(table: Table, mapping: Mapping, keys: tuple[str, ...]) -> tuple[list[Cells], list[RejectedRow]]:
    """The lines that may be rows, and those of a printed report that are none: titles, page marks, repeated headers,
    totals. A total is a line without its keys that says so; all else stays, to be taken or rejected."""
    header = [plain(cell) for cell in table.header]
    titles = [_filled(row) for row in table.before]
    kept: list[Cells] = []
    skipped = [_skipped(row, RejectCode.BEFORE_HEADER, "above the header") for row in table.before]
    for row in table.rows:
        cells = Cells(table, mapping, row)
        filled = _filled(row)
        if plain(row.cells[0]) == header[0] and [plain(cell) for cell in row.cells] == header:
            skipped.append(_skipped(row, RejectCode.HEADER_REPEATED, f"the header of line {table.header_line} again"))
        elif filled in titles or (len(filled) == 1 and _PAGE.match(filled[0])):
            skipped.append(_skipped(row, RejectCode.PAGE_LINE, "the title or number of a page"))
        elif not all(cells.text(key) for key in keys) and any(_says_total(cell) for cell in filled):
            skipped.append(_skipped(row, RejectCode.TOTAL_LINE, "a total, and no row of its own"))
        else:
            kept.append(cells)
    return kept, skipped


def _filled(row: Row) -> list[str]:
    return [text for text in map(clean, row.cells) if text]


def _says_total(cell: str) -> bool:
    return _TOTAL.match(cell.replace("إ", "ا")) is not None


def _skipped(row: Row, code: RejectCode, text: str) -> RejectedRow:
    return rejected(row.line, "", " | ".join(_filled(row)), code, text)


def ordered(rows: Iterable[RejectedRow]) -> list[RejectedRow]:
    return sorted(rows, key=lambda row: row.line)


def id_of(row: StatedCustomer | StatedItem) -> str:
    return row.customer if isinstance(row, StatedCustomer) else row.item


def stated_customer(document: Customer) -> StatedCustomer:
    """What the journal last took from the ERP about a customer."""
    return _stated(document, StatedCustomer)


def stated_item(document: Item) -> StatedItem:
    """What the journal last took from the ERP about an item."""
    return _stated(document, StatedItem)


def _stated(document: Customer | Item, shape: type[Thing]) -> Thing:
    # The first field of what is stated is the id, under the name of its kind.
    _, *names = shape.__struct_fields__
    return shape(document.id, **{name: getattr(document, name) for name in names})


def changed_rows(rows: Iterable[Thing], known: Map[str, Thing]) -> tuple[list[Thing], list[Thing], list[Thing]]:
    """New, changed and same, against what is known by id. Only the first two become entries."""
    new: list[Thing] = []
    changed: list[Thing] = []
    same: list[Thing] = []
    for row in rows:
        before = known.get(id_of(row))
        (new if before is None else same if before == row else changed).append(row)
    return new, changed, same


def size_of(row: StatedCustomer | StatedItem) -> int:
    """Bytes of the row in an entry, with the comma that parts it from the next."""
    return len(msgspec.json.encode(row)) + 1


def in_chunks(rows: Iterable[Thing]) -> Iterator[list[Thing]]:
    """The rows in the order given, cut into what one entry holds."""
    chunk: list[Thing] = []
    size = 0
    for row in rows:
        one = size_of(row)
        if one > CHUNK_BYTES:
            raise ValueError(f"{id_of(row)} has {one} bytes, more than an entry holds")
        if chunk and (len(chunk) == CHUNK_ROWS or size + one > CHUNK_BYTES):
            yield chunk
            chunk, size = [], 0
        chunk.append(row)
        size += one
    if chunk:
        yield chunk


def report_of(
    table: Table, mapping: Mapping, parsed: Parsed[Thing], known: Map[str, Thing], *, dry_run: bool, entries: int = 0
) -> ImportReport:
    """What an import did or would do. Rejected and skipped lines stand in one list, in the order of the file: whoever
    compares it with the file finds every line either imported or named here."""
    new, changed, same = changed_rows(parsed.rows, known)
    return ImportReport(
        file=table.name,
        encoding=table.encoding,
        delimiter=table.delimiter,
        columns=mapping.columns,
        rows=len(parsed.rows),
        new=len(new),
        changed=len(changed),
        same=len(same),
        rejected=ordered([*parsed.rejected, *parsed.skipped]),
        dry_run=dry_run,
        entries=entries,
    )
