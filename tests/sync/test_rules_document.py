"""`docs/ledger.md` says what the rules do: its accounts are those that occur, and its example comes out as printed."""

import re
from pathlib import Path
from typing import Any

import msgspec

from schemas.documents import Book, Custody, Customer, Item
from schemas.wire import Line
from sync.books import tally
from sync.decide import decide
from sync.ledger import add
from tests.sync.rows import Shelf, arrival_of, moment_of, saved, shelved, state_of, table
from tests.sync.test_rules import BASE, ROWS

TEXT = (Path(__file__).parents[2] / "docs" / "ledger.md").read_text("utf-8")


def test_every_account_is_told():
    """The accounts of the table are those that the rule tables post to."""
    told = set(re.findall(r"^\| `(\w+)/<", TEXT, re.MULTILINE))
    posted = {line[0].partition("/")[0] for _, row in ROWS for line in row["expect"]["lines"]}

    assert told == posted


def test_every_kind_that_posts_is_told():
    """The table of postings names every kind of entry that the rule tables see posting, and no other but the count."""
    told = set(re.findall(r"^\| [^|]+ \| `(\w+)` \| ", TEXT, re.MULTILINE))
    posting = {row["entry"]["kind"] for _, row in ROWS if row["expect"]["lines"]}

    assert told == posting | {"deposit_counted"}


def cash(amount: int) -> dict[str, Any]:
    return {"method": "cash", "currency": "EGP", "amount": amount}


def receipt(leaf: int, tenders: list[dict[str, Any]], item: str, amount: int, on_account: int = 0) -> dict[str, Any]:
    number = f"CAI-{leaf:06d}"
    fields = {"customer": "bk", "book": "b1", "leaf": leaf, "number": number, "currency": "EGP", "tenders": tenders}
    return fields | {"allocations": [{"item": item, "amount": amount}], "on_account": on_account, "visit": "v1"}


def item(id: str, amount: int) -> dict[str, Any]:
    dates = {"date": "2026-10-01", "due": "2026-10-31"}
    return {"item": id, "customer": "bk", "number": id, "currency": "EGP", "original": amount} | dates


CHEQUE = {"method": "cheque", "currency": "EGP", "amount": 70000, "bank": "NBE", "number": "12", "due": "2026-12-31"}
TOTALS = [
    {"currency": "EGP", "method": "cash", "count": 2, "amount": 46000},
    {"currency": "EGP", "method": "cheque", "count": 1, "amount": 70000},
]
PAPER = {"number": "12", "currency": "EGP", "amount": 70000}
PHONE, TILL, OFFICE = ("u1", "d1", False), ("k1", "desk1", False), ("s1", "srv1", True)
STEPS: list[tuple[str, tuple[str, str, bool], str, dict[str, Any]]] = [
    ("e1", ("a1", "srv1", True), "items_upserted", {"items": [item("INV-1", 100000), item("INV-2", 50000)]}),
    ("r1", PHONE, "receipt_issued", receipt(851, [cash(40000), CHEQUE], "INV-1", 100000, 10000)),
    ("r2", PHONE, "receipt_issued", receipt(852, [cash(60000)], "INV-2", 60000)),
    ("e4", PHONE, "receipt_voided", {"receipt": "r2", "reason": "wrong_amount"}),
    ("r3", PHONE, "receipt_issued", receipt(853, [cash(6000)], "INV-2", 6000)),
    ("dp1", PHONE, "deposit_declared", {"name": "K7-0001", "count": 1, "totals": TOTALS}),
    ("n1", TILL, "deposit_counted", {"deposit": "dp1", "name": "K7-0001", "round": 1,
                                     "cash": [{"currency": "EGP", "amount": 45000}], "cheques": [PAPER]}),
    ("e8", TILL, "deposit_accepted", {"deposit": "dp1", "count": "n1",
                                      "variances": [{"currency": "EGP", "amount": -1000, "reason": "change"}]}),
    ("e9", OFFICE, "receipt_reversed", {"receipt": "r1", "reason": "other"}),
]  # fmt: skip
GIVEN: dict[str, list[dict[str, Any]]] = {
    "customer": [{"id": "bk", "code": "BK", "name": "Baraka", "currency": "EGP", "collectors": ["u1"]}],
    "device": [{"id": "d1", "visit": "v1"}],
    "visit": [{"id": "v1", "customer": "bk", "user": "u1", "device": "d1", "day": "2026-11-22", "started_at": ""}],
}


def amounts(text: str) -> dict[str, int]:
    """`safe` 450 · `short` 10 → minor units by account; the invoices of `ar` together."""
    found: dict[str, int] = {}
    for account, amount in re.findall(r"`(\w+)`(?: INV-\d)? ([\d,]+)", text):
        add(found, account, int(amount.replace(",", "")) * 100)
    return found


def sides(lines: list[Line]) -> tuple[dict[str, int], dict[str, int]]:
    debits: dict[str, int] = {}
    credits: dict[str, int] = {}
    for line in lines:
        add(debits if line.amount > 0 else credits, line.account.partition("/")[0], abs(line.amount))
    return debits, credits


def two_balances(shelf: Shelf) -> tuple[int, int]:
    customer = msgspec.json.decode(shelf["customer", "bk"], type=Customer)
    items = [msgspec.json.decode(body, type=Item) for (kind, _), body in shelf.items() if kind == "item"]
    ledger = sum(one.open for one in items if one.customer == "bk") - customer.credit.get("EGP", 0)
    return ledger, ledger + customer.uncleared.get("EGP", 0)


def test_the_example_comes_out_as_printed():
    """Each step of the printed example posts the printed debits and credits and leaves the printed balances."""
    printed = [
        [cell.strip() for cell in line.split("|")[3:7]] for line in TEXT.splitlines() if re.match(r"\| \d \|", line)
    ]
    shelf = shelved(GIVEN, BASE)
    for (id, (by, device, online), kind, body), cells in zip(STEPS, printed, strict=True):
        entry = {"id": id, "by": by, "device": device, "online": online, "kind": kind, "body": body, "seq": 9}
        state = state_of(shelf)
        stamp = decide([arrival_of(entry)], moment_of({}), state, 0, b"")[0].stamp
        shelf = saved(shelf, state)

        assert stamp.verdict == "accepted", (kind, stamp.flags)
        assert sides(stamp.lines) == (amounts(cells[0]), amounts(cells[1])), kind
        assert two_balances(shelf) == tuple(int(cell.replace(",", "").replace("−", "-")) * 100 for cell in cells[2:])
    custody = msgspec.json.decode(shelf["custody", "u1"], type=Custody)
    count = tally(msgspec.json.decode(shelf["book", "b1"], type=Book))

    assert (custody.cash, custody.cheques, custody.transit_cash, custody.short) == ({}, {}, {}, {"EGP": 1000})
    assert (count.issued, count.voided, count.unused) == (2, 1, 197)


def test_the_small_company_is_whole():
    """The documents that every row starts from are documents of ours."""
    assert len(shelved({}, table("small_company"))) == sum(len(documents) for documents in BASE.values())
