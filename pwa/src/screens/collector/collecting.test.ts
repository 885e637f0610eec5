import { describe, expect, it } from 'vitest';

import { amount_of, type CollectDraft, press, same_cheque, split_of, tenders_of, typed_from } from './collecting';

const type = (keys: string, exponent: number): string => keys.split(' ').reduce((typed, key) => press(typed, key, exponent), '');
const draft = (change: Partial<CollectDraft> = {}): CollectDraft => ({
  id: 'v1', visit: 's1', currency: 'EGP', cash: '', notes: [], cheques: [], cheque_form: null, chosen: null, strokes: [],
  unsigned_reason: '', ...change,
});
const item = (id: string, due: string, open: number) => ({ id, due, date: due, number: id, open });
const items = [item('new', '2026-11-01', 50_000), item('old', '2026-10-01', 30_000)];

describe('the pad', () => {
  it.each([
    ['1 2 000', 2, '12000'],
    ['0 0 7', 2, '7'],
    ['. 5', 2, '0.5'],
    ['1 . 2 5 9', 2, '1.25'],
    ['1 . 0 000', 3, '1.000'],
    ['1 . 5', 0, '15'],
    ['1 . . 5', 2, '1.5'],
    ['9 erase', 2, ''],
    ['1 2 3 000 000 000 000', 2, '123000000000'],
  ])('takes %s with %i decimals as %s', (keys, exponent, typed) => {
    expect(type(keys, exponent)).toBe(typed);
  });

  it('reads what it wrote', () => {
    expect(amount_of('8350.5', 'EGP')).toBe(835_050);
    expect(amount_of('12.', 'EGP')).toBe(1_200);
    expect(typed_from(835_050, 2)).toBe('8350.50');
    expect(typed_from(835_000, 2)).toBe('8350');
    expect(typed_from(1_500, 0)).toBe('1500');
  });
});

describe('the draft', () => {
  it('becomes tenders, and names the drawer only of a third party', () => {
    const cheque = { amount: '120', bank: 'CIB', branch: '', number: '0041', due: '2027-01-15', drawer: 'سيد', third_party: false };
    expect(tenders_of(draft({ cash: '5', cheques: [cheque, { ...cheque, third_party: true }] }))).toEqual([
      { method: 'cash', currency: 'EGP', amount: 500 },
      { method: 'cheque', currency: 'EGP', amount: 12_000, bank: 'CIB', number: '0041', due: '2027-01-15' },
      { method: 'cheque', currency: 'EGP', amount: 12_000, bank: 'CIB', number: '0041', due: '2027-01-15', drawer: 'سيد' },
    ]);
  });

  it('goes to the oldest first, and what no item takes is the customer’s credit', () => {
    expect(split_of(draft({ cash: '900' }), items)).toEqual({
      allocations: [{ item: 'old', amount: 30_000 }, { item: 'new', amount: 50_000 }],
      on_account: 10_000,
      too_much: 0,
    });
  });

  it('follows the customer’s choice, never beyond an item, and says when more was given out than paid', () => {
    expect(split_of(draft({ cash: '400', chosen: { new: '999' } }), items)).toEqual({
      allocations: [{ item: 'new', amount: 50_000 }],
      on_account: 0,
      too_much: 10_000,
    });
  });

  it('knows the same cheque by bank and number', () => {
    expect(same_cheque({ bank: 'CIB', number: '00418827' }, { bank: 'CIB', number: '418827' })).toBe(true);
    expect(same_cheque({ bank: 'NBE', number: '418827' }, { bank: 'CIB', number: '418827' })).toBe(false);
  });
});
