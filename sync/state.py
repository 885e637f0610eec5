"""The part of the company's state that a batch of entries touches: documents, read in bulk and changed in place."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any, TypeVar

from schemas.documents import (
    DOCUMENTS,
    Book,
    Case,
    ChequeHeld,
    Company,
    Confirmation,
    Contact,
    Custody,
    Customer,
    DayReport,
    Deposit,
    DepositWaiting,
    Device,
    Dispute,
    Document,
    Item,
    MissingVoucher,
    Notice,
    Person,
    PhoneKey,
    Plan,
    PromiseToPay,
    Request,
    Safe,
    ServerKey,
    Suspended,
    Target,
    User,
    Visit,
    Voucher,
)
from schemas.entries.receipts import Cheque

Key = tuple[str, str]
"""(document type, id)."""
Fetch = Callable[[Iterable[Key]], dict[Key, Document]]
"""Reads documents in one go; what does not exist is left out."""
FetchGroup = Callable[[str], list[Document]]
"""Reads all documents of a group (`group_of`), in order of creation."""

D = TypeVar("D", bound=Document)
TYPE_OF = {document: name for name, document in DOCUMENTS.items()}


class NotLoaded(Exception):
    """The shelf could not be read. No fault of an entry, and no reason to judge it otherwise: all is tried again."""


@dataclass(slots=True)
class State:
    """Documents by key, loaded when first asked for and remembered with what changed.

    changed: keys in the order of their first change, so that a replay writes them in the same order. left: scopes that
    a document went out of. moves: (group, scope, enters): a whole group enters or leaves a scope.
    """

    company: str
    fetch: Fetch
    fetch_group: FetchGroup
    documents: dict[Key, Any] = field(default_factory=dict)
    changed: dict[Key, int] = field(default_factory=dict)
    left: dict[tuple[str, Key], int] = field(default_factory=dict)
    moves: list[tuple[str, str, bool, int]] = field(default_factory=list)
    position: int = 0

    def prefetch(self, keys: Iterable[Key]) -> None:
        """Load in one go what the next entries are known to touch."""
        wanted = [key for key in dict.fromkeys(keys) if key[1] and key not in self.documents]
        if wanted:
            try:
                found = self.fetch(wanted)
            except Exception as error:
                raise NotLoaded(str(error)) from error
            for key in wanted:
                self.documents[key] = found.get(key)

    def get(self, shape: type[D], id: str) -> D | None:
        """The document, or None. Runs some twenty times a voucher, so the common case comes first."""
        if not id:
            return None
        key = (TYPE_OF[shape], id)
        try:
            found: D | None = self.documents[key]
        except KeyError:
            self.prefetch((key,))
            found = self.documents.get(key)
        return found

    def group(self, shape: type[D], name: str) -> list[D]:
        """All documents of one type that are now in the group, by id (UUIDv7: by age)."""
        try:
            found = self.fetch_group(name)
        except Exception as error:
            raise NotLoaded(str(error)) from error
        for document in found:
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
    grouping = _GROUPS.get(type(document))
    return grouping(document) if grouping is not None else ""


def scopes_of(document: Document, state: State) -> tuple[str, ...]:
    """Who is shown a document: `all`, `user:<id>` (a collector's phone), `branch:<id>` (its counting desks)."""
    scoping = _SCOPES.get(type(document))
    return scoping(document, state) if scoping is not None else ()


def _group_of_voucher(voucher: Voucher) -> str:
    if voucher.state == "replaced":
        return ""
    return f"deposit/{voucher.deposit}" if voucher.deposit else f"held/{voucher.by}"


def _about(document: Item | PromiseToPay | Contact, state: State) -> tuple[str, ...]:
    """What is known of a customer is shown to whoever has the customer now."""
    customer = state.get(Customer, document.customer)
    return _of_customer(customer, state) if customer else ()


def _of_case(case: Dispute | Confirmation | Case, state: State) -> tuple[str, ...]:
    """Besides: its writer, who waits for an answer, and the attachments that it names."""
    customer = state.get(Customer, case.customer)
    named = [case.signature] if isinstance(case, Confirmation) else case.photos
    readers = [f"user:{case.by}", *(_of_customer(customer, state) if customer else ())]
    return tuple(dict.fromkeys([*readers, *(f"attachment:{one}" for one in named if len(one) == 64)]))


def _of_customer(customer: Customer, _state: State) -> tuple[str, ...]:
    return tuple([f"user:{collector}" for collector in customer.collectors])


def _of_voucher(voucher: Voucher, _state: State) -> tuple[str, ...]:
    """Besides its collector's phone: each attachment that it names, so that the bytes are taken in when they come."""
    if voucher.state == "replaced":
        return ()
    named = [photo for tender in voucher.tenders if isinstance(tender, Cheque) for photo in tender.photos]
    named += [photo for deduction in voucher.deductions for photo in deduction.photos] + voucher.photos
    if len(voucher.signature) == 64:  # else it names nothing that could ever come
        named.append(voucher.signature)
    return (f"user:{voucher.by}", *(f"attachment:{one}" for one in dict.fromkeys(named)))


def _of_cheque(cheque: ChequeHeld, _state: State) -> tuple[str, ...]:
    """A desk learns of a cheque when the count that could have been biased by it is durable."""
    if cheque.state == "replaced":
        return ()
    own = f"user:{cheque.collector}"
    return (own, f"branch:{cheque.shown_to}") if cheque.shown_to else (own,)


def _of_deposit(deposit: Deposit, _state: State) -> tuple[str, ...]:
    own = f"user:{deposit.collector}"
    return (own,) if deposit.state == "declared" else (own, f"branch:{deposit.branch}")


_WAITING = ("ahead", "declared", "counted")
# Tables by exact type: these two run for every changed document of every push.
_GROUPS: dict[type[Document], Callable[[Any], str]] = {
    Voucher: _group_of_voucher,
    Item: lambda item: f"customer/{item.customer}",
    PromiseToPay: lambda promise: f"customer/{promise.customer}",
    Dispute: lambda dispute: f"customer/{dispute.customer}",
    Contact: lambda contact: f"customer/{contact.customer}",
    Confirmation: lambda confirmation: f"customer/{confirmation.customer}",
    Case: lambda case: f"customer/{case.customer}" if case.customer else f"cases/{case.by}",
    Target: lambda target: f"targets/{target.month}",
    DayReport: lambda report: f"reports/{report.day}",
    ChequeHeld: lambda cheque: f"{cheque.state}/{cheque.holder}",
    Visit: lambda visit: f"visits/{visit.user}/{visit.day}",
    Plan: lambda plan: f"plans/{plan.day}",
    Book: lambda book: f"books/{book.device}",
    Device: lambda device: f"devices/{device.user or device.branch}",
    DepositWaiting: lambda waiting: f"waiting/{waiting.branch}",
    Deposit: lambda deposit: f"deposits/{deposit.collector}",
    Request: lambda request: "requests" if request.state == "requested" else "",
    MissingVoucher: lambda missing: "missing" if missing.state == "reported" else "",
    Suspended: lambda held: "suspense" if held.state == "waiting" else "",
    Notice: lambda notice: "notices" if notice.state == "waiting" else "",
}
_SCOPES: dict[type[Document], Callable[[Any, State], tuple[str, ...]]] = {
    Voucher: _of_voucher,
    Item: _about,
    PromiseToPay: _about,
    Contact: _about,
    Dispute: _of_case,
    Confirmation: _of_case,
    Case: _of_case,
    Target: lambda target, _: (f"user:{target.user}",),
    DayReport: lambda report, _: (f"user:{report.user}",),
    Customer: _of_customer,
    Custody: lambda custody, _: (f"user:{custody.id}",),
    User: lambda user, _: (f"user:{user.id}",),
    Plan: lambda plan, _: (f"user:{plan.user}",),
    Visit: lambda visit, _: (f"user:{visit.user}",),
    Book: lambda book, _: (f"user:{book.holder}",),
    Device: lambda device, _: (f"user:{device.user}",) if device.user else (),
    ChequeHeld: _of_cheque,
    Deposit: _of_deposit,
    # Decided, it waits for nobody: it must not be shown again by the very change that takes it away.
    DepositWaiting: lambda waiting, _: (f"branch:{waiting.branch}",) if waiting.state in _WAITING else (),
    PhoneKey: lambda phone, _: (f"branch:{phone.branch}",),
    Safe: lambda safe, _: (f"branch:{safe.branch}",),
    Company: lambda *_: ("all",),
    ServerKey: lambda *_: ("all",),
    Person: lambda *_: ("all",),
}
