"""What a store remembers of its tables is never anything else than what they hold."""

import pytest

from schemas.documents import Customer, Item
from schemas.entries.customers import ItemsUpserted, StatedItem
from server.inbox import Writer
from server.store import sql
from server.writes import write
from tests.server.small_office import DUE, WRITTEN, Office

KEYS = [("customer", f"cus_{n}") for n in range(1, 6)] + [
    ("item", f"itm_{n}{part}") for n in range(1, 6) for part in "ab"
]
STATED = ItemsUpserted([StatedItem("itm_1a", "cus_1", "INV-1a", "EGP", WRITTEN, DUE, 77)])


class Undone(Exception):
    """A task that fails after it has written."""


def spoil(writer: Writer) -> None:
    before = writer.store.tip()
    write(writer, "items_upserted", STATED)
    assert writer.store.tip() != before
    raise Undone


def test_a_rollback_forgets_what_was_remembered(office: Office):
    """Documents, chains' heads and the journal's tip are again what they were, although they were read and written."""

    def held(writer: Writer) -> object:
        documents = writer.store.fetch(KEYS)
        return documents, writer.store.heads([writer.run]), writer.store.tip()

    before = office.run(held)
    with pytest.raises(Undone):
        office.run(spoil)

    assert office.run(held) == before
    assert before[0]["item", "itm_1a"].original != 77
    office.run(lambda writer: write(writer, "items_upserted", STATED))
    assert office.one(Item, "itm_1a").original == 77
    assert office.run(lambda writer: writer.store.fetch(KEYS))["item", "itm_1a"].original == 77


def test_each_transaction_gets_documents_of_its_own(office: Office):
    """Who changes a document without saying so changes nobody else's."""

    def scribble(writer: Writer) -> None:
        found = writer.store.fetch([("customer", "cus_1")])["customer", "cus_1"]
        assert isinstance(found, Customer)
        found.name = "scribbled"

    office.run(scribble)

    assert office.run(lambda writer: writer.store.fetch(KEYS))["customer", "cus_1"].name != "scribbled"


def test_only_so_many_documents_are_remembered(office: Office, monkeypatch: pytest.MonkeyPatch):
    """However many are asked for, all of them are found and few are kept."""
    monkeypatch.setattr(sql, "KEPT", 3)
    for _ in range(2):
        found = office.run(lambda writer: writer.store.fetch(KEYS))
        assert sorted(found) == sorted(KEYS)
    store = office.company.writer.store
    assert isinstance(store, sql.SqlStore)
    assert len(store._kept) <= 3
