"""The books: accounts, lines that balance, and what a posted line does to the documents.

An account is `kind/owner` or `kind/owner/item`. Amounts are minor units; debit is positive. Σ lines = 0 per entry and
currency. See `docs/ledger.md` for which event posts what.

| account | holds | grows by |
|---|---|---|
| `ar/<customer>/<item>` | an open item | debit |
| `on_account/<customer>` | paid and not allocated | credit |
| `cash/<user>`, `cheques/<user>` | in a collector's hands | debit |
| `transit_cash/<deposit>`, `transit_cheques/<deposit>` | declared, not yet accepted; still his liability | debit |
| `safe/<user>`, `vault/<user>` | a cashier's cash; cheques | debit |
| `short/<user>` | owed by a person until explained | debit |
| `over/<deposit>` | more than declared, until traced | credit |
| `suspense/<voucher>` | money of an entry under review | credit |
| `refunds/<customer>` | owed back after a reversal | credit |
| `erp/<customer>` | contra of what the ERP states | credit |
| `fx/company` | cash taken in another currency than the voucher's, against what it pays for | debit |
| `withholding/<customer>` | tax that the customer withheld against a certificate | debit |
| `discount/<customer>`, `bank_charge/<customer>` | given for settling now; borne for the customer's bank | debit |
"""

from collections.abc import Iterable

from schemas.documents import Amounts, Custody, Customer, Deposit, Item, Safe, User
from schemas.wire import Line
from sync.state import State

NEVER_NEGATIVE = ("safe", "vault")


class Unbalanced(ValueError):
    """A rule produced lines whose debits and credits differ: a fault of ours, never of the writer."""


def lines_of(amounts: Iterable[tuple[str, str, int]]) -> list[Line]:
    """Balanced lines from (account, currency, amount), one per account and currency, zeros left out."""
    sums: dict[tuple[str, str], int] = {}
    check: dict[str, int] = {}
    for account, currency, amount in amounts:
        key = (account, currency)
        sums[key] = sums.get(key, 0) + amount
        check[currency] = check.get(currency, 0) + amount
    if any(check.values()):
        raise Unbalanced(f"debits and credits differ by {check}")
    return [Line(account, currency, amount) for (account, currency), amount in sums.items() if amount]


def opposite(lines: Iterable[Line]) -> list[tuple[str, str, int]]:
    """The same lines with debit and credit swapped."""
    return [(line.account, line.currency, -line.amount) for line in lines]


def add(amounts: Amounts, currency: str, amount: int) -> None:
    """Add in place; a currency at zero is left out, so that equal states are equal bytes."""
    total = amounts.get(currency, 0) + amount
    if total:
        amounts[currency] = total
    else:
        amounts.pop(currency, None)


def custody_of(state: State, user: str) -> Custody:
    """The custody document of a collector, empty before the first posting."""
    return state.get(Custody, user) or Custody(user)


def safe_of(state: State, user: str) -> Safe:
    found = state.get(Safe, user)
    if found is None:
        person = state.get(User, user)
        found = Safe(user, branch=person.branch if person else "")
    return found


def post(lines: Iterable[Line], state: State) -> None:
    """Carry lines into the documents that show balances. Which lines there are was decided once, in the stamp."""
    for line in lines:
        kind, _, owner = line.account.partition("/")
        amount, currency = line.amount, line.currency
        match kind:
            case "ar":
                item = state.get(Item, owner.partition("/")[2])
                if item is not None:
                    item.open += amount
                    state.put(item)
            case "on_account":
                customer = state.get(Customer, owner)
                if customer is not None:
                    add(customer.credit, currency, -amount)
                    state.put(customer)
            case "cash" | "cheques" | "short":
                custody = custody_of(state, owner)
                add(getattr(custody, kind), currency, amount)
                state.put(custody)
            case "transit_cash" | "transit_cheques":
                deposit = state.get(Deposit, owner)
                if deposit is not None:
                    custody = custody_of(state, deposit.collector)
                    add(getattr(custody, kind), currency, amount)
                    state.put(custody)
                    if kind == "transit_cash":
                        add(deposit.expected, currency, amount)
                        state.put(deposit)
            case "safe" | "vault":
                safe = safe_of(state, owner)
                add(safe.cash if kind == "safe" else safe.cheques, currency, amount)
                state.put(safe)
            case _:
                pass
