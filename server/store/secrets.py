"""What stands beside the journal and is no fact of the company: its keys, logins, one-time codes, release keys.

Functions that take a store are for the writer's thread, inside its transaction.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from server.keys import SigningKey
from server.store.port import VERSIONS, Reader, Shelf, Store

RESTORING = "restoring"
"""Mark of a restore that has not finished: nothing may serve the company before its new epoch has begun."""
_CODE = 'SELECT code, purpose, "user", branch, expires_at, made_by, used_by FROM enrolment_code WHERE code = ?'


@dataclass(frozen=True, slots=True)
class Code:
    """A one-time enrolment code. purpose: phone (of a user) or desk (of a branch). used_by: the device it became."""

    code: str
    purpose: str
    user: str
    branch: str
    expires_at: str
    made_by: str
    used_by: str = ""


def meta_of(shelf: Shelf, key: str) -> str:
    """A setting of the store itself; empty when it has none."""
    found = shelf.select("SELECT value FROM meta WHERE key = ?", key)
    return str(found[0][0]) if found else ""


def keep_meta(store: Store, key: str, value: str) -> None:
    store.execute("INSERT INTO meta VALUES (?,?) ON CONFLICT (key) DO UPDATE SET value = excluded.value", key, value)


def forget_meta(store: Store, key: str) -> None:
    store.execute("DELETE FROM meta WHERE key = ?", key)


def made_by(shelf: Shelf, projection: str) -> int:
    """The version of the rules that made a projection. The first one did not say so."""
    return int(meta_of(shelf, f"made by {projection}") or "1")


def sign_projections(store: Store, projections: Iterable[str]) -> None:
    """Say that they are made by the rules of now."""
    for name in projections:
        keep_meta(store, f"made by {name}", str(VERSIONS[name]))


def keys_of(shelf: Shelf) -> dict[str, SigningKey]:
    """The server's own keys in use, by purpose."""
    found = shelf.select("SELECT purpose, private FROM server_key WHERE retired = 0")
    return {purpose: SigningKey.load(purpose, private) for purpose, private in found}


def keep_key(store: Store, key: SigningKey) -> None:
    store.execute("INSERT INTO server_key VALUES (?,?,?,0)", key.id, key.purpose, key.der())


def keep_credential(store: Store, user: str, login: str, hashed: str) -> None:
    """A user's login and password. Without a password the user keeps the one he has, if any."""
    if hashed:
        store.execute(
            'INSERT INTO credential VALUES (?,?,?) ON CONFLICT ("user")'
            " DO UPDATE SET login = excluded.login, hash = excluded.hash",
            user, login, hashed,
        )  # fmt: skip
    else:
        store.execute('UPDATE credential SET login = ? WHERE "user" = ?', login, user)


async def credential_of(db: Reader, login: str) -> tuple[str, str] | None:
    """(user, password hash) of a login."""
    found = await db.rows('SELECT "user", hash FROM credential WHERE login = ?', login)
    return (found[0][0], found[0][1]) if found else None


def keep_code(store: Store, code: Code) -> None:
    store.execute(
        'INSERT INTO enrolment_code (code, purpose, "user", branch, expires_at, made_by) VALUES (?,?,?,?,?,?)',
        code.code, code.purpose, code.user, code.branch, code.expires_at, code.made_by,
    )  # fmt: skip


def code_named(shelf: Shelf, code: str) -> Code | None:
    return _code(shelf.select(_CODE, code))


async def code_of(db: Reader, code: str) -> Code | None:
    return _code(await db.rows(_CODE, code))


def _code(found: list[Any]) -> Code | None:
    return Code(*found[0]) if found else None


def use_code(store: Store, code: str, device: str) -> None:
    store.execute("UPDATE enrolment_code SET used_by = ? WHERE code = ?", device, code)


def keep_release_key(store: Store, device: str, key: bytes) -> None:
    store.execute("INSERT INTO release_key VALUES (?,?)", device, key)


async def seal_keys_of(db: Reader) -> dict[str, bytes]:
    """Private halves (PKCS 8, DER) of all seal keys by id; retired ones too, a rescue file may be older."""
    return {key: bytes(private) for key, private in await db.rows(
        "SELECT key, private FROM server_key WHERE purpose = 'seal'"
    )}  # fmt: skip


async def release_key_of(db: Reader, device: str) -> bytes | None:
    """The HMAC key that a device got at its enrolment, for release codes."""
    found = await db.rows("SELECT key FROM release_key WHERE device = ?", device)
    return bytes(found[0][0]) if found else None
