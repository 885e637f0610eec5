"""A company for benchmarks: collectors with phones, customers with open items, and vouchers written in advance."""

import datetime as dt
from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import Any

from schemas.documents import Book, Device
from schemas.entries.company import Branch, CompanySetUp, Policy
from schemas.entries.customers import CustomersAssigned, CustomersUpserted, ItemsUpserted, StatedCustomer, StatedItem
from schemas.entries.people import DeviceEnrolled, UserEnrolled
from server.company import OpenCompany
from server.demo_data import AREAS, SHOP_NAMES, TRADES
from server.imports.ids import customer_id, item_id
from server.imports.rows import in_chunks
from server.inbox import Writer
from server.settings import Settings
from server.writes import assign_book, write
from sync.chain import b64
from tests.phone import Phone

CUSTOMERS_EACH = 40
ITEMS_EACH = 5
DAY = dt.date(2026, 11, 22)


def make_company(folder: Path, phones: int, leaves: int) -> tuple[OpenCompany, list[Phone]]:
    """`phones` collectors with 40 customers of 5 items each, and a book of `leaves` leaves."""
    set_up = CompanySetUp(
        company="cmp_bench",
        name="Bench",
        name_ar="قياس",
        country="EG",
        currency="EGP",
        time_zone="Africa/Cairo",
        address="https://bench.example",
        branches=[Branch("brn_1", "Cairo", "القاهرة", "CAI")],
        policy=Policy(require_installed=False, book_leaves=leaves),
    )
    company = OpenCompany.create(Settings(folder), set_up)
    made = [company.run_now(lambda writer, n=n: _collector(writer, n)) for n in range(phones)]  # type: ignore[misc]
    return company, made


def _collector(writer: Writer, number: int) -> Phone:
    user = f"usr_{number}"
    phone = Phone("cmp_bench", f"dev_{number}", user, now=writer.clock())
    write(writer, "user_enrolled", UserEnrolled(user, user, f"Collector {number}", "محصل", "collector", "brn_1"))
    write(writer, "device_enrolled",
          DeviceEnrolled(phone.device, f"B{number}", "phone", user, "brn_1", phone.key.spki, phone.key.id))  # fmt: skip
    customers = [
        StatedCustomer(f"cus_{number}_{n}", f"C{number}-{n}", f"Customer {n} of {number}", "EGP", f"عميل {n}")
        for n in range(CUSTOMERS_EACH)
    ]
    items = [
        StatedItem(f"itm_{number}_{n}_{i}", f"cus_{number}_{n}", f"INV-{number}-{n}-{i}", "EGP", DAY, DAY, 10**11)
        for n in range(CUSTOMERS_EACH)
        for i in range(ITEMS_EACH)
    ]
    for rows in in_chunks(customers):
        write(writer, "customers_upserted", CustomersUpserted(rows))
    for chunk in in_chunks(items):
        write(writer, "items_upserted", ItemsUpserted(chunk))
    write(writer, "customers_assigned", CustomersAssigned(user, [row.customer for row in customers]))
    device = writer.state().get(Device, phone.device)
    assert device is not None
    book_id = assign_book(writer, device, 0)
    phone.book = writer.state().get(Book, book_id)
    return phone


def portfolio(random: Random, customers: int, each: int) -> tuple[list[StatedCustomer], list[StatedItem]]:
    """As an ERP states it: names in two languages, telephone, address, place; `each` invoices for every customer."""
    rows: list[StatedCustomer] = []
    items: list[StatedItem] = []
    for number in range(customers):
        code = f"C-{10_000 + number}"
        trade, shop, area = random.choice(TRADES), random.choice(SHOP_NAMES), random.choice(AREAS)
        rows.append(
            StatedCustomer(
                customer_id("cmp_bench", code), code, f"{trade[0]} {shop[0]}", "EGP", f"{trade[1]} {shop[1]}",
                phone=f"019{random.randrange(10**8):08d}", area=area[1],
                address=f"{random.choice(area[4])} {random.randrange(1, 200)}",
                lat=round(area[2] + random.random() / 50, 5), lon=round(area[3] + random.random() / 50, 5),
                credit_limit=random.randrange(1, 50) * 1_000_000,
            )
        )  # fmt: skip
        items += _invoices(random, rows[-1], number, each)
    return rows, items


def _invoices(random: Random, customer: StatedCustomer, number: int, each: int) -> Iterator[StatedItem]:
    for n in range(each):
        name = f"INV-{2_600_000 + number * each + n}"
        day = DAY - dt.timedelta(days=random.randrange(200))
        id = item_id("cmp_bench", customer.code, name)
        amount = random.randrange(400, 45_000) * 25
        yield StatedItem(id, customer.customer, name, "EGP", day, day + dt.timedelta(days=30), amount)


def voucher(phone: Phone, number: int, n: int) -> Any:
    """A voucher of cash against two items: about 700 bytes on the wire."""
    customer = n % CUSTOMERS_EACH
    first, second = n % ITEMS_EACH, (n + 1) % ITEMS_EACH
    amount = 100_000 + n
    return phone.receipt(
        f"cus_{number}_{customer}",
        amount,
        allocations=[
            {"item": f"itm_{number}_{customer}_{first}", "amount": amount // 2},
            {"item": f"itm_{number}_{customer}_{second}", "amount": amount - amount // 2},
        ],
        salt=b64(bytes([n % 256] * 8)),
    )


def pushes(phone: Phone, number: int, receipts: int, batch: int) -> list[bytes]:
    """The phone's pushes of `batch` vouchers each, chained and signed, as they would come over the wire."""
    made: list[bytes] = []
    for start in range(0, receipts, batch):
        for n in range(start, start + batch):
            voucher(phone, number, n)
        made.append(phone.push(len(phone.entries) - batch + 1))
    return made
