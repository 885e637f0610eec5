/** What is typed on the way to a voucher, and what it comes to. Plain functions; the screens hold and save the draft. */
import { type OpenItem, oldest_first, proportional } from '../../ledger/allocation';
import { parse_amount } from '../../ledger/money';
import { settled, value_at } from '../../ledger/rates';
import type { Allocation, Cash, Cheque, Deduction, Item, Notes } from '../../wire/types';

export interface ChequeTyped {
  amount: string;
  bank: string;
  branch: string;
  number: string;
  due: string;
  drawer: string;
  third_party: boolean;
  /** The words name another amount than the figures; the amount typed here is that of the words. */
  words_differ?: boolean;
}

/** Cash in another currency. `base`: the one of the two that the rate is for. `source`: empty, or who else stated it. */
export interface ForeignTyped {
  currency: string;
  amount: string;
  base: string;
  rate: string;
  source: string;
}

export interface DeductionTyped {
  kind: Deduction['kind'];
  amount: string;
  proof: string;
  photos: string[];
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
  /** How the money is given out where the customer chose nothing by item. */
  order: 'oldest' | 'proportional';
  foreign: ForeignTyped[];
  deductions: DeductionTyped[];
  /** What was put on the table, as typed, where change was given. */
  received: string;
  /** Strokes of the signature, points in thousandths of the pad. */
  strokes: number[][];
  unsigned_reason: string;
}

export const NEW_DRAFT: Omit<CollectDraft, 'id' | 'visit' | 'currency'> = {
  cash: '',
  notes: [],
  cheques: [],
  cheque_form: null,
  chosen: null,
  order: 'oldest',
  foreign: [],
  deductions: [],
  received: '',
  strokes: [],
  unsigned_reason: '',
};

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
  const received = amount_of(draft.received, currency);
  if (cash > 0) {
    tenders.push({
      method: 'cash',
      currency,
      amount: cash,
      ...(counted.length > 0 ? { counted } : {}),
      ...(received > cash ? { received } : {}),
    });
  }
  for (const foreign of draft.foreign) {
    const value = worth_of(foreign, currency);
    const amount = amount_of(foreign.amount, foreign.currency);
    if (amount === 0 || value === null || value === 0) continue;
    const { base, rate, source } = foreign;
    tenders.push({ method: 'cash', currency: foreign.currency, amount, exchange: { base, rate: latin(rate), value, ...(source ? { source } : {}) } });
  }
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
      ...(cheque.words_differ ? { words_differ: true } : {}),
    });
  }
  return tenders;
}

/** What cash in another currency pays for at its rate, in minor units of the voucher's; null without amount or rate. */
export function worth_of({ currency, amount, base, rate }: ForeignTyped, wanted: string): number | null {
  const paid = amount_of(amount, currency);
  return paid === 0 ? null : value_at(paid, currency, wanted, base, latin(rate));
}

/** A rate as it is sent: Latin digits and a point. */
export function latin(rate: string): string {
  return rate
    .replace(/[٠-٩۰-۹]/g, (digit) => String((digit.codePointAt(0) ?? 0) & 0xf))
    .replace(/[٫،,]/g, '.')
    .replace(/\s/g, '');
}

export function deductions_of(draft: CollectDraft): Deduction[] {
  return draft.deductions
    .map(({ kind, amount, proof, photos }) => ({ kind, amount: amount_of(amount, draft.currency), proof: proof.trim(), photos }))
    .filter(({ amount }) => amount > 0)
    .map(({ kind, amount, proof, photos }) => ({ kind, amount, ...(proof ? { proof } : {}), ...(photos.length > 0 ? { photos } : {}) }));
}

/** What the voucher settles, in minor units of its currency: what was handed over at its worth, and what is deducted. */
export function total_of(draft: CollectDraft): number {
  return settled({ currency: draft.currency, tenders: tenders_of(draft), deductions: deductions_of(draft) });
}

/** What is typed for cash or change and does not hold together; null when all is well. */
export function trouble_of(draft: CollectDraft): 'received_less' | 'rate_missing' | 'nothing_handed' | null {
  const received = amount_of(draft.received, draft.currency);
  if (received > 0 && received < amount_of(draft.cash, draft.currency)) return 'received_less';
  if (draft.foreign.some((foreign) => amount_of(foreign.amount, foreign.currency) > 0 && !worth_of(foreign, draft.currency))) return 'rate_missing';
  return total_of(draft) > 0 && tenders_of(draft).length === 0 ? 'nothing_handed' : null;
}

/** An invoice that the tax authority has cancelled or rejected takes no money. */
export function is_payable(item: Pick<Item, 'einvoice'>): boolean {
  return item.einvoice?.state !== 'cancelled' && item.einvoice?.state !== 'rejected';
}

export interface Split {
  allocations: Allocation[];
  on_account: number;
  /** How much more was given out by hand than was paid; 0 when it fits. */
  too_much: number;
}

/** Where the money goes: oldest first, in proportion, or as the customer chose. What no item takes stays as credit. */
export function split_of(draft: CollectDraft, items: readonly OpenItem[]): Split {
  const total = total_of(draft);
  if (draft.chosen === null) return { ...(draft.order === 'proportional' ? proportional : oldest_first)(total, items), too_much: 0 };
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
