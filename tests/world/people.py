"""What people do with their phones, at the counting desk and in the office, drawn from the seed.

Each act of a device is a generator like the device's own, because a phone can die between any two of its steps. A new
kind of entry becomes one more act in one of the lists at the end.
"""

import datetime as dt
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import msgspec

from schemas.documents import (
    Book,
    Case,
    Customer,
    Deposit,
    DepositWaiting,
    Device,
    Item,
    MissingVoucher,
    Plan,
    Suspended,
    User,
    Visit,
    Voucher,
)
from schemas.entries.books import BookClosed
from schemas.entries.customers import (
    CustomersAssigned,
    CustomersUpserted,
    ItemsUpserted,
    Settlement,
    StatedCustomer,
    StatedItem,
)
from schemas.entries.follow_up import CaseAnswered
from schemas.entries.people import DeviceRevoked, UserEnrolled, UserRevoked
from schemas.entries.receipts import Cheque, ReceiptReversed, VoidApproved, VoidRefused
from schemas.entries.visits import PlanSet, TargetSet
from sync.rates import value_at
from sync.release import ALPHABET
from sync.state import State
from sync.suspense import repeats
from tests.world.device import SimDevice, Tab
from tests.world.storage import Stray
from tests.world.view import all_of, cheques_in_hand, custody, view_of

if TYPE_CHECKING:
    from tests.world.world import World

CUSTOMERS = {"c1": "EGP", "c2": "EGP", "c3": "KWD", "c4": "LBP", "c5": "EGP", "c6": "KWD", "c7": "LBP", "c8": "EGP"}
"""Two, three and no decimals."""
EMAILS = {id: f"{id}@example.com" for id in ("c1", "c2", "c3", "c4", "c6", "c8")}
SUPERVISOR, ADMIN = "usr_super", "usr_admin"
COLLECTORS = [("usr_omar", "brn_cai"), ("usr_hany", "brn_cai"), ("usr_rima", "brn_bey"), ("usr_ziad", "brn_bey")]
CASHIERS = [("usr_mona", "brn_cai"), ("usr_nour", "brn_bey")]
DAY = dt.date(2026, 11, 22)
DOLLARS = {"EGP": "50.25", "KWD": "0.3073", "LBP": "89500"}
"""What one dollar is worth."""

Act = Callable[["World", SimDevice], Tab]


# ---- collectors


def mine(view: State, device: SimDevice, *, standing: bool = True) -> list[Voucher]:
    return [one for one in all_of(view, Voucher) if one.by == device.user and (one.state == "issued" or not standing)]


def visit(world: "World", device: SimDevice) -> Tab:
    view = view_of(device.db, device.now())
    open_ = [one for one in all_of(view, Visit) if not one.ended_at and one.device == device.id]
    if open_:
        yield from device.append("visit_ended", {"visit": open_[0].id, "outcome": "other", "note": "said so"})
    else:
        customer = world.pick(all_of(view, Customer))
        if customer is not None:
            yield from device.append("visit_started", {"customer": customer.id, "planned": True})


def collect(world: "World", device: SimDevice) -> Tab:
    """Cash, cheques or both; drafted, issued, shown. A draft that a crash left behind is taken up again."""
    draft = device.db.draft
    if draft is None:
        draft = drafted(world, device)
        if draft is None:
            return
        yield from device.write(lambda db: setattr(db, "draft", draft))
    entry = yield from device.issue_receipt(draft["body"], draft["id"])
    world.show(device, entry)
    yield from device.write(lambda db: setattr(db, "draft", None))
    if world.likely(60):
        yield from device.append("voucher_shown", {"receipt": entry.id, "qr": "S1"})


