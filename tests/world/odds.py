"""How often what goes wrong, in percent, drawn once per seed. Some seeds are calm, some savage."""

from dataclasses import dataclass, fields
from random import Random


@dataclass(slots=True)
class Odds:
    """Each in percent of the occasions: a request, a step of storage, a step of the world."""

    lost_request: float = 0
    lost_reply: float = 0
    twice: float = 0
    """The request arrives once more, later."""
    slow: float = 0
    """A message stays on its way while others pass it."""
    partition: float = 0
    phone_crash: float = 0
    handle_died: float = 0
    storage_failed: float = 0
    copy_failed: float = 0
    other_tab: float = 0
    """A tab pauses between two steps of storage, and another one may go on."""
    server_crash: float = 0
    store_failed: float = 0
    clock: float = 0
    rescue: float = 0
    wipe: float = 0
    relapse: float = 0
    """The browser opens an older database; the second copy is ahead of it."""
    rot: float = 0
    """An entry that was not handed in cannot be read any more."""
    clone: float = 0
    revoke: float = 0
    restore: float = 0
    odd_app: float = 0
    found: float = 0
    """A lost phone turns up again."""
    forgery: float = 0
    """Somebody hands in a grant that this server never made."""


SAVAGE = Odds(
    lost_request=25, lost_reply=25, twice=15, slow=40, partition=3, phone_crash=4, handle_died=4, storage_failed=2,
    copy_failed=10, other_tab=30, server_crash=4, store_failed=3, clock=3, rescue=3, wipe=2, relapse=1, rot=1, clone=1,
    revoke=25, restore=5, odd_app=50, found=60, forgery=2,
)  # fmt: skip
WEATHER = ("calm", "rain", "rain", "storm", "storm", "savage")


def drawn(random: Random) -> tuple[str, Odds]:
    """calm: nothing goes wrong; rain: a few things; storm: most things, at a fraction; savage: everything."""
    weather = random.choice(WEATHER)
    odds = Odds()
    if weather == "calm":
        return weather, odds
    share = {"rain": 0.3, "storm": 0.7, "savage": 1.0}[weather]
    for one in fields(Odds):
        if random.random() < share:
            setattr(odds, one.name, getattr(SAVAGE, one.name) * random.uniform(0.2, 1.0))
    return weather, odds
