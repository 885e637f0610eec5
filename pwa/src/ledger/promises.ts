/** Promises to pay, and which vouchers keep them. Twin of sync/promises.py; rows in tests/cases/overlay.json. */
import type { PromiseToPay } from '../wire/types';
import type { Next, OwnEntry } from './overlay';

const AFTERWARDS: Record<string, string> = { open: 'kept', broken: 'kept_late', part_kept: 'kept_late' };

/** A later promise takes the place of open ones for any of the same items, or for the account. */
export function promise_made(next: Next, { id, at, by, body }: OwnEntry<'promise_made'>): void {
  if (next.get('promise', id)) return;
  const made: PromiseToPay = {
    id,
    customer: body.customer,
    by,
    currency: body.currency,
    amount: body.amount,
    date: body.date,
    at,
    means: body.means ?? 'cash',
    items: body.items ?? [],
    visit: body.visit ?? '',
    note: body.note ?? '',
    state: 'open',
  };
  next.change('customer', body.customer, ({ promises = [] }) => {
    const left = promises.filter((other) => {
      const before = next.get('promise', other);
      if (!before || (before.state ?? 'open') !== 'open' || !same_matter(before, made)) return true;
      next.put('promise', { ...before, state: 'superseded' });
      return false;
    });
    return { promises: [...left, id] };
  });
  next.put('promise', made);
}

function same_matter(one: PromiseToPay, other: PromiseToPay): boolean {
  if (one.currency !== other.currency) return false;
  const [items, others] = [one.items ?? [], other.items ?? []];
  return items.length > 0 && others.length > 0 ? items.some((item) => others.includes(item)) : items.length === others.length;
}

/** The voucher brings what it can to the customer's promises, in the order in which they were made. */
export function keep_promises(next: Next, voucher_id: string): void {
  const voucher = next.get('voucher', voucher_id);
  const customer = next.get('customer', voucher?.customer ?? '');
  if (!voucher || !customer?.promises?.length) return;
  const items = new Map((voucher.taken ?? []).map(({ item, amount }) => [item, amount]));
  let rest = [...items.values()].reduce((sum, amount) => sum + amount, voucher.on_account ?? 0);
  let waiting = customer.promises;
  const kept_by_it: string[] = [];
  for (const id of customer.promises) {
    const promise = next.get('promise', id);
    if (promise?.currency !== voucher.currency) continue;
    const own = promise.items ?? [];
    const named = own.length > 0 ? own.reduce((sum, item) => sum + (items.get(item) ?? 0), 0) : rest;
    const before = total_of(promise.kept);
    const brought = Math.min(named, rest, promise.amount - before);
    if (brought <= 0) continue;
    rest -= brought;
    kept_by_it.push(id);
    const full = before + brought === promise.amount;
    const state = promise.state ?? 'open';
    next.put('promise', { ...promise, kept: { ...promise.kept, [voucher_id]: brought }, state: full ? (AFTERWARDS[state] ?? state) : state });
    if (full) waiting = waiting.filter((other) => other !== id);
  }
  if (kept_by_it.length === 0) return;
  next.put('voucher', { ...voucher, promises: kept_by_it });
  next.change('customer', customer.id, () => ({ promises: waiting }));
}

/** A voucher that no longer stands has kept nothing: the promise waits again. */
export function unkeep_promises(next: Next, voucher_id: string): void {
  const voucher = next.get('voucher', voucher_id);
  for (const id of voucher?.promises ?? []) {
    const promise = next.get('promise', id);
    if (!promise || !(voucher_id in (promise.kept ?? {}))) continue;
    const { [voucher_id]: _, ...kept } = promise.kept ?? {};
    const back = { kept: 'open', kept_late: total_of(kept) > 0 ? 'part_kept' : 'broken' }[promise.state ?? 'open'];
    next.put('promise', { ...promise, kept, state: back ?? promise.state ?? 'open' });
    if (back) next.change('customer', promise.customer, ({ promises = [] }) => ({ promises: [...promises, id] }));
  }
  next.change('voucher', voucher_id, () => ({ promises: [] }));
}

function total_of(kept: Record<string, number> | undefined): number {
  return Object.values(kept ?? {}).reduce((sum, amount) => sum + amount, 0);
}
