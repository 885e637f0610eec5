import { expect, test } from 'vitest';

import type { MissingRow, SuspendedRow } from '../../wire/types';
import { amounts_of, blank_cheques, cheques_of, items_of, number_of } from './review';

const held = (id: string, received_at: string, amounts: Record<string, number> = {}): SuspendedRow => ({
  held: { id, device: 'd1', seq: 5, hash: 'h', kind: 'receipt_issued', by: 'u1', at: received_at, received_at, flags: ['device_lost'], amounts },
  voucher: null,
  customer: null,
  collector: null,
});
const missing = (id: string, reported_at: string): MissingRow => ({
  missing: {
    id, device: 'd1', seq: 7, hash: 'h', collector: 'u1', number: 'CAI-000007', date: '2026-11-22', customer_code: 'C1', code: 'S1', reported_at,
    totals: [
      { currency: 'EGP', method: 'cash', count: 1, amount: 200 },
      { currency: 'EGP', method: 'cheque', count: 1, amount: 700 },
    ],
  },
  customer: null,
  collector: null,
});
const parse = (text: string): number | null => (/^\d+$/.test(text) ? Number(text) : null);
const line = { currency: 'EGP', bank: 'NBE', number: '12', due: '2026-12-31', amount: '700' };

test('who has waited longest stands first, whichever list it is in', () => {
  const items = items_of([held('9', '2026-11-22T10:00:00'), held('3', '2026-11-20T10:00:00')], [missing('d1|7|h', '2026-11-21T10:00:00')]);
  expect(items.map(({ id }) => id)).toEqual(['held 3', 'missing d1|7|h', 'held 9']);
});

test('the amount at stake is told by currency, and nothing where nothing is known', () => {
  const [first, second, third] = items_of([held('1', 'a', { EGP: 900, KWD: 5 }), held('2', 'b')], [missing('m', 'c')]);
  expect([first, second, third].map((item) => (item ? amounts_of(item) : undefined))).toEqual([[['EGP', 900], ['KWD', 5]], [], [['EGP', 900]]]);
  expect(third && number_of(third)).toBe('CAI-000007');
  expect(first && number_of(first)).toBe('');
});

test('cheques must be whole and add up to the code', () => {
  const { totals } = missing('m', '').missing;
  expect(blank_cheques(totals)).toEqual([{ currency: 'EGP', bank: '', number: '', due: '', amount: '' }]);
  expect(cheques_of([line], totals, parse)).toEqual({ cheques: [{ method: 'cheque', ...line, amount: 700 }] });
  expect(cheques_of([{ ...line, due: '' }], totals, parse)).toEqual({ incomplete: 0 });
  expect(cheques_of([line, { ...line, amount: 'x' }], totals, parse)).toEqual({ incomplete: 1 });
  expect(cheques_of([{ ...line, amount: '699' }], totals, parse)).toEqual({ differs: 'EGP' });
  expect(cheques_of([], totals, parse)).toEqual({ differs: 'EGP' });
  expect(cheques_of([], [{ currency: 'EGP', method: 'cash', count: 1, amount: 200 }], parse)).toEqual({ cheques: [] });
});
