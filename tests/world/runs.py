"""Running seeds, and saying what went wrong so that it can be played again."""

import logging
import os
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.world.odds import Odds
from tests.world.stores import FILES, Engine
from tests.world.world import World

_MEMORY = Path("/dev/shm")
LAST = 25
"""How many of the last steps are told."""


class Failed(AssertionError):
    """A seed under which something happened that must never happen."""


def run_seed(seed: int, odds: Odds | None = None, engine: Engine = FILES) -> World:
    """One life of the company. Failed with the seed, the last steps in words, and how to replay."""
    for name in ("inbox", "store", "epochs"):
        logging.getLogger(f"sanad.{name}").setLevel(logging.CRITICAL + 1)  # the disk fails here on purpose
    memory = str(_MEMORY) if _MEMORY.is_dir() and os.access(_MEMORY, os.W_OK) else None
    with TemporaryDirectory(prefix="world-", dir=memory) as folder:
        drawn = {} if odds is None else {"odds": odds, "weather": "set"}
        world = World(seed, Path(folder), engine=engine, **drawn)  # type: ignore[arg-type]
        try:
            world.run()
        except Exception as error:
            steps = "\n".join(list(world.said)[-LAST:])
            raise Failed(
                f"seed {seed} ({world.weather}): {type(error).__name__}: {error}\n\nthe last steps:\n{steps}\n\n"
                f"replay: make world SEED={seed}{'' if engine is FILES else ' ENGINE=postgres'}"
            ) from error
        finally:
            world.office.close()
            world.office.place.done()
    return world
