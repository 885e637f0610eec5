"""The second, much simpler model: what must be true of journal, documents and phones, whatever has happened.

It reads the company's tables with SQL of its own and entries as plain JSON, and knows nothing of `sync`: a rule that is
wrong there must not be wrong here in the same way. It is told what happened outside the server (a voucher was shown to
a customer, a phone was lost) and looks at everything after every step.
"""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any

import msgspec

from tests.world.storage import CopyFile, Database

Phone = tuple[Database, CopyFile | None]
"""A device's database, and its second copy for as long as the two have not been compared."""

Doc = dict[str, Any]
Lines = list[tuple[str, str, int]]
Place = tuple[str, int, str]
"""(device, seq, hash) of an entry, as a voucher's code names it."""
Sums = dict[tuple[str, str], tuple[int, int]]
"""(currency, method) → count, amount."""

RANKS: dict[str, tuple[str, list[set[str]]]] = {
    "voucher": ("issued", [{"issued"}, {"voided", "reversed", "rejected"}, {"replaced"}]),
    "deposit": ("declared", [{"declared"}, {"counted"}, {"accepted", "returned"}]),
    "deposit_waiting": ("declared", [{"ahead"}, {"declared"}, {"counted"}, {"accepted", "returned"}]),
    "device": ("active", [{"active"}, {"revoked"}, {"lost"}, {"retired"}]),
    "book": ("assigned", [{"assigned"}, {"accepted"}, {"open"}, {"full"}, {"handed_over"}, {"frozen"}, {"cancelled"}]),
    "request": ("requested", [{"requested"}, {"approved", "refused"}]),
    "suspended": ("waiting", [{"waiting"}, {"released", "rejected", "ended"}]),
    "missing_voucher": ("reported", [{"reported"}, {"rebuilt"}, {"arrived"}]),
    "case": ("open", [{"open"}, {"granted", "declined", "noted"}]),
}
"""States by rank: a document never goes back, and never sideways."""
KEPT = {
    "voucher": ("number", "book", "leaf", "customer", "device", "seq", "by", "at", "currency", "tenders"),
    "book": ("series", "first", "last", "device", "holder"),
    "deposit": ("name", "collector", "device", "seq", "totals", "kept_back"),
    "item": ("customer", "currency"),
    "cheque": ("voucher", "currency", "amount", "number"),
    "suspended": ("device", "seq", "hash", "kind", "voucher", "amounts"),
    "missing_voucher": ("device", "seq", "hash", "collector", "number", "totals", "code"),
    "notice": ("voucher", "what", "customer", "at"),
    "promise": ("customer", "by", "currency", "amount", "date", "items"),
}
"""What a document never changes after it was made."""
SECOND = {"number_repeated", "id_repeated", "fork", "book_not_held", "number_outside_book"}
"""A voucher with one of these flags bears a number that is another's."""
OWNER = {
    "voucher": "by", "custody": "id", "user": "id", "plan": "user", "visit": "user", "book": "holder", "device": "user",
    "cheque": "collector", "deposit": "collector", "target": "user", "day_report": "user", "dispute": "by",
    "confirmation": "by", "case": "by",
}  # fmt: skip
OF_CUSTOMER = {"item", "promise", "contact", "dispute", "confirmation", "case"}
"""What whoever has the customer now sees."""
MAKES = {
    "promise_made": ("promise", ("customer", "currency", "amount", "date", "items")),
    "dispute_raised": ("dispute", ("customer", "item", "currency", "amount", "reason", "note")),
    "contact_logged": ("contact", ("customer", "channel", "outcome", "items")),
    "balance_confirmed": ("confirmation", ("customer", "currency", "ledger", "uncleared", "agrees", "differences")),
    "case_opened": ("case", ("what", "text", "customer", "currency", "amount", "items")),
}
"""The document that an accepted entry makes, and what of its body stands there for good."""
HANDS = {"cash", "cheques", "transit_cash", "transit_cheques"}
PAYS = ("ar", "on_account")
TAKES_BACK = (*PAYS, "suspense", "fx", "withholding", "discount", "bank_charge")
"""What a voucher leaves nothing in once it has ended."""
ANOTHERS = {"number_repeated", "id_repeated", "number_outside_book"}
"""Such a voucher never gets the leaf, whatever a person decides about it."""
PUBLIC = {"company", "server_key", "person"}


class Violation(AssertionError):
    """Something that must never be."""


@dataclass(slots=True)
class Paper:
    """A voucher that a customer has seen."""

    hash: str
    device: str
    seq: int
    number: str
    body: bytes


@dataclass(slots=True)
class Fact:
    """A voucher as the journal holds it: a receipt, or one that was rebuilt from its customer's code. lines: all that
    was posted for it so far, at its end and at a decision about it too. replaced: its own entry has come."""

    hash: str
    verdict: str
    flags: list[str]
    body: bytes
    lines: Lines
    device: str = ""
    position: int = 0
    number: str = ""
    book: str = ""
    leaf: int = 0
    taken: dict[tuple[str, str], int] = field(default_factory=dict)
    ended: str = ""
    replaced: bool = False
    customer: str = ""
    currency: str = ""
    settles: dict[tuple[str, str], int] = field(default_factory=dict)
    """(kind of account, currency) → what it must post there; `paid` stands for invoices and account together."""
    day: str = ""


@dataclass(slots=True)
class Vow:
    """A promise as the journal tells it. kept: by voucher. broken: the server has said so."""

    customer: str
    currency: str
    amount: int
    date: str
    items: list[str]
    kept: dict[str, int] = field(default_factory=dict)
    broken: bool = False
    superseded: bool = False

    @property
    def brought(self) -> int:
        return sum(self.kept.values())


@dataclass(slots=True)
class Books:
    """Everything derived from one journal; made anew when another file takes its place."""

    position: int = 0
    looked_after: int = 0
    h: bytes = b""
    rows: dict[str, int] = field(default_factory=dict)
    ids: dict[str, str] = field(default_factory=dict)
    heads: dict[str, tuple[int, str]] = field(default_factory=dict)
    places: dict[tuple[str, int], str] = field(default_factory=dict)
    holes: dict[str, list[tuple[int, int]]] = field(default_factory=lambda: defaultdict(list))
    verdicts: dict[int, tuple[str, int, str]] = field(default_factory=dict)
    balances: dict[tuple[str, str], int] = field(default_factory=lambda: defaultdict(int))
    receipts: dict[str, Fact] = field(default_factory=dict)
    numbers: dict[str, str] = field(default_factory=dict)
    leaves: dict[str, set[int]] = field(default_factory=lambda: defaultdict(set))
    voided: dict[str, set[int]] = field(default_factory=lambda: defaultdict(set))
    deposits: dict[str, str] = field(default_factory=dict)
    counts: dict[str, Doc] = field(default_factory=dict)
    ahead: dict[str, dict[str, Doc]] = field(default_factory=lambda: defaultdict(dict))
    """Deposit → counts that came before its declaration and wait, by the hash of their entry."""
    early: dict[str, Doc] = field(default_factory=dict)
    """All counts that came before a declaration, by their id; also those that a person has rejected since."""
    taken: dict[tuple[str, str], Lines] = field(default_factory=dict)
    """(deposit, cashier) → what he took into his safe before the declaration came."""
    accepting: dict[int, tuple[str, str]] = field(default_factory=dict)
    """The same by the position of the acceptance that waits."""
    declared: dict[str, str] = field(default_factory=dict)
    """Deposit → hash of its declaration."""
    docs: dict[tuple[str, str], Doc] = field(default_factory=dict)
    devices: dict[str, str] = field(default_factory=dict)
    stopped: set[str] = field(default_factory=set)
    payments: dict[str, str] = field(default_factory=dict)
    suspense: dict[tuple[str, str], int] = field(default_factory=lambda: defaultdict(int))
    vouchers: dict[str, Fact] = field(default_factory=dict)
    """By the id of their documents."""
    made: dict[int, Fact] = field(default_factory=dict)
    """Vouchers by the position of the entry that made them."""
    reported: set[Place] = field(default_factory=set)
    rebuilt: dict[Place, Fact] = field(default_factory=dict)
    given: dict[str, Doc] = field(default_factory=dict)
    """Books as they were given."""
    judged: dict[int, str] = field(default_factory=dict)
    vows: dict[str, Vow] = field(default_factory=dict)
    hoped: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    """Customer → promises that money may still keep, in the order in which they will be kept."""
    told: dict[tuple[str, str], tuple[str, Doc, tuple[str, ...]]] = field(default_factory=dict)
    """Type and id of a document → who made it, what his entry says, and which fields of it stand for good."""
    answered: dict[str, str] = field(default_factory=dict)
    aside: set[int] = field(default_factory=set)
    """Positions of entries that are refused or under review: they say themselves why they do not count as usual."""