def drafted(world: "World", device: SimDevice) -> dict[str, Any] | None:
    view = view_of(device.db, device.now())
    customer = world.pick(all_of(view, Customer))
    if customer is None:
        return None
    tenders = [tender(world, customer.currency) for _ in range(world.random.choice((1, 1, 1, 2, 3)))]
    deductions = deducted(world)
    left = sum(worth(one) for one in tenders) + sum(one["amount"] for one in deductions)
    body: dict[str, Any] = {
        "customer": customer.id,
        "currency": customer.currency,
        "tenders": tenders,
        "allocations": [],
    }
    if deductions:
        body["deductions"] = deductions
    items = [one for one in all_of(view, Item) if one.customer == customer.id and one.currency == customer.currency]
    for item in items[: world.random.randint(0, 2)]:
        amount = world.random.randint(0, left)
        if amount:
            body["allocations"].append({"item": item.id, "amount": amount})
            left -= amount
    open_ = [one for one in all_of(view, Visit) if not one.ended_at and one.device == device.id]
    id = world.new_id()
    # The salt names the payment, so that the auditor sees one payment that became two vouchers.
    body |= {"on_account": left, "visit": open_[0].id if open_ else "", "salt": id}
    return {"id": id, "body": body}


def tender(world: "World", currency: str) -> dict[str, Any]:
    amount = world.random.randint(1, 90_000)
    if world.likely(15):
        return dollars(world, currency)
    if world.likely(65):
        change = {"received": amount + world.random.randint(1, 500)} if world.likely(10) else {}
        return {"method": "cash", "currency": currency, "amount": amount, **change}
    world.cheques += 0 if world.likely(4) else 1  # now and then the same cheque again
    due = (DAY + dt.timedelta(world.random.randint(-300, 90))).isoformat()
    return {"method": "cheque", "currency": currency, "amount": amount, "bank": "NBE", "number": f"{world.cheques:06d}",
            "due": due}  # fmt: skip


def dollars(world: "World", currency: str) -> dict[str, Any]:
    """Cash in another currency, at a rate that somebody stated; now and then miscounted."""
    amount, rate = world.random.randint(100, 9_000), DOLLARS[currency]
    value = value_at(amount, "USD", currency, "USD", rate) + (world.random.randint(1, 9) if world.likely(8) else 0)
    exchange = {"base": "USD", "rate": rate, "value": value, "source": "said so"}
    return {"method": "cash", "currency": "USD", "amount": amount, "exchange": exchange}


def worth(tender: dict[str, Any]) -> int:
    return int(tender["exchange"]["value"] if "exchange" in tender else tender["amount"])


def deducted(world: "World") -> list[dict[str, Any]]:
    """Tax withheld, a discount, a bank's charge: settled, and nothing handed over for it."""
    kinds = [kind for kind in ("withholding", "discount", "bank_charge") if world.likely(8)]
    return [{"kind": kind, "amount": world.random.randint(1, 2_000), "proof": "41"} for kind in kinds]


def join(world: "World", device: SimDevice) -> Tab:
    """Somebody comes to the open visit; now and then he was there before, or the visit is over."""
    view = view_of(device.db, device.now())
    visits = [one for one in all_of(view, Visit) if one.device == device.id and (not one.ended_at or world.likely(5))]
    found = world.pick(visits)
    if found is not None:
        colleague = world.random.choice([SUPERVISOR, *(user for user, _ in COLLECTORS if user != device.user)])
        yield from device.append("visit_joined", {"visit": found.id, "colleagues": [colleague]})


def photograph(world: "World", device: SimDevice) -> Tab:
    """A cheque's picture, taken after its voucher was issued."""
    voucher = world.pick(mine(view_of(device.db, device.now()), device, standing=False))
    if voucher is not None:
        photo = f"{world.random.getrandbits(256):064x}"
        body = {"receipt": voucher.id, "tender": world.random.randrange(len(voucher.tenders) + 1), "photos": [photo]}
        yield from device.append("cheque_photographed", body)


# ---- what is brought back besides money


def about(world: "World", device: SimDevice) -> tuple[Customer, list[Item]] | None:
    """A customer of the portfolio and some of what he owes; now and then somebody else's."""
    view = view_of(device.db, device.now())
    customer = world.pick(all_of(view, Customer))
    if customer is None:
        return None
    items = [one for one in all_of(view, Item) if one.customer == customer.id or world.likely(3)]
    return customer, world.random.sample(items, world.random.randint(0, min(2, len(items))))


