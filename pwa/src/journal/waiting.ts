/** What has been written here and is not proved to be at the office. */
import type { Bodies, Total } from '../wire/types';
import type { StoredEntry } from './database';
import type { Waiting } from './shapes';

export function is_unsent({ state }: Pick<StoredEntry, 'state'>): boolean {
  return state === 'saved' || state === 'sent';
}

/** Receipts less voids of them, per currency and method. */
export function waiting_of(entries: readonly StoredEntry[]): Waiting {
  const unsent = entries.filter(is_unsent);
  const voided = new Set(
    unsent.filter((one) => one.kind === 'receipt_voided').map((one) => (JSON.parse(one.body) as Bodies['receipt_voided']).receipt),
  );
  const totals = new Map<string, Total>();
  for (const { kind, id, body } of unsent) {
    if (kind !== 'receipt_issued' || voided.has(id)) continue;
    for (const { currency, method, amount } of (JSON.parse(body) as Bodies['receipt_issued']).tenders) {
      const key = `${currency} ${method}`;
      const before = totals.get(key);
      totals.set(key, { currency, method, count: (before?.count ?? 0) + 1, amount: (before?.amount ?? 0) + amount });
    }
  }
  const oldest_at = unsent.reduce(
    (oldest, { at }) => (oldest === '' || Date.parse(at) < Date.parse(oldest) ? at : oldest),
    '',
  );
  return { unsent: unsent.length, oldest_at, totals: [...totals.values()] };
}
