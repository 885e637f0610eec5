"""Keeping the house in order: sanad rebuild | verify | copy | recovery | backup | restore"""

from contextlib import closing
from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape

from server import recovery
from server.backup import NoBackup, NoRecoveryKey, write_backup
from server.cli.console import FAULTS, Data, Database, app, bar, open_company, out, settings_of, stop
from server.company import OpenCompany, now
from server.copying import CopyDiffers, TargetTaken, copy_company, rows_of
from server.replay import digest, rejudge
from server.replay import rebuild as rebuild_projections
from server.restore import CompanyExists, NotSound
from server.restore import restore as restore_company
from server.store.opening import (
    CompanyMoved,
    open_shelf,
    open_store,
    place_of,
)
from server.store.secrets import keep_meta, meta_of
from server.verify import verify as verify_company


@app.command()
def rebuild(data: Data = None, database: Database = "") -> None:
    """Drop all projections and play the journal again, to the same bytes."""
    settings = settings_of(data, database)
    try:
        company = open_company(settings, alone=True)
    except FAULTS as fault:
        raise stop(str(fault)) from fault
    company.inbox.stop()
    store = company.store
    before = digest(store)
    with bar() as progress:
        task = progress.add_task("rebuilding", total=store.tip()[0])
        done = rebuild_projections(store, company.id, lambda n: progress.update(task, completed=n))
    after = digest(store)
    company.close()
    if before != after:
        out.print(f"{done} entries replayed; the projections differed from the journal and have been made anew")
        return
    out.print(f"{done} entries replayed to the same bytes ({after[:16]})")


@app.command("recovery")
def new_recovery(data: Data = None, database: Database = "") -> None:
    """Make a recovery key and show its passphrase, once. Backups made from now on open with it, and with it alone."""
    try:
        company = open_company(settings_of(data, database))
    except FAULTS as fault:
        raise stop(str(fault)) from fault
    try:
        show_passphrase(company)
    finally:
        company.close()


def show_passphrase(company: OpenCompany) -> None:
    passphrase = recovery.new_passphrase()
    made = recovery.make(passphrase)
    company.run_now(lambda writer: recovery.keep(writer.store, made))
    out.print(
        f"\nRecovery passphrase: [bold]{passphrase}[/]\n"
        "Write it down and keep it away from this machine. It is shown once; no backup can be restored without it.\n"
    )


@app.command()
def backup(
    file: Annotated[Path, typer.Argument(help="Where to write it.", dir_okay=False)],
    data: Data = None,
    database: Database = "",
) -> None:
    """Write the whole company into one file, beside a running server, and read it back."""
    try:
        with bar() as progress:
            task = progress.add_task("backing up", total=None)
            made = write_backup(
                settings_of(data, database),
                file,
                now(),
                lambda done, total: progress.update(task, completed=done, total=total),
            )
    except (*FAULTS, NoRecoveryKey, NoBackup, OSError) as fault:
        raise stop(str(fault)) from fault
    counted = ", ".join(f"{count} {name}" for name, count in made.counts.items() if name in ("journal", "attachment"))
    sealed = f"sealed at position {made.top.position} ({made.top.h.hex()[:16]})"
    out.print(f"{file}: {sealed}, read back and whole: {counted}")


@app.command()
def restore(
    file: Annotated[Path, typer.Argument(help="A backup.", exists=True, dir_okay=False)],
    data: Data = None,
    database: Database = "",
    epoch: Annotated[int, typer.Option(help="Higher than any epoch that phones have seen: for a second restore.")] = 0,
    passphrase_file: Annotated[
        Path | None, typer.Option(help="Holds the recovery passphrase; it is asked for when not given.", exists=True)
    ] = None,
) -> None:
    """Make the company again from a backup, in a new epoch, where there is none."""
    passphrase = passphrase_file.read_text("utf-8") if passphrase_file else typer.prompt("Recovery passphrase")
    try:
        with bar() as progress:
            task = progress.add_task("restoring", total=None)
            made = restore_company(
                settings_of(data, database), file, passphrase, epoch=epoch,
                progress=lambda done, total: progress.update(task, completed=done, total=total),
            )  # fmt: skip
    except (*FAULTS, NoBackup, recovery.WrongPassphrase, CompanyExists, NotSound, OSError) as fault:
        raise stop(str(fault)) from fault
    out.print(
        f"{made.position} entries restored and verified; epoch {made.epoch} has begun.\n"
        f"Phones and desks hand in again what they wrote since {made.made_at}. What the office did since then (imports,"
        " assignments, users, plans, approvals) must be done again: `sanad report restored` names it as phones report."
    )


@app.command()
def verify(
    data: Data = None,
    database: Database = "",
    rejudge_too: Annotated[bool, typer.Option("--rejudge", help="Also say where today's rules would differ.")] = False,
) -> None:
    """Check every chain, every book and the conservation of money. Ends with 1 at the first fault, naming it."""
    settings = settings_of(data, database)
    try:
        db = open_shelf(settings)
    except FAULTS as fault:
        raise stop(str(fault)) from fault
    total = db.select("SELECT count(*) FROM journal")[0][0]
    with bar() as progress:
        task = progress.add_task("verifying", total=total)
        found = next(verify_company(db, lambda n: progress.update(task, completed=n)), None)
    db.close()
    if found is not None:
        raise stop(str(found))
    out.print(f"{total} entries: chains, signatures, books and money add up")
    if rejudge_too:
        try:
            company = open_company(settings, alone=True)
        except FAULTS as error:
            raise stop(str(error)) from error
        company.inbox.stop()
        for difference in rejudge(company.store, company.id):
            out.print(f"position {difference.position}: {difference.stamped} → {difference.today}")
        company.close()


@app.command()
def copy(
    to: Annotated[str, typer.Option("--to", help="The database: postgresql://user@host/database?schema=name.")],
    data: Data = None,
    database: Database = "",
) -> None:
    """Move the company into a PostgreSQL database, checked before it counts. The old one stays, and opens no more."""
    settings = settings_of(data, database)
    there = settings_of(data, to)
    try:
        with closing(open_store(settings, alone=True)) as source, closing(open_store(there, new=True)) as target:
            if moved := meta_of(source, "moved_to"):
                raise CompanyMoved(place_of(settings), moved)
            total = rows_of(source)
            with bar() as progress:
                rows = progress.add_task("copying rows", total=total)
                entries = progress.add_task("verifying entries", total=source.tip()[0])
                position, h = copy_company(
                    source,
                    target,
                    lambda n: progress.update(rows, completed=n),
                    lambda n: progress.update(entries, completed=n),
                )
            source.begin()
            keep_meta(source, "moved_to", place_of(there))
            source.commit()
    except TargetTaken as fault:
        raise stop(f"{place_of(there)}: {fault}") from fault
    except (*FAULTS, CopyDiffers) as fault:
        raise stop(str(fault)) from fault
    out.print(escape(f"{position} entries are now in {place_of(there)}; running hash {h.hex()[:16]} as before"))
