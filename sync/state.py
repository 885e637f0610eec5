"""The part of the company's state that a batch of entries touches: documents, read in bulk and changed in place."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import TypeVar, cast

from schemas.documents import (
    DOCUMENTS,
    Book,
    ChequeHeld,
    Company,
    Custody,
    Customer,
    Deposit,
    DepositWaiting,
    Device,
    Document,
    Item,
    Person,
    Plan,
    Request,
    Safe,
    ServerKey,
    User,
    Visit,
    Voucher,
)

Key = tuple[str, str]
"""(document type, id)."""
Fetch = Callable[[Iterable[Key]], dict[Key, Document]]
"""Reads documents in one go; what does not exist is left out."""
FetchGroup = Callable[[str], list[Document]]
"""Reads all documents of a group (`group_of`), in order of creation."""

D = TypeVar("D", bound=Document)
TYPE_OF = {document: name for name, document in DOCUMENTS.items()}


@dataclass(slots=True)
class State:
    """Documents by key, loaded when first asked for and remembered with what changed.

    changed: keys in the order of their first change, so that a replay writes them in the same order. left: scopes that
    a document went out of. moves: (group, scope, enters): a whole group enters or leaves a scope.
    """

    company: str
    fetch: Fetch
    fetch_group: FetchGroup
    documents: dict[Key, Document | None] = field(default_factory=dict)
    changed: dict[Key, int] = field(default_factory=dict)
    left: dict[tuple[str, Key], int] = field(default_factory=dict)
    moves: list[tuple[str, str, bool, int]] = field(default_factory=list)
    position: int = 0

    def prefetch(self, keys: Iterable[Key]) -> None:
        """Load in one go what the next entries are known to touch."""
        wanted = [key for key in dict.fromkeys(keys) if key[1] and key not in self.documents]
        if wanted:
            found = self.fetch(wanted)
            for key in wanted:
                self.documents[key] = found.get(key)

    def get(self, shape: type[D], id: str) -> D | None:
        """The document, or None."""
        if not id:
            return None
        key = (TYPE_OF[shape], id)
        if key not in self.documents:
            self.prefetch((key,))
        return cast("D | None", self.documents[key])

    def group(self, shape: type[D], name: str) -> list[D]:
        """All documents of one type that are now in the group, by id (UUIDv7: by age)."""
        for document in self.fetch_group(name):
            self.documents.setdefault((TYPE_OF[type(document)], document.id), document)
        members = [d for d in self.documents.values() if isinstance(d, shape) and group_of(d) == name]
        return sorted(members, key=lambda document: document.id)

    def put(self, document: Document) -> None:
        """Remember a new or changed document."""
        key = (TYPE_OF[type(document)], document.id)
        self.documents[key] = document
        self.changed[key] = self.position

    def leave(self, scope: str, document: Document) -> None:
        """The document is no longer shown in that scope."""
        self.left[(scope, (TYPE_OF[type(document)], document.id))] = self.position

    def move(self, group: str, scope: str, *, enters: bool) -> None:
        self.moves.append((group, scope, enters, self.position))

    def settings(self) -> Company | None:
        return self.get(Company, self.company)


def group_of(document: Document) -> str:
    """The one list that a document stands in, so that the list can be read without searching."""
    match document:
        case Voucher():
            return f"deposit/{document.deposit}" if document.deposit else f"held/{document.by}"
        case Item():
            return f"customer/{document.customer}"
        case ChequeHeld():
            return f"{document.state}/{document.holder}"
        case Visit():
            return f"visits/{document.user}/{document.day}"
        case Plan():
            return f"plans/{document.day}"
        case Book():
            return f"books/{document.device}"
        case Device():
            return f"devices/{document.user or document.branch}"
        case DepositWaiting():
            return f"waiting/{document.branch}"
        case Deposit():
            return f"deposits/{document.collector}"
        case Request():
            return "requests" if document.state == "requested" else ""
        case _:
            return ""


def scopes_of(document: Document, state: State) -> tuple[str, ...]:
    """Who is shown a document: `all`, `user:<id>` (a collector's phone), `branch:<id>` (its counting desks)."""
    match document:
        case Voucher():
            return (f"user:{document.by}",)
        case Item():
            customer = state.get(Customer, document.customer)
            return scopes_of(customer, state) if customer else ()
        case Customer():
            return tuple(f"user:{collector}" for collector in document.collectors)
        case Custody() | User():
            return (f"user:{document.id}",)
        case Plan() | Visit():
            return (f"user:{document.user}",)
        case Book():
            return (f"user:{document.holder}",)
        case Device():
            return (f"user:{document.user}",) if document.user else ()
        case ChequeHeld():
            # A desk learns of a cheque when the count that could have been biased by it is durable.
            desk = (f"branch:{document.shown_to}",) if document.shown_to else ()
            return (f"user:{document.collector}", *desk)
        case Deposit():
            desk = () if document.state == "declared" else (f"branch:{document.branch}",)
            return (f"user:{document.collector}", *desk)
        case DepositWaiting() | Safe():
            return (f"branch:{document.branch}",)
        case Company() | ServerKey() | Person():
            return ("all",)
        case _:
            return ()
