import { expect, test } from 'vitest';

import type { Book } from '../../wire/types';
import { leaf_tally } from './leaf_tally';

const book: Book = { id: 'b', series: 'CAI', first: 101, last: 110, width: 6, kind: 'electronic', holder: 'u', device: 'd' };

test.each<[string, Partial<Book>, Partial<ReturnType<typeof leaf_tally>>]>([
  ['untouched', {}, { unused: 10 }],
  ['in use, one void', { issued: 'f', voided: '4' }, { issued: 3, voided: 1, unused: 6 }],
  ['full', { issued: '3ff', voided: '3', state: 'full' }, { issued: 8, voided: 2 }],
  ['stopped', { issued: '1', closed: 'cancelled' }, { issued: 1, lost: 9 }],
  ['of a lost phone', { issued: '3', voided: '1', closed: 'unknown' }, { issued: 1, voided: 1, unknown: 8 }],
])('a book %s adds up to its size', (_, more, said) => {
  const found = leaf_tally({ ...book, ...more });
  expect(found).toEqual({ size: 10, issued: 0, voided: 0, unused: 0, lost: 0, unknown: 0, ...said });
  expect(found.issued + found.voided + found.unused + found.lost + found.unknown).toBe(found.size);
});
