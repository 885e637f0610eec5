import { expect, test } from 'vitest';

import { load_cases } from '../testing/cases';
import * as numbering from './numbering';

type Row = { name: string } & (
  | { rule: 'voucher_number'; series: string; width: number; leaf: number; expect: string }
  | { rule: 'deposit_name'; code: string; count: number; expect: string }
  | { rule: 'add_leaf' | 'has_leaf'; leaves: string; index: number; expect: string | boolean }
  | { rule: 'count_leaves'; leaves: string; expect: number }
  | { rule: 'next_leaf'; book: numbering.LeafRange; used: number[]; expect: number | null; left: number }
);

function result(row: Row): unknown {
  switch (row.rule) {
    case 'voucher_number':
      return numbering.voucher_number(row, row.leaf);
    case 'deposit_name':
      return numbering.deposit_name(row.code, row.count);
    case 'count_leaves':
      return numbering.count_leaves(row.leaves);
    case 'next_leaf':
      return numbering.next_leaf(row.book, row.used);
    default:
      return numbering[row.rule](row.leaves, row.index);
  }
}

const rows = load_cases<Row[]>('numbering');

test.each(rows)('$rule: $name', (row) => {
  expect(result(row)).toBe(row.expect);
});

test.each(rows.filter((row) => row.rule === 'next_leaf'))('leaves_left: $name', (row) => {
  expect(numbering.leaves_left(row.book, row.used)).toBe(row.left);
});
