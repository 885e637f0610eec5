"""Release codes: what the office says over the telephone, so that a phone without a network may do one thing, once.

The phone shows a challenge; whoever has its release key computes the same eight digits. The twin of
`pwa/src/ledger/release.ts`; rows in `tests/cases/release.json`.
"""

from hashlib import sha256
from hmac import new

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
"""Crockford's base 32: no letter that is heard or read as another."""
CHALLENGE_LENGTH = 6
CODE_DIGITS = 8
_READ_AS = str.maketrans({"O": "0", "I": "1", "L": "1", "-": None, " ": None})


def challenge_of(text: str) -> str:
    """A challenge as it was heard or typed, in its one writing; empty when it is none."""
    challenge = text.strip().upper().translate(_READ_AS)
    sound = len(challenge) == CHALLENGE_LENGTH and all(sign in ALPHABET for sign in challenge)
    return challenge if sound else ""


def code_for(key: bytes, purpose: str, challenge: str) -> str:
    """Eight decimal digits: the first 8 bytes of HMAC-SHA256(key, `purpose.challenge`), big-endian, mod 10^8."""
    mac = new(key, f"{purpose}.{challenge}".encode(), sha256).digest()
    return str(int.from_bytes(mac[:8]) % 10**CODE_DIGITS).zfill(CODE_DIGITS)
