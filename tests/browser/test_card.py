"""A customer's card and what a collector brings back besides money: written with no network, then handed in."""

import datetime as dt
import json
import re
from collections.abc import Iterator
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

import msgspec
import pytest
from playwright.sync_api import Geolocation, Page, Playwright, expect

from schemas.entries.customers import (
    BankAccount,
    CustomersUpserted,
    EInvoice,
    ItemsUpserted,
    Paper,
    StatedItem,
)
from schemas.entries.follow_up import CaseAnswered
from server.company import OpenCompany, now
from server.demo import demo_of, make_demo, today
from server.settings import Settings
from server.store.sqlite import connect
from server.writes import write
from tests.browser.conftest import FLAGS, Office, Opener, chromium, eventually, free_port
from tests.browser.pages import Counter, Pocket
from tests.browser.shots import Eye

WARNINGS = (
    "With the lawyers",
    "2 cheques bounced before",
    "Expired: Tax card",
    "Licence expires in 12 days",
    "1 invoice must not be paid",
)
PAST = ("Visit: Promised", "Dispute on", "Call: No answer", "Payment plan")
CAMERA = ["--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream"]


@pytest.fixture
def prepared(tmp_path: Path) -> Iterator[tuple[Office, str, list[str]]]:
    """A demo company, one customer of it with a past, and the numbers of that customer's open items, oldest first."""
    settings = Settings(tmp_path / "company", port=free_port())
    company = make_demo(settings)
    try:
        customer, numbers = a_past(company)
    finally:
        company.close()
    office = Office(settings.data, settings.port)
    office.start()
    yield office, customer, numbers
    office.stop()


def a_past(company: OpenCompany) -> tuple[str, list[str]]:
    day = today(now())
    demo = demo_of(company.settings, day)
    mahmoud = next(user.user for user in demo.users if user.login == "mahmoud")
    stops = next(plan.stops for plan in demo.plans if plan.user == mahmoud)
    owed = {stop: [item for item in demo.items if item.customer == stop and item.original > 0] for stop in stops}
    customer = next(one for one in demo.customers if len(owed.get(one.customer, ())) >= 3)
    late = day - dt.timedelta(days=40)
    first, second, third = (
        msgspec.structs.replace(item, date=late, due=late + dt.timedelta(days=place), settlements=[], kind="invoice")
        for place, item in enumerate(owed[customer.customer][:3])
    )
    items: list[StatedItem] = [
        msgspec.structs.replace(first, to_deliver=True, einvoice=EInvoice("F9D425P6DS7D8IU", "XY3LONGID7", "valid")),
        second,
        msgspec.structs.replace(third, einvoice=EInvoice("A1B2C3", "", "cancelled")),
    ]
    known = msgspec.structs.replace(
        customer,
        standing="legal",
        bounced=2,
        email="accounts@baraka.example",
        credit_limit=100_000,
        papers=[
            Paper("tax_card", day - dt.timedelta(days=9), "412-885"),
            Paper("licence", day + dt.timedelta(days=12)),
        ],
        accounts=[BankAccount("CIB", "100020003000", "Al Baraka Trading")],
    )
    company.run_now(lambda writer: write(writer, "customers_upserted", CustomersUpserted([known])))
    company.run_now(lambda writer: write(writer, "items_upserted", ItemsUpserted(items)))
    return customer.customer, [item.number for item in items]


@pytest.fixture
def phone_page(playwright: Playwright, tmp_path: Path) -> Iterator[Page]:
    """A phone with a camera that shows a test picture."""
    context = playwright.chromium.launch_persistent_context(
        tmp_path / "phone",
        executable_path=chromium(),
        headless=True,
        args=[*FLAGS, *CAMERA],
        viewport={"width": 360, "height": 780},
        device_scale_factor=2,
        locale="en-US",
        timezone_id="Africa/Cairo",
        geolocation=Geolocation(latitude=30.05, longitude=31.33),
        permissions=["geolocation", "camera"],
        reduced_motion="reduce",
    )
    page = context.pages[0]
    page.set_default_timeout(20_000)
    yield page
    with suppress(Exception):
        context.close()


def radio(phone: Pocket, name: str) -> None:
    phone.page.get_by_role("radio", name=name, exact=True).last.click()


def photograph(phone: Pocket) -> None:
    phone.button("Take a photo").last.click()
    phone.button("Take it").click()
    phone.button("Photo 1").last.wait_for()


