"""Whatever the network does to it, a day at a small company ends in the same books.

`story` draws what phones, a desk and the office write. Here it reaches a real journal in drawn orders: cut into
batches, repeated, overlapping, with batches that arrive before those they follow. HYPOTHESIS_PROFILE=thorough draws
many more.
"""

import os
import shutil
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from schemas.codes import Flag
from schemas.documents import (
    DOCUMENTS,
    Book,
    Custody,
    Customer,
    Deposit,
    Device,
    Item,
    MissingVoucher,
    Safe,
    Suspended,
    Voucher,
)
from schemas.entries import BODIES
from schemas.entries.receipts import Cash, Tender
from schemas.wire import Head as PushHead
from schemas.wire import Outcome, Stamp
from server import keys, replay
from server.inbox import Gap, Push, Pushed, Writer
from server.keys import SigningKey
from server.store.sqlite import SqliteShelf, SqliteStore
from server.verify import verify
from sync.books import tally
from sync.chain import Entry, b64, hash_of, place, running_hash, trust
from sync.ledger import add
from sync.qr import QrPayload, build, totals_of
from sync.reading import envelope_of
from sync.state import TYPE_OF
from sync.suspense import repeats
from tests.phone import Kept, Phone
from tests.sync.story import BOOK_LEAVES, BOOKS, CASHIER, COLLECTORS, CUSTOMERS, DESK, ITEMS, Story

EXAMPLES = {"default": 60, "thorough": 3000}[os.environ.get("HYPOTHESIS_PROFILE", "default")]
DRAWN = settings(
    max_examples=EXAMPLES,
    deadline=None,
    print_blob=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.function_scoped_fixture],
)
MOMENT = datetime(2026, 11, 22, 10, 0, tzinfo=UTC)
KEYS = {device: SigningKey.new("device") for device in ("d1", "d2", "d3", DESK)}
SERVER_KEY = SigningKey.new("sign")


def books() -> dict[str, list[Book]]:
    """Four small books for each phone, all of one series."""
    found: dict[str, list[Book]] = defaultdict(list)
    first = 1
    for device, user in (("d1", "u1"), ("d2", "u2"), ("d3", "u3")):
        for index in range(BOOKS):
            last = first + BOOK_LEAVES - 1
            fields: dict[str, Any] = {
                "series": "CAI",
                "first": first,
                "last": last,
                "width": 6,
                "holder": user,
                "device": device,
            }
            found[device].append(Book(f"{device}-b{index}", kind="electronic", **fields))
            first = last + 1
    return found


BOOKS_OF = books()


def set_up(writer: Writer) -> None:
    """The company before its day begins: people, devices, customers, invoices, portfolios, books."""

    def say(kind: str, **body: Any) -> None:
        assert writer.write(kind, msgspec.convert(body, BODIES[kind])).outcome.verdict == "accepted"

    say("company_set_up", company="co", name="Nour", name_ar="نور", country="EG", currency="EGP",
        time_zone="Africa/Cairo", address="https://nour.example", branches=[], policy={},
        keys=[{"key": SERVER_KEY.id, "use": "sign", "spki": SERVER_KEY.spki}])  # fmt: skip
    roles = dict.fromkeys(COLLECTORS, "collector") | {CASHIER: "cashier", "s1": "supervisor"}
    for user, role in roles.items():
        say("user_enrolled", user=user, login=user, name=user, name_ar=user, role=role, branch="cai")
    for device, key in KEYS.items():
        owner = {"d1": "u1", "d2": "u2", "d3": "u3"}.get(device, "")
        purpose = "phone" if owner else "desk"
        say("device_enrolled", device=device, code=device.upper(), purpose=purpose, user=owner, branch="cai",
            public_key=key.spki, key=key.id)  # fmt: skip
    say("customers_upserted", customers=[
        {"customer": customer, "code": customer, "name": customer, "currency": currency}
        for customer, currency in CUSTOMERS.items()
    ])  # fmt: skip
    say("items_upserted", items=[
        {"item": item, "customer": customer, "number": item, "currency": CUSTOMERS[customer], "date": "2026-10-01",
         "due": "2026-10-31", "original": 4000 + 1000 * index}
        for index, (item, customer) in enumerate(ITEMS.items())
    ])  # fmt: skip
    for collector in COLLECTORS[:2]:  # the third knows nobody and collects all the same
        say("customers_assigned", collector=collector, customers=list(CUSTOMERS))
    for held in BOOKS_OF.values():
        for book in held:
            fields = {name: getattr(book, name) for name in ("series", "first", "last", "device", "holder")}
            say("book_assigned", book=book.id, **fields)


