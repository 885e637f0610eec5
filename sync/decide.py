"""The one way from an arrived entry to its stamp and the changed documents.

`decide` judges: it looks at the state and writes the stamp, once. `carry` applies: it changes documents from body and
stamp alone. A live push does both; a replay only carries, so that rebuilding never judges or posts again.
"""

from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta

import msgspec

from schemas.codes import Flag, Verdict
from schemas.documents import Device
from schemas.entries import Envelope
from schemas.wire import Stamp
from sync import authority, rebuilt, suspense
from sync.chain import Entry, running_hash
from sync.kinds import KINDS, Kind
from sync.ledger import lines_of, post
from sync.reading import Unreadable, body_of
from sync.ruling import TEXT_OF, Context, Ruling
from sync.state import Key, NotLoaded, State

CLOCK_TOLERANCE = timedelta(minutes=10)
SYSTEM = "system"
"""`by` of what the server writes by itself."""


class Arrival(msgspec.Struct, gc=False):
    """An entry that is to be stamped. seq: its place in the chain. online: written by the server's own chain in a live
    session. flags: what its standing in the chain says (fork, bad signature); they put it under review."""

    entry: Entry
    device: str
    seq: int
    online: bool = False
    flags: tuple[Flag, ...] = ()
    body: msgspec.Struct | None = None
    unknown_fields: bool = False
    unreadable: str = ""


class Moment(msgspec.Struct, frozen=True, gc=False):
    """When and through whom entries arrive. now: UTC; day: the open business day; carrier: device id or empty."""

    now: datetime
    received_at: str
    day: date
    carrier: str = ""


class Stamped(msgspec.Struct, gc=False):
    """A decided entry, ready for the journal. h: the running hash up to and with it."""

    arrival: Arrival
    stamp: Stamp
    stamp_bytes: bytes
    h: bytes


_ENCODER = msgspec.json.Encoder(order="deterministic")


def read(arrival: Arrival) -> None:
    """Decode the body, once. What cannot be read is kept and says why."""
    envelope = arrival.entry.envelope
    if envelope is None:
        arrival.unreadable = "the envelope is not readable"
        return
    try:
        arrival.body, arrival.unknown_fields = body_of(envelope.kind, arrival.entry.body)
    except Unreadable as error:
        arrival.unreadable = str(error)


def context_of(arrival: Arrival, moment_day: date, received_at: str, stamp: Stamp | None = None) -> Context:
    envelope = arrival.entry.envelope or Envelope(0, "", arrival.device, arrival.seq, "", "", "", "", "", "")
    return Context(arrival.entry, envelope, moment_day, received_at, stamp)


def touched(arrivals: Iterable[Arrival]) -> set[Key]:
    """What a batch will look at, so that it is loaded in one go."""
    today = date.min
    keys: set[Key] = set()
    for arrival in arrivals:
        keys.add(("device", arrival.device))
        envelope, body = arrival.entry.envelope, arrival.body
        if envelope is None:
            continue
        keys.add(("user", envelope.by))
        if body is not None:
            keys.update(KINDS[envelope.kind].touches(Context(arrival.entry, envelope, today, ""), body))
    return keys


def decide(
    arrivals: Sequence[Arrival], moment: Moment, state: State, position: int, h: bytes, *, prefetched: bool = False
) -> list[Stamped]:
    """Judge, stamp and apply entries in order. `position`, `h`: of the last entry in the journal. prefetched: the
    caller has loaded what the entries touch.

    Whatever a rule raises, the entry is kept, `review`, flag `unjudged`, its money in suspense where it can be told.
    """
    if not prefetched:
        state.prefetch({("company", state.company), *touched(arrivals)})
    stamped: list[Stamped] = []
    latest = moment.now + CLOCK_TOLERANCE
    for arrival in arrivals:
        position += 1
        state.position = position
        context = context_of(arrival, moment.day, moment.received_at)
        ruling = judge(arrival, context, state)
        flags = [*ruling.flags, *_observations(arrival, context, moment, latest)]
        stamp = Stamp(
            position,
            moment.received_at,
            moment.day,
            TEXT_OF[ruling.verdict],
            moment.carrier,
            [flag.value for flag in dict.fromkeys(flags)] if flags else [],
            ruling.posted,
        )
        stamp_bytes = _ENCODER.encode(stamp)
        h = running_hash(h, arrival.entry.hash, stamp_bytes)
        context.stamp = stamp
        _apply(arrival, context, stamp, state)
        stamped.append(Stamped(arrival, stamp, stamp_bytes, h))
    return stamped


