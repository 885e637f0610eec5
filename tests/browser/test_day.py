"""A collector's whole day without a network: what waits at the stops, the visits, and what the office gets of it."""

import json
import re
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from playwright.sync_api import expect

from schemas.entries.customers import ItemsUpserted, StatedCustomer, StatedItem
from schemas.entries.people import UserEnrolled
from schemas.entries.visits import TargetSet
from server.demo import demo_of, make_demo, today
from server.imports.ids import item_id
from server.keys import SigningKey
from server.settings import Settings
from server.writes import write
from tests.browser.conftest import Office, Opener, free_port
from tests.browser.pages import Pocket
from tests.phone import Phone


@dataclass
class Prepared:
    """A company on a day that has everything in it. stops: of the plan, in order. brought: put off to this day."""

    office: Office
    day: date
    stops: list[StatedCustomer]
    brought: StatedCustomer
    unplanned: StatedCustomer
    hany: UserEnrolled
    karim: UserEnrolled
    code: str


@pytest.fixture
def prepared(tmp_path: Path) -> Iterator[Prepared]:
    """At the first stop a cheque came back, two papers are to be delivered and a promise is due; one stop was put off
    to today; the month has a target. The collector's phone was changed for a new one this morning."""
    office = Office(tmp_path / "company", free_port())
    settings = Settings(data=office.folder, port=office.port)
    day = today(datetime.now(UTC))
    demo = demo_of(settings, day)
    mahmoud, hany, karim = demo.users[:3]
    plan = next(one for one in demo.plans if one.user == mahmoud.user)
    by_id = {one.customer: one for one in demo.customers}
    stops = [by_id[one] for one in plan.stops]
    own = {one for body in demo.assignments if body.collector == mahmoud.user for one in body.customers}
    brought, unplanned = [by_id[one] for one in sorted(own.difference(plan.stops)) if by_id[one].currency == "EGP"][:2]

    company = make_demo(settings)
    first = stops[0]
    due = day - timedelta(days=3)
    returned = StatedItem(
        item_id(company.id, first.code, "RC-1"),
        first.customer,
        "RC-1",
        "EGP",
        due,
        due,
        250_000,
        kind="returned_cheque",
    )
    invoices = [
        StatedItem(item_id(company.id, first.code, number), first.customer, number, "EGP", due, due, 1, to_deliver=True)
        for number in ("D-1", "D-2")
    ]
    company.run_now(lambda writer: write(writer, "items_upserted", ItemsUpserted([returned, *invoices], "test")))
    target = TargetSet(mahmoud.user, day.isoformat()[:7], "EGP", 10_000_00, 40)
    company.run_now(lambda writer: write(writer, "target_set", target))
    company.close()
    office.start()
    try:
        code = the_old_phone(office, mahmoud, first, brought, day)
        yield Prepared(office, day, stops, brought, unplanned, hany, karim, code)
    finally:
        office.stop()


def the_old_phone(
    office: Office, user: UserEnrolled, promised: StatedCustomer, brought: StatedCustomer, day: date
) -> str:
    """Writes what the collector's phone of yesterday wrote, and returns the code for the one that takes its place."""
    with httpx.Client(base_url=f"{office.address}/api/v1", timeout=30) as http:
        key = SigningKey.new("device")
        place = http.post(f"/enrolments/{office.codes[user.name]}", json={"public_key": key.spki}).json()
        phone = Phone(place["company"]["id"], place["device"]["id"], user.user, key, now=datetime.now(UTC))
        phone.write("chain_started", {"app": "test"})
        promise = {"customer": promised.customer, "currency": "EGP", "amount": 1_000_00, "date": day.isoformat()}
        phone.write("promise_made", promise)
        before = (day - timedelta(days=1)).isoformat()
        moved = {"customer": brought.customer, "day": before, "to": day.isoformat(), "reason": "asked"}
        phone.write("stop_moved", moved)
        http.post("/sync/push", content=phone.push(1)).raise_for_status()
        token = http.post("/session", json={"login": "tarek", "password": "tarek-demo-only"}).json()["token"]
        admin = {"Authorization": f"Bearer {token}"}
        made = http.post("/enrolments", headers=admin, json={"purpose": "phone", "user": user.user})
        made.raise_for_status()
        return str(made.json()["code"])


