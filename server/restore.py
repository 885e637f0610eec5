"""Restore: a company made again from a backup, in a new epoch.

What came after the backup is not lost: every phone and desk keeps what it wrote and was granted until well after it was
acknowledged, and offers all of it again when it meets a new epoch. What only the server wrote is gone and must be done
again; `server.reports.restored` names it.
"""

from dataclasses import dataclass
from pathlib import Path

from server.attachments import put_away
from server.backup import OPEN, SECRET, Checked, Progress, read, secrets_of, tables_of
from server.company import OpenCompany
from server.recovery import unlock
from server.replay import rebuild
from server.settings import Settings
from server.store.opening import open_shelf, open_store
from server.store.port import Store
from server.store.secrets import RESTORING, forget_meta, keep_meta, meta_of
from server.verify import verify
from sync.chain import b64


class CompanyExists(RuntimeError):
    """A restore never writes over a company."""

    def __init__(self, place: str) -> None:
        super().__init__(f"there is a company in {place} already; restore into an empty place, and move it aside first")


class NotSound(RuntimeError):
    """What the backup holds does not add up; nothing serves it."""


@dataclass(frozen=True, slots=True)
class Restored:
    """position: where the restored journal ended. epoch: the one that has begun."""

    position: int
    epoch: int
    made_at: str


def restore(
    settings: Settings, path: Path, passphrase: str, *, epoch: int = 0, progress: Progress = lambda *_: None
) -> Restored:
    """Make the company again where there is none. epoch: at least this one, when the same backup was restored before.

    NoBackup, WrongPassphrase and CompanyExists come before anything is written. A restore that is interrupted leaves a
    place that nothing serves, and can simply be run again.
    """
    checked = read(path)
    secrets = secrets_of(checked.top, unlock(checked.top.recovery, passphrase))
    store = open_store(settings, new=True)
    try:
        if meta_of(store, "company") and not meta_of(store, RESTORING):
            raise CompanyExists(str(settings.database_url or settings.data))
        _fill(store, settings, checked, secrets, progress)
    finally:
        store.close()
    _project(settings, checked, progress)
    return _begin(settings, checked, epoch)


def _fill(
    store: Store, settings: Settings, checked: Checked, secrets: dict[str, list[list[object]]], progress: Progress
) -> None:
    done = 0
    store.begin()
    try:
        store.drop_projections()
        for table in (*OPEN, *SECRET):
            store.execute(f"DELETE FROM {table}")  # noqa: S608 -- our own names
        for table in SECRET:
            store.fill(table, secrets[table])
        # Whose turn it was to tell customers was said by a server that is gone.
        store.execute("DELETE FROM meta WHERE key LIKE 'notify!_%' ESCAPE '!'")
        keep_meta(store, RESTORING, checked.top.made_at)
        for table, rows in tables_of(checked.path):
            if table == "attachment":
                put_away(settings.attachments, *rows)
                continue
            store.fill(table, rows)
            if table == "journal":
                done += len(rows)
                progress(done, checked.top.position)
        store.commit()
    except BaseException:
        store.rollback()
        raise


def _project(settings: Settings, checked: Checked, progress: Progress) -> None:
    """Make the projections again and check all that `sanad verify` checks."""
    store = open_store(settings)
    try:
        rebuild(store, checked.top.company, lambda done: progress(done, checked.top.position))
    finally:
        store.close()
    shelf = open_shelf(settings)
    try:
        fault = next(verify(shelf), None)
    finally:
        shelf.close()
    if fault is not None:
        raise NotSound(f"the backup was whole, but what it holds is not: {fault}")


def _begin(settings: Settings, checked: Checked, at_least: int) -> Restored:
    """The new epoch, and with it the company may be served."""
    top = checked.top
    company = OpenCompany(settings, restoring=True)
    try:
        number = company.begin_epoch(top.position, b64(top.h), top.made_at, at_least=at_least)
        company.run_now(lambda writer: forget_meta(writer.store, RESTORING))
    finally:
        company.close()
    return Restored(top.position, number, top.made_at)
