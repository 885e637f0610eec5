/** The customer's word on our balance, and the entry of it. */
import type { Bodies, Difference } from '../../wire/types';
import { parse_amount } from '../../ledger/money';

/** An item of ours as their books have it, or one of theirs that we do not know (item ''). theirs: as typed. */
export interface Differing {
  item: string;
  number: string;
  theirs: string;
  reason: string;
}

export interface ConfirmDraft {
  id: string;
  currency: string;
  agrees: boolean | null;
  differing: Differing[];
  signer: string;
  strokes: number[][];
  unsigned_reason: string;
  /** What stood on the phone when the customer began to sign. */
  signed_for: { ledger: number; uncleared: number } | null;
}

export function new_confirmation(id: string, currency: string): ConfirmDraft {
  return { id, currency, agrees: null, differing: [], signer: '', strokes: [], unsigned_reason: '', signed_for: null };
}

export interface Ours {
  id: string;
  open: number;
}

/** Minor units of theirs − ours; null while their amount cannot be read. */
export function difference_of({ item, theirs }: Differing, ours: readonly Ours[], currency: string): number | null {
  const read = parse_amount(theirs, currency);
  if (read.kind !== 'parsed') return null;
  return read.amount - (ours.find(({ id }) => id === item)?.open ?? 0);
}

export type ConfirmLack = 'needs_choice' | 'needs_difference' | 'needs_amounts' | 'needs_signer' | 'needs_signature' | '';

export function confirm_lacks(draft: ConfirmDraft, ours: readonly Ours[]): ConfirmLack {
  if (draft.agrees === null) return 'needs_choice';
  if (!draft.agrees && draft.differing.length === 0) return 'needs_difference';
  const whole = draft.differing.every((one) => (difference_of(one, ours, draft.currency) ?? 0) !== 0 && (one.item !== '' || one.number.trim() !== ''));
  if (!draft.agrees && !whole) return 'needs_amounts';
  if (!draft.signer.trim() && !draft.unsigned_reason) return 'needs_signer';
  if (draft.strokes.length === 0 && !draft.unsigned_reason) return 'needs_signature';
  return '';
}

export function differences_of(draft: ConfirmDraft, ours: readonly Ours[]): Difference[] {
  if (draft.agrees !== false) return [];
  return draft.differing.map((one) => ({
    amount: difference_of(one, ours, draft.currency) ?? 0,
    ...(one.item ? { item: one.item } : {}),
    ...(one.number.trim() ? { number: one.number.trim() } : {}),
    ...(one.reason.trim() ? { reason: one.reason.trim() } : {}),
  }));
}

interface Shown {
  customer: string;
  ledger: number;
  uncleared: number;
  visit: string;
  /** The signature's SHA-256, '' without one. */
  signature: string;
}

export function confirmed_body(draft: ConfirmDraft, ours: readonly Ours[], { customer, ledger, uncleared, visit, signature }: Shown): Bodies['balance_confirmed'] {
  const differences = differences_of(draft, ours);
  return {
    customer,
    currency: draft.currency,
    ledger,
    uncleared,
    agrees: draft.agrees === true,
    ...(differences.length > 0 ? { differences } : {}),
    ...(draft.signer.trim() ? { signer: draft.signer.trim() } : {}),
    ...(signature ? { signature } : { unsigned_reason: draft.unsigned_reason || 'not_kept' }),
    ...(visit ? { visit } : {}),
  };
}