@dataclass(eq=False)
class Auditor:
    """told: what happened outside. look: everything that must hold now."""

    books: Books = field(default_factory=Books)
    shown: dict[str, Paper] = field(default_factory=dict)
    numbers: dict[str, str] = field(default_factory=dict)
    saved: dict[str, tuple[str, int]] = field(default_factory=dict)
    lost: set[str] = field(default_factory=set)
    may_fork: set[str] = field(default_factory=set)
    excused: set[str] = field(default_factory=set)
    """Users of whom entries are missing or doubled by a fault, so that their custody may be below zero."""
    may_be_unjudged: bool = False
    outstanding: dict[str, Paper] = field(default_factory=dict)
    phone_docs: dict[tuple[str, str, str, str], int] = field(default_factory=dict)
    promised: dict[tuple[str, int], str] = field(default_factory=dict)
    copied: set[str] = field(default_factory=set)
    """Payments whose draft is on two phones."""
    granted: set[str] = field(default_factory=set)
    """Envelopes of all grants that the server ever made, also those that a restore took away."""

    # ---- told

    def told_shown(self, hash: str, device: str, seq: int, body: bytes) -> None:
        number = msgspec.json.decode(body)["number"]
        other = self.numbers.setdefault(number, hash)
        self.expect(other == hash or device in self.may_fork, f"two customers hold vouchers with the number {number}")
        if hash not in self.shown:
            self.shown[hash] = Paper(hash, device, seq, number, body)
            if hash not in self.books.rows:
                self.outstanding[hash] = self.shown[hash]

    def told_saved(self, hash: str, device: str, seq: int) -> None:
        """A phone said that an entry is durable."""
        self.saved[hash] = (device, seq)

    def told_answer(self, device: str, reply: Any) -> None:
        """The server let a reply out: what it says must be in the file by now, and never change."""
        books = self.books
        for outcome in reply.outcomes:
            if outcome.position:
                found = books.verdicts.get(outcome.position)
                told = (device, outcome.seq, outcome.verdict)
                self.expect(found == told, f"{told} was answered for position {outcome.position}, the file has {found}")
        acked = reply.acked
        if acked.seq:
            place = (device, acked.seq)
            holed = any(first <= acked.seq <= last for first, last in books.holes[device])
            self.expect(
                books.places.get(place) == acked.hash or holed,
                f"a hand-in receipt covers {place}, which the file does not have",
            )
            self.promised[place] = acked.hash

    def told_verified(self, paper: Paper, status: str) -> None:
        """What a customer was answered who showed his voucher's code."""
        books = self.books
        where = f"voucher {paper.number}"
        if paper.hash in books.rows:
            verdict = books.verdicts[books.rows[paper.hash]][2]
            self.expect(verdict == "refused" or status in ("genuine", "voided"), f"{where} is here, and reads {status}")
        elif (paper.device, paper.seq, paper.hash) in books.rebuilt:
            self.expect(status in ("genuine", "voided"), f"{where} was rebuilt, and reads {status}")

    def told_wiped(self, name: str, hashes: Iterable[str], *, knows: bool) -> None:
        """A phone took Sanad's data off itself. knows: it had heard of the last restore."""
        missing = set(hashes) - set(self.books.rows)
        self.expect(not (knows and missing), f"{name} was wiped, and {len(missing)} entries were only there")
        self.told_lost(missing)
        self.told_relapsed(name)

    def told_lost(self, hashes: Iterable[str]) -> None:
        self.lost.update(hashes)

    def told_relapsed(self, name: str) -> None:
        """A phone's database was set back, so its screen may be."""
        self.phone_docs = {key: rank for key, rank in self.phone_docs.items() if key[0] != name}

    def told_restored(self) -> None:
        """An old copy of the file is the journal now. What was promised since is owed again, by re-offering."""
        self.books = Books()
        self.phone_docs.clear()
        self.promised.clear()
        self.outstanding = dict(self.shown)

    # ---- the journal

    def expect(self, holds: bool, what: str) -> None:
        if not holds:
            raise Violation(what)

    def look(self, db: Any, phones: list[Phone]) -> None:
        self.look_at_journal(db)
        self.look_at_documents(db)
        self.look_for_papers(phones)

    def look_at_journal(self, db: Any) -> None:
        books = self.books
        if books.position:
            rows = db.select("SELECT h FROM journal WHERE position = ?", books.position)
            self.expect([row[0] for row in rows] == [books.h], f"position {books.position} is no longer what it was")
        books.looked_after = books.position
        for row in db.select(
            "SELECT j.position, w.text, j.seq, j.online, j.fork, j.envelope, j.body, j.hash, j.stamp, j.h"
            " FROM journal j JOIN word w ON w.no = j.device WHERE j.position > ? ORDER BY j.position",
            books.position,
        ):
            self.entry(*row)

    def entry(
        self, position: int, device: str, seq: int, online: int, fork: int, raw: bytes, body: bytes, hash: bytes,
        stamp_bytes: bytes, h: bytes,
    ) -> None:  # fmt: skip
        books = self.books
        self.expect(position == books.position + 1, f"position {books.position} is followed by {position}")
        self.expect(sha256(raw).digest() == hash, f"position {position} has another hash than its envelope")
        self.expect(sha256(books.h + hash + stamp_bytes).digest() == h, f"the running hash breaks at {position}")
        text = b64(hash)
        self.expect(text not in books.rows, f"{device}/{seq} stands at {books.rows.get(text)} and again at {position}")
        stamp = msgspec.json.decode(stamp_bytes)
        envelope = msgspec.json.decode(raw)
        verdict, flags = stamp["verdict"], stamp.get("flags", [])
        lines = [(account, currency, amount) for account, currency, amount in stamp.get("lines", [])]
        books.position, books.h = position, h
        books.rows[text] = position
        books.verdicts[position] = (device, seq, verdict)
        if verdict != "accepted":
            books.aside.add(position)
        if not fork:
            books.places[device, seq] = text
        vouched = (device, seq, text) in books.rebuilt
        self.expect(
            device not in books.stopped or verdict != "accepted" or vouched,
            f"{position} is from a stopped phone, and accepted",
        )
        if envelope["kind"] in ("device_enrolled", "book_assigned"):
            self.granted.add(raw.decode())
        self.chain(device, seq, fork, envelope, text, flags)
        self.identity(envelope, text, verdict, position)
        self.lines(lines, verdict, position)
        self.expect("bad_signature" not in flags, f"a signature was spoilt on the way to {position}")
        self.expect("body_mismatch" not in flags, f"a body was spoilt on the way to {position}")
        if "unjudged" in flags:
            unknown = envelope["kind"] == "customer_greeted"
            self.expect(unknown or self.may_be_unjudged, f"{envelope['kind']} at {position} could not be judged")
            self.excused.add(envelope["by"])
        if verdict != "refused":
            room = getattr(self, f"on_{envelope['kind']}", None)
            if room is not None:
                fact = Fact(text, verdict, flags, body, lines, device, position, day=stamp.get("day", ""))
                room(envelope, msgspec.json.decode(body), body, fact)
        self.outstanding.pop(text, None)

    def chain(self, device: str, seq: int, fork: int, envelope: Doc, hash: str, flags: list[str]) -> None:
        books = self.books
        head, head_hash = books.heads.get(device, (0, ""))
        if fork:
            vouched = (device, seq, hash) in books.rebuilt  # whoever rebuilt it vouched for it
            self.expect("fork" in flags or vouched, f"{device}/{seq} stands beside its chain without a flag")
            self.expect(device in self.may_fork, f"{device}/{seq} was taken for a fork, and nobody forked it")
            return
        lacks = head + 1
        for first, last in sorted(books.holes[device]):
            lacks = max(lacks, last + 1) if first <= lacks else lacks
        self.expect(head < seq <= lacks, f"{device}/{seq} follows {head}, and {lacks} is missing")
        if seq == head + 1:
            self.expect(envelope["prev"] == head_hash, f"{device}/{seq} does not follow from the entry before it")
        books.heads[device] = (seq, hash)

    def identity(self, envelope: Doc, hash: str, verdict: str, position: int) -> None:
        other = self.books.ids.setdefault(envelope["id"], hash)
        self.expect(other == hash or verdict != "accepted", f"two entries with the id {envelope['id']} at {position}")

    def lines(self, lines: Lines, verdict: str, position: int) -> None:
        sums: dict[str, int] = defaultdict(int)
        for account, currency, amount in lines:
            sums[currency] += amount
            self.books.balances[account, currency] += amount
            if account.startswith("suspense/"):
                self.books.suspense[account, currency] += amount
            now = self.books.balances[account, currency]
            kind, _, owner = account.partition("/")
            if kind in ("safe", "vault", "bank"):
                self.expect(now >= 0, f"{account} falls to {now} {currency} at {position}")
            elif kind in ("cash", "cheques"):
                self.expect(now >= 0 or owner in self.excused, f"{account} falls to {now} {currency} at {position}")
        self.expect(not any(sums.values()), f"debits and credits differ by {dict(sums)} at {position}")
        self.expect(verdict != "refused" or not lines, f"a refused entry posts at {position}")

    # ---- what each kind must have done

    def on_hole_recorded(self, _e: Doc, said: Doc, _body: bytes, _fact: Fact) -> None:
        self.books.holes[said["device"]].append((said["first"], said["last"]))
        self.excused.add(self.books.devices.get(said["device"], ""))

    def on_device_enrolled(self, _e: Doc, said: Doc, _body: bytes, _fact: Fact) -> None:
        self.books.devices[said["device"]] = said["user"]

    def on_device_revoked(self, _e: Doc, said: Doc, _body: bytes, _fact: Fact) -> None:
        if said["state"] in ("lost", "revoked"):
            self.books.stopped.add(said["device"])

    def on_grant_returned(self, _e: Doc, said: Doc, _body: bytes, _fact: Fact) -> None:
        """A device has its place again, or a book its leaves, also those of vouchers that came before the grant."""
        books = self.books
        self.expect(said["grant"]["envelope"] in self.granted, "a grant was taken back that this server never made")
        given = msgspec.json.decode(said["grant"]["body"])
        if "user" in given:
            books.devices[given["device"]] = given["user"]
            return
        books.given[given["book"]] = given
        for fact in books.receipts.values():
            waits = fact.book == given["book"] and "book_not_held" in fact.flags
            if waits and not {"fork", "id_repeated"} & set(fact.flags) and fact.leaf not in books.leaves[given["book"]]:
                books.leaves[given["book"]].add(fact.leaf)
                books.numbers[fact.number] = fact.hash
                fact.flags.remove("book_not_held")
                if fact.ended == "voided":
                    books.voided[given["book"]].add(fact.leaf)

    def on_book_assigned(self, _e: Doc, said: Doc, _body: bytes, _fact: Fact) -> None:
        self.books.given[said["book"]] = said

    def on_receipt_issued(self, envelope: Doc, said: Doc, body: bytes, fact: Fact) -> None:
        books, where = self.books, f"voucher {said['number']}"
        by = envelope["by"]
        paid_for = books.payments.setdefault(said["salt"], fact.hash)
        doubled = envelope["device"] in self.may_fork or said["salt"] in self.copied
        self.expect(paid_for == fact.hash or doubled, f"{where}: one payment, two vouchers")
        fact.number, fact.book, fact.leaf = said["number"], said["book"], said["leaf"]
        fact.taken = hands_of(said["tenders"])
        fact.customer, fact.currency, fact.settles = said["customer"], said["currency"], settles(said)
        before = books.rebuilt.get((envelope["device"], envelope["seq"], fact.hash))
        if before is not None:
            self.replaces(before, fact, where)
        if "unjudged" not in fact.flags and not fact.ended:
            self.expect(in_hands(fact.lines) == fact.taken, f"{where}: custody is not what was taken")
            self.expect(whose(fact.lines) <= {by}, f"{where}: in the hands of {whose(fact.lines)}, written by {by}")
            self.pays(fact, where)
            if fact.verdict == "accepted":
                self.settles(fact, where)
        second = bool(SECOND & set(fact.flags))
        other = books.numbers.get(said["number"])
        alone = other in (None, fact.hash)
        self.expect(alone or second, f"{where}: the number stands on two vouchers, and no flag says so")
        if not second:
            books.numbers[said["number"]] = fact.hash
            if "unjudged" not in fact.flags:
                free = other == fact.hash or said["leaf"] not in books.leaves[said["book"]]
                self.expect(free, f"{where}: the leaf was used before")
                books.leaves[said["book"]].add(said["leaf"])
        books.receipts.setdefault(envelope["id"], fact)
        if "unjudged" not in fact.flags:
            self.keep(envelope["id"], fact)
        paper = self.shown.get(fact.hash)
        self.expect(paper is None or paper.body == body, f"{where}: the journal says other than the paper")

    def keep(self, id: str, fact: Fact) -> None:
        """A voucher has a document now; the second one with an id stands beside the first under a name of its own."""
        name = id if id not in self.books.vouchers else f"{id}~{fact.position}"
        self.books.vouchers[name] = self.books.made[fact.position] = fact
        if fact.verdict == "accepted" and not fact.ended:
            self.brings(name, fact)

    def settles(self, fact: Fact, where: str) -> None:
        """Σ tenders at their value + Σ deductions = Σ taken off invoices + on account; what was exchanged or deducted
        stands in its own account, and nothing else does."""
        posted: dict[tuple[str, str], int] = defaultdict(int)
        for account, currency, amount in fact.lines:
            kind = account.partition("/")[0]
            if kind in TAKES_BACK:
                posted["paid" if kind in PAYS else kind, currency] += amount
        found = {key: amount for key, amount in posted.items() if amount}
        self.expect(found == fact.settles, f"{where}: settles {fact.settles}, and posts {found}")

    # ---- promises: which voucher kept what, by the order of the journal alone

    def on_promise_made(self, envelope: Doc, said: Doc, _body: bytes, fact: Fact) -> None:
        if fact.verdict != "accepted":
            return
        items = said.get("items", [])
        vow = Vow(said["customer"], said["currency"], said["amount"], said["date"], items)
        waiting = self.books.hoped[vow.customer]
        for id in list(waiting):
            other = self.books.vows[id]
            same = set(other.items) & set(items) if other.items and items else not other.items and not items
            if same and other.currency == vow.currency and not other.broken:
                other.superseded = True
                waiting.remove(id)
        waiting.append(envelope["id"])
        self.books.vows[envelope["id"]] = vow
        self.makes(envelope, said)

    def on_promise_broken(self, _e: Doc, said: Doc, _body: bytes, fact: Fact) -> None:
        vow = self.books.vows.get(said["promise"])
        where = f"promise {said['promise']} is broken at {fact.position}"
        if vow is None:
            raise Violation(f"{where}, and nobody made it")
        self.expect(not vow.broken, f"{where}, and was broken before")
        self.expect(not vow.superseded, f"{where}, and another took its place")
        self.expect(vow.brought < vow.amount, f"{where}, and was kept")
        self.expect(vow.date < fact.day, f"{where} on {fact.day}, and is for {vow.date}")
        vow.broken = True

    def brings(self, name: str, fact: Fact) -> None:
        """What a voucher that stands brings to its customer's promises."""
        items: dict[str, int] = defaultdict(int)
        rest = 0
        for account, currency, amount in fact.lines:
            kind, _, owner = account.partition("/")
            if kind in PAYS and currency == fact.currency:
                rest -= amount
                if kind == "ar":
                    items[owner.partition("/")[2]] -= amount
        waiting = self.books.hoped[fact.customer]
        for id in list(waiting):
            vow = self.books.vows[id]
            named = sum(items[item] for item in vow.items) if vow.items else rest
            part = min(named, rest, vow.amount - vow.brought) if vow.currency == fact.currency else 0
            if part > 0:
                rest -= part
                vow.kept[name] = part
                if vow.brought == vow.amount:
                    waiting.remove(id)

    def brings_no_longer(self, name: str) -> None:
        for id, vow in self.books.vows.items():
            if name in vow.kept:
                full = vow.brought == vow.amount
                del vow.kept[name]
                if full and not vow.superseded:
                    self.books.hoped[vow.customer].append(id)

    def see_promise(self, doc: Doc) -> None:
        """Kept by the vouchers that stand and brought it, by nothing else, and never more than was promised."""
        vow, where = self.books.vows.get(doc["id"]), f"promise {doc['id']}"
        if vow is None:
            raise Violation(f"{where} stands there, and nobody made it")
        kept, state = doc.get("kept", {}), doc.get("state", "open")
        self.expect(sum(kept.values()) <= doc["amount"], f"{where}: {kept} is more than {doc['amount']}")
        self.expect(kept == vow.kept, f"{where}: kept by {kept}, vouchers brought {vow.kept}")
        fallen = [id for id in kept if self.books.vouchers[id].ended or self.books.vouchers[id].replaced]
        self.expect(not fallen, f"{where}: kept by {fallen}, which no longer stand")
        full = vow.brought == vow.amount
        may_be = {"kept_late"} if full else {"broken", "part_kept"} if kept else {"broken"}
        if not vow.broken:
            may_be = {"superseded"} if vow.superseded else {"kept"} if full else {"open"}
        self.expect(state in may_be, f"{where} shows {state}, its entries say {may_be}")

    def nobody_waits_for(self, today: str) -> None:
        """After the day's work: no promise is open whose day is over."""
        for id, vow in self.books.vows.items():
            waits = not vow.broken and not vow.superseded and vow.brought < vow.amount
            self.expect(vow.date >= today or not waits, f"promise {id} was for {vow.date}, and is open on {today}")

    # ---- what is brought back besides

    def makes(self, envelope: Doc, said: Doc) -> None:
        kind, fields = MAKES[envelope["kind"]]
        self.books.told[kind, envelope["id"]] = (envelope["by"], said, fields)

    def on_dispute_raised(self, envelope: Doc, said: Doc, _body: bytes, fact: Fact) -> None:
        if fact.verdict == "accepted":
            self.expect(not fact.lines, f"{envelope['kind']} {envelope['id']} posts")
            self.makes(envelope, said)

    on_contact_logged = on_balance_confirmed = on_case_opened = on_dispute_raised

    def on_case_answered(self, envelope: Doc, said: Doc, _body: bytes, _fact: Fact) -> None:
        """Once, and by another than who asked."""
        asked = self.books.told.get(("case", said["case"]))
        self.expect(asked is not None and asked[0] != envelope["by"], f"case {said['case']} is answered by its writer")
        self.expect(said["case"] not in self.books.answered, f"case {said['case']} is answered twice")
        self.books.answered[said["case"]] = said["decision"]

    def see_case(self, doc: Doc) -> None:
        answer = self.books.answered.get(doc["id"], "open")
        self.expect(doc.get("state", "open") == answer, f"case {doc['id']} shows {doc.get('state')}, is {answer}")

    def pays(self, fact: Fact, where: str) -> None:
        paid = [account for account, _, amount in fact.lines if amount < 0]
        in_suspense = all(account.startswith("suspense/") for account in paid)
        self.expect(in_suspense == (fact.verdict == "review"), f"{where}: {fact.verdict}, and pays for {paid}")

    def replaces(self, before: Fact, fact: Fact, where: str) -> None:
        """The entry of a rebuilt voucher has come: what both have posted is what one voucher posts."""
        self.expect(not before.replaced, f"{where} comes in the place of what was replaced before")
        self.expect(not before.ended or not fact.lines, f"{where} was {before.ended}, and its entry posts again")
        before.replaced, fact.ended = True, before.ended
        self.brings_no_longer(next(name for name, one in self.books.vouchers.items() if one is before))
        fact.lines = netted([*before.lines, *fact.lines])

    def on_voucher_reported(self, _e: Doc, said: Doc, _body: bytes, fact: Fact) -> None:
        place, _ = code_of(said["payload"])
        self.expect(not fact.lines, f"a report of {place} posts")
        self.expect(place not in self.books.reported, f"{place} was reported before")
        self.expect(place[2] not in self.books.rows, f"{place} is reported, and is here")
        self.books.reported.add(place)

    def on_voucher_rebuilt(self, envelope: Doc, said: Doc, _body: bytes, fact: Fact) -> None:
        """It counts in the place of an entry that is not here, and only once."""
        books = self.books
        place, number = code_of(said["payload"])
        where = f"rebuilt voucher {number}"
        self.expect(place in books.reported, f"{where}: nobody has reported it")
        self.expect(place[2] not in books.rows, f"{where}: its entry is here")
        self.expect(place not in books.rebuilt, f"{where}: it was rebuilt before")
        user = books.devices.get(place[0], "")
        self.expect(envelope["by"] != user, f"{where}: {user} rebuilds his own")
        fact.taken, fact.number, fact.hash, fact.device = hands_of(said["tenders"]), number, place[2], place[0]
        totals = totals_in(said["payload"])
        fact.customer, fact.currency = said.get("customer", ""), totals[0][0]
        handed = [(one["currency"], one["method"], one["amount"]) for one in said["tenders"]]
        self.expect(added(handed) == added(totals), f"{where}: other sums than the code's")
        for currency, _, amount in totals:
            fact.settles["paid", currency] = fact.settles.get(("paid", currency), 0) - amount
        self.expect(in_hands(fact.lines) == fact.taken, f"{where}: custody is not what the code says")
        self.expect(whose(fact.lines) <= {user}, f"{where}: in the hands of {whose(fact.lines)}, not of {user}")
        self.pays(fact, where)
        books.rebuilt[place] = fact
        self.keep(envelope["id"], fact)
        if not SECOND & set(fact.flags):
            series, _, digits = number.rpartition("-")
            held = [
                one for one in books.given.values()
                if one["device"] == place[0] and one["series"] == series and one["first"] <= int(digits) <= one["last"]
            ]  # fmt: skip
            self.expect(len(held) == 1, f"{where}: is of {len(held)} books of its phone, and no flag says so")
            fact.book, fact.leaf = held[0]["book"], int(digits)
            self.expect(fact.leaf not in books.leaves[fact.book], f"{where}: the leaf was used before")
            self.expect(number not in books.numbers, f"{where}: the number stands on two vouchers, and no flag says so")
            books.leaves[fact.book].add(fact.leaf)
            books.numbers[number] = fact.hash

    def on_judged(self, _e: Doc, said: Doc, _body: bytes, fact: Fact) -> None:
        """A person decides once about what waits. Money that waited has a place now; hands hold what they held, unless
        it never was there twice."""
        books, position, where = self.books, int(said["entry"]), f"entry {said['entry']}"
        waited = position < fact.position and books.verdicts[position][2] == "review"
        self.expect(waited and position not in books.judged, f"{where} is decided, and does not wait")
        books.judged[position] = said["decision"]
        voucher = books.made.get(position)
        if voucher is None:
            for waiting in books.ahead.values():
                waiting.pop(said["hash"], None)
            if said["decision"] == "release":
                self.released(said, fact)
            else:
                self.left_in_the_safe(books.accepting.get(position), fact, where)
            return
        self.expect(not voucher.ended and not voucher.replaced, f"{where} is decided, and its voucher has ended")
        voucher.lines = netted([*voucher.lines, *fact.lines])
        duplicate = bool(said.get("duplicate_of"))
        if duplicate:
            first = books.vouchers.get(said["duplicate_of"])
            same = first is not None and (first.number, first.taken) == (voucher.number, voucher.taken)
            stands = first is not None and first.ended in ("", "reversed") and not first.replaced
            self.expect(same and stands and first is not voucher, f"{where} repeats no voucher that stands")
        hands = {} if duplicate else voucher.taken
        self.expect(in_hands(voucher.lines) == hands, f"{where} is decided: {in_hands(voucher.lines)} stays in hand")
        # What a declaration has moved into a deposit's transit was its own entry, and not the voucher's.
        paid = {account.partition("/")[0] for account, _, amount in voucher.lines if amount < 0} - HANDS
        if said["decision"] == "release":
            self.expect(paid <= {"ar", "on_account", "fx"}, f"{where} is released, and pays for {paid}")
            self.settles(voucher, where)
            voucher.verdict = "accepted"
            self.takes_its_leaf(voucher)
            self.brings(next(name for name, one in books.vouchers.items() if one is voucher), voucher)
            return
        self.expect(paid <= (set() if duplicate else {"over"}), f"{where} is rejected, and pays for {paid}")
        voucher.ended = "voided" if duplicate else "rejected"

    def left_in_the_safe(self, whose: tuple[str, str] | None, fact: Fact, where: str) -> None:
        """Rejected, it posts nothing; what a cashier took over stays in his safe and is owed to nobody known."""
        waits: dict[str, int] = defaultdict(int)
        for account, currency, amount in self.books.taken.pop(whose, []) if whose else []:
            waits[currency] -= amount if account.startswith("suspense/") else 0
        expected = {(f"suspense/{whose[0]}", currency): amount for currency, amount in waits.items()} if whose else {}
        expected |= {(f"over/{whose[0]}", currency): -amount for currency, amount in waits.items()} if whose else {}
        found = {(account, currency): amount for account, currency, amount in fact.lines}
        self.expect(found == expected, f"{where} is rejected, and posts {found} instead of {expected}")

    def released(self, said: Doc, fact: Fact) -> None:
        """An entry that has made nothing is what it would have been."""
        raw, body = said["envelope"].encode(), said["body"].encode()
        envelope = msgspec.json.decode(raw)
        own = (b64(sha256(raw).digest()), b64(sha256(body).digest())) == (said["hash"], envelope["body_hash"])
        self.expect(own, f"entry {said['entry']} is released by other texts than its own")
        room = getattr(self, f"on_{envelope['kind']}", None)
        if room is not None:
            inner = Fact(said["hash"], "accepted", [], body, fact.lines, envelope["device"], fact.position)
            room(envelope, msgspec.json.decode(body), body, inner)

    def takes_its_leaf(self, voucher: Fact) -> None:
        """What waited for its place or its book, if it is its own and nobody else has it."""
        books, waited = self.books, {"fork", "book_not_held"} & set(voucher.flags)
        given = books.given.get(voucher.book)
        if not waited or given is None or given["device"] != voucher.device or ANOTHERS & set(voucher.flags):
            return
        if not given["first"] <= voucher.leaf <= given["last"]:
            return
        if voucher.leaf in books.leaves[voucher.book]:
            voucher.flags.append("number_repeated")
            return
        voucher.flags = [flag for flag in voucher.flags if flag not in waited]
        books.leaves[voucher.book].add(voucher.leaf)
        books.numbers[voucher.number] = voucher.hash

    def on_receipt_voided(self, _e: Doc, said: Doc, _body: bytes, fact: Fact) -> None:
        receipt = self.ended(said["receipt"], "voided", fact)
        if receipt is None:
            return
        self.may_be_void(said)
        hands = in_hands(receipt.lines)
        self.expect(not hands, f"voucher {receipt.number}: voided, and {hands} stays in hand")
        if not SECOND & set(receipt.flags):
            self.books.voided[receipt.book].add(receipt.leaf)

    def may_be_void(self, said: Doc) -> None:
        """Not once a cashier has counted it; without an approval not once the customer has a paper."""
        voucher = self.books.docs.get(("voucher", said["receipt"]))
        if voucher is None:
            return
        where = f"voucher {voucher['number']}"
        deposit = self.books.deposits.get(voucher.get("deposit", ""), "")
        self.expect(deposit not in ("counted", "accepted"), f"{where} is void after its deposit was {deposit}")
        handed_out = voucher.get("printed", 0) or voucher.get("shared", False)
        self.expect(bool(said.get("request")) or not handed_out, f"{where} was handed out and is void without approval")

    def on_receipt_reversed(self, _e: Doc, said: Doc, _body: bytes, fact: Fact) -> None:
        receipt = self.ended(said["receipt"], "reversed", fact)
        if receipt is not None:
            owed = added((c, "", -amount) for account, c, amount in fact.lines if account.startswith("refunds/"))
            total = added((currency, "", amount) for (currency, _), amount in receipt.taken.items())
            self.expect(owed == total, f"{said['receipt']}: {total} was paid and {owed} is refunded")

    def ended(self, id: str, how: str, fact: Fact) -> Fact | None:
        """What the voucher paid for is owed again, account by account; it ends once."""
        receipt = self.books.vouchers.get(id)
        if receipt is None or "unjudged" in fact.flags or fact.verdict != "accepted":
            return None
        self.expect(not receipt.ended, f"voucher {id} was {receipt.ended} and is {how} again")
        self.expect(not receipt.replaced, f"voucher {id} was replaced and is {how}")
        receipt.ended = how
        receipt.lines = netted([*receipt.lines, *fact.lines])
        owed = [line for line in receipt.lines if line[0].partition("/")[0] in TAKES_BACK]
        self.expect(not owed, f"voucher {id} is {how}, and {owed} is still paid")
        self.brings_no_longer(id)
        return receipt

    def on_deposit_declared(self, envelope: Doc, said: Doc, _body: bytes, fact: Fact) -> None:
        if fact.verdict != "accepted":
            return
        self.books.deposits[envelope["id"]] = "declared"
        self.books.declared[envelope["id"]] = fact.hash
        cash = {(f"transit_cash/{envelope['id']}", t["currency"]): t["amount"] for t in said["totals"]
                if t["method"] == "cash" and t["amount"]}  # fmt: skip
        self.expect(
            debits(fact.lines, ("transit_cash",)) == cash, f"{said['name']}: other cash moved than was declared"
        )

    def on_deposit_counted(self, envelope: Doc, said: Doc, _body: bytes, fact: Fact) -> None:
        if fact.verdict == "accepted":
            self.expect(not fact.lines, "a count posts")
            self.decides(said["deposit"], {"declared", "counted"}, "counted")
            self.books.counts[envelope["id"]] = said
        elif "declaration_awaited" in fact.flags:
            self.expect(said["deposit"] not in self.books.deposits, f"count {envelope['id']} waits for what is here")
            self.expect(not fact.lines, "a count posts")
            self.books.ahead[said["deposit"]][fact.hash] = self.books.early[envelope["id"]] = said

    def taken_ahead(self, envelope: Doc, said: Doc, fact: Fact) -> None:
        """The safe has what was counted, against suspense; nobody else's account is touched."""
        deposit, by = said["deposit"], envelope["by"]
        where = f"{deposit} is taken over at {fact.position} before it is declared"
        count = self.books.early.get(said["count"]) or self.books.counts.get(said["count"])
        if count is None or count["deposit"] != deposit:
            raise Violation(f"{where}, by a count that is not its own")
        self.expect((deposit, by) not in self.books.taken, f"{where}, and was before")
        parts = [(f"safe/{by}", one["currency"], one["amount"]) for one in count["cash"]]
        parts += [(f"vault/{by}", one["currency"], one["amount"]) for one in count["cheques"]]
        parts += [(f"suspense/{deposit}", currency, -amount) for _, currency, amount in parts]
        self.expect(sorted(netted(parts)) == sorted(fact.lines), f"{where}, and posts {fact.lines}")
        self.books.taken[deposit, by] = fact.lines
        self.books.accepting[fact.position] = (deposit, by)

    def with_what_was_taken(self, deposit: str, by: str, fact: Fact) -> Lines:
        """All that a cashier has posted for a deposit, once its declaration is here; nothing of it is in suspense."""
        lines = netted([*self.books.taken.pop((deposit, by), []), *fact.lines])
        waits = [line for line in lines if line[0].startswith("suspense/")]
        self.expect(not waits, f"deposit {deposit} is decided by {by}, and {waits} stays in suspense")
        return lines

    def on_deposit_accepted(self, envelope: Doc, said: Doc, _body: bytes, fact: Fact) -> None:
        if {"declaration_awaited", "not_matched"} & set(fact.flags) and fact.verdict == "review":
            self.taken_ahead(envelope, said, fact)
        if fact.verdict == "accepted":
            lines = self.with_what_was_taken(said["deposit"], envelope["by"], fact)
            unseen = [line for line in lines if line[0].startswith(("cheques/", "short/", "over/"))]
            blind = said.get("totals_only", False)
            self.expect(not (blind and unseen), f"{said['deposit']} is accepted on totals, and {unseen} differs")
            self.decides(said["deposit"], {"counted"}, "accepted")
            counted: dict[tuple[str, str], int] = defaultdict(int)
            for one in self.books.counts[said["count"]]["cash"]:
                if one["amount"]:
                    counted[f"safe/{envelope['by']}", one["currency"]] += one["amount"]
            self.expect(debits(lines, ("safe",)) == counted, f"{said['deposit']}: not what was counted is in the safe")
            self.empty(said["deposit"])

    def on_deposit_returned(self, envelope: Doc, said: Doc, _body: bytes, fact: Fact) -> None:
        if fact.verdict == "accepted":
            lines = self.with_what_was_taken(said["deposit"], envelope["by"], fact)
            kept = [line for line in lines if line[0].startswith(("safe/", "vault/"))]
            self.expect(not kept, f"deposit {said['deposit']} is returned, and {kept} stays in the safe")
            self.decides(said["deposit"], {"declared", "counted"}, "returned")
            self.empty(said["deposit"])

    def decides(self, deposit: str, before: set[str], after: str) -> None:
        was = self.books.deposits.get(deposit)
        self.expect(was in before, f"deposit {deposit} was {was} and is {after} now")
        self.books.deposits[deposit] = after

    def empty(self, deposit: str) -> None:
        left = {
            key: amount
            for key, amount in self.books.balances.items()
            if key[0] in (f"transit_cash/{deposit}", f"transit_cheques/{deposit}") and amount
        }
        self.expect(not left, f"deposit {deposit} is decided, and {left} is still in transit")

    # ---- documents

    def look_at_documents(self, db: Any) -> None:
        books = self.books
        after = books.looked_after
        if after == books.position:
            return
        for kind, id, body in db.select("SELECT type, id, body FROM record WHERE rev > ?", after):
            doc = msgspec.json.decode(body)
            before = books.docs.get((kind, id))
            if before is not None:
                self.goes_on(kind, before, doc)
            books.docs[kind, id] = doc
            check = getattr(self, f"see_{kind}", None)
            if check is not None:
                check(doc)
        self.suspense_is_explained()
        self.counts_meet_their_declaration()

    def counts_meet_their_declaration(self) -> None:
        """A declaration is here, and what a desk counted from its code is too: nobody sees one without the other."""
        for deposit, waiting in self.books.ahead.items():
            if self.books.deposits.get(deposit) != "declared":
                continue
            scanned = [
                one for one in waiting.values()
                if b64(sha256(one.get("declaration", {}).get("envelope", "").encode()).digest())
                == self.books.declared[deposit]
            ]  # fmt: skip
            self.expect(not scanned, f"deposit {deposit} is declared, and its count still waits: {scanned}")

    def suspense_is_explained(self) -> None:
        """What stands in suspense is what waits for a person, account by account."""
        books = self.books
        waits: dict[tuple[str, str], int] = defaultdict(int)
        for (kind, _), doc in books.docs.items():
            if kind == "suspended" and doc.get("state", "waiting") == "waiting" and doc.get("amounts"):
                voucher = books.docs.get(("voucher", doc.get("voucher", "")), {"id": doc.get("deposit", "")})
                for currency, amount in doc["amounts"].items():
                    waits[f"suspense/{voucher.get('repeats') or voucher['id']}", currency] -= amount
        stands = {key: amount for key, amount in books.suspense.items() if amount}
        self.expect(stands == dict(waits), f"in suspense stands {stands}, and {dict(waits)} waits for a person")

    def goes_on(self, kind: str, before: Doc, doc: Doc) -> None:
        where = f"{kind} {doc['id']}"
        for name in KEPT.get(kind, ()):
            self.expect(before.get(name) == doc.get(name), f"{where}: {name} {before.get(name)} became {doc.get(name)}")
        if kind in RANKS:
            was, now = rank_of(kind, before), rank_of(kind, doc)
            same = before.get("state") == doc.get("state")
            self.expect(
                now > was or same,
                f"{where}: {before.get('state')} became {doc.get('state')}",
            )
        if kind == "voucher":
            self.expect(doc.get("printed", 0) >= before.get("printed", 0), f"{where}: copies were forgotten")
            for flag in ("shared", "shown", "void_confirmed"):
                self.expect(doc.get(flag, False) >= before.get(flag, False), f"{where}: {flag} was taken back")
        if kind == "user":
            self.expect(before.get("active", True) >= doc.get("active", True), f"{where}: active again")
        if kind == "device":
            self.expect(doc.get("forked", False) >= before.get("forked", False), f"{where}: no longer forked")
        if kind == "cheque" and before.get("state") == "given_back":
            self.expect(doc.get("state") in ("given_back", "replaced"), f"{where}: came back from the customer")

    def see_voucher(self, doc: Doc) -> None:
        """In exactly one state, and the one that its entries say; in suspense as long as a person must decide."""
        where = f"voucher {doc['number']}"
        fact = self.books.vouchers.get(doc["id"])
        if fact is None:
            unjudged = "unjudged" in doc.get("flags", [])
            self.expect(unjudged, f"{where} {doc['id']} stands there, and no entry made it")
            return
        state = "replaced" if fact.replaced else fact.ended or "issued"
        shown = doc.get("state", "issued")
        self.expect(shown == state, f"{where} shows {shown}, its entries say {state}")
        if state == "replaced":
            return
        waits = fact.verdict == "review" and state == "issued"
        self.expect(bool(doc.get("suspense")) == waits, f"{where}: waits for {doc.get('suspense')!r}, {fact.verdict}")
        verdict = doc.get("verdict", "accepted")
        self.expect(verdict == fact.verdict, f"{where} shows {verdict}, its entries say {fact.verdict}")

    def see_missing_voucher(self, doc: Doc) -> None:
        place = (doc["device"], doc["seq"], doc["hash"])
        verdict = self.books.verdicts[self.books.rows[place[2]]][2] if place[2] in self.books.rows else "refused"
        state = "arrived" if verdict != "refused" else "rebuilt" if place in self.books.rebuilt else "reported"
        shown = doc.get("state", "reported")
        self.expect(shown == state, f"missing voucher {doc['number']} shows {shown}, its entries say {state}")

    def see_book(self, doc: Doc) -> None:
        """Issued + voided + unused + lost + unknown = size, and the leaves are those of the journal's vouchers."""
        issued, voided = bits(doc.get("issued", "0")), bits(doc.get("voided", "0"))
        first, where = doc["first"], f"book {doc['series']} {doc['first']}"
        self.expect(voided <= issued, f"{where}: leaves are void that were never issued")
        size = doc["last"] - first + 1
        self.expect(all(0 <= leaf < size for leaf in issued), f"{where}: issued leaves that it does not have")
        used = {leaf - first for leaf in self.books.leaves[doc["id"]]}
        self.expect(issued == used, f"{where}: shows {sorted(issued)} as issued, the journal has {sorted(used)}")
        void = {leaf - first for leaf in self.books.voided[doc["id"]]}
        self.expect(voided == void, f"{where}: shows {sorted(voided)} as void, the journal has {sorted(void)}")

    def see_custody(self, doc: Doc) -> None:
        for name in ("cash", "cheques", "short"):
            self.agrees(f"custody of {doc['id']}", doc.get(name, {}), f"{name}/{doc['id']}")

    def see_safe(self, doc: Doc) -> None:
        self.agrees(f"safe of {doc['id']}", doc.get("cash", {}), f"safe/{doc['id']}")
        self.agrees(f"vault of {doc['id']}", doc.get("cheques", {}), f"vault/{doc['id']}")

    def see_item(self, doc: Doc) -> None:
        booked = self.books.balances.get((f"ar/{doc['customer']}/{doc['id']}", doc["currency"]), 0)
        self.expect(doc.get("open", 0) == booked, f"item {doc['id']}: shows {doc.get('open', 0)}, booked {booked}")

    def see_customer(self, doc: Doc) -> None:
        self.agrees(f"credit of {doc['id']}", doc.get("credit", {}), f"on_account/{doc['id']}", -1)

    def agrees(self, where: str, shown: Doc, account: str, sign: int = 1) -> None:
        booked = {c: sign * amount for (name, c), amount in self.books.balances.items() if name == account and amount}
        self.expect({c: a for c, a in shown.items() if a} == booked, f"{where}: shows {shown}, booked {booked}")

    # ---- phones

    def look_for_papers(self, phones: list[Phone]) -> None:
        """Every voucher that a customer holds is in the journal, or on its phone, or its loss is known."""
        waiting = {hash: paper for hash, paper in self.outstanding.items() if hash not in self.lost}
        if not waiting:
            return
        copied = set().union(*(whole_lines(copy) for _, copy in phones if copy is not None))
        for hash, paper in waiting.items():
            held = hash in copied or any(
                (
                    (entry := db.entries.get((paper.device, paper.seq))) is not None
                    and entry.hash == hash
                    and entry.body == paper.body
                )
                or hash in db.strays
                for db, _ in phones
            )
            self.expect(held, f"voucher {paper.number} was shown, and is neither on its phone nor in the journal")

    def look_at_phone(self, name: str, db: Database, epoch: str) -> None:
        """What a phone believes to be handed in is in the journal, and its vouchers stay on its screen. A phone that
        has not heard of a restored journal yet believes what was true before."""
        books = self.books
        if db.epoch != epoch:
            return
        for entry in db.entries.values():
            if not entry.unsent:
                known = entry.hash in books.rows
                self.expect(known, f"{name} believes {entry.device}/{entry.seq} to be handed in")
            gone = entry.state == "seen" and entry.kind == "receipt_issued" and entry.verdict in ("accepted", "review")
            if gone and "unjudged" not in entry.flags and not SECOND & set(entry.flags):
                self.expect(("voucher", entry.id) in db.docs, f"voucher {entry.id} is not on {name}'s screen any more")

    def look_at_pulled(self, name: str, db: Database) -> None:
        """After a whole pull: no document of the phone went back to an earlier state."""
        for (kind, id), kept in db.docs.items():
            if kind in ("voucher", "deposit", "book") and not kept.former:
                rank = rank_of(kind, msgspec.json.decode(kept.doc))
                before = self.phone_docs.get((name, db.epoch, kind, id), 0)
                self.expect(rank >= before, f"{kind} {id} went back on {name}'s screen, from {before} to {rank}")
                self.phone_docs[name, db.epoch, kind, id] = rank

    def expected_view(self, user: str, branch: str, *, desk: bool) -> dict[tuple[str, str], Doc]:
        """The documents that a phone of this user, or a desk of this branch, must hold."""
        docs = self.books.docs
        mine = {id for (kind, id), doc in docs.items() if kind == "customer" and user in doc.get("collectors", [])}
        found: dict[tuple[str, str], Doc] = {}
        for (kind, id), doc in docs.items():
            if desk:
                states = ("ahead", "declared", "counted")
                waits = kind == "deposit_waiting" and doc.get("state", "declared") in states
                seen = kind == "deposit" and doc.get("state", "declared") != "declared"
                here = doc.get("branch") == branch and (waits or seen or kind in ("safe", "phone_key"))
                shows = here or (kind == "cheque" and doc.get("shown_to") == branch)
            else:
                shows = (kind in OWNER and doc.get(OWNER[kind]) == user) or (id in mine and kind == "customer")
                shows = shows or (kind in OF_CUSTOMER and doc.get("customer") in mine)
            if (shows and doc.get("state") != "replaced") or kind in PUBLIC:
                found[kind, id] = doc
        return found

    # ---- the end

    def add_up(self, held: set[str]) -> None:
        """What was ever shown = what the journal holds + what phones still hold + what is known to be lost, counts and
        amounts, per currency and method. held: hashes of what devices have."""
        rows = self.books.rows
        parts = [
            {hash: paper for hash, paper in self.shown.items() if hash in rows},
            {hash: paper for hash, paper in self.shown.items() if hash not in rows and hash in held},
            {
                hash: paper
                for hash, paper in self.shown.items()
                if hash not in rows and hash not in held and hash in self.lost
            },
        ]
        sums = [sums_of(msgspec.json.decode(paper.body) for paper in part.values()) for part in parts]
        total: Sums = defaultdict(lambda: (0, 0))
        for part in sums:
            for key, (count, amount) in part.items():
                total[key] = (total[key][0] + count, total[key][1] + amount)
        shown = sums_of(msgspec.json.decode(paper.body) for paper in self.shown.values())
        self.expect(dict(total) == shown, f"shown {shown}; journal, phones and losses {sums}")
        posted = {fact.hash for fact in self.books.receipts.values()}
        second = {hash for hash in parts[0] if hash not in posted}
        flagged = {hash for hash in second if rows[hash] in self.books.aside}
        self.expect(second == flagged, f"{second - flagged} came in, and neither counts nor says why")
        for (kind, id), (by, said, fields) in self.books.told.items():
            doc = self.books.docs.get((kind, id))
            same = doc is not None and all((doc.get(name) or None) == (said.get(name) or None) for name in fields)
            self.expect(same and doc is not None and doc["by"] == by, f"{kind} {id} is {doc}, and {by} said {said}")
        documents = {id for (kind, id), doc in self.books.docs.items() if kind == "voucher"}
        lacking = set(self.books.vouchers) - documents
        self.expect(not lacking, f"vouchers {lacking} have no document")

    def all_are_told(self) -> None:
        """Of each voucher that counts its customer was told, and of each that no longer does; of one that waits for a
        person nothing. A rebuilt voucher is the customer's own word, and what repeats another voucher is nobody's."""
        docs, rebuilt = self.books.docs, {place[2] for place in self.books.rebuilt}
        for (kind, id), doc in docs.items():
            fact = self.books.vouchers.get(id) if kind == "voucher" else None
            if fact is None or doc.get("rebuilt") or fact.hash in rebuilt:
                continue
            where, state = f"voucher {doc['number']}", doc.get("state", "issued")
            issued = ("notice", f"{id}.issued") in docs
            if state == "issued":
                counts = doc.get("verdict", "accepted") == "accepted"
                self.expect(issued == counts, f"{where}: the customer is told: {issued}, and it counts: {counts}")
            elif state in ("voided", "reversed") and doc.get("void_reason") != "duplicate":
                self.expect(("notice", f"{id}.{state}") in docs, f"{where} is {state}, and the customer is not told")
        for (kind, id), doc in docs.items():
            if kind == "notice":
                self.expect(all(way.get("outcome") for way in doc["ways"]), f"notice {id} waits for ever")
                known = doc["voucher"] in self.books.vouchers
                self.expect(known, f"notice {id} is about a voucher that no entry made")