def promise(world: "World", device: SimDevice) -> Tab:
    """For some invoices or for the account as a whole; for a day that is over soon, or already."""
    found = about(world, device)
    if found is None:
        return
    customer, items = found
    date = device.now().date() + dt.timedelta(world.random.choice((-1, 0, 0, 1, 2)))
    body = {"customer": customer.id, "currency": customer.currency, "amount": world.random.randint(1, 60_000),
            "date": date.isoformat(), "items": [one.id for one in items]}  # fmt: skip
    yield from device.append("promise_made", body)


def dispute(world: "World", device: SimDevice) -> Tab:
    found = about(world, device)
    if found is None or not found[1]:
        return
    customer, items = found
    body = {"customer": customer.id, "item": items[0].id, "currency": customer.currency,
            "amount": world.random.randint(1, 30_000), "reason": "damaged", "note": "two boxes"}  # fmt: skip
    yield from device.append("dispute_raised", body)


def contact(world: "World", device: SimDevice) -> Tab:
    found = about(world, device)
    if found is not None:
        customer, items = found
        body = {"customer": customer.id, "channel": "call", "outcome": "call_back", "items": [one.id for one in items]}
        yield from device.append("contact_logged", body)


def confirm(world: "World", device: SimDevice) -> Tab:
    found = about(world, device)
    if found is not None:
        agrees = world.likely(70)
        differences = [] if agrees else [{"amount": -500, "number": "X-9"}]
        body = {"customer": found[0].id, "currency": found[0].currency, "ledger": 1, "uncleared": 1, "agrees": agrees,
                "differences": differences}  # fmt: skip
        yield from device.append("balance_confirmed", body)


def ask_office(world: "World", device: SimDevice) -> Tab:
    """A request, or an incident that concerns no customer."""
    found = about(world, device)
    if found is None or world.likely(25):
        yield from device.append("case_opened", {"what": "incident", "text": "threatened at the door"})
    else:
        customer, items = found
        body = {"what": "payment_plan", "text": "three parts", "customer": customer.id,
                "currency": customer.currency, "amount": 900, "items": [one.id for one in items]}  # fmt: skip
        yield from device.append("case_opened", body)


def put_off(world: "World", device: SimDevice) -> Tab:
    plan = world.pick([one for one in all_of(view_of(device.db, device.now()), Plan) if one.stops])
    if plan is not None:
        to = (plan.day + dt.timedelta(world.random.randint(1, 3))).isoformat()
        body = {"customer": world.random.choice(plan.stops), "day": plan.day.isoformat(), "to": to, "reason": "closed"}
        yield from device.append("stop_moved", body)


def deliver(world: "World", device: SimDevice) -> Tab:
    found = about(world, device)
    if found is not None and found[1]:
        body = {"customer": found[0].id, "item": found[1][0].id, "signer": "Hoda"}
        yield from device.append("item_delivered", body)


def close_day(_world: "World", device: SimDevice) -> Tab:
    cash = custody(view_of(device.db, device.now()), device.user).cash
    held = [
        {"currency": currency, "method": "cash", "count": 1, "amount": amount}
        for currency, amount in cash.items()
        if amount > 0  # less than nothing is in his hands while the office waits for entries; he reports what there is
    ]
    yield from device.append("day_closed", {"day": device.now().date().isoformat(), "held": held, "left": ["closed"]})


def hand_out(world: "World", device: SimDevice) -> Tab:
    voucher = world.pick(mine(view_of(device.db, device.now()), device, standing=False))
    if voucher is None:
        return
    if world.likely(50):
        yield from device.append("voucher_printed", {"receipt": voucher.id, "copy": voucher.printed + 1})
    else:
        yield from device.append("voucher_shared", {"receipt": voucher.id, "how": "file"})