def judge(arrival: Arrival, context: Context, state: State) -> Ruling:
    """Verdict, flags and lines of one entry, in this order: readability, authority, standing, the room's own rules.

    Authority comes before standing: an entry in another's name must not reach that person's custody even under review.
    """
    envelope, body = arrival.entry.envelope, arrival.body
    kind = KINDS.get(envelope.kind) if envelope is not None else None
    if body is None or kind is None:
        return Ruling(Verdict.REVIEW, [*arrival.flags, Flag.UNJUDGED])
    held = list(arrival.flags)
    if not arrival.online:
        held += _standing_of_device(state.get(Device, arrival.device))
        held = rebuilt.standing(arrival.device, arrival.seq, arrival.entry.hash, held, state)
    barred = _authority(arrival, context, kind, state)
    if barred is not None:
        return Ruling(Verdict.REFUSED, [*held, barred])
    if held:
        return _in_suspense([*held, *_doubled(context, body, kind, state)], context, kind, body, state)
    try:
        ruling = kind.judge(context, body, state)
        if ruling.lines and ruling.verdict != Verdict.REFUSED:
            ruling.posted = lines_of(ruling.lines)
    except NotLoaded:
        raise
    except Exception:  # noqa: BLE001 -- a fault in a rule must not lose the entry; it is kept and a person told
        return _in_suspense([Flag.UNJUDGED], context, kind, body, state)
    return ruling


def _in_suspense(flags: list[Flag], context: Context, kind: Kind, body: msgspec.Struct, state: State) -> Ruling:
    ruling = Ruling(Verdict.REVIEW, flags, kind.suspense(context, body) if kind.suspense else [])
    before = rebuilt.provisional_of(context, state) if ruling.lines else None
    ruling = rebuilt.net(before, ruling) if before is not None else ruling
    ruling.posted = lines_of(ruling.lines)
    return ruling


def _doubled(context: Context, body: msgspec.Struct, kind: Kind, state: State) -> list[Flag]:
    """What else is wrong with an entry that is held anyway: a number or an id that is not its own never passes for the
    first."""
    try:
        flags = kind.judge(context, body, state).flags
    except NotLoaded:
        raise
    except Exception:  # noqa: BLE001 -- as in `judge`; the entry is under review already
        return []
    return [flag for flag in flags if flag in _NOT_ITS_OWN]


_NOT_ITS_OWN = (Flag.NUMBER_REPEATED, Flag.ID_REPEATED, Flag.NUMBER_BLACKLISTED, Flag.BOOK_NOT_HELD)


def _standing_of_device(device: Device | None) -> list[Flag]:
    """A device is judged by arrival: what comes after it was revoked or lost waits for a person."""
    match device.state if device else "":
        case "lost":
            return [Flag.DEVICE_LOST]
        case "revoked":
            return [Flag.DEVICE_REVOKED]
        case _:
            return []


def _authority(arrival: Arrival, context: Context, kind: Kind, state: State) -> Flag | None:
    """Why this writer may not write this kind, or None."""
    if not arrival.online:
        return authority.of_device(arrival.device, context.by, kind, state)
    if "server" not in kind.writers:
        return Flag.KIND_NOT_ALLOWED
    return None if context.by == SYSTEM else authority.of_user(context.by, kind, state)


def _observations(arrival: Arrival, context: Context, moment: Moment, latest: datetime) -> list[Flag]:
    """Flags that any entry can earn. latest: what a clock that is right can show by now."""
    flags: list[Flag] = []
    if arrival.entry.envelope is None:
        return flags
    if arrival.unknown_fields:
        flags.append(Flag.UNKNOWN_FIELDS)
    try:
        at = datetime.fromisoformat(context.envelope.at)
        if at.tzinfo is not None and at > latest:
            flags.append(Flag.CLOCK_AHEAD)
        if at.date() < moment.day and not arrival.online:
            flags.append(Flag.LATE)
    except ValueError:
        flags.append(Flag.CLOCK_AHEAD)
    return flags


def carry(arrival: Arrival, stamp: Stamp, state: State) -> None:
    """Change the documents as a stamped entry says. Refused entries change nothing, but a fork marks its device."""
    state.position = stamp.position
    _apply(arrival, context_of(arrival, stamp.day, stamp.received_at, stamp), stamp, state)


def _apply(arrival: Arrival, context: Context, stamp: Stamp, state: State) -> None:
    envelope, body = arrival.entry.envelope, arrival.body
    if Flag.FORK in stamp.flags:
        device = state.get(Device, arrival.device)
        if device is not None and not device.forked:
            device.forked = True
            state.put(device)
    if stamp.verdict == Verdict.REVIEW:
        suspense.hold(arrival.entry, arrival.device, arrival.seq, stamp, state)
    if stamp.verdict == Verdict.REFUSED or envelope is None or body is None:
        return
    kind = KINDS.get(envelope.kind)
    if kind is None or (Flag.UNJUDGED in stamp.flags and not stamp.lines):
        return
    if stamp.verdict == Verdict.ACCEPTED:
        kind.apply(context, body, state)
    else:
        kind.review(context, body, state)
    post(stamp.lines, state)