def test_a_card_and_a_visit_without_payment(prepared: tuple[Office, str, list[str]], phone_page: Page) -> None:
    office, customer, (first, second, cancelled) = prepared
    phone, page = Pocket(phone_page, office.address), phone_page
    eye = Eye(page, touch=True)
    eye.expects_refusals = True
    phone.enrol(office.codes["Mahmoud Samir"])
    phone.offline_ready()
    office.stop()
    page.context.set_offline(True)
    phone.reopen()
    phone.at_today()

    with eye.witness():
        see_card(phone, eye, customer, first, cancelled)
        answer_items(phone, eye, customer, first, second)
        log_call(phone, eye, customer)
        confirm_balance(phone, eye, customer, second)
        ask_office(phone, eye, customer)
        phone.follow(f"/customer/{customer}")
        page.get_by_role("tab", name="Timeline").click()
        for words in (
            "Visit: Promised",
            "Dispute on",
            "Call: No answer",
            "The customer’s balance differs",
            "Payment plan",
        ):
            expect(page.get_by_text(words).first).to_be_visible()
        eye.look("phone-customer-timeline", themes=True)
        phone.button("Promises", exact=True).click()
        expect(page.get_by_text("Visit: Promised")).to_have_count(0)
        expect(page.get_by_text("Waiting", exact=True).first).to_be_visible()

    office.start()
    page.context.set_offline(False)
    phone.follow("/sending")
    phone.button("Try now").click()
    expect(page.get_by_text("The office has everything").first).to_be_visible(timeout=60_000)
    records = all_arrived(office, customer, first)
    office.stop()
    answered(office, records["case"][0]["id"])
    office.start()
    phone.follow("/asked")
    expect(page.get_by_text("Granted").first).to_be_visible(timeout=60_000)
    expect(page.get_by_text("three parts, the first today").first).to_be_visible()
    assert eye.faults == [], "\n".join(eye.faults)


def see_card(phone: Pocket, eye: Eye, customer: str, first: str, cancelled: str) -> None:
    page = phone.page
    phone.follow(f"/customer/{customer}")
    for words in (
        "With the lawyers",
        "2 cheques bounced before",
        "Expired: Tax card",
        "Licence expires in 12 days",
        "1 invoice must not be paid",
    ):
        expect(page.get_by_text(words, exact=True)).to_be_visible()
    expect(phone.button(first).get_by_text("To hand over")).to_be_visible()
    expect(phone.button(cancelled).get_by_text("Must not be paid")).to_be_visible()
    eye.look("phone-customer", themes=True)
    phone.button("Mail").click()
    mail = page.get_by_role("dialog").get_by_role("link", name="Open in Mail")
    expect(mail).to_have_attribute(
        "href", re.compile(r"^mailto:accounts@baraka\.example\?subject=%D8%B1%D8%B3.*&body=%D8%A7%D9%84%D8%B3")
    )
    page.get_by_role("dialog").get_by_role("radio", name="English").click()
    expect(mail).to_have_attribute("href", re.compile(r"subject=A%20message%20from%20Nile.*&body=Hello%20"))
    eye.look("phone-mail")
    page.get_by_role("dialog").get_by_role("button", name="Close").click()
    phone.button(first).click()
    copy = "https://invoicing.eta.gov.eg/documents/F9D425P6DS7D8IU/share/XY3LONGID7"
    expect(page.get_by_role("link", name="Open the tax authority")).to_have_attribute("href", copy)
    eye.look("phone-item")
    phone.button("Hand over now").click()
    page.get_by_label("Name of who takes it").fill("Hoda Sami")
    phone.button("Hand over now").click()
    expect(page.get_by_text("Handed over to Hoda Sami")).to_be_visible()
    page.get_by_role("dialog").get_by_role("button", name="Close").click()
    page.get_by_role("tab", name="Details").click()
    expect(page.get_by_text("Al Baraka Trading")).to_be_visible()
    eye.look("phone-customer-details")


def answer_items(phone: Pocket, eye: Eye, customer: str, first: str, second: str) -> None:
    """Promised for all, one item disputed with a photo; the page is killed before the end."""
    page = phone.page
    phone.button("No payment").click()
    radio(phone, "Promised")
    radio(phone, "Tomorrow")
    phone.button(second).click()
    radio(phone, "Disputes it")
    radio(phone, "Damaged goods")
    phone.button("Change the amount").last.click()
    page.get_by_label("Amount disputed").fill("120.50")
    photograph(phone)
    eye.look("phone-nopayment-item")
    phone.button("Done").click()
    eye.look("phone-nopayment", themes=True)

    phone.reopen()
    expect(page.get_by_role("radio", name="Promised", exact=True)).to_be_checked()
    expect(phone.button(second).get_by_text("Damaged goods 120.50")).to_be_visible()
    expect(phone.button(first).get_by_text("Promised")).to_be_visible()
    phone.button("End visit").click()
    phone.at_today()


