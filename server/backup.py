"""A backup: the whole company in one file, taken at one moment beside a running server, sealed and read back.

The file is a gzip stream of frames, each a length of 4 bytes and MessagePack: a `Top`, then `[table, rows]` for what is
kept, `["attachment", name, bytes]` for photos and signatures, and a `Seal`. Projections are not in it: a restore makes
them again. Private keys, passwords and release keys stand in `Top.secrets`, sealed to the company's recovery key.

The seal says where the journal ends and what its running hash is there, and is signed by the server: a backup that was
cut, changed or mixed from two moments does not pass `read`.
"""

import gzip
import os
import zlib
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

import msgspec

from server import keys, recovery
from server.keys import SigningKey
from server.sealing import NotSealed, Sealed, seal, unseal
from server.settings import Settings
from server.store.opening import open_shelf
from server.store.port import TABLES, Shelf
from server.store.secrets import keys_of, meta_of
from sync.chain import b64, hash_of, running_hash

VERSION = 1
OPEN = ("journal", "head", "chain", "word", "contact")
SECRET = ("meta", "server_key", "credential", "enrolment_code", "release_key")
INFO = b"sanad backup v1"
ROWS = 500
_ENVELOPE, _STAMP, _H = (TABLES["journal"].index(name) for name in ("envelope", "stamp", "h"))
Progress = Callable[[int, int], None]
"""Entries done, entries in all."""


class NoBackup(ValueError):
    """The file is no whole backup; the text says what is wrong with it."""


class NoRecoveryKey(RuntimeError):
    """Nothing to seal the secrets to."""

    def __init__(self) -> None:
        super().__init__(
            "this company has no recovery key yet; `sanad recovery` makes one and shows its passphrase once"
        )


class Top(msgspec.Struct, frozen=True):
    """What stands first. made_at: ISO 8601 UTC. position, h: where the journal ends. sign: public half of the key that
    the seal is signed with. secrets: sealed MessagePack of {table: rows}; recovery_*: see `server.recovery`."""

    v: int
    company: str
    made_at: str
    position: int
    h: bytes
    sign: str
    recovery_public: str
    recovery_locked: str
    secrets: Sealed

    @property
    def recovery(self) -> recovery.Recovery:
        return recovery.Recovery(self.recovery_public, self.recovery_locked)


class Seal(msgspec.Struct, frozen=True):
    """What stands last. digest: SHA-256 of all frames before. counts: rows by table. sig: over `signed`."""

    position: int
    h: bytes
    digest: bytes
    counts: dict[str, int]
    sig: str

    @property
    def signed(self) -> bytes:
        return b"%s %d %s %s" % (INFO, self.position, b64(self.h).encode(), b64(self.digest).encode())


@dataclass(frozen=True, slots=True)
class Checked:
    """A backup that has been read whole and found good."""

    path: Path
    top: Top
    counts: dict[str, int]


# ---- writing


def write_backup(settings: Settings, path: Path, now: datetime, progress: Progress = lambda *_: None) -> Checked:
    """Write the company as it is at this moment, beside whoever serves it, then read it back. NoRecoveryKey, NoCompany.

    The file is there under its name only when it is whole and durable.
    """
    beside = path.with_name(f"{path.name}.part")
    with closing(open_shelf(settings)) as shelf, beside.open("wb") as raw:
        os.fchmod(raw.fileno(), 0o600)
        with gzip.GzipFile(fileobj=raw, mode="wb", compresslevel=3, mtime=0) as packed:
            _write(shelf, settings.attachments, packed, now, progress)
        raw.flush()
        os.fsync(raw.fileno())
    checked = read(beside)
    beside.replace(path)
    handle = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
    return Checked(path, checked.top, checked.counts)


def _write(shelf: Shelf, attachments: Path, packed: Any, now: datetime, progress: Progress) -> None:
    kept = recovery.recovery_of(shelf)
    if kept is None:
        raise NoRecoveryKey
    found = shelf.select("SELECT position, h FROM journal ORDER BY position DESC LIMIT 1")
    position, h = (found[0][0], bytes(found[0][1])) if found else (0, b"")
    company, sign = meta_of(shelf, "company"), keys_of(shelf)["sign"]
    secrets = msgspec.msgpack.encode({table: list(_rows(shelf, table)) for table in SECRET})
    top = Top(VERSION, company, now.isoformat(timespec="seconds"), position, h, sign.spki, kept.public, kept.locked,
              seal(secrets, kept.public, INFO, f"{VERSION}.{company}.{position}"))  # fmt: skip
    digest, counts = sha256(), defaultdict[str, int](int)

    def frame(what: Any) -> None:
        body = msgspec.msgpack.encode(what)
        whole = len(body).to_bytes(4, "big") + body
        digest.update(whole)
        packed.write(whole)

    frame(top)
    for table in OPEN:
        for rows in _pages(_rows(shelf, table)):
            frame([table, rows])
            counts[table] += len(rows)
            if table == "journal":
                progress(counts[table], position)
    for file in sorted(attachments.glob("??/*")) if attachments.exists() else ():
        if len(file.name) == 64:  # else one that is being written
            frame(["attachment", file.name, file.read_bytes()])
            counts["attachment"] += 1
    last = Seal(position, h, digest.digest(), dict(counts), "")
    frame(msgspec.structs.replace(last, sig=sign.sign(last.signed)))


