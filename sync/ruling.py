"""What a room is told about an entry, and what it answers."""

from dataclasses import dataclass, field
from datetime import date

from schemas.codes import Flag, Verdict
from schemas.entries import Envelope
from schemas.wire import Line, Stamp
from sync.chain import Entry


@dataclass(slots=True)
class Context:
    """One entry under judgement or replay. device: short name; stamp: set once judged, and all that a replay knows."""

    entry: Entry
    envelope: Envelope
    day: date
    received_at: str
    stamp: Stamp | None = None

    @property
    def id(self) -> str:
        return self.envelope.id

    @property
    def by(self) -> str:
        return self.envelope.by

    @property
    def under_review(self) -> bool:
        return self.stamp is not None and self.stamp.verdict == Verdict.REVIEW


@dataclass(slots=True)
class Ruling:
    """A verdict with its flags and the lines (account, currency, amount) to post. posted: the same, once balanced."""

    verdict: Verdict = Verdict.ACCEPTED
    flags: list[Flag] = field(default_factory=list)
    lines: list[tuple[str, str, int]] = field(default_factory=list)
    posted: list[Line] = field(default_factory=list)


def refused(flag: Flag) -> Ruling:
    return Ruling(Verdict.REFUSED, [flag])
