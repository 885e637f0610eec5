"""What all commands share: where a company is, how to talk to people, how to stop."""

import dataclasses
import json
from contextlib import ExitStack
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import httpx
import typer
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from server.cli.client import ServerSilent
from server.company import OpenCompany
from server.notify.senders import senders_of
from server.notify.sending import BadSender
from server.settings import Settings
from server.store.opening import (
    CompanyInUse,
    CompanyMoved,
    NoCompany,
    readers_of,
)
from server.store.port import StoreAway
from server.store.postgres import BadAddress

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


class Format(StrEnum):
    TABLE = "table"
    JSON = "json"
    CSV = "csv"


def settings_of(data: Path | None, database: str = "") -> Settings:
    settings = Settings.from_environment()
    settings = dataclasses.replace(settings, data=data or settings.data, database_url=database or settings.database_url)
    try:
        readers_of(settings)
        senders_of(settings)
    except (BadAddress, BadSender) as fault:
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


def open_company(settings: Settings, *, alone: bool = False) -> OpenCompany:
    """The company, with a bar for as long as it is made anew for this version."""
    with ExitStack() as shown:
        progress = bar()
        task = progress.add_task("making the company anew for this version")

        def anew(done: int, entries: int) -> None:
            if not progress.live.is_started:
                shown.enter_context(progress)
            progress.update(task, completed=done, total=entries)

        return OpenCompany(settings, alone=alone, anew=anew)


def check(answer: httpx.Response) -> None:
    """End with the problem's own words when the answer is one."""
    if answer.status_code < 400:
        return
    answer.read()
    try:
        problem = answer.json()
    except json.JSONDecodeError:
        raise stop(f"the server answered {answer.status_code}") from None
    raise stop(f"{problem.get('detail') or problem.get('title')}")
