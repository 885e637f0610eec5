"""A day at a small company, drawn at random: what phones, a desk and the office write, and what must wait for what.

The story is told once, in an order in which everything could have happened, and writes the chains of its devices.
Where two acts truly depend on each other (a void that names an approval, a count of a declared deposit), the later one
`needs` the earlier; everything else may reach the journal in any order.

The phone's side is modelled only as far as a phone knows it: what is in hand, what was declared, which vouchers stand.
"""

from dataclasses import dataclass, field
from random import Random
from typing import Any

from schemas.documents import Book
from server.keys import SigningKey
from sync.numbering import deposit_name, voucher_number
from tests.phone import Phone

CUSTOMERS = {"c1": "EGP", "c2": "EGP", "c3": "KWD", "c4": "LBP"}
ITEMS = {"i1": "c1", "i2": "c1", "i3": "c2", "i4": "c3", "i5": "c3", "i6": "c4"}
COLLECTORS = ("u1", "u2", "u3")
CASHIER, SUPERVISOR = "k1", "s1"
DESK = "desk1"
BOOK_LEAVES = 6
BOOKS = 4
"""Books of each phone: small ones, so that books become full and are handed over."""

Amounts = dict[str, int]


def add(amounts: Amounts, currency: str, amount: int) -> None:
    amounts[currency] = amounts.get(currency, 0) + amount


@dataclass(slots=True)
class Act:
    """One entry. Of a device: its chain and seq. Of the office: kind, body and writer, written when its turn comes."""

    needs: set[int]
    device: str = ""
    seq: int = 0
    kind: str = ""
    body: dict[str, Any] = field(default_factory=dict)
    by: str = ""


@dataclass(slots=True, eq=False)
class Issued:
    """A voucher as its phone knows it. places: of each tender, the deposit that it is in, or nothing while in hand.
    closed: part of it was counted and accepted, so it can no longer be voided. approval: the act that answered the
    request; approved: it was an approval that the rules take. acts: what happened to it so far."""

    id: str
    tenders: list[dict[str, Any]]
    visit: str
    places: list[str]
    standing: bool = True
    handed_out: bool = False
    closed: bool = False
    request: str = ""
    approval: int = -1
    approved: bool = False
    acts: set[int] = field(default_factory=set)


@dataclass(slots=True, eq=False)
class Declared:
    """A deposit as told: cash now in its transit and its cheques, as (voucher, tender)."""

    id: str
    name: str
    declaration: int
    expected: Amounts
    cheques: list[tuple[Issued, int]]
    vouchers: list[Issued]
    partly: bool
    later: bool = False
    counts: list[str] = field(default_factory=list)
    count_acts: set[int] = field(default_factory=set)
    """Counts with their declaration: what must be here for the deposit to be counted."""
    taken_up: set[int] = field(default_factory=set)
    """Counts alone: a desk may be heard before the phone."""
    counted: Amounts = field(default_factory=dict)
    found: list[tuple[Issued, int]] = field(default_factory=list)
    decided: bool = False


@dataclass(slots=True, eq=False)
class Collector:
    phone: Phone
    books: list[Book]
    cash: Amounts = field(default_factory=dict)
    visit: str = ""
    vouchers: list[Issued] = field(default_factory=list)
    deposits: list[Declared] = field(default_factory=list)
    declarations: set[int] = field(default_factory=set)
    known: set[int] = field(default_factory=set)
    """Acts of the desk that changed what is in hand, and that the phone has pulled before it declares again."""

    def cheques(self) -> list[tuple[Issued, int]]:
        return [
            (voucher, index)
            for voucher in self.vouchers
            for index, tender in enumerate(voucher.tenders)
            if tender["method"] == "cheque" and not voucher.places[index]
        ]