def whole_lines(copy: CopyFile) -> set[str]:
    """Hashes of the entries that stand whole in a second copy."""
    found: set[str] = set()
    for text in copy.files.values():
        for line in text.split(b"\n"):
            start, middle, end = line.find(b'{"envelope":'), line.find(b',"body":'), line.rfind(b',"sig":"')
            raw, body = line[12:middle], line[middle + 8 : end]
            said = b'"body_hash":"%b"' % b64(sha256(body).digest()).encode()
            if start == 0 and middle > 0 and end > middle and line.endswith(b'"}') and said in raw:
                found.add(b64(sha256(raw).digest()))
    return found


def netted(lines: Lines) -> Lines:
    """One line per account and currency, without those that come to nothing."""
    sums: dict[tuple[str, str], int] = defaultdict(int)
    for account, currency, amount in lines:
        sums[account, currency] += amount
    return [(account, currency, amount) for (account, currency), amount in sums.items() if amount]


def in_hands(lines: Lines) -> dict[tuple[str, str], int]:
    """(currency, method) → what a collector answers for, in hand or in transit."""
    sums: dict[tuple[str, str], int] = defaultdict(int)
    for account, currency, amount in lines:
        kind = account.partition("/")[0]
        if kind in HANDS:
            sums[currency, "cheque" if "cheques" in kind else "cash"] += amount
    return {key: amount for key, amount in sums.items() if amount}


