"""Voucher books: ranges that never overlap, on one device for life, whole at every count.

Issued + voided + unused + lost + unknown = size, whatever the order in which entries arrive: the tally is set
arithmetic over leaves, never over the order of creation.
"""

from dataclasses import dataclass

from schemas.codes import Flag, Verdict
from schemas.documents import Book, Device, Series, User
from schemas.entries.books import BookAccepted, BookAssigned, BookClosed
from schemas.entries.shapes import Grant
from sync.chain import Entry
from sync.numbering import add_leaf, count_leaves, has_leaf, next_leaf, voucher_number
from sync.ruling import Context, Ruling, refused
from sync.state import State

NUMBERING = ("assigned", "accepted", "open")


def judge_assigned(_c: Context, body: BookAssigned, state: State) -> Ruling:
    device = state.get(Device, body.device)
    if device is None or device.state != "active":
        return refused(Flag.DEVICE_UNKNOWN)
    if state.get(User, body.holder) is None:
        return refused(Flag.USER_UNKNOWN)
    if body.last < body.first or state.get(Book, body.book):
        return refused(Flag.BOOK_RANGE_OVERLAPS)
    series = state.get(Series, body.series)
    if series is not None and (series.epoch != epoch_of(state) or overlaps(series, body.first, body.last)):
        return refused(Flag.BOOK_RANGE_OVERLAPS)
    return Ruling()


def epoch_of(state: State) -> int:
    company = state.settings()
    return company.epoch if company else 1


def overlaps(series: Series, first: int, last: int) -> bool:
    """Whether a range is not wholly beyond what the series has given, and beside what came back from phones."""
    return first <= series.last or any(first <= end and start <= last for start, end in series.returned)


def grant_of(entry: Entry) -> Grant:
    return Grant(entry.raw.decode(), entry.body.decode(), entry.sig)


def assigned(c: Context, body: BookAssigned, state: State) -> None:
    series = state.get(Series, body.series) or Series(body.series, 0, epoch_of(state))
    series.last = body.last
    state.put(series)
    give(body, grant_of(c.entry), state)


def give(body: BookAssigned, grant: Grant, state: State) -> None:
    state.put(
        Book(
            body.book,
            series=body.series,
            first=body.first,
            last=body.last,
            width=body.width,
            kind=body.kind,
            holder=body.holder,
            device=body.device,
            grant=grant,
        )
    )


def judge_accepted(c: Context, body: BookAccepted, state: State) -> Ruling:
    book = state.get(Book, body.book)
    if book is None or book.device != c.envelope.device:
        return refused(Flag.BOOK_UNKNOWN)
    return Ruling()


def accepted(_c: Context, body: BookAccepted, state: State) -> None:
    book = state.get(Book, body.book)
    if book is not None and book.state == "assigned":
        book.state = "accepted"
        state.put(book)


def judge_closed(_c: Context, body: BookClosed, state: State) -> Ruling:
    return Ruling() if state.get(Book, body.book) else refused(Flag.BOOK_UNKNOWN)


def closed(_c: Context, body: BookClosed, state: State) -> None:
    book = state.get(Book, body.book)
    if book is not None:
        book.state = "cancelled" if body.outcome == "cancelled" else "frozen"
        book.closed = body.outcome
        state.put(book)


def judge_leaf(book: Book | None, device: str, leaf: int, number: str) -> tuple[Verdict, list[Flag]]:
    """Whether a device may use this leaf. Money taken on a wrong number is kept under review, never dropped; the leaf
    that it names is spent all the same, unless another voucher has it."""
    if book is None or book.device != device:
        return Verdict.REVIEW, [Flag.BOOK_NOT_HELD]
    if not book.first <= leaf <= book.last:
        return Verdict.REVIEW, [Flag.NUMBER_OUTSIDE_BOOK]
    wrong = [Flag.NUMBER_OUTSIDE_BOOK] if number != voucher_number(book, leaf) else []
    if has_leaf(book.issued, leaf - book.first):
        return Verdict.REVIEW, [Flag.NUMBER_REPEATED, *wrong]
    if wrong:
        return Verdict.REVIEW, wrong
    if book.closed or book.state not in (*NUMBERING, "full"):
        return Verdict.REVIEW, [Flag.NUMBER_BLACKLISTED]
    if leaf != next_leaf(book):
        return Verdict.ACCEPTED, [Flag.NUMBER_OUT_OF_ORDER]
    return Verdict.ACCEPTED, []


def use_leaf(book: Book, leaf: int, seq: int, state: State) -> None:
    book.issued = add_leaf(book.issued, leaf - book.first)
    if book.state in NUMBERING:
        book.state = "full" if leaf == book.last else "open"
    if leaf == book.last:
        book.full_seq = seq
    state.put(book)


def void_leaf(book: Book, leaf: int, state: State) -> None:
    book.voided = add_leaf(book.voided, leaf - book.first)
    state.put(book)


@dataclass(frozen=True, slots=True)
class Tally:
    """The leaves of a book. issued: in force; lost: cancelled unused; all five sum to size."""

    size: int
    issued: int
    voided: int
    unused: int
    lost: int
    unknown: int


def tally(book: Book) -> Tally:
    size = book.last - book.first + 1
    used = count_leaves(book.issued)
    voided = count_leaves(book.voided)
    rest = size - used
    return Tally(
        size=size,
        issued=used - voided,
        voided=voided,
        unused=0 if book.closed else rest,
        lost=rest if book.closed == "cancelled" else 0,
        unknown=rest if book.closed == "unknown" else 0,
    )