@dataclass(slots=True)
class Journal:
    """A store with its writer, and what every pushed entry was answered the first time."""

    store: SqliteStore
    writer: Writer
    answered: dict[bytes, Outcome] = field(default_factory=dict)

    @classmethod
    def open(cls, path: Path) -> "Journal":
        store = SqliteStore(path)
        store.db.execute("PRAGMA synchronous = OFF")  # this is about order, not about power
        return cls(store, Writer(store, "co", SERVER_KEY, "srv_1", lambda: MOMENT))

    def push(self, *pushes: Push) -> list[Pushed | Exception]:
        """One group, one transaction. What was answered before is answered the same again."""
        self.store.begin()
        answers = self.writer.take(pushes)
        self.store.commit()
        for push, answer in zip(pushes, answers, strict=True):
            if isinstance(answer, Pushed):
                hashes = {one.seq: one.entry.hash for one in push.placed}
                for outcome in answer.outcomes:
                    assert self.answered.setdefault(hashes[outcome.seq], outcome) == outcome
        return answers

    def say(self, kind: str, body: dict[str, Any], by: str) -> str:
        self.store.begin()
        written = self.writer.write(kind, msgspec.convert(body, BODIES[kind]), by)
        self.store.commit()
        return written.outcome.verdict

    def all(self, shape: Any) -> list[Any]:
        rows = self.store.db.execute("SELECT body FROM record WHERE type = ? ORDER BY id", (TYPE_OF[shape],))
        return [msgspec.json.decode(body, type=DOCUMENTS[TYPE_OF[shape]]) for (body,) in rows]


def push_of(phone: Phone, sent: list[Kept]) -> Push:
    """What the push route makes of a phone's own push."""
    entries = [
        Entry(kept.envelope, kept.body, kept.sig, hash_of(kept.envelope), envelope_of(kept.envelope)) for kept in sent
    ]
    placed = place(entries)
    trust(placed, lambda entry: keys.verify(phone.key.spki, entry.raw, entry.sig))
    head = PushHead(phone.device, len(phone.entries), b64(phone.head), phone.device)
    return Push(phone.device, head, True, placed)


