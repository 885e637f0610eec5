"""New ids. The only source of randomness for what goes into the journal."""

import os
import secrets
from datetime import datetime
from uuid import UUID

ALPHABET = "23456789ABCDEFGHJKMNPQRSTVWXYZ"
"""No 0, O, 1, I, L, U: codes are read out and typed."""


def uuid7(now: datetime) -> str:
    """A UUIDv7 (RFC 9562): 48 bits of milliseconds, then random; sorts by time."""
    milliseconds = int(now.timestamp() * 1000)
    value = (milliseconds << 80) | int.from_bytes(os.urandom(10), "big")
    value = (value & ~(0xF << 76)) | (0x7 << 76)
    value = (value & ~(0x3 << 62)) | (0x2 << 62)
    return str(UUID(int=value))


def new_id(prefix: str) -> str:
    """A short random id such as `dev_7K2M…`, 80 bits."""
    return f"{prefix}_{''.join(secrets.choice(ALPHABET) for _ in range(16))}"


def new_code() -> str:
    """A one-time enrolment code of 8 characters, 39 bits, valid for a day and rate-limited."""
    return "".join(secrets.choice(ALPHABET) for _ in range(8))
