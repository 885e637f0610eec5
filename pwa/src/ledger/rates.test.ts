import { expect, test } from 'vitest';

import { load_cases } from '../testing/cases';
import { rate_on, received, settled, value_at } from './rates';

interface Row {
  name: string;
  amount: number;
  paid: string;
  wanted: string;
  base: string;
  rate: string;
  value: number | null;
}

test.each(load_cases<Row[]>('rates'))('$name', ({ amount, paid, wanted, base, rate, value }) => {
  expect(value_at(amount, paid, wanted, base, rate)).toBe(value);
});

test('the rate of a day is the latest one until then', () => {
  const rates = [
    { base: 'USD', quote: 'EGP', rate: '49', since: '2026-10-01' },
    { base: 'EGP', quote: 'USD', rate: '0.02', since: '2026-11-01' },
    { base: 'USD', quote: 'LBP', rate: '89500', since: '2026-11-01' },
  ];

  expect(rate_on('2026-10-31', 'EGP', 'USD', rates)).toBe(rates[0]);
  expect(rate_on('2026-11-01', 'USD', 'EGP', rates)).toBe(rates[1]);
  expect(rate_on('2026-09-30', 'USD', 'EGP', rates)).toBeUndefined();
});

test('what a voucher settles is one sum; what was handed over is one for each currency', () => {
  const tenders = [
    { method: 'cash' as const, currency: 'EGP', amount: 10_000 },
    { method: 'cash' as const, currency: 'USD', amount: 1_000, exchange: { base: 'USD', rate: '50.25', value: 50_250 } },
  ];

  expect(settled({ currency: 'EGP', tenders, deductions: [{ kind: 'withholding', amount: 600 }] })).toBe(60_850);
  expect(received(tenders)).toEqual([
    ['EGP', 10_000],
    ['USD', 1_000],
  ]);
});
