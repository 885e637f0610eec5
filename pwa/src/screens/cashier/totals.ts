/** A durable count beside the totals of a phone's code. Each currency and method by itself; nothing is netted. */
import type { Total } from '../../wire/types';
import type { KeptCount } from './work';

export interface TotalRow {
  currency: string;
  method: 'cash' | 'cheque';
  declared: number;
  counted: number;
  /** Of cheques: how many. */
  papers_declared: number;
  papers_counted: number;
}

export function beside(totals: readonly Total[], count: Pick<KeptCount, 'cash' | 'cheques'>): TotalRow[] {
  const rows = new Map<string, TotalRow>();
  const row = (currency: string, method: 'cash' | 'cheque'): TotalRow => {
    const known = rows.get(`${method} ${currency}`) ?? { currency, method, declared: 0, counted: 0, papers_declared: 0, papers_counted: 0 };
    rows.set(`${method} ${currency}`, known);
    return known;
  };
  for (const { currency, method, count: pieces, amount } of totals) {
    const one = row(currency, method === 'cheque' ? 'cheque' : 'cash');
    one.declared += amount;
    if (one.method === 'cheque') one.papers_declared += pieces;
  }
  for (const { currency, amount } of count.cash) row(currency, 'cash').counted += amount;
  for (const { currency, amount } of count.cheques) {
    const one = row(currency, 'cheque');
    one.counted += amount;
    one.papers_counted += 1;
  }
  return [...rows.values()]
    .filter(({ declared, counted, papers_declared, papers_counted }) => declared + counted + papers_declared + papers_counted > 0)
    .sort((one, other) => one.method.localeCompare(other.method) || one.currency.localeCompare(other.currency));
}

export function is_equal({ declared, counted, papers_declared, papers_counted }: TotalRow): boolean {
  return declared === counted && papers_declared === papers_counted;
}
