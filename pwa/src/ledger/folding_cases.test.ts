import { expect, test } from 'vitest';

import { load_cases } from '../testing/cases';
import { fold } from './folding';

interface Row {
  text: string;
  folded: string;
}

const rows = load_cases<Row[]>('folding');

test.each(rows)('$text folds to $folded', ({ text, folded }) => {
  expect(fold(text)).toBe(folded);
});

test.each(rows)('$folded stays as it is', ({ folded }) => {
  expect(fold(folded)).toBe(folded);
});
