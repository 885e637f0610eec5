"""Serving a company, and letting devices in: sanad serve | demo | enrol"""

import dataclasses
import sys
from typing import Annotated

import httpx
import qrcode
import typer
from rich.table import Table

from server.cli.client import client
from server.cli.console import FAULTS, Data, Database, app, check, err, open_company, out, settings_of, stop
from server.cli.keep import show_passphrase
from server.cli.serving import AddressTaken, serve_company
from server.company import OpenCompany
from server.demo import demo_of, make_demo, plan_today, today
from server.ids import new_code
from server.store.opening import (
    exists,
    place_of,
)
from server.store.secrets import Code, keep_code
from server.writes import expires


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
        company = open_company(settings)
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
            company = open_company(settings)
            plan_today(company)
        else:
            with err.status("Making the demo company …"):
                company = make_demo(settings)
            out.print(f"A demo company was made in {place_of(settings)}")
            show_passphrase(company)
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
            check(answer)
            made = answer.json()
    except FAULTS as fault:
        raise stop(str(fault)) from fault
    picture = qrcode.QRCode(border=1)
    picture.add_data(made["link"])
    picture.print_ascii(out=sys.stdout)
    out.print(f"{made['code']}  {made['link']}  until {made['expires_at']}")


def _user(http: httpx.Client, login: str) -> str:
    answer = http.get("/api/v1/users")
    check(answer)
    for row in answer.json():
        if row["user"]["login"] == login.strip().lower():
            return str(row["user"]["id"])
    raise stop(f"no user has the login {login}")
