"""What every way of telling a customer has in common: the job, and the two ways in which it fails.

CannotTell        → Refused    it will never be taken: said once, recorded, not tried again
                  → NotNow     perhaps later
"""

from typing import Protocol

import msgspec

from schemas.documents import Company, Customer, Notice, User, Voucher
from schemas.entries.notices import Reason


class Job(msgspec.Struct, frozen=True):
    """One notice with all that a message says. collector: None for a user who is not known."""

    company: Company
    notice: Notice
    voucher: Voucher
    customer: Customer
    collector: User | None


class CannotTell(Exception):
    """The message has not left, as far as this side knows."""


class Refused(CannotTell):
    """Trying again would change nothing."""

    def __init__(self, reason: Reason, why: str) -> None:
        super().__init__(why)
        self.reason = reason


class NotNow(CannotTell):
    """everyone: nobody can be told in this way now, so the others need not be tried."""

    def __init__(self, why: str, *, everyone: bool = False) -> None:
        super().__init__(why)
        self.everyone = everyone


class BadSender(ValueError):
    """The environment names a mail server or gateway in a way that cannot be right."""


class Sender(Protocol):
    """One way of telling. Called in one thread of its own; may wait."""

    def send(self, job: Job) -> None:
        """When it returns, the other side has taken the message. Refused or NotNow when not."""

    def rest(self) -> None:
        """Nothing more to send for now."""
