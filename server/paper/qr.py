"""The QR code on a voucher, as a 1-bit picture inside the page.

The text is the company's own web address and what the phone signed. Only the signed part is taken from the phone, so
that no paper of ours can lead a customer to somebody else's page.
"""

import base64
import io
import math

import msgspec
import qrcode
import qrcode.image.pil
from qrcode.constants import ERROR_CORRECT_M

from schemas.documents import Company

QUIET_MODULES = 4
SMALLEST_MM = 30.0
"""Side of the code itself, quiet zone not counted: signed codes are dense, and cheaper cameras fail below this."""
DOTS_PER_MM = 8
"""Of the usual thermal print head. A module that is not a whole number of dots prints with uneven edges."""


class Code(msgspec.Struct, frozen=True):
    """source: PNG as a data URI, one pixel a module. side_mm: with its quiet zone. quiet_mm: that zone's width."""

    source: str
    side_mm: float
    quiet_mm: float


def verify_text(company: Company, qr: str) -> str:
    """What the code says: `<address>/verify#<payload>.<signature>`. Empty when the phone has not made one yet."""
    signed = qr.rpartition("#")[2]
    return f"{company.address.rstrip('/')}/verify#{signed}" if signed else ""


def code(text: str, *, roll_mm: float | None = None) -> Code:
    """The code for a text, SMALLEST_MM wide; on a roll as much wider as whole printer dots and roll_mm allow."""
    made = _modules(text)
    size = made.modules_count + 2 * QUIET_MODULES
    side_mm = SMALLEST_MM * size / made.modules_count
    if roll_mm is not None:
        fewest = math.ceil(SMALLEST_MM * DOTS_PER_MM / made.modules_count)
        side_mm = max(fewest, int(roll_mm * DOTS_PER_MM // size)) * size / DOTS_PER_MM
    with io.BytesIO() as file:
        made.make_image().save(file)
        picture = base64.b64encode(file.getvalue()).decode()
    return Code(source=f"data:image/png;base64,{picture}", side_mm=side_mm, quiet_mm=side_mm * QUIET_MODULES / size)


def _modules(text: str) -> "qrcode.QRCode[qrcode.image.pil.PilImage]":
    made = qrcode.QRCode(
        error_correction=ERROR_CORRECT_M, box_size=1, border=QUIET_MODULES, image_factory=qrcode.image.pil.PilImage
    )
    made.add_data(text)
    made.make(fit=True)
    return made
