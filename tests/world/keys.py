"""Keys that come from their number, so that a seed gives the same chains. Their signatures differ from run to run, and
nothing in the journal depends on a signature's bytes: hashes are over envelopes, whose signatures stand beside them."""

from functools import cache

from cryptography.hazmat.primitives.asymmetric import ec

from server.keys import SigningKey, key_id, spki_of


@cache
def key_number(number: int) -> SigningKey:
    private = ec.derive_private_key(1_000_003 + 7919 * number, ec.SECP256R1())
    purpose = {0: "sign", -1: "seal"}.get(number, "device")
    return SigningKey(key_id(spki_of(private)), purpose, private)
