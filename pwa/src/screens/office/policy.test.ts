import { expect, test } from 'vitest';

import type { Policy } from '../../wire/types';
import { form_of, policy_of } from './policy';

const WAS: Policy = { cash_limit: 5_000_000, banks: [['NBE', 'National', 'الأهلي']], discount_limit: 250, blocks: ['cash'] };

test('what is not changed comes back as it was', () => {
  const read = policy_of(form_of(WAS, 'EGP'), WAS, 'EGP');

  expect(read).toMatchObject({ policy: { ...WAS, rates: [], require_installed: true, unsent_hours: 8, book_leaves: 200 } });
});

test('a field that this screen does not know stays', () => {
  const later: Policy = { ...WAS, notify: ['email'] };

  expect(policy_of(form_of(later, 'EGP'), later, 'EGP')).toMatchObject({ policy: { notify: ['email'] } });
});

test('amounts, percents and Arabic digits are read by the one rule', () => {
  const form = form_of({}, 'KWD');
  form.texts.receipt_limit = '١٬٢٥٠٫٥٠٠';
  form.texts.discount_limit = '2.5';
  form.texts.promise_grace_days = '٣';

  expect(policy_of(form, {}, 'KWD')).toMatchObject({ policy: { receipt_limit: 1_250_500, discount_limit: 250, promise_grace_days: 3 } });
});

test('an empty limit is none', () => {
  const form = form_of(WAS, 'EGP');
  form.texts.cash_limit = '';

  expect(policy_of(form, WAS, 'EGP')).toMatchObject({ policy: { cash_limit: 0 } });
});

test('what cannot be is named, and nothing is saved', () => {
  const form = form_of({}, 'EGP');
  form.texts.cash_limit = 'much';
  form.texts.discount_limit = '101';
  form.texts.book_leaves = '0';
  form.rates = [
    { base: 'USD', quote: 'USD', rate: '50', since: '2026-11-22', source: '' },
    { base: 'usd', quote: 'EGP', rate: '0.0', since: '2026-11-22', source: '' },
    { base: 'USD', quote: 'EGP', rate: '50.25', since: '', source: '' },
  ];

  expect(policy_of(form, {}, 'EGP')).toEqual({
    wrong: { cash_limit: 'amount', discount_limit: 'percent', book_leaves: 'leaves', 'rates.0': 'currency', 'rates.1': 'rate', 'rates.2': 'since' },
  });
});

test('a rate is sent as the office writes it', () => {
  const form = form_of({}, 'EGP');
  form.rates = [{ base: 'usd', quote: 'egp', rate: '٥٠٫٢٥', since: '2026-11-22', source: ' CBE ' }];

  expect(policy_of(form, {}, 'EGP')).toMatchObject({ policy: { rates: [{ base: 'USD', quote: 'EGP', rate: '50.25', since: '2026-11-22', source: 'CBE' }] } });
});
