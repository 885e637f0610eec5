/** A call or a message, and the entries that come of it. */
import type { Bodies } from '../../wire/types';
import { type Answer, type Asked, NEW_DRAFT, NO_ANSWER, plan_of, type Planned } from './answers';

export type Channel = Bodies['contact_logged']['channel'];
export type ContactOutcome = Bodies['contact_logged']['outcome'];

export const CHANNELS = ['call', 'whatsapp', 'sms', 'email'] as const satisfies readonly Channel[];
const OF_CALL = ['reached', 'promised', 'disputed', 'refused', 'no_answer', 'call_back', 'wrong_number'] as const satisfies readonly ContactOutcome[];
const OF_MESSAGE = ['sent', 'reached', 'promised', 'disputed', 'refused', 'wrong_number'] as const satisfies readonly ContactOutcome[];

/** What can come of it: a message is sent or answered, a call is taken or not. */
export function outcomes_of(channel: Channel): readonly ContactOutcome[] {
  return channel === 'call' ? OF_CALL : OF_MESSAGE;
}

export interface ContactPlanned {
  kind: Planned['kind'] | 'contact_logged';
  id: string;
  body: Planned['body'] | Bodies['contact_logged'];
}

export interface ContactDraft {
  channel: Channel;
  outcome: ContactOutcome | '';
  answer: Answer;
  /** Which is disputed. */
  item: string;
  note: string;
  next_date: string;
  next_other: boolean;
  /** What is to be written, once it was saved: a page killed amid it writes each entry once. */
  plan: ContactPlanned[] | null;
}

export const NEW_CONTACT: ContactDraft = { channel: 'call', outcome: '', answer: NO_ANSWER, item: '', note: '', next_date: '', next_other: false, plan: null };

/** A promise or a dispute of no visit, then the contact itself. answer: says '' where the contact brought neither. */
export function contact_plan(draft: ContactDraft, answer: Answer, about: readonly Asked[], { customer, currency }: { customer: string; currency: string }, mint: () => string): ContactPlanned[] {
  if (draft.outcome === '') return [];
  const brought: ContactPlanned[] = [];
  if (answer.said !== '') {
    const made = plan_of({ ...NEW_DRAFT, top: answer }, about, { customer, currency, visit: '' }, mint);
    for (const one of made) {
      if (one.kind === 'visit_ended') continue;
      const { visit: _, ...body } = one.body as Bodies['promise_made'] | Bodies['dispute_raised'];
      brought.push({ ...one, body });
    }
  }
  const date = answer.said === 'promised' ? answer.date : draft.next_date;
  const body: Bodies['contact_logged'] = {
    customer,
    channel: draft.channel,
    outcome: draft.outcome,
    ...(draft.note.trim() ? { note: draft.note.trim() } : {}),
    ...(date ? { next_date: date } : {}),
    ...(answer.said !== '' && about.length > 0 ? { items: about.map(({ id }) => id) } : {}),
  };
  return [...brought, { kind: 'contact_logged', id: mint(), body }];
}
