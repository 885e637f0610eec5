"""sanad serve | demo | import | hand-in | report | rebuild | verify | recovery | backup | restore | copy | enrol"""

import contextlib
import csv
import dataclasses
import io
import json
import sys
from contextlib import closing
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import httpx
import msgspec
import qrcode
import typer
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from server import recovery
from server.backup import NoBackup, NoRecoveryKey, write_backup
from server.cli.client import ServerSilent, client
from server.cli.serving import AddressTaken, serve_company
from server.company import OpenCompany, now
from server.copying import CopyDiffers, TargetTaken, copy_company, rows_of
from server.demo import demo_of, make_demo, plan_today, today
from server.ids import new_code
from server.replay import digest, rejudge
from server.replay import rebuild as rebuild_projections
from server.reports.restored import after_restore
from server.restore import CompanyExists, NotSound
from server.restore import restore as restore_company
from server.settings import Settings
from server.store.opening import (
    CompanyInUse,
    CompanyMoved,
    NoCompany,
    exists,
    open_shelf,
    open_store,
    place_of,
    readers_of,
)
from server.store.port import StoreAway
from server.store.postgres import BadAddress
from server.store.secrets import Code, keep_code, keep_meta, meta_of
from server.verify import verify as verify_company
from server.writes import expires
from sync.money import format_amount

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="Sanad (سند): field collection that loses nothing.",
)
importing = typer.Typer(no_args_is_help=True, help="Bring in customers and open items from an ERP's file.")
reporting = typer.Typer(no_args_is_help=True, help="Reports as tables, JSON or CSV.")
app.add_typer(importing, name="import")
app.add_typer(reporting, name="report")
out = Console(highlight=False)
err = Console(stderr=True, highlight=False)

Data = Annotated[Path | None, typer.Option("--data", help="Folder of the company; else SANAD_DATA, else ./data.")]
Database = Annotated[
    str,
    typer.Option(
        "--database-url",
        help="A company in PostgreSQL, postgresql://user@host/database?schema=name; else SANAD_DATABASE_URL.",
    ),
]
FAULTS = (NoCompany, CompanyInUse, CompanyMoved, ServerSilent, StoreAway)
"""Why a company cannot be opened; each says it in words for people."""
REFUSALS_SHOWN = 50


class Dates(StrEnum):
    DAY_FIRST = "day-first"
    MONTH_FIRST = "month-first"
    ISO = "iso"


class Format(StrEnum):
    TABLE = "table"
    JSON = "json"
    CSV = "csv"


def settings_of(data: Path | None, database: str = "") -> Settings:
    settings = Settings.from_environment()
    settings = dataclasses.replace(settings, data=data or settings.data, database_url=database or settings.database_url)
    try:
        readers_of(settings)
    except BadAddress as fault:
        raise stop(str(fault)) from fault
    return settings


def stop(text: str) -> typer.Exit:
    """Say what is wrong and end with 1."""
    err.print(f"[bold red]sanad:[/] {escape(text)}")
    return typer.Exit(1)


def bar() -> Progress:
    return Progress(
        TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn(), console=err
    )


# ---- serving


@app.command()
def serve(
    data: Data = None,
    database: Database = "",
    host: str | None = None,
    port: int | None = None,
    cold_press: Annotated[bool, typer.Option("--cold-press", help="Load the fonts with the first paper only.")] = False,
) -> None:
    """Serve the company to phones and desks."""
    settings = settings_of(data, database)
    settings = dataclasses.replace(settings, host=host or settings.host, port=port or settings.port)
    try:
        company = OpenCompany(settings)
    except FAULTS as fault:
        raise stop(str(fault)) from fault
    try:
        serve_company(company, lambda address: out.print(f"Sanad serves at {address}"), warm=not cold_press)
    except AddressTaken as fault:
        raise stop(str(fault)) from fault


