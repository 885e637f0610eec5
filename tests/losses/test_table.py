"""The folder and the public table (docs/losses.md) say the same: every loss has a test, and every test has its row."""

import ast
import re
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
ROWS = range(1, 46)
PROVED = ("**Here**", "**At the nearest seam**", "**Not provable here**")


def cells() -> Iterator[list[str]]:
    """Each row of the table: number, what happened, what Sanad does, tests, where it is proved."""
    for line in (ROOT / "docs" / "losses.md").read_text("utf-8").splitlines():
        if re.match(r"\| L\d+ \|", line):
            yield [cell.strip() for cell in line.strip("|").split("|")]


def told(of: str) -> dict[int, list[str]]:
    """Row → what its cell of tests names, of either kind: `path::name` of a test here, or a file of the phone's own."""
    return {int(row[0][1:]): [name for name in re.findall(r"`([^`]+)`", row[3]) if of in name] for row in cells()}


def bearing(folder: Path) -> dict[int, list[str]]:
    """Row → `path::name` of each test function that bears its number."""
    found: dict[int, list[str]] = defaultdict(list)
    for path in sorted(folder.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.FunctionDef) and (number := re.match(r"test_l(\d+)_", node.name)):
                found[int(number[1])].append(f"{path.relative_to(ROOT)}::{node.name}")
    return found


def test_each_loss_has_one_row_that_says_all_it_must():
    """Forty-five rows in order; each with a source, an answer, a test, and where it is proved."""
    rows = list(cells())

    assert [row[0] for row in rows] == [f"L{number}" for number in ROWS]
    for number, elsewhere, ours, tests, proved in rows:
        assert re.search(r"\([^()]+\)$", elsewhere), f"{number} names no source"
        assert min(len(ours), len(tests)) > 20, number
        assert proved.startswith(PROVED), f"{number}: {proved}"


def test_the_table_names_exactly_the_tests_that_there_are():
    """No row without a test, no test without its row, no name that does not exist, none twice."""
    exist, named = bearing(ROOT / "tests" / "losses"), told("::")

    for number in ROWS:
        assert named[number], f"L{number} has no test"
        assert set(named[number]) - set(exist[number]) == set(), f"L{number} names what does not exist"
        assert set(exist[number]) - set(named[number]) == set(), f"L{number} does not name all its tests"
        assert len(named[number]) == len(set(named[number])), f"L{number} names a test twice"
    assert set(exist) <= set(ROWS)


def test_tests_that_bear_a_number_live_here():
    """Two digits, and in this folder, so that one look shows what a row is proved by."""
    everywhere = [name for names in bearing(ROOT / "tests").values() for name in names]

    for name in everywhere:
        assert re.match(r"tests/losses/test_\w+\.py::test_l\d\d_", name), name


def test_the_phones_own_tests_that_the_table_names_bear_the_number():
    """A row that points to a test of the phone's own code points to one that says which loss it is about."""
    for number, paths in told(".test.ts").items():
        for path in paths:
            text = (ROOT / path).read_text("utf-8")
            assert re.search(rf"(?:test|describe)\('[^\n]*?\bl{number}(?:\b|:)", text), f"L{number}: {path}"
