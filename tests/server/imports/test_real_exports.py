"""One list of payments, exported in five dialects: each must come in as the same rows and the same sums."""

import json
from pathlib import Path
from typing import Any

import pytest

from server.imports.items import items_from
from server.imports.mapping import Options, mapping_for
from server.imports.reading import read_table
from server.imports.rows import Parsed

DIALECTS = {
    "01-bom-dmy-thousands.csv": ("utf-8-sig", ",", "day-first"),
    "02-excel-unicode-text.txt": ("utf-16-le", "\t", "month-first"),
    "03-cp1256-arabic-headers-semicolon.csv": ("cp1256", ";", "day-first"),
    "04-arabic-indic-digits.csv": ("utf-8", ",", "day-first"),
    "05-report-banners-subtotals-repeated-headers.csv": ("utf-8", ",", "day-first"),
}


def parse(folder: Path, name: str) -> Parsed[Any]:
    encoding, delimiter, dates = DIALECTS[name]
    table = read_table((folder / "derived-messy-payments" / name).read_bytes(), name)
    assert (table.encoding, table.delimiter) == (encoding, delimiter)
    # The column «Amount» must be told from original amounts, and the column of due dates is empty.
    options = Options(amount="open", terms_days=0, dates=dates)  # type: ignore[arg-type]
    mapping = mapping_for(table.header, "items", options=options)
    return items_from(table, mapping, options, company_id="cmp_test")


@pytest.mark.parametrize("name", DIALECTS)
def test_every_dialect_gives_the_same_rows_and_sums(real_data: Path, name: str):
    truth = json.loads((real_data / "derived-messy-payments" / "truth.json").read_text("utf-8"))

    parsed = parse(real_data, name)

    assert parsed.rejected == []
    assert len(parsed.rows) == truth["rows"]
    assert len({row.customer for row in parsed.rows}) == truth["customers"]
    assert {row.currency for row in parsed.rows} == set(truth["by_currency"])
    assert f"{sum(row.original for row in parsed.rows) / 100:.2f}" == truth["by_currency"]["USD"]["amount"]
    for row, (_, _, number, date, _, amount, _) in [
        (parsed.rows[0], truth["first_row"]),
        (parsed.rows[-1], truth["last_row"]),
    ]:
        assert (row.number, row.date.isoformat(), f"{row.original / 100:.2f}") == (number, date, amount)
    assert parsed.rows == parse(real_data, "01-bom-dmy-thousands.csv").rows


def test_nothing_of_a_printed_report_is_lost(real_data: Path):
    name = "05-report-banners-subtotals-repeated-headers.csv"
    text = (real_data / "derived-messy-payments" / name).read_text("utf-8")

    parsed = parse(real_data, name)

    filled = [line for line in text.splitlines() if line.strip(" ,")]
    # One line more than rows and skipped ones: the header itself.
    assert len(filled) == len(parsed.rows) + len(parsed.skipped) + 1
    assert {row.code for row in parsed.skipped} == {"before_header", "page_line", "header_repeated", "total_line"}
