import { describe, expect, it } from 'vitest';

import { type Asked, NO_ANSWER } from './answers';
import { contact_plan, NEW_CONTACT, outcomes_of } from './contacts';

const items: Asked[] = [{ id: 'a', currency: 'EGP', due: '2026-11-01', open: 5_000 }];
const plan = (...[draft, answer, about = items]: [Partial<typeof NEW_CONTACT>, Partial<typeof NO_ANSWER>, Asked[]?]) => {
  let count = 0;
  return contact_plan({ ...NEW_CONTACT, ...draft }, { ...NO_ANSWER, ...answer }, about, { customer: 'cu', currency: 'EGP' }, () => `e${(count += 1)}`);
};

describe('a call or a message', () => {
  it('is one entry where it brought nothing', () => {
    expect(plan({ outcome: 'no_answer', next_date: '2026-11-24', note: ' ' }, {})).toEqual([
      { kind: 'contact_logged', id: 'e1', body: { customer: 'cu', channel: 'call', outcome: 'no_answer', next_date: '2026-11-24' } },
    ]);
  });

  it('brings a promise that names no visit, and its day is the next date', () => {
    expect(plan({ outcome: 'promised', channel: 'whatsapp', note: 'Sunday' }, { said: 'promised', date: '2026-11-29', means: 'transfer' }).map(({ kind, body }) => [kind, body])).toEqual([
      ['promise_made', { customer: 'cu', currency: 'EGP', amount: 5_000, date: '2026-11-29', means: 'transfer', items: ['a'] }],
      ['contact_logged', { customer: 'cu', channel: 'whatsapp', outcome: 'promised', note: 'Sunday', next_date: '2026-11-29', items: ['a'] }],
    ]);
  });

  it('brings a dispute of one item', () => {
    expect(plan({ outcome: 'disputed' }, { said: 'disputed', dispute: 'tax', amount: '7.50' })[0]?.body).toEqual({ customer: 'cu', item: 'a', currency: 'EGP', amount: 750, reason: 'tax' });
  });

  it('was sent or taken, by its channel', () => {
    expect(outcomes_of('call')).not.toContain('sent');
    expect(outcomes_of('sms')).not.toContain('no_answer');
  });
});