@dataclass(slots=True)
class Delivery:
    """A story on its way into a journal, in an order of its own."""

    story: Story
    journal: Journal
    random: Random
    arrived: Counter[str] = field(default_factory=Counter)
    done: set[int] = field(default_factory=set)
    index: dict[tuple[str, int], int] = field(default_factory=dict)

    def run(self) -> None:
        self.index = {(act.device, act.seq): number for number, act in enumerate(self.story.acts) if act.device}
        while len(self.done) < len(self.story.acts):
            said = [number for number in self.ready_to_say() if self.random.random() < 0.5]
            for number in said:
                act = self.story.acts[number]
                self.journal.say(act.kind, act.body, act.by)
                self.done.add(number)
            self.push_some(sure=not said)

    def ready_to_say(self) -> Iterator[int]:
        for number, act in enumerate(self.story.acts):
            if not act.device and number not in self.done and act.needs <= self.done:
                yield number

    def ready_to_push(self, phone: Phone) -> int:
        """Up to which seq a phone can have written, given what has reached the office so far."""
        last = self.arrived[phone.device]
        expected = set(self.done)
        while last < len(phone.entries):
            number = self.index[phone.device, last + 1]
            if not self.story.acts[number].needs <= expected:
                break
            expected.add(number)
            last += 1
        return last

    def push_some(self, *, sure: bool) -> None:
        """One group of pushes: new, known, or beyond a gap. `sure`: if nothing moves, send all that can go."""
        group: list[Push] = []
        for _ in range(self.random.randint(1, 3)):
            phone = self.random.choice(list(self.story.chains.values()))
            ready = self.ready_to_push(phone)
            if ready:
                first = self.random.randint(max(1, self.arrived[phone.device] - 3), ready)
                if self.random.random() < 0.7:
                    first = min(first, self.arrived[phone.device] + 1)
                last = min(ready, first + self.random.randint(0, 12))
                group.append(push_of(phone, phone.entries[first - 1 : last]))
        before = sum(self.arrived.values())
        self.send(group)
        if sure and sum(self.arrived.values()) == before and not any(True for _ in self.ready_to_say()):
            for phone in self.story.chains.values():
                self.send([push_of(phone, phone.entries[self.arrived[phone.device] : self.ready_to_push(phone)])])

    def send(self, group: list[Push]) -> None:
        group = [push for push in group if push.placed]
        heads = dict(self.arrived)
        for push, answer in zip(group, self.journal.push(*group) if group else [], strict=True):
            head = heads.get(push.device, 0)
            if push.placed[0].seq > head + 1:
                assert isinstance(answer, Gap)
                assert answer.expected_seq == head + 1
                continue
            assert isinstance(answer, Pushed), answer
            heads[push.device] = max(head, push.placed[-1].seq)
            assert answer.head.seq == heads[push.device]
        for device, seq in heads.items():
            self.done |= {self.index[device, n] for n in range(self.arrived[device] + 1, seq + 1)}
            self.arrived[device] = seq


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("company") / "journal.db"
    journal = Journal.open(path)
    journal.store.begin()
    set_up(journal.writer)
    journal.store.commit()
    journal.store.close()
    return path


def delivered(story: Story, random: Random, template: Path, folder: Path, name: str) -> Journal:
    path = folder / f"{name}.db"
    shutil.copy(template, path)
    journal = Journal.open(path)
    Delivery(story, journal, random).run()
    return journal


# ---- what must be the same, and what must always hold


def totals(journal: Journal) -> dict[str, Any]:
    """What any two orders of arrival agree on: totals per customer, per book, per custody and safe; deposits."""
    found: dict[str, Any] = {}
    for customer in journal.all(Customer):
        ledger: dict[str, int] = {}
        for item in journal.all(Item):
            if item.customer == customer.id:
                add(ledger, item.currency, item.open)
        for currency, amount in customer.credit.items():
            add(ledger, currency, -amount)
        found[f"customer {customer.id}"] = (ledger, customer.uncleared)
    for account in ("suspense", "refunds", "over", "short"):
        found[account] = balances(journal, account)
    for book in journal.all(Book):
        found[f"book {book.id}"] = (book.state, book.issued, book.voided, tally(book))
    for custody in (*journal.all(Custody), *journal.all(Safe)):
        found[f"{type(custody).__name__} {custody.id}"] = custody
    for deposit in journal.all(Deposit):
        found[f"deposit {deposit.id}"] = (deposit.state, deposit.expected, sorted(deposit.cheques))
    found["vouchers"] = {
        voucher.id: (voucher.state, voucher.verdict, voucher.deposit) for voucher in journal.all(Voucher)
    }
    return found


def balances(journal: Journal, kind: str) -> dict[tuple[str, str], int]:
    rows = journal.store.db.execute(
        "SELECT w.text, b.currency, b.amount FROM balance b JOIN word w ON w.no = b.account WHERE w.text LIKE ?",
        (f"{kind}/%",),
    )
    return {(account, currency): amount for account, currency, amount in rows if amount}


def check_balanced(journal: Journal) -> None:
    for row in journal.store.rows():
        sums: dict[str, int] = {}
        for line in msgspec.json.decode(row.stamp, type=Stamp).lines:
            add(sums, line.currency, line.amount)
        assert sums == {}, row.position


