import { expect, test } from 'vitest';

import { leaves_cell, neighbour } from './grid';

test('Enter walks the cells in reading order and Shift+Enter walks back', () => {
  expect(neighbour({ row: 0, column: 1 }, 'Enter', 3, 2, true)).toEqual({ row: 1, column: 0 });
  expect(neighbour({ row: 1, column: 0 }, 'Shift+Enter', 3, 2, true)).toEqual({ row: 0, column: 1 });
  expect(neighbour({ row: 2, column: 1 }, 'Enter', 3, 2, true)).toBeNull();
});

test('the left arrow goes to the cell seen on the left in either language', () => {
  expect(neighbour({ row: 0, column: 0 }, 'ArrowLeft', 3, 2, true)).toEqual({ row: 0, column: 1 });
  expect(neighbour({ row: 0, column: 1 }, 'ArrowLeft', 3, 2, false)).toEqual({ row: 0, column: 0 });
  expect(neighbour({ row: 0, column: 0 }, 'ArrowLeft', 3, 2, false)).toBeNull();
});

test('Home and End stay in the column', () => {
  expect(neighbour({ row: 1, column: 1 }, 'Home', 3, 2, false)).toEqual({ row: 0, column: 1 });
  expect(neighbour({ row: 1, column: 1 }, 'End', 3, 2, false)).toEqual({ row: 2, column: 1 });
});

test('an arrow leaves a cell only from its edge, or when all of it is selected', () => {
  expect(leaves_cell('ArrowLeft', 2, 2, 4)).toBe(false);
  expect(leaves_cell('ArrowLeft', 0, 0, 4)).toBe(true);
  expect(leaves_cell('ArrowRight', 0, 4, 4)).toBe(true);
  expect(leaves_cell('ArrowDown', 2, 2, 4)).toBe(true);
});
