"""Running seeds, and saying what went wrong so that it can be played again."""

import logging
import os
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.world.odds import Odds
from tests.world.world import World

_MEMORY = Path("/dev/shm")
LAST = 25
"""How many of the last steps are told."""


class Failed(AssertionError):
    """A seed under which something happened that must never happen."""


def run_seed(seed: int, odds: Odds | None = None) -> World:
    """One life of the company. Failed with the seed, the last steps in words, and how to replay."""
    logging.getLogger("sanad.inbox").setLevel(logging.CRITICAL + 1)  # the disk fails here on purpose
    memory = str(_MEMORY) if _MEMORY.is_dir() and os.access(_MEMORY, os.W_OK) else None
    with TemporaryDirectory(prefix="world-", dir=memory) as folder:
        world = World(seed, Path(folder)) if odds is None else World(seed, Path(folder), odds, "set")
        try:
            world.run()
        except Exception as error:
            steps = "\n".join(list(world.said)[-LAST:])
            raise Failed(
                f"seed {seed} ({world.weather}): {type(error).__name__}: {error}\n\nthe last steps:\n{steps}\n\n"
                f"replay: make world SEED={seed}"
            ) from error
        finally:
            world.office.store.close()
    return world
