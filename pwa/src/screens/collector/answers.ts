/** What a customer said about each open item, and the entries that come of it. Plain functions; the screen keeps the draft. */
import type { Bodies, ItemAnswer } from '../../wire/types';
import { amount_of } from './collecting';

export type VisitOutcome = Bodies['visit_ended']['outcome'];
export type Means = NonNullable<Bodies['promise_made']['means']>;
export type DisputeReason = Bodies['dispute_raised']['reason'];
/** A delay is an outcome of its own on screen; its entry says `other` and the reason. */
export type Said = VisitOutcome | 'delayed';

export const SAID = ['promised', 'disputed', 'delayed', 'refused', 'absent', 'closed', 'wrong_address', 'unsafe', 'other'] as const satisfies readonly Said[];
/** Nobody could be asked about single items: one answer holds for all. */
const FOR_ALL: ReadonlySet<Said | ''> = new Set<Said>(['absent', 'closed', 'wrong_address', 'unsafe']);
export const SAID_OF_ITEM = ['promised', 'disputed', 'delayed', 'refused', 'other'] as const satisfies readonly Said[];
export const MEANS = ['cash', 'cheque', 'transfer'] as const satisfies readonly Means[];
export const DISPUTE_REASONS = [
  'amount', 'price', 'quantity', 'damaged', 'returned', 'not_received', 'already_paid', 'duplicate', 'documents_missing', 'no_order', 'discount', 'tax', 'terms', 'service', 'other',
] as const satisfies readonly DisputeReason[];
export const DELAYS = ['cash_flow', 'owner_absent', 'waiting_approval', 'payment_run', 'invoice_missing', 'goods_not_received', 'paid_already', 'other'] as const;
export const ACTIONS = ['visit', 'call', 'office', 'none'] as const;
export type Action = (typeof ACTIONS)[number];

/** amount: as typed, '' for what is due (a promise) or all that is open (a dispute). */
export interface Answer {
  said: Said | '';
  amount: string;
  date: string;
  other_date: boolean;
  means: Means;
  dispute: DisputeReason | '';
  note: string;
  photos: string[];
  delay: string;
}

export const NO_ANSWER: Answer = { said: '', amount: '', date: '', other_date: false, means: 'cash', dispute: '', note: '', photos: [], delay: '' };

export interface Planned {
  kind: 'dispute_raised' | 'promise_made' | 'visit_ended';
  id: string;
  body: Bodies['dispute_raised'] | Bodies['promise_made'] | Bodies['visit_ended'];
}

export interface NoPaymentDraft {
  /** On top, for every item that has no answer of its own. */
  top: Answer;
  own: Record<string, Answer>;
  /** Items that are not due yet are asked about too. */
  all: boolean;
  note: string;
  action: Action | '';
  next_date: string;
  next_other: boolean;
  /** What is to be written, once *End visit* was tapped: a page killed amid it writes the same entries, each once. */
  plan: Planned[] | null;
}

export const NEW_DRAFT: NoPaymentDraft = { top: NO_ANSWER, own: {}, all: false, note: '', action: '', next_date: '', next_other: false, plan: null };

/** An open item as far as an answer needs it. */
export interface Asked {
  id: string;
  currency: string;
  due: string;
  open: number;
  einvoice?: { state?: string } | null;
}

/** An invoice that the tax authority has as cancelled or rejected must not be paid. */
export function must_not_be_paid({ einvoice }: Pick<Asked, 'einvoice'>): boolean {
  return einvoice?.state === 'cancelled' || einvoice?.state === 'rejected';
}

/** Items that an answer is wanted for: those that are due, and all of them where none is or where the collector says so. */
export function asked_about<I extends Asked>(open: readonly I[], today: string, all: boolean): I[] {
  const payable = open.filter((item) => item.open > 0 && !must_not_be_paid(item));
  const due = payable.filter((item) => item.due <= today);
  return all || due.length === 0 ? payable : due;
}

