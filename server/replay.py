"""The journal played again: rebuilding the projections, and asking where today's rules would rule otherwise."""

import sys
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from itertools import chain

import msgspec

from schemas.wire import Stamp
from server.store.port import PROJECTIONS, TABLES, Row, Shelf, Store
from server.store.secrets import sign_projections
from sync.chain import Entry
from sync.decide import Arrival, Moment, Stamped, carry, context_of, judge, read, touched
from sync.reading import envelope_of
from sync.state import State

BATCH = 200
_STAMP = msgspec.json.Decoder(Stamp)


@dataclass(frozen=True, slots=True)
class Difference:
    """An entry that today's rules would stamp otherwise. The stamp stands; this is for people."""

    position: int
    stamped: str
    today: str


def stamp_of(row: Row) -> Stamp:
    """The stamp as it was written. Its verdict is the one object of that text, as when it was judged: msgspec leaves a
    default out of a document only where it is that very object, and a replay must come to the same bytes."""
    stamp = _STAMP.decode(row.stamp)
    return msgspec.structs.replace(stamp, verdict=sys.intern(stamp.verdict))


def arrival_of(row: Row) -> Arrival:
    entry = Entry(row.envelope, row.body, row.sig, row.hash, envelope_of(row.envelope))
    arrival = Arrival(entry, row.device, row.seq, online=row.online)
    read(arrival)
    return arrival


def rebuild(
    store: Store, company: str, progress: Callable[[int], None] = lambda _: None, names: Collection[str] = PROJECTIONS
) -> int:
    """Drop projections and make them again from entries and stamps, in one transaction: whoever reads meanwhile sees
    the old ones. Returns the entries."""
    store.begin()
    try:
        store.drop_projections(names)
        done = 0
        for batch in _batches(store):
            _carry_batch(store, company, batch, names)
            done += len(batch)
            progress(done)
        sign_projections(store, names)
        store.commit()
    except BaseException:
        store.rollback()
        raise
    return done


def _batches(store: Store) -> Iterator[list[Row]]:
    """Rows in pieces. What moves whole groups between scopes stands alone, as it did when it was written."""
    batch: list[Row] = []
    for row in store.rows():
        alone = b'"kind":"customers_assigned"' in row.envelope
        if batch and (alone or len(batch) == BATCH):
            yield batch
            batch = []
        batch.append(row)
        if alone:
            yield batch
            batch = []
    if batch:
        yield batch


def _carry_batch(store: Store, company: str, batch: list[Row], names: Collection[str]) -> None:
    stamped = [Stamped(arrival_of(row), stamp_of(row), row.stamp, row.h) for row in batch]
    if "books" in names:
        store.post(stamped)
    if "documents" in names:
        state = State(company, store.fetch, store.fetch_group)
        state.prefetch([("company", company), *touched(one.arrival for one in stamped)])
        for one in stamped:
            carry(one.arrival, one.stamp, state)
        store.save(state)


def rejudge(store: Store, company: str) -> Iterator[Difference]:
    """Judge every entry again against the state that it met, in a transaction that is rolled back."""
    store.begin()
    try:
        store.drop_projections()
        for batch in _batches(store):
            state = State(company, store.fetch, store.fetch_group)
            stamped: list[Stamped] = []
            for row in batch:
                arrival, stamp = arrival_of(row), stamp_of(row)
                state.position = row.position
                moment = Moment(datetime.fromisoformat(stamp.received_at), stamp.received_at, stamp.day, stamp.carrier)
                ruling = judge(arrival, context_of(arrival, moment.day, moment.received_at), state)
                if (ruling.verdict, ruling.posted) != (stamp.verdict, stamp.lines) and not _standing(stamp):
                    yield Difference(
                        row.position, f"{stamp.verdict} {stamp.lines}", f"{ruling.verdict} {ruling.posted}"
                    )
                carry(arrival, stamp, state)
                stamped.append(Stamped(arrival, stamp, row.stamp, row.h))
            store.post(stamped)
            store.save(state)
    finally:
        store.rollback()


def _standing(stamp: Stamp) -> bool:
    """Verdicts that rest on the chain's standing at arrival, which a replay does not see."""
    return bool({"fork", "bad_signature", "body_mismatch", "unjudged"} & set(stamp.flags))


def digest(shelf: Shelf, names: Collection[str] = PROJECTIONS) -> str:
    """SHA-256 over every row of projections: equal digests are equal bytes, on either engine."""
    total = sha256()
    for table in chain.from_iterable(PROJECTIONS[name] for name in names):
        columns = ", ".join(TABLES[table])
        for row in shelf.stream(f"SELECT {columns} FROM {table} ORDER BY {columns}"):  # noqa: S608 -- our own names
            total.update(repr(tuple(row)).encode())
    return total.hexdigest()
