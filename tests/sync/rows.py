"""Rows of a rule table made into what the rules take: a state over dictionaries, and entries as they arrive.

Nothing here knows a rule. A document is kept encoded and decoded anew for each state, as a store does, so that what a
rule changes in place is never seen by another run.
"""

import json
from collections.abc import Iterable
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import msgspec

from schemas.codes import Flag
from schemas.documents import DOCUMENTS, Document
from sync.chain import Entry, b64, hash_of
from sync.decide import Arrival, Moment, read
from sync.reading import envelope_of
from sync.state import Key, State, group_of

CASES = Path(__file__).parents[1] / "cases"
COMPANY = "co"
NOW = "2026-11-22T10:00:00+00:00"
DAY = "2026-11-22"
_ENCODER = msgspec.json.Encoder(order="deterministic")

Shelf = dict[Key, bytes]
"""Encoded documents by type and id."""


def table(name: str) -> Any:
    return json.loads((CASES / f"{name}.json").read_text("utf-8"))


def shelved(given: dict[str, list[dict[str, Any]]], base: dict[str, list[dict[str, Any]]] | None = None) -> Shelf:
    """Documents as a store holds them. A given one with the id of a base document changes only the fields it names;
    with `"absent": true` it takes the base document away."""
    merged: dict[Key, dict[str, Any]] = {}
    for source in (base or {}, given):
        for type_name, documents in source.items():
            for fields in documents:
                key = (type_name, fields["id"])
                merged[key] = merged.get(key, {}) | fields
    shelf: Shelf = {}
    for (type_name, id), fields in merged.items():
        if not fields.get("absent"):
            shelf[type_name, id] = _ENCODER.encode(decoded(type_name, fields))
    return shelf


def decoded(type_name: str, fields: dict[str, Any]) -> Document:
    """The document of these fields. A misspelt field is an error of the table."""
    shape = DOCUMENTS[type_name]
    unknown = fields.keys() - {field.name for field in msgspec.structs.fields(shape)}
    assert not unknown, f"{type_name} {fields['id']} has no field {unknown}"
    return msgspec.json.decode(json.dumps(fields), type=shape)


def state_of(shelf: Shelf) -> State:
    def fetch(keys: Iterable[Key]) -> dict[Key, Document]:
        return {key: msgspec.json.decode(shelf[key], type=DOCUMENTS[key[0]]) for key in keys if key in shelf}

    def fetch_group(name: str) -> list[Document]:
        documents = fetch(shelf).values()
        return [document for document in documents if group_of(document) == name]

    return State(COMPANY, fetch, fetch_group)


def turned(body: bytes) -> bytes:
    """The same document with every map in the opposite order."""

    def turn(value: Any) -> Any:
        if isinstance(value, dict):
            return {name: turn(value[name]) for name in reversed(value)}
        return [turn(one) for one in value] if isinstance(value, list) else value

    return json.dumps(turn(json.loads(body)), ensure_ascii=False).encode()


def saved(shelf: Shelf, state: State) -> Shelf:
    """The shelf with what the state changed put back on it."""
    after = dict(shelf)
    for key in state.changed:
        document = state.documents[key]
        assert document is not None
        after[key] = _ENCODER.encode(document)
    return after


def arrival_of(fields: dict[str, Any]) -> Arrival:
    """An entry as it arrives. `raw_body`, `raw_envelope`: the very text, for what does not decode."""
    body = fields["raw_body"].encode() if "raw_body" in fields else json.dumps(fields.get("body", {})).encode()
    envelope = {
        "v": 1,
        "company": COMPANY,
        "device": fields.get("device", ""),
        "seq": fields.get("seq", 2),
        "prev": "",
        "by": fields.get("by", ""),
        "at": fields.get("at", NOW),
        "kind": fields.get("kind", ""),
        "id": fields.get("id", "e1"),
        "body_hash": b64(hash_of(body)),
    }
    raw = fields["raw_envelope"].encode() if "raw_envelope" in fields else json.dumps(envelope).encode()
    flags = tuple(Flag(flag) for flag in fields.get("standing", ()))
    entry = Entry(raw, body, "", hash_of(raw), envelope_of(raw))
    arrival = Arrival(entry, envelope["device"], envelope["seq"], bool(fields.get("online")), flags)
    read(arrival)
    return arrival


def moment_of(fields: dict[str, Any]) -> Moment:
    """now: UTC; day: the company's open day; carrier: who brought the entry."""
    now = datetime.fromisoformat(fields.get("now", NOW)).astimezone(UTC)
    day = date.fromisoformat(fields.get("day", DAY))
    return Moment(now, now.isoformat(timespec="seconds"), day, fields.get("carrier", ""))


def differences(document: Document, expected: dict[str, Any]) -> dict[str, tuple[Any, Any]]:
    """Fields that are not as expected, as (found, expected). An expected structure is read as the field's own type, so
    that what is left out of it stands at its default."""
    types = {field.name: field.type for field in msgspec.structs.fields(type(document))}
    unknown = expected.keys() - types.keys()
    assert not unknown, f"{type(document).__name__} has no field {unknown}"
    found: dict[str, tuple[Any, Any]] = {}
    for name, value in expected.items():
        wanted = msgspec.json.decode(json.dumps(value), type=types[name])
        if getattr(document, name) != wanted:
            found[name] = (getattr(document, name), wanted)
    return found
