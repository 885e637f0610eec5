/**
 * How a customer is found: by name, code, telephone or invoice number, some of it and in any order, as somebody types it who
 * stands at a door. Everything that a search compares is prepared once for each customer.
 */
import type { Documents } from '../wire/types';
import { fold } from './folding';

type Customer = Documents['customer'];
type Item = Documents['item'];

/** Fewer digits than this stand in nearly every telephone and invoice number. */
const DIGITS_MIN = 3;

/** How well a word fits, best first. */
const EXACT = 0;
const BEGINS = 1;
const WORD_BEGINS = 2;
const INSIDE = 3;
const NOT = 4;

interface Row {
  customer: Customer;
  items: readonly Item[] | undefined;
  /** Folded, in the two languages. */
  name: string;
  name_ar: string;
  /** ` name name_ar area`, so that ` x` is where a word begins. */
  names: string;
  code: string;
  /** As `phone_digits` has them. */
  phones: string[];
  /** ` code phone … invoice … `. */
  numbers: string;
}

/** Ids. `item`: the invoice that was searched for. */
export interface Hit {
  customer: string;
  item: string | undefined;
}

export interface Found {
  total: number;
  /** Best first. */
  first: (count: number) => Hit[];
}

/** A code or an invoice number however it is parted. */
function tight(folded: string): string {
  return folded.replace(/[\s\-/._]/g, '');
}

/** The digits that a telephone number is known by: with the country's prefix, with the zero of a call at home, and bare. */
export function phone_digits(phone: string, prefix: string): string[] {
  const typed = fold(phone);
  const digits = typed.replace(/\D/g, '');
  if (digits === '') return [];
  const abroad = typed.startsWith('+') ? digits : digits.startsWith('00') ? digits.slice(2) : undefined;
  if (prefix === '') return [abroad ?? digits];
  if (abroad !== undefined && !abroad.startsWith(prefix)) return [abroad];
  const own = abroad?.slice(prefix.length) ?? digits;
  const bare = own.replace(/^0/, '');
  return [prefix + bare, `0${bare}`, bare];
}

/** All customers, prepared. */
export class Finder {
  private readonly rows = new Map<string, Row>();
  private readonly areas = new Map<string, string>();
  private ordered: Row[] = [];
  private last: { wanted: string; rows: readonly Row[] } | undefined;
  private stale = true;
  private prefix = '';
  private language = '';

  /**
   * Prepares what is new or differs, at most so many customers at once; true when nothing is left. `prefix`: of the
   * country's telephone numbers, digits.
   */
  follow(
    customers: ReadonlyMap<string, Customer>,
    items_of: ReadonlyMap<string, readonly Item[]>,
    { prefix, language, most = Infinity }: { prefix: string; language: 'ar' | 'en'; most?: number },
  ): boolean {
    if (prefix !== this.prefix) this.rows.clear();
    if (language !== this.language) this.stale = true;
    this.prefix = prefix;
    this.language = language;
    let left = most;
    for (const [id, customer] of customers) {
      const items = items_of.get(id);
      const known = this.rows.get(id);
      if (known?.customer === customer && known.items === items) continue;
      if (left === 0) return false;
      left -= 1;
      this.last = undefined;
      const row = this.prepared(customer, items);
      if (known?.name !== row.name || known.name_ar !== row.name_ar) this.stale = true;
      // In its place, so that an order that still holds need not be made anew.
      if (known) Object.assign(known, row);
      else this.rows.set(id, row);
    }
    if (this.rows.size > customers.size) {
      for (const id of this.rows.keys()) if (!customers.has(id)) this.rows.delete(id);
      this.stale = true;
    }
    if (this.stale) this.order();
    return true;
  }

  /** The customers that every word fits, best first, then by name; all of them for an empty search. */
  find(search: string): Found {
    const wanted = fold(search);
    const words = wanted === '' ? [] : wanted.split(' ').map((text) => new Word(text, this.prefix));
    const together = words.length > 1 && /\d/.test(wanted) ? [new Word(tight(wanted), this.prefix)] : [];
    const searched = [...together, ...words];
    const places: Row[][] = [];
    for (const row of words.length === 0 ? [] : this.candidates(wanted)) {
      const place = fit(row, words, together, wanted);
      if (place !== undefined) (places[place] ??= []).push(row);
    }
    const rows = words.length === 0 ? this.ordered : places.flat();
    this.last = { wanted, rows };
    const hit = (row: Row): Hit => ({ customer: row.customer.id, item: searched_item(row, searched) });
    return { total: rows.length, first: (count) => rows.slice(0, count).map(hit) };
  }