@app.command()
def demo(
    data: Data = None,
    database: Database = "",
    serve_it: Annotated[bool, typer.Option("--serve", help="Serve it and say how to log in.")] = False,
    host: str | None = None,
    port: int | None = None,
) -> None:
    """Make a demo company on first start: 3 collectors, 2 cashiers, 1 supervisor, 300 customers, 1,500 open items."""
    settings = settings_of(data, database)
    settings = dataclasses.replace(settings, host=host or settings.host, port=port or settings.port)
    try:
        if exists(settings):
            company = OpenCompany(settings)
            plan_today(company)
        else:
            with err.status("Making the demo company …"):
                company = make_demo(settings)
            out.print(f"A demo company was made in {place_of(settings)}")
            _show_passphrase(company)
    except FAULTS as fault:
        raise stop(str(fault)) from fault
    if not serve_it:
        company.close()
        return
    codes = _demo_codes(company)
    try:
        serve_company(company, lambda address: _greet(company, address, codes))
    except AddressTaken as fault:
        raise stop(str(fault)) from fault


def _demo_codes(company: OpenCompany) -> list[tuple[str, str, str]]:
    """(who, role, code): a fresh one-time code for each collector's phone and each branch's counting desk."""
    demo_facts = demo_of(company.settings, today(company.clock()))
    wanted = [(user.name, "phone", user.user, user.branch) for user in demo_facts.users if user.role == "collector"]
    wanted += [(branch.name, "desk", "", branch.branch) for branch in demo_facts.company.branches]
    made: list[tuple[str, str, str]] = []
    for who, purpose, user, branch in wanted:
        code = new_code()
        kept = Code(code, purpose, user, branch, expires(company.clock()), "system")
        company.run_now(lambda _, kept=kept: keep_code(company.store, kept))  # type: ignore[misc]
        made.append((who, purpose, code))
    return made


def _greet(company: OpenCompany, address: str, codes: list[tuple[str, str, str]]) -> None:
    settings = company.settings
    public = settings.base_url or address.replace("127.0.0.1", "localhost")
    out.print(f"\n[bold]Sanad (demo) serves at {public}[/]\n")
    demo_facts = demo_of(settings, today(company.clock()))
    logins = Table("role", "name", "login", "password", title="At a desk: open the address and log in")
    for user in demo_facts.users:
        if user.login in demo_facts.passwords:
            logins.add_row(user.role, user.name, user.login, demo_facts.passwords[user.login])
    out.print(logins)
    devices = Table(
        "who", "for", "open", title="Phones and counting desks: open the link once, or type the 8 characters"
    )
    for who, purpose, code in codes:
        devices.add_row(who, purpose, f"{public}/enrol#{code}")
    out.print(devices)
    out.print("A cashier counts on an enrolled desk: open a desk's link first, then log in there as the cashier.\n")
    if public.startswith("https://"):
        code_picture = qrcode.QRCode(border=1)
        code_picture.add_data(f"{public}/enrol#{codes[0][2]}")
        out.print(f"A phone: scan this to become {codes[0][0]}'s")
        code_picture.print_ascii(out=sys.stdout)
    else:
        out.print(
            "A real phone needs a secure context. Over USB:  "
            f"[bold]adb reverse tcp:{settings.port} tcp:{settings.port}[/]  then open http://localhost:{settings.port}"
            " on the phone.\nOver the network: put TLS in front and set SANAD_BASE_URL (docker-compose.yml does it).\n"
        )
    sys.stdout.flush()


# ---- imports


