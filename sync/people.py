"""Users and devices: who may write, and what a revoked or lost device leaves behind."""

from schemas.codes import Flag
from schemas.documents import Book, Device, Person, PhoneKey, User
from schemas.entries.people import (
    DeviceEnrolled,
    DeviceRevoked,
    ReleaseGiven,
    ReleaseUsed,
    UserEnrolled,
    UserRevoked,
)
from schemas.entries.shapes import Grant
from sync.books import grant_of
from sync.ledger import safe_of
from sync.ruling import Context, Ruling, refused
from sync.state import State


def user_enrolled(_c: Context, body: UserEnrolled, state: State) -> None:
    known = state.get(User, body.user)
    # A change of particulars does not give back what was revoked.
    active = known.active if known else True
    state.put(User(body.user, body.login, body.name, body.name_ar, body.role, body.branch, active))
    state.put(Person(body.user, body.name, body.name_ar, body.role, body.branch))
    if body.role == "cashier":
        safe = safe_of(state, body.user)
        safe.branch = body.branch
        state.put(safe)


def judge_user(_c: Context, body: UserRevoked, state: State) -> Ruling:
    return Ruling() if state.get(User, body.user) else refused(Flag.USER_UNKNOWN)


def user_revoked(_c: Context, body: UserRevoked, state: State) -> None:
    user = state.get(User, body.user)
    if user is not None:
        user.active = False
        state.put(user)


def device_enrolled(c: Context, body: DeviceEnrolled, state: State) -> None:
    enrol(body, c.received_at, grant_of(c.entry), state)


def enrol(body: DeviceEnrolled, since: str, grant: Grant, state: State) -> None:
    state.put(
        Device(
            body.device,
            code=body.code,
            purpose=body.purpose,
            user=body.user,
            branch=body.branch,
            public_key=body.public_key,
            key=body.key,
            installed=body.installed,
            persisted=body.persisted,
            since=since,
            grant=grant,
        )
    )
    if body.purpose == "phone":
        state.put(PhoneKey(body.device, body.code, body.user, body.branch, body.public_key))


def judge_device(_c: Context, body: DeviceRevoked | ReleaseGiven, state: State) -> Ruling:
    return Ruling() if state.get(Device, body.device) else refused(Flag.DEVICE_UNKNOWN)


def device_revoked(_c: Context, body: DeviceRevoked, state: State) -> None:
    """A lost device's unused leaves stay unexplained (unknown); a retired one's are cancelled; a revoked one's wait."""
    _stop(body.device, body.state, state)


def release_used(c: Context, body: ReleaseUsed, state: State) -> None:
    """A phone that wipes itself has handed in everything: it is retired, its unused leaves are cancelled."""
    device = state.get(Device, c.envelope.device)
    if body.purpose == "wipe" and device is not None and device.state == "active":
        _stop(device.id, "retired", state)


def _stop(id: str, device_state: str, state: State) -> None:
    device = state.get(Device, id)
    if device is None:
        return
    device.state = device_state
    state.put(device)
    known = state.get(PhoneKey, id)
    if known is not None:
        known.state = device_state
        state.put(known)
    for book in state.group(Book, f"books/{id}"):
        if book.state in ("assigned", "accepted", "open", "frozen"):
            book.state = "cancelled" if device_state == "retired" else "frozen"
            book.closed = {"lost": "unknown", "retired": "cancelled"}.get(device_state, "")
            state.put(book)
