"""After a restore: a new epoch begins, and devices hand back the grants that the restored journal does not know."""

from collections.abc import Iterable

from schemas.codes import Problem
from schemas.entries.company import EpochBegan, GrantReturned
from schemas.entries.shapes import Grant
from server import keys
from server.inbox import Writer
from server.problems import ProblemError
from server.writes import settings, write
from sync.chain import b64, hash_of
from sync.decide import SYSTEM
from sync.reading import envelope_of


def begin_epoch(
    writer: Writer, position: int, h: str, backup_at: str = "", by: str = SYSTEM, *, at_least: int = 0
) -> int:
    """Write that the journal was restored up to `position`, where its running hash was `h` (base64url), and that a new
    epoch begins; returns it. at_least: where a server that was lost is known to have had a later epoch than the backup
    (a second restore of one backup), the one after that."""
    epoch = max(settings(writer.state()).epoch + 1, at_least)
    write(writer, "epoch_began", EpochBegan(epoch, position, h, backup_at), by)
    return epoch


def signed_by_us(grant: Grant, spkis: Iterable[str]) -> bool:
    """Whether one of the server's sign keys, retired ones too, made the grant, and its body is the one it signed."""
    raw = grant.envelope.encode()
    envelope = envelope_of(raw)
    whole = envelope is not None and envelope.body_hash == b64(hash_of(grant.body.encode()))
    return whole and any(keys.verify(spki, raw, grant.sig) for spki in spkis)


class NotTaken(Exception):
    """The rules refuse a grant; raised so that the task is rolled back. why: a flag."""

    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.why = why


def take_back(writer: Writer, grant: Grant) -> None:
    """Give a grant its effect again; NotTaken where it has it already or may not have it."""
    try:
        write(writer, "grant_returned", GrantReturned(grant))
    except ProblemError as problem:
        if problem.code != Problem.REFUSED:
            raise
        raise NotTaken(problem.facts["flags"][0]) from problem
