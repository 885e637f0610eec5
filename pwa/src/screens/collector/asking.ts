/** What a collector asks of the office, and the entry of it. */
import type { Bodies } from '../../wire/types';
import { amount_of } from './collecting';

export type What = Bodies['case_opened']['what'];

/** An incident stands apart from these. */
export const ASKED = ['payment_plan', 'settlement', 'reschedule', 'goods_return', 'complaint', 'order', 'data_change', 'stop_supply', 'other'] as const satisfies readonly What[];

export interface AskDraft {
  /** Of the entry, minted once: to send twice asks once. */
  id: string;
  what: What | '';
  text: string;
  amount: string;
  date: string;
  other_date: boolean;
  photos: string[];
}

export function new_ask(id: string): AskDraft {
  return { id, what: '', text: '', amount: '', date: '', other_date: false, photos: [] };
}

/** customer: '' for an incident that concerns none. */
export function asked_body(draft: AskDraft, what: What, { customer, currency, visit }: { customer: string; currency: string; visit: string }): Bodies['case_opened'] {
  const amount = amount_of(draft.amount, currency);
  return {
    what,
    text: draft.text.trim(),
    ...(customer ? { customer } : {}),
    ...(amount > 0 ? { amount, currency } : {}),
    ...(draft.date && what !== 'incident' ? { date: draft.date } : {}),
    ...(draft.photos.length > 0 ? { photos: [...draft.photos] } : {}),
    ...(visit ? { visit } : {}),
  };
}
