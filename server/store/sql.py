"""What both engines do alike: words and record numbers, and which rows a batch of stamps and changes comes to.

An engine brings `select`, `stream`, `execute` and `_put`, which writes many rows by one of its own statements.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import date
from typing import Any

import msgspec

from schemas.documents import DOCUMENTS, Document
from server.store.port import PROJECTIONS, Appended, Fresh, Row
from sync.chain import Head, Known
from sync.state import Key, State, group_of, scopes_of

_DECODERS = {name: msgspec.json.Decoder(document) for name, document in DOCUMENTS.items()}
_ENCODER = msgspec.json.Encoder(order="deterministic")
PAGE = 1000
KEPT = 16_384
"""Documents whose bytes are kept in memory, some 16 MB."""


class SqlStore:
    """See `port.Store`. Not thread-safe: the writer owns it."""

    failures: tuple[type[Exception], ...] = ()
    remembers = False
    """Nobody else writes into the company, so that what was read or written once need not be asked for again: documents
    as bytes, which a transaction decodes for itself, and where chains stand. A rollback forgets all of it."""

    def __init__(self) -> None:
        self._words: dict[str, int] = {}
        self._fresh_words: list[str] = []
        self._numbers: dict[Key, int] = {}
        self._looked: set[Key] = set()
        self._next_record = 0
        self._contacts: dict[str, tuple[str, str]] = {}
        self._kept: dict[Key, tuple[int, bytes | str]] = {}
        self._heads: dict[str, Head] = {}
        self.renewed: Callable[[], None] = lambda: None
        self.fell_back = False
        self.fresh = Fresh()

    # ---- what an engine brings

    def select(self, sql: str, *parameters: Any) -> list[Any]:
        raise NotImplementedError

    def execute(self, sql: str, *parameters: Any) -> None:
        raise NotImplementedError

    def _put(self, statement: str, rows: Sequence[tuple[Any, ...]]) -> None:
        """Write rows by the engine's statement of that name, in their order."""
        raise NotImplementedError

    def _found(self, keys: list[Key]) -> Iterable[Any]:
        """(no, type, body) of the records that exist."""
        raise NotImplementedError

    def _numbered(self, keys: list[Key]) -> Iterable[Any]:
        """(no, type, id) of the records that exist."""
        raise NotImplementedError

    # ---- transaction

    def _forget(self) -> None:
        """After a transaction: what was looked up in it may change before the next."""
        self._fresh_words.clear()
        self._numbers.clear()
        self._looked.clear()

    def _forget_all(self) -> None:
        """What the tables hold is not what was remembered of them."""
        self._kept.clear()
        self._heads.clear()

    def _keep(self, key: Key, no: int, body: bytes | str) -> None:
        """What is written often stays longest."""
        self._kept.pop(key, None)
        self._kept[key] = (no, body)
        if len(self._kept) > KEPT:
            del self._kept[next(iter(self._kept))]

    def take_fresh(self) -> Fresh:
        """What has changed since this was last asked."""
        fresh, self.fresh = self.fresh, Fresh()
        return fresh

    def _undo(self) -> None:
        self.fresh = Fresh()
        for word in self._fresh_words:
            del self._words[word]
        self._forget()
        self._forget_all()

    def word(self, text: str) -> int:
        """The number of a word, given at first use; 0 for the empty one."""
        if not text:
            return 0
        no = self._words.get(text)
        if no is None:
            no = self._words[text] = len(self._words) + 1
            self._fresh_words.append(text)
        return no

    def contact(self, device: str, at: str, head: str) -> None:
        self._contacts[device] = (at, head)

    def _tell_rest(self) -> None:
        """What a transaction writes once, at its end: words that were given numbers in it, and who called."""
        if self._fresh_words:
            self._put("word", [(self._words[text], text) for text in self._fresh_words])
        if self._contacts:
            self._put("contact", [(device, *said) for device, said in self._contacts.items()])

    # ---- reading

    def heads(self, devices: Iterable[str]) -> dict[str, Head]:
        wanted = set(devices)
        asked = {device: self._words.get(device, -1) for device in wanted if device not in self._heads}
        if not asked:
            return {device: self._heads[device] for device in wanted}
        found = {
            no: Head(seq, hash, position)
            for no, seq, hash, position in self.select(
                "SELECT device, seq, hash, position FROM head WHERE device = ANY(?)", list(asked.values())
            )
        }
        told = {device: found.get(no, Head()) for device, no in asked.items()}
        if self.remembers:
            self._heads |= told
        return {device: told[device] if device in told else self._heads[device] for device in wanted}

    def known(self, device: str, first: int, last: int) -> dict[int, list[Known]]:
        found: dict[int, list[Known]] = defaultdict(list)
        for seq, position, hash, verdict, flags, fork in self.select(
            "SELECT seq, position, hash, verdict, flags, fork FROM chain WHERE device = ? AND seq BETWEEN ? AND ?",
            self._words.get(device, -1), first, last,
        ):  # fmt: skip
            found[seq].append(Known(hash, position, verdict, tuple(flags.split()), bool(fork)))
        return found

    def fetch(self, keys: Iterable[Key]) -> dict[Key, Document]:
        wanted = list(keys)
        self._looked.update(wanted)
        found: dict[Key, Document] = {}
        strange: list[Key] = []
        for key in wanted:
            kept = self._kept.get(key)
            if kept is None:
                strange.append(key)
            else:
                self._numbers[key], body = kept
                found[key] = _DECODERS[key[0]].decode(body)
        for no, type_name, body in self._found(strange) if strange else ():
            document = _DECODERS[type_name].decode(body)
            key = (type_name, document.id)
            found[key] = document
            self._numbers[key] = no
            if self.remembers:
                self._keep(key, no, body)
        return found

    def fetch_group(self, group: str) -> list[Document]:
        found: list[Document] = []
        for no, type_name, id, body in self.select(
            "SELECT no, type, id, body FROM record WHERE grp = ? AND grp > 0", self._words.get(group, -1)
        ):
            self._numbers[type_name, id] = no
            found.append(_DECODERS[type_name].decode(body))
        return found

    def count(self, type_name: str) -> int:
        return int(self.select("SELECT count(*) FROM record WHERE type = ?", type_name)[0][0])

    # ---- writing

    def append(self, entries: Sequence[Appended]) -> None:
        journal: list[tuple[Any, ...]] = []
        chain: list[tuple[Any, ...]] = []
        heads: dict[str, Head] = {}
        for one in entries:
            stamped = one.stamped
            arrival, stamp, entry = stamped.arrival, stamped.stamp, stamped.arrival.entry
            device = self.word(arrival.device)
            journal.append(
                (stamp.position, device, arrival.seq, arrival.online, one.fork, entry.raw, entry.body, entry.sig,
                 entry.hash, stamped.stamp_bytes, stamped.h)
            )  # fmt: skip
            chain.append(
                (device, arrival.seq, stamp.position, entry.hash, stamp.verdict, " ".join(stamp.flags), one.fork)
            )
            if not one.fork:
                heads[arrival.device] = Head(arrival.seq, entry.hash, stamp.position)
        self._put("journal", journal)
        self._put("chain", chain)
        self._put("head", [(self.word(device), *_of_head(head)) for device, head in heads.items()])
        if self.remembers:
            self._heads |= heads
        self.post(one.stamped for one in entries)

    def post(self, stamped: Iterable[Any]) -> None:
        """Write the posted lines of stamps and carry them into the balances."""
        postings: list[tuple[Any, ...]] = []
        balances: dict[tuple[int, str], int] = {}
        for one in stamped:
            stamp = one.stamp
            day = day_number(stamp.day)
            for index, line in enumerate(stamp.lines):
                account = self.word(line.account)
                postings.append((account, stamp.position, index, day, line.currency, line.amount))
                key = (account, line.currency)
                balances[key] = balances.get(key, 0) + line.amount
        postings.sort()  # in the order of the table, so that a batch walks it once
        self._put("posting", postings)
        self._put("balance", [(*key, amount) for key, amount in balances.items()])

    def skip(self, device: str, head: Head) -> None:
        self._put("head", [(self.word(device), *_of_head(head))])
        if self.remembers:
            self._heads[device] = head

    def save(self, state: State) -> None:
        self._look_up(key for key in state.changed if key not in self._looked)
        numbers, documents, word, scopes = self._numbers, state.documents, self.word, self.fresh.scopes
        remembers = self.remembers
        inserts: list[tuple[Any, ...]] = []
        updates: list[tuple[Any, ...]] = []
        feed: list[tuple[int, int, int, int]] = []
        for key, rev in state.changed.items():
            document = documents[key]
            body, group = _ENCODER.encode(document), word(group_of(document))
            no = numbers.get(key)
            if no is None:
                self._next_record += 1
                no = numbers[key] = self._next_record
                inserts.append((no, *key, rev, group, body))
            else:
                updates.append((rev, group, body, no))
            if remembers:
                self._keep(key, no, body)
            for scope in scopes_of(document, state):
                feed.append((word(scope), no, rev, 0))
                scopes[scope] = rev
        self.fresh.people.update(id for type_name, id in state.changed if type_name in ("user", "device"))
        left = [(word(scope), numbers[key], rev, 1) for (scope, key), rev in state.left.items() if key in numbers]
        scopes.update({scope: rev for (scope, _), rev in state.left.items()})
        scopes.update({scope: rev for _, scope, _, rev in state.moves})
        self._put("record", inserts)
        self._put("record_changed", updates)
        self._put("feed", left)
        if state.moves:
            moves = {(self._words.get(group, -1), word(scope)): (rev, int(not enters))
                     for group, scope, enters, rev in state.moves}  # fmt: skip
            self._put("moves", [(scope, *last, group) for (group, scope), last in moves.items()])
        self._put("feed", feed)
        state.changed.clear()
        state.left.clear()
        state.moves.clear()

    def _look_up(self, keys: Iterable[Key]) -> None:
        """Find the record numbers of documents that were written without having been read."""
        wanted = list(keys)
        self._looked.update(wanted)
        for no, type_name, id in self._numbered(wanted):
            self._numbers[type_name, id] = no

    # ---- the whole journal

    def rows(self, after: int = 0) -> Iterator[Row]:
        names = {no: text for text, no in self._words.items()}
        while True:
            page = self.select("SELECT * FROM journal WHERE position > ? ORDER BY position LIMIT ?", after, PAGE)
            for position, device, seq, online, fork, envelope, body, sig, hash, stamp, h in page:
                yield Row(position, names[device], seq, bool(online), bool(fork), envelope, body, sig, hash, stamp, h)
            if len(page) < PAGE:
                return
            after = page[-1][0]

    def drop_projections(self, names: Iterable[str] = PROJECTIONS) -> None:
        """Empty what a rebuild makes again."""
        for name in names:
            for table in PROJECTIONS[name]:
                self.execute(f"DELETE FROM {table}")  # noqa: S608 -- our own table names
        if "documents" in names:
            self._numbers.clear()
            self._looked.clear()
            self._forget_all()
            self._next_record = 0


def _of_head(head: Head) -> tuple[int, bytes, int]:
    return head.seq, head.hash, head.position


def day_number(day: date) -> int:
    """A day as an integer that sorts and reads: 20261122."""
    return day.year * 10000 + day.month * 100 + day.day
