import { describe, expect, it } from 'vitest';

import { amount_of, type CollectDraft, deductions_of, NEW_DRAFT, press, same_cheque, split_of, tenders_of, total_of, trouble_of, typed_from } from './collecting';

const type = (keys: string, exponent: number): string => keys.split(' ').reduce((typed, key) => press(typed, key, exponent), '');
const draft = (change: Partial<CollectDraft> = {}): CollectDraft => ({
  ...NEW_DRAFT, id: 'v1', visit: 's1', currency: 'EGP', ...change,
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

describe('other currencies, change and deductions', () => {
  const dollars = { currency: 'USD', amount: '10', base: 'USD', rate: '٥٠٫٢٥', source: '' };

  it('takes cash in another currency at its rate, and knows where the rate is missing', () => {
    expect(tenders_of(draft({ foreign: [dollars] }))).toEqual([
      { method: 'cash', currency: 'USD', amount: 1_000, exchange: { base: 'USD', rate: '50.25', value: 50_250 } },
    ]);
    expect(total_of(draft({ cash: '100', foreign: [dollars] }))).toBe(60_250);
    expect(trouble_of(draft({ foreign: [{ ...dollars, rate: '' }] }))).toBe('rate_missing');
  });

  it('keeps what the collector keeps, and says what was put on the table', () => {
    expect(tenders_of(draft({ cash: '950', received: '1000' }))).toEqual([{ method: 'cash', currency: 'EGP', amount: 95_000, received: 100_000 }]);
    expect(tenders_of(draft({ cash: '950', received: '950' }))).toEqual([{ method: 'cash', currency: 'EGP', amount: 95_000 }]);
    expect(trouble_of(draft({ cash: '950', received: '900' }))).toBe('received_less');
  });

  it('settles with what is deducted, and never with that alone', () => {
    const withheld = { kind: 'withholding' as const, amount: '30', proof: ' 41-7 ', photos: [] };
    const said = draft({ cash: '970', deductions: [withheld] });

    expect(deductions_of(said)).toEqual([{ kind: 'withholding', amount: 3_000, proof: '41-7' }]);
    expect(split_of(said, [item('old', '2026-10-01', 100_000)])).toEqual({ allocations: [{ item: 'old', amount: 100_000 }], on_account: 0, too_much: 0 });
    expect(trouble_of(draft({ deductions: [withheld] }))).toBe('nothing_handed');
  });
});

describe('in proportion', () => {
  it('gives each invoice its share, the odd units to those that lost most', () => {
    const three = [item('a', '2026-10-01', 10_000), item('b', '2026-10-02', 10_000), item('c', '2026-10-03', 10_000)];

    expect(split_of(draft({ cash: '100', order: 'proportional' }), three).allocations).toEqual([
      { item: 'a', amount: 3_334 },
      { item: 'b', amount: 3_333 },
      { item: 'c', amount: 3_333 },
    ]);
    expect(split_of(draft({ cash: '400', order: 'proportional' }), three)).toEqual({
      allocations: three.map(({ id }) => ({ item: id, amount: 10_000 })),
      on_account: 10_000,
      too_much: 0,
    });
  });
});
