"""Who may write what: the part that holds for devices."""

from typing import Protocol

from schemas.codes import Flag
from schemas.documents import Device, User
from sync.state import State


class Written(Protocol):
    """A row of the table of kinds, as far as it says who may write."""

    @property
    def writers(self) -> tuple[str, ...]: ...
    @property
    def roles(self) -> tuple[str, ...]: ...


def of_device(device_id: str, by: str, kind: Written, state: State) -> Flag | None:
    """Why this device may not write this kind in that user's name, or None."""
    device = state.get(Device, device_id)
    if device is None or device.purpose not in kind.writers:
        return Flag.KIND_NOT_ALLOWED
    if device.purpose == "phone" and by != device.user:
        return Flag.NOT_THE_WRITER
    return of_user(by, kind, state)


def of_user(by: str, kind: Written, state: State) -> Flag | None:
    user = state.get(User, by)
    return Flag.NOT_THE_WRITER if kind.roles and (user is None or user.role not in kind.roles) else None