def whose(lines: Lines) -> set[str]:
    return {account.partition("/")[2] for account, _, _ in lines if account.startswith(("cash/", "cheques/"))}


def hands_of(tenders: list[Doc]) -> dict[tuple[str, str], int]:
    sums: dict[tuple[str, str], int] = defaultdict(int)
    for tender in tenders:
        sums[tender["currency"], tender["method"]] += tender["amount"]
    return dict(sums)


def settles(said: Doc) -> dict[tuple[str, str], int]:
    """What a receipt must post besides what was handed over, by (kind of account, currency); `paid` is invoices and
    account together."""
    sums: dict[tuple[str, str], int] = defaultdict(int)
    for tender in said["tenders"]:
        exchange = tender.get("exchange")
        sums["paid", said["currency"]] -= exchange["value"] if exchange else tender["amount"]
        if exchange:
            sums["fx", tender["currency"]] -= tender["amount"]
            sums["fx", said["currency"]] += exchange["value"]
    for one in said.get("deductions", []):
        sums["paid", said["currency"]] -= one["amount"]
        sums[one["kind"], said["currency"]] += one["amount"]
    return {key: amount for key, amount in sums.items() if amount}


def added(parts: Iterable[tuple[str, str, int]]) -> dict[tuple[str, str], int]:
    """By currency and method."""
    sums: dict[tuple[str, str], int] = defaultdict(int)
    for currency, method, amount in parts:
        sums[currency, method] += amount
    return {key: amount for key, amount in sums.items() if amount}


