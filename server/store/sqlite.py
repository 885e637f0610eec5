"""The store in one SQLite file: WAL, synchronous=FULL, one writing connection that alone may checkpoint.

`pysqlite3` brings a SQLite newer than the WAL-reset defect (fixed in 3.51.3); where it is not installed, the standard
library's is used, and the rule that readers never checkpoint keeps the defect out of reach.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from importlib import resources
from pathlib import Path
from typing import Any

import msgspec

try:
    from pysqlite3 import dbapi2 as sqlite3
except ImportError:  # pragma: no cover -- on machines without a wheel
    import sqlite3

from schemas.documents import DOCUMENTS, Document
from server.store.port import Appended, Row
from sync.chain import Head, Known
from sync.state import Key, State, group_of, scopes_of

PROJECTIONS = ("record", "feed", "posting", "balance")
_DECODERS = {name: msgspec.json.Decoder(document) for name, document in DOCUMENTS.items()}
_ENCODER = msgspec.json.Encoder(order="deterministic")


def connect(path: Path, *, read_only: bool = False) -> Any:
    """A connection with Sanad's settings. Readers are read-only and never checkpoint."""
    uri = f"file:{path}?mode={'ro' if read_only else 'rwc'}"
    connection = sqlite3.connect(uri, uri=True, isolation_level=None, check_same_thread=False, timeout=30.0)
    if read_only:
        connection.execute("PRAGMA query_only = ON")
        connection.execute("PRAGMA wal_autocheckpoint = 0")
    else:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute("PRAGMA wal_autocheckpoint = 4000")
    connection.execute("PRAGMA cache_size = -65536")
    return connection


def engine_version() -> str:
    return f"SQLite {sqlite3.sqlite_version}"


