"""A device gets its place in the company for a one-time code. For the writer's thread."""

import secrets

from schemas.codes import Problem
from schemas.entries.people import DeviceEnrolled
from schemas.wire import Enrol
from server.inbox import Writer
from server.keys import key_id
from server.problems import ProblemError
from server.store.secrets import Code, code_named, keep_release_key, use_code
from server.writes import letters, retire_other_phones, top_up_books, user_named, write
from sync.chain import unb64


def usable(found: Code | None, now: str) -> Code:
    """The code if it can be used now; CODE_UNKNOWN, CODE_USED or CODE_EXPIRED else."""
    if found is None:
        raise ProblemError(Problem.CODE_UNKNOWN, "no such enrolment code")
    if found.used_by:
        raise ProblemError(Problem.CODE_USED, "this enrolment code has been used")
    if found.expires_at < now:
        raise ProblemError(Problem.CODE_EXPIRED, "this enrolment code is older than a day")
    return found


def enrol_device(writer: Writer, device: str, code: str, wish: Enrol) -> tuple[str, bytes]:
    """Give a new device (its id) the place that the code is for, and a phone its first books. Returns its user (empty
    for a desk) and its release key. A user's earlier phones that were not retired count as lost."""
    store = writer.store
    kept = usable(code_named(store, code), writer.clock().isoformat())
    branch = kept.branch
    if kept.purpose == "phone":
        branch = user_named(writer.state(), kept.user).branch
        retire_other_phones(writer, kept.user, kept.made_by)
    enrolled = DeviceEnrolled(
        device=device,
        code=short_name(store.count("device"), int(writer.epoch)),
        purpose=kept.purpose,  # type: ignore[arg-type]
        user=kept.user,
        branch=branch,
        public_key=wish.public_key,
        key=key_id(unb64(wish.public_key)),
        app=wish.app,
        installed=wish.installed,
        persisted=wish.persisted,
    )
    write(writer, "device_enrolled", enrolled, kept.made_by)
    release = secrets.token_bytes(32)
    keep_release_key(store, device, release)
    use_code(store, code, device)
    top_up_books(writer, device)
    return kept.user, release


def short_name(count: int, epoch: int) -> str:
    """A1 … A9, B1 … Z9, then AA1 …: short enough to say aloud, never given twice. After a restore it ends in a letter
    of the epoch: which names were given since the backup is not known."""
    high, digit = divmod(count, 9)
    text = chr(ord("A") + high % 26)
    while high >= 26:
        high = high // 26 - 1
        text = chr(ord("A") + high % 26) + text
    return f"{text}{digit + 1}{letters(epoch - 1)}"
