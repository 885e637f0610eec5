import { expect, test } from 'vitest';

import type { Customer, Item, Plan, PromiseToPay, User, Visit } from '../../wire/types';
import { due_by, due_stops, marks_of, stops_of } from './stops';

const DAY = '2026-11-22';
const me: User = { id: 'me', login: 'm', name: 'M', name_ar: 'م', role: 'collector', branch: 'b' };
const customer = (id: string, more: Partial<Customer> = {}): Customer => ({ id, code: id, name: id, currency: 'EGP', ...more });
const visit = (of: string, ended_at = '', more: Partial<Visit> = {}): Visit => ({
  id: `v-${of}`, customer: of, user: 'me', device: 'd', day: DAY, started_at: `${DAY}T09:00:00+02:00`, ended_at, ...more,
});
const world = (plan: Partial<Plan>, visits: Visit[] = []) => ({
  user: me,
  plans: new Map([[`me|${DAY}`, { id: `me|${DAY}`, user: 'me', day: DAY, stops: [], ...plan }]]),
  visits: new Map(visits.map((one) => [one.id, one])),
  customers: new Map(['a', 'b', 'c', 'x'].map((id) => [id, customer(id)])),
});
const names = (stops: { customer: Customer; place: number }[]): string => stops.map(({ customer: { id }, place }) => `${id}${place}`).join(' ');

test('what was put off to another day is gone, what was put off to this day comes last, marked', () => {
  const today = world({ stops: ['a', 'b', 'c'], moved: [{ customer: 'b', to: '2026-11-23', reason: 'road' }], brought: ['x'] });
  const { waiting, moved, planned } = stops_of(today, DAY, '');
  expect(names(waiting)).toBe('a1 c2 x3');
  expect(waiting.map(({ brought }) => brought)).toEqual([false, false, true]);
  expect(moved.map(({ customer: { id }, moved: { to } }) => [id, to])).toEqual([['b', '2026-11-23']]);
  expect(planned).toBe(3);
});

test('a supervisor who plans what was also put off to that day has one stop of it', () => {
  expect(due_stops(world({ stops: ['a', 'x'], brought: ['x'] }), DAY)).toEqual(['a', 'x']);
});

test('done is what was visited and left; outside the plan counts apart', () => {
  const ended = `${DAY}T09:30:00+02:00`;
  const today = world({ stops: ['a', 'b'] }, [visit('a', ended), visit('x', ended)]);
  const { waiting, done, visited, unplanned } = stops_of(today, DAY, '');
  expect(names(waiting)).toBe('b2');
  expect(names(done)).toBe('a1 x0');
  expect([visited, unplanned]).toEqual([1, 1]);
});

test('who is being visited comes first, planned or not, and is not done although a first visit was', () => {
  const first = visit('c', `${DAY}T09:30:00+02:00`);
  const again = visit('c', '', { id: 'v2', started_at: `${DAY}T11:00:00+02:00` });
  expect(names(stops_of(world({ stops: ['a', 'b', 'c'] }, [first, again]), DAY, 'c').waiting)).toBe('c3 a1 b2');
  expect(names(stops_of(world({ stops: ['a'] }), DAY, 'x').waiting)).toBe('x0 a1');
});

test("visits of another day or another collector are not this day's", () => {
  const ended = `${DAY}T09:30:00+02:00`;
  const today = world({ stops: ['a', 'b'] }, [visit('a', ended, { user: 'hany' }), visit('b', ended, { day: '2026-11-21' })]);
  expect(names(stops_of(today, DAY, '').waiting)).toBe('a1 b2');
});

const item = (more: Partial<Item>): Item => ({ id: 'i', customer: 'a', number: '1', currency: 'EGP', date: DAY, due: DAY, original: 1, open: 1, ...more });

test('due is what is due by today, per currency, and no credit is set against it', () => {
  const items = [item({ open: 100 }), item({ due: '2026-11-23', open: 5 }), item({ open: -40, due: '2026-01-01' }), item({ currency: 'USD', open: 7, due: '2026-11-01' })];
  expect(due_by(items, DAY)).toEqual([['EGP', 100], ['USD', 7]]);
});

test('marks: promises for today and overdue with what is left of them, cheques that came back, papers to deliver', () => {
  const promise = (id: string, date: string, amount: number, kept: Record<string, number> = {}): PromiseToPay => ({ id, customer: 'a', by: 'me', currency: 'EGP', amount, date, at: '', kept });
  const promises = new Map([promise('p1', DAY, 100, { v: 30 }), promise('p2', '2026-11-20', 50), promise('p3', '2026-11-25', 9), promise('p4', DAY, 5, { v: 5 })].map((one) => [one.id, one]));
  const items = [item({ kind: 'returned_cheque' }), item({ kind: 'returned_cheque', open: 0 }), item({ to_deliver: true }), item({ to_deliver: true }), item({ to_deliver: false })];
  const marks = marks_of({ promises, items_of: new Map([['a', items]]) }, customer('a', { promises: ['p1', 'p2', 'p3', 'p4', 'gone'] }), DAY);
  expect(marks).toEqual({
    promises: [
      { currency: 'EGP', amount: 50, date: '2026-11-20', overdue: true },
      { currency: 'EGP', amount: 70, date: DAY, overdue: false },
    ],
    returned: 1,
    deliver: 2,
  });
});
