"""A demo company, made from a seed: the same seed and day give the same company to the byte.

Names of shops and people are made up of common words. Telephone numbers begin with 019, which Egypt assigns to no
mobile network, so that nobody is ever called by a demo. Nothing here reads a clock or writes anything.
"""

import datetime as dt
from dataclasses import dataclass
from random import Random
from typing import Literal

from msgspec import structs

from schemas.entries.company import Branch, CompanySetUp, Policy, StatedRate
from schemas.entries.customers import (
    BankAccount,
    CustomersAssigned,
    EInvoice,
    Paper,
    Settlement,
    StatedCustomer,
    StatedItem,
)
from schemas.entries.people import Role, UserEnrolled
from schemas.entries.visits import PlanSet, TargetSet
from schemas.money import CURRENCIES
from server.imports.ids import customer_id, item_id, stable_id

COMPANY = "cmp_demo"
CUSTOMERS = 300
ITEMS = 1_500
STOPS = 12

BANKS: list[tuple[str, str, str]] = [
    ("NBE", "National Bank of Egypt", "البنك الأهلي المصري"),
    ("BM", "Banque Misr", "بنك مصر"),
    ("BDC", "Banque du Caire", "بنك القاهرة"),
    ("CIB", "Commercial International Bank", "البنك التجاري الدولي"),
    ("QNB", "QNB Egypt", "بنك قطر الوطني مصر"),
    ("ALEX", "Bank of Alexandria", "بنك الإسكندرية"),
    ("HSBC", "HSBC Bank Egypt", "بنك إتش إس بي سي مصر"),
    ("FIBE", "Faisal Islamic Bank of Egypt", "بنك فيصل الإسلامي المصري"),
    ("AAIB", "Arab African International Bank", "البنك العربي الأفريقي الدولي"),
    ("HDB", "Housing and Development Bank", "بنك التعمير والإسكان"),
    ("SCB", "Suez Canal Bank", "بنك قناة السويس"),
    ("ABK", "Al Ahli Bank of Kuwait Egypt", "البنك الأهلي الكويتي مصر"),
]
"""Code, English, Arabic."""

CAIRO, GIZA = stable_id("brn", COMPANY, "cairo"), stable_id("brn", COMPANY, "giza")

PEOPLE: list[tuple[str, str, str, Role, str]] = [
    ("mahmoud", "Mahmoud Samir", "محمود سمير", "collector", CAIRO),
    ("hany", "Hany Adel", "هاني عادل", "collector", CAIRO),
    ("karim", "Karim Fathy", "كريم فتحي", "collector", GIZA),
    ("mona", "Mona Rashad", "منى رشاد", "cashier", CAIRO),
    ("sherif", "Sherif Nabil", "شريف نبيل", "cashier", GIZA),
    ("nadia", "Nadia Kamal", "نادية كمال", "supervisor", CAIRO),
    ("tarek", "Tarek Helmy", "طارق حلمي", "administrator", CAIRO),
]
"""Login, name, Arabic name, role, branch."""

AREAS: list[tuple[str, str, float, float, tuple[str, ...]]] = [
    ("mahmoud", "مدينة نصر", 30.0566, 31.3301, ("شارع عباس العقاد", "شارع مكرم عبيد", "شارع الطيران")),
    ("mahmoud", "مصر الجديدة", 30.0911, 31.3225, ("شارع الحجاز", "شارع النزهة", "ميدان الإسماعيلية")),
    ("mahmoud", "عين شمس", 30.1280, 31.3300, ("شارع أحمد عصمت", "شارع عين شمس")),
    ("hany", "شبرا", 30.0810, 31.2450, ("شارع شبرا", "شارع الترعة", "شارع أحمد حلمي")),
    ("hany", "وسط البلد", 30.0480, 31.2400, ("شارع طلعت حرب", "شارع شريف", "شارع عبد الخالق ثروت")),
    ("hany", "المعادي", 29.9600, 31.2600, ("شارع 9", "شارع النصر", "شارع اللاسلكي")),
    ("karim", "الدقي", 30.0380, 31.2110, ("شارع التحرير", "شارع مصدق")),
    ("karim", "المهندسين", 30.0560, 31.2000, ("شارع جامعة الدول العربية", "شارع شهاب", "شارع السودان")),
    ("karim", "فيصل", 30.0050, 31.1700, ("شارع فيصل", "شارع العشرين")),
]
"""Collector, area, latitude, longitude, streets."""

