/** What a supervisor must decide about: entries under review, and vouchers that customers have and the company has not. */
import type { Cheque, MissingRow, SuspendedRow, Total } from '../../wire/types';

export type Item = { id: string; at: string; held: SuspendedRow } | { id: string; at: string; missing: MissingRow };

/** Both lists as one, oldest first: who has waited longest is decided about first. */
export function items_of(held: SuspendedRow[], missing: MissingRow[]): Item[] {
  const items: Item[] = [
    ...held.map((row) => ({ id: `held ${row.held.id}`, at: row.held.received_at, held: row })),
    ...missing.map((row) => ({ id: `missing ${row.missing.id}`, at: row.missing.reported_at, missing: row })),
  ];
  return items.sort((a, b) => a.at.localeCompare(b.at));
}

export function number_of(item: Item): string {
  return 'held' in item ? (item.held.voucher?.number ?? '') : item.missing.missing.number;
}

/** What is at stake, by currency. An entry that could not be judged may say nothing yet. */
export function amounts_of(item: Item): [currency: string, amount: number][] {
  if ('held' in item) return Object.entries(item.held.held.amounts ?? {});
  const sums: Record<string, number> = {};
  for (const { currency, amount } of item.missing.missing.totals) sums[currency] = (sums[currency] ?? 0) + amount;
  return Object.entries(sums);
}

/** A cheque as it is being typed from what the customer tells. */
export interface Typed {
  currency: string;
  bank: string;
  number: string;
  due: string;
  amount: string;
}

/** One line to begin with for each currency in which the code names cheques. */
export function blank_cheques(totals: Total[]): Typed[] {
  return totals.filter(({ method }) => method === 'cheque').map(({ currency }) => ({ currency, bank: '', number: '', due: '', amount: '' }));
}

/**
 * The cheques when every line is whole and the sums are the code's, else what is wrong: a line that is not whole, or a
 * currency whose sum differs.
 */
export function cheques_of(
  typed: Typed[],
  totals: Total[],
  parse: (text: string, currency: string) => number | null,
): { cheques: Cheque[] } | { incomplete: number } | { differs: string } {
  const cheques: Cheque[] = [];
  for (const [index, line] of typed.entries()) {
    const amount = parse(line.amount, line.currency);
    if (!amount || !line.bank.trim() || !line.number.trim() || !line.due) return { incomplete: index };
    cheques.push({ method: 'cheque', currency: line.currency, amount, bank: line.bank.trim(), number: line.number.trim(), due: line.due });
  }
  for (const { currency, method, amount } of totals) {
    const sum = cheques.filter((cheque) => cheque.currency === currency).reduce((so_far, cheque) => so_far + cheque.amount, 0);
    if (method === 'cheque' && sum !== amount) return { differs: currency };
  }
  return { cheques };
}
