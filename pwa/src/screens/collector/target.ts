/** What was collected against what was to be: currencies apart, always. */
import type { World } from '../../journal/world';
import type { Voucher } from '../../wire/types';

/** Sums of standing vouchers by currency of what was handed over. */
export function collected_in(vouchers: Iterable<Voucher>): Record<string, number> {
  const sums: Record<string, number> = {};
  for (const { state, tenders } of vouchers) {
    if ((state ?? 'issued') !== 'issued') continue;
    for (const { currency, amount } of tenders) sums[currency] = (sums[currency] ?? 0) + amount;
  }
  return sums;
}

export interface Progress {
  currency: string;
  target: number;
  collected: number;
  /** Of the target, 0 to 100 and beyond, in tenths. */
  percent: number;
  /** Visits that were asked for, 0: none were. */
  visits_target: number;
  visits: number;
}

/** month: YYYY-MM. day_of: the business day of a moment. */
export function month_progress(world: Pick<World, 'user' | 'targets' | 'vouchers' | 'visits'>, month: string, day_of: (at: string) => string): Progress[] {
  const me = world.user?.id;
  const targets = [...world.targets.values()].filter((target) => target.user === me && target.month === month);
  if (targets.length === 0) return [];
  const collected = collected_in([...world.vouchers.values()].filter(({ by, at }) => by === me && day_of(at).startsWith(month)));
  const visits = [...world.visits.values()].filter(({ user, day, ended_at }) => user === me && day.startsWith(month) && ended_at).length;
  return targets.map(({ currency, amount, visits: visits_target = 0 }) => {
    const brought = collected[currency] ?? 0;
    return { currency, target: amount, collected: brought, percent: Math.floor((brought * 1_000) / amount) / 10, visits_target, visits };
  });
}
