import { describe, expect, it } from 'vitest';

import type { Customer, Item, PromiseToPay, Visit, Voucher } from '../../../wire/types';
import { public_copy } from './einvoice';
import { by_day, families_of, happenings_of, type Told } from './timeline';
import { left_of, warnings_of } from './warnings';

const customer: Customer = { id: 'c', code: 'C-1', name: 'Baraka', currency: 'EGP' };
const item = (more: Partial<Item> = {}): Item => ({ id: 'i', customer: 'c', number: 'INV-1', currency: 'EGP', date: '2026-11-01', due: '2026-11-20', original: 100, open: 100, ...more });
const promise = (more: Partial<PromiseToPay> = {}): PromiseToPay => ({ id: 'p', customer: 'c', by: 'u', currency: 'EGP', amount: 500, date: '2026-11-22', at: '2026-11-15T10:00:00+02:00', state: 'open', ...more });
const codes = (more: Partial<Customer>, rest: Partial<Parameters<typeof warnings_of>[0]> = {}): string[] =>
  warnings_of({ customer: { ...customer, ...more }, items: [], promises: [], disputes: [], exposure: 0, today: '2026-11-22', ...rest }).map(({ code }) => code);

describe('warnings', () => {
  it('are none for a customer without a past', () => {
    expect(codes({})).toEqual([]);
  });

  it('name what the office has decided, and what the customer has done', () => {
    expect(codes({ standing: 'legal', bounced: 2, broken: 1 })).toEqual(['legal', 'bounced', 'broken']);
    expect(codes({ standing: 'suspended' })).toEqual(['suspended']);
    expect(codes({ standing: 'watch' })).toEqual(['watch']);
  });

  it('count a returned cheque that is still owed', () => {
    expect(codes({}, { items: [item({ kind: 'returned_cheque' })] })).toEqual(['bounced']);
    expect(codes({}, { items: [item({ kind: 'returned_cheque', open: 0 })] })).toEqual([]);
  });

  it('tell papers that have expired from those that soon do', () => {
    const papers = [{ kind: 'tax_card', expires: '2026-11-21' }, { kind: 'licence', expires: '2026-12-22' }, { kind: 'guarantee', expires: '2026-12-23' }];
    expect(codes({ papers })).toEqual(['paper_expired', 'paper_expires']);
    expect(codes({ papers: [{ kind: 'tax_card', expires: '2026-11-22' }] })).toEqual(['paper_expires']);
  });

  it('compare the exposure with a limit that there is', () => {
    expect(codes({ credit_limit: 100 }, { exposure: 101 })).toEqual(['over_limit']);
    expect(codes({ credit_limit: 100 }, { exposure: 100 })).toEqual([]);
    expect(codes({ credit_limit: 0 }, { exposure: 100 })).toEqual([]);
  });

  it('say what was promised for today and what is past its day, less what came', () => {
    const found = warnings_of({ customer, items: [], disputes: [], exposure: 0, today: '2026-11-22', promises: [promise({ kept: { v: 200 } }), promise({ date: '2026-11-20' }), promise({ state: 'kept' }), promise({ date: '2026-11-23' })] });
    expect(found.map(({ code, amount }) => [code, amount])).toEqual([['promise_due', 500], ['promise_today', 300]]);
    expect(left_of(promise({ kept: { a: 400, b: 200 } }))).toBe(0);
  });

  it('name open disputes and invoices that must not be paid', () => {
    const dispute = { id: 'd', customer: 'c', by: 'u', item: 'i', currency: 'EGP', amount: 5, reason: 'price', at: '' };
    expect(codes({}, { disputes: [dispute, { ...dispute, state: 'settled' }], items: [item({ einvoice: { uuid: 'x', state: 'cancelled' } })] })).toEqual(['einvoice', 'dispute']);
  });
});

describe('the timeline', () => {
  const visit: Visit = { id: 'v', customer: 'c', user: 'u', device: 'd', day: '2026-11-22', started_at: '2026-11-22T10:00:00+02:00', ended_at: '2026-11-22T10:20:00+02:00', outcome: 'collected' };
  const voucher: Voucher = { id: 'r', number: 'CAI-000001', book: 'b', leaf: 1, customer: 'c', device: 'd', seq: 1, by: 'u', at: '2026-11-22T10:10:00+02:00', currency: 'EGP', tenders: [] };
  const told: Told = {
    vouchers: new Map([['r', voucher]]),
    cheques: new Map(),
    items_of: new Map([['c', [item({ date: '2026-11-22', settlements: [{ date: '2026-11-10', amount: 7 }], delivered: '2026-11-22T23:30:00+02:00' })]]]),
    visits: new Map([['v', visit], ['w', { ...visit, id: 'w', customer: 'other' }]]),
    contacts: new Map(),
    promises: new Map([['p', promise()]]),
    disputes: new Map(),
    confirmations: new Map(),
    cases: new Map(),
  };
  const all = happenings_of(told, 'c');

  it('goes back from the newest, a thing without a time last on its day', () => {
    expect(all.map(({ what }) => what)).toEqual(['delivered', 'visit', 'voucher', 'invoice', 'promise', 'settled']);
  });

  it('groups by day and shows one family alone', () => {
    expect(by_day(all, '').map(({ day, happenings }) => [day, happenings.length])).toEqual([['2026-11-22', 4], ['2026-11-15', 1], ['2026-11-10', 1]]);
    expect(by_day(all, 'money').map(({ happenings }) => happenings.map(({ what }) => what))).toEqual([['voucher'], ['settled']]);
    expect(families_of(all)).toEqual(['money', 'invoices', 'visits', 'promises']);
  });
});

describe('the public copy of an invoice', () => {
  it('needs both ids', () => {
    expect(public_copy({ uuid: 'ABC', long_id: 'X Y' })).toBe('https://invoicing.eta.gov.eg/documents/ABC/share/X%20Y');
    expect(public_copy({ uuid: 'ABC' })).toBe('');
  });
});
