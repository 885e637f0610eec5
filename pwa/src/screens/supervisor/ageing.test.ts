import { expect, test } from 'vitest';

import { type AgeingCustomer, customers_in, days_of, share } from './ageing';

const row = (currency: string, buckets: Record<string, number>): AgeingCustomer => ({
  ...{ customer: 'c', code: '1', name: 'n', name_ar: '', currency, buckets, counts: {} },
  ...{ credits: 0, owed: 0, overdue: 0, net: 0 },
});

test('a bucket is told by its label, and the last one is open', () => {
  expect(days_of('not_due')).toEqual({ from: null, to: null });
  expect(days_of('31-60')).toEqual({ from: 31, to: 60 });
  expect(days_of('181+')).toEqual({ from: 181, to: null });
});

test('customers are counted per currency and bucket', () => {
  const rows = [row('EGP', { not_due: 5 }), row('EGP', { not_due: 0, '1-30': 7 }), row('USD', { not_due: 9 })];

  expect(customers_in(rows, 'EGP', 'not_due')).toBe(1);
  expect(customers_in(rows, 'EGP', '1-30')).toBe(1);
});

test('a share of nothing is not zero', () => {
  expect(share(0, 0)).toBeNull();
  expect(share(1, 3)).toBe(333);
});