class Story:
    """Acts in the order in which they were told. `chains`: the devices, with their entries signed."""

    def __init__(
        self, random: Random, keys: dict[str, SigningKey], books: dict[str, list[Book]], *, length: int
    ) -> None:
        self.random = random
        self.acts: list[Act] = []
        self.cheque = 0
        self.collectors = [
            Collector(Phone("co", device, user, keys[device], code=device.upper()), books[device])
            for user, device in [("u1", "d1"), ("u2", "d2"), ("u3", "d3")][: random.randint(2, 3)]
        ]
        self.desk = Phone("co", DESK, CASHIER, keys[DESK])
        self.office_before: set[int] = set()
        for collector in self.collectors:
            self.write(collector.phone, "chain_started", {"app": "story"})
            for book in collector.books[:2]:
                self.write(collector.phone, "book_accepted", {"book": book.id, "first": book.first, "last": book.last})
        self.write(self.desk, "chain_started", {"app": "story"})
        for _ in range(length):
            self.step()

    @property
    def chains(self) -> dict[str, Phone]:
        return {phone.device: phone for phone in (*(one.phone for one in self.collectors), self.desk)}

    # ---- telling

    def write(self, phone: Phone, kind: str, body: dict[str, Any], needs: set[int] | None = None) -> int:
        kept = phone.write(kind, body, id=f"{phone.device}-{len(phone.entries) + 1:04d}")
        self.acts.append(Act(needs or set(), phone.device, kept.seq))
        return len(self.acts) - 1

    def say(self, kind: str, body: dict[str, Any], needs: set[int], by: str) -> int:
        self.acts.append(Act(needs, kind=kind, body=body, by=by))
        return len(self.acts) - 1

    def likely(self, percent: int) -> bool:
        return self.random.randint(1, 100) <= percent

    def step(self) -> None:
        collector = self.random.choice(self.collectors)
        choices = [
            (self.receipt, 8), (self.visit, 4), (self.hand_out, 3), (self.void_alone, 2), (self.ask, 2),
            (self.answer, 2), (self.void_by_request, 2), (self.declare, 3), (self.count, 4), (self.decide, 4),
            (self.reverse, 1), (self.state_item, 2), (self.assign, 1),
        ]  # fmt: skip
        tell = self.random.choices([choice for choice, _ in choices], [weight for _, weight in choices])[0]
        tell(collector)

    def visit(self, who: Collector) -> None:
        if who.visit:
            self.write(who.phone, "visit_ended", {"visit": who.visit, "outcome": "other"})
            who.visit = ""
        else:
            customer = self.random.choice(list(CUSTOMERS))
            self.write(who.phone, "visit_started", {"customer": customer})
            who.visit = f"{who.phone.device}-{len(who.phone.entries):04d}"

    def receipt(self, who: Collector) -> None:
        """Cash, cheques or both; wishes beyond what is open; now and then a wrong number or a wrong sum."""
        phone = who.phone
        place = phone.leaf + (2 if self.likely(4) else 1)
        if place > BOOK_LEAVES * BOOKS:
            return
        if phone.leaf and self.likely(3):
            place = phone.leaf  # a number used before
        else:
            phone.leaf = place
        book = who.books[(place - 1) // BOOK_LEAVES]
        leaf = book.first + (place - 1) % BOOK_LEAVES
        customer = self.random.choice(list(CUSTOMERS))
        tenders = [self.tender(CUSTOMERS[customer]) for _ in range(self.random.choice((1, 1, 2, 3)))]
        total = sum(tender["amount"] for tender in tenders)
        items = [item for item, owner in ITEMS.items() if owner == customer]
        allocations = []
        left = total
        for item in self.random.sample(items, self.random.randint(0, len(items))):
            amount = self.random.randint(0, left)
            if amount:
                allocations.append({"item": item, "amount": amount})
                left -= amount
        body = {
            "customer": customer,
            "book": book.id,
            "leaf": leaf,
            "number": voucher_number(book, leaf),
            "currency": CUSTOMERS[customer],
            "tenders": tenders,
            "allocations": allocations,
            "on_account": left + (1 if self.likely(4) else 0),
            "visit": who.visit if self.likely(90) else "",
        }
        act = self.write(phone, "receipt_issued", body)
        id = f"{phone.device}-{len(phone.entries):04d}"
        who.vouchers.append(Issued(id, tenders, body["visit"], [""] * len(tenders), acts={act}))
        for tender in tenders:
            if tender["method"] == "cash":
                add(who.cash, tender["currency"], tender["amount"])

    def tender(self, currency: str) -> dict[str, Any]:
        amount = self.random.randint(1, 9000)
        if self.likely(60):
            return {"method": "cash", "currency": currency, "amount": amount}
        self.cheque += 0 if self.likely(5) else 1  # now and then the same cheque again
        due = f"2026-{self.random.randint(1, 12):02d}-28"
        fields: dict[str, Any] = {"method": "cheque", "currency": currency, "amount": amount}
        return {**fields, "bank": "NBE", "number": f"{self.cheque:06d}", "due": due}

    def hand_out(self, who: Collector) -> None:
        if who.vouchers:
            voucher = self.random.choice(who.vouchers)
            said: list[tuple[str, dict[str, Any]]] = [
                ("voucher_shown", {"qr": "S1"}),
                ("voucher_printed", {"copy": 1}),
                ("voucher_shared", {}),
            ]
            kind, body = self.random.choice(said)
            self.write(who.phone, kind, {"receipt": voucher.id} | body)
            voucher.handed_out = voucher.handed_out or kind != "voucher_shown"

    def void_alone(self, who: Collector) -> None:
        """Allowed or not: the phone tries, and is refused where the rules say so."""
        if not who.vouchers:
            return
        voucher = self.random.choice(who.vouchers[-2:])
        body = {"receipt": voucher.id, "reason": "wrong_amount"}
        voucher.acts.add(self.write(who.phone, "receipt_voided", body, set(voucher.acts)))
        same_visit = voucher.visit and voucher.visit == who.visit
        untouched = voucher.standing and not voucher.handed_out and not voucher.closed
        if same_visit and untouched and not any(voucher.places):
            self.take_back(who, voucher)

    def take_back(self, who: Collector, voucher: Issued) -> None:
        voucher.standing = False
        for index, tender in enumerate(voucher.tenders):
            place = voucher.places[index]
            deposit = next((one for one in who.deposits if one.id == place), None)
            if tender["method"] == "cash":
                add(deposit.expected if deposit else who.cash, tender["currency"], -tender["amount"])
            elif deposit:
                deposit.cheques.remove((voucher, index))
            voucher.places[index] = "given back"

    def ask(self, who: Collector) -> None:
        waiting = [voucher for voucher in who.vouchers if voucher.standing and not voucher.request]
        if waiting:
            voucher = self.random.choice(waiting)
            body = {"receipt": voucher.id, "reason": "wrong_customer"}
            voucher.acts.add(self.write(who.phone, "void_requested", body))
            voucher.request = f"{who.phone.device}-{len(who.phone.entries):04d}"

    def answer(self, who: Collector) -> None:
        """The supervisor decides what has reached the office. After the count an approval is refused."""
        open_ = [voucher for voucher in who.vouchers if voucher.request and voucher.approval < 0]
        if open_:
            voucher = self.random.choice(open_)
            kind = "void_approved" if self.likely(75) else "void_refused"
            counted = self.count_acts(who, voucher)
            needs = voucher.acts | counted
            act = self.say(kind, {"request": voucher.request, "receipt": voucher.id}, needs, SUPERVISOR)
            voucher.acts.add(act)
            voucher.approval = act
            # Refused after a count, it stays refused when the deposit is returned later.
            voucher.approved = kind == "void_approved" and not counted

    def count_acts(self, who: Collector, voucher: Issued) -> set[int]:
        deposits = [one for one in who.deposits if one.id in voucher.places]
        return {act for one in deposits for act in one.count_acts}

    def void_by_request(self, who: Collector) -> None:
        answered = [voucher for voucher in who.vouchers if voucher.approval >= 0 and voucher.standing]
        if not answered:
            return
        voucher = self.random.choice(answered)
        counted = self.count_acts(who, voucher)
        body = {"receipt": voucher.id, "reason": "wrong_customer", "request": voucher.request}
        voucher.acts.add(self.write(who.phone, "receipt_voided", body, voucher.acts | counted))
        if voucher.approved and not counted and not voucher.closed:
            self.take_back(who, voucher)

    def declare(self, who: Collector) -> None:
        """All in hand, less now and then one tender that is kept back."""
        phone = who.phone
        cash, cheques = dict(who.cash), who.cheques()
        held = [voucher for voucher in who.vouchers if "" in voucher.places]
        if not held and not self.likely(10):
            return
        kept: list[tuple[Issued, int]] = []
        if held and self.likely(25):
            voucher = self.random.choice(held)
            kept = [(voucher, self.random.choice([i for i, place in enumerate(voucher.places) if not place]))]
        for voucher, index in kept:
            tender = voucher.tenders[index]
            if tender["method"] == "cash":
                add(cash, tender["currency"], -tender["amount"])
        cheques = [one for one in cheques if one not in kept]
        totals: dict[tuple[str, str], list[int]] = {}
        for currency, amount in cash.items():
            totals[currency, "cash"] = [1, amount]
        for voucher, index in cheques:
            row = totals.setdefault((voucher.tenders[index]["currency"], "cheque"), [0, 0])
            row[0] += 1
            row[1] += voucher.tenders[index]["amount"]
        phone.deposits += 1
        body: dict[str, Any] = {
            "name": deposit_name(phone.code, phone.deposits),
            "count": phone.deposits,
            "totals": [
                {"currency": currency, "method": method, "count": count, "amount": amount}
                for (currency, method), (count, amount) in totals.items()
                if amount
            ],
            "kept_back": [{"receipt": one.id, "tender": index, "reason": "later"} for one, index in kept],
        }
        act = self.write(phone, "deposit_declared", body, set(who.known))
        id = f"{phone.device}-{len(phone.entries):04d}"
        moved = []
        for voucher in held:
            for index, place in enumerate(voucher.places):
                if not place and (voucher, index) not in kept:
                    voucher.places[index] = id
                    moved.append(voucher)
        for currency in list(who.cash):
            add(who.cash, currency, -cash.get(currency, 0))
        for one in who.deposits:
            one.later = True
        partly = any(voucher in moved for voucher, _ in kept)
        who.deposits.append(Declared(id, body["name"], act, cash, cheques, moved, partly))
        who.declarations.add(act)

    def count(self, who: Collector) -> None:
        """Blind, and once more now and then: exact, short, over, with papers missing or too many."""
        open_ = [one for one in who.deposits if not one.decided and len(one.counts) < 2]
        if not open_:
            return
        deposit = self.random.choice(open_)
        if deposit.counts and not self.likely(30):
            return
        deposit.counted = {currency: amount for currency, amount in deposit.expected.items() if amount}
        for currency in (*deposit.counted, "USD"):
            if self.likely(25):
                deposit.counted[currency] = max(0, deposit.counted.get(currency, 0) + self.random.randint(-500, 500))
        deposit.found = [one for one in deposit.cheques if not self.likely(10)]
        papers = [voucher.tenders[index] for voucher, index in deposit.found]
        if self.likely(5):
            papers.append({"number": "999", "currency": "EGP", "amount": 1})
        body = {
            "deposit": deposit.id,
            "name": deposit.name,
            "round": len(deposit.counts) + 1,
            "cash": [{"currency": currency, "amount": amount} for currency, amount in deposit.counted.items()],
            "cheques": [{name: paper[name] for name in ("number", "currency", "amount")} for paper in papers],
        }
        told = set[int]().union(*(voucher.acts for voucher in deposit.vouchers))
        # What happened to a voucher after it was declared must be heard before the count; else the desk may be heard
        # before the phone, whose declaration had crossed the counter as a code.
        ahead = all(act < deposit.declaration for act in told)
        needs = {act for act in told if not self.acts[act].device} if ahead else told | {deposit.declaration}
        act = self.write(self.desk, "deposit_counted", body, needs)
        deposit.taken_up.add(act)
        deposit.count_acts |= {act, deposit.declaration}
        deposit.counts.append(f"{DESK}-{len(self.desk.entries):04d}")

    def decide(self, who: Collector) -> None:
        """Accepted, or returned. What comes back into the hands is known to the phone before it declares again."""
        open_ = [one for one in who.deposits if not one.decided]
        if not open_:
            return
        deposit = self.random.choice(open_)
        comes_back = deposit.later and deposit.partly
        if deposit.counts and (self.likely(80) or comes_back):
            self.accept(who, deposit)
        elif not comes_back and self.likely(30):
            self.send_back(who, deposit)

    def accept(self, who: Collector, deposit: Declared) -> None:
        currencies = {*deposit.expected, *deposit.counted}
        differences = {c: deposit.counted.get(c, 0) - deposit.expected.get(c, 0) for c in sorted(currencies)}
        variances = [{"currency": c, "amount": amount, "reason": "told"} for c, amount in differences.items() if amount]
        right = self.likely(90) or not variances
        body = {"deposit": deposit.id, "count": deposit.counts[-1], "variances": variances if right else []}
        # A difference that was not explained waits for a person where the declaration had not come.
        needs = set(deposit.taken_up if right else deposit.count_acts)
        missing = [one for one in deposit.cheques if one not in deposit.found]
        if missing:
            needs |= who.declarations
        act = self.write(self.desk, "deposit_accepted", body, needs)
        deposit.decided = True
        for voucher in deposit.vouchers:
            voucher.places = ["safe" if place == deposit.id else place for place in voucher.places]
            voucher.closed = True
            voucher.acts |= deposit.count_acts
        for voucher, index in missing:
            voucher.places[index] = ""
        if missing:
            who.known.add(act)

    def send_back(self, who: Collector, deposit: Declared) -> None:
        needs = {deposit.declaration} | deposit.count_acts | who.declarations
        needs = needs.union(*(voucher.acts for voucher in deposit.vouchers))
        act = self.write(self.desk, "deposit_returned", {"deposit": deposit.id, "reason": "told"}, needs)
        deposit.decided = True
        who.known.add(act)
        for currency, amount in deposit.expected.items():
            add(who.cash, currency, amount)
        for voucher in deposit.vouchers:
            voucher.places = ["" if place == deposit.id else place for place in voucher.places]
            # What the phone does next about the voucher, it does knowing that the deposit came back.
            voucher.acts.add(act)

    def reverse(self, who: Collector) -> None:
        """Too early, too late or in time: the office is refused where the rules say so."""
        if who.vouchers:
            voucher = self.random.choice(who.vouchers)
            needs = voucher.acts | self.all_counts(who)
            act = self.say("receipt_reversed", {"receipt": voucher.id, "reason": "other"}, needs, SUPERVISOR)
            voucher.acts.add(act)

    def all_counts(self, who: Collector) -> set[int]:
        return {act for one in who.deposits for act in (one.declaration, *one.count_acts)} | who.known

    def state_item(self, _who: Collector) -> None:
        """The ERP states an invoice again: another amount, or a settlement of its own."""
        item = self.random.choice(list(ITEMS))
        row = {
            "item": item, "customer": ITEMS[item], "number": item, "currency": CUSTOMERS[ITEMS[item]],
            "date": "2026-10-01", "due": "2026-10-31", "original": self.random.randint(0, 20000),
            "settlements": [{"date": "2026-11-01", "amount": self.random.randint(1, 500)}] if self.likely(30) else [],
        }  # fmt: skip
        self.in_order("items_upserted", {"items": [row]})

    def assign(self, who: Collector) -> None:
        action = "assign" if self.likely(70) else "unassign"
        customers = [self.random.choice(list(CUSTOMERS))]
        self.in_order("customers_assigned", {"collector": who.phone.user, "customers": customers, "action": action})

    def in_order(self, kind: str, body: dict[str, Any]) -> None:
        """What the office states about the same things, it states in its own order."""
        act = self.say(kind, body, set(self.office_before), "system")
        self.office_before = {act}
