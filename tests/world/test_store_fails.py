"""A disk that fails is nobody's fault: no entry is judged otherwise for it, and the server goes on."""

from pathlib import Path

import pytest

from tests.world import people
from tests.world.odds import Odds
from tests.world.office import drawn_ids
from tests.world.world import Task, World


@pytest.mark.parametrize("calls", range(0, 30, 3))
def test_a_disk_that_fails_at_any_call_spoils_no_entry(tmp_path: Path, calls: int):
    """Four calls fail after so many that did not. What was not taken is sent again, and is accepted."""
    world = World(1, tmp_path, Odds(), "set")
    with drawn_ids(world.random):
        world.found()
        phone = world.devices[0]
        for _ in range(3):
            world.go(Task(phone, people.collect(world, phone), "collect"))
        world.office.store.spared, world.office.store.failing = calls, 4
        world.go(Task(phone, phone.exchange(), "exchange"))
        world.come_to_rest()
    world.office.close()

    assert world.auditor.shown
    assert world.auditor.books.aside == set()
