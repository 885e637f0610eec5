/** Why a cheque is not handed in with the others: a code that both languages can say, and what the collector adds to it. */
import { coded } from '../../text';

export const KEPT_REASONS = ['paper_lost', 'with_customer', 'left_behind', 'handed_in_before', 'other'] as const;
export type KeptReason = (typeof KEPT_REASONS)[number];

export interface Kept {
  reason: KeptReason | '';
  note: string;
}

/** Some reasons say too little by themselves. */
export function needs_note(reason: KeptReason | ''): boolean {
  return reason === 'paper_lost' || reason === 'other';
}

export function is_said({ reason, note }: Kept): boolean {
  return reason !== '' && (!needs_note(reason) || note.trim() !== '');
}

/** On the wire: the code, and after a colon the note. */
export function kept_on_wire({ reason, note }: Kept): string {
  return note.trim() ? `${reason}: ${note.trim()}` : reason;
}

/** As people read it. What an older app wrote freely is shown as it was written. */
export function kept_text(wire: string): string {
  const [code = '', ...rest] = wire.split(':');
  if (!(KEPT_REASONS as readonly string[]).includes(code)) return wire;
  return [coded('kept_back', code), rest.join(':').trim()].filter(Boolean).join(' · ');
}

/** Reasons as an unfinished declaration kept them. An older app kept one text for each cheque. */
export function reasons_of(kept: Record<string, Kept | string>): Record<string, Kept> {
  return Object.fromEntries(Object.entries(kept).map(([id, one]) => [id, typeof one === 'string' ? { reason: one ? 'other' : '', note: one } : one]));
}
