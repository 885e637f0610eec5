import { expect, test } from 'vitest';

import type { ChequeHeld } from '../../wire/types';
import { compare_cash, match_cheques, overages, shortages, unexplained } from './variance';

function held(number: string, amount: number): ChequeHeld {
  return {
    id: `v.${number}`,
    voucher: 'v',
    number_on_voucher: 'CAI-000001',
    customer: 'c',
    collector: 'u',
    currency: 'EGP',
    amount,
    bank: 'cib',
    branch: '',
    number,
    due: '2026-12-01',
    drawer: '',
    state: 'transit',
    holder: 'd',
  };
}

test('a shortage in one currency is never netted with an overage in another', () => {
  const differences = compare_cash({ EGP: 6_173_000, USD: 10_000 }, [
    { currency: 'EGP', amount: 6_153_000 },
    { currency: 'USD', amount: 12_000 },
  ]);

  expect(shortages(differences).map((each) => [each.currency, each.amount])).toEqual([['EGP', -20_000]]);
  expect(overages(differences).map((each) => [each.currency, each.amount])).toEqual([['USD', 2000]]);
});

test('a currency that nobody declared is over, and one that did not come is short', () => {
  const differences = compare_cash({ EGP: 500 }, [{ currency: 'KWD', amount: 700 }]);

  expect(differences.map((each) => [each.currency, each.amount])).toEqual([
    ['EGP', -500],
    ['KWD', 700],
  ]);
});

test('one paper answers for one declared cheque', () => {
  const match = match_cheques(
    [
      { number: '1', currency: 'EGP', amount: 100 },
      { number: '9', currency: 'EGP', amount: 900 },
    ],
    [held('1', 100), held('1', 100), held('2', 200)],
  );

  expect(match.matched.map((cheque) => cheque.number)).toEqual(['1']);
  expect(match.missing.map((cheque) => cheque.number)).toEqual(['1', '2']);
  expect(match.not_declared.map((cheque) => cheque.number)).toEqual(['9']);
});

test('leading zeros do not make it another cheque', () => {
  expect(match_cheques([{ number: '418690', currency: 'EGP', amount: 100 }], [held('00418690', 100)]).matched).toHaveLength(1);
});

test('a cheque typed with another amount is one paper missing and one not declared', () => {
  const match = match_cheques([{ number: '1', currency: 'EGP', amount: 101 }], [held('1', 100)]);

  expect([match.matched.length, match.missing.length, match.not_declared.length]).toEqual([0, 1, 1]);
});

test('every difference wants its own reason, and "other" wants a note', () => {
  const differences = compare_cash({ EGP: 500, USD: 100 }, [{ currency: 'USD', amount: 200 }]);
  expect(unexplained(differences, {})?.currency).toBe('EGP');
  expect(unexplained(differences, { EGP: { reason: 'not_known', note: '' } })?.currency).toBe('USD');
  const both = { EGP: { reason: 'not_known', note: '' }, USD: { reason: 'other', note: ' ' } };
  expect(unexplained(differences, both)?.currency).toBe('USD');
  expect(unexplained(differences, { ...both, USD: { reason: 'other', note: 'seen' } })).toBeNull();
});
