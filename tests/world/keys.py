"""Keys that come from their number, and sign one message once, so that a seed gives the same journal to the byte: a
report of a voucher carries the signature of its code in its body, which is hashed."""

from functools import cache, lru_cache

from cryptography.hazmat.primitives.asymmetric import ec

from server.keys import SigningKey, key_id, spki_of

_PLAIN: dict[str, SigningKey] = {}


class SteadyKey(SigningKey):
    """ES256 draws a new signature each time; here the first one stays."""

    def sign(self, message: bytes) -> str:
        return _signed(self.id, message)


@cache
def key_number(number: int) -> SigningKey:
    private = ec.derive_private_key(1_000_003 + 7919 * number, ec.SECP256R1())
    purpose = {0: "sign", -1: "seal"}.get(number, "device")
    made = SteadyKey(key_id(spki_of(private)), purpose, private)
    _PLAIN[made.id] = SigningKey(made.id, purpose, private)
    return made


@lru_cache(maxsize=50_000)
def _signed(key: str, message: bytes) -> str:
    return _PLAIN[key].sign(message)
