import { expect, test } from 'vitest';

import type { Deposit } from '../../wire/types';
import { expected_cash } from './expected';

const deposit: Deposit = { id: 'd', name: 'K7-0001', collector: 'u', device: 'k', branch: 'b', seq: 1, at: '1' };

test('before the decision the transit is what is expected', () => {
  expect(expected_cash({ ...deposit, expected: { EGP: 500 } })).toEqual({ EGP: 500 });
});

test('after it, what was accepted less the difference is what had been expected', () => {
  const acceptance = {
    id: 'a',
    by: 'c',
    at: '2',
    count: 'n',
    cash: { EGP: 450, USD: 120 },
    differences: [
      { currency: 'EGP', amount: -50, reason: 'not_known' },
      { currency: 'USD', amount: 20, reason: 'no_voucher' },
      { currency: 'KWD', amount: -7, reason: 'not_known' },
    ],
  };

  expect(expected_cash({ ...deposit, state: 'accepted', acceptance })).toEqual({ EGP: 500, USD: 100, KWD: 7 });
});
