"""What a phone shows of its own unsent entries is what the office makes of them: one table, two languages.

The rows are written for the phone's overlay. Here the same entries arrive one by one, each at the moment of its own
clock, and the office's documents must say what the phone expected. Where they differ, a balance jumps when the phone
hears of its entry again.
"""

from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
import pytest

from schemas.documents import DOCUMENTS, Document
from sync.chain import b64
from sync.decide import Moment, decide
from sync.state import State
from tests.sync.rows import Shelf, arrival_of, differences, saved, shelved, state_of, table

ROWS: list[dict[str, Any]] = table("overlay")


def arriving(entry: dict[str, Any], shelf: Shelf) -> Moment:
    """The moment of the writer's clock, on the company's own calendar."""
    at = datetime.fromisoformat(entry["at"])
    company = next((msgspec.json.decode(body) for (kind, _), body in shelf.items() if kind == "company"), None)
    zone = ZoneInfo(company["time_zone"]) if company else at.tzinfo
    return Moment(at.astimezone(UTC), at.isoformat(), at.astimezone(zone).date())


def decide_all(row: dict[str, Any]) -> tuple[Shelf, list[str]]:
    """The office's documents after all entries of the row, each from its own push, and their verdicts."""
    shelf = shelved(row["given"])
    verdicts = []
    for position, entry in enumerate(row["entries"], start=1):
        state: State = state_of(shelf)
        stamped = decide([arrival_of(entry)], arriving(entry, shelf), state, position - 1, b"")
        verdicts.append(stamped[0].stamp.verdict)
        shelf = saved(shelf, state)
    return shelf, verdicts


def differing(document: Document | None, wanted: dict[str, Any]) -> dict[str, Any]:
    if document is None:
        return {"document": "absent"}
    fields = dict(wanted)
    found: dict[str, Any] = {}
    void = fields.pop("void", None)
    if void is not None:  # the phone's row names only what it knows of a request
        shown = msgspec.to_builtins(getattr(document, "void", None)) or {}
        found |= {
            f"void.{name}": shown.get(name) for name, value in void.items() if shown.get(name, "requested") != value
        }
    return found | differences(document, fields)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row["name"])
def test_office_and_phone_agree(row: dict[str, Any]):
    """The office's documents say what the phone showed before it was told."""
    shelf, verdicts = decide_all(row)

    assert set(verdicts) == {"accepted"}
    for type_name, documents in row["expect"].items():
        for wanted in documents:
            body = shelf.get((type_name, wanted["id"]))
            document = msgspec.json.decode(body, type=DOCUMENTS[type_name]) if body else None
            assert differing(document, wanted) == {}, f"{type_name} {wanted['id']}"
    for type_name, ids in row.get("gone", {}).items():
        for id in ids:
            assert msgspec.json.decode(shelf[type_name, id])["state"] == "replaced", f"{type_name} {id}"


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row["name"])
def test_a_row_names_the_hash_of_its_entry(row: dict[str, Any]):
    """What a voucher was rebuilt for is found by the entry's hash, so the one in the row must be the real one."""
    for entry in row["entries"]:
        assert entry.get("hash") in (None, b64(arrival_of(entry).entry.hash))
