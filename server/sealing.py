"""Sealing: what only the holder of one private key can open. ECDH over P-256 with a fresh key each time, HKDF-SHA256,
AES-256-GCM. Rescue files are sealed to the server, a backup's secrets to the company's recovery key.
"""

import os
from dataclasses import dataclass

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from server.keys import NotAKey, public_key, spki_of
from sync.chain import b64, unb64


class NotSealed(ValueError):
    """Not sealed to this key, or changed since."""


@dataclass(frozen=True, slots=True)
class Sealed:
    """epk: the fresh public key (SPKI). All base64url."""

    epk: str
    iv: str
    sealed: str


def seal(plain: bytes, spki: str, info: bytes, said: str) -> Sealed:
    """Seal to a public key. said: what stands beside it in the clear; it is bound in, together with the fresh key."""
    fresh = ec.generate_private_key(ec.SECP256R1())
    epk, iv = b64(spki_of(fresh)), os.urandom(12)
    key = HKDF(SHA256(), 32, None, info).derive(fresh.exchange(ec.ECDH(), public_key(spki)))
    return Sealed(epk, b64(iv), b64(AESGCM(key).encrypt(iv, plain, f"{said}.{epk}".encode())))


def unseal(sealed: Sealed, private: ec.EllipticCurvePrivateKey, info: bytes, said: str) -> bytes:
    """The plain bytes; NotSealed when the key is another or anything was changed."""
    try:
        key = HKDF(SHA256(), 32, None, info).derive(private.exchange(ec.ECDH(), public_key(sealed.epk)))
        return AESGCM(key).decrypt(unb64(sealed.iv), unb64(sealed.sealed), f"{said}.{sealed.epk}".encode())
    except (InvalidTag, NotAKey, ValueError) as error:
        raise NotSealed(str(error) or "sealed to another key, or changed since") from error
