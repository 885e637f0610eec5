import { expect, test } from 'vitest';

import { cash_total, counted, line_state, new_sheet, obstacle, pieces_of, with_free_line } from './sheet';

/** A stand-in that reads whole pounds; the money module has its own table of cases. */
const parse = (text: string): number | null => (/^\d+$/.test(text) ? Number(text) * 100 : null);
const line = (number: string, amount: string) => ({ number, amount, currency: 'EGP' });

test('an empty cell is no piece, and Arabic digits are digits', () => {
  expect(pieces_of('')).toBe(0);
  expect(pieces_of('٢٤١')).toBe(241);
  expect(pieces_of('1,200')).toBe(1200);
  expect(pieces_of('2.5')).toBeNull();
  expect(pieces_of('12a')).toBeNull();
});

test('no total is shown while one cell cannot be read', () => {
  expect(cash_total({ currency: 'EGP', pieces: { 20000: '241', 10000: '96' } }, parse)).toBe(5_780_000);
  expect(cash_total({ currency: 'EGP', pieces: { 20000: '241', 10000: 'x' } }, parse)).toBeNull();
});

test('a cheque line is half filled, unclear, repeated or whole', () => {
  const lines = [line('00418690', '12400'), line('٠٠٤١٨٦٩٠', '12400'), line('77', ''), line('78', 'abc'), line('', '')];

  expect(lines.map((_, index) => line_state(lines, index, parse))).toEqual([
    'whole',
    'repeated',
    'incomplete',
    'unclear',
    'empty',
  ]);
});

test('the first obstacle is named so that the focus can go there', () => {
  const sheet = new_sheet(1, 'EGP');
  expect(obstacle(sheet, parse)).toBeNull();
  sheet.cheques = [line('1', '5'), line('2', '')];
  expect(obstacle(sheet, parse)).toEqual({ at: 'cheque', index: 1, state: 'incomplete' });
  sheet.cash = [{ currency: 'EGP', pieces: { 500: 'x' } }];
  expect(obstacle(sheet, parse)).toEqual({ at: 'cash', currency: 'EGP', note: 500 });
});

test('what is recorded leaves out notes of which there were none, largest first', () => {
  const sheet = new_sheet(1, 'EGP');
  sheet.cash = [
    { currency: 'EGP', pieces: { 500: '7', 20000: '2', 100: '0' } },
    { currency: 'USD', pieces: {} },
  ];
  sheet.cheques = [line(' 00418690 ', '12400'), line('', '')];

  expect(counted(sheet, parse)).toEqual({
    cash: [{ currency: 'EGP', amount: 43_500, notes: [{ value: 20000, count: 2 }, { value: 500, count: 7 }] }],
    cheques: [{ number: '00418690', currency: 'EGP', amount: 1_240_000 }],
  });
});

test('money that no note makes up is counted in the smallest unit', () => {
  const sheet = new_sheet(1, 'EGP');
  sheet.cash = [{ currency: 'EGP', pieces: { 500: '1' }, rest: '3' }];

  expect(counted(sheet, parse).cash).toEqual([
    { currency: 'EGP', amount: 800, notes: [{ value: 500, count: 1 }, { value: 1, count: 300 }] },
  ]);
});

test('a new cheque line appears by itself, and only one', () => {
  expect(with_free_line([line('1', '5')], 'EGP')).toHaveLength(2);
  expect(with_free_line([line('1', '5'), line('', '')], 'EGP')).toHaveLength(2);
});