class SqliteStore:
    """See `port.Store`. Not thread-safe: the writer owns it."""

    failures: tuple[type[Exception], ...] = (sqlite3.OperationalError,)

    def __init__(self, path: Path) -> None:
        self.path = path
        self.db = connect(path)
        if not self._one("SELECT 1 FROM sqlite_master WHERE name = 'journal'"):
            script = resources.files("server.store").joinpath("schema.sql").read_text("utf-8")
            self.db.executescript(f"BEGIN;{script}COMMIT;")
        self._words: dict[str, int] = dict(self.db.execute("SELECT text, no FROM word"))
        self._fresh_words: list[str] = []
        self._numbers: dict[Key, int] = {}
        self._looked: set[Key] = set()
        self._next_record = self._one("SELECT max(no) FROM record") or 0

    def close(self) -> None:
        self.db.close()

    def _one(self, sql: str, *parameters: Any) -> Any:
        row = self.db.execute(sql, parameters).fetchone()
        return row[0] if row else None

    # ---- transaction

    def begin(self) -> None:
        self.db.execute("BEGIN IMMEDIATE")

    def commit(self) -> None:
        self.db.execute("COMMIT")
        self._fresh_words.clear()
        self._numbers.clear()
        self._looked.clear()

    def rollback(self) -> None:
        if self.db.in_transaction:
            self.db.execute("ROLLBACK")
        for word in self._fresh_words:
            del self._words[word]
        self._fresh_words.clear()
        self._numbers.clear()
        self._looked.clear()
        self._next_record = self._one("SELECT max(no) FROM record") or 0

    def word(self, text: str) -> int:
        """The number of a word, given at first use; 0 for the empty one."""
        if not text:
            return 0
        no = self._words.get(text)
        if no is None:
            no = len(self._words) + 1
            self.db.execute("INSERT INTO word (no, text) VALUES (?, ?)", (no, text))
            self._words[text] = no
            self._fresh_words.append(text)
        return no

    # ---- reading

    def tip(self) -> tuple[int, bytes]:
        row = self.db.execute("SELECT position, h FROM journal ORDER BY position DESC LIMIT 1").fetchone()
        return (row[0], row[1]) if row else (0, b"")

    def heads(self, devices: Iterable[str]) -> dict[str, Head]:
        found: dict[str, Head] = {}
        for device in devices:
            no = self._words.get(device)
            row = no and self.db.execute("SELECT seq, hash, position FROM head WHERE device = ?", (no,)).fetchone()
            found[device] = Head(*row) if row else Head()
        return found

    def known(self, device: str, first: int, last: int) -> dict[int, list[Known]]:
        no = self._words.get(device, -1)
        found: dict[int, list[Known]] = defaultdict(list)
        for seq, position, hash, verdict, flags, fork in self.db.execute(
            "SELECT seq, position, hash, verdict, flags, fork FROM chain WHERE device = ? AND seq BETWEEN ? AND ?",
            (no, first, last),
        ):
            found[seq].append(Known(hash, position, verdict, tuple(flags.split()), bool(fork)))
        return found

    def fetch(self, keys: Iterable[Key]) -> dict[Key, Document]:
        by_type: dict[str, list[str]] = defaultdict(list)
        for type_name, id in keys:
            by_type[type_name].append(id)
            self._looked.add((type_name, id))
        found: dict[Key, Document] = {}
        for type_name, ids in by_type.items():
            decoder = _DECODERS[type_name]
            for no, id, body in self.db.execute(
                "SELECT no, id, body FROM record WHERE type = ? AND id IN (SELECT value FROM json_each(?))",
                (type_name, msgspec.json.encode(ids).decode()),
            ):
                found[type_name, id] = decoder.decode(body)
                self._numbers[type_name, id] = no
        return found

    def fetch_group(self, group: str) -> list[Document]:
        found: list[Document] = []
        for no, type_name, id, body in self.db.execute(
            "SELECT no, type, id, body FROM record WHERE grp = ? AND grp > 0", (self._words.get(group, -1),)
        ):
            self._numbers[type_name, id] = no
            found.append(_DECODERS[type_name].decode(body))
        return found

    def count(self, type_name: str) -> int:
        found: int = self._one("SELECT count(*) FROM record WHERE type = ?", type_name)
        return found

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
        self.db.executemany("INSERT INTO journal VALUES (?,?,?,?,?,?,?,?,?,?,?)", journal)
        self.db.executemany("INSERT INTO chain VALUES (?,?,?,?,?,?,?)", chain)
        self._set_heads((device, *head) for device, head in heads.items())
        self.post(one.stamped for one in entries)

    def _set_heads(self, rows: Iterable[tuple[int, int, bytes, int]]) -> None:
        self.db.executemany(
            "INSERT INTO head VALUES (?,?,?,?) ON CONFLICT (device) DO UPDATE SET seq = excluded.seq,"
            " hash = excluded.hash, position = excluded.position",
            rows,
        )

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
        if not postings:
            return
        postings.sort()  # in the order of the table, so that a batch walks it once
        self.db.executemany("INSERT INTO posting VALUES (?,?,?,?,?,?)", postings)
        self.db.executemany(
            "INSERT INTO balance VALUES (?,?,?) ON CONFLICT (account, currency)"
            " DO UPDATE SET amount = amount + excluded.amount",
            [(*key, amount) for key, amount in balances.items()],
        )

    def contact(self, device: str, at: str, head: str) -> None:
        self.db.execute(
            "INSERT INTO contact VALUES (?,?,?)"
            " ON CONFLICT (device) DO UPDATE SET at = excluded.at, head = excluded.head",
            (device, at, head),
        )

    def skip(self, device: str, head: Head) -> None:
        self._set_heads([(self.word(device), head.seq, head.hash, head.position)])

    def save(self, state: State) -> None:
        self._look_up(key for key in state.changed if key not in self._looked)
        numbers, documents, word = self._numbers, state.documents, self.word
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
            feed += [(word(scope), no, rev, 0) for scope in scopes_of(document, state)]
        left = [(word(scope), numbers[key], rev, 1) for (scope, key), rev in state.left.items() if key in numbers]
        self.db.executemany("INSERT INTO record VALUES (?,?,?,?,?,?)", inserts)
        self.db.executemany("UPDATE record SET rev = ?, grp = ?, body = ? WHERE no = ?", updates)
        self.db.executemany(_FEED, left)
        for moved, scope, enters, rev in state.moves:
            self.db.execute(
                "INSERT INTO feed (scope, rec, rev, gone) SELECT ?, no, ?, ? FROM record WHERE grp = ? AND grp > 0"
                " ORDER BY no ON CONFLICT (scope, rec) DO UPDATE SET rev = excluded.rev, gone = excluded.gone",
                (word(scope), rev, not enters, self._words.get(moved, -1)),
            )
        self.db.executemany(_FEED, feed)
        state.changed.clear()
        state.left.clear()
        state.moves.clear()

    def _look_up(self, keys: Iterable[Key]) -> None:
        """Find the record numbers of documents that were written without having been read."""
        by_type: dict[str, list[str]] = defaultdict(list)
        for type_name, id in keys:
            by_type[type_name].append(id)
            self._looked.add((type_name, id))
        for type_name, ids in by_type.items():
            for number, id in self.db.execute(
                "SELECT no, id FROM record WHERE type = ? AND id IN (SELECT value FROM json_each(?))",
                (type_name, msgspec.json.encode(ids).decode()),
            ):
                self._numbers[type_name, id] = number

    # ---- the whole journal

    def rows(self, after: int = 0) -> Iterator[Row]:
        names = {no: text for text, no in self._words.items()}
        cursor = self.db.execute("SELECT * FROM journal WHERE position > ? ORDER BY position", (after,))
        for position, device, seq, online, fork, envelope, body, sig, hash, stamp, h in cursor:
            yield Row(position, names[device], seq, bool(online), bool(fork), envelope, body, sig, hash, stamp, h)

    def drop_projections(self) -> None:
        """Empty what a rebuild makes again."""
        for table in PROJECTIONS:
            self.db.execute(f"DELETE FROM {table}")  # noqa: S608 -- our own table names
        self._numbers.clear()
        self._looked.clear()
        self._next_record = 0


_FEED = (
    "INSERT INTO feed (scope, rec, rev, gone) VALUES (?,?,?,?) ON CONFLICT (scope, rec)"
    " DO UPDATE SET rev = max(rev, excluded.rev), gone = excluded.gone"
)

_LEFT = f"{_FEED} WHERE excluded.rev >= rev"


def day_number(day: date) -> int:
    """A day as an integer that sorts and reads: 20261122."""
    return day.year * 10000 + day.month * 100 + day.day