def _import(subject: str, file: Path, settings: Settings, mapping: Path | None, parameters: dict[str, Any]) -> None:
    try:
        raw = file.read_bytes()
        parameters["mapping"] = mapping.read_text("utf-8") if mapping else ""
    except OSError as fault:
        raise stop(f"{fault.filename}: {fault.strerror}") from fault
    sent = {key: str(value).lower() if isinstance(value, bool) else str(value)
            for key, value in parameters.items() if value not in (None, "")}  # fmt: skip
    try:
        with (
            client(settings) as http,
            bar() as progress,
            http.stream(
                "POST",
                f"/api/v1/imports/{subject}",
                params={"name": file.name, **sent},
                content=raw,
                headers={"Accept": "application/x-ndjson", "Content-Type": "application/octet-stream"},
            ) as answer,
        ):
            _check(answer)
            report = _follow(answer, progress, subject)
    except FAULTS as fault:
        raise stop(str(fault)) from fault
    _print_import(report)


def _follow(answer: httpx.Response, progress: Progress, subject: str) -> dict[str, Any]:
    if answer.headers.get("content-type", "").startswith("application/json"):
        answer.read()
        report: dict[str, Any] = answer.json()
        return report
    report = {}
    task = progress.add_task(f"importing {subject}", total=None)
    for line in answer.iter_lines():
        if line:
            report = json.loads(line)
            if "of" in report:
                progress.update(task, completed=report["done"], total=report["of"])
    return report


def _check(answer: httpx.Response) -> None:
    """End with the problem's own words when the answer is one."""
    if answer.status_code < 400:
        return
    answer.read()
    try:
        problem = answer.json()
    except json.JSONDecodeError:
        raise stop(f"the server answered {answer.status_code}") from None
    raise stop(f"{problem.get('detail') or problem.get('title')}")


def _print_import(report: dict[str, Any]) -> None:
    where = report["encoding"] + (f", {report['delimiter']!r}" if report["delimiter"] else "")
    out.print(escape(f"{report['file']} ({where})"))
    columns = Table("column of the file", "read as", title="Columns")
    for column, field in report["columns"].items():
        columns.add_row(escape(column), field)
    out.print(columns)
    would = "would be" if report.get("dry_run") else "were"
    out.print(
        f"{report['rows']} rows: {report['new']} new, {report['changed']} changed, {report['same']} the same; "
        f"{report['new'] + report['changed']} {would} written in {report.get('entries', 0)} entries"
    )
    rejected = report["rejected"]
    if rejected:
        table = Table("line", "column", "value", "why", title=f"{len(rejected)} lines were not imported")
        for row in rejected[:REFUSALS_SHOWN]:
            table.add_row(str(row["line"]), *(escape(row[name]) for name in ("column", "value", "text")))
        out.print(table)
        if len(rejected) > REFUSALS_SHOWN:
            out.print(f"… and {len(rejected) - REFUSALS_SHOWN} more")


Mapping = Annotated[Path | None, typer.Option("--map", help="TOML file that names the columns.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Read and report, write nothing.")]
Encoding = Annotated[str, typer.Option(help="utf-8, utf-16, cp1256 …; found out when not given.")]
Delimiter = Annotated[str, typer.Option(help="One character; found out when not given.")]


@importing.command()
def customers(
    file: Path,
    data: Data = None,
    database: Database = "",
    mapping: Mapping = None,
    currency: Annotated[str, typer.Option(help="Of customers whose row names none.")] = "",
    dry_run: DryRun = False,
    encoding: Encoding = "",
    delimiter: Delimiter = "",
    header_line: int | None = None,
) -> None:
    """Customers from CSV, TSV or XLSX. The same file twice changes nothing."""
    parameters = {"currency": currency, "dry_run": dry_run, "encoding": encoding, "delimiter": delimiter}
    _import("customers", file, settings_of(data, database), mapping, {**parameters, "header_line": header_line})