def void_alone(world: "World", device: SimDevice) -> Tab:
    """In the same visit before anything was handed out; now and then where the rules forbid it."""
    view = view_of(device.db, device.now())
    found = mine(view, device)
    own = view.get(Device, device.id)
    allowed = [
        one for one in found
        if own is not None and one.device == device.id and one.visit and one.visit == own.visit
        and not (one.printed or one.shared or one.deposit)
    ]  # fmt: skip
    voucher = world.pick(allowed if allowed and world.likely(85) else found)
    if voucher is not None:
        yield from device.append(
            "receipt_voided", {"receipt": voucher.id, "reason": "wrong_amount", "note": "misheard"}
        )


def ask_void(world: "World", device: SimDevice) -> Tab:
    view = view_of(device.db, device.now())
    voucher = world.pick([one for one in mine(view, device) if one.void is None or one.void.state == "refused"])
    if voucher is not None:
        yield from device.append("void_requested", {"receipt": voucher.id, "reason": "wrong_customer"})


def void_approved(world: "World", device: SimDevice) -> Tab:
    """The phone itself completes what a supervisor approved."""
    view = view_of(device.db, device.now())
    for voucher in mine(view, device):
        asked = voucher.void
        if asked is not None and asked.state == "approved" and voucher.device == device.id:
            body = {"receipt": voucher.id, "reason": asked.reason, "request": asked.request, "paper": "recovered"}
            yield from device.append("receipt_voided", body)


def declare(world: "World", device: SimDevice) -> Tab:
    """All in hand, less now and then one tender that is kept back."""
    keeps = world.likely(25)
    told: dict[str, Any] = {}

    def draft() -> dict[str, Any]:
        view = view_of(device.db, device.now())
        cash = {currency: amount for currency, amount in custody(view, device.user).cash.items() if amount > 0}
        cheques = cheques_in_hand(view, device.user)
        kept: list[tuple[str, int]] = []
        held = [one for one in mine(view, device) if not one.deposit]
        if keeps and held:
            voucher = held[-1]
            kept = [(voucher.id, 0)]
            first = voucher.tenders[0]
            if type(first).__name__ == "Cash":
                cash[first.currency] = cash.get(first.currency, 0) - first.amount
        cheques = [one for one in cheques if tuple(one.id.rsplit(".", 1)) not in {(id, str(n)) for id, n in kept}]
        totals = [
            {"currency": currency, "method": "cash", "count": 1, "amount": amount}
            for currency, amount in sorted(cash.items())
            if amount > 0
        ]
        for currency in sorted({one.currency for one in cheques}):
            amounts = [one.amount for one in cheques if one.currency == currency]
            totals.append({"currency": currency, "method": "cheque", "count": len(amounts), "amount": sum(amounts)})
        told["cash"] = {one["currency"]: one["amount"] for one in totals if one["method"] == "cash"}
        told["cheques"] = [(one.number, one.currency, one.amount) for one in cheques]
        return {"totals": totals, "kept_back": [{"receipt": id, "tender": n, "reason": "later"} for id, n in kept]}

    entry = yield from device.declare_deposit(draft, world.new_id())
    world.bags[entry.id] = told


def wipe(world: "World", device: SimDevice) -> Tab:
    """Sanad's data leave the phone: somebody of the office reads a code to its owner."""
    if device.db.wiping is None:
        challenge = "".join(world.random.choices(ALPHABET, k=6))
        if not world.likely(30) or not device.holds_nothing():
            return
        code = world.office.release_code(device.id, challenge, SUPERVISOR)
        if not (yield from device.use_wipe_code(challenge, code)):
            return
        world.say(f"{device.name} is to be wiped")
    yield from device.finish_wipe()


def greet(world: "World", device: SimDevice) -> Tab:
    """A kind that this server does not know yet, from a newer app."""
    if device.app == "newer":
        yield from device.append("customer_greeted", {"how": "warmly"})


# ---- the counting desk


