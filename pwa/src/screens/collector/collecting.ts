/** What is typed on the way to a voucher, and what it comes to. Plain functions; the screens hold and save the draft. */
import { type OpenItem, oldest_first } from '../../ledger/allocation';
import { parse_amount } from '../../ledger/money';
import type { Allocation, Cash, Cheque, Notes } from '../../wire/types';

export interface ChequeTyped {
  amount: string;
  bank: string;
  branch: string;
  number: string;
  due: string;
  drawer: string;
  third_party: boolean;
}

export interface CollectDraft {
  /** The voucher's id, minted once: to issue twice gives the same voucher. */
  id: string;
  visit: string;
  currency: string;
  cash: string;
  notes: Notes[];
  cheques: ChequeTyped[];
  /** A cheque that is being written and not yet added. */
  cheque_form: ChequeTyped | null;
  /** Amounts that the customer chose by item, as typed; null: oldest first. */
  chosen: Record<string, string> | null;
  /** Strokes of the signature, points in thousandths of the pad. */
  strokes: number[][];
  unsigned_reason: string;
}

export const NO_CHEQUE: ChequeTyped = { amount: '', bank: '', branch: '', number: '', due: '', drawer: '', third_party: false };

const LONGEST = 12; // digits before the point: more is a finger that stayed on the key

/** The typed text after one more key of the pad. What cannot be an amount of the currency is not taken. */
export function press(typed: string, key: string, exponent: number): string {
  if (key === 'erase') return typed.slice(0, -1);
  if (key === '.') return exponent === 0 || typed.includes('.') ? typed : `${typed || '0'}.`;
  const [whole = '', fraction] = typed.split('.');
  if (fraction !== undefined) return `${whole}.${(fraction + key).slice(0, exponent)}`;
  const next = (whole + key).replace(/^0+(?=\d)/, '');
  return next.length > LONGEST ? typed : next;
}

/** Minor units of what is typed; 0 for nothing or for what has no one reading. */
export function amount_of(typed: string, currency: string): number {
  const read = parse_amount(typed.replace(/\.$/, ''), currency);
  return read.kind === 'parsed' ? read.amount : 0;
}

/** An amount as it would have been typed. */
export function typed_from(minor: number, exponent: number): string {
  const figures = String(minor).padStart(exponent + 1, '0');
  const fraction = figures.slice(figures.length - exponent);
  const whole = figures.slice(0, figures.length - exponent);
  return exponent === 0 || /^0*$/.test(fraction) ? whole : `${whole}.${fraction}`;
}

export function tenders_of(draft: CollectDraft): (Cash | Cheque)[] {
  const { currency } = draft;
  const cash = amount_of(draft.cash, currency);
  const counted = draft.notes.filter(({ count }) => count > 0);
  const tenders: (Cash | Cheque)[] = [];
  if (cash > 0) tenders.push({ method: 'cash', currency, amount: cash, ...(counted.length > 0 ? { counted } : {}) });
  for (const cheque of draft.cheques) {
    tenders.push({
      method: 'cheque',
      currency,
      amount: amount_of(cheque.amount, currency),
      bank: cheque.bank,
      number: cheque.number,
      due: cheque.due,
      ...(cheque.branch ? { branch: cheque.branch } : {}),
      ...(cheque.third_party && cheque.drawer ? { drawer: cheque.drawer } : {}),
    });
  }
  return tenders;
}

export function total_of(draft: CollectDraft): number {
  return tenders_of(draft).reduce((sum, { amount }) => sum + amount, 0);
}

export interface Split {
  allocations: Allocation[];
  on_account: number;
  /** How much more was given out by hand than was paid; 0 when it fits. */
  too_much: number;
}

/** Where the money goes: oldest first, or as the customer chose. What no item takes stays as the customer's credit. */
export function split_of(draft: CollectDraft, items: readonly OpenItem[]): Split {
  const total = total_of(draft);
  if (draft.chosen === null) return { ...oldest_first(total, items), too_much: 0 };
  const allocations: Allocation[] = [];
  for (const item of items) {
    const wanted = amount_of(draft.chosen[item.id] ?? '', draft.currency);
    if (wanted > 0) allocations.push({ item: item.id, amount: Math.min(wanted, item.open) });
  }
  const given = allocations.reduce((sum, { amount }) => sum + amount, 0);
  return { allocations, on_account: Math.max(0, total - given), too_much: Math.max(0, given - total) };
}

export function notes_total(notes: readonly Notes[]): number {
  return notes.reduce((sum, { value, count }) => sum + value * count, 0);
}

/** The same cheque once more: same bank and number, leading zeros and blanks aside. */
export function same_cheque(one: { bank: string; number: string }, other: { bank: string; number: string }): boolean {
  const plain = (number: string): string => number.replace(/\s/g, '').replace(/^0+(?=.)/, '');
  return one.bank === other.bank && plain(one.number) === plain(other.number);
}
