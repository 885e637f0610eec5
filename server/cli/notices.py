"""Telling customers of their vouchers: sanad notify"""

from enum import StrEnum
from typing import Annotated

import typer
from rich.markup import escape
from rich.table import Table

from schemas.entries.notices import Channel
from server.cli.client import client
from server.cli.console import FAULTS, Data, Database, app, check, out, settings_of, stop
from server.notify.gateway import Gateway
from server.notify.mail import Mail, trial
from server.notify.senders import senders_of
from server.notify.sending import CannotTell, Sender


class Way(StrEnum):
    EMAIL = "email"
    MESSAGE = "message"


@app.command()
def notify(
    data: Data = None,
    database: Database = "",
    on: Annotated[list[Way] | None, typer.Option("--on", help="May be said twice. What is not named is off.")] = None,
    off: Annotated[bool, typer.Option("--off", help="Tell customers nothing from now on.")] = False,
    hours: Annotated[int, typer.Option(help="How long one message is tried; 72 at first.")] = 0,
    test: Annotated[str, typer.Option(help="Send a trial message to this e-mail address or telephone number.")] = "",
) -> None:
    """Show, or change, how customers are told that a voucher has come, was voided or reversed."""
    settings = settings_of(data, database)
    if test:
        _try(senders_of(settings), test)
        return
    try:
        with client(settings) as http:
            answer = http.get("/api/v1/notices")
            check(answer)
            if on or off or hours:
                before = [way["channel"] for way in answer.json()["ways"] if way["on"]]
                wish = {"channels": [] if off else on or before, "hours": hours}
                answer = http.put("/api/v1/notices", json=wish)
                check(answer)
            stands = answer.json()
    except FAULTS as fault:
        raise stop(str(fault)) from fault
    table = Table("way", "on", "set up here", "waiting", "since", "trouble", title="Telling customers")
    for way in stands["ways"]:
        table.add_row(
            way["channel"], "yes" if way["on"] else "no", "yes" if way["able"] else "no", str(way.get("waiting", 0)),
            way.get("since", ""), escape(way.get("trouble", "")),
        )  # fmt: skip
    out.print(table)
    out.print(f"Each message is tried for {stands['hours']} hours.")
    variable = {"email": "SANAD_SMTP_URL", "message": "SANAD_NOTIFY_URLS"}
    for way in stands["ways"]:
        if way["on"] and not way["able"]:
            out.print(f"{way['channel']} is on, and the process that answered has no {variable[way['channel']]}.")


def _try(senders: dict[Channel, Sender], to: str) -> None:
    wanted: Channel = "email" if "@" in to else "message"
    sender = senders.get(wanted)
    try:
        if isinstance(sender, Mail):
            sender.post(trial(sender.server, to))
            sender.rest()
        elif isinstance(sender, Gateway):
            sender.post(to, "سند: رسالة تجربة.\nSanad: a trial message.")
        else:
            name = "SANAD_SMTP_URL" if wanted == "email" else "SANAD_NOTIFY_URLS"
            raise stop(f"{name} is not set here")
    except CannotTell as fault:
        raise stop(str(fault)) from fault
    out.print(f"taken, for {escape(to)}")