def count(world: "World", device: SimDevice) -> Tab:
    """Blind: what lies on the table, now and then miscounted, with papers missing or too many."""
    view = view_of(device.db, device.now())
    waiting = [
        one for one in all_of(view, DepositWaiting) if one.state in ("declared", "counted") and one.id in world.bags
    ]
    deposit = world.pick(waiting)
    if deposit is None:
        return
    bag = world.bags[deposit.id]
    seen = view.get(Deposit, deposit.id)
    round_ = len(seen.counts) + 1 if seen is not None else 1
    if round_ > 2:
        return
    cash = dict(bag["cash"])
    for currency in [*cash, "USD"]:
        if world.likely(15):
            cash[currency] = max(0, cash.get(currency, 0) + world.random.randint(-900, 900))
    papers = [one for one in bag["cheques"] if not world.likely(8)]
    if world.likely(5):
        papers = [*papers, ("999999", "EGP", 1)]
    body = {
        "deposit": deposit.id,
        "name": deposit.name,
        "round": round_,
        "cash": [{"currency": currency, "amount": amount} for currency, amount in sorted(cash.items())],
        "cheques": [{"number": number, "currency": currency, "amount": amount} for number, currency, amount in papers],
    }
    yield from device.append("deposit_counted", body, by=device.user)


def count_from_code(world: "World", device: SimDevice) -> Tab:
    """A collector stands at the counter and shows a code, whatever has become of his entries meanwhile. The desk keeps
    what it scanned once its count is written, and hands it in too; where the totals agree it accepts at once."""
    shown = [
        entry
        for other in world.devices
        for entry in other.db.entries.values()
        if entry.kind == "deposit_declared" and entry.id in world.bags and not other.gone
    ]
    fresh = [entry for entry in shown if entry.unsent]
    entry = world.pick(fresh if fresh and world.likely(85) else shown)
    if entry is None:
        return
    bag, said = world.bags[entry.id], msgspec.json.decode(entry.body)
    exact = world.likely(70)
    cash = {currency: amount if exact else max(0, amount - 7) for currency, amount in bag["cash"].items()}
    papers = bag["cheques"] if exact or world.likely(50) else bag["cheques"][1:]
    if world.likely(25):
        papers = [(f"{number}9", currency, amount) for number, currency, amount in papers]  # misread, the sums agree
    body = {
        "deposit": entry.id,
        "name": said["name"],
        "round": 1,
        "cash": [{"currency": currency, "amount": amount} for currency, amount in sorted(cash.items())],
        "cheques": [{"number": number, "currency": currency, "amount": amount} for number, currency, amount in papers],
        "declaration": {"envelope": entry.envelope.decode(), "body": entry.body.decode(), "sig": entry.sig},
    }
    counted = yield from device.append("deposit_counted", body, by=device.user)
    stray = Stray(entry.device, entry.seq, entry.wire())
    yield from device.write(lambda db: db.strays.setdefault(entry.hash, stray))
    if exact and world.likely(85):
        body = {"deposit": entry.id, "count": counted.id, "totals_only": True}
        yield from device.append("deposit_accepted", body, by=device.user)


def decide(world: "World", device: SimDevice) -> Tab:
    """Accept what the last count found, or give it all back."""
    view = view_of(device.db, device.now())
    known = all_of(view, Deposit)
    open_ = [one for one in known if one.state == "counted"]
    deposit = world.pick(known if world.likely(8) else open_)  # now and then one that is decided already
    if deposit is None:
        return
    if world.likely(20):
        yield from device.append("deposit_returned", {"deposit": deposit.id, "reason": "torn bag"}, by=device.user)
        return
    counted = deposit.counts[-1]
    cash = {one.currency: one.amount for one in counted.cash}
    variances = [
        {"currency": currency, "amount": difference, "reason": "told"}
        for currency in sorted({*cash, *deposit.expected})
        if (difference := cash.get(currency, 0) - deposit.expected.get(currency, 0))
    ]
    body = {"deposit": deposit.id, "count": counted.id, "variances": variances}
    yield from device.append("deposit_accepted", body, by=device.user)


# ---- the office