def log_call(phone: Pocket, eye: Eye, customer: str) -> None:
    phone.follow(f"/contact/{customer}?channel=call")
    radio(phone, "No answer")
    radio(phone, "Tomorrow")
    phone.page.get_by_label("Note").fill("rang out twice")
    eye.look("phone-contact")
    phone.button("Record it").click()
    phone.page.get_by_role("tab", name="Timeline").wait_for()


def confirm_balance(phone: Pocket, eye: Eye, customer: str, second: str) -> None:
    page = phone.page
    phone.follow(f"/confirm/{customer}")
    radio(phone, "Differs")
    page.get_by_role("switch", name=second).click()
    page.get_by_label("Their amount for").fill("10")
    page.get_by_label("Name of who signs").fill("Hoda Sami")
    pad = page.get_by_role("img", name="The customer signs here")
    pad.scroll_into_view_if_needed()
    box = pad.bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + 30, box["y"] + 30)
    page.mouse.down()
    for step in range(1, 6):
        page.mouse.move(box["x"] + 30 + step * 30, box["y"] + 30 + (step % 2) * 20)
    page.mouse.up()
    eye.look("phone-confirm")
    phone.button("Save the confirmation").click()
    page.get_by_role("tab", name="Timeline").wait_for()


def ask_office(phone: Pocket, eye: Eye, customer: str) -> None:
    page = phone.page
    phone.follow(f"/ask/{customer}")
    eye.look("phone-ask")
    radio(phone, "Payment plan")
    page.get_by_label("Say what is asked").fill("three parts")
    page.get_by_label("Amount asked for, if any").fill("3000")
    phone.button("Save and send").click()
    page.get_by_text("Waits for the office").first.wait_for()
    phone.follow("/ask")
    page.get_by_label("What happened?").fill("two men followed me from the market")
    photograph(phone)
    eye.look("phone-incident")
    phone.button("Save and send").click()
    page.get_by_text("two men followed me").first.wait_for()
    eye.look("phone-asked")


def all_arrived(office: Office, customer: str, first: str) -> dict[str, list[dict[str, Any]]]:
    """Everything was accepted, once, and every attachment is there."""
    wanted = {"promise": 1, "dispute": 1, "contact": 1, "confirmation": 1, "case": 2}
    found: dict[str, list[dict[str, Any]]] = {}
    with closing(connect(office.folder / "company.sqlite")) as db:
        for kind in (*wanted, "visit", "item"):
            rows = db.execute("SELECT body FROM record WHERE type = ?", (kind,)).fetchall()
            found[kind] = [json.loads(body) for (body,) in rows]
    assert {kind: len(found[kind]) for kind in wanted} == wanted
    visit = next(one for one in found["visit"] if one["customer"] == customer)
    assert (visit["outcome"], visit["next_action"]) == ("promised", "visit")
    assert min(answer["answer"] for answer in visit["answers"]) == "disputed"
    (promise,), (dispute,), (confirmation,) = found["promise"], found["dispute"], found["confirmation"]
    assert dispute["item"] not in promise["items"]
    assert (dispute["amount"], dispute["reason"], len(dispute["photos"])) == (12_050, "damaged", 1)
    assert promise["visit"] == dispute["visit"] == visit["id"]
    assert not confirmation["agrees"]
    assert confirmation["differences"][0]["item"] == dispute["item"]
    handed = next(one for one in found["item"] if one["number"] == first)
    assert handed["delivered_to"] == "Hoda Sami"
    found["case"].sort(key=lambda case: case["what"] != "payment_plan")
    names = [*dispute["photos"], confirmation["signature"], *found["case"][1]["photos"]]
    for name in names:
        kept = office.folder / "attachments" / name[:2] / name
        eventually(kept.exists, f"attachment {name} at the office")
    return found


def answered(office: Office, case: str) -> None:
    company = OpenCompany(Settings(office.folder, port=office.port))
    try:
        answer = CaseAnswered(case, "granted", "three parts, the first today")
        nadia = next(user.user for user in demo_of(company.settings, today(now())).users if user.login == "nadia")
        company.run_now(lambda writer: write(writer, "case_answered", answer, nadia))
    finally:
        company.close()