def check_nothing_lost(journal: Journal, story: Story) -> None:
    rows = Counter(row.hash for row in journal.store.rows())
    for phone in story.chains.values():
        for kept in phone.entries:
            assert rows[kept.hash] == 1, f"{phone.device}/{kept.seq}"
            assert kept.hash in journal.answered
    office = sum(1 for act in story.acts if not act.device)
    assert sum(1 for row in journal.store.rows() if not row.online) == len(story.acts) - office
    vouchers = {voucher.id for voucher in journal.all(Voucher)}
    assert vouchers == {voucher.id for one in story.collectors for voucher in one.vouchers}


def check_custody(journal: Journal) -> None:
    """In hand and in transit = sealed − void − accepted; what was returned is in hand again."""
    vouchers = [voucher for voucher in journal.all(Voucher) if voucher.state != "voided"]
    accepted = [deposit for deposit in journal.all(Deposit) if deposit.state == "accepted"]
    for custody in journal.all(Custody):
        cash: dict[str, int] = {}
        cheques: dict[str, int] = {}
        for voucher in vouchers:
            if voucher.by == custody.id:
                for tender in voucher.tenders:
                    add(cash if isinstance(tender, Cash) else cheques, tender.currency, tender.amount)
        for deposit in accepted:
            if deposit.collector == custody.id:
                taken = dict(deposit.acceptance.cash)
                for variance in deposit.acceptance.differences:
                    add(taken, variance.currency, -variance.amount)
                for currency, amount in taken.items():
                    add(cash, currency, -amount)
                for id in deposit.cheques:
                    body = journal.store.fetch([("cheque", id)])["cheque", id]
                    if id not in deposit.acceptance.missing:
                        add(cheques, body.currency, -body.amount)  # type: ignore[attr-defined]
        assert both(custody.cash, custody.transit_cash) == cash
        assert both(custody.cheques, custody.transit_cheques) == cheques
        negative = any(amount < 0 for amounts in (custody.cash, custody.cheques) for amount in amounts.values())
        # Only where a person decided about a chain's entries in another order than theirs, and was told.
        assert not negative or any(b'"custody_negative"' in row.stamp for row in journal.store.rows())


def both(a: dict[str, int], b: dict[str, int]) -> dict[str, int]:
    total = dict(a)
    for currency, amount in b.items():
        add(total, currency, amount)
    return total


def check_hands(journal: Journal, story: Story) -> None:
    """What each phone believes to be in its hands is what the books say."""
    custodies = {custody.id: custody for custody in journal.all(Custody)}
    for one in story.collectors:
        custody = custodies.get(one.phone.user) or Custody(one.phone.user)
        cheques: dict[str, int] = {}
        for voucher, index in one.cheques():
            add(cheques, voucher.tenders[index]["currency"], voucher.tenders[index]["amount"])
        assert custody.cash == {currency: amount for currency, amount in one.cash.items() if amount}
        assert (custody.cheques, custody.cheque_count) == (cheques, len(one.cheques()))
        declared = [deposit for deposit in journal.all(Deposit) if deposit.device == one.phone.device]
        assert len(declared) == one.phone.deposits


def check_nothing_differs_from_its_declaration(journal: Journal) -> None:
    """Every phone declared what its chain says, so nothing was flagged."""
    for row in journal.store.rows():
        flags = set(msgspec.json.decode(row.stamp, type=Stamp).flags)
        assert not flags & {Flag.DECLARED_DIFFERS, Flag.CUSTODY_NEGATIVE, Flag.UNJUDGED}, row.position


def check_running_hash(journal: Journal) -> None:
    h = b""
    for row in journal.store.rows():
        h = running_hash(h, row.hash, row.stamp)
        assert row.h == h, row.position