export function holds_for_all(draft: NoPaymentDraft): boolean {
  return FOR_ALL.has(draft.top.said);
}

export function answer_of(draft: NoPaymentDraft, item: string): Answer {
  const own = draft.own[item];
  return own?.said && !holds_for_all(draft) ? own : draft.top;
}

export type Lack = 'needs_outcome' | 'needs_date' | 'needs_amount' | 'needs_dispute' | 'needs_delay' | 'needs_note' | '';

/** What an answer still needs, as a text's name. promised: minor units that a promise without a typed amount is for. */
export function lacks(answer: Answer, promised: number, currency: string): Lack {
  if (answer.said === '') return 'needs_outcome';
  if (answer.said === 'promised' && !answer.date) return 'needs_date';
  if (answer.said === 'promised' && (answer.amount.trim() === '' ? promised : amount_of(answer.amount, currency)) <= 0) return 'needs_amount';
  if (answer.said === 'disputed' && !answer.dispute) return 'needs_dispute';
  if (answer.said === 'disputed' && answer.amount.trim() !== '' && amount_of(answer.amount, currency) <= 0) return 'needs_amount';
  if (answer.said === 'delayed' && !answer.delay) return 'needs_delay';
  return '';
}

/** How many items have no answer, or one that is not complete. */
export function unanswered(draft: NoPaymentDraft, items: readonly Asked[]): number {
  if (draft.top.said === 'collected') return items.filter(({ id, open, currency }) => draft.own[id]?.said && lacks(draft.own[id], open, currency)).length;
  return items.filter((item) => lacks(answer_of(draft, item.id), item.open, item.currency) !== '').length;
}

/** The items that the answer on top is for. */
export function under_top<I extends Asked>(draft: NoPaymentDraft, items: readonly I[]): I[] {
  return items.filter(({ id }) => answer_of(draft, id) === draft.top);
}

/** What keeps the visit from being ended: a text's name and a count for it. */
export function missing(draft: NoPaymentDraft, items: readonly Asked[], currency: string): { key: Lack | 'unanswered'; n: number } | null {
  const topped = under_top(draft, items);
  const top_matters = items.length === 0 || topped.length > 0;
  if (items.length === 0 && draft.top.said === 'disputed') return { key: 'needs_outcome', n: 0 };
  if (draft.top.said !== '' && top_matters) {
    const lack = lacks(draft.top, sum_of(topped, currency), currency);
    if (lack) return { key: lack, n: 0 };
  }
  const open = unanswered(draft, items);
  if (draft.top.said === '' && open === items.length) return { key: 'needs_outcome', n: 0 };
  if (open > 0) return { key: 'unanswered', n: open };
  if (draft.top.said === 'other' && top_matters && !draft.note.trim()) return { key: 'needs_note', n: 0 };
  return null;
}

export function sum_of(items: readonly Asked[], currency: string): number {
  return items.reduce((sum, item) => (item.currency === currency ? sum + item.open : sum), 0);
}

/** What came of the whole visit: the answer on top, else the most hopeful of those given. */
export function visit_said(draft: NoPaymentDraft, items: readonly Asked[]): Said {
  if (draft.top.said !== '' && (items.length === 0 || under_top(draft, items).length > 0)) return draft.top.said;
  const given = items.map(({ id }) => answer_of(draft, id).said);
  return (['promised', 'disputed', 'delayed', 'refused'] as const).find((said) => given.includes(said)) ?? 'other';
}

const SUGGESTED: Partial<Record<Said, Action>> = { disputed: 'office', refused: 'office', wrong_address: 'office', unsafe: 'office', other: 'none', collected: 'none' };

export function suggested_action(said: Said): Action {
  return SUGGESTED[said] ?? 'visit';
}

