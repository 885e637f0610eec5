"""The receipt voucher on paper: A5 for an office printer, 80 mm for a thermal one. Arabic leads, English beside it.

The paper says what the customer was told when it was issued: the customer's own split between invoices, and nothing of
what the office thinks of the entry. A voucher under review looks like any other, figures included.
"""

import base64
import io
from collections.abc import Iterator
from typing import Literal

import msgspec
from markupsafe import Markup
from PIL import Image, UnidentifiedImageError

from schemas.documents import Company, Customer, Item, User, Voucher
from schemas.entries.receipts import Allocation, Cash, Cheque, Deduction, Tender
from server.paper import qr, writing
from server.paper.writing import PAPERS, Both
from sync.money import currency_of, format_amount
from sync.rates import exchange_of, worth
from sync.receipts import settled as settled_by
from sync.words import amount_in_words

Size = Literal["a5", "80mm"]

VOID_REASONS = {
    "wrong_amount": Both("المبلغ خطأ", "wrong amount"),
    "wrong_customer": Both("العميل خطأ", "wrong customer"),
    "wrong_method": Both("وسيلة الدفع خطأ", "wrong method"),
    "customer_withdrew": Both("تراجع العميل", "customer withdrew"),
    "misprint": Both("خطأ في الطباعة", "misprint"),
    "other": Both("سبب آخر", "other reason"),
}

DUE = Both("استحقاق", "Due")
DRAWER = Both("الساحب", "Drawer")
CHANGE = Both("أعطى / الباقي", "Given / change")
SETTLES = Both("يسدّد", "Settles")
DEDUCTIONS = {
    "withholding": Both("ضريبة مخصومة", "Tax withheld"),
    "discount": Both("خصم تعجيل", "Discount"),
    "bank_charge": Both("مصاريف بنك", "Bank charge"),
}

ROLL_CODE_MM = 48.0
SIGNATURE_PIXELS = 1200 * 600


class Sum(msgspec.Struct, frozen=True):
    """What was handed over in one currency. words: in both languages."""

    currency: str
    amount: Markup
    sign: str
    words_ar: str
    words_en: str


class Paid(msgspec.Struct, frozen=True):
    """One tender at its worth, or one deduction, in the voucher's currency. number: of a cheque only."""

    caption: Both
    amount: Markup
    number: str = ""
    details: Markup = Markup()


class Settled(msgspec.Struct, frozen=True):
    """What the voucher did for one invoice. remains: None when the paper does not say it."""

    number: str
    amount: Markup
    remains: Markup | None
    part: bool


class Balance(msgspec.Struct, frozen=True):
    caption: Both
    amount: Markup


def voucher_html(
    company: Company,
    voucher: Voucher,
    customer: Customer,
    items: dict[str, Item],
    collector: User,
    *,
    size: Size,
    copy: int,
    ledger: int | None = None,
    signature: bytes | None = None,
) -> str:
    """One voucher. copy: 1 for the original, n for COPY n.

    items: by id, as the books have them now. ledger: the customer's balance in the voucher's currency as the books
    have it now (Σ open of items − credit); without it the paper states no balance. signature: the customer's, PNG or
    JPEG.
    """
    void = voucher.state in {"voided", "reversed"}
    when = writing.local(voucher.at, company.time_zone)
    total = settled_by(voucher)
    sums = _received(voucher)
    cheques = any(isinstance(tender, Cheque) for tender in voucher.tenders)
    text = qr.verify_text(company, voucher.qr)
    paid = [_paid(company, voucher, tender) for tender in voucher.tenders]
    paid += [_deducted(voucher, deduction) for deduction in voucher.deductions]
    if voucher.deductions or len(sums) > 1 or sums[0].currency != voucher.currency:
        paid.append(Paid(SETTLES, writing.money(total, voucher.currency)))
    settled = [_settled(voucher, allocation, items.get(allocation.item)) for allocation in voucher.allocations]
    on_account = writing.money(voucher.on_account, voucher.currency) if voucher.on_account else None
    balances = [] if void or ledger is None else _balances(voucher, customer, ledger, total)
    return PAPERS.get_template(f"voucher_{size}.html").render(
        company=company,
        branch=writing.branch_of(company, collector.branch),
        voucher=voucher,
        number=writing.clean(voucher.number),
        customer=customer,
        names=writing.names(customer.name_ar, customer.name),
        collector=writing.person(collector),
        weekday=writing.WEEKDAYS_AR[when.weekday()] if when else "",
        date=writing.day(when.date()) if when else None,
        time=f"{when:%H:%M}" if when else "",
        stamp=writing.stamp(voucher.at, company.time_zone),
        sums=sums,
        paid=paid,
        cheques=cheques,
        settled=settled,
        on_account=on_account,
        balances=balances,
        copy=copy,
        void=void,
        voided_at=writing.stamp(voucher.voided_at, company.time_zone) if voucher.voided_at else None,
        void_reason=VOID_REASONS.get(voucher.void_reason),
        # Long amounts get wider columns, so that none runs into its neighbour.
        digits=max(len(markup.striptags()) for markup in _amounts(paid, settled, on_account, balances)),
        qr=qr.code(text, roll_mm=ROLL_CODE_MM if size == "80mm" else None) if text else None,
        signature=_picture(signature),
    )


