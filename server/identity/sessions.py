"""Logins: Argon2id passwords, short JWTs, proof of a device's key, and brakes on guessing."""

import hashlib
import hmac
from collections import defaultdict, deque
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any

import jwt
from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from schemas.codes import Problem
from schemas.wire import Session
from server.problems import ProblemError
from server.reads import settings_of, user_of
from server.store.port import Reader
from sync.chain import b64

PERSON_LIVES = timedelta(minutes=30)
DEVICE_LIVES = timedelta(hours=1)
CHALLENGE_LIVES = timedelta(minutes=5)
MISSES, MISS_WINDOW = 5, timedelta(minutes=5)
_HASHER = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)
"""OWASP's floor for Argon2id: 19 MiB, 2 rounds."""
_NOBODY = _HASHER.hash("no such user")


def hash_password(password: str) -> str:
    return _HASHER.hash(password)


def password_fits(stored: str | None, password: str) -> bool:
    """Takes as long for an unknown user as for a known one."""
    try:
        _HASHER.verify(stored or _NOBODY, password)
    except (VerificationError, InvalidHashError):
        return False
    return stored is not None


@dataclass(frozen=True, slots=True)
class Caller:
    """Who a request speaks for. device: empty for a person at a browser."""

    user: str
    role: str
    branch: str
    device: str = ""


@dataclass(slots=True)
class Brake:
    """Counts misses per name; after five within five minutes it asks for patience."""

    misses: dict[str, deque[datetime]] = field(default_factory=lambda: defaultdict(deque))

    def check(self, name: str, now: datetime) -> None:
        """TOO_MANY_TRIES when the name has missed too often lately."""
        recent = self.misses[name]
        while recent and recent[0] < now - MISS_WINDOW:
            recent.popleft()
        if len(recent) >= MISSES:
            wait = int((recent[0] + MISS_WINDOW - now).total_seconds()) + 1
            raise ProblemError(Problem.TOO_MANY_TRIES, "wait and try again", retry_after=wait)

    def miss(self, name: str, now: datetime) -> None:
        self.misses[name].append(now)


def challenge(secret: str, now: datetime) -> str:
    """A text that proves its own age, so that nothing is kept for it."""
    stamp = str(int(now.timestamp()))
    return f"{stamp}.{_mac(secret, stamp)}"


def check_challenge(secret: str, text: str, now: datetime) -> None:
    stamp, _, mac = text.partition(".")
    fresh = (
        stamp.isascii()
        and stamp.isdigit()
        and len(stamp) < 12
        and abs(now.timestamp() - int(stamp)) <= CHALLENGE_LIVES.total_seconds()
    )
    if not (fresh and hmac.compare_digest(mac.encode(), _mac(secret, stamp).encode())):
        raise ProblemError(Problem.BAD_SIGNATURE, "the challenge is not ours or too old")


def _mac(secret: str, text: str) -> str:
    return b64(hmac.new(secret.encode(), text.encode(), hashlib.sha256).digest())


def token(secret: str, company: str, user: str, device: str, expires: datetime) -> str:
    claims: dict[str, Any] = {"iss": company, "sub": user, "dev": device, "exp": int(expires.timestamp())}
    return jwt.encode(claims, secret, algorithm="HS256")


def read_token(secret: str, company: str, text: str, now: datetime) -> tuple[str, str]:
    """(user, device) of a valid token; NOT_LOGGED_IN else. The clock is ours, not the library's."""
    user, device, expires = _claims(secret, company, text)
    if expires <= now.timestamp():
        raise ProblemError(Problem.NOT_LOGGED_IN, "the session has ended")
    return user, device


@lru_cache(maxsize=4096)
def _claims(secret: str, company: str, text: str) -> tuple[str, str, float]:
    """User, device and end of a token that we made: that never changes, so it is worked out once."""
    try:
        claims = jwt.decode(text, secret, algorithms=["HS256"], issuer=company, options={"verify_exp": False})
    except jwt.InvalidTokenError as error:
        raise ProblemError(Problem.NOT_LOGGED_IN, "the token is not ours") from error
    return claims["sub"], claims["dev"], claims["exp"]


async def open_session(db: Reader, company: str, secret: str, user: str, device: str, now: datetime) -> Session:
    """A session for an active user; NOT_ALLOWED for a revoked one."""
    who = await user_of(db, user)
    settings = await settings_of(db)
    if who is None or not who.active:
        raise ProblemError(Problem.NOT_ALLOWED, "this user has been revoked")
    expires = now + (DEVICE_LIVES if device else PERSON_LIVES)
    return Session(
        token=token(secret, company, user, device, expires),
        expires_at=expires.isoformat(timespec="seconds"),
        user=who,
        company=settings,
    )
