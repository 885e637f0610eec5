"""Bugs planted on purpose, one at a time, in core, store, inbox, feed and phone. The world must catch each of them:
what survives shows that the auditor looks too little or that the faults are too tame.

Each is a function that patches the running code. `faults`: what it takes to show itself, drawn more often than in an
ordinary life so that few seeds suffice; the seeds are otherwise ordinary ones.
"""

import copy
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from typing import Any
from unittest.mock import patch

from msgspec import structs

from schemas.codes import Verdict
from schemas.documents import Customer, Deposit, PromiseToPay, Series, Suspended, Voucher
from schemas.entries.follow_up import PromiseBroken
from server import feed, inbox
from server.inbox import Inbox, Push
from server.store.postgres import PostgresStore, asyncpg  # type: ignore[attr-defined]
from server.store.sqlite import SqliteStore, sqlite3  # type: ignore[attr-defined]
from sync import books, chain, counter, decide, deposits, notices, promises, rebuilt, receipts, suspense
from sync.chain import Head, Known, Placed, Standing
from sync.kinds import KINDS
from sync.ruling import Ruling
from sync.state import State
from tests.world import office
from tests.world.device import SimDevice, Step, Tab
from tests.world.storage import Database, Pulled

Patch = Callable[[ExitStack], None]


@dataclass(frozen=True, slots=True)
class Mutant:
    name: str
    room: str
    bug: Patch
    faults: dict[str, float] = field(default_factory=dict)
    refused_by: tuple[type[Exception], ...] = ()
    """What the store itself raises at such a bug, before anything wrong is kept."""
    engine: str = "sqlite"

    @contextmanager
    def planted(self) -> Iterator[None]:
        with ExitStack() as stack:
            self.bug(stack)
            yield


MUTANTS: list[Mutant] = []


def mutant(
    room: str, *refused_by: type[Exception], engine: str = "sqlite", **faults: float
) -> Callable[[Patch], Patch]:
    def keep(bug: Patch) -> Patch:
        MUTANTS.append(Mutant(bug.__name__, room, bug, faults, refused_by, engine))
        return bug

    return keep


def put(stack: ExitStack, where: Any, name: str, new: Any) -> Any:
    """Put `new` in the place of a function; returns the one that was there."""
    old = getattr(where, name)
    stack.enter_context(patch.object(where, name, new))
    return old


def rule(stack: ExitStack, kind: str, **changed: Any) -> None:
    stack.enter_context(patch.dict(KINDS, {kind: replace(KINDS[kind], **changed)}))


# ---- inbox


def _stands_as(stack: ExitStack, what: Standing, instead: Standing) -> None:
    real = chain.stand
    put(stack, inbox, "stand", lambda *args: instead if (found := real(*args)) == what else found)


@mutant("inbox", lost_reply=40, twice=40)
def repeats_are_stored_again(stack: ExitStack) -> None:
    _stands_as(stack, Standing.REPEAT, Standing.NEXT)


@mutant("inbox", clone=30)
def a_fork_is_accepted(stack: ExitStack) -> None:
    _stands_as(stack, Standing.FORK, Standing.NEXT)


@mutant("inbox", rescue=40, slow=60, restore=15)
def a_gap_is_passed_over(stack: ExitStack) -> None:
    _stands_as(stack, Standing.GAP, Standing.NEXT)


@mutant("inbox", server_crash=30)
def the_reply_leaves_before_the_commit(stack: ExitStack) -> None:
    def take(self: Inbox, group: list[Push]) -> None:
        store = self.writer.store
        store.begin()
        self._tell(group, self.writer.take(group))
        store.commit()

    put(stack, Inbox, "_take", take)


@mutant("inbox", slow=70, twice=40)
def a_group_forgets_what_it_holds_itself(stack: ExitStack) -> None:
    """Two copies of a push in one commit, neither of which sees the other."""

    tip = [0]

    def begin(self: SqliteStore) -> None:
        real_begin(self)
        tip[0] = self.tip()[0]

    def stand(one: Placed, head: Head, known: dict[int, list[Known]], fork_tail: bytes) -> Standing:
        found = real(one, head, known, fork_tail)
        twins = [stored for stored in known.get(one.seq, ()) if stored.hash == one.entry.hash]
        fresh = any(stored.position > tip[0] for stored in twins)
        return Standing.NEXT if found == Standing.REPEAT and fresh else found

    real = chain.stand
    real_begin = put(stack, SqliteStore, "begin", begin)
    put(stack, inbox, "stand", stand)


