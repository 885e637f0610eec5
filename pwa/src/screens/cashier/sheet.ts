/**
 * The count as it is typed: text, kept as typed, so that nothing is lost or reinterpreted by closing the window.
 * What was declared is no part of a sheet; a sheet can be stored and shown while the cashier is still blind.
 */
import type { CashCount, CountedCheque } from '../../wire/types';

export interface CashSheet {
  currency: string;
  /** Value of the note in minor units → how many, as typed. */
  pieces: Record<string, string>;
  /** Money that no note or coin in use makes up, as an amount. */
  rest?: string;
}

export interface ChequeLine {
  number: string;
  amount: string;
  currency: string;
}

export interface CountSheet {
  round: 1 | 2;
  cash: CashSheet[];
  cheques: ChequeLine[];
}

export type LineState = 'empty' | 'whole' | 'incomplete' | 'unclear' | 'repeated';
export type ParseAmount = (text: string, currency: string) => number | null;

export function new_sheet(round: 1 | 2, currency: string): CountSheet {
  return { round, cash: [{ currency, pieces: {} }], cheques: [{ number: '', amount: '', currency }] };
}

/** Digits of any keyboard as Latin ones. */
export function latin_digits(text: string): string {
  return text
    .replace(/[٠-٩]/g, (digit) => String(digit.charCodeAt(0) - 0x660))
    .replace(/[۰-۹]/g, (digit) => String(digit.charCodeAt(0) - 0x6f0));
}

/** How many pieces were typed; an empty cell is none, and anything but a number of at most six digits is null. */
export function pieces_of(text: string): number | null {
  const plain = latin_digits(text).replace(/[\s,٬]/g, '');
  if (plain === '') return 0;
  return /^\d{1,6}$/.test(plain) ? Number(plain) : null;
}

export function value_of(note: number, text: string): number | null {
  const pieces = pieces_of(text);
  return pieces === null ? null : note * pieces;
}

export function rest_of(sheet: CashSheet, parse: ParseAmount): number | null {
  const text = sheet.rest?.trim() ?? '';
  return text === '' ? 0 : parse(text, sheet.currency);
}

/** Sum of one currency; null as soon as one cell cannot be read, so that no half-true total is ever shown. */
export function cash_total(sheet: CashSheet, parse: ParseAmount): number | null {
  let total = rest_of(sheet, parse);
  if (total === null) return null;
  for (const [note, text] of Object.entries(sheet.pieces)) {
    const value = value_of(Number(note), text);
    if (value === null) return null;
    total += value;
  }
  return total;
}

export function cheque_number(text: string): string {
  return latin_digits(text).replace(/\s/g, '');
}

/** What tells two cheque numbers apart: some phones and some people write the leading zeros, some do not. */
export function bare_number(text: string): string {
  return cheque_number(text).replace(/^0+/, '');
}

export function line_state(lines: readonly ChequeLine[], index: number, parse: ParseAmount): LineState {
  const line = lines[index];
  if (line === undefined) return 'empty';
  const number = cheque_number(line.number);
  const amount = line.amount.trim();
  if (number === '' && amount === '') return 'empty';
  if (number === '' || amount === '') return 'incomplete';
  const value = parse(amount, line.currency);
  if (value === null || value <= 0) return 'unclear';
  const before = lines.slice(0, index);
  const same = before.some(
    (other) =>
      bare_number(other.number) === bare_number(number) &&
      other.currency === line.currency &&
      parse(other.amount, other.currency) === value,
  );
  return same ? 'repeated' : 'whole';
}

/** What stops the count from being finished: the first cell that cannot be read or is half filled. */
export type Obstacle =
  | { at: 'cash'; currency: string; note: number }
  | { at: 'rest'; currency: string }
  | { at: 'cheque'; index: number; state: LineState };

export function obstacle(sheet: CountSheet, parse: ParseAmount): Obstacle | null {
  for (const cash of sheet.cash) {
    for (const [note, text] of Object.entries(cash.pieces)) {
      if (pieces_of(text) === null) return { at: 'cash', currency: cash.currency, note: Number(note) };
    }
    if (rest_of(cash, parse) === null) return { at: 'rest', currency: cash.currency };
  }
  for (const index of sheet.cheques.keys()) {
    const state = line_state(sheet.cheques, index, parse);
    if (state !== 'empty' && state !== 'whole') return { at: 'cheque', index, state };
  }
  return null;
}

/** The counted cash and cheques of a sheet without obstacles. A currency in which nothing lay is left out. */
export function counted(sheet: CountSheet, parse: ParseAmount): { cash: CashCount[]; cheques: CountedCheque[] } {
  const cash: CashCount[] = [];
  for (const each of sheet.cash) {
    const notes = Object.entries(each.pieces)
      .map(([value, text]) => ({ value: Number(value), count: pieces_of(text) ?? 0 }))
      .filter((note) => note.count > 0)
      .sort((a, b) => b.value - a.value);
    // What no note makes up is that many of the smallest unit, so that amount = Σ value × count holds.
    const rest = rest_of(each, parse) ?? 0;
    if (rest > 0) notes.push({ value: 1, count: rest });
    if (notes.length === 0) continue;
    cash.push({ currency: each.currency, amount: cash_total(each, parse) ?? 0, notes });
  }
  const cheques: CountedCheque[] = [];
  for (const [index, line] of sheet.cheques.entries()) {
    if (line_state(sheet.cheques, index, parse) !== 'whole') continue;
    cheques.push({ number: cheque_number(line.number), currency: line.currency, amount: parse(line.amount, line.currency) ?? 0 });
  }
  return { cash, cheques };
}

/** There is always one empty line at the end to type the next cheque into. */
export function with_free_line(lines: readonly ChequeLine[], currency: string): ChequeLine[] {
  const last = lines.at(-1);
  if (last !== undefined && last.number.trim() === '' && last.amount.trim() === '') return [...lines];
  return [...lines, { number: '', amount: '', currency: last?.currency ?? currency }];
}