def test_a_cheques_photo_that_the_company_asks_for(
    prepared: tuple[Office, str, list[str]], phone_page: Page, open_browser: Opener
) -> None:
    """Asked for on the Policies screen; pending on the voucher, at the day's end and at the supervisor's desk, and in
    nobody's way. The real picture of the camera is seen there once it has come, and until then its place says so."""
    office, _, _ = prepared
    desk = Counter(open_browser("desk", width=1366, height=860), office.address)
    desk.page.goto(office.address + "/")
    desk.log_in("tarek")
    desk.page.goto(office.address + "/desk/policies")
    desk.page.get_by_role("switch", name=re.compile("A photo of each cheque")).click()
    desk.page.keyboard.press("Control+Enter")
    expect(desk.page.get_by_text("saved", exact=False).first).to_be_visible()
    desk.page.get_by_role("button", name="Log out").click()

    phone, page = Pocket(phone_page, office.address), phone_page
    eye = Eye(page, touch=True)
    phone.enrol(office.codes["Mahmoud Samir"])
    phone.collect("500", cheques=(("1200.50", "00418827", "2027-01-15"), ("800", "00418828", "2027-02-15")))
    expect(page.get_by_text("2 cheque photos pending")).to_be_visible()
    eye.look("phone-issued-pending")
    phone.button("Photograph").click()
    # The bytes are held back on the way: the entry arrives, the picture does not.
    page.route("**/api/v1/attachments/*", lambda route: route.abort())
    eye.expects_refusals = True
    photos = page.get_by_role("region", name="Photos of cheques")
    photos.get_by_role("button", name="Take a photo").first.click()
    phone.button("Take it").click()
    expect(page.get_by_text("Cheque photo pending")).to_be_visible()
    expect(photos.get_by_text("Photo pending")).to_have_count(1)
    phone.end_visit()
    phone.follow("/day")
    expect(page.get_by_role("link", name=re.compile("1 cheque with you has no photo"))).to_be_visible()
    expect(phone.button("Write why you close before it is done")).to_be_visible()

    desk.log_in("nadia")
    office_eye = Eye(desk.page, touch=False)
    office_eye.expects_refusals = True
    desk.page.goto(office.address + "/desk/proofs")
    first = desk.page.get_by_role("button", name=re.compile("Cheque 00418828"))
    expect(first.get_by_text("Photo pending")).to_be_visible(timeout=60_000)
    other = desk.page.get_by_role("button", name=re.compile("Cheque 00418827"))
    expect(other).to_be_visible()
    expect(other.get_by_text("Photo pending")).to_have_count(0)
    other.click()
    expect(desk.page.get_by_text("The picture is not here yet")).to_be_visible()

    page.unroute("**/api/v1/attachments/*")
    phone.follow("/sending")
    phone.button("Try now").click()
    picture = desk.page.get_by_role("img", name="Picture 1")
    expect(picture).to_be_visible(timeout=60_000)
    assert picture.evaluate("(image) => image.naturalWidth") >= 300
    office_eye.look("desk-proofs", themes=True)
    assert [*eye.faults, *office_eye.faults] == []


def test_the_office_sees_the_pictures_of_disputes_and_incidents(
    prepared: tuple[Office, str, list[str]], phone_page: Page, open_browser: Opener
) -> None:
    """What a phone's camera took, at the supervisor's desk: of a disputed invoice, and of an incident."""
    office, customer, (_, second, _) = prepared
    phone, page = Pocket(phone_page, office.address), phone_page
    phone.enrol(office.codes["Mahmoud Samir"])
    phone.follow(f"/customer/{customer}")
    phone.button("No payment").click()
    radio(phone, "Promised")
    radio(phone, "Tomorrow")
    phone.button(second).click()
    radio(phone, "Disputes it")
    radio(phone, "Damaged goods")
    photograph(phone)
    phone.button("Done").click()
    phone.button("End visit").click()
    phone.at_today()
    phone.follow("/ask")
    page.get_by_label("What happened?").fill("two men followed me from the market")
    photograph(phone)
    phone.button("Save and send").click()
    page.get_by_text("two men followed me").first.wait_for()
    phone.follow("/sending")
    expect(page.get_by_text("The office has everything").first).to_be_visible(timeout=60_000)

    desk = Counter(open_browser("desk", width=1366, height=860), office.address)
    desk.page.goto(office.address + "/")
    desk.log_in("nadia")
    for where, name in (("requests", "two men followed me"), ("proofs", f"Dispute on {second}")):
        desk.page.goto(f"{office.address}/desk/{where}")
        desk.page.get_by_role("button", name=re.compile(name)).click()
        picture = desk.page.get_by_role("img", name="Picture 1")
        expect(picture).to_be_visible(timeout=60_000)
        assert picture.evaluate("(image) => image.naturalWidth") >= 300