@mutant("inbox")
def a_second_answer_differs_from_the_first(stack: ExitStack) -> None:
    real = SqliteStore.known

    def known(self: SqliteStore, device: str, first: int, last: int) -> Any:
        found = real(self, device, first, last)
        return {seq: [structs.replace(one, verdict="refused") for one in stored] for seq, stored in found.items()}

    put(stack, SqliteStore, "known", known)


# ---- store


@mutant("store", server_crash=40)
def nothing_is_one_transaction(stack: ExitStack) -> None:
    def call(self: SqliteStore) -> None:
        self._fresh_words.clear()
        self._numbers.clear()
        self._looked.clear()

    for name in ("begin", "commit", "rollback"):
        put(stack, SqliteStore, name, call)


@mutant("store")
def a_head_is_not_moved(stack: ExitStack) -> None:
    calls = [0]

    def put_(self: SqliteStore, statement: str, rows: Any) -> None:
        calls[0] += statement == "head"
        real(self, statement, [] if statement == "head" and calls[0] % 7 == 0 else rows)

    real = put(stack, SqliteStore, "_put", put_)


@mutant("store")
def a_balance_is_not_carried(stack: ExitStack) -> None:
    def post(self: SqliteStore, stamped: Any) -> None:
        real(self, [one for one in stamped if one.stamp.position % 11])

    real = put(stack, SqliteStore, "post", post)


@mutant("store")
def what_leaves_a_scope_is_not_told(stack: ExitStack) -> None:
    put(stack, State, "leave", lambda *_: None)


@mutant("store", sqlite3.IntegrityError, server_crash=40, store_failed=30)
def a_rolled_back_word_keeps_its_number(stack: ExitStack) -> None:
    """The words of a transaction that failed stay in memory, though the file does not have them."""

    def rollback(self: SqliteStore) -> None:
        self._fresh_words.clear()
        real(self)

    real = put(stack, SqliteStore, "rollback", rollback)


@mutant("store", engine="postgres", store_failed=50)
def a_commit_without_an_answer_counts_as_done(stack: ExitStack) -> None:
    put(stack, PostgresStore, "_came_through", lambda *_: True)


@mutant("store", asyncpg.UniqueViolationError, engine="postgres")
def a_server_does_not_look_where_the_other_one_stopped(stack: ExitStack) -> None:
    """Positions, words and record numbers go on from its own last transaction."""

    def look_at_tip(self: PostgresStore, sql: str) -> int:
        if "FOR UPDATE" in sql:
            return len(self._words)
        return int(real(self, sql))

    real = put(stack, PostgresStore, "_look_at_tip", look_at_tip)


@mutant("store", engine="postgres", restore=25)
def a_database_that_fell_back_is_not_noticed(stack: ExitStack) -> None:
    put(stack, PostgresStore, "_holds", lambda *_: True)


# ---- feed


@mutant("feed")
def a_page_begins_behind_the_first_row(stack: ExitStack) -> None:
    async def changes(db: Any, scopes: Any, cursor: Any, limit: int) -> Any:
        found = await real(db, scopes, cursor, limit)
        return found[1:] if cursor.position and len(found) > 1 else found

    real = put(stack, feed, "_changes", changes)


@mutant("feed")
def pages_are_cut_before_scopes_are_merged(stack: ExitStack) -> None:
    async def changes(db: Any, scopes: Any, cursor: Any, limit: int) -> Any:
        found = []
        for scope in scopes:
            found += await real(db, [scope], cursor, limit)
        return found[:limit]

    real = put(stack, feed, "_changes", changes)


@mutant("feed", restore=20)
def a_cursor_of_another_journal_is_believed(stack: ExitStack) -> None:
    async def ours(*_: Any) -> bool:
        return True

    put(stack, feed, "_ours", ours)


# ---- core


@mutant("core")
def a_void_credits_nothing(stack: ExitStack) -> None:
    real = receipts.judge_voided
    rule(
        stack, "receipt_voided", judge=lambda c, body, state: structs.replace(real(c, body, state), lines=[], posted=[])
    )


@mutant("core")
def a_void_needs_nobodys_approval(stack: ExitStack) -> None:
    """Also of what a cashier has counted already."""
    put(stack, receipts, "counted", lambda *_: False)

    def judge(c: Any, body: Any, state: State) -> Ruling:
        ruling = real(c, body, state)
        voucher = state.get(Voucher, body.receipt)
        if ruling.verdict == Verdict.REFUSED and voucher is not None:
            lines = receipts.taken_back(voucher) + receipts.given_back(voucher, state)
            return Ruling(lines=lines)
        return ruling

    real = receipts.judge_voided
    rule(stack, "receipt_voided", judge=judge)