@importing.command()
def items(
    file: Path,
    data: Data = None,
    database: Database = "",
    mapping: Mapping = None,
    currency: Annotated[str, typer.Option(help="Of items whose row names none.")] = "",
    dates: Annotated[Dates | None, typer.Option(help="Order of day and month in the file's dates.")] = None,
    decimal: Annotated[str, typer.Option(help="Decimal mark of the file: . or ,")] = "",
    amount: Annotated[str, typer.Option(help="What a lone amount column is: original or open.")] = "",
    terms_days: Annotated[
        int | None, typer.Option(help="Due so many days after the date where no due date is.")
    ] = None,
    as_of: Annotated[datetime | None, typer.Option(formats=["%Y-%m-%d"], help="Day that the file speaks of.")] = None,
    opening: Annotated[
        bool, typer.Option("--opening", help="Open amounts include nothing that Sanad collected.")
    ] = False,
    until: Annotated[int | None, typer.Option(help="Last journal position that the open amounts include.")] = None,
    dry_run: DryRun = False,
    encoding: Encoding = "",
    delimiter: Delimiter = "",
    header_line: int | None = None,
) -> None:
    """Open items from CSV, TSV or XLSX. A collection is never subtracted twice."""
    parameters: dict[str, Any] = {
        "currency": currency,
        "dates": dates.value if dates else "",
        "decimal": decimal,
        "amount": amount,
        "terms_days": terms_days,
        "as_of": as_of.date().isoformat() if as_of else "",
        "opening": opening,
        "until": until,
        "dry_run": dry_run,
        "encoding": encoding,
        "delimiter": delimiter,
        "header_line": header_line,
    }
    _import("items", file, settings_of(data, database), mapping, parameters)


# ---- rescue files


@app.command(name="hand-in")
def hand_in(files: Annotated[list[Path], typer.Argument(help="Rescue files from phones.")], data: Data = None) -> None:
    """Hand in rescue files. A file handed in twice changes nothing; ends with 1 when something was not taken."""
    whole = True
    try:
        with client(settings_of(data)) as http:
            for file in files:
                try:
                    raw = file.read_bytes()
                except OSError as fault:
                    raise stop(f"{fault.filename}: {fault.strerror}") from fault
                answer = http.post("/api/v1/sync/rescue", content=raw, headers={"Content-Type": "application/json"})
                if answer.status_code >= 400:
                    problem = answer.json()
                    err.print(
                        f"[bold red]{escape(str(file))}:[/] {problem['code']}: {escape(problem.get('detail', ''))}"
                    )
                    whole = False
                    continue
                whole = _print_rescued(file, answer.json()) and whole
    except (NoCompany, ServerSilent) as fault:
        raise stop(str(fault)) from fault
    if not whole:
        raise typer.Exit(1)


def _print_rescued(file: Path, rescued: dict[str, Any]) -> bool:
    """Whether all of the file was taken."""
    whole = True
    for push in rescued["pushes"]:
        who = " ".join(word for word in (push.get("code", ""), push.get("name", "")) if word) or push["device"]
        if push.get("problem"):
            whole = False
            err.print(f"[bold red]{escape(str(file))}:[/] {escape(who)}: {push['entries']} entries were not taken:"
                      f" {push['problem']} {push.get('facts') or ''}")  # fmt: skip
            continue
        verdicts = ", ".join(f"{count} {verdict}" for verdict, count in push.get("verdicts", {}).items())
        out.print(escape(f"{file}: {who}: {push['entries']} entries, {push.get('new', 0)} of them new ({verdicts})"))
        if push.get("vouchers"):
            table = Table("voucher", "written at", "amounts", "verdict", "flags")
            for voucher in push["vouchers"]:
                amounts = ", ".join(
                    f"{format_amount(total['amount'], total['currency'], language='en')} {total['method']}"
                    for total in voucher.get("totals", [])
                )
                table.add_row(voucher["number"], voucher["at"], amounts, voucher["verdict"],
                              ", ".join(voucher.get("flags", [])))  # fmt: skip
            out.print(table)
    return whole


# ---- reports


