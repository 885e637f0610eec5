"""Folding for search: the rows that the phone runs too."""

import pytest

from sync.folding import fold
from tests.sync.rows import table

ROWS: list[dict[str, str]] = table("folding")


@pytest.mark.parametrize("row", ROWS, ids=lambda row: ascii(row["text"]))
def test_fold(row: dict[str, str]):
    """A name folds to the same text here and on the phone."""
    assert fold(row["text"]) == row["folded"]


@pytest.mark.parametrize("row", ROWS, ids=lambda row: ascii(row["text"]))
def test_folding_twice_is_folding_once(row: dict[str, str]):
    """What is folded stays as it is, so that folded texts can be compared."""
    assert fold(row["folded"]) == row["folded"]
