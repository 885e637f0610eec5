"""Reports: sanad report aging | restored"""

import contextlib
import csv
import io
import json
import sys
from datetime import datetime
from typing import Annotated, Any

import msgspec
import typer
from rich.markup import escape
from rich.table import Table

from server.cli.client import client
from server.cli.console import (
    FAULTS,
    Data,
    Database,
    Format,
    check,
    out,
    reporting,
    settings_of,
    stop,
)
from server.reports.restored import after_restore
from server.store.opening import (
    open_shelf,
)
from sync.money import format_amount


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
            check(answer)
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


@reporting.command("restored")
def restored(
    data: Data = None,
    database: Database = "",
    format_: Annotated[Format, typer.Option("--format")] = Format.TABLE,
) -> None:
    """After a restore: the office's own work that must be done again."""
    try:
        shelf = open_shelf(settings_of(data, database))
    except FAULTS as fault:
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