TRADES: list[tuple[str, str]] = [
    ("Grocery", "بقالة"),
    ("Supermarket", "سوبر ماركت"),
    ("Pharmacy", "صيدلية"),
    ("Bakery", "مخبز"),
    ("Restaurant", "مطعم"),
    ("Coffee Shop", "مقهى"),
    ("Bookshop", "مكتبة"),
    ("Butcher", "جزارة"),
    ("Sweets", "حلويات"),
    ("Home Appliances", "أجهزة منزلية"),
    ("Building Materials", "مواد بناء"),
    ("Car Parts", "قطع غيار"),
    ("Electrical Supplies", "أدوات كهربائية"),
    ("Clothing", "ملابس"),
    ("Mobile Phones", "محمول"),
    ("Perfumes", "عطور"),
    ("Fruit and Vegetables", "خضر وفاكهة"),
    ("Dairy", "ألبان"),
]

SHOP_NAMES: list[tuple[str, str]] = [
    ("El Nour", "النور"), ("El Amal", "الأمل"), ("El Salam", "السلام"), ("El Nile", "النيل"), ("El Ahram", "الأهرام"),
    ("El Fath", "الفتح"), ("El Huda", "الهدى"), ("El Rabie", "الربيع"), ("El Yasmin", "الياسمين"),
    ("El Baraka", "البركة"), ("El Safa", "الصفا"), ("El Shorouk", "الشروق"), ("El Madina", "المدينة"),
    ("El Waha", "الواحة"), ("El Hilal", "الهلال"), ("El Qamar", "القمر"), ("El Nada", "الندى"), ("El Rowad", "الرواد"),
    ("El Asdiqaa", "الأصدقاء"), ("El Ikhlas", "الإخلاص"), ("El Tawfiq", "التوفيق"), ("El Zohour", "الزهور"),
    ("El Bustan", "البستان"), ("El Karama", "الكرامة"), ("El Wafaa", "الوفاء"), ("El Nasr", "النصر"),
    ("El Manar", "المنار"), ("El Amana", "الأمانة"), ("El Kheir", "الخير"), ("El Diaa", "الضياء"),
]  # fmt: skip

# Shares in hundred, and days since the invoice from … to …: most owe a little late, few owe for long.
_AGES = [(45, 0, 29), (25, 30, 60), (14, 61, 90), (9, 91, 120), (7, 121, 240)]
_TERMS = [(20, 0), (60, 30), (20, 60)]
# Whole units of the currency: from … to …, and the step that prices are rounded to, in minor units.
_AMOUNTS = {"EGP": (400, 45_000, 25), "USD": (50, 2_500, 50), "KWD": (20, 900, 250)}


@dataclass(frozen=True, slots=True)
class Demo:
    """What to write to make the company, in this order. passwords: login → password, for people to try."""

    company: CompanySetUp
    users: list[UserEnrolled]
    passwords: dict[str, str]
    customers: list[StatedCustomer]
    items: list[StatedItem]
    assignments: list[CustomersAssigned]
    plans: list[PlanSet]
    targets: list[TargetSet]


