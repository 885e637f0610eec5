"""The rules, row by row: given these documents, this entry gets this verdict, these flags and lines, these documents.

A row starts from the small company (`small_company.json`) with the documents in `given` added or changed. `expect` is
complete: a line, a changed document or a scope that the row does not name is a failure, so nothing changes silently.
Of each changed document the named fields are compared.
"""

from collections.abc import Iterator
from typing import Any

import msgspec
import pytest

from schemas.codes import Flag
from schemas.documents import DOCUMENTS, Amounts, Book, Customer, Item
from schemas.wire import Stamp
from sync.books import tally
from sync.decide import Stamped, carry, decide
from sync.kinds import KINDS
from sync.ledger import add
from sync.state import State, scopes_of
from tests.sync.rows import Shelf, arrival_of, differences, moment_of, saved, shelved, state_of, table, turned

TABLES = (
    "receipts",
    "voids",
    "books",
    "deposits",
    "counter",
    "visits",
    "customers",
    "people",
    "authority",
    "standing",
    "epochs",
    "suspense",
    "rebuilt",
    "follow_up",
    "notices",
)
BASE: dict[str, list[dict[str, Any]]] = table("small_company")
ROWS: list[tuple[str, dict[str, Any]]] = [(name, row) for name in TABLES for row in table(name)]
NEVER_GIVEN = {Flag.CLOCK_CORRECTED}
"""Named for what the phone will say of itself; no entry has a field for it yet, so no rule can give it."""

every_row = pytest.mark.parametrize(
    "row", [row for _, row in ROWS], ids=[f"{name}: {row['name']}" for name, row in ROWS]
)


def decided(row: dict[str, Any]) -> tuple[Shelf, State, Stamped]:
    """The row's entry, decided as the first of a journal: the documents before, the state after, the stamp."""
    shelf = shelved(row["given"], BASE)
    state = state_of(shelf)
    stamped = decide([arrival_of(row["entry"])], moment_of(row.get("arrives", {})), state, 0, b"")
    return shelf, state, stamped[0]


def changed(state: State) -> set[tuple[str, str]]:
    return set(state.changed)


def expected_documents(row: dict[str, Any]) -> Iterator[tuple[tuple[str, str], dict[str, Any]]]:
    for type_name, documents in row["expect"]["documents"].items():
        for id, fields in documents.items():
            yield (type_name, id), fields


@every_row
def test_verdict_flags_and_lines(row: dict[str, Any]):
    """An entry has one verdict, exactly these flags, and posts exactly these lines."""
    stamp = decided(row)[2].stamp

    assert (stamp.verdict, stamp.flags) == (row["expect"]["verdict"], row["expect"]["flags"])
    assert sorted([line.account, line.currency, line.amount] for line in stamp.lines) == sorted(row["expect"]["lines"])


@every_row
def test_documents(row: dict[str, Any]):
    """Exactly the named documents change, and they say what the row says."""
    state = decided(row)[1]

    assert changed(state) == {key for key, _ in expected_documents(row)}
    for key, fields in expected_documents(row):
        document = state.documents[key]
        assert document is not None
        assert differences(document, fields) == {}, key


@every_row
def test_scopes(row: dict[str, Any]):
    """A document leaves a reader's scope, or a whole group moves, only where the row says so."""
    state = decided(row)[1]

    assert sorted([scope, *key] for scope, key in state.left) == sorted(row["expect"].get("leaves", []))
    assert [[group, scope, enters] for group, scope, enters, _ in state.moves] == row["expect"].get("moves", [])


@every_row
def test_who_is_shown_what(row: dict[str, Any]):
    """Where a row says so: whose phones and desks are sent a document. A desk that has not counted knows no figures."""
    state = decided(row)[1]

    for type_name, documents in row["expect"].get("shown", {}).items():
        for id, scopes in documents.items():
            document = state.documents[type_name, id]
            assert document is not None
            assert list(scopes_of(document, state)) == scopes, (type_name, id)


@every_row
def test_two_balances_and_tally(row: dict[str, Any]):
    """Where a row says so: the customer's ledger balance, the one excluding uncleared cheques, and a book's leaves."""
    shelf, state, _ = decided(row)
    after = saved(shelf, state)

    for customer, wanted in row["expect"].get("balances", {}).items():
        assert balances_of(after, customer) == (wanted["ledger"], wanted["excluding_uncleared"])
    for id, leaves in row["expect"].get("tally", {}).items():
        count = tally(msgspec.json.decode(after["book", id], type=Book))
        assert {name: getattr(count, name) for name in leaves} == leaves
        assert count.issued + count.voided + count.unused + count.lost + count.unknown == count.size