def check_pushing_again(journal: Journal, story: Story) -> None:
    """Everything again, in one go and one by one: the same answers (`Journal.push` compares), nothing new."""
    tip, before = journal.store.tip(), replay.digest(journal.store)
    journal.push(*(push_of(phone, phone.entries) for phone in story.chains.values()))
    for phone in story.chains.values():
        journal.push(push_of(phone, phone.entries[-1:]))
    assert journal.store.tip() == tip
    assert replay.digest(journal.store) == before


def check_rebuild(journal: Journal) -> None:
    before = replay.digest(journal.store)
    replay.rebuild(journal.store, "co")
    assert replay.digest(journal.store) == before


def check_rejudge(journal: Journal) -> None:
    """A rule that is given the same state says the same again."""
    assert list(replay.rejudge(journal.store, "co")) == []


def check_verify(journal: Journal) -> None:
    reader = SqliteShelf(journal.store.path)
    faults = [str(fault) for fault in verify(reader)]
    reader.close()
    assert faults == []


def check_all(journal: Journal, story: Story) -> None:
    check_balanced(journal)
    check_nothing_lost(journal, story)
    check_custody(journal)
    check_hands(journal, story)
    check_nothing_differs_from_its_declaration(journal)
    check_running_hash(journal)
    check_pushing_again(journal, story)
    check_rebuild(journal)
    check_rejudge(journal)
    check_verify(journal)


@DRAWN
@example(seed=366, length=67, first=0, second=0)  # approved after a count, which a return then undid
@given(seed=st.integers(0, 2**32), length=st.integers(5, 90), first=st.integers(0, 2**32), second=st.integers(0, 2**32))
def test_any_order_of_arrival_ends_in_the_same_books(template: Path, seed: int, length: int, first: int, second: int):
    """Nothing is lost or doubled on the way, and totals per customer, book and custody do not depend on it."""
    story = Story(Random(seed), KEYS, BOOKS_OF, length=length)
    with TemporaryDirectory() as folder:
        one = delivered(story, Random(first), template, Path(folder), "one")
        other = delivered(story, Random(second), template, Path(folder), "other")
        check_all(one, story)
        check_verify(other)

        assert totals(one) == totals(other)
        one.store.close()
        other.store.close()


@dataclass(slots=True)
class Shown:
    """A voucher whose customer shows its code to the office at some moment."""

    phone: Phone
    kept: Kept
    payload: str
    tenders: list[dict[str, Any]]
    customer: str
    reported: bool = False
    rebuilt: bool = False

    def say(self, journal: Journal, random: Random) -> None:
        """Report, and later rebuild, as the doors do: not what has come."""
        if self.rebuilt or journal.store.known(self.phone.device, self.kept.seq, self.kept.seq):
            return
        sig = self.phone.key.sign(self.payload.encode())
        if not self.reported:
            assert journal.say("voucher_reported", {"payload": self.payload, "sig": sig}, "system") == "accepted"
            assert journal.say("voucher_reported", {"payload": self.payload, "sig": sig}, "system") == "refused"
            self.reported = True
        if random.random() < 0.7:
            body = {"payload": self.payload, "sig": sig, "tenders": self.tenders, "customer": self.customer}
            assert journal.say("voucher_rebuilt", body, "s1") == "accepted"
            assert journal.say("voucher_rebuilt", body, "s1") == "refused"
            self.rebuilt = True


def shown_of(phone: Phone, kept: Kept) -> Shown:
    body = msgspec.json.decode(kept.body)
    tenders = msgspec.convert(body["tenders"], list[Tender])
    payload = QrPayload("co", phone.device, KEYS[phone.device].id, kept.seq, b64(kept.hash), body["number"],
                        "2026-11-22", body["customer"], totals_of(tenders))  # fmt: skip
    return Shown(phone, kept, build(payload), body["tenders"], body["customer"])


@dataclass(slots=True)
class ShownDelivery(Delivery):
    """A delivery in which customers show vouchers before their phones hand them in."""

    shown: list[Shown] = field(default_factory=list)

    def push_some(self, *, sure: bool) -> None:
        for one in self.shown:
            if self.random.random() < 0.3:
                one.say(self.journal, self.random)
        Delivery.push_some(self, sure=sure)