def demo_company(random: Random, *, day: dt.date, address: str = "http://localhost:8000") -> Demo:
    """The demo company as it stands on the morning of `day`. address: where its QR codes lead."""
    company = CompanySetUp(
        company=COMPANY,
        name="Nile Trading (demo)",
        name_ar="النيل للتجارة (تجريبي)",
        country="EG",
        currency="EGP",
        time_zone="Africa/Cairo",
        address=address,
        branches=[
            Branch(CAIRO, "Cairo", "القاهرة", "CAI"),
            Branch(GIZA, "Giza", "الجيزة", "GIZ"),
        ],
        # A demo must run in any browser tab; a real company requires the installed app.
        # Its limits warn and stop nothing.
        policy=Policy(
            require_installed=False,
            cash_limit=50_000_00,
            banks=BANKS,
            receipt_limit=30_000_00,
            cash_age_days=2,
            discount_limit=2_00,
            promise_grace_days=1,
            rates=[
                StatedRate(base, "EGP", rate, day - dt.timedelta(since), "demo")
                for base, since, rate in [
                    ("USD", 30, "49.85"),
                    ("USD", 3, "50.25"),
                    ("EUR", 3, "58.10"),
                    ("SAR", 3, "13.39"),
                ]
            ],
        ),
    )
    users = [
        UserEnrolled(_user(login), login, name, name_ar, role, branch) for login, name, name_ar, role, branch in PEOPLE
    ]
    portfolios: dict[str, list[StatedCustomer]] = {user.login: [] for user in users if user.role == "collector"}
    customers = _known_better(_customers(random, portfolios), day)
    return Demo(
        company=company,
        users=users,
        passwords={user.login: f"{user.login}-demo-only" for user in users},
        customers=customers,
        items=_with_papers(_items(random, customers, day), customers, day),
        assignments=[
            CustomersAssigned(_user(login), [row.customer for row in rows[start : start + 200]])
            for login, rows in portfolios.items()
            for start in range(0, len(rows), 200)
        ],
        plans=[PlanSet(_user(login), day, _round(random, rows)) for login, rows in portfolios.items()],
        targets=[
            TargetSet(_user(login), f"{day:%Y-%m}", "EGP", amount * 100, visits)
            for login, amount, visits in (("mahmoud", 900_000, 260), ("hany", 750_000, 240), ("karim", 600_000, 220))
        ],
    )


def _user(login: str) -> str:
    return stable_id("usr", COMPANY, "user", login)


def _customers(random: Random, portfolios: dict[str, list[StatedCustomer]]) -> list[StatedCustomer]:
    rows = []
    names = random.sample([(trade, shop) for trade in TRADES for shop in SHOP_NAMES], CUSTOMERS)
    for index, ((trade, trade_ar), (shop, shop_ar)) in enumerate(names):
        login, area, lat, lon, streets = AREAS[index % len(AREAS)]
        code = f"C{index + 1:04}"
        # Some buy in dollars, a few in dinars, whose three decimals a demo should show.
        currency = "KWD" if index % 60 == 59 else "USD" if index % 25 == 24 else "EGP"
        unit = 10 ** CURRENCIES[currency].exponent
        row = StatedCustomer(
            customer=customer_id(COMPANY, code),
            code=code,
            name=f"{shop} {trade}",
            currency=currency,
            name_ar=f"{trade_ar} {shop_ar}",
            phone=f"+20 19 0000 {index + 1:04}",
            address=f"{random.randint(1, 140)} {random.choice(streets)}، {area}",
            area=area,
            lat=round(lat + random.uniform(-0.012, 0.012), 5),
            lon=round(lon + random.uniform(-0.012, 0.012), 5),
            credit_limit=random.choice([0, 2, 5, 10]) * _AMOUNTS[currency][1] * unit // 2,
        )
        rows.append(row)
        portfolios[login].append(row)
    return rows


def _known_better(customers: list[StatedCustomer], day: dt.date) -> list[StatedCustomer]:
    """What the office knows of some: returned cheques, papers that expire, accounts, and what it has decided. Chosen by
    place, not drawn, so that the rest of the company stays as it is; each collector has some of each."""
    return [
        structs.replace(
            row,
            standing={7: "watch", 30: "suspended", 53: "legal"}.get(index % 100, "normal"),
            bounced={2: 1, 11: 3, 19: 2, 53: 4}.get(index % 60, 0),
            papers=_papers(index, day),
            email=f"accounts@{row.code.lower()}.example" if index % 2 == 0 else "",
            accounts=[BankAccount(BANKS[index % len(BANKS)][0], f"1{index:04}00{index * 7 % 10_000:04}", row.name)]
            if index % 3 == 0
            else [],
        )
        for index, row in enumerate(customers)
    ]


