"""Ids of what comes from an ERP. They follow from the ERP's own numbers, so that the same file twice is the same.

Where codes and numbers are plain, an id says them: `itm~C-104~INV-2600012`. Such ids can be read, and a phone's first
load is half the size, because what is already in a document compresses to nothing. Others are hashed.
"""

import re
from base64 import b32encode
from hashlib import sha256

_PLAIN = re.compile(r"[A-Za-z0-9_-]{1,24}")
"""What may stand in a path and in the name of an account, and leaves an id short enough for an entry."""


def stable_id(prefix: str, *parts: str) -> str:
    """`prefix`, `_`, and 20 letters and digits: 100 bits of SHA-256 over the parts with `|` between them."""
    return f"{prefix}_{b32encode(sha256('|'.join(parts).encode()).digest()).decode().lower()[:20]}"


def customer_id(company: str, code: str) -> str:
    return f"cus~{code}" if _PLAIN.fullmatch(code) else stable_id("cus", company, "customer", code)


def item_id(company: str, customer_code: str, number: str) -> str:
    if _PLAIN.fullmatch(customer_code) and _PLAIN.fullmatch(number):
        return f"itm~{customer_code}~{number}"
    return stable_id("itm", company, "item", customer_code, number)
