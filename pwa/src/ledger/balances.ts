/** Balances of a customer. Two are shown wherever one is shown: ledger, and excluding cheques that have not cleared. */
import type { Documents } from '../wire/types';

type Customer = Documents['customer'];
type Item = Documents['item'];
export type Amounts = Record<string, number>;

export interface Balance {
  /** Σ open − credit. */
  ledger: Amounts;
  /** Ledger + uncleared cheques. */
  excluding_uncleared: Amounts;
  overdue: Amounts;
}

/** `today`: YYYY-MM-DD. An item is overdue on the day after it is due. */
export function balance_of(customer: Customer, items: readonly Item[], today: string): Balance {
  const ledger: Amounts = {};
  const overdue: Amounts = {};
  for (const { currency, open = 0, due } of items) {
    plus(ledger, currency, open);
    if (open > 0 && due < today) plus(overdue, currency, open);
  }
  for (const [currency, amount] of Object.entries(customer.credit ?? {})) plus(ledger, currency, -amount);
  const excluding_uncleared = { ...ledger };
  for (const [currency, amount] of Object.entries(customer.uncleared ?? {})) plus(excluding_uncleared, currency, amount);
  return { ledger, excluding_uncleared, overdue };
}

function plus(amounts: Amounts, currency: string, amount: number): void {
  amounts[currency] = (amounts[currency] ?? 0) + amount;
}