@reporting.command()
def aging(
    data: Data = None,
    database: Database = "",
    as_of: Annotated[datetime | None, typer.Option(formats=["%Y-%m-%d"], help="Today when not given.")] = None,
    age_by: Annotated[str, typer.Option(help="due or document.")] = "due",
    basis: Annotated[str, typer.Option(help="posting (closed days never change) or document (marked).")] = "posting",
    buckets: Annotated[str, typer.Option(help="Last day of each bucket.")] = "30,60,90",
    format_: Annotated[Format, typer.Option("--format")] = Format.TABLE,
) -> None:
    """Open amounts by age, per customer and currency; credits in a column of their own."""
    query = {"age_by": age_by, "basis": basis, "buckets": buckets}
    if as_of:
        query["as_of"] = as_of.date().isoformat()
    try:
        with client(settings_of(data, database)) as http:
            answer = http.get("/api/v1/reports/aging", params=query)
            _check(answer)
            report = answer.json()
    except FAULTS as fault:
        raise stop(str(fault)) from fault
    if format_ == Format.JSON:
        sys.stdout.write(json.dumps(report, ensure_ascii=False, indent=1) + "\n")
    elif format_ == Format.CSV:
        sys.stdout.write(_aging_csv(report))
    else:
        _print_aging(report)


def _aging_csv(report: dict[str, Any]) -> str:
    text = io.StringIO()
    sheet = csv.writer(text)
    sheet.writerow(["code", "name", "currency", *report["labels"], "credits", "owed", "overdue", "net"])
    for row in report["customers"]:
        amounts = [row["buckets"][label] for label in report["labels"]]
        sheet.writerow([row["code"], row["name"], row["currency"],
                        *(_plain(a, row["currency"]) for a in
                          (*amounts, row["credits"], row["owed"], row["overdue"], row["net"]))])  # fmt: skip
    return text.getvalue()


def _plain(amount: int, currency: str) -> str:
    return format_amount(amount, currency, language="en", number_only=True).replace("−", "-")


def _print_aging(report: dict[str, Any]) -> None:
    marked = "" if report["basis"] == "posting" else " — by the dates of the papers, not by posting day"
    table = Table("customer", "currency", *report["labels"], "credits", "net",
                  title=f"Ageing as of {report['as_of']}{marked}")  # fmt: skip
    for row in report["customers"]:
        amounts = [row["buckets"][label] for label in report["labels"]] + [row["credits"], row["net"]]
        table.add_row(
            escape(f"{row['code']} {row['name']}"), row["currency"], *(_plain(a, row["currency"]) for a in amounts)
        )
    for currency, row in report["totals"].items():
        amounts = [row["buckets"][label] for label in report["labels"]] + [row["credits"], row["net"]]
        table.add_row("total", currency, *(_plain(a, currency) for a in amounts), style="bold")
    out.print(table)


# ---- keeping the house in order


@app.command()
def rebuild(data: Data = None, database: Database = "") -> None:
    """Drop all projections and play the journal again, to the same bytes."""
    settings = settings_of(data, database)
    try:
        company = OpenCompany(settings, alone=True)
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
def new_recovery(data: Data = None) -> None:
    """Make a recovery key and show its passphrase, once. Backups made from now on open with it, and with it alone."""
    try:
        company = OpenCompany(settings_of(data))
    except (NoCompany, CompanyInUse) as fault:
        raise stop(str(fault)) from fault
    try:
        _show_passphrase(company)
    finally:
        company.close()


def _show_passphrase(company: OpenCompany) -> None:
    passphrase = recovery.new_passphrase()
    made = recovery.make(passphrase)
    company.run_now(lambda writer: recovery.keep(writer.store, made))
    out.print(
        f"\nRecovery passphrase: [bold]{passphrase}[/]\n"
        "Write it down and keep it away from this machine. It is shown once; no backup can be restored without it.\n"
    )