@mutant("core")
def a_void_forgets_the_exchange(stack: ExitStack) -> None:
    """What the cash was worth becomes the customer's credit, and the cash itself his debt."""

    def taken_back(voucher: Voucher) -> Any:
        credit = f"on_account/{voucher.customer}"
        return [(account.replace("fx/company", credit), code, amount) for account, code, amount in real(voucher)]

    real = put(stack, receipts, "taken_back", taken_back)


@mutant("core")
def a_void_forgets_a_deduction(stack: ExitStack) -> None:
    """What was deducted stays the customer's credit."""

    def taken_back(voucher: Voucher) -> Any:
        kinds = {f"{one.kind}/{voucher.customer}" for one in voucher.deductions}
        credit = f"on_account/{voucher.customer}"
        return [(credit if account in kinds else account, code, amount) for account, code, amount in real(voucher)]

    real = put(stack, receipts, "taken_back", taken_back)


@mutant("core")
def a_promise_stays_kept_after_a_void(stack: ExitStack) -> None:
    put(stack, promises, "unkeep", lambda *_: None)


@mutant("core")
def the_same_money_keeps_two_promises(stack: ExitStack) -> None:
    def keep(voucher: Voucher, state: State) -> None:
        real(voucher, state)
        customer = state.get(Customer, voucher.customer)
        for id in customer.promises if customer is not None and voucher.promises else ():
            promise = state.get(PromiseToPay, id)
            if promise is not None and voucher.id not in promise.kept and promise.currency == voucher.currency:
                promise.kept[voucher.id] = 1
                state.put(promise)

    real = put(stack, promises, "keep", keep)


@mutant("core")
def a_promise_is_broken_on_every_server(stack: ExitStack) -> None:
    """Nobody looks once more inside the transaction."""

    def broken(writer: Any, ids: Any, _now: Any) -> int:
        for id in ids:
            writer.write("promise_broken", PromiseBroken(id))
        return len(ids)

    rule(stack, "promise_broken", judge=lambda *_: Ruling())
    put(stack, office, "break_promises", broken)


@mutant("core")
def a_deposit_is_accepted_twice(stack: ExitStack) -> None:
    def judge(c: Any, body: Any, state: State) -> Ruling:
        deposit = state.get(Deposit, body.deposit)
        if deposit is None:
            return real(c, body, state)
        was, deposit.state = deposit.state, "counted"
        ruling = real(c, body, state)
        deposit.state = was
        return ruling

    real = deposits.judge_accepted
    rule(stack, "deposit_accepted", judge=judge)


@mutant("core")
def the_declared_cash_is_taken_for_the_counted(stack: ExitStack) -> None:
    def compare(count: Any, expected: Any, cheques: Any) -> Any:
        return replace(real(count, expected, cheques), cash=dict(expected), differences={})

    real = put(stack, deposits, "compare", compare)


@mutant("core", partition=30)
def a_count_waits_for_its_declaration_for_ever(stack: ExitStack) -> None:
    """The declaration has come, and nobody puts the two together."""
    put(stack, counter, "due", lambda _: [])


@mutant("core", partition=30)
def what_was_taken_over_ahead_counts_twice(stack: ExitStack) -> None:
    """The safe has it once from the code and once from the declaration."""
    put(stack, counter, "taken_back", lambda *_: [])


@mutant("core", partition=30)
def a_misread_cheque_is_settled_by_itself(stack: ExitStack) -> None:
    """The collector answers for a paper that lies in the vault."""

    def judge(c: Any, body: Any, state: State) -> Any:
        return real(c, structs.replace(body, totals_only=False), state)

    real = deposits.judge_accepted
    rule(stack, "deposit_accepted", judge=judge)


@mutant("core", revoke=60)
def a_stopped_phone_posts_as_ever(stack: ExitStack) -> None:
    put(stack, decide, "_standing_of_device", lambda *_: [])


@mutant("core", store_failed=40)
def a_failing_read_is_blamed_on_the_entry(stack: ExitStack) -> None:
    put(stack, decide, "NotLoaded", ZeroDivisionError)


@mutant("core")
def a_leaf_is_not_marked_as_used(stack: ExitStack) -> None:
    def use_leaf(book: Any, leaf: int, seq: int, state: State) -> None:
        if leaf % 5:
            real(book, leaf, seq, state)

    real = put(stack, books, "use_leaf", use_leaf)


@mutant("core")
def a_book_is_given_that_was_given_before(stack: ExitStack) -> None:
    """The series forgets what it gave, and nobody looks whether ranges overlap."""
    put(stack, books, "overlaps", lambda *_: False)

    def assigned(c: Any, body: Any, state: State) -> None:
        real(c, body, state)
        series = state.get(Series, body.series)
        assert series is not None
        series.last = 0

    real = books.assigned
    rule(stack, "book_assigned", apply=assigned)