def answer_request(world: "World") -> None:
    asked = [one for one in world.office.documents(Voucher) if one.void is not None and one.void.state == "requested"]
    voucher = world.pick(asked)
    if voucher is not None and voucher.void is not None:
        if world.likely(70):
            world.office.say("void_approved", VoidApproved(voucher.void.request, voucher.id), SUPERVISOR)
        else:
            world.office.say("void_refused", VoidRefused(voucher.void.request, voucher.id), SUPERVISOR)


def reverse(world: "World") -> None:
    voucher = world.pick(world.office.documents(Voucher))
    if voucher is not None:
        world.office.say("receipt_reversed", ReceiptReversed(voucher.id, "other"), SUPERVISOR)


def days_work(world: "World") -> None:
    """A midnight has passed, on one server or on several that found the same promises."""
    due = world.office.due_promises()
    for _ in range(2 if world.likely(30) else 1):
        world.office.break_promises(due)


def answer_case(world: "World") -> None:
    """Now and then one that somebody has answered already."""
    known = world.office.documents(Case)
    case = world.pick(known if world.likely(10) else [one for one in known if one.state == "open"])
    if case is not None:
        decision: Any = world.random.choice(("granted", "declined", "noted"))
        world.office.say("case_answered", CaseAnswered(case.id, decision, "from December"), SUPERVISOR)


def set_target(world: "World") -> None:
    user = world.random.choice(world.collectors)
    amount = world.random.randint(1, 9) * 100_000
    world.office.say("target_set", TargetSet(user, f"{DAY:%Y-%m}", "EGP", amount), SUPERVISOR)


def state_items(world: "World") -> None:
    """The ERP's file: invoices new or stated again."""
    rows = []
    for _ in range(world.random.randint(1, 4)):
        customer = world.random.choice(list(CUSTOMERS))
        settled = [Settlement(DAY, world.random.randint(1, 400))] if world.likely(30) else []
        number = world.random.randint(1, 3)
        rows.append(
            StatedItem(f"{customer}-i{number}", customer, f"INV-{customer}-{number}", CUSTOMERS[customer], DAY, DAY,
                       world.random.randint(-500, 40_000), settlements=settled)
        )  # fmt: skip
    world.office.say("items_upserted", ItemsUpserted(rows, "erp.csv"))


def state_customers(world: "World") -> None:
    id = world.random.choice(list(CUSTOMERS))
    name = f"Shop {id} {world.random.randint(1, 9)}"
    row = StatedCustomer(id, id.upper(), name, CUSTOMERS[id], email=EMAILS.get(id, ""))
    world.office.say("customers_upserted", CustomersUpserted([row]))


def assign(world: "World") -> None:
    """Portfolios change hands, also of customers whose vouchers are still on a phone."""
    user = world.random.choice(world.collectors)
    customers = world.random.sample(list(CUSTOMERS), world.random.randint(1, 3))
    action: Any = "assign" if world.likely(65) else "unassign"
    world.office.say("customers_assigned", CustomersAssigned(user, customers, action), ADMIN)


def plan(world: "World") -> None:
    user = world.random.choice(world.collectors)
    stops = world.random.sample(list(CUSTOMERS), 3)
    world.office.say("plan_set", PlanSet(user, world.now.date(), stops), SUPERVISOR)


def close_book(world: "World") -> None:
    """An administrator cancels what is left of a book."""
    if world.likely(15):
        book = world.pick([one for one in world.office.documents(Book) if not one.closed])
        if book is not None:
            world.office.say("book_closed", BookClosed(book.id, "cancelled", "tidy"), ADMIN)


def rename_user(world: "World") -> None:
    user = world.pick([one for one in world.office.documents(User) if one.role == "collector"])
    if user is not None:
        name = f"{user.login} {world.random.randint(1, 9)}"
        body = UserEnrolled(user.id, user.login, name, user.name_ar, "collector", user.branch)
        world.office.say("user_enrolled", body, ADMIN)


def revoke_user(world: "World") -> None:
    """Somebody leaves; what is on the phone must still come in."""
    if world.likely(world.odds.revoke) and len(world.collectors) > 1:
        world.office.say("user_revoked", UserRevoked(world.random.choice(world.collectors), "left"), ADMIN)