def test_a_day_without_a_network_is_told_whole(prepared: Prepared, open_browser: Opener) -> None:
    """Marks, a stop put off, visits joint and outside the plan, with a position and without, and a closed day all reach
    the office as they were written on the phone."""
    office, stops = prepared.office, prepared.stops
    phone = Pocket(open_browser("phone"), office.address)
    page = phone.page
    phone.enrol(prepared.code)
    phone.offline_ready()
    office.stop()
    page.context.set_offline(True)

    # What waits at the stops
    card = page.get_by_role("region", name="Next stop")
    expect(card).to_contain_text(stops[0].name)
    expect(card).to_contain_text("Returned cheque to resolve")
    expect(card).to_contain_text(re.compile(r"[23] documents to deliver"))
    expect(card).to_contain_text(re.compile(r"Promised today EGP.1,000\.00"))
    expect(page.get_by_role("button", name=re.compile(prepared.brought.name))).to_contain_text("Put off to today")
    expect(page.get_by_text(re.compile(r"EGP.0\.00 of 10,000 collected this month, 0%"))).to_be_visible()

    # Put off
    page.get_by_role("button", name=re.compile(re.escape(stops[2].name))).click()
    page.get_by_role("region", name=stops[2].name).get_by_role("button", name="Put off").click()
    page.get_by_role("radio", name=re.compile("Tomorrow")).click()
    page.get_by_role("radio", name="The road").click()
    page.get_by_role("dialog").get_by_role("button", name=re.compile("Put off to")).click()
    expect(page.get_by_text("1 visit put off")).to_be_visible()

    # A message, in the customer's language and filled in
    card.get_by_role("button", name="Message").click()
    link = page.get_by_role("dialog").get_by_role("link", name="Open in WhatsApp")
    href = link.get_attribute("href") or ""
    assert href.startswith("https://wa.me/2019")
    assert "%D8%A7%D9%84%D8%B3%D9%84%D8%A7%D9%85" in href  # السلام
    page.get_by_role("dialog").get_by_label("Message", exact=True).fill("See you at 5")
    expect(link).to_have_attribute("href", re.compile(r"text=See%20you%20at%205$"))
    page.get_by_role("dialog").get_by_role("button", name="Close").click()

    # With a colleague, and the phone says where
    card.get_by_role("button", name="With a colleague").click()
    page.get_by_role("button", name="Hany Adel").click()
    page.get_by_role("dialog").get_by_role("button", name="Start visit").click()
    expect(card).to_contain_text("With Hany Adel")
    expect(card).to_contain_text(re.compile("Position recorded within"))
    expect(page.get_by_role("button", name=re.compile(re.escape(stops[1].name)))).to_contain_text(
        re.compile(r"\d k?m$|\d k?m")
    )

    # Another comes later
    card.get_by_role("button", name="With a colleague").click()
    expect(page.get_by_role("dialog").get_by_role("button", name="Hany Adel")).to_have_count(0)
    page.get_by_role("button", name="Karim Fathy").click()
    page.get_by_role("dialog").get_by_role("button", name="Add to the visit").click()
    expect(card).to_contain_text("With Hany Adel, Karim Fathy")

    # The next one asks to end it, and the phone does not say where
    # One browser goes on giving a page the position that it gave it a minute ago: a page that starts anew has none.
    page.context.clear_permissions()
    phone.reopen()
    page.get_by_role("button", name=re.compile(re.escape(stops[1].name))).click()
    page.get_by_role("region", name=stops[1].name).get_by_role("button", name="Start visit").click()
    expect(page.get_by_role("heading", name="A visit is open")).to_be_visible()
    phone.button("Absent").click()
    expect(card).to_contain_text(stops[1].name)
    expect(card).to_contain_text("this phone does not allow it", timeout=10_000)

    # Outside the plan
    page.get_by_role("link", name="Customers").click()
    page.get_by_role("searchbox").fill(prepared.unplanned.name)
    page.get_by_role("link", name=re.compile(re.escape(prepared.unplanned.name))).first.click()
    phone.button("Collect").click()
    expect(page.get_by_role("heading", name="A visit is open")).to_be_visible()
    phone.button("Closed").click()
    issue(phone, "5000")
    phone.end_visit()
    expect(page.get_by_text(re.compile(r"5,000\.00 of 10,000 collected this month, 50%"))).to_be_visible()
    expect(page.get_by_text(re.compile("and 1 outside the plan"))).to_be_visible()

    # The end of the day
    page.get_by_role("link", name="In hand").click()
    page.get_by_role("link", name="End of day and report").click()
    expect(page.get_by_role("link", name=re.compile("Cash with you"))).to_have_attribute("href", "/deposit")
    expect(page.get_by_role("link", name=re.compile("10 customers of the plan"))).to_be_visible()
    close = phone.button("Write why you close before it is done")
    expect(close).to_have_attribute("aria-disabled", "true")
    page.get_by_label("Note for the office").fill("الطريق مقطوع")
    phone.button("Close the day").click()
    expect(page.get_by_text(re.compile("Day closed at"))).to_be_visible()
    expect(page.get_by_text("Closed with this not done")).to_be_visible()

    # And the office has it
    office.start()
    page.context.set_offline(False)
    page.goto(office.address + "/sending")
    page.get_by_text("Enter your PIN").wait_for()
    phone.type_pin()
    phone.button(re.compile("Try now")).click()
    expect(page.get_by_text("The office has everything").first).to_be_visible(timeout=30_000)
    office.stop()
    told = journal(office)
    assert {verdict for _, _, verdict in told} == {"accepted"}
    visits = [body for kind, body, _ in told if kind == "visit_started"]
    assert [visit["customer"] for visit in visits] == [
        stops[0].customer,
        stops[1].customer,
        prepared.unplanned.customer,
    ]
    assert visits[0]["colleagues"] == [prepared.hany.user]
    (joined,) = (body for kind, body, _ in told if kind == "visit_joined")
    assert joined["colleagues"] == [prepared.karim.user]
    assert visits[0]["position"]["lat"] == pytest.approx(30.05)
    assert visits[1]["no_position"] == "not_permitted"
    assert [visit.get("planned", False) for visit in visits] == [True, True, False]
    tomorrow = (prepared.day + timedelta(days=1)).isoformat()
    moved = [body for kind, body, _ in told if kind == "stop_moved"]
    assert [(one["customer"], one["to"], one["reason"]) for one in moved[1:]] == [(stops[2].customer, tomorrow, "road")]
    (report,) = (body for kind, body, _ in told if kind == "day_closed")
    assert report["received"] == [{"currency": "EGP", "method": "cash", "count": 1, "amount": 5_000_00}]
    assert report["held"] == [{"currency": "EGP", "method": "cash", "count": 1, "amount": 5_000_00}]
    assert (report["planned"], report["visited"], report["unplanned"], report["vouchers"]) == (12, 2, 1, 1)
    assert report["left"] == ["stops_open", "cash_in_hand", "entries_unsent"]
    assert report["note"] == "الطريق مقطوع"


def issue(phone: Pocket, amount: str) -> None:
    phone.button("000", exact=True).wait_for()
    for key in amount:
        phone.button(key, exact=True).click()
    phone.button("Review").click()
    phone.button("Not signed? Say why").click()
    phone.page.get_by_role("radio", name="Would not sign").click()
    phone.button("Issue voucher").click()
    phone.number_shown()


def journal(office: Office) -> list[tuple[str, dict[str, Any], str]]:
    """(kind, body, verdict) of all that phones wrote, in the order in which the office took it."""
    with sqlite3.connect(f"file:{office.folder}/company.sqlite?mode=ro", uri=True) as books:
        rows = books.execute(
            "SELECT j.envelope, j.body, c.verdict FROM journal j JOIN chain c USING (position) ORDER BY position"
        ).fetchall()
    found = [(json.loads(envelope), json.loads(body), verdict) for envelope, body, verdict in rows]
    return [(envelope["kind"], body, verdict) for envelope, body, verdict in found if envelope["by"] != "system"]
