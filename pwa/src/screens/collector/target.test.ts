import { expect, test } from 'vitest';

import type { Target, User, Visit, Voucher } from '../../wire/types';
import { month_progress } from './target';

const me: User = { id: 'me', login: 'm', name: 'M', name_ar: 'م', role: 'collector', branch: 'b' };
const voucher = (id: string, at: string, tenders: [string, number][], more: Partial<Voucher> = {}): Voucher => ({
  id, number: id, book: 'b', leaf: 1, customer: 'c', device: 'd', seq: 1, by: 'me', at, currency: 'EGP',
  tenders: tenders.map(([currency, amount]) => ({ method: 'cash', currency, amount })), ...more,
});
const target = (currency: string, amount: number, more: Partial<Target> = {}): Target => ({ id: `me|2026-11|${currency}`, user: 'me', month: '2026-11', currency, amount, ...more });
const by_id = <T extends { id: string }>(rows: T[]): Map<string, T> => new Map(rows.map((row) => [row.id, row]));

test("the month's standing vouchers count, each currency against its own target", () => {
  const world = {
    user: me,
    targets: by_id([target('EGP', 300, { visits: 40 }), target('USD', 1_000), target('EGP', 5, { id: 'other', user: 'hany' }), target('EGP', 5, { id: 'past', month: '2026-10' })]),
    vouchers: by_id([
      voucher('1', '2026-11-01T08:00:00+02:00', [['EGP', 60], ['USD', 700]]),
      voucher('2', '2026-11-22T08:00:00+02:00', [['EGP', 40]]),
      voucher('3', '2026-11-22T08:00:00+02:00', [['EGP', 99]], { state: 'voided' }),
      voucher('4', '2026-10-31T08:00:00+02:00', [['EGP', 99]]),
      voucher('5', '2026-11-22T08:00:00+02:00', [['EGP', 99]], { by: 'hany' }),
    ]),
    visits: by_id<Visit>([
      { id: 'v1', customer: 'c', user: 'me', device: 'd', day: '2026-11-22', started_at: '', ended_at: 'x' },
      { id: 'v2', customer: 'c', user: 'me', device: 'd', day: '2026-11-22', started_at: '' },
    ]),
  };
  expect(month_progress(world, '2026-11', (at) => at.slice(0, 10))).toEqual([
    { currency: 'EGP', target: 300, collected: 100, percent: 33.3, visits_target: 40, visits: 1 },
    { currency: 'USD', target: 1_000, collected: 700, percent: 70, visits_target: 0, visits: 1 },
  ]);
});

test('without a target there is no progress to speak of', () => {
  expect(month_progress({ user: me, targets: new Map(), vouchers: new Map(), visits: new Map() }, '2026-11', (at) => at)).toEqual([]);
});
