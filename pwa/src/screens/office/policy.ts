/** The company's policy as a form: amounts, days, hours and percents typed by a person, and read back whole or not at all. */
import { CURRENCIES } from '../../wire/currencies';
import type { Policy, StatedRate } from '../../wire/types';
import { figure, read_amount } from '../cashier/amounts';

export const AMOUNTS = ['receipt_limit', 'cash_limit', 'cash_ceiling'] as const;
export const NUMBERS = ['cash_age_days', 'unsent_hours', 'silent_hours', 'cheque_stale_days', 'promise_grace_days', 'book_leaves'] as const;
export type Limit = NonNullable<Policy['blocks']>[number];
export const BLOCKS: Limit[] = ['receipt', 'cash', 'age', 'unsent'];

/** What the office takes a field to be where it is left out. */
const DEFAULTS: Record<(typeof NUMBERS)[number], number> = {
  cash_age_days: 0,
  unsent_hours: 8,
  silent_hours: 12,
  cheque_stale_days: 180,
  promise_grace_days: 0,
  book_leaves: 200,
};

export interface Form {
  texts: Record<(typeof AMOUNTS)[number] | (typeof NUMBERS)[number] | 'discount_limit', string>;
  blocks: Limit[];
  require_installed: boolean;
  cheque_photos: boolean;
  rates: Required<StatedRate>[];
}

export type Wrong = 'amount' | 'number' | 'percent' | 'rate' | 'currency' | 'since' | 'leaves';

/** Percents have two decimals, and whole numbers none: the one rule for typed amounts reads both. */
const HUNDREDTHS = 'EGP';
const WHOLE = 'LBP';

export function form_of(policy: Policy, currency: string): Form {
  const texts = {} as Form['texts'];
  for (const name of AMOUNTS) texts[name] = policy[name] ? figure(policy[name], currency) : '';
  for (const name of NUMBERS) texts[name] = String(policy[name] ?? DEFAULTS[name]);
  texts.discount_limit = figure(policy.discount_limit ?? 0, HUNDREDTHS);
  return {
    texts,
    blocks: [...(policy.blocks ?? [])],
    require_installed: policy.require_installed ?? true,
    cheque_photos: policy.cheque_photos ?? false,
    rates: (policy.rates ?? []).map((rate) => ({ ...rate, source: rate.source ?? '' })),
  };
}

/** Digits and decimal points of any keyboard as the office writes rates. */
export function rate_text(typed: string): string {
  return typed
    .trim()
    .replace(/[٠-٩]/g, (digit) => String(digit.charCodeAt(0) - 0x660))
    .replace(/[۰-۹]/g, (digit) => String(digit.charCodeAt(0) - 0x6f0))
    .replace('٫', '.');
}

/** The policy that the form says, over what it does not show; or what of it cannot be, by field (`rates.0` a row). */
export function policy_of(form: Form, was: Policy, currency: string): { policy: Policy } | { wrong: Record<string, Wrong> } {
  const wrong: Record<string, Wrong> = {};
  const policy: Policy = { ...was, blocks: [...form.blocks], require_installed: form.require_installed, cheque_photos: form.cheque_photos };
  for (const name of AMOUNTS) {
    const text = form.texts[name].trim();
    const amount = text === '' ? 0 : read_amount(text, currency);
    if (amount === null || amount < 0) wrong[name] = 'amount';
    else policy[name] = amount;
  }
  for (const name of NUMBERS) {
    const text = form.texts[name].trim();
    const value = text === '' ? 0 : read_amount(text, WHOLE);
    if (value === null || value < 0) wrong[name] = 'number';
    else if (name === 'book_leaves' && value < 1) wrong[name] = 'leaves';
    else policy[name] = value;
  }
  const discount = form.texts.discount_limit.trim() === '' ? 0 : read_amount(form.texts.discount_limit, HUNDREDTHS);
  if (discount === null || discount < 0 || discount > 10_000) wrong['discount_limit'] = 'percent';
  else policy.discount_limit = discount;
  policy.rates = form.rates.map((row, index) => {
    const base = row.base.trim().toUpperCase();
    const quote = row.quote.trim().toUpperCase();
    const rate = rate_text(row.rate);
    if (!(base in CURRENCIES) || !(quote in CURRENCIES) || base === quote) wrong[`rates.${index}`] = 'currency';
    else if (!/^[0-9]{1,9}(\.[0-9]{1,9})?$/.test(rate) || /^[0.]*$/.test(rate)) wrong[`rates.${index}`] = 'rate';
    else if (!/^\d{4}-\d{2}-\d{2}$/.test(row.since)) wrong[`rates.${index}`] = 'since';
    return { base, quote, rate, since: row.since, ...(row.source.trim() === '' ? {} : { source: row.source.trim() }) };
  });
  return Object.keys(wrong).length > 0 ? { wrong } : { policy };
}
