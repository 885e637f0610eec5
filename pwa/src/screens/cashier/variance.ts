/**
 * What the count differs by, as the cashier is shown it after the reveal. A preview: what posts is what the server
 * computes from the same two sides, and it says so when the two disagree.
 * Shortage, overage and missing paper are three things; none is ever netted against another.
 */
import type { CashCount, ChequeHeld, CountedCheque } from '../../wire/types';
import { bare_number } from './sheet';

export interface Difference {
  currency: string;
  expected: number;
  counted: number;
  /** counted − expected: short is negative, over is positive. */
  amount: number;
}

/** Every currency on either side, the company's order kept: first those expected, then those only found. */
export function compare_cash(expected: Record<string, number>, cash: readonly CashCount[]): Difference[] {
  const found = new Map<string, number>();
  for (const count of cash) found.set(count.currency, (found.get(count.currency) ?? 0) + count.amount);
  const currencies = new Set([...Object.keys(expected), ...found.keys()]);
  return [...currencies].map((currency) => {
    const owed = expected[currency] ?? 0;
    const lay = found.get(currency) ?? 0;
    return { currency, expected: owed, counted: lay, amount: lay - owed };
  });
}

export function shortages(differences: readonly Difference[]): Difference[] {
  return differences.filter((each) => each.amount < 0);
}

export function overages(differences: readonly Difference[]): Difference[] {
  return differences.filter((each) => each.amount > 0);
}

export interface ChequeMatch {
  matched: ChequeHeld[];
  /** Declared, and no paper on the table. */
  missing: ChequeHeld[];
  /** On the table, and no voucher names it. */
  not_declared: CountedCheque[];
}

function key_of(cheque: { number: string; currency: string; amount: number }): string {
  return `${bare_number(cheque.number)}|${cheque.currency}|${cheque.amount}`;
}

/** One paper answers for one declared cheque: same number (leading zeros aside), currency and amount. */
export function match_cheques(counted: readonly CountedCheque[], declared: readonly ChequeHeld[]): ChequeMatch {
  const waiting = new Map<string, CountedCheque[]>();
  for (const cheque of counted) waiting.set(key_of(cheque), [...(waiting.get(key_of(cheque)) ?? []), cheque]);
  const matched: ChequeHeld[] = [];
  const missing: ChequeHeld[] = [];
  for (const cheque of declared) {
    const papers = waiting.get(key_of(cheque));
    if (papers === undefined || papers.length === 0) missing.push(cheque);
    else {
      papers.pop();
      matched.push(cheque);
    }
  }
  return { matched, missing, not_declared: [...waiting.values()].flat() };
}

/** One sum a currency. */
export function sums_of(cheques: readonly { currency: string; amount: number }[]): [string, number][] {
  const totals = new Map<string, number>();
  for (const { currency, amount } of cheques) totals.set(currency, (totals.get(currency) ?? 0) + amount);
  return [...totals];
}

export interface Reasoned {
  reason: string;
  note: string;
}

/** The first difference that still wants a reason; a reason of "other" wants a note too. */
export function unexplained(differences: readonly Difference[], reasons: Readonly<Record<string, Reasoned>>): Difference | null {
  for (const each of differences) {
    if (each.amount === 0) continue;
    const given = reasons[each.currency];
    if (given === undefined || given.reason === '') return each;
    if (given.reason === 'other' && given.note.trim() === '') return each;
  }
  return null;
}

export const SHORT_REASONS = ['change_given', 'damaged_note', 'collector_miscounted', 'not_known', 'other'] as const;
export const OVER_REASONS = ['change_not_given', 'no_voucher', 'collector_miscounted', 'not_known', 'other'] as const;
export type VarianceReason = (typeof SHORT_REASONS)[number] | (typeof OVER_REASONS)[number];

export function reasons_for(difference: Difference): readonly VarianceReason[] {
  return difference.amount < 0 ? SHORT_REASONS : OVER_REASONS;
}
