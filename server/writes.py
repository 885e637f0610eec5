"""Writing as the office does: one entry of the server's chain each, judged like any other, refused with a reason."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import msgspec

from schemas.codes import Problem, Verdict
from schemas.documents import Book, Company, Device, Series, User
from schemas.entries.books import BookAssigned
from schemas.entries.people import DeviceRevoked
from server.ids import new_id
from server.inbox import Writer, Written
from server.problems import ProblemError
from sync.books import NUMBERING
from sync.decide import SYSTEM
from sync.reading import Unreadable
from sync.state import State

if TYPE_CHECKING:
    from server.company import OpenCompany

SPARE_BOOKS = 1
"""A phone has one open book and one spare, so that it never runs out on the road."""


def write(writer: Writer, kind: str, body: msgspec.Struct, by: str = SYSTEM) -> Written:
    """Write or raise: MALFORMED where a field is longer or other than the entry can say, REFUSED with the flags that
    say why. Either rolls the whole task back."""
    try:
        written = writer.write(kind, body, by)
    except Unreadable as error:
        raise ProblemError(Problem.MALFORMED, str(error)) from error
    if written.outcome.verdict != Verdict.ACCEPTED:
        raise ProblemError(Problem.REFUSED, "the rules refuse this", flags=written.outcome.flags)
    return written


def settings(state: State) -> Company:
    company = state.settings()
    if company is None:
        raise ProblemError(Problem.NOT_FOUND, "the company has no settings")
    return company


def series_of(state: State, branch: str) -> str:
    """A branch's series prefix in this epoch. Each epoch numbers under prefixes of its own, so that no number is given
    again that was given after the backup, and that a restored server knows nothing of. Where an earlier epoch or
    another branch has the prefix, it grows until it is free."""
    company = settings(state)
    prefix = next((one.prefix for one in company.branches if one.branch == branch), "SND")
    others = {one.prefix for one in company.branches} - {prefix}
    name = f"{prefix}{letters(company.epoch - 1)}"
    while name in others or ((known := state.get(Series, name)) is not None and known.epoch != company.epoch):
        name = f"{name}B"
    return name


def letters(number: int) -> str:
    """1 → B, 2 → C … 25 → Z, 26 → BB: spreadsheet columns without A, so that the first epoch needs no letter."""
    text = ""
    while number > 0:
        number, rest = divmod(number - 1, 25)
        text = chr(ord("B") + rest) + text
    return text


def assign_book(writer: Writer, device: Device, leaves: int, by: str = SYSTEM) -> str:
    """Give a phone the next range of its branch's series. Returns the book's id."""
    state = writer.state()
    company = settings(state)
    series = series_of(state, device.branch)
    registered = state.get(Series, series) or Series(series, 0)
    first = max([registered.last, *(last for _, last in registered.returned)]) + 1
    book = new_id("book")
    body = BookAssigned(
        book=book,
        series=series,
        first=first,
        last=first + (leaves or company.policy.book_leaves) - 1,
        device=device.id,
        holder=device.user,
    )
    write(writer, "book_assigned", body, by)
    return book


def books_wanted(device: Device | None, books: Iterable[Book]) -> int:
    """How many books a phone lacks to have one to number from and a spare."""
    if device is None or device.purpose != "phone" or device.state != "active" or device.forked:
        return 0
    usable = sum(1 for book in books if book.kind == "electronic" and book.state in NUMBERING)
    return max(0, 1 + SPARE_BOOKS - usable)


def top_up_books(writer: Writer, device_id: str) -> None:
    """See to it that a phone has a book to number from and a spare."""
    state = writer.state()
    device = state.get(Device, device_id)
    wanted = books_wanted(device, state.group(Book, f"books/{device_id}"))
    if device is not None:
        for _ in range(wanted):
            assign_book(writer, device, 0)


def retire_other_phones(writer: Writer, user: str, by: str) -> None:
    """A user enrolled again: phones that were not retired count as lost, their unused leaves as unknown."""
    state = writer.state()
    for device in state.group(Device, f"devices/{user}"):
        if device.purpose == "phone" and device.state == "active":
            seq = writer.store.heads([device.id])[device.id].seq
            write(writer, "device_revoked", DeviceRevoked(device.id, "lost", "enrolled again elsewhere", seq), by)


def expires(now: datetime) -> str:
    return (now + timedelta(hours=24)).isoformat(timespec="seconds")


def user_named(state: State, id: str) -> User:
    user = state.get(User, id)
    if user is None:
        raise ProblemError(Problem.NOT_FOUND, "no such user", user=id)
    return user


def keep_code(company: "OpenCompany", code: str, purpose: str, user: str, branch: str, until: str, by: str) -> None:
    """Remember a one-time enrolment code. Only for use in the writer's thread."""
    company.store.db.execute(
        "INSERT INTO enrolment_code (code, purpose, user, branch, expires_at, made_by) VALUES (?,?,?,?,?,?)",
        (code, purpose, user, branch, until, by),
    )