def _papers(index: int, day: dt.date) -> list[Paper]:
    """Some have expired, some will soon, most are good for long."""
    days = {4: -20, 13: 12, 21: 25}.get(index % 40)
    if days is not None:
        return [Paper("commercial register", day + dt.timedelta(days), f"{40_000 + index}")]
    return [Paper("tax card", day + dt.timedelta(400 + index), f"{500_000 + index}")] if index % 5 == 0 else []


def _with_papers(items: list[StatedItem], customers: list[StatedCustomer], day: dt.date) -> list[StatedItem]:
    """Invoices of the last weeks stand at the tax authority, one of them cancelled for each fortieth customer; some
    still wait to be brought to the customer. A customer who had cheques returned owes one of them."""
    cancelled = {row.customer for row in customers[5::40]}
    bounced = {row.customer for row in customers if row.bounced}
    told: list[StatedItem] = []
    for index, item in enumerate(items):
        if item.kind == "invoice" and item.customer in bounced and not item.settlements:
            bounced.remove(item.customer)
            told.append(structs.replace(item, kind="returned_cheque", note="returned: no funds"))
            continue
        recent = item.kind == "invoice" and (day - item.date).days <= 30
        state: Literal["valid", "cancelled"] = "valid"
        if recent and item.customer in cancelled:
            cancelled.remove(item.customer)
            state = "cancelled"
        uuid = f"{index:026X}"
        einvoice = EInvoice(uuid, f"{uuid[::-1]}{index:08X}", state) if recent else None
        told.append(structs.replace(item, einvoice=einvoice, to_deliver=recent and index % 6 == 0))
    return told


def _weighed(random: Random, choices: list[tuple[int, int]]) -> int:
    return random.choices([value for _, value in choices], [weight for weight, _ in choices])[0]


def _items(random: Random, customers: list[StatedCustomer], day: dt.date) -> list[StatedItem]:
    """Each customer has one item at least, and the rest falls where it falls: some owe much more than others."""
    owners = customers + random.choices(customers, k=ITEMS - len(customers))
    terms = {row.customer: _weighed(random, _TERMS) for row in customers}
    rows = []
    for index, owner in enumerate(owners):
        _, first, last = random.choices(_AGES, [share for share, _, _ in _AGES])[0]
        written = day - dt.timedelta(days=random.randint(first, last))
        least, most, step = _AMOUNTS[owner.currency]
        unit = 10 ** CURRENCIES[owner.currency].exponent
        # The square of a fraction: many small invoices, few large ones.
        amount = (least + int((most - least) * random.random() ** 2)) * unit + random.randrange(0, unit, step)
        returned = index >= len(customers) and random.random() < 0.03
        settlements = []
        if not returned and random.random() < 0.12:
            # Part of it was paid by bank transfer, which the ERP knows and Sanad does not.
            paid_on = written + dt.timedelta(days=random.randint(0, (day - written).days))
            settlements.append(Settlement(paid_on, amount // 200 * 100 or amount // 2, f"TRF-{index + 1:05}"))
        number = f"{'CN' if returned else 'INV'}-{index + 1:05}"
        rows.append(
            StatedItem(
                item=item_id(COMPANY, owner.code, number),
                customer=owner.customer,
                number=number,
                currency=owner.currency,
                date=written,
                due=written if returned else written + dt.timedelta(days=terms[owner.customer]),
                original=-(amount // 10) if returned else amount,
                kind="credit_note" if returned else "invoice",
                settlements=settlements,
            )
        )
    return rows


def _round(random: Random, portfolio: list[StatedCustomer]) -> list[str]:
    """A day's stops lie in one area, as a collector would go them: each next one is the nearest left."""
    area = random.choice(sorted({row.area for row in portfolio}))
    left = [row for row in portfolio if row.area == area]
    here = random.choice(left)
    stops: list[str] = []
    while len(stops) < STOPS:
        left.remove(here)
        stops.append(here.customer)
        here = min(left, key=lambda row: _apart(here, row))
    return stops


def _apart(one: StatedCustomer, other: StatedCustomer) -> float:
    """Squared degrees: enough to tell near from far within an area."""
    return ((one.lat or 0) - (other.lat or 0)) ** 2 + ((one.lon or 0) - (other.lon or 0)) ** 2
