"""Epochs: each restore begins one, and devices hand back the grants that the restored journal does not know.

A grant is an entry of this server's own, signed by it. Handed back it has the effect that it had, once. Numbers cannot
meet: what a series of an earlier epoch numbered is never given again, because a new epoch gives books under new
prefixes only (`books.judge_assigned`). Signatures are checked outside, before an entry is written and by `verify`.
"""

from schemas.codes import Flag
from schemas.documents import Book, Deposit, Device, Person, Series, User, Voucher
from schemas.entries import Envelope
from schemas.entries.books import BookAssigned
from schemas.entries.company import EpochBegan, GrantReturned
from schemas.entries.people import DeviceEnrolled
from schemas.entries.shapes import Grant
from sync import books, people
from sync.numbering import has_leaf, voucher_number
from sync.reading import Unreadable, body_of, envelope_of
from sync.ruling import Context, Ruling, refused
from sync.state import State

Title = DeviceEnrolled | BookAssigned


def judge_began(_c: Context, body: EpochBegan, state: State) -> Ruling:
    company = state.settings()
    return Ruling() if company is not None and body.epoch > company.epoch else refused(Flag.EPOCH_NOT_NEW)


def began(_c: Context, body: EpochBegan, state: State) -> None:
    """Books of earlier epochs go on being honoured; new ones come under a new prefix."""
    company = state.settings()
    if company is not None:
        company.epoch = body.epoch
        state.put(company)


def title_of(grant: Grant, company: str) -> tuple[Envelope, Title] | None:
    """What a grant gives, or None if it is none of this company's."""
    envelope = envelope_of(grant.envelope.encode())
    if envelope is None or envelope.company != company or envelope.kind not in ("device_enrolled", "book_assigned"):
        return None
    try:
        body, _ = body_of(envelope.kind, grant.body.encode())
    except Unreadable:
        return None
    return (envelope, body) if isinstance(body, Title) else None


def judge_returned(_c: Context, body: GrantReturned, state: State) -> Ruling:
    title = title_of(body.grant, state.company)
    if title is None:
        return refused(Flag.GRANT_UNREADABLE)
    given = title[1]
    if isinstance(given, DeviceEnrolled):
        if state.get(Device, given.device) is not None:
            return refused(Flag.GRANT_KNOWN)
        known = not given.user or state.get(User, given.user) is not None
        return Ruling() if known else Ruling(flags=[Flag.USER_UNKNOWN])
    if state.get(Book, given.book) is not None:
        return refused(Flag.GRANT_KNOWN)
    if state.get(Device, given.device) is None:
        return refused(Flag.DEVICE_UNKNOWN)
    series = state.get(Series, given.series)
    if given.last < given.first or (series is not None and books.overlaps(series, given.first, given.last)):
        return refused(Flag.BOOK_RANGE_OVERLAPS)
    return Ruling()


def returned(_c: Context, body: GrantReturned, state: State) -> None:
    title = title_of(body.grant, state.company)
    if title is None:
        return
    envelope, given = title
    if isinstance(given, DeviceEnrolled):
        people.enrol(given, envelope.at, body.grant, state)
        if given.user and state.get(User, given.user) is None:
            _owner(given, state)
        return
    series = state.get(Series, given.series) or Series(given.series, 0, 0)
    series.returned = sorted([*series.returned, (given.first, given.last)])
    state.put(series)
    books.give(given, body.grant, state)
    _count_leaves(given, state)


def _owner(device: DeviceEnrolled, state: State) -> None:
    """The phone's owner, as far as the grant tells: without him what the phone hands in would be nobody's. The
    administrator gives him his name and login again."""
    state.put(User(device.user, device.user, device.code, device.code, "collector", device.branch))
    state.put(Person(device.user, device.code, device.code, "collector", device.branch))


def _count_leaves(given: BookAssigned, state: State) -> None:
    """Vouchers that arrived before the grant of their book have their leaves now. They stay under review until
    a person releases them."""
    book = state.get(Book, given.book)
    for voucher in sorted(_vouchers_of(given.holder, state), key=lambda one: one.seq) if book is not None else ():
        held = voucher.book == given.book and voucher.device == given.device and Flag.BOOK_NOT_HELD in voucher.flags
        if book is None or not held or not book.first <= voucher.leaf <= book.last:
            continue
        voucher.flags = [flag for flag in voucher.flags if flag != Flag.BOOK_NOT_HELD]
        if voucher.number != voucher_number(book, voucher.leaf):
            voucher.flags.append(Flag.NUMBER_OUTSIDE_BOOK.value)
        if has_leaf(book.issued, voucher.leaf - book.first):
            voucher.flags.append(Flag.NUMBER_REPEATED.value)
        elif not {Flag.FORK, Flag.ID_REPEATED} & set(voucher.flags):
            books.use_leaf(book, voucher.leaf, voucher.seq, state)
            if voucher.state == "voided":
                books.void_leaf(book, voucher.leaf, state)
        state.put(voucher)


def _vouchers_of(user: str, state: State) -> list[Voucher]:
    found = state.group(Voucher, f"held/{user}")
    for deposit in state.group(Deposit, f"deposits/{user}"):
        found += state.group(Voucher, f"deposit/{deposit.id}")
    return found
