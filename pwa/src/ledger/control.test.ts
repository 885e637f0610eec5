import { describe, expect, test } from 'vitest';

import { load_cases } from '../testing/cases';
import type { ControlDay } from '../wire/types';
import { days_of, differing } from './control';

interface Row {
  name: string;
  entries: { at: string; kind: string; hash: string; body: object }[];
  days: ControlDay[];
}
const rows = load_cases<Row[]>('control');

test.each(rows)('$name', async ({ entries, days }) => {
  expect(await days_of(entries.map(({ body, ...entry }) => ({ ...entry, body: JSON.stringify(body) })))).toEqual(days);
});

describe('a difference', () => {
  const [one, other] = rows[2]?.days ?? [];
  if (!one || !other) throw new Error('two days');

  test('is found in whatever a day says', () => {
    expect(differing([one, other], [one, other])).toEqual([]);
    expect(differing([one, other], [{ ...one, hash: 'x' }, other])).toEqual([one.day]);
    expect(differing([one, other], [one, { ...other, entries: 9 }])).toEqual([other.day]);
    expect(differing([one, other], [one, { ...other, receipts: 9 }])).toEqual([other.day]);
    expect(differing([one, other], [one, { ...other, totals: other.totals.map((total) => ({ ...total, amount: 1 })) }])).toEqual([other.day]);
  });

  test('is also a day that only one of them has', () => {
    expect(differing([one, other], [one])).toEqual([other.day]);
    expect(differing([], [one, other])).toEqual([one.day, other.day]);
  });
});
