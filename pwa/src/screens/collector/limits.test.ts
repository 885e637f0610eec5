import { describe, expect, it } from 'vitest';

import type { World } from '../../journal/world';
import type { Cash, Policy } from '../../wire/types';
import { limits_met } from './limits';

const NOW = new Date('2026-11-22T12:00:00Z');
const cash = (amount: number, currency = 'EGP'): Cash & { method: 'cash' } => ({ method: 'cash', currency, amount });

function world(policy: Partial<Policy>, change: Partial<World> = {}): World {
  return {
    company: { currency: 'EGP', policy },
    user: { id: 'u1' },
    custody: { id: 'u1', cash: { EGP: 30_000 } },
    vouchers: new Map([['r1', { id: 'r1', by: 'u1', at: '2026-11-19T10:00:00+02:00', tenders: [cash(30_000)] }]]),
    waiting: { unsent: 0, oldest_at: '', totals: [] },
    ...change,
  } as unknown as World;
}

const names = (found: { limit: string; blocks: boolean }[]): string[] => found.map(({ limit, blocks }) => (blocks ? `${limit}!` : limit));

describe('limits', () => {
  it('warn by themselves, and block where the company chose so', () => {
    const policy = { receipt_limit: 20_000, cash_limit: 50_000, cash_age_days: 2 };

    expect(names(limits_met(world(policy), [cash(20_001)], NOW))).toEqual(['receipt', 'cash', 'age']);
    expect(names(limits_met(world({ ...policy, blocks: ['cash', 'age'] }), [cash(20_001)], NOW))).toEqual(['receipt', 'cash!', 'age!']);
    expect(limits_met(world({ ...policy, cash_age_days: 3 }), [cash(20_000)], NOW)).toEqual([]);
  });

  it('of the law always block', () => {
    expect(names(limits_met(world({ cash_ceiling: 20_000 }), [cash(20_001)], NOW))).toEqual(['ceiling!']);
  });

  it('of cash say nothing about cheques, nor about another currency than the company’s', () => {
    const cheque = { method: 'cheque' as const, currency: 'EGP', amount: 90_000, bank: 'CIB', number: '1', due: '2026-12-01' };
    const policy = { receipt_limit: 20_000, cash_ceiling: 20_000 };

    expect(limits_met(world({ ...policy, cash_limit: 1, cash_age_days: 1 }), [cheque], NOW)).toEqual([]);
    expect(limits_met(world(policy), [cash(90_000, 'USD')], NOW)).toEqual([]);
  });

  it('count the hours of the oldest entry that the office lacks', () => {
    const waiting = { unsent: 2, oldest_at: '2026-11-22T04:00:00Z', totals: [] };

    expect(limits_met(world({ unsent_hours: 8, blocks: ['unsent'] }, { waiting }), [cash(1)], NOW)).toEqual([
      { limit: 'unsent', blocks: true, reached: 8, allowed: 8 },
    ]);
    expect(limits_met(world({ unsent_hours: 9 }, { waiting }), [cash(1)], NOW)).toEqual([]);
  });
});