def totals_in(payload: str) -> list[tuple[str, str, int]]:
    """(currency, method, amount) that a voucher's code names: what was handed over, at no rate."""
    parts = [one.split("-") for one in payload.split(".")[9].split("_")]
    return [(currency, method, int(amount)) for currency, method, amount in parts]


def code_of(payload: str) -> tuple[Place, str]:
    """The place and the number that a voucher's code names."""
    parts = payload.split(".")
    number = urlsafe_b64decode(parts[6] + "=" * (-len(parts[6]) % 4)).decode()
    return (parts[2], int(parts[4]), parts[5]), number


def debits(lines: Lines, kinds: tuple[str, ...]) -> dict[tuple[str, str], int]:
    return {
        (account, currency): amount
        for account, currency, amount in lines
        if account.partition("/")[0] in kinds and amount > 0
    }


def sums_of(bodies: Iterable[Doc]) -> Sums:
    found: Sums = {}
    for body in bodies:
        for tender in body["tenders"]:
            key = (tender["currency"], tender["method"])
            count, amount = found.get(key, (0, 0))
            found[key] = (count + 1, amount + tender["amount"])
    return found


def rank_of(kind: str, doc: Doc) -> int:
    first, ranks = RANKS[kind]
    state = doc.get("state", first)
    return next(rank for rank, states in enumerate(ranks) if state in states)


def bits(text: str) -> set[int]:
    value = int(text or "0", 16)
    return {index for index in range(value.bit_length()) if value >> index & 1}


def b64(data: bytes) -> str:
    return urlsafe_b64encode(data).rstrip(b"=").decode()
