import { describe, expect, it } from 'vitest';

import { type Answer, answer_of, type Asked, asked_about, missing, NEW_DRAFT, next_day, NO_ANSWER, type NoPaymentDraft, plan_of, unanswered, visit_said } from './answers';

const item = (id: string, open: number, due = '2026-11-01', more: Partial<Asked> = {}): Asked => ({ id, currency: 'EGP', due, open, ...more });
const items = [item('a', 50_000), item('b', 25_000), item('c', 10_000)];
const draft = (top: Partial<Answer>, own: Record<string, Partial<Answer>> = {}, rest: Partial<NoPaymentDraft> = {}): NoPaymentDraft => ({
  ...NEW_DRAFT,
  ...rest,
  top: { ...NO_ANSWER, ...top },
  own: Object.fromEntries(Object.entries(own).map(([id, answer]) => [id, { ...NO_ANSWER, ...answer }])),
});
const planned = (made: NoPaymentDraft, asked: readonly Asked[] = items) => {
  let count = 0;
  return plan_of(made, asked, { customer: 'cu', currency: 'EGP', visit: 'v' }, () => `e${(count += 1)}`);
};
const PROMISE = { said: 'promised', date: '2026-11-26' } as const;

describe('which items are asked about', () => {
  const open = [item('due', 1), item('later', 2, '2026-12-31'), item('void', 3, '2026-11-01', { einvoice: { state: 'cancelled' } })];

  it('those that are due, and all where none is or on demand', () => {
    expect(asked_about(open, '2026-11-22', false).map(({ id }) => id)).toEqual(['due']);
    expect(asked_about(open, '2026-11-22', true).map(({ id }) => id)).toEqual(['due', 'later']);
    expect(asked_about(open.slice(1), '2026-11-22', false).map(({ id }) => id)).toEqual(['later']);
  });

  it('never one that the tax authority has as cancelled or rejected', () => {
    expect(asked_about([item('x', 1, '2026-11-01', { einvoice: { state: 'rejected' } })], '2026-11-22', true)).toEqual([]);
    expect(asked_about([item('x', 1, '2026-11-01', { einvoice: { state: 'valid' } })], '2026-11-22', true)).toHaveLength(1);
  });
});

describe('an answer on top', () => {
  it('fills every item, and one of its own stays its own', () => {
    const made = draft(PROMISE, { b: { said: 'disputed', dispute: 'damaged' } });
    expect(items.map(({ id }) => answer_of(made, id).said)).toEqual(['promised', 'disputed', 'promised']);
    expect(missing(made, items, 'EGP')).toBeNull();
  });

  it('holds for all at once when nobody could be asked', () => {
    const made = draft({ said: 'closed' }, { b: { said: 'disputed', dispute: 'damaged' } });
    expect(answer_of(made, 'b').said).toBe('closed');
    expect(planned(made).map(({ kind }) => kind)).toEqual(['visit_ended']);
  });

  it('counts items without a complete answer', () => {
    expect(missing(draft({}), items, 'EGP')).toEqual({ key: 'needs_outcome', n: 0 });
    expect(missing(draft({}, { a: { said: 'refused' } }), items, 'EGP')).toEqual({ key: 'unanswered', n: 2 });
    expect(unanswered(draft(PROMISE, { a: { said: 'delayed' } }), items)).toBe(1);
    expect(missing(draft({ said: 'promised' }), items, 'EGP')).toEqual({ key: 'needs_date', n: 0 });
    expect(missing(draft({ ...PROMISE, amount: '0' }), items, 'EGP')).toEqual({ key: 'needs_amount', n: 0 });
    expect(missing(draft({ said: 'other' }), items, 'EGP')).toEqual({ key: 'needs_note', n: 0 });
    expect(missing(draft({ said: 'delayed' }), items, 'EGP')).toEqual({ key: 'needs_delay', n: 0 });
  });

  it('needs an amount where nothing is open', () => {
    expect(missing(draft(PROMISE), [], 'EGP')).toEqual({ key: 'needs_amount', n: 0 });
    const made = draft({ ...PROMISE, amount: '1,000' });
    expect(missing(made, [], 'EGP')).toBeNull();
    expect(planned(made, [])[0]?.body).toEqual({ customer: 'cu', currency: 'EGP', amount: 100_000, date: '2026-11-26', means: 'cash', visit: 'v' });
  });
});

describe('the entries', () => {
  it('are disputes, promises and the end of the visit, each with its own id', () => {
    const made = draft(PROMISE, { b: { said: 'disputed', dispute: 'damaged', amount: '120.50', note: ' wet ', photos: ['ff'] }, c: { said: 'delayed', delay: 'cash_flow' } });
    expect(planned(made)).toEqual([
      { kind: 'dispute_raised', id: 'e1', body: { customer: 'cu', item: 'b', currency: 'EGP', amount: 12_050, reason: 'damaged', note: 'wet', photos: ['ff'], visit: 'v' } },
      { kind: 'promise_made', id: 'e2', body: { customer: 'cu', currency: 'EGP', amount: 50_000, date: '2026-11-26', means: 'cash', items: ['a'], visit: 'v' } },
      {
        kind: 'visit_ended',
        id: 'e3',
        body: {
          visit: 'v',
          outcome: 'promised',
          next_date: '2026-11-26',
          answers: [{ item: 'a', answer: 'promised' }, { item: 'b', answer: 'disputed' }, { item: 'c', answer: 'other', reason: 'cash_flow' }],
          next_action: 'visit',
        },
      },
    ]);
  });

  it('promise what is due in every currency, the typed amount in the customer’s own', () => {
    const two = [...items, item('d', 700, '2026-11-01', { currency: 'USD' })];
    const bodies = planned(draft({ ...PROMISE, amount: '500', means: 'cheque' }), two).slice(0, 2).map(({ body }) => body);
    expect(bodies).toMatchObject([{ currency: 'EGP', amount: 50_000, items: ['a', 'b', 'c'], means: 'cheque' }, { currency: 'USD', amount: 700, items: ['d'] }]);
  });

  it('dispute each item whole when the answer is on top', () => {
    const bodies = planned(draft({ said: 'disputed', dispute: 'price', amount: '1' })).map(({ body }) => ('amount' in body ? body.amount : 0));
    expect(bodies).toEqual([50_000, 25_000, 10_000, 0]);
  });

  it('say why the customer delays, as the reason of the visit', () => {
    expect(planned(draft({ said: 'delayed', delay: 'payment_run' }))[0]?.body).toMatchObject({ outcome: 'other', reason: 'payment_run', next_action: 'visit' });
  });

  it('leave items alone when money was taken', () => {
    expect(planned(draft({ said: 'collected' }))[0]?.body).toEqual({ visit: 'v', outcome: 'collected', next_action: 'none' });
    expect(missing(draft({ said: 'collected' }), items, 'EGP')).toBeNull();
  });
});

describe('the visit', () => {
  it('came to the most hopeful answer when none is on top', () => {
    const made = draft({}, { a: { said: 'refused' }, b: { said: 'promised', date: '2026-12-03' }, c: { said: 'promised', date: '2026-11-30' } });
    expect(visit_said(made, items)).toBe('promised');
    expect(next_day(made, items)).toBe('2026-11-30');
    expect(visit_said(draft({ said: 'refused' }, { a: PROMISE, b: PROMISE, c: PROMISE }), items)).toBe('promised');
  });
});
