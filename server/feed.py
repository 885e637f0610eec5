"""The pull: what changed in a reader's scopes since its cursor, spliced from documents as they are kept."""

from dataclasses import dataclass
from hashlib import sha256
from typing import Any

import msgspec

from schemas.wire import Table
from server.store.port import VERSIONS, Reader
from sync.chain import b64, unb64

PAGE = 1000
TABLED_FROM = 100
"""So many documents of one type in a page are told as a table."""
_LAST = 2**62
_FIELDS = msgspec.json.Decoder(dict[str, msgspec.Raw])
_NULL = msgspec.Raw(b"null")


class Cursor:
    """Position in the journal, record within it, a mark of the scopes and 8 bytes of the running hash there. Opaque to
    clients."""

    __slots__ = ("h", "position", "record")

    def __init__(self, position: int, record: int, h: bytes) -> None:
        self.position, self.record, self.h = position, record, h

    def text(self) -> str:
        return b64(b"%d.%d." % (self.position, self.record) + self.h)

    @classmethod
    def parse(cls, text: str) -> "Cursor | None":
        try:
            position_text, record_text, h = unb64(text).split(b".", 2)
            position, record = int(position_text), int(record_text)
        except ValueError:
            return None
        within = 0 <= position <= _LAST and 0 <= record <= _LAST
        return cls(position, record, h) if within else None


@dataclass(frozen=True, slots=True)
class Page:
    """One page of changes as JSON bytes. cursor: that of the next; position: what the page reaches."""

    body: bytes
    cursor: str
    position: int
    more: bool


def quiet_page(cursor: str, position: int, epoch: str) -> bytes:
    """The answer where nothing has changed since the cursor, which stays as it is."""
    return b'{"epoch":"%b","cursor":"%b","position":%d,"more":false,"changes":[]}' % (
        epoch.encode(), cursor.encode(), position,
    )  # fmt: skip


async def pull(db: Reader, scopes: list[str], cursor_text: str, epoch: str, page: int = PAGE) -> bytes:
    return (await page_of(db, scopes, cursor_text, epoch, page)).body


async def page_of(
    db: Reader, scopes: list[str], cursor_text: str, epoch: str, page: int = PAGE, *, tables: bool = False
) -> Page:
    """The changes after a cursor. A cursor of another journal starts a reload. tables: the reader knows them."""
    row = await _one(db, "SELECT position, h FROM journal ORDER BY position DESC LIMIT 1")
    mark, amid = _mark(scopes), _mark([*scopes, f"epoch {epoch}"])
    tip, tip_h = (row[0], mark + row[1][:8]) if row else (0, mark)
    cursor = Cursor.parse(cursor_text) if cursor_text else Cursor(0, _LAST, b"")
    reload = cursor is None or not await _ours(db, cursor, mark if cursor.record == _LAST else amid)
    if cursor is None or reload:
        cursor = Cursor(0, _LAST, b"")
    rows = await _changes(db, scopes, cursor, page + 1)
    more = len(rows) > page
    if more:
        rows = rows[:page]
        position, record = rows[-1][0], rows[-1][1]
        h = await _one(db, "SELECT h FROM journal WHERE position = ?", position)
        following = Cursor(position, record, amid + h[0][:8] if h else amid)
        reached = position - 1
    else:
        following = Cursor(tip, _LAST, tip_h)
        reached = tip
    rest, tabled = _tabled(rows) if tables else (rows, b"")
    changes = b",".join(
        b'{"type":"%b","id":%b,"doc":%b}' % (type_name.encode(), msgspec.json.encode(id), b"null" if gone else body)
        for _, _, gone, type_name, id, body in rest
    )
    next_cursor = following.text()
    body = b'{"epoch":"%b","cursor":"%b","position":%d,"more":%b,"changes":[%b]%b%b}' % (
        epoch.encode(),
        next_cursor.encode(),
        reached,
        b"true" if more else b"false",
        changes,
        b',"reload":true' if reload else b"",
        b',"tables":[%b]' % tabled if tabled else b"",
    )
    return Page(body, next_cursor, reached, more)


def _tabled(rows: list[Any]) -> tuple[list[Any], bytes]:
    """What is told one by one, and the tables. Values stand in a table byte for byte as they stand in the document."""
    by_type: dict[str, list[dict[str, msgspec.Raw]]] = {}
    for _, _, gone, type_name, _, body in rows:
        if not gone:
            by_type.setdefault(type_name, []).append(_FIELDS.decode(body))
    # In a table null says that there is no such field; documents leave out what is null.
    many = {
        type_name: documents
        for type_name, documents in by_type.items()
        if len(documents) >= TABLED_FROM and not any(_NULL in document.values() for document in documents)
    }
    tables: list[bytes] = []
    for type_name, documents in many.items():
        fields = list(dict.fromkeys(field for document in documents for field in document))
        columns = [[document.get(field, _NULL) for document in documents] for field in fields]
        tables.append(msgspec.json.encode(Table(type_name, fields, columns)))
    return [row for row in rows if row[2] or row[3] not in many], b",".join(tables)


def _mark(scopes: list[str]) -> bytes:
    """Names what a cursor was given for: the rules that made the documents, its scopes, and amid pages the epoch too.

    Documents that were made anew by other rules keep their revisions: a reader who has seen those must load them again.

    A desk whose next user has other scopes loads anew: under the old cursor he would never be sent what came before it.
    Amid pages, what has changed since the first of them was left for a later one; where a restore takes that change
    back, the page that would have had it is behind the cursor.
    """
    return sha256("|".join([f"documents {VERSIONS['documents']}", *scopes]).encode()).digest()[:4]


async def _ours(db: Reader, cursor: Cursor, mark: bytes) -> bool:
    """Whether the cursor was given out by this very journal, for these very scopes."""
    if cursor.position == 0:
        return True
    row = await _one(db, "SELECT h FROM journal WHERE position = ?", cursor.position)
    return row is not None and mark + row[0][:8] == cursor.h


async def _changes(db: Reader, scopes: list[str], cursor: Cursor, limit: int) -> list[Any]:
    found: list[Any] = []
    for scope in scopes:
        found += await db.rows(
            "SELECT f.rev, f.rec, f.gone, r.type, r.id, r.body FROM feed f JOIN record r ON r.no = f.rec"
            " WHERE f.scope = (SELECT no FROM word WHERE text = ?) AND f.rev >= ? AND (f.rev, f.rec) > (?, ?)"
            " ORDER BY f.rev, f.rec LIMIT ?",
            scope, cursor.position, cursor.position, cursor.record, limit,
        )  # fmt: skip
    if len(scopes) > 1:
        found.sort(key=lambda row: (row[0], row[1]))
    return found[:limit]


async def _one(db: Reader, sql: str, *parameters: Any) -> Any:
    found = await db.rows(sql, *parameters)
    return found[0] if found else None
