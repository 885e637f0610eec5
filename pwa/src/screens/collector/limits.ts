/** The company's limits as a voucher meets them. They warn; those that the company chose to block by also stop issuing. */
import type { World } from '../../journal/world';
import { received } from '../../ledger/rates';
import { day_of, days_between } from '../../text';
import type { Cash, Cheque, Policy } from '../../wire/types';

export type LimitName = 'ceiling' | 'receipt' | 'cash' | 'age' | 'unsent';

export interface Met {
  limit: LimitName;
  /** Issuing stops: by law, or by the company's choice. */
  blocks: boolean;
  /** What there would be, and what there should be at most: minor units, days or hours. */
  reached: number;
  allowed: number;
}

/** Which limits a voucher with these tenders meets, the legal ceiling first. Limits of cash say nothing about cheques. */
export function limits_met(world: World, tenders: readonly (Cash | Cheque)[], now: Date): Met[] {
  const policy: Partial<Policy> = world.company?.policy ?? {};
  const home = world.company?.currency ?? '';
  const cash = new Map(received(tenders.filter(({ method }) => method === 'cash')));
  const taken = cash.get(home) ?? 0;
  const found: Met[] = [];
  const meet = (limit: LimitName, reached: number, allowed = 0, over = reached > allowed): void => {
    const blocks = limit === 'ceiling' || (policy.blocks ?? []).includes(limit);
    if (allowed > 0 && over) found.push({ limit, blocks, reached, allowed });
  };
  if (cash.size > 0) {
    meet('ceiling', taken, policy.cash_ceiling);
    meet('receipt', taken, policy.receipt_limit);
    meet('cash', (world.custody.cash?.[home] ?? 0) + taken, policy.cash_limit);
    meet('age', oldest_cash_days(world, now), policy.cash_age_days);
  }
  const waits_since = world.waiting.unsent > 0 ? world.waiting.oldest_at : '';
  const hours = waits_since ? Math.floor((now.getTime() - new Date(waits_since).getTime()) / 3_600_000) : 0;
  meet('unsent', hours, policy.unsent_hours, hours >= (policy.unsent_hours ?? 0));
  return found;
}

/** How many days ago the oldest cash was taken that is still in hand. */
export function oldest_cash_days(world: World, now: Date): number {
  const today = day_of(now);
  let oldest = 0;
  for (const voucher of world.vouchers.values()) {
    const in_hand = voucher.by === world.user?.id && !voucher.deposit && (voucher.state ?? 'issued') === 'issued';
    if (in_hand && voucher.tenders.some(({ method }) => method === 'cash')) oldest = Math.max(oldest, days_between(day_of(voucher.at), today));
  }
  return oldest;
}