@mutant("core", restore=25)
def a_restored_server_goes_on_as_before(stack: ExitStack) -> None:
    put(stack, office, "begin_epoch", lambda *_, **__: 1)


@mutant("core", phone_crash=20)
def a_rebuilt_voucher_stays_when_its_entry_comes(stack: ExitStack) -> None:
    put(stack, rebuilt, "net", lambda _, ruling: ruling)


@mutant("core", clone=10, revoke=90)
def a_release_posts_twice(stack: ExitStack) -> None:
    def release_of(voucher: Voucher, state: State) -> Ruling:
        ruling: Ruling = real(voucher, state)
        return Ruling(flags=ruling.flags, lines=ruling.lines * 2)

    real = put(stack, suspense, "_release_of", release_of)


@mutant("core", relapse=15, clone=15, revoke=60)
def a_rejected_duplicate_stays_in_hand(stack: ExitStack) -> None:
    def rejection_of(voucher: Voucher, body: Any, state: State) -> Any:
        ruling = real(voucher, body, state)
        return (
            ruling
            if ruling.verdict == Verdict.REFUSED
            else real(voucher, structs.replace(body, duplicate_of=""), state)
        )

    real = put(stack, suspense, "_rejection_of", rejection_of)


@mutant("core", clone=20, revoke=95, wipe=10)
def anything_is_a_duplicate_of_anything(stack: ExitStack) -> None:
    """Also of what was counted elsewhere: real money is taken out of the books."""
    put(stack, suspense, "repeats", lambda _, first: first is not None)


@mutant("core", clone=10, revoke=90)
def what_is_decided_waits_again(stack: ExitStack) -> None:
    def decide_(c: Any, body: Any, state: State, find: Any) -> None:
        real(c, body, state, find)
        held = state.get(Suspended, body.entry)
        if held is not None:
            held.state = "waiting"
            state.put(held)

    real = put(stack, suspense, "decide", decide_)


@mutant("core", clone=10, revoke=90)
def what_is_under_review_is_told_to_nobody(stack: ExitStack) -> None:
    put(stack, suspense, "hold", lambda *_: None)


@mutant("doors", forgery=30)
def a_grant_is_believed_without_its_signature(stack: ExitStack) -> None:
    put(stack, office, "signed_by_us", lambda *_: True)


# ---- phone


@mutant("phone")
def a_wipe_takes_what_waits(stack: ExitStack) -> None:
    """It deletes as soon as it has written that it will."""

    def finish_wipe(self: SimDevice) -> Tab:
        if self.db.wiping is not None:
            yield from self.append(
                "release_used", {"purpose": "wipe", "challenge": self.db.wiping[1]}, id=self.db.wiping[0]
            )
            self.around.wipes(self)
            self.copy.files.clear()
            self.db = Database()

    put(stack, SimDevice, "holds_nothing", lambda _: True)
    put(stack, SimDevice, "finish_wipe", finish_wipe)


@mutant("phone", other_tab=60)
def two_tabs_write_without_comparing(stack: ExitStack) -> None:
    def put_(self: SimDevice, db: Any, entry: Any, made: Any, situation: Any) -> str:
        head = db.chains[entry.device]
        situation = replace(situation, chain=replace(head))
        return str(real(self, db, entry, replace(made, used=None), situation))

    real = put(stack, SimDevice, "put", put_)


@mutant("phone", phone_crash=15)
def the_number_is_counted_after_the_entry(stack: ExitStack) -> None:
    """Not in the transaction that writes the entry, but in one of its own."""

    later: dict[SimDevice, Any] = {}

    def put_(self: SimDevice, db: Any, entry: Any, made: Any, situation: Any) -> str:
        outcome = str(real(self, db, entry, replace(made, used=None), situation))
        later[self] = made.used if outcome == "written" else None
        return outcome

    def copy_entry(self: SimDevice, entry: Any) -> Tab:
        used = later.pop(self, None)
        yield from real_copy(self, entry)
        if used is not None:
            yield from self.write(lambda db: db.used.update({used: entry.id}))

    real = put(stack, SimDevice, "put", put_)
    real_copy = put(stack, SimDevice, "copy_entry", copy_entry)


@mutant("phone", handle_died=20, phone_crash=10)
def a_retry_mints_a_new_id(stack: ExitStack) -> None:
    def issue(self: SimDevice, draft: Any, _id: str) -> Tab:
        return (yield from real(self, draft, self.around.new_id()))

    real = put(stack, SimDevice, "issue_receipt", issue)


