"""Ids of what comes from an ERP. They follow from the ERP's own numbers, so that the same file twice is the same."""

from base64 import b32encode
from hashlib import sha256


def stable_id(prefix: str, *parts: str) -> str:
    """`prefix`, `_`, and 20 letters and digits: 100 bits of SHA-256 over the parts with `|` between them."""
    return f"{prefix}_{b32encode(sha256('|'.join(parts).encode()).digest()).decode().lower()[:20]}"


def customer_id(company: str, code: str) -> str:
    return stable_id("cus", company, "customer", code)


def item_id(company: str, customer_code: str, number: str) -> str:
    return stable_id("itm", company, "item", customer_code, number)
