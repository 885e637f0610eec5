import { expect, test } from 'vitest';

import { new_challenge } from '../journal/ids';
import { load_cases } from '../testing/cases';
import { challenge_of, code_for, code_of } from './release';

interface Table {
  codes: { key: string; purpose: string; challenge: string; code: string }[];
  challenges: [typed: string, wanted: string][];
}
const table = load_cases<Table>('release');

test.each(table.codes)('$purpose $challenge', async ({ key, purpose, challenge, code }) => {
  expect(await code_for(key, purpose, challenge)).toBe(code);
});

test.each(table.challenges)('a challenge heard as "%s"', (typed, wanted) => {
  expect(challenge_of(typed)).toBe(wanted);
});

test('a new challenge is one, and seldom the last', () => {
  const made = Array.from({ length: 50 }, new_challenge);

  expect(made.map(challenge_of)).toEqual(made);
  expect(new Set(made).size).toBeGreaterThan(45);
});

test.each([
  ['12345678', '12345678'],
  ['1234 5678', '12345678'],
  ['١٢٣٤-٥٦٧٨', '12345678'],
  ['۱۲۳۴۵۶۷۸', '12345678'],
  ['1234567', ''],
  ['123456789', ''],
  ['1234567a', ''],
])('a code typed as %s', (typed, wanted) => {
  expect(code_of(typed)).toBe(wanted);
});
