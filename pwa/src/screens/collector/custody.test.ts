import { describe, expect, it } from 'vitest';

import type { ChequeHeld } from '../../wire/types';
import { declaration_of, sums } from './custody';

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
