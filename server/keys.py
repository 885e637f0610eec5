"""P-256 keys: the server's own, and the signatures of devices.

Signatures are ES256 as WebCrypto makes them: 64 bytes r‖s. Public keys travel as SPKI (DER), base64url.
"""

from dataclasses import dataclass
from functools import cached_property, lru_cache
from hashlib import sha256
from typing import Any

import msgspec
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature, encode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_der_private_key,
    load_der_public_key,
)

from sync.chain import b64, unb64

_ES256 = ec.ECDSA(SHA256())


class NotAKey(ValueError):
    """The text is no P-256 public key."""


def key_id(spki: bytes) -> str:
    """First 16 characters of the key's SHA-256, base64url."""
    return b64(sha256(spki).digest())[:16]


@lru_cache(maxsize=4096)
def public_key(spki: str) -> ec.EllipticCurvePublicKey:
    """The key of a base64url SPKI; NotAKey if it is none or of another curve."""
    try:
        key = load_der_public_key(unb64(spki))
    except (ValueError, TypeError) as error:
        raise NotAKey(str(error)) from error
    if not isinstance(key, ec.EllipticCurvePublicKey) or not isinstance(key.curve, ec.SECP256R1):
        raise NotAKey("not a P-256 key")
    return key


def verify(spki: str, message: bytes, signature: str) -> bool:
    """Whether the key made this signature over the message."""
    try:
        raw = unb64(signature)
        if len(raw) != 64:
            return False
        der = encode_dss_signature(int.from_bytes(raw[:32], "big"), int.from_bytes(raw[32:], "big"))
        public_key(spki).verify(der, message, _ES256)
    except (InvalidSignature, ValueError):
        return False
    return True


@dataclass(frozen=True)
class SigningKey:
    """A private P-256 key. purpose: sign (receipts, grants) or seal (rescue files)."""

    id: str
    purpose: str
    private: ec.EllipticCurvePrivateKey

    @classmethod
    def new(cls, purpose: str) -> "SigningKey":
        private = ec.generate_private_key(ec.SECP256R1())
        return cls(key_id(spki_of(private)), purpose, private)

    @classmethod
    def load(cls, purpose: str, der: bytes) -> "SigningKey":
        private = load_der_private_key(der, None)
        if not isinstance(private, ec.EllipticCurvePrivateKey):
            raise NotAKey("not an elliptic curve key")
        return cls(key_id(spki_of(private)), purpose, private)

    @property
    def spki(self) -> str:
        return b64(spki_of(self.private))

    def der(self) -> bytes:
        return self.private.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())

    def sign(self, message: bytes) -> str:
        r, s = decode_dss_signature(self.private.sign(message, _ES256))
        return b64(r.to_bytes(32, "big") + s.to_bytes(32, "big"))

    def jws(self, claims: dict[str, Any]) -> str:
        """Compact JWS over claims (RFC 7515, ES256). Written out here because every reply to a push bears one, and the
        library that reads such texts takes three times as long to write one; a test reads ours with it."""
        said = f"{self._jws_head}.{b64(msgspec.json.encode(claims))}"
        return f"{said}.{self.sign(said.encode())}"

    @cached_property
    def _jws_head(self) -> str:
        return b64(msgspec.json.encode({"alg": "ES256", "kid": self.id, "typ": "JWT"}))


def spki_of(private: ec.EllipticCurvePrivateKey) -> bytes:
    return private.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
