"""Cash in another currency than the voucher's, at a rate that somebody stated.

Twin of `pwa/src/ledger/rates.ts`; both run `tests/cases/rates.json`. The rule (DOMAIN (e), docs/ledger.md): the
voucher keeps both amounts, the rate and who stated it; what the cash pays for is rounded half up to minor units.
"""

from collections.abc import Iterable
from datetime import date

from schemas.entries.company import StatedRate
from schemas.entries.receipts import Cash, Exchange, Tender
from sync.money import currency_of


def value_at(amount: int, paid: str, wanted: str, base: str, rate: str) -> int:
    """Minor units of `wanted` that `amount` minor units of `paid` are worth, where one `base` is `rate` of the other
    currency. ValueError where the rate is nothing, or is between other currencies."""
    whole, _, fraction = rate.partition(".")
    top: int = int(whole + fraction)
    bottom: int = 10 ** len(fraction)
    if top == 0 or paid == wanted or base not in (paid, wanted):
        raise ValueError(f"no rate between {paid} and {wanted}: one {base} = {rate}")
    if base == wanted:
        top, bottom = bottom, top
    top *= amount * 10 ** currency_of(wanted).exponent
    bottom *= 10 ** currency_of(paid).exponent
    return (2 * top + bottom) // (2 * bottom)


def rate_on(day: date, one: str, other: str, rates: Iterable[StatedRate]) -> StatedRate | None:
    """The company's rate between two currencies that holds on a day."""
    found = [rate for rate in rates if {rate.base, rate.quote} == {one, other} and rate.since <= day]
    return max(found, key=lambda rate: rate.since, default=None)


def exchange_of(tender: Tender) -> Exchange | None:
    return tender.exchange if isinstance(tender, Cash) else None


def paid_in(tender: Tender, currency: str) -> bool:
    """Whether a voucher in that currency can say what the tender pays for."""
    return (tender.currency == currency) == (exchange_of(tender) is None)


def worth(tender: Tender) -> int:
    """What a tender pays for: minor units of the voucher's currency."""
    exchange = exchange_of(tender)
    return tender.amount if exchange is None else exchange.value