@app.command()
def backup(file: Annotated[Path, typer.Argument(help="Where to write it.", dir_okay=False)], data: Data = None) -> None:
    """Write the whole company into one file, beside a running server, and read it back."""
    try:
        with bar() as progress:
            task = progress.add_task("backing up", total=None)
            made = write_backup(
                settings_of(data), file, now(), lambda done, total: progress.update(task, completed=done, total=total)
            )
    except (NoCompany, NoRecoveryKey, NoBackup, OSError) as fault:
        raise stop(str(fault)) from fault
    counted = ", ".join(f"{count} {name}" for name, count in made.counts.items() if name in ("journal", "attachment"))
    sealed = f"sealed at position {made.top.position} ({made.top.h.hex()[:16]})"
    out.print(f"{file}: {sealed}, read back and whole: {counted}")


@app.command()
def restore(
    file: Annotated[Path, typer.Argument(help="A backup.", exists=True, dir_okay=False)],
    data: Data = None,
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
                settings_of(data), file, passphrase, epoch=epoch,
                progress=lambda done, total: progress.update(task, completed=done, total=total),
            )  # fmt: skip
    except (NoBackup, recovery.WrongPassphrase, CompanyExists, CompanyInUse, NotSound, OSError) as fault:
        raise stop(str(fault)) from fault
    out.print(
        f"{made.position} entries restored and verified; epoch {made.epoch} has begun.\n"
        f"Phones and desks hand in again what they wrote since {made.made_at}. What the office did since then (imports,"
        " assignments, users, plans, approvals) must be done again: `sanad report restored` names it as phones report."
    )


@reporting.command("restored")
def restored(data: Data = None, format_: Annotated[Format, typer.Option("--format")] = Format.TABLE) -> None:
    """After a restore: the office's own work that must be done again."""
    try:
        shelf = open_shelf(settings_of(data))
    except NoCompany as fault:
        raise stop(str(fault)) from fault
    with contextlib.closing(shelf):
        found = after_restore(shelf)
    if found is None:
        raise stop("this company was never restored")
    if format_ == Format.JSON:
        sys.stdout.write(msgspec.json.format(msgspec.json.encode(found), indent=1).decode() + "\n")
        return
    if format_ == Format.CSV:
        text = io.StringIO()
        rows = csv.writer(text)
        rows.writerow(["flag", "todo", "what", "by", "entries"])
        rows.writerows([one.flag, one.todo, one.what, one.by, " ".join(map(str, one.positions))] for one in found.redo)
        sys.stdout.write(text.getvalue())
        return
    gone = f"Epoch {found.epoch}: the office's work from {found.backup_at} to {found.began_at} is gone"
    table = Table("to do", "what", "written by", "entries", title=gone)
    for one in found.redo:
        table.add_row(one.todo, escape(one.what), escape(one.by), ", ".join(map(str, one.positions[:5])))
    out.print(table)


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
            company = OpenCompany(settings, alone=True)
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


@app.command()
def enrol(
    login: Annotated[str, typer.Argument(help="Login of a collector; or a branch with --desk.")],
    data: Data = None,
    database: Database = "",
    desk: Annotated[bool, typer.Option("--desk", help="A code for a counting desk of the branch.")] = False,
) -> None:
    """A one-time enrolment code for a collector's phone or a branch's counting desk, as a QR code."""
    try:
        with client(settings_of(data, database)) as http:
            wish = {"purpose": "desk", "branch": login} if desk else {"purpose": "phone", "user": _user(http, login)}
            answer = http.post("/api/v1/enrolments", json=wish)
            _check(answer)
            made = answer.json()
    except FAULTS as fault:
        raise stop(str(fault)) from fault
    picture = qrcode.QRCode(border=1)
    picture.add_data(made["link"])
    picture.print_ascii(out=sys.stdout)
    out.print(f"{made['code']}  {made['link']}  until {made['expires_at']}")


def _user(http: httpx.Client, login: str) -> str:
    answer = http.get("/api/v1/users")
    _check(answer)
    for row in answer.json():
        if row["user"]["login"] == login.strip().lower():
            return str(row["user"]["id"])
    raise stop(f"no user has the login {login}")
