/** What a collector must know of a customer before anything else. Plain: the facts in, what to say out, gravest first. */
import type { IconName } from '../../../parts/icons';
import type { Customer, Dispute, Item, PromiseToPay } from '../../../wire/types';
import { days_between } from '../../../text/dates';
import { must_not_be_paid } from '../answers';

const SOON_DAYS = 30;

export interface Warning {
  code: 'legal' | 'suspended' | 'watch' | 'bounced' | 'broken' | 'over_limit' | 'dispute' | 'paper_expired' | 'paper_expires' | 'einvoice' | 'promise_today' | 'promise_due';
  tone: 'bad' | 'warn' | 'info';
  icon: IconName;
  n: number;
  /** Of the paper, or the amount in minor units that the text names. */
  paper: string;
  amount: number;
}

export interface Facts {
  customer: Customer;
  items: readonly Item[];
  promises: readonly PromiseToPay[];
  disputes: readonly Dispute[];
  /** The balance excluding uncleared cheques in the customer's own currency, minor units. */
  exposure: number;
  today: string;
}

export function warnings_of({ customer, items, promises, disputes, exposure, today }: Facts): Warning[] {
  const found: Warning[] = [];
  const warn = (code: Warning['code'], tone: Warning['tone'], icon: IconName, facts: Partial<Warning> = {}): void => {
    found.push({ code, tone, icon, n: 0, paper: '', amount: 0, ...facts });
  };
  const { standing = 'normal', bounced = 0, broken = 0, credit_limit = 0, papers = [] } = customer;
  if (standing === 'legal') warn('legal', 'bad', 'flag');
  if (standing === 'suspended') warn('suspended', 'bad', 'lock');
  const returned = Math.max(bounced, items.filter(({ kind, open = 0 }) => kind === 'returned_cheque' && open > 0).length);
  if (returned > 0) warn('bounced', 'bad', 'cheque', { n: returned });
  if (broken > 0) warn('broken', 'bad', 'clock', { n: broken });
  const void_invoices = items.filter((item) => (item.open ?? 0) > 0 && must_not_be_paid(item)).length;
  if (void_invoices > 0) warn('einvoice', 'bad', 'paper', { n: void_invoices });
  const disputed = disputes.filter(({ state = 'raised' }) => state === 'raised').length;
  if (disputed > 0) warn('dispute', 'warn', 'flag', { n: disputed });
  if (credit_limit > 0 && exposure > credit_limit) warn('over_limit', 'warn', 'warn', { amount: exposure - credit_limit });
  for (const { kind, expires } of papers) if (expires < today) warn('paper_expired', 'warn', 'paper', { paper: kind });
  for (const { kind, expires } of papers) {
    const left = days_between(today, expires);
    if (left >= 0 && left <= SOON_DAYS) warn('paper_expires', 'warn', 'paper', { paper: kind, n: left });
  }
  if (standing === 'watch') warn('watch', 'warn', 'eye');
  const open = promises.filter(({ state = 'open', currency }) => state === 'open' && currency === customer.currency);
  const rest = (list: readonly PromiseToPay[]): number => list.reduce((sum, promise) => sum + left_of(promise), 0);
  const past = rest(open.filter(({ date }) => date < today));
  if (past > 0) warn('promise_due', 'warn', 'clock', { amount: past });
  const due = rest(open.filter(({ date }) => date === today));
  if (due > 0) warn('promise_today', 'info', 'clock', { amount: due });
  return found;
}

/** What a promise still has to bring. */
export function left_of({ amount, kept = {} }: PromiseToPay): number {
  return Math.max(0, amount - Object.values(kept).reduce((sum, part) => sum + part, 0));
}
