"""A receipt printer of the tests: takes the bytes that a phone sent and gives back the paper.

It knows what a printer needs for a picture, and nothing of letters: a byte that a real printer would set as a character
of some code page is a fault, and so is a row wider than the print head. Commands are those of ESC/POS: ESC @ and FS .
and ESC M (reset), GS v 0 (raster), LF and CR, GS V (cut).
"""

import base64
import re
from dataclasses import dataclass

from PIL import Image

LINE_DOTS = 30
"""What LF feeds on a printer of 8 dots a millimetre that was reset."""
RESETS = (b"\x1b@", b"\x1c.", b"\x1bM\x00")


class NotAPicture(AssertionError):
    """What a real printer would print as signs, or not at all."""


@dataclass
class Paper:
    """picture: what the raster commands drew, without the feed after it. fed: rows of empty paper below it."""

    picture: Image.Image
    fed: int
    cut: bool


def printed(sent: bytes, head: int) -> Paper:
    """The paper that comes out of a printer whose head has `head` dots."""
    rows = bytearray()
    at, fed, cut = 0, 0, False
    while at < len(sent):
        rest = sent[at : at + 8]
        if reset := next((one for one in RESETS if rest.startswith(one)), b""):
            if rows:
                raise NotAPicture("reset in the middle of the paper")
            at += len(reset)
        elif rest.startswith(b"\x1dv0"):
            wide, high = int.from_bytes(rest[4:6], "little"), int.from_bytes(rest[6:8], "little")
            if rest[3] != 0 or wide * 8 != head or fed:
                raise NotAPicture(f"raster of {wide * 8} dots, mode {rest[3]}, after {fed} rows of feed")
            if len(sent) < at + 8 + wide * high:
                raise NotAPicture("the raster ends before its last row")
            rows += sent[at + 8 : at + 8 + wide * high]
            at += 8 + wide * high
        elif rest[:1] in b"\n\r":
            fed += LINE_DOTS if rest[:1] == b"\n" else 0
            at += 1
        elif rest.startswith(b"\x1dV") and rest[2] in (0, 1):
            cut = True
            at += 3
        else:
            raise NotAPicture(f"byte {at}: {rest.hex(' ')}")
    height = len(rows) * 8 // head
    # On paper a set bit is black; in a picture of one bit it is white.
    picture = Image.frombytes("1", (head, height), bytes(byte ^ 0xFF for byte in rows))
    return Paper(picture, fed, cut)


def from_rawbt(link: str) -> bytes:
    """The bytes in a link to RawBT, which Android hands to that app."""
    found = re.fullmatch(
        r"intent:base64,([A-Za-z0-9+/]+=*)#Intent;scheme=rawbt;package=ru\.a402d\.rawbtprinter;end;", link
    )
    assert found is not None, link[:80]
    return base64.b64decode(found[1], validate=True)