@DRAWN
@given(seed=st.integers(0, 2**32), length=st.integers(5, 90), first=st.integers(0, 2**32), second=st.integers(0, 2**32))
def test_a_rebuilt_voucher_counts_once_in_any_order(template: Path, seed: int, length: int, first: int, second: int):
    """Customers show vouchers that have not come; some are rebuilt. When everything has arrived the books are those of
    a day on which nobody showed anything: per customer, book, custody and deposit."""
    story = Story(Random(seed), KEYS, BOOKS_OF, length=length)
    receipts = [
        (phone, kept) for phone in story.chains.values() for kept in phone.entries if kept.kind == "receipt_issued"
    ]
    numbers = Counter(msgspec.json.decode(kept.body)["number"] for _, kept in receipts)
    random = Random(second)
    # A number that its phone gives twice goes to whichever of the two is known first; that is another story.
    once = [(phone, kept) for phone, kept in receipts if numbers[msgspec.json.decode(kept.body)["number"]] == 1]
    with TemporaryDirectory() as folder:
        plain = delivered(story, Random(first), template, Path(folder), "plain")
        shutil.copy(template, Path(folder) / "shown.db")
        journal = Journal.open(Path(folder) / "shown.db")
        shown = [shown_of(*one) for one in random.sample(once, min(len(once), 5))]
        ShownDelivery(story, journal, random, shown=shown).run()
        replaced = {one.id for one in journal.all(Voucher) if one.state == "replaced"}
        assert len(replaced) == sum(1 for one in shown if one.rebuilt)
        after = totals(journal)
        after["vouchers"] = {id: found for id, found in after["vouchers"].items() if id not in replaced}

        assert after == totals(plain)
        assert {one.state for one in journal.all(MissingVoucher)} <= {"arrived"}
        check_balanced(journal)
        check_hands(journal, story)
        check_nothing_differs_from_its_declaration(journal)
        check_running_hash(journal)
        check_rebuild(journal)
        check_rejudge(journal)
        check_verify(journal)
        journal.store.close()
        plain.store.close()


@DRAWN
@given(seed=st.integers(0, 2**32), length=st.integers(5, 60), order=st.integers(0, 2**32), data=st.data())
def test_a_cloned_phone_is_kept_beside_its_chain(
    template: Path, seed: int, length: int, order: int, data: st.DataObject
):
    """Of two entries at one place of a chain both are kept; the later pays for nothing and counts in custody."""
    story = Story(Random(seed), KEYS, BOOKS_OF, length=length)
    phone = data.draw(st.sampled_from([one.phone for one in story.collectors]))
    at = data.draw(st.integers(1, len(phone.entries) - 1), "seq at which the phone was cloned")
    clone = Phone("co", phone.device, phone.user, phone.key, phone.entries[:at], book=BOOKS_OF[phone.device][0])
    with TemporaryDirectory() as folder:
        journal = delivered(story, Random(order), template, Path(folder), "one")
        before, tip = totals(journal), journal.store.tip()[0]
        for index in range(data.draw(st.integers(1, 4))):
            clone.leaf = data.draw(st.integers(0, BOOK_LEAVES - 1))
            clone.receipt("c1", 700 + index, id=f"clone-{index}")
        branch = [kept for kept in clone.entries[at:] if kept.hash not in {one.hash for one in phone.entries}]
        answer = journal.push(push_of(clone, branch))[0]
        again = journal.push(push_of(clone, branch))[0]

        assert isinstance(answer, Pushed)
        assert again == answer
        assert answer.device_state == "forked"
        assert [(one.verdict, Flag.FORK in one.flags) for one in answer.outcomes] == [("review", True)] * len(branch)
        assert journal.store.tip()[0] == tip + len(branch)
        after = totals(journal)
        unchanged = [key for key in before if key.startswith(("customer", "book", "deposit", "Safe"))]
        assert [after[key] for key in unchanged] == [before[key] for key in unchanged]
        assert sum(after["suspense"].values()) == sum(before["suspense"].values()) - sum(
            700 + index for index in range(len(branch))
        )
        decide_about_all(journal, Random(order))
        check_balanced(journal)
        check_custody(journal)
        check_rebuild(journal)
        check_rejudge(journal)
        check_verify(journal)
        journal.store.close()


