import { expect, test } from 'vitest';

import type { BoardRow } from '../../wire/types';
import { collected, totals_of } from './board';

const user = { id: 'u', login: 'u', name: 'U', name_ar: '', role: 'collector', branch: 'b' };
const row = (more: Partial<BoardRow>): BoardRow => ({ user, planned: 0, done: 0, unplanned: 0, vouchers: 0, ...more });

test('two currencies are never summed', () => {
  expect(
    collected([
      { currency: 'EGP', method: 'cash', count: 1, amount: 500 },
      { currency: 'EGP', method: 'cheque', count: 1, amount: 700 },
      { currency: 'USD', method: 'cash', count: 1, amount: 900 },
    ]),
  ).toEqual({ EGP: 1200, USD: 900 });
});

test('the oldest wait is found across time zones', () => {
  const totals = totals_of([
    row({ unsent: 2, oldest_unsent: '2026-11-22T10:00:00+02:00' }),
    row({ unsent: 1, oldest_unsent: '2026-11-22T07:59:00Z' }),
    row({ unsent: 0, oldest_unsent: '' }),
  ]);

  expect([totals.unsent, totals.phones, totals.oldest_unsent]).toEqual([3, 2, '2026-11-22T07:59:00Z']);
});