def _rows(shelf: Shelf, table: str) -> Iterator[list[Any]]:
    columns = ",".join(f'"{name}"' for name in TABLES[table])
    for row in shelf.stream(f"SELECT {columns} FROM {table} ORDER BY 1, 2"):  # noqa: S608 -- our own names
        yield list(row)


def _pages(rows: Iterable[list[Any]]) -> Iterator[list[list[Any]]]:
    page: list[list[Any]] = []
    for row in rows:
        page.append(row)
        if len(page) == ROWS:
            yield page
            page = []
    if page:
        yield page


# ---- reading


def read(path: Path) -> Checked:
    """Read a backup whole and check it: nothing cut or changed, the running hash right to the end, the seal genuine.
    NoBackup says what is wrong."""
    digest, counts, h, position = sha256(), defaultdict[str, int](int), b"", 0
    top, last = None, None
    for whole, what in _frames(path):
        if top is None:
            top = _as(what, Top, "its head")
            if top.v != VERSION:
                raise NoBackup(f"a backup of version {top.v}; this program reads version {VERSION}")
        elif isinstance(what, dict):
            last = _as(what, Seal, "its seal")
            break
        elif what[0] == "attachment":
            if sha256(what[2]).hexdigest() != what[1]:
                raise NoBackup(f"attachment {what[1]} is not what its name says")
            counts["attachment"] += 1
        else:
            counts[what[0]] += len(what[1])
            for row in what[1] if what[0] == "journal" else ():
                position += 1
                h = running_hash(h, hash_of(row[_ENVELOPE]), row[_STAMP])
                if row[0] != position or h != row[_H]:
                    raise NoBackup(f"the running hash breaks at position {position}")
        digest.update(whole)
    if top is None or last is None:
        raise NoBackup("the file ends before its seal: it was cut")
    if (position, h) != (top.position, top.h) or (position, h) != (last.position, last.h):
        raise NoBackup(f"the journal ends at position {position}, the seal says {last.position}")
    if digest.digest() != last.digest or dict(counts) != last.counts:
        raise NoBackup("something was changed after the backup was sealed")
    if not keys.verify(top.sign, last.signed, last.sig):
        raise NoBackup("the seal is not signed by the server that the backup names")
    return Checked(path, top, dict(counts))


def tables_of(path: Path) -> Iterator[tuple[str, Any]]:
    """(table, rows) and ("attachment", (name, bytes)) of a backup that `read` has found good."""
    frames = _frames(path)
    next(frames)
    for _, what in frames:
        if isinstance(what, dict):
            return
        yield ("attachment", (what[1], what[2])) if what[0] == "attachment" else (what[0], what[1])


def secrets_of(top: Top, private: SigningKey) -> dict[str, list[list[Any]]]:
    """The secret tables, opened with the recovery key."""
    try:
        plain = unseal(top.secrets, private.private, INFO, f"{VERSION}.{top.company}.{top.position}")
    except NotSealed as error:
        raise NoBackup("its secrets are sealed to another recovery key, or were changed") from error
    found: dict[str, list[list[Any]]] = msgspec.msgpack.decode(plain)
    return found


def _as(what: Any, shape: type[Any], name: str) -> Any:
    try:
        return msgspec.convert(what, shape)
    except msgspec.ValidationError as error:
        raise NoBackup(f"no backup of ours: {name} says {error}") from error


def _frames(path: Path) -> Iterator[tuple[bytes, Any]]:
    """Each frame's bytes and what it says."""
    try:
        with gzip.open(path, "rb") as packed:
            while size := packed.read(4):
                body = packed.read(int.from_bytes(size, "big"))
                if len(size) < 4 or len(body) < int.from_bytes(size, "big"):
                    raise NoBackup("the file ends in the middle: it was cut")
                yield size + body, msgspec.msgpack.decode(body)
    except (OSError, EOFError, zlib.error, msgspec.DecodeError) as error:
        raise NoBackup(f"no backup, or a damaged one: {error}") from error
