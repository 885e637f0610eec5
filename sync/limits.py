"""What a voucher is warned of: limits of the company, and marks on what was taken. None of it blocks or changes it."""

from collections.abc import Iterable
from datetime import timedelta

from schemas.codes import Flag
from schemas.documents import ChequeSeen, Company, Item
from schemas.entries.company import Policy
from schemas.entries.receipts import Cash, Cheque, ReceiptIssued
from sync.ledger import custody_of
from sync.rates import exchange_of, rate_on, value_at
from sync.ruling import Context
from sync.state import State


def cheque_key(cheque: Cheque) -> str:
    return f"{cheque.bank}|{cheque.number.lstrip('0')}"


def of_cheques(c: Context, body: ReceiptIssued, policy: Policy, state: State) -> Iterable[Flag]:
    stale = timedelta(days=policy.cheque_stale_days)
    seen: set[str] = set()
    for tender in body.tenders:
        if not isinstance(tender, Cheque):
            continue
        key = cheque_key(tender)
        if key in seen or state.get(ChequeSeen, key):
            yield Flag.CHEQUE_REPEATED
        seen.add(key)
        if tender.drawer:
            yield Flag.THIRD_PARTY_CHEQUE
        if tender.due < c.day - stale:
            yield Flag.CHEQUE_STALE
        if tender.words_differ:
            yield Flag.WORDS_DIFFER


def of_cash(c: Context, body: ReceiptIssued, company: Company | None, policy: Policy, state: State) -> Iterable[Flag]:
    """Limits are in the company's own currency and judge nothing else."""
    for tender in body.tenders:
        exchange = exchange_of(tender)
        if exchange is None:
            continue
        try:
            counted = value_at(tender.amount, tender.currency, body.currency, exchange.base, exchange.rate)
        except ValueError:
            counted = -1
        if counted != exchange.value:
            yield Flag.EXCHANGE_MISCOUNTED
        stated = rate_on(c.day, tender.currency, body.currency, policy.rates)
        if stated is None or (stated.base, stated.rate) != (exchange.base, exchange.rate):
            yield Flag.RATE_DIFFERS
    if company is None:
        return
    taken = sum(one.amount for one in body.tenders if isinstance(one, Cash) and one.currency == company.currency)
    if 0 < policy.cash_ceiling < taken:
        yield Flag.CASH_OVER_CEILING
    if 0 < policy.receipt_limit < taken:
        yield Flag.RECEIPT_OVER_LIMIT
    if taken and 0 < policy.cash_limit < custody_of(state, c.by).cash.get(company.currency, 0) + taken:
        yield Flag.CASH_OVER_LIMIT


def of_deductions(body: ReceiptIssued, policy: Policy) -> Iterable[Flag]:
    """A certificate is the proof of tax withheld; a discount is measured against what the voucher settles."""
    discounts = 0
    for one in body.deductions:
        if one.kind == "withholding" and not one.proof and not one.photos:
            yield Flag.PROOF_MISSING
        if one.kind == "discount":
            discounts += one.amount
    settled = sum(one.amount for one in body.allocations)
    if discounts * 10_000 > policy.discount_limit * settled:
        yield Flag.DISCOUNT_OVER_LIMIT


def of_items(body: ReceiptIssued, state: State) -> Iterable[Flag]:
    for allocation in body.allocations:
        item = state.get(Item, allocation.item)
        if item is not None and item.einvoice is not None and item.einvoice.state in ("cancelled", "rejected"):
            yield Flag.ITEM_CANCELLED
