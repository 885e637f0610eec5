import { expect, test } from 'vitest';

import type { World } from '../../journal/world';
import type { ChequeHeld, Voucher } from '../../wire/types';
import { held_by, left_of, report_of, went_on } from './day_report';

const DAY = '2026-11-22';
const at = (hour: string, day = DAY): string => `${day}T${hour}:00+02:00`;
const voucher = (id: string, tenders: Voucher['tenders'], more: Partial<Voucher> = {}): Voucher => ({
  id, number: id, book: 'b', leaf: 1, customer: 'a', device: 'd', seq: 1, by: 'me', at: at('10:00'), currency: 'EGP', tenders, ...more,
});
const cash = (amount: number, currency = 'EGP') => ({ method: 'cash', currency, amount }) as const;
const cheque = (amount: number, photos: string[] = []) => ({ method: 'cheque', currency: 'EGP', amount, bank: 'CIB', number: '1', due: DAY, photos }) as const;
const paper = (id: string, state = 'held', holder = 'me'): ChequeHeld => ({
  id, voucher: id.split('.')[0] ?? '', number_on_voucher: '', customer: 'a', collector: 'me', currency: 'EGP', amount: 5, bank: 'CIB', branch: '', number: '1', due: DAY, drawer: '', state, holder,
});
const by_id = <T extends { id: string }>(...rows: T[]): Map<string, T> => new Map(rows.map((row) => [row.id, row]));

const customers = by_id(...['a', 'b', 'x'].map((id) => ({ id, code: id, name: id, currency: 'EGP' })));
const nothing = {
  user: { id: 'me', login: 'm', name: 'M', name_ar: 'م', role: 'collector', branch: 'b' },
  customers,
  plans: by_id({ id: `me|${DAY}`, user: 'me', day: DAY, stops: ['a', 'b'] }),
  visits: new Map(),
  open_visit: null,
  vouchers: new Map(),
  cheques: new Map(),
  promises: new Map(),
  disputes: new Map(),
  contacts: new Map(),
  custody: { id: 'me' },
  waiting: { unsent: 0, oldest_at: '', totals: [] },
} as unknown as World;

const visit = (customer: string, ended_at: string) => ({ id: `v-${customer}`, customer, user: 'me', device: 'd', day: DAY, started_at: at('09:00'), ended_at });
const day_of = (moment: string): string => moment.slice(0, 10);

test("the report is the day's entries: voids are taken off what was received, other people's and days' things are not in it", () => {
  const world: World = {
    ...nothing,
    visits: by_id(visit('a', at('09:30')), visit('x', at('10:30'))),
    vouchers: by_id(
      voucher('1', [cash(100), cheque(50)]),
      voucher('2', [cash(30), cash(7, 'USD')]),
      voucher('3', [cash(999)], { state: 'voided', voided_at: at('11:00') }),
      voucher('4', [cash(999)], { at: at('10:00', '2026-11-21'), state: 'voided', voided_at: at('11:00') }),
      voucher('5', [cash(999)], { by: 'hany' }),
    ),
    promises: by_id({ id: 'p', customer: 'a', by: 'me', currency: 'EGP', amount: 1, date: DAY, at: at('09:10') }),
    contacts: by_id({ id: 'c', customer: 'a', by: 'me', channel: 'call', outcome: 'reached', at: at('09:10', '2026-11-21') }),
    custody: { id: 'me', cash: { EGP: 130, USD: 7, KWD: 0 }, cheques: { EGP: 50 }, short: { EGP: 20 } },
    cheques: by_id(paper('1.1'), paper('9.0', 'vault', 'safe')),
  };
  expect(report_of(world, DAY, day_of)).toEqual({
    day: DAY,
    received: [
      { currency: 'EGP', method: 'cash', count: 2, amount: 130 },
      { currency: 'EGP', method: 'cheque', count: 1, amount: 50 },
      { currency: 'USD', method: 'cash', count: 1, amount: 7 },
    ],
    held: [
      { currency: 'EGP', method: 'cash', count: 1, amount: 130 },
      { currency: 'USD', method: 'cash', count: 1, amount: 7 },
      { currency: 'EGP', method: 'cheque', count: 1, amount: 50 },
      { currency: 'EGP', method: 'short', count: 1, amount: 20 },
    ],
    vouchers: 3,
    voided: 2,
    planned: 2,
    visited: 1,
    unplanned: 1,
    promises: 1,
    disputes: 0,
    contacts: 0,
  });
});

test('what was declared and is not accepted is still answered for', () => {
  const held = held_by({ ...nothing, custody: { id: 'me', transit_cash: { EGP: 10 }, transit_cheques: { EGP: 5 } }, cheques: by_id(paper('1.0', 'transit')) });
  expect(held.map(({ method, amount, count }) => [method, amount, count])).toEqual([['transit_cash', 10, 1], ['transit_cheque', 5, 1]]);
});

test('a finished day leaves nothing, and each thing left leads to where it is done', () => {
  const done = { ...nothing, visits: by_id(visit('a', at('09:30')), visit('b', at('10:30'))) } as World;
  expect(left_of(done, DAY, [])).toEqual([]);

  const open = visit('a', '');
  const world: World = {
    ...nothing,
    visits: by_id(open),
    open_visit: open,
    vouchers: by_id(voucher('1', [cash(5), cheque(5)]), voucher('2', [cheque(5, ['h'])]), voucher('3', [cheque(5)], { photos: ['h'] })),
    cheques: by_id(paper('1.1'), paper('2.0'), paper('3.0'), paper('4.0', 'transit')),
    custody: { id: 'me', cash: { EGP: 5, USD: 0 } },
    waiting: { unsent: 4, oldest_at: at('10:00'), totals: [] },
  };
  expect(left_of(world, DAY, ['x']).map(({ code, count, path, asks }) => [code, count, path, asks])).toEqual([
    ['receipt_draft', 1, '/collect/x', true],
    ['visit_open', 1, '/customer/a', true],
    ['stops_open', 1, '/', true],
    ['cash_in_hand', 1, '/deposit', false],
    ['cheques_in_hand', 3, '/deposit', false],
    ['photos_missing', 1, '/voucher/1', false],
    ['entries_unsent', 4, '/sending', false],
  ]);
});

test('a closed day went on when something more was written, not when a deposit was accepted', () => {
  const told = report_of(nothing, DAY, day_of);
  expect(went_on(told, { ...told, held: [{ currency: 'EGP', method: 'cash', count: 1, amount: 9 }] })).toBe(false);
  expect(went_on({ day: DAY, planned: 2 }, told)).toBe(false);
  expect(went_on(told, { ...told, vouchers: 1 })).toBe(true);
  expect(went_on(told, { ...told, received: [{ currency: 'EGP', method: 'cash', count: 1, amount: 9 }] })).toBe(true);
});
