/** What the collector holds, and what a declaration makes of it. */
import type { World } from '../../journal/world';
import type { Book, CashCount, ChequeHeld, Count, Deposit, KeptBack, Notes, Total } from '../../wire/types';
import { notes_total } from './collecting';

export function cheques_in_hand(world: World): ChequeHeld[] {
  const me = world.user?.id ?? '';
  return [...world.cheques.values()].filter(({ state, holder }) => state === 'held' && holder === me).sort((one, other) => (one.due < other.due ? -1 : 1));
}

export function cash_in_hand(world: World): [currency: string, amount: number][] {
  return Object.entries(world.custody.cash ?? {}).filter(([, amount]) => amount !== 0);
}

export interface Declaration {
  totals: Total[];
  cash: CashCount[];
  kept_back: KeptBack[];
}

/** counted: notes by currency, as they lie in the hand. kept: the reason by cheque id, for each cheque that is not there. */
export function declaration_of(counted: Record<string, Notes[]>, cheques: readonly ChequeHeld[], kept: Record<string, string>): Declaration {
  const cash: CashCount[] = [];
  const totals: Total[] = [];
  for (const [currency, notes] of Object.entries(counted)) {
    const amount = notes_total(notes);
    if (amount === 0) continue;
    cash.push({ currency, amount, notes });
    totals.push({ currency, method: 'cash', count: 1, amount });
  }
  const kept_back: KeptBack[] = [];
  for (const cheque of cheques) {
    const reason = kept[cheque.id];
    if (reason !== undefined) {
      kept_back.push({ receipt: cheque.voucher, tender: Number(cheque.id.slice(cheque.id.lastIndexOf('.') + 1)), reason });
      continue;
    }
    const row = totals.find(({ currency, method }) => method === 'cheque' && currency === cheque.currency);
    if (row) {
      row.count += 1;
      row.amount += cheque.amount;
    } else {
      totals.push({ currency: cheque.currency, method: 'cheque', count: 1, amount: cheque.amount });
    }
  }
  return { totals, cash, kept_back };
}

/** Sums by currency over methods: what the button says. */
export function sums(totals: readonly Total[]): [currency: string, amount: number][] {
  const found: Record<string, number> = {};
  for (const { currency, amount } of totals) found[currency] = (found[currency] ?? 0) + amount;
  return Object.entries(found);
}

export function deposits_of(world: World): Deposit[] {
  return [...world.deposits.values()].sort((one, other) => new Date(other.at).getTime() - new Date(one.at).getTime());
}

/** Full electronic books of this phone: the next deposit hands them over. */
export function books_to_hand_over(world: World): Book[] {
  return world.books.filter(({ state, kind, device }) => state === 'full' && kind === 'electronic' && device === world.device?.id);
}

/** The count that stands: the one that was accepted, else the last. */
export function standing_count({ counts = [], acceptance }: Deposit): Count | undefined {
  return counts.find(({ id }) => id === acceptance?.count) ?? counts.at(-1);
}

export interface Compared {
  currency: string;
  expected: number;
  counted: number;
}

/** Cash counted beside what was expected, a currency at a time. An accepted deposit holds nothing any more: there the differences tell. */
export function compared_cash(deposit: Deposit): Compared[] {
  const count = standing_count(deposit);
  const differences = deposit.acceptance?.differences ?? [];
  const currencies = new Set([...Object.keys(deposit.expected ?? {}), ...(count?.cash ?? []).map(({ currency }) => currency), ...differences.map(({ currency }) => currency)]);
  return [...currencies].map((currency) => {
    const counted = count?.cash.find((row) => row.currency === currency)?.amount ?? 0;
    const difference = differences.filter((row) => row.currency === currency).reduce((sum, { amount }) => sum + amount, 0);
    return { currency, counted, expected: deposit.acceptance ? counted - difference : (deposit.expected?.[currency] ?? 0) };
  });
}
