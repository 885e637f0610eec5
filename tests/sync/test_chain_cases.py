"""The hash chain, letter for letter: the rows that the phone runs too."""

import json
from base64 import urlsafe_b64encode
from hashlib import sha256
from pathlib import Path
from typing import Any

import msgspec
import pytest

from schemas.entries import Envelope
from schemas.wire import EntryOnWire

ROWS: list[dict[str, Any]] = json.loads((Path(__file__).parents[1] / "cases" / "chain.json").read_text("utf-8"))


def hash_of(text: str) -> str:
    return urlsafe_b64encode(sha256(text.encode()).digest()).rstrip(b"=").decode()


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row["name"])
def test_hashes_are_over_the_very_bytes(row: dict[str, Any]):
    envelope = msgspec.json.decode(row["envelope"], type=Envelope)

    assert hash_of(row["body"]) == row["body_hash"] == envelope.body_hash
    assert hash_of(row["envelope"]) == row["hash"]


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row["name"])
def test_the_wire_text_holds_the_texts_that_were_hashed(row: dict[str, Any]):
    entry = msgspec.json.decode(row["wire"].encode(), type=EntryOnWire)

    assert bytes(entry.envelope) == row["envelope"].encode()
    assert bytes(entry.body) == row["body"].encode()
    assert entry.sig == row["sig"]


def test_each_entry_names_the_hash_of_the_one_before():
    prevs = [msgspec.json.decode(row["envelope"], type=Envelope).prev for row in ROWS]

    assert prevs == ["", *(row["hash"] for row in ROWS[:-1])]
