/** A collector's report of his day beside what the office's journal says of the same entries. */
import type { DayFigures, DayReportRow } from '../../wire/types';

export type Figure = 'vouchers' | 'voided' | 'planned' | 'visited' | 'unplanned' | 'promises' | 'disputes' | 'contacts';

export const FIGURES: Figure[] = ['vouchers', 'voided', 'planned', 'visited', 'unplanned', 'promises', 'disputes', 'contacts'];

export interface Pair {
  figure: Figure;
  /** Absent while the day is not closed. */
  told: number | undefined;
  office: number;
  differs: boolean;
}

export function pairs_of(row: DayReportRow): Pair[] {
  return FIGURES.map((figure) => ({
    figure,
    told: row.report ? (row.report.told[figure] ?? 0) : undefined,
    office: (row.office satisfies DayFigures)[figure] ?? 0,
    differs: (row.differs ?? []).includes(figure),
  }));
}

export interface MoneyPair {
  currency: string;
  method: string;
  told: number | undefined;
  office: number;
  differs: boolean;
}

/** What was received, per currency and method, as each of the two has it. */
export function received_of(row: DayReportRow): MoneyPair[] {
  const told = row.report?.told.received ?? [];
  const office = row.office.received ?? [];
  const keys = [...new Set([...office, ...told].map((total) => `${total.currency} ${total.method}`))].sort();
  return keys.map((key) => {
    const [currency = '', method = ''] = key.split(' ');
    const of = (totals: typeof told) => totals.find((total) => total.currency === currency && total.method === method);
    const theirs = row.report ? (of(told)?.amount ?? 0) : undefined;
    const ours = of(office)?.amount ?? 0;
    const counts = of(told)?.count !== of(office)?.count;
    return { currency, method, told: theirs, office: ours, differs: row.report ? theirs !== ours || counts : false };
  });
}

export type Closing = 'open' | 'same' | 'differs';

export function closing_of(row: DayReportRow): Closing {
  if (!row.report) return 'open';
  return (row.differs ?? []).length > 0 ? 'differs' : 'same';
}
