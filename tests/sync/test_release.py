"""Release codes, row for row the same on phone and server."""

import pytest

from sync.chain import unb64
from sync.release import challenge_of, code_for
from tests.sync.rows import table

ROWS = table("release")


@pytest.mark.parametrize("row", ROWS["codes"], ids=lambda row: f"{row['purpose']} {row['challenge']} {row['key'][:4]}")
def test_codes(row: dict[str, str]):
    """Eight digits of the key, the purpose and the challenge; leading zeros stay."""
    assert code_for(unb64(row["key"]), row["purpose"], row["challenge"]) == row["code"]


@pytest.mark.parametrize(("typed", "wanted"), ROWS["challenges"])
def test_challenges_as_they_are_heard(typed: str, wanted: str):
    """A challenge read over the telephone has one writing; what is none is none."""
    assert challenge_of(typed) == wanted
