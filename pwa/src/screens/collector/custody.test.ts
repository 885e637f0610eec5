import { describe, expect, it } from 'vitest';

import type { ChequeHeld, Deposit } from '../../wire/types';
import { compared_cash, declaration_of, standing_count, sums } from './custody';

const cheque = (id: string, amount: number): ChequeHeld => ({
  id, amount, voucher: id.split('.')[0] ?? '', number_on_voucher: 'CAI-1', customer: 'c', collector: 'u', currency: 'EGP', bank: 'CIB',
  branch: '', number: '1', due: '2027-01-01', drawer: '', state: 'held', holder: 'u',
});

describe('a declaration', () => {
  it('totals the cash as counted and the cheques that are there, and names each that is not, with its reason', () => {
    const made = declaration_of({ EGP: [{ value: 20_000, count: 3 }, { value: 50, count: 1 }], USD: [] }, [cheque('v1.0', 500), cheque('v1.1', 700), cheque('v2.0', 900)], { 'v1.1': 'عند المدير' });
    expect(made.totals).toEqual([
      { currency: 'EGP', method: 'cash', count: 1, amount: 60_050 },
      { currency: 'EGP', method: 'cheque', count: 2, amount: 1_400 },
    ]);
    expect(made.cash).toEqual([{ currency: 'EGP', amount: 60_050, notes: [{ value: 20_000, count: 3 }, { value: 50, count: 1 }] }]);
    expect(made.kept_back).toEqual([{ receipt: 'v1', tender: 1, reason: 'عند المدير' }]);
    expect(sums(made.totals)).toEqual([['EGP', 61_450]]);
  });
});

describe('a count beside what was expected', () => {
  const count = (id: string, round: number, amounts: Record<string, number>) => ({
    id, round, by: 'mona', device: 'desk', at: '', cash: Object.entries(amounts).map(([currency, amount]) => ({ currency, amount })), cheques: [],
  });
  const deposit: Deposit = { id: 'd', name: 'A1-0001', collector: 'me', device: 'd', branch: 'b', seq: 1, at: '', expected: { EGP: 500, USD: 7 }, counts: [count('c1', 1, { EGP: 300 }), count('c2', 2, { EGP: 480, USD: 9 })] };

  it('is the last one while none is accepted, against what is in transit', () => {
    expect(standing_count(deposit)?.id).toBe('c2');
    expect(compared_cash(deposit)).toEqual([{ currency: 'EGP', expected: 500, counted: 480 }, { currency: 'USD', expected: 7, counted: 9 }]);
  });

  it('is the accepted one afterwards, and a currency that nobody handed in is short by all of it', () => {
    const acceptance = { id: 'a', by: 'mona', at: '', count: 'c1', differences: [{ currency: 'EGP', amount: -200, reason: 'x' }, { currency: 'USD', amount: -7, reason: 'x' }] };
    expect(compared_cash({ ...deposit, expected: { EGP: 0, USD: 0 }, state: 'accepted', acceptance })).toEqual([
      { currency: 'EGP', expected: 500, counted: 300 },
      { currency: 'USD', expected: 7, counted: 0 },
    ]);
  });
});