def balances_of(shelf: Shelf, id: str) -> tuple[Amounts, Amounts]:
    customer = msgspec.json.decode(shelf["customer", id], type=Customer)
    ledger: Amounts = {}
    for (type_name, _), body in shelf.items():
        if type_name == "item":
            item = msgspec.json.decode(body, type=Item)
            if item.customer == id:
                add(ledger, item.currency, item.open)
    for currency, amount in customer.credit.items():
        add(ledger, currency, -amount)
    excluding = dict(ledger)
    for currency, amount in customer.uncleared.items():
        add(excluding, currency, amount)
    return ledger, excluding


@every_row
def test_debits_equal_credits(row: dict[str, Any]):
    """Debits = credits, per entry and currency."""
    sums: Amounts = {}
    for line in decided(row)[2].stamp.lines:
        add(sums, line.currency, line.amount)

    assert sums == {}


@every_row
def test_a_replay_needs_no_judging(row: dict[str, Any]):
    """Body and stamp alone, from their bytes and on a fresh state, change the same documents in the same way. The order
    of a map in memory is no part of a state, so here every map stands in another one."""
    shelf, state, stamped = decided(row)
    again = state_of({key: turned(body) for key, body in shelf.items()})
    entry = row["entry"] | {"standing": []}  # how the entry stood in its chain is in the stamp and nowhere else

    carry(arrival_of(entry), msgspec.json.decode(stamped.stamp_bytes, type=Stamp), again)

    assert saved(shelf, again) == saved(shelf, state)
    assert list(again.changed.items()) == list(state.changed.items())
    assert (again.left, again.moves) == (state.left, state.moves)


@every_row
def test_what_is_refused_changes_nothing(row: dict[str, Any]):
    """A refused entry posts nothing and changes no document but the device that a fork marks."""
    _, state, stamped = decided(row)
    if stamped.stamp.verdict == "refused":
        fork = Flag.FORK in stamped.stamp.flags

        assert stamped.stamp.lines == []
        assert changed(state) <= ({("device", row["entry"]["device"])} if fork else set())


def test_every_row_says_something():
    """A row that expects no flag, line, scope or field could not fail."""
    silent = []
    for name, row in ROWS:
        expect = row["expect"]
        says = expect["flags"] or expect["lines"] or expect.get("leaves") or expect.get("moves")
        if not says and not any(fields for _, fields in expected_documents(row)) and not expect.get("unchanged"):
            silent.append(f"{name}: {row['name']}")

    assert silent == []


def test_names_are_unique():
    """A row is found by its name."""
    names = [f"{name}: {row['name']}" for name, row in ROWS]

    assert len(set(names)) == len(names)


def test_every_flag_occurs():
    """Every flag that a person may have to look at stands in at least one row."""
    seen = {Flag(flag) for _, row in ROWS for flag in row["expect"]["flags"]}

    assert set(Flag) - seen == NEVER_GIVEN


def test_every_kind_occurs():
    """Every kind of entry is accepted in some row, and every request refused in some row."""
    accepted = {row["entry"]["kind"] for _, row in ROWS if row["expect"]["verdict"] == "accepted"}
    refused = {row["entry"]["kind"] for _, row in ROWS if row["expect"]["verdict"] == "refused"}

    assert set(KINDS) - accepted == set()
    assert {kind for kind, known in KINDS.items() if known.nature == "request"} - refused == set()


def test_every_document_type_occurs():
    """Every type of document is written by some row."""
    assert {key[0] for _, row in ROWS for key, _ in expected_documents(row)} == set(DOCUMENTS)


def test_every_document_type_is_shown():
    """For every type of document some row says who is sent it."""
    assert {name for _, row in ROWS for name in row["expect"].get("shown", {})} == set(DOCUMENTS)


def test_every_kind_that_moves_money_balances_in_every_number_of_decimals():
    """Amounts with none, two and three decimals all occur."""
    currencies = {line[1] for _, row in ROWS for line in row["expect"]["lines"]}

    assert currencies >= {"LBP", "EGP", "KWD"}
