"""The auditor can fail: each planted bug is caught within a bounded number of seeds."""

from random import Random

import pytest

from tests.world.auditor import Violation
from tests.world.mutants import MUTANTS, Mutant
from tests.world.odds import drawn
from tests.world.runs import Failed, run_seed
from tests.world.stores import FILES, Engine

SEEDS = 60
"""In how many lives a bug must be caught. Most fall in the first three."""


def seeds_until_caught(mutant: Mutant, engine: Engine) -> int | None:
    for seed in range(SEEDS):
        _, odds = drawn(Random(seed))
        for fault, percent in mutant.faults.items():
            setattr(odds, fault, percent)
        try:
            with mutant.planted():
                run_seed(seed, odds, engine)
        except Failed as failure:
            if not isinstance(failure.__cause__, (Violation, *mutant.refused_by)):
                raise  # the world itself broke; that catches nothing
            run_seed(seed, odds, engine)  # the same life without the bug: it is the bug that was caught
            return seed
    return None


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda one: f"{one.room}-{one.name}")
def test_a_planted_bug_is_caught(mutant: Mutant, request: pytest.FixtureRequest):
    """What survives shows that the auditor looks too little, or that too little goes wrong."""
    engine = FILES if mutant.engine == "sqlite" else request.getfixturevalue("schemas")
    assert seeds_until_caught(mutant, engine) is not None, f"{mutant.name} was not caught in {SEEDS} lives"


def test_enough_bugs_are_planted_in_every_room():
    rooms = {one.room for one in MUTANTS}

    assert rooms >= {"core", "store", "inbox", "feed", "doors", "phone"}
    assert len(MUTANTS) >= 15
