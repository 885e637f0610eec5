import { expect, test } from 'vitest';

import type { Book } from '../../wire/types';
import { leaves_of, range_of, runs_of, tally } from './leaves';

const book: Book = { id: 'b', series: 'CAI', first: 851, last: 858, width: 6, kind: 'electronic', holder: 'u', device: 'd' };

test('bit 0 is the first leaf, and a voided leaf was issued', () => {
  const leaves = leaves_of({ ...book, issued: '7', voided: '2' });

  expect(leaves.slice(0, 4)).toEqual(['issued', 'voided', 'issued', 'unused']);
});

test('issued, void, ended and unused leaves are the whole book, always', () => {
  const counts = tally(leaves_of({ ...book, issued: '7', voided: '2', closed: 'f8' }));

  expect(counts).toEqual({ issued: 2, voided: 1, closed: 5, unused: 0 });
});

test('a long book is a few marks', () => {
  expect(runs_of(leaves_of({ ...book, issued: '3' }))).toEqual([
    { leaf: 'issued', count: 2 },
    { leaf: 'unused', count: 6 },
  ]);
});

test('numbers are as wide as they are printed', () => {
  expect(range_of(book)).toBe('CAI-000851…000858');
});
