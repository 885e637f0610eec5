import { expect, test } from 'vitest';

import { add_stop, move_stop, remove_stop, same_stops } from './stops';

test('a stop moves by one and never beyond the ends', () => {
  expect(move_stop(['a', 'b', 'c'], 2, -1)).toEqual(['a', 'c', 'b']);
  expect(move_stop(['a', 'b', 'c'], 0, -1)).toEqual(['a', 'b', 'c']);
  expect(move_stop(['a', 'b', 'c'], 0, 99)).toEqual(['b', 'c', 'a']);
  expect(move_stop(['a'], 5, 1)).toEqual(['a']);
});

test('a customer is one stop at most', () => {
  expect(add_stop(['a'], 'a')).toEqual(['a']);
  expect(add_stop(['a'], 'b')).toEqual(['a', 'b']);
  expect(remove_stop(['a', 'b'], 'a')).toEqual(['b']);
});

test('the order is part of the plan', () => {
  expect(same_stops(['a', 'b'], ['b', 'a'])).toBe(false);
  expect(same_stops(['a', 'b'], ['a', 'b'])).toBe(true);
});
