"""What a room is told about an entry, and what it answers."""

from datetime import date

import msgspec

from schemas.codes import Flag, Verdict
from schemas.entries import Envelope
from schemas.wire import Line, Stamp
from sync.chain import Entry

TEXT_OF = {verdict.value: verdict.value for verdict in Verdict}
"""The one text of each verdict: msgspec leaves a default out of a document only where it is that very object, and a
replay must come to the same bytes."""


class Context(msgspec.Struct, gc=False):
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


class Ruling(msgspec.Struct, gc=False):
    """A verdict with its flags and the lines (account, currency, amount) to post. posted: the same, once balanced."""

    verdict: Verdict = Verdict.ACCEPTED
    flags: list[Flag] = []
    lines: list[tuple[str, str, int]] = []
    posted: list[Line] = []


def refused(flag: Flag) -> Ruling:
    return Ruling(Verdict.REFUSED, [flag])
