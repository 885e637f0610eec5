/** The ageing report as the office answers it. Credits stand apart: they are never subtracted from a bucket. */

export interface AgeingFigures {
  /** Label of a bucket → minor units, and how many items stand in it. */
  buckets: Record<string, number>;
  counts: Record<string, number>;
  /** Zero or below. */
  credits: number;
  owed: number;
  overdue: number;
  net: number;
}

export interface AgeingCustomer extends AgeingFigures {
  customer: string;
  code: string;
  name: string;
  name_ar: string;
  currency: string;
}

export interface AgeingReport {
  as_of: string;
  age_by: string;
  basis: string;
  /** not_due, 1-30, …, 181+, in this order. */
  labels: string[];
  totals: Record<string, AgeingFigures>;
  customers: AgeingCustomer[];
}

/** Days of a bucket, from its label; null where it is open to that side. */
export function days_of(label: string): { from: number | null; to: number | null } {
  const [, from, to] = /^(\d+)(?:-(\d+)|\+)$/.exec(label) ?? [];
  return { from: from === undefined ? null : Number(from), to: to === undefined ? null : Number(to) };
}

/** How many customers owe something in each bucket, in one currency. */
export function customers_in(customers: readonly AgeingCustomer[], currency: string, label: string): number {
  return customers.filter((row) => row.currency === currency && (row.buckets[label] ?? 0) > 0).length;
}

/** Share of a whole in tenths of a percent; null where there is no whole. */
export function share(part: number, whole: number): number | null {
  return whole <= 0 ? null : Math.round((part * 1000) / whole);
}
