"""What a phone's screen shows: what was pulled, and own entries not in it yet.

The product's phone computes this in TypeScript (`pwa/src/ledger/overlay.ts`). tests/cases/overlay.json holds that file
to the server's own rules, row for row, so here those rules themselves play the overlay's part.
"""

from datetime import datetime
from typing import Any

import msgspec

from schemas.documents import DOCUMENTS, ChequeHeld, Custody, Document
from schemas.wire import Stamp
from sync.chain import Entry, hash_of
from sync.decide import Arrival, carry, context_of, read
from sync.kinds import KINDS
from sync.ledger import Unbalanced, lines_of
from sync.reading import envelope_of
from sync.state import TYPE_OF, State
from tests.world.storage import Database, Stored

_DECODERS = {name: msgspec.json.Decoder(document) for name, document in DOCUMENTS.items()}
_MADE_BY = {
    "receipt_issued": "voucher", "visit_started": "visit", "deposit_declared": "deposit", "promise_made": "promise",
    "dispute_raised": "dispute", "contact_logged": "contact", "balance_confirmed": "confirmation",
    "case_opened": "case",
}  # fmt: skip


def view_of(db: Database, now: datetime) -> State:
    state = State(db.identity.company["id"] if db.identity else "", lambda _: {}, lambda _: [])
    if db.identity is not None:
        _put(state, "company", db.identity.company)
        _put(state, "device", db.identity.device)
        if db.identity.user:
            _put(state, "user", db.identity.user)
    for (kind, id), kept in db.docs.items():
        if not kept.former:
            state.documents[kind, id] = _DECODERS[kind].decode(kept.doc)
    for entry in db.unseen():
        if entry.verdict != "refused":
            _apply(entry, now, state)
    return state


def _put(state: State, kind: str, doc: dict[str, Any]) -> None:
    state.documents[kind, doc["id"]] = msgspec.convert(doc, DOCUMENTS[kind])


def _apply(stored: Stored, now: datetime, state: State) -> None:
    made = _MADE_BY.get(stored.kind)
    if made is not None and state.documents.get((made, stored.id)) is not None:
        return
    entry = Entry(stored.envelope, stored.body, stored.sig, hash_of(stored.envelope), envelope_of(stored.envelope))
    arrival = Arrival(entry, stored.device, stored.seq)
    read(arrival)
    kind = KINDS.get(stored.kind)
    if arrival.body is None or kind is None or _asked_already(stored, arrival.body, state):
        return
    context = context_of(arrival, now.date(), stored.at)
    try:
        ruling = kind.judge(context, arrival.body, state)
        lines = lines_of(ruling.lines)
    except Unbalanced:
        return
    if ruling.verdict != "refused":
        verdict = stored.verdict or ruling.verdict.value
        carry(arrival, Stamp(0, stored.at, now.date(), verdict, "", [], lines), state)


def _asked_already(stored: Stored, body: Any, state: State) -> bool:
    voucher = state.documents.get(("voucher", body.receipt)) if stored.kind == "void_requested" else None
    return voucher is not None and voucher.void is not None and voucher.void.request == stored.id


def all_of(state: State, shape: type[Any]) -> list[Any]:
    name = TYPE_OF[shape]
    found: list[Document] = [one for (kind, _), one in state.documents.items() if kind == name and one is not None]
    return sorted(found, key=lambda one: one.id)


def cheques_in_hand(state: State, user: str) -> list[ChequeHeld]:
    return [one for one in all_of(state, ChequeHeld) if one.state == "held" and one.holder == user]


def custody(state: State, user: str) -> Custody:
    return state.documents.get(("custody", user)) or Custody(user)