def decide_about_all(journal: Journal, random: Random) -> None:
    """The supervisor releases or rejects what waits, now and then as a duplicate. Nothing stands in suspense for what
    was decided, and what was released has left it for the customer. A void that is released ends its voucher's wait."""
    waiting = [held for held in journal.all(Suspended) if held.state == "waiting"]
    random.shuffle(waiting)
    entries = {row.position: row for row in journal.store.rows()}
    for held in waiting:
        before = sum(balances(journal, "suspense").values())
        row = entries[int(held.id)]
        body = {"entry": held.id, "device": held.device, "seq": held.seq, "hash": held.hash, "reason": "told"}
        vouchers = {one.id: one for one in journal.all(Voucher)}
        twins = [
            one.id for one in vouchers.values() if held.voucher in vouchers and repeats(vouchers[held.voucher], one)
        ]
        if random.random() < 0.5:
            body |= {"decision": "release"}
            body |= {} if held.voucher else {"envelope": row.envelope.decode(), "body": row.body.decode()}
        else:
            body |= {"decision": "reject", "duplicate_of": random.choice(twins) if twins else ""}
        ended = {one.id for one in journal.all(Suspended) if one.state == "ended"}
        if held.id in ended:
            continue
        verdict = journal.say("judged", body, "s1")
        now = {one.id: one for one in journal.all(Suspended)}
        after = now.pop(held.id)
        cleared = sum(held.amounts.values()) if verdict == "accepted" else 0
        cleared += sum(
            sum(one.amounts.values()) for one in now.values() if one.state == "ended" and one.id not in ended
        )
        assert sum(balances(journal, "suspense").values()) == before + cleared
        assert (after.state == "waiting") == (verdict == "refused")
        assert journal.say("judged", body, "s1") == "refused"


@DRAWN
@given(seed=st.integers(0, 2**32), length=st.integers(5, 60), order=st.integers(0, 2**32), data=st.data())
def test_what_a_lost_phone_still_hands_in_is_counted(
    template: Path, seed: int, length: int, order: int, data: st.DataObject
):
    """After the report each receipt is under review: in custody, in suspense, its number used; nothing else moves."""
    story = Story(Random(seed), KEYS, BOOKS_OF, length=length)
    phone = data.draw(st.sampled_from([one.phone for one in story.collectors]))
    seq = data.draw(st.integers(1, len(phone.entries)), "last seq before the report")
    with TemporaryDirectory() as folder:
        path = Path(folder) / "one.db"
        shutil.copy(template, path)
        journal = Journal.open(path)
        journal.push(push_of(phone, phone.entries[:seq]))
        journal.say(
            "device_revoked", {"device": phone.device, "state": "lost", "reason": "theft", "seq": seq}, "system"
        )
        rest = push_of(phone, phone.entries[seq:])
        answer = journal.push(rest)[0] if rest.placed else None

        for kept, outcome in zip(
            phone.entries[seq:], answer.outcomes if isinstance(answer, Pushed) else [], strict=True
        ):
            assert (outcome.verdict, outcome.flags[0]) == ("review", Flag.DEVICE_LOST), kept.kind
        receipts = [kept.id for kept in phone.entries if kept.kind == "receipt_issued"]
        assert [voucher.id for voucher in journal.all(Voucher)] == receipts
        assert {device.id: device.state for device in journal.all(Device)}[phone.device] == "lost"
        decide_about_all(journal, Random(order))
        check_balanced(journal)
        check_custody(journal)
        check_running_hash(journal)
        check_rebuild(journal)
        check_rejudge(journal)
        check_verify(journal)
        journal.store.close()