/** The day to come again: as chosen, else the soonest promise. */
export function next_day(draft: NoPaymentDraft, items: readonly Asked[]): string {
  if (draft.next_date) return draft.next_date;
  const answers = items.length > 0 ? items.map(({ id }) => answer_of(draft, id)) : [draft.top];
  return answers.filter(({ said, date }) => said === 'promised' && date).map(({ date }) => date).sort()[0] ?? '';
}

const outcome_of = (said: Said): VisitOutcome => (said === 'delayed' ? 'other' : said);

interface Where {
  customer: string;
  currency: string;
  visit: string;
}

/** The entries of an answered visit in the order in which they are written: disputes, promises, the end of the visit. */
export function plan_of(draft: NoPaymentDraft, items: readonly Asked[], { customer, currency, visit }: Where, mint: () => string): Planned[] {
  const planned: Planned[] = [];
  const topped = under_top(draft, items);
  for (const item of items) {
    const answer = answer_of(draft, item.id);
    if (answer.said !== 'disputed' || answer.dispute === '') continue;
    const alone = answer !== draft.top || topped.length === 1;
    const amount = alone && answer.amount.trim() !== '' ? amount_of(answer.amount, item.currency) : item.open;
    const { note, photos, dispute: reason } = answer;
    planned.push({
      kind: 'dispute_raised',
      id: mint(),
      body: { customer, item: item.id, currency: item.currency, amount, reason, ...(note.trim() ? { note: note.trim() } : {}), ...(photos.length > 0 ? { photos: [...photos] } : {}), visit },
    });
  }
  for (const body of promises(draft, items, topped, customer, currency)) planned.push({ kind: 'promise_made', id: mint(), body: { ...body, visit } });
  planned.push({ kind: 'visit_ended', id: mint(), body: visit_end(draft, items, visit) });
  return planned;
}

function promises(draft: NoPaymentDraft, items: readonly Asked[], topped: readonly Asked[], customer: string, currency: string): Bodies['promise_made'][] {
  const made: Bodies['promise_made'][] = [];
  const { top } = draft;
  if (top.said === 'promised' && (topped.length > 0 || items.length === 0)) {
    const currencies = [...new Set([currency, ...topped.map((item) => item.currency)])];
    for (const each of currencies) {
      const own = topped.filter((item) => item.currency === each);
      const amount = each === currency && top.amount.trim() !== '' ? amount_of(top.amount, each) : sum_of(own, each);
      if (amount > 0) made.push({ customer, currency: each, amount, date: top.date, means: top.means, ...(own.length > 0 ? { items: own.map(({ id }) => id) } : {}) });
    }
  }
  for (const item of items) {
    const answer = answer_of(draft, item.id);
    if (answer === top || answer.said !== 'promised') continue;
    const amount = answer.amount.trim() === '' ? item.open : amount_of(answer.amount, item.currency);
    made.push({ customer, currency: item.currency, amount, date: answer.date, means: answer.means, items: [item.id] });
  }
  return made;
}

function visit_end(draft: NoPaymentDraft, items: readonly Asked[], visit: string): Bodies['visit_ended'] {
  const said = visit_said(draft, items);
  const answers: ItemAnswer[] = [];
  for (const { id } of items) {
    const answer = answer_of(draft, id);
    if (answer.said === '' || answer.said === 'collected') continue;
    answers.push({ item: id, answer: outcome_of(answer.said), ...(answer.said === 'delayed' ? { reason: answer.delay } : {}) });
  }
  const delay = said === 'delayed' ? (draft.top.said === 'delayed' ? draft.top.delay : Object.values(draft.own).find((own) => own.said === 'delayed')?.delay) : '';
  const date = next_day(draft, items);
  return {
    visit,
    outcome: outcome_of(said),
    ...(draft.note.trim() ? { note: draft.note.trim() } : {}),
    ...(date ? { next_date: date } : {}),
    ...(answers.length > 0 ? { answers } : {}),
    ...(delay ? { reason: delay } : {}),
    next_action: draft.action || suggested_action(said),
  };
}
