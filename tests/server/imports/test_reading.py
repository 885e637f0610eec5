"""Bytes of a file become a table: every encoding, every delimiter, workbooks, and line numbers that a person finds."""

import csv
import datetime as dt
import zipfile
from io import BytesIO, StringIO

import openpyxl
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from server.imports.reading import Table, read_table
from server.imports.refusal import FileCode, FileRefused

ENCODED = {
    "utf-8": "utf-8",
    "utf-8-sig": "utf-8-sig",
    "utf-16-le": "utf-16-le",
    "utf-16-be": "utf-16-be",
    "cp1256": "cp1256",
}
MARKS = {"utf-16-le": b"\xff\xfe", "utf-16-be": b"\xfe\xff"}

ROWS = [
    ["كود العميل", "اسم العميل", "ملاحظات"],
    ["0042", "بقالة النور، فرع 2", 'قال "غداً", ثم؛ سكت'],
    ["0043", "صيدلية الأمل", "سطر أول\r\nسطر ثان"],
    ["0044", "Toys; Sweets, Co.", "tab\there"],
    ["0045", "مخبز السلام", ""],
]


def written(rows: list[list[str]], encoding: str, delimiter: str, ending: str = "\r\n") -> bytes:
    text = StringIO(newline="")
    csv.writer(text, delimiter=delimiter, lineterminator=ending).writerows(rows)
    return MARKS.get(encoding, b"") + text.getvalue().encode(encoding)


def cells(table: Table) -> list[list[str]]:
    return [table.header, *(row.cells for row in table.rows)]


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("encoding", ENCODED)
def test_encoding_and_delimiter_are_found_out(encoding: str, delimiter: str):
    table = read_table(written(ROWS, encoding, delimiter), "customers.csv")

    assert cells(table) == ROWS
    assert (table.encoding, table.delimiter) == (encoding, delimiter)


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("encoding", ENCODED)
def test_what_is_stated_wins_over_what_is_found(encoding: str, delimiter: str):
    table = read_table(
        written(ROWS, encoding, delimiter), "customers.csv", encoding=ENCODED[encoding], delimiter=delimiter
    )

    assert cells(table) == ROWS
    assert table.delimiter == delimiter


# Quotes may hold anything, zero bytes and half characters aside: a file with those is refused.
any_cell = st.text(st.characters(blacklist_categories=["Cs"], blacklist_characters="\0\ufeff"), max_size=12)
arabic_cell = st.text("ابتثجحخدذرزسشصضطظعغفقكلمنهويءآأؤإئةى 0123456789abcXYZ,;\t\"'\n\r().-", max_size=12)


def tables(cell: st.SearchStrategy[str], width: int) -> st.SearchStrategy[list[list[str]]]:
    line = st.lists(cell, min_size=width, max_size=width)
    header = st.lists(cell.filter(str.strip), min_size=width, max_size=width)
    return st.tuples(header, st.lists(line, max_size=6)).map(lambda both: [both[0], *both[1]])


def not_blank(rows: list[list[str]]) -> list[list[str]]:
    return [row for row in rows if any(cell.strip() for cell in row)]


@given(
    st.integers(2, 4).flatmap(lambda width: tables(any_cell, width)),
    st.sampled_from(["utf-8", "utf-8-sig", "utf-16-le", "utf-16-be"]),
    st.sampled_from([",", ";", "\t"]),
)
def test_what_is_written_is_read_back(rows: list[list[str]], encoding: str, delimiter: str):
    data = written(rows, encoding, delimiter)

    assert cells(read_table(data, "any.csv", encoding=encoding, delimiter=delimiter)) == not_blank(rows)


@given(
    st.integers(2, 4).flatmap(lambda width: tables(arabic_cell, width)),
    st.sampled_from(["cp1256", "utf-8", "utf-16-le"]),
    st.sampled_from([",", ";", "\t"]),
)
@example([["كود", "اسم"], ["1", "'\n"]], "cp1256", ",")
def test_arabic_is_read_back_from_windows_files_too(rows: list[list[str]], encoding: str, delimiter: str):
    data = written(rows, encoding, delimiter)

    assert cells(read_table(data, "any.csv", encoding=encoding, delimiter=delimiter)) == not_blank(rows)


