"""QR payloads: the rows that the phone runs too, with signatures that WebCrypto and `cryptography` both verify."""

import json
from base64 import urlsafe_b64decode
from pathlib import Path
from typing import Any

import msgspec
import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_der_public_key

from schemas.entries.receipts import Tender
from sync import qr

TABLE: dict[str, Any] = json.loads((Path(__file__).parents[1] / "cases" / "qr.json").read_text("utf-8"))


def unb64(text: str) -> bytes:
    return urlsafe_b64decode(text + "=" * (-len(text) % 4))


def payload(row: dict[str, Any]) -> qr.QrPayload:
    return msgspec.convert(row["payload"], qr.QrPayload)


def genuine(text: str, sig: str) -> bool:
    key = load_der_public_key(unb64(TABLE["spki"]))
    raw = unb64(sig)
    assert isinstance(key, ec.EllipticCurvePublicKey)
    der = encode_dss_signature(int.from_bytes(raw[:32], "big"), int.from_bytes(raw[32:], "big"))
    try:
        key.verify(der, text.encode(), ec.ECDSA(SHA256()))
    except InvalidSignature:
        return False
    return True


@pytest.mark.parametrize("row", TABLE["signed"], ids=lambda row: row["name"])
def test_a_payload_is_built_read_back_and_genuine(row: dict[str, Any]):
    assert qr.build(payload(row)) == row["text"]
    assert qr.parse(row["text"]) == payload(row)
    assert qr.parse_signed(f"{row['text']}.{row['sig']}") == (payload(row), row["text"], row["sig"])
    assert genuine(row["text"], row["sig"])


@pytest.mark.parametrize("row", TABLE["changed"], ids=lambda row: row["field"])
def test_changing_any_one_field_is_not_genuine(row: dict[str, Any]):
    assert qr.parse(row["text"]) is not None
    assert not genuine(row["text"], TABLE["signed"][0]["sig"])


@pytest.mark.parametrize("row", TABLE["refused"], ids=lambda row: row["name"])
def test_what_build_would_not_write_is_not_read(row: dict[str, Any]):
    assert qr.parse(row["text"]) is None


@pytest.mark.parametrize("row", TABLE["totals"], ids=lambda row: row["name"])
def test_totals_per_currency_and_method(row: dict[str, Any]):
    tenders = msgspec.convert(row["tenders"], list[Tender])

    assert qr.totals_of(tenders) == tuple(qr.QrTotal(**total) for total in row["totals"])


@pytest.mark.parametrize(
    "wrong", [{"company": "a.b"}, {"seq": 0}, {"totals": ()}, {"number": ""}, {"date": "22/11/2026"}]
)
def test_a_payload_that_the_shape_cannot_say_is_not_built(wrong: dict[str, Any]):
    original = payload(TABLE["signed"][0])
    fields = {name: getattr(original, name) for name in original.__slots__} | wrong

    with pytest.raises(ValueError, match="cannot say"):
        qr.build(qr.QrPayload(**fields))


def test_a_signature_of_another_length_is_not_read():
    row = TABLE["signed"][0]

    assert qr.parse_signed(f"{row['text']}.{row['sig'][1:]}") is None


def test_the_address_ends_where_the_fragment_begins():
    assert qr.address_of("https://nour.example/", "x") == "https://nour.example/verify#x"
