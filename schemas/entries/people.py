"""Users and devices. Passwords are not facts for a journal: their hashes are kept beside it."""

from typing import Literal

from schemas.entries.shapes import Id, Name, NotNegative, Shape, Text

Role = Literal["collector", "cashier", "supervisor", "administrator"]


class UserEnrolled(Shape, frozen=True):
    """A user is made, or its particulars change. login: what is typed to log in, unique in the company."""

    user: Id
    login: Name
    name: Name
    name_ar: Name
    role: Role
    branch: Id


class UserRevoked(Shape, frozen=True):
    """The user may no longer log in. What the user wrote stays and what is unsent is still taken."""

    user: Id
    reason: Text


class DeviceEnrolled(Shape, frozen=True):
    """A phone or counting desk gets its place. code: short name (`K7`) that names its deposits. user: owner of a
    phone, empty for a desk. public_key: SPKI, base64url; key: its id (first 16 characters of its SHA-256, base64url).
    """

    device: Id
    code: Name
    purpose: Literal["phone", "desk", "server"]
    user: str
    branch: Id
    public_key: Text
    key: Name
    app: Text = ""
    installed: bool = False
    persisted: bool = False


class ReleaseGiven(Shape, frozen=True):
    """Somebody of the office read out a release code for this challenge of a phone. `by` says who."""

    device: Id
    purpose: Literal["wipe", "limit"]
    challenge: Name


class ReleaseUsed(Shape, frozen=True):
    """The phone was shown a right code and does once what it releases. wipe: Sanad's data leave the phone, and this is
    the last entry of its chain. limit: for the rest of the day no policy of the company blocks."""

    purpose: Literal["wipe", "limit"]
    challenge: Name


class DeviceRevoked(Shape, frozen=True):
    """Judged by arrival: what comes from the device after this is kept under review.

    seq: the last seq of its chain that the office had when this was written.
    """

    device: Id
    state: Literal["revoked", "lost", "retired"]
    reason: Text
    seq: NotNegative = 0
