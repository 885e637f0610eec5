"""Documents to print, and what a test needs to look at a PDF."""

import re
import subprocess
from datetime import date
from pathlib import Path
from typing import Any

import zxingcpp
from PIL import Image

from schemas.documents import ChequeHeld, Company, Customer, Item, User, Voucher
from schemas.entries.company import Branch, Policy
from schemas.entries.receipts import Allocation, Cash, Cheque

ADDRESS = "https://green-delta.example"
# As long as a real one: a payload of some 300 bytes and a signature of 64, in base64url.
SIGNED = "eyJ2IjoxLCJjIjoiY18xIiwiZCI6ImRldl83Iiw" * 8 + "." + "q7Zk_-3xP0" * 9


def company(currency: str = "EGP", **changes: Any) -> Company:
    fields: dict[str, Any] = {
        "id": "c_1",
        "name": "Green Delta Distribution Co.",
        "name_ar": "شركة دلتا الخضراء للتوزيع",
        "country": "EG",
        "currency": currency,
        "time_zone": "Africa/Cairo",
        "address": ADDRESS,
        "branches": [Branch(branch="b_1", name="Cairo branch", name_ar="فرع القاهرة", prefix="CAI")],
        "policy": Policy(banks=[("CIB", "Commercial International Bank", "البنك التجاري الدولي")]),
    }
    return Company(**fields | changes)


def collector() -> User:
    return User(
        id="u_1",
        login="mahmoud",
        name="Mahmoud Abdel Hamid",
        name_ar="محمود عبد الحميد",
        role="collector",
        branch="b_1",
    )


def cashier() -> User:
    return User(id="u_2", login="sara", name="Sara Naguib", name_ar="سارة نجيب", role="cashier", branch="b_1")


def customer(currency: str = "EGP", **changes: Any) -> Customer:
    fields: dict[str, Any] = {
        "id": "cu_1",
        "code": "C-10482",
        "name": "Al Baraka Supermarket",
        "name_ar": "سوبر ماركت البركة",
        "currency": currency,
    }
    return Customer(**fields | changes)


def cheque(currency: str = "EGP", amount: int = 1_200_000, **changes: Any) -> Cheque:
    fields: dict[str, Any] = {
        "currency": currency,
        "amount": amount,
        "bank": "CIB",
        "branch": "شبرا",
        "number": "00418827",
        "due": date(2027, 1, 15),
    }
    return Cheque(**fields | changes)


def invoices(count: int, each: int, currency: str = "EGP", remains: int = 0) -> dict[str, Item]:
    """That many invoices, each paid in full by a voucher but the last, of which something remains."""
    found = {}
    for at in range(count):
        left = remains if at == count - 1 else 0
        found[f"i_{at}"] = Item(
            id=f"i_{at}",
            customer="cu_1",
            number=f"INV-{22391 + at}",
            currency=currency,
            date=date(2026, 9, 1 + at),
            due=date(2026, 10, 1 + at),
            original=each + left,
            collected=each,
            open=left,
        )
    return found


def voucher(items: dict[str, Item], tenders: list[Cash | Cheque], currency: str = "EGP", **changes: Any) -> Voucher:
    wish = [Allocation(item=item.id, amount=item.collected) for item in items.values()]
    fields: dict[str, Any] = {
        "id": "v_1",
        "number": "CAI-000874",
        "book": "bk_1",
        "leaf": 874,
        "customer": "cu_1",
        "device": "dev_7",
        "seq": 57,
        "by": "u_1",
        "at": "2026-11-22T12:07:03+02:00",
        "currency": currency,
        "tenders": tenders,
        "allocations": wish,
        "taken": wish,
        "day": date(2026, 11, 22),
        "qr": f"{ADDRESS}/verify#{SIGNED}",
    }
    return Voucher(**fields | changes)


def held(at: int, **changes: Any) -> ChequeHeld:
    fields: dict[str, Any] = {
        "id": f"v_{at}.1",
        "voucher": f"v_{at}",
        "number_on_voucher": f"CAI-{870 + at:06}",
        "customer": "cu_1",
        "collector": "u_1",
        "currency": "EGP",
        "amount": 1_200_000 + at,
        "bank": "CIB",
        "branch": "شبرا",
        "number": f"0041882{at}",
        "due": date(2027, 1, 15),
        "drawer": "",
        "state": "transit",
        "holder": "d_1",
    }
    return ChequeHeld(**fields | changes)


class Sheet:
    """A PDF on disk, asked with poppler's tools."""

    def __init__(self, made: bytes, folder: Path, name: str = "paper") -> None:
        self.path = folder / f"{name}.pdf"
        self.path.write_bytes(made)

    def _ask(self, *command: str) -> str:
        return subprocess.run(command, check=True, capture_output=True, text=True).stdout

    def text(self, page: int | None = None) -> str:
        """Latin text and numbers, in reading order. Arabic comes out of a PDF as shapes and is not asserted on."""
        pages = ["-f", str(page), "-l", str(page)] if page else []
        return self._ask("pdftotext", "-layout", *pages, str(self.path), "-")

    def words(self, page: int | None = None) -> list[str]:
        return re.findall(r"[−]?[A-Za-z0-9][A-Za-z0-9,.:/\-]*", self.text(page))

    def info(self) -> dict[str, str]:
        lines = self._ask("pdfinfo", str(self.path)).splitlines()
        return {key: value.strip() for key, _, value in (line.partition(":") for line in lines)}

    def pages(self) -> int:
        return int(self.info()["Pages"])

    def size_mm(self) -> tuple[int, int]:
        width, height = re.findall(r"[\d.]+", self.info()["Page size"])[:2]
        return round(float(width) / 72 * 25.4), round(float(height) / 72 * 25.4)

    def fonts(self) -> list[list[str]]:
        """Per font: its name, and whether it is embedded, a subset, and mapped to Unicode."""
        rows = self._ask("pdffonts", str(self.path)).splitlines()[2:]
        return [[row.split()[0], *row.split()[-5:-2]] for row in rows]

    def picture(self, page: int = 1, dpi: int = 150) -> Image.Image:
        target = self.path.with_suffix(f".{page}")
        self._ask(
            "pdftoppm",
            "-r",
            str(dpi),
            "-f",
            str(page),
            "-l",
            str(page),
            "-singlefile",
            "-png",
            str(self.path),
            str(target),
        )
        with Image.open(f"{target}.png") as found:
            return found.copy()

    def codes(self, page: int = 1, dpi: int = 203) -> list[str]:
        return [found.text for found in zxingcpp.read_barcodes(self.picture(page, dpi).convert("L"))]