  /** Another letter leaves fewer. Not so with digits: one more can turn them into a telephone number. */
  private candidates(wanted: string): readonly Row[] {
    const { last } = this;
    if (!last || last.wanted === '' || !wanted.startsWith(last.wanted) || /[\d+]/.test(wanted)) return this.ordered;
    const among = new Set(last.rows);
    return last.rows.length * 4 < this.ordered.length ? this.ordered.filter((row) => among.has(row)) : this.ordered;
  }

  private prepared(customer: Customer, items: readonly Item[] | undefined): Row {
    const { name, name_ar = '', area = '', code, phone = '' } = customer;
    const folded = { name: fold(name), name_ar: fold(name_ar), code: tight(fold(code)) };
    const phones = phone_digits(phone, this.prefix);
    const invoices = (items ?? []).map(({ number }) => tight(fold(number)));
    return {
      customer,
      items,
      ...folded,
      names: ` ${folded.name} ${folded.name_ar} ${this.folded_area(area)}`,
      phones,
      numbers: ` ${[folded.code, ...phones, ...invoices].join(' ')} `,
    };
  }

  private folded_area(area: string): string {
    const known = this.areas.get(area) ?? fold(area);
    this.areas.set(area, known);
    return known;
  }

  /** By the folded name: its letters stand in the order of the alphabet, and comparing codes is a hundred times faster. */
  private order(): void {
    const key = ({ name, name_ar }: Row) => (this.language === 'ar' ? name_ar || name : name || name_ar);
    this.ordered = [...this.rows.values()].sort((one, other) => (key(one) < key(other) ? -1 : key(one) > key(other) ? 1 : 0));
    this.stale = false;
    this.last = undefined;
  }
}

class Word {
  readonly number: string;
  /** As a telephone number; empty when it is none. */
  readonly phone: string;

  constructor(
    readonly text: string,
    prefix: string,
  ) {
    this.number = tight(text);
    const digits = /^\+?\d+$/.test(this.number) ? this.number.replace(/^\+/, '') : '';
    const abroad = digits.startsWith('00') ? digits.slice(2) : digits;
    // A country's prefix before the zero of a call at home, as many people write it.
    const own = prefix !== '' && abroad.startsWith(`${prefix}0`) ? prefix + abroad.slice(prefix.length + 1) : abroad;
    this.phone = own.length >= DIGITS_MIN ? own : '';
  }

  in_names(row: Row): number {
    const { text } = this;
    if (!row.names.includes(text)) return NOT;
    if (row.name === text || row.name_ar === text) return EXACT;
    if (row.name.startsWith(text) || row.name_ar.startsWith(text)) return BEGINS;
    return row.names.includes(` ${text}`) ? WORD_BEGINS : INSIDE;
  }

  in_numbers(row: Row): number {
    const { number, phone } = this;
    let best = NOT;
    if (phone !== '' && row.numbers.includes(phone)) for (const known of row.phones) best = Math.min(best, fit_number(known, phone));
    if (number === '' || !row.numbers.includes(number)) return best;
    best = Math.min(best, fit_number(row.code, number));
    const short = /^\d{1,2}$/.test(number);
    if (short || best === EXACT) return best;
    if (row.numbers.includes(` ${number} `)) return EXACT;
    return Math.min(best, row.numbers.includes(` ${number}`) ? BEGINS : INSIDE);
  }
}

function fit_number(known: string, typed: string): number {
  if (known === typed) return EXACT;
  if (known.startsWith(typed)) return BEGINS;
  return known.includes(typed) ? INSIDE : NOT;
}

/** The sum over all words; undefined when one does not fit. */
function fit(row: Row, words: readonly Word[], together: readonly Word[], wanted: string): number | undefined {
  for (const word of together) {
    const as_one = word.in_numbers(row);
    if (as_one !== NOT) return as_one;
  }
  let sum = 0;
  for (const word of words) {
    const names = word.in_names(row);
    const best = names === EXACT ? EXACT : Math.min(names, word.in_numbers(row));
    if (best === NOT) return undefined;
    sum += best;
  }
  if (words.length > 1 && (row.name.startsWith(wanted) || row.name_ar.startsWith(wanted))) return BEGINS;
  return sum;
}

/** The invoice that a word names which neither the name nor code or telephone explain; the one that fits best. */
function searched_item({ items, names, code, phones }: Row, words: readonly Word[]): string | undefined {
  let best: { item: string; place: number } | undefined;
  for (const { text, number, phone } of words) {
    if (number === '' || /^\d{1,2}$/.test(number) || names.includes(text) || code.includes(number)) continue;
    if (phone !== '' && phones.some((known) => known.includes(phone))) continue;
    for (const item of items ?? []) {
      const place = fit_number(tight(fold(item.number)), number);
      if (place < (best?.place ?? NOT)) best = { item: item.id, place };
    }
  }
  return best?.item;
}
