"""The recovery key: what a backup's secrets are sealed to, so that a stolen backup is no stolen server.

Its private half is locked with a passphrase of 147 bits that is shown once, when the key is made, and kept nowhere.
The locked half lies in the company and in every backup: a restore needs the file and the passphrase, nothing else.
"""

import os
import secrets
from dataclasses import dataclass

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

from server.ids import ALPHABET
from server.keys import SigningKey
from server.store.port import Shelf, Store
from server.store.secrets import keep_meta, meta_of
from sync.chain import b64, unb64

GROUPS, LETTERS = 6, 5


class WrongPassphrase(ValueError):
    """The passphrase does not open the recovery key."""

    def __init__(self) -> None:
        super().__init__("this is not the recovery passphrase of the backup's company")


@dataclass(frozen=True, slots=True)
class Recovery:
    """public: SPKI, base64url. locked: the private half, `salt.iv.sealed`."""

    public: str
    locked: str


def new_passphrase() -> str:
    """Six groups of five letters and digits that cannot be confused when read out."""
    letters = [secrets.choice(ALPHABET) for _ in range(GROUPS * LETTERS)]
    return "-".join("".join(letters[at : at + LETTERS]) for at in range(0, len(letters), LETTERS))


def make(passphrase: str) -> Recovery:
    key = SigningKey.new("recovery")
    salt, iv = os.urandom(16), os.urandom(12)
    locked = AESGCM(_stretched(passphrase, salt)).encrypt(iv, key.der(), key.spki.encode())
    return Recovery(key.spki, ".".join(b64(part) for part in (salt, iv, locked)))


def unlock(recovery: Recovery, passphrase: str) -> SigningKey:
    """The private half; WrongPassphrase. Blanks, hyphens and case do not matter."""
    salt, iv, locked = (unb64(part) for part in recovery.locked.split("."))
    try:
        der = AESGCM(_stretched(passphrase, salt)).decrypt(iv, locked, recovery.public.encode())
    except InvalidTag as error:
        raise WrongPassphrase from error
    return SigningKey.load("recovery", der)


def _stretched(passphrase: str, salt: bytes) -> bytes:
    plain = "".join(letter for letter in passphrase.upper() if letter.isalnum())
    return Scrypt(salt, 32, n=2**15, r=8, p=1).derive(plain.encode())


def keep(store: Store, recovery: Recovery) -> None:
    """For the writer's thread. An earlier key is forgotten: earlier backups open with their own passphrase."""
    keep_meta(store, "recovery_public", recovery.public)
    keep_meta(store, "recovery_locked", recovery.locked)


def recovery_of(shelf: Shelf) -> Recovery | None:
    public = meta_of(shelf, "recovery_public")
    return Recovery(public, meta_of(shelf, "recovery_locked")) if public else None
