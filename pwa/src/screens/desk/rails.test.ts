import { expect, test } from 'vitest';

import { rail_of, screen_of } from './rails';

test('a role opens only the screens of its own rail', () => {
  expect(screen_of('/desk/safe', 'cashier')).toBe('safe');
  expect(screen_of('/desk/users', 'cashier')).toBe('deposits');
  expect(screen_of('/', 'supervisor')).toBe('board');
  expect(screen_of('/desk/review', 'supervisor')).toBe('review');
  expect(screen_of('/desk/review', 'administrator')).toBe('users');
});

test('a collector has no desk', () => {
  expect(rail_of('collector')).toEqual([]);
  expect(screen_of('/desk/board', 'collector')).toBeUndefined();
});