def _received(voucher: Voucher) -> list[Sum]:
    """One sum for each currency: two are never added together."""
    sums: dict[str, int] = {}
    for tender in voucher.tenders:
        sums[tender.currency] = sums.get(tender.currency, 0) + tender.amount
    return [
        Sum(
            currency,
            writing.money(amount, currency),
            currency_of(currency).sign_ar,
            amount_in_words(amount, currency, language="ar"),
            amount_in_words(amount, currency, language="en"),
        )
        for currency, amount in sums.items()
    ]


def _deducted(voucher: Voucher, deduction: Deduction) -> Paid:
    proof = writing.typed(deduction.proof) if deduction.proof else Markup()
    return Paid(DEDUCTIONS[deduction.kind], writing.money(deduction.amount, voucher.currency), details=proof)


def _paid(company: Company, voucher: Voucher, tender: Tender) -> Paid:
    amount = writing.money(tender.amount, tender.currency)
    exchange = exchange_of(tender)
    if exchange is not None:
        other = tender.currency if exchange.base == voucher.currency else voucher.currency
        handed = format_amount(tender.amount, tender.currency, language="en")
        said = f"{handed} · 1 {exchange.base} = {exchange.rate} {other}"
        return Paid(Both("نقدًا", "Cash"), writing.money(worth(tender), voucher.currency), details=writing.code(said))
    if not isinstance(tender, Cheque):
        return Paid(Both("نقدًا", "Cash"), amount, details=_change(tender))
    drawn_on = writing.bank(company, tender.bank)
    if tender.branch:
        drawn_on = Markup("{}، {}").format(drawn_on, writing.typed(tender.branch))
    details = [drawn_on, Markup('<span class="whole">{} {}</span>').format(DUE, writing.day(tender.due))]
    if tender.drawer:
        details.append(Markup("{} {}").format(DRAWER, writing.typed(tender.drawer)))
    return Paid(Both("شيك", "Cheque"), amount, number=tender.number, details=writing.joined(details))


def _change(cash: Cash) -> Markup:
    if not cash.received:
        return Markup()
    back = writing.money(cash.received - cash.amount, cash.currency)
    return Markup("{} {} / {}").format(CHANGE, writing.money(cash.received, cash.currency), back)


def _posted(voucher: Voucher) -> bool:
    """Whether the books already count the voucher. The money of one under review stands in suspense."""
    return voucher.verdict != "review" or bool(voucher.taken)


def _settled(voucher: Voucher, allocation: Allocation, item: Item | None) -> Settled:
    amount = writing.money(allocation.amount, voucher.currency)
    if item is None or voucher.state in {"voided", "reversed"}:
        return Settled(item.number if item else allocation.item, amount, remains=None, part=False)
    remains = item.open if _posted(voucher) else max(0, item.open - allocation.amount)
    return Settled(item.number, amount, remains=writing.money(remains, item.currency), part=remains > 0)


def _balances(voucher: Voucher, customer: Customer, ledger: int, total: int) -> list[Balance]:
    """The customer's two balances with this voucher counted: ledger, and excluding cheques that are not cleared."""
    uncleared = customer.uncleared.get(voucher.currency, 0)
    if not _posted(voucher):
        ledger -= total
        uncleared += sum(tender.amount for tender in voucher.tenders if isinstance(tender, Cheque))
    found = [Balance(Both("الرصيد بعده", "Balance after"), writing.money(ledger, voucher.currency))]
    if uncleared:
        found.append(
            Balance(Both("دون شيكات لم تُصرف", "Excl. uncleared"), writing.money(ledger + uncleared, voucher.currency))
        )
    return found


def _amounts(
    paid: list[Paid], settled: list[Settled], on_account: Markup | None, balances: list[Balance]
) -> Iterator[Markup]:
    yield from (one.amount for one in paid)
    for one in settled:
        yield one.amount
        yield one.remains or Markup()
    yield on_account or Markup()
    yield from (one.amount for one in balances)


def _picture(file: bytes | None) -> str | None:
    """A signature as a data URI. Drawn again, so that nothing but its pixels reaches the page."""
    if not file:
        return None
    try:
        with Image.open(io.BytesIO(file), formats=["PNG", "JPEG"]) as found:
            if found.width * found.height > SIGNATURE_PIXELS:
                return None
            drawn = found.convert("RGBA")
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError):
        # A damaged picture is no reason to withhold the voucher; its line stays empty.
        return None
    with io.BytesIO() as png:
        drawn.save(png, "PNG")
        return f"data:image/png;base64,{base64.b64encode(png.getvalue()).decode()}"