def revoke_device(world: "World") -> None:
    if not world.likely(world.odds.revoke):
        return
    device = world.pick(
        [one for one in world.office.documents(Device) if one.state == "active" and one.purpose == "phone"]
    )
    if device is not None:
        state: Any = world.random.choice(("revoked", "lost", "retired"))
        seq = world.auditor.books.heads.get(device.id, (0, ""))[0]
        if world.office.say("device_revoked", DeviceRevoked(device.id, state, "said so", seq), ADMIN):
            world.say(f"the office marks {device.id} as {state}")


def customer_asks(world: "World") -> None:
    """Somebody who holds a voucher looks whether it is genuine, and tells of it if nobody has seen it."""
    papers = list(world.papers.values())
    missing = [one for one in papers if one[0].hash not in world.auditor.books.rows]
    found = world.pick(missing if missing and world.likely(75) else papers)
    if found is not None:
        paper, code = found
        answer = world.office.report(code)
        world.say(f"the customer of {paper.number} reads {answer.status}")
        world.look_at_office()
        world.auditor.told_verified(paper, answer.status)


def rebuild(world: "World") -> None:
    """A supervisor lets a voucher count that has not come; now and then the customer tells of another cheque."""
    missing = world.pick([one for one in world.office.documents(MissingVoucher) if one.state == "reported"])
    if missing is None:
        return
    body = msgspec.json.decode(world.papers[missing.hash][0].body)
    cheques = [msgspec.convert(one, Cheque) for one in body["tenders"] if one["method"] == "cheque"]
    if cheques and world.likely(10):
        cheques[0] = msgspec.structs.replace(cheques[0], amount=cheques[0].amount + 1)
    if world.office.rebuild(missing, cheques, SUPERVISOR):
        world.say(f"{missing.number} is rebuilt")
        world.auditor.excused.add(missing.collector)  # his phone shows it twice until its own entry has come


def judge_waiting(world: "World") -> None:
    """A supervisor releases or rejects what waits, as a duplicate where it is one, now and then where it is none, or
    where somebody has decided already."""
    known = world.office.documents(Suspended)
    held = world.pick(known if world.likely(10) else [one for one in known if one.state == "waiting"])
    if held is None:
        return
    vouchers = {one.id: one for one in world.office.documents(Voucher)}
    made = vouchers.get(held.voucher)
    twins = [one.id for one in vouchers.values() if made is not None and repeats(made, one)]
    decision: Any = "release" if world.likely(50) and not (twins and world.likely(60)) else "reject"
    first = world.pick(twins if twins and world.likely(85) else sorted(vouchers)) or ""
    duplicate_of = first if decision == "reject" and (twins or world.likely(30)) else ""
    if world.office.decide(held, decision, duplicate_of, SUPERVISOR):
        world.say(f"{decision} {held.kind} at {held.id} {duplicate_of}")


COLLECTOR_ACTS: list[tuple[Act, int]] = [
    (collect, 12), (visit, 4), (join, 1), (hand_out, 3), (void_alone, 3), (ask_void, 2), (void_approved, 2),
    (declare, 3), (greet, 1), (wipe, 2), (promise, 4), (dispute, 1), (contact, 1), (confirm, 1), (ask_office, 1),
    (put_off, 1), (deliver, 1), (close_day, 1), (photograph, 1),
]  # fmt: skip
DESK_ACTS: list[tuple[Act, int]] = [(count, 5), (decide, 5), (count_from_code, 6)]
OFFICE_ACTS: list[tuple[Callable[["World"], None], int]] = [
    (answer_request, 6), (reverse, 2), (state_items, 3), (state_customers, 1), (assign, 2), (plan, 1), (close_book, 1),
    (rename_user, 1), (revoke_user, 1), (revoke_device, 2), (customer_asks, 6), (rebuild, 5), (judge_waiting, 9),
    (days_work, 4), (answer_case, 2), (set_target, 1),
]  # fmt: skip
