"""Makes the demo company: the generated facts of `demo_data`, written as a real company writes them."""

from dataclasses import replace
from datetime import date, datetime
from random import Random
from zoneinfo import ZoneInfo

import msgspec

from schemas.documents import Plan, Target
from schemas.entries.customers import CustomersUpserted, ItemsUpserted
from server.company import OpenCompany, now
from server.demo_data import Demo, demo_company
from server.identity.sessions import hash_password
from server.imports.rows import in_chunks
from server.inbox import Clock, Writer
from server.settings import Settings
from server.store.secrets import keep_credential
from server.writes import write
from sync.decide import SYSTEM

SEED = 20261122
ZONE = "Africa/Cairo"


def demo_of(settings: Settings, day: date) -> Demo:
    address = settings.base_url or f"http://localhost:{settings.port}"
    return demo_company(Random(SEED), day=day, address=address)  # noqa: S311 -- a demo wants the same names each time


def make_demo(settings: Settings, clock: Clock = now) -> OpenCompany:
    """A new demo company in the settings' folder, open."""
    demo = demo_of(settings, today(clock()))
    company = OpenCompany.create(settings, demo.company, clock)
    company.run_now(lambda writer: _people(writer, company, demo))
    bodies: list[tuple[str, msgspec.Struct]] = [
        *(("customers_upserted", CustomersUpserted(rows, "demo")) for rows in in_chunks(demo.customers)),
        *(("items_upserted", ItemsUpserted(rows, "demo")) for rows in in_chunks(demo.items)),
        *(("customers_assigned", body) for body in demo.assignments),
    ]
    for kind, body in bodies:
        company.run_now(lambda writer, kind=kind, body=body: write(writer, kind, body))  # type: ignore[misc]
    company.run_now(lambda writer: _plans(writer, demo))
    return company


def _people(writer: Writer, company: OpenCompany, demo: Demo) -> None:
    for user in demo.users:
        write(writer, "user_enrolled", user, SYSTEM)
        if user.login in demo.passwords:
            keep_credential(company.store, user.user, user.login, hash_password(demo.passwords[user.login]))


def _plans(writer: Writer, demo: Demo) -> None:
    for plan in demo.plans:
        if writer.state().get(Plan, f"{plan.user}|{plan.day}") is None:
            write(writer, "plan_set", plan)
    for target in demo.targets:
        if writer.state().get(Target, f"{target.user}|{target.month}|{target.currency}") is None:
            write(writer, "target_set", target)


def plan_today(company: OpenCompany) -> None:
    """A demo that is started again on a later day has something to do on that day too."""
    day = today(company.clock())
    demo = demo_of(company.settings, day)
    company.run_now(lambda writer: _plans(writer, replace(demo)))


def today(moment: datetime) -> date:
    return moment.astimezone(ZoneInfo(ZONE)).date()
