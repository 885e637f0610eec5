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


class SqlStore:
    """See `port.Store`. Not thread-safe: the writer owns it."""

    failures: tuple[type[Exception], ...] = ()

    def __init__(self) -> None:
        self._words: dict[str, int] = {}
        self._fresh_words: list[str] = []
        self._numbers: dict[Key, int] = {}
        self._looked: set[Key] = set()
        self._next_record = 0
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

    def take_fresh(self) -> Fresh:
        """What has changed since this was last asked."""
        fresh, self.fresh = self.fresh, Fresh()
        return fresh

    def _undo(self) -> None:
        self.fresh = Fresh()
        for word in self._fresh_words:
            del self._words[word]
        self._forget()

    def word(self, text: str) -> int:
        """The number of a word, given at first use; 0 for the empty one."""
        if not text:
            return 0
        no = self._words.get(text)
        if no is None:
            no = self._words[text] = len(self._words) + 1
            self._fresh_words.append(text)
        return no

    def _tell_words(self) -> None:
        """Write down the words that were given numbers in this transaction and are not written yet."""
        if self._fresh_words:
            self._put("word", [(self._words[text], text) for text in self._fresh_words])

    # ---- reading

    def heads(self, devices: Iterable[str]) -> dict[str, Head]:
        wanted = {device: self._words.get(device, -1) for device in devices}
        found = {
            no: Head(seq, hash, position)
            for no, seq, hash, position in self.select(
                "SELECT device, seq, hash, position FROM head WHERE device = ANY(?)", list(wanted.values())
            )
        }
        return {device: found.get(no, Head()) for device, no in wanted.items()}

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
        for no, type_name, body in self._found(wanted):
            document = _DECODERS[type_name].decode(body)
            found[type_name, document.id] = document
            self._numbers[type_name, document.id] = no
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
        heads: dict[int, tuple[int, bytes, int]] = {}
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
                heads[device] = (arrival.seq, entry.hash, stamp.position)
        self._put("journal", journal)
        self._put("chain", chain)
        self._put("head", [(device, *head) for device, head in heads.items()])
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
        self._put("head", [(self.word(device), head.seq, head.hash, head.position)])

    def save(self, state: State) -> None:
        self._look_up(key for key in state.changed if key not in self._looked)
        numbers, documents, word, scopes = self._numbers, state.documents, self.word, self.fresh.scopes
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

    def drop_projections(self) -> None:
        """Empty what a rebuild makes again."""
        for table in PROJECTIONS:
            self.execute(f"DELETE FROM {table}")  # noqa: S608 -- our own table names
        self._numbers.clear()
        self._looked.clear()
        self._next_record = 0


def day_number(day: date) -> int:
    """A day as an integer that sorts and reads: 20261122."""
    return day.year * 10000 + day.month * 100 + day.day