@pytest.mark.parametrize("ending", ["\n", "\r\n", "\r"])
def test_line_numbers_count_the_lines_of_the_file(ending: str):
    """A quoted cell with line breaks takes several lines, and blank lines count too."""
    text = ending.join(["a,b", f'1,"x{ending}y{ending}z"', "", "2,y", " , ", '3,"q""q"'])

    table = read_table(text.encode(), "lines.csv")

    assert [(row.line, row.cells[0]) for row in table.rows] == [(2, "1"), (6, "2"), (8, "3")]


def test_titles_above_the_header_are_no_header():
    text = "Company A\nOpen items\nPrinted 1/1\n\nCustomer No,Date,Amount\n1,2026-01-01,5\n"

    table = read_table(text.encode(), "report.csv")

    assert (table.header, table.header_line) == (["Customer No", "Date", "Amount"], 5)
    assert [(row.line, row.cells) for row in table.before] == [
        (1, ["Company A"]),
        (2, ["Open items"]),
        (3, ["Printed 1/1"]),
    ]
    assert [(row.line, row.cells) for row in table.rows] == [(6, ["1", "2026-01-01", "5"])]


def test_the_line_of_the_header_can_be_stated():
    table = read_table(b"a,b,c\nd,e,f\n1,2,3\n", "two.csv", header_line=2)

    assert table.header == ["d", "e", "f"]
    assert len(table.rows) == len(table.before) == 1
    with pytest.raises(FileRefused, match="line 9"):
        read_table(b"a,b,c\n", "two.csv", header_line=9)


def test_decimal_commas_do_not_make_a_comma_the_delimiter():
    lines = ["رقم;عميل;مبلغ", *(f"{index};x;23.456,{index}" for index in range(10, 60))]

    assert read_table("\n".join(lines).encode("cp1256"), "amounts.csv").delimiter == ";"


def test_excel_may_name_the_delimiter_on_the_first_line():
    table = read_table(b"sep=|\r\na|b\r\n1|2\r\n", "sep.csv")

    assert (table.delimiter, table.header, table.header_line) == ("|", ["a", "b"], 2)
    assert table.rows[0].line == 3


def test_lines_shorter_and_longer_than_the_header():
    table = read_table(b"a,b,c\n1\n1,2,3,,\n1,2,3,4\n", "ragged.csv")

    assert [row.cells for row in table.rows] == [["1", "", ""], ["1", "2", "3"], ["1", "2", "3", "4"]]


def refusal(data: bytes, **options: str) -> FileRefused:
    with pytest.raises(FileRefused) as refused:
        read_table(data, "file.csv", **options)  # type: ignore[arg-type]
    return refused.value


@pytest.mark.parametrize("data", [b"", b" \r\n ", b",,,\n,\n"])
def test_an_empty_file_is_refused(data: bytes):
    assert refusal(data).code == FileCode.EMPTY


def test_bad_bytes_name_line_and_offset():
    error = refusal("كود,اسم\n1,".encode() + b"\xff\xfe\n", encoding="utf-8")

    assert error.code == FileCode.BAD_BYTES
    assert "line 2: the byte 0xff at offset 16" in error.text


def test_a_damaged_utf8_file_is_not_taken_for_a_windows_file():
    """Windows-1256 takes any bytes, so one broken byte would turn all Arabic in the file into nonsense."""
    good = written(ROWS, "utf-8", ",")

    assert refusal(good[:-5] + b"\xff" + good[-5:]).code == FileCode.BAD_BYTES
    assert refusal(b"\xef\xbb\xbfa,b\n\xff,1").code == FileCode.BAD_BYTES
    assert refusal(b"\xff\xfea\0,\0b").code == FileCode.BAD_BYTES


