import { expect, test } from 'vitest';

import { balance_of } from './balances';

const customer = { id: 'c1', code: 'C1', name: 'Baraka', currency: 'EGP', credit: { EGP: 30 }, uncleared: { EGP: 100 } };
const item = (open: number, due: string, currency = 'EGP') => ({
  id: due,
  customer: 'c1',
  number: due,
  currency,
  date: due,
  due,
  original: open,
  open,
});

test('ledger is what is open less credit; without uncleared cheques it is higher by them', () => {
  const balance = balance_of(customer, [item(200, '2026-01-01'), item(50, '2026-12-31'), item(-20, '2026-01-05')], '2026-11-22');

  expect(balance).toEqual({ ledger: { EGP: 200 }, excluding_uncleared: { EGP: 300 }, overdue: { EGP: 200 } });
});

test('an item is overdue on the day after it is due', () => {
  expect(balance_of(customer, [item(5, '2026-11-22')], '2026-11-22').overdue).toEqual({});
  expect(balance_of(customer, [item(5, '2026-11-21')], '2026-11-22').overdue).toEqual({ EGP: 5 });
});

test('currencies are never added together', () => {
  expect(balance_of(customer, [item(5, '2026-12-01', 'USD')], '2026-11-22').ledger).toEqual({ EGP: -30, USD: 5 });
});
