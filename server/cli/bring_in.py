"""Bringing in an ERP's files and phones' rescue files: sanad import | hand-in"""

import json
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import httpx
import typer
from rich.markup import escape
from rich.progress import Progress
from rich.table import Table

from server.cli.client import client
from server.cli.console import FAULTS, Data, Database, app, bar, check, err, importing, out, settings_of, stop
from server.settings import Settings
from sync.money import format_amount

REFUSALS_SHOWN = 50


class Dates(StrEnum):
    DAY_FIRST = "day-first"
    MONTH_FIRST = "month-first"
    ISO = "iso"


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
            check(answer)
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


@app.command(name="hand-in")
def hand_in(
    files: Annotated[list[Path], typer.Argument(help="Rescue files from phones.")],
    data: Data = None,
    database: Database = "",
) -> None:
    """Hand in rescue files. A file handed in twice changes nothing; ends with 1 when something was not taken."""
    whole = True
    try:
        with client(settings_of(data, database)) as http:
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
    except FAULTS as fault:
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