def test_utf16_without_a_mark_is_asked_about():
    data = written([["a", "b"], ["1", "2"]], "utf-16-le", ",").removeprefix(b"\xff\xfe")

    assert refusal(data).code == FileCode.NOT_A_TABLE
    assert read_table(data, "file.csv", encoding="utf-16-le").header == ["a", "b"]


@pytest.mark.parametrize(
    "data", [b"%PDF-1.7 ...", b"\xd0\xcf\x11\xe0\xa1\xb1", b"PK\x03\x04 broken", b"\x1f\x8b\x08\x00"]
)
def test_files_of_other_kinds_are_refused_by_name(data: bytes):
    assert refusal(data).code == FileCode.NOT_A_TABLE


def test_unknown_encodings_are_refused():
    assert refusal(b"a,b", encoding="klingon").code == FileCode.UNKNOWN_ENCODING
    assert refusal(b"a,b", encoding="rot13").code == FileCode.UNKNOWN_ENCODING


def test_an_open_quote_names_its_line():
    error = refusal(b'a,b\n1,2\n3,"never closed\n4,5\n', delimiter=",")

    assert error.code == FileCode.QUOTES_BROKEN
    assert "line 3" in error.text


# ---- workbooks


def workbook(rows: list[list[object]], formats: dict[str, str] | None = None) -> bytes:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    for row in rows:
        sheet.append(row)
    for place, shown_as in (formats or {}).items():
        sheet[place].number_format = shown_as
    data = BytesIO()
    book.save(data)
    return data.getvalue()


def test_a_workbook_keeps_texts_numbers_and_dates_apart():
    table = read_table(
        workbook(
            [
                ["كود", "مبلغ", "تاريخ", "رقم"],
                ["0042", 23456.78, dt.date(2026, 3, 4), 12],
                [43.0, 0.1 + 0.2, dt.datetime(2026, 3, 4, 13, 5), "0007"],  # noqa: DTZ001 -- a workbook has no zones
                [44, -1234, None, True],
            ],
            {"D2": "000000"},
        ),
        "items.xlsx",
    )

    assert (table.encoding, table.delimiter, table.header_line) == ("xlsx", "", 1)
    assert [row.cells for row in table.rows] == [
        ["0042", "23456.78", "2026-03-04", "000012"],
        ["43", "0.3", "2026-03-04 13:05:00", "0007"],
        ["44", "-1234", "", "TRUE"],
    ]
    assert [sorted(row.numbers) for row in table.rows] == [[1, 3], [0, 1], [0, 1]]
    assert [sorted(row.dates) for row in table.rows] == [[2], [2], []]
    assert [row.line for row in table.rows] == [2, 3, 4]


def test_blank_lines_of_a_workbook_count():
    table = read_table(workbook([["title"], [], ["a", "b", "c"], [], [1, 2, 3]]), "items.xlsx")

    assert (table.header, table.header_line, table.rows[0].line) == (["a", "b", "c"], 3, 5)


@given(st.lists(st.integers(-(10**13), 10**13), min_size=1, max_size=20))
def test_cents_survive_a_workbook(amounts: list[int]):
    """A workbook holds floats; up to 15 digits they come back as they were typed."""
    table = read_table(workbook([["a", "b"], *([str(index), one / 100] for index, one in enumerate(amounts))]), "x")

    for amount, row in zip(amounts, table.rows, strict=True):
        whole, _, cents = row.cells[1].lstrip("-").partition(".")
        assert int(whole) * 100 + int(cents.ljust(2, "0")) == abs(amount)


def test_a_workbook_that_unpacks_too_large_is_refused(monkeypatch: pytest.MonkeyPatch):
    data = workbook([["a", "b"], ["1", "2"]])
    monkeypatch.setattr("server.imports.reading.LARGEST_WORKBOOK", 1000)

    assert refusal(data).code == FileCode.NOT_A_TABLE


def test_another_zip_is_no_workbook():
    data = BytesIO()
    with zipfile.ZipFile(data, "w") as packed:
        packed.writestr("note.txt", "hello")

    assert refusal(data.getvalue()).code == FileCode.NOT_A_TABLE
