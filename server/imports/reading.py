"""From the bytes of a file to a table of texts with line numbers. What the texts mean is not decided here.

Nothing is repaired and nothing is lost: bytes that do not decode refuse the file with line and offset, a quote that is
never closed refuses it with its line, and texts keep their leading zeros.
"""

import codecs
import csv
import re
import zipfile
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, time
from io import BytesIO, StringIO
from itertools import islice
from typing import Any

from server.imports.refusal import FileCode, FileRefused

DELIMITERS = (",", ";", "\t")
ENCODINGS = ("utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp1256", "cp1252", "iso8859-6", "cp720")

LARGEST_WORKBOOK = 200_000_000
"""Bytes of a workbook unpacked. A few kilobytes of zip can unpack to more than a machine has."""

_SAMPLE_ROWS = 50
_MARKS = (
    (codecs.BOM_UTF8, "utf-8", "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16-le", "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be", "utf-16-be"),
)
_OTHER_FILES = (
    (b"%PDF", "a PDF"),
    (b"\xd0\xcf\x11\xe0", "a workbook of the old kind (.xls): save it as .xlsx or CSV"),
    (b"{\\rtf", "a text document (RTF)"),
    (b"\x1f\x8b", "a compressed file"),
)


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table. line: where it begins in the file, from 1. numbers, dates: indexes of cells that the file
    itself holds as number or date; they stand here with a decimal point, and as ISO 8601."""

    line: int
    cells: list[str]
    numbers: frozenset[int] = frozenset()
    dates: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True)
class Table:
    """rows: all below the header that are not blank, as wide as the header or wider. before: lines above it, such as
    the title of a report. encoding: as used, `xlsx` for a workbook; delimiter: empty for a workbook."""

    name: str
    header: list[str]
    header_line: int
    rows: list[Row]
    before: list[Row]
    encoding: str
    delimiter: str


def read_table(
    data: bytes,
    name: str,
    *,
    encoding: str | None = None,
    delimiter: str | None = None,
    header_line: int | None = None,
) -> Table:
    """The table in a CSV, TSV or XLSX file (its first sheet). What is given is obeyed, what is not is found out.

    Encoding: by its byte order mark, else UTF-8, else Windows-1256, which takes any bytes and is therefore last.
    Delimiter: the one of comma, semicolon and tab that cuts the first lines into most columns most evenly.
    Header: the first line with more than half as many filled cells as the fullest of the first lines.
    """
    if not data.strip():
        raise FileRefused(FileCode.EMPTY, f"{name} is empty.")
    for magic, what in _OTHER_FILES:
        if data.startswith(magic):
            raise FileRefused(FileCode.NOT_A_TABLE, f"{name} is {what}.")
    if data.startswith(b"PK\x03\x04"):
        return _table(name, list(_workbook(data, name)), "xlsx", "", header_line)
    text, used = _decoded(data, name, encoding)
    if "\0" in text:
        raise FileRefused(
            FileCode.NOT_A_TABLE,
            f"{name} holds zero bytes (line {_lines(text[: text.index(chr(0))])}): it is no text, or UTF-16 without a "
            "byte order mark. If it is the latter, say which encoding: utf-16-le or utf-16-be.",
        )
    # Excel writes the delimiter on a first line of its own when told to.
    said = re.match(r"sep=(.)\r?\n", text)
    if delimiter is None:
        delimiter = said[1] if said else _guessed_delimiter(text)
    elif len(delimiter) != 1:
        raise FileRefused(FileCode.OPTION_MISSING, f"A delimiter is one character, not {delimiter!r}.")
    rows = _csv_rows(text, delimiter, name)
    return _table(name, list(islice(rows, 1, None) if said else rows), used, delimiter, header_line)


def _decoded(data: bytes, name: str, encoding: str | None) -> tuple[str, str]:
    if encoding is not None:
        try:
            codec = codecs.lookup(encoding).name
        except LookupError:
            codec = ""
        if codec not in ENCODINGS:
            raise FileRefused(
                FileCode.UNKNOWN_ENCODING, f"Unknown encoding {encoding!r}. Known are: {', '.join(ENCODINGS)}."
            )
        return _strictly(data, name, codec).removeprefix("\ufeff"), codec
    for mark, codec, said in _MARKS:
        if data.startswith(mark):
            return _strictly(data, name, codec).removeprefix("\ufeff"), said
    try:
        return data.decode("utf-8"), "utf-8"
    except UnicodeDecodeError:
        # One damaged byte must not turn a whole UTF-8 file into gibberish that Windows-1256 happily spells out.
        # Real Windows-1256 is hardly ever UTF-8 by chance, so the majority decides.
        mended = data.decode("utf-8", "replace")
        damaged = mended.count("\ufffd")
        if sum(character > "\x7f" for character in mended) - damaged > damaged:
            _strictly(data, name, "utf-8")
    return data.decode("cp1256"), "cp1256"


def _strictly(data: bytes, name: str, codec: str) -> str:
    try:
        return data.decode(codec)
    except UnicodeDecodeError as error:
        line = _lines(data[: error.start].decode(codec, "ignore"))
        raise FileRefused(
            FileCode.BAD_BYTES,
            f"{name}, line {line}: the byte 0x{data[error.start]:02x} at offset {error.start} is not {codec}. "
            "Save the file again, or say which encoding it is in.",
        ) from error


def _lines(text: str) -> int:
    """The number of the line that follows this text."""
    return len(re.findall(r"\r\n|\r|\n", text)) + 1


def _guessed_delimiter(text: str) -> str:
    def score(delimiter: str) -> float:
        widths = []
        try:
            for row in islice(_reader(text, delimiter), _SAMPLE_ROWS):
                widths += [len(row)] if any(cell.strip() for cell in row) else []
        except csv.Error:
            # The lines before the trouble still say something; a wrong delimiter stumbles over quotes at once.
            pass
        if not widths:
            return 0
        width, count = Counter(widths).most_common(1)[0]
        return (width - 1) * count / len(widths)

    return max(DELIMITERS, key=score)


def _reader(text: str, delimiter: str) -> Any:
    # `sqlite_utils.utils.rows_from_file` would be the house's reader of CSV and TSV, but it makes a dict of each row:
    # line numbers are gone, one of two columns with the same name is gone, and a row with a cell too many ends the
    # whole reading. It also takes an unclosed quote as text to the end of the file. So the module below it is used.
    return csv.reader(StringIO(text, newline=""), delimiter=delimiter, strict=True)


def _csv_rows(text: str, delimiter: str, name: str) -> Iterator[Row]:
    reader = _reader(text, delimiter)
    line = 1
    try:
        for cells in reader:
            yield Row(line, cells)
            # A quoted cell may hold line breaks, so the next row begins after as many lines as the reader has eaten.
            line = reader.line_num + 1
    except csv.Error as error:
        raise FileRefused(
            FileCode.QUOTES_BROKEN, f"{name}, line {line}: {error}. A quotation mark is not closed or not doubled."
        ) from error


def _workbook(data: bytes, name: str) -> Iterator[Row]:
    try:
        with zipfile.ZipFile(BytesIO(data)) as packed:
            size = sum(part.file_size for part in packed.infolist())
        if size > LARGEST_WORKBOOK:
            raise FileRefused(FileCode.NOT_A_TABLE, f"{name} unpacks to {size:,} bytes, which is too much.")
        # Imported here: it takes a quarter of a second, and most files and commands need none of it.
        import openpyxl  # noqa: PLC0415

        book = openpyxl.load_workbook(BytesIO(data), read_only=True, data_only=True)
    except (zipfile.BadZipFile, KeyError, ValueError, OSError) as error:
        if isinstance(error, FileRefused):
            raise
        raise FileRefused(FileCode.NOT_A_TABLE, f"{name} is no workbook that can be read: {error}.") from error
    if not book.worksheets:
        raise FileRefused(FileCode.NOT_A_TABLE, f"{name} has no sheet with a table.")
    sheet = book.worksheets[0]
    # Programs that write workbooks often state a wrong size of the sheet; the cells themselves are right.
    sheet.reset_dimensions()
    for line, row in enumerate(sheet.iter_rows(), 1):
        cells: list[str] = []
        numbers, dates = set(), set()
        for index, cell in enumerate(row):
            value = cell.value
            if isinstance(value, bool) or value is None or isinstance(value, str):
                cells.append("" if value is None else str(value).upper() if isinstance(value, bool) else value)
            elif isinstance(value, int | float):
                cells.append(_number(value, cell.number_format))
                numbers.add(index)
            elif isinstance(value, datetime | date):
                cells.append(_date(value))
                dates.add(index)
            else:
                cells.append(value.isoformat() if isinstance(value, time) else str(value))
        yield Row(line, cells, frozenset(numbers), frozenset(dates))


def _number(value: float, shown_as: str) -> str:
    if float(value).is_integer() and abs(value) < 2**53:
        value = int(value)
    if isinstance(value, int):
        # A format of zeros alone (000000) shows a document number with its leading zeros; the number has none.
        return str(value).zfill(len(shown_as)) if shown_as and not shown_as.strip("0") else str(value)
    # A workbook keeps 15 digits. What a float has beyond them (1234.5600000000001) comes from computing with it.
    text = repr(value)
    return text if len(text.strip("-0.").replace(".", "")) <= 15 and "e" not in text else _fifteen_digits(value)


def _fifteen_digits(value: float) -> str:
    text = f"{value:.15g}"
    return text if "e" not in text else f"{value:.15f}".rstrip("0").rstrip(".")


def _date(value: datetime | date) -> str:
    if isinstance(value, datetime):
        return value.date().isoformat() if value.time() == time() else value.isoformat(" ", "seconds")
    return value.isoformat()


def _table(name: str, rows: list[Row], encoding: str, delimiter: str, header_line: int | None) -> Table:
    filled = [row for row in rows if any(cell.strip() for cell in row.cells)]
    if not filled:
        raise FileRefused(FileCode.EMPTY, f"{name} has no line with anything in it.")
    if header_line is None:
        sample = filled[:_SAMPLE_ROWS]
        most = max(map(_filled_cells, sample))
        at = next(index for index, row in enumerate(sample) if 2 * _filled_cells(row) > most)
    else:
        at = next((index for index, row in enumerate(filled) if row.line == header_line), -1)
        if at < 0:
            raise FileRefused(FileCode.EMPTY, f"{name} has no header on line {header_line}: that line is blank.")
    header = _trimmed(filled[at].cells)
    return Table(
        name, header, filled[at].line, [_as_wide(row, len(header)) for row in filled[at + 1 :]], filled[:at], encoding,
        delimiter,
    )  # fmt: skip


def _filled_cells(row: Row) -> int:
    return sum(1 for cell in row.cells if cell.strip())


def _trimmed(cells: Iterable[str]) -> list[str]:
    kept = list(cells)
    while kept and not kept[-1].strip():
        kept.pop()
    return kept


def _as_wide(row: Row, width: int) -> Row:
    cells = row.cells[:width] + _trimmed(row.cells[width:])
    return Row(row.line, cells + [""] * (width - len(cells)), row.numbers, row.dates)