@mutant("phone")
def the_voucher_is_shown_before_it_is_written(stack: ExitStack) -> None:
    def write(self: SimDevice, work: Any) -> Tab:
        """The browser said `complete` although its disk had nothing: every ninth transaction is lost."""
        lost[0] += 1
        if lost[0] % 9:
            return (yield from real(self, work))
        before = copy.deepcopy(self.db.entries)
        result = yield from real(self, work)
        if result == "written":
            yield Step("the disk forgets")
            late.append((self, before))
        return result

    lost: list[int] = [0]
    late: list[tuple[SimDevice, Any]] = []
    real = put(stack, SimDevice, "write", write)
    real_forget = SimDevice.forget

    def forget(self: SimDevice) -> None:
        for device, entries in late:
            if device is self:
                self.db.entries = entries
        late[:] = [one for one in late if one[0] is not self]
        self.copy.files.clear()
        real_forget(self)

    put(stack, SimDevice, "forget", forget)


@mutant("phone", lost_reply=30)
def sent_is_taken_for_received(stack: ExitStack) -> None:
    def mark_sent(self: SimDevice, batch: Any) -> Tab:
        def work(db: Any) -> None:
            for one in batch:
                db.entries[one.device, one.seq].state = "acknowledged"

        yield from self.write(work)

    put(stack, SimDevice, "mark_sent", mark_sent)


@mutant("phone", phone_crash=10)
def the_cursor_is_kept_before_the_rows(stack: ExitStack) -> None:
    put_off: dict[SimDevice, list[Any]] = defaultdict(list)

    def store(self: SimDevice, db: Any, reply: Any, asked: str) -> bool:
        if reply.cursor == db.pull.cursor or not db.pull.cursor or reply.more:
            return bool(real(self, db, reply, asked))
        db.pull = Pulled(reply.cursor, reply.position)  # a crash may come before the rows, which wait for the next page
        put_off[self].append(reply)
        if len(put_off[self]) > 1:
            for one in put_off.pop(self):
                real(self, db, one, db.pull.cursor)
        return True

    real = put(stack, SimDevice, "store", store)


@mutant("phone")
def the_overlay_ends_with_the_acknowledgement(stack: ExitStack) -> None:
    def take_reply(self: SimDevice, *args: Any) -> Tab:
        moved = yield from real(self, *args)
        for entry in self.db.entries.values():
            if entry.state == "acknowledged":
                entry.state, entry.unseen = "seen", False
        return moved

    real = put(stack, SimDevice, "take_reply", take_reply)


@mutant("phone", wipe=15, relapse=15)
def the_second_copy_is_ignored_at_start(stack: ExitStack) -> None:
    put(stack, SimDevice, "bring_back", lambda *_: False)


@mutant("phone", restore=20)
def a_lower_acknowledgement_is_ignored(stack: ExitStack) -> None:
    put(stack, SimDevice, "reset", lambda *_: False)

    def new_epoch(_self: SimDevice, db: Any, epoch: str) -> bool:
        db.epoch = epoch
        return False

    put(stack, SimDevice, "new_epoch", new_epoch)


@mutant("phone", clone=30)
def a_forked_chain_waits_for_a_receipt(stack: ExitStack) -> None:
    """It offers its first batch again and again, and what is behind never comes in."""
    put(stack, SimDevice, "kept_beside", lambda *_: False)


@mutant("phone", rot=25)
def a_hole_is_not_declared(stack: ExitStack) -> None:
    put(stack, SimDevice, "holes", lambda *_: [])


@mutant("phone")
def what_left_the_scope_stays_on_the_screen(stack: ExitStack) -> None:
    put(stack, SimDevice, "leave", lambda *_, **__: None)


@mutant("phone", restore=20)
def grants_are_not_handed_back(stack: ExitStack) -> None:
    def nothing(_self: SimDevice) -> Tab:
        return
        yield

    put(stack, SimDevice, "hand_back_grants", nothing)


# ---- telling customers


@mutant("core")
def a_void_is_not_told(stack: ExitStack) -> None:
    rule(stack, "receipt_voided", apply=receipts.voided)


@mutant("core", revoke=30)
def what_is_released_is_not_told(stack: ExitStack) -> None:
    rule(stack, "judged", apply=lambda c, body, state: suspense.decide(c, body, state, KINDS.get))


@mutant("core", revoke=30)
def what_waits_for_a_person_is_told(stack: ExitStack) -> None:
    rule(stack, "receipt_issued", review=notices.issued)
