import { expect, test } from 'vitest';

import { load_cases } from '../testing/cases';
import type { Allocation } from '../wire/types';
import { oldest_first, type OpenItem } from './allocation';

interface Row {
  name: string;
  amount: number;
  items: OpenItem[];
  allocations: Allocation[];
  on_account: number;
}

const rows = load_cases<Row[]>('allocation');

test.each(rows)('$name', ({ amount, items, allocations, on_account }) => {
  expect(oldest_first(amount, items)).toEqual({ allocations, on_account });
});

test.each(rows)('$name, whatever the order in which the items stand', ({ amount, items, allocations, on_account }) => {
  expect(oldest_first(amount, items.toReversed())).toEqual({ allocations, on_account });
});
