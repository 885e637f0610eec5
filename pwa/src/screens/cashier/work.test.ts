import { expect, test } from 'vitest';

import type { Deposit, DepositWaiting } from '../../wire/types';
import { next_waiting, new_work, queue_of, recount, work_of } from './work';

function waiting(id: string, at: string, state = 'declared'): DepositWaiting {
  return { id, name: `K7-${id}`, collector: 'u', branch: 'b', at, instruments: 3, state };
}

function deposit(id: string, at: string, state: string): Deposit {
  return { id, name: `K7-${id}`, collector: 'u', device: 'dev', branch: 'b', seq: 1, at, state };
}

function counted_by(by: string, id: string, at: string): Deposit {
  const counts = [{ id: `n-${id}`, by, device: 'desk', at, round: 1, cash: [], cheques: [] }];
  return { ...deposit(id, at, 'counted'), counts };
}

test('the oldest deposit waits first, and what is decided leaves the queue', () => {
  const queue = queue_of(
    [waiting('b', '2026-11-22T10:00:00Z'), waiting('a', '2026-11-22T09:00:00Z')],
    [counted_by('me', 'c', '2026-11-22T08:00:00Z'), deposit('d', '2026-11-21T08:00:00Z', 'accepted')],
    new Map([['a', 'counting' as const]]),
    'me',
  );

  expect(queue.open.map((row) => [row.id, row.state])).toEqual([
    ['c', 'counted'],
    ['a', 'counting'],
    ['b', 'waiting'],
  ]);
  expect(queue.done.map((row) => row.id)).toEqual(['d']);
});

test('a deposit that a colleague counted is shown and not offered', () => {
  const { open } = queue_of([waiting('a', '1', 'counted'), waiting('b', '2')], [], new Map(), 'me');

  expect(open.map((row) => row.state)).toEqual(['elsewhere', 'waiting']);
  expect(next_waiting(open, 'b')?.id).toBeUndefined();
  expect(next_waiting(open, '')?.id).toBe('b');
});

test('what was counted from a code waits for the phone, and nobody is sent back to it', () => {
  const ahead = new Map([['a', 'ahead' as const]]);
  const { open } = queue_of([waiting('b', '2', 'ahead')], [counted_by('me', 'a', '1')], ahead, 'me');

  expect(open.map((row) => row.state)).toEqual(['ahead', 'elsewhere']);
  expect(next_waiting(open, '')).toBeUndefined();
});

test("what a colleague has counted is the colleague's to accept", () => {
  const { open } = queue_of([], [counted_by('other', 'a', '1'), counted_by('me', 'b', '2')], new Map(), 'me');

  expect(open.map((row) => row.state)).toEqual(['elsewhere', 'counted']);
});

test('the next one goes round the end of the queue', () => {
  const { open } = queue_of([waiting('a', '1'), waiting('b', '2'), waiting('c', '3')], [], new Map(), 'me');

  expect(next_waiting(open, 'b')?.id).toBe('c');
  expect(next_waiting(open, 'c')?.id).toBe('a');
});

test('a recount starts empty and keeps the first count', () => {
  const first = { id: 'n1', at: '1', round: 1 as const, cash: [{ currency: 'EGP', amount: 500 }], cheques: [] };
  const work = { ...new_work('EGP'), phase: 'counted' as const, counts: [first] };
  const again = recount(work, 'EGP');

  expect(again.sheet.round).toBe(2);
  expect(again.sheet.cash).toEqual([{ currency: 'EGP', pieces: {} }]);
  expect(again.counts).toEqual([first]);
});

test('a counted deposit without its draft is taken up at its last count', () => {
  const counts = [{ id: 'n1', by: 'u2', device: 'desk', at: '1', round: 1, cash: [], cheques: [] }];
  expect(work_of({ ...deposit('a', '1', 'counted'), counts }, 'EGP').phase).toBe('counted');
});
