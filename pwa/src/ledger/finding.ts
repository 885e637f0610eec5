/**
 * How a customer is found: by name, code, telephone or invoice number, some of it and in any order, as somebody types it who
 * stands at a door. Everything that a search compares is prepared once for each customer.
 */
import type { Documents } from '../wire/types';
import { fold } from './folding';
import { differing } from './layered';

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

/** What most searches begin with, folded. Nearly everybody has any one of these, so that no other word takes longer to compare. */
const LETTERS = Array.from('ابتثجحخدذرزسشصضطظعغفقكلمنهويءabcdefghijklmnopqrstuvwxyz0123456789');

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
  /** In the order of names. */
  place: number;
}

/** Ids. `item`: the invoice that was searched for. */
export interface Hit {
  customer: string;
  item: string | undefined;
}

export interface Found {
  /** Best first. Often the first few are certain before all customers have been compared. */
  first: (count: number) => Hit[];
  /** Compares so many more of those that `first` left out; true when nobody is left. */
  go_on: (most: number) => boolean;
  /** How many there are; compares all that are left. */
  readonly total: number;
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
  private last: Search | undefined;
  /** First letter and length of all names and numbers that were ever there: no other word is anybody's whole name or number. */
  private readonly shapes = new Set<string>();
  /** How well each of LETTERS fits, by place; filled up to `compared`, letter after letter. */
  private letters = new Map<string, Uint8Array>();
  private compared = 0;
  private stale = true;
  /** What was followed last, and who of it is still to be looked at. */
  private customers: ReadonlyMap<string, Customer> = new Map();
  private items_of: ReadonlyMap<string, readonly Item[]> = new Map();
  private readonly waiting = new Set<string>();
  private prefix = '';
  private language = '';

  /**
   * Prepares what is new or differs, looking at no more than so many customers at once; true when nothing is left.
   * `prefix`: of the country's telephone numbers, digits.
   */
  follow(
    customers: ReadonlyMap<string, Customer>,
    items_of: ReadonlyMap<string, readonly Item[]>,
    { prefix, language, most = Infinity }: { prefix: string; language: 'ar' | 'en'; most?: number },
  ): boolean {
    if (language !== this.language) this.stale = true;
    this.language = language;
    this.await_changed(customers, items_of, prefix);
    let left = most;
    for (const id of this.waiting) {
      if (left === 0) return false;
      left -= 1;
      this.waiting.delete(id);
      this.look_at(id);
    }
    // To sort them takes as long as to look at many.
    if (this.stale && left === 0) return false;
    if (this.stale) this.order();
    return true;
  }

  /** A voucher changes a customer or two: those alone are looked at, and not ten thousand. */
  private await_changed(customers: ReadonlyMap<string, Customer>, items_of: ReadonlyMap<string, readonly Item[]>, prefix: string): void {
    const changed = prefix === this.prefix ? [differing(this.customers, customers), differing(this.items_of, items_of)] : [null];
    if (prefix !== this.prefix) this.rows.clear();
    this.prefix = prefix;
    this.customers = customers;
    this.items_of = items_of;
    const ids = changed.includes(null) ? [this.rows.keys(), customers.keys()] : changed;
    for (const some of ids) for (const id of some ?? []) this.waiting.add(id);
  }

  private look_at(id: string): void {
    const customer = this.customers.get(id);
    const known = this.rows.get(id);
    if (!customer) {
      if (this.rows.delete(id)) this.stale = true;
      return;
    }
    const items = this.items_of.get(id);
    if (known?.customer === customer && known.items === items) return;
    this.last = undefined;
    const row = this.prepared(customer, items);
    if (known?.name !== row.name || known.name_ar !== row.name_ar) this.stale = true;
    // In its place, so that an order that still holds need not be made anew.
    if (known) this.replace(known, row);
    else this.rows.set(id, row);
  }

  private replace(known: Row, row: Row): void {
    const { place } = known;
    const told = known.names !== row.names || known.numbers !== row.numbers;
    Object.assign(known, row, { place });
    if (told && !this.stale) for (const [letter, fits] of this.letters) fits[place] = new Word(letter, this.prefix).fit(known);
  }

  /** The customers that every word fits, best first, then by name; all of them for an empty search. */
  find(search: string): Found {
    const wanted = fold(search);
    const words = wanted === '' ? [] : wanted.split(' ').map((text) => new Word(text, this.prefix));
    const together = words.length > 1 && /\d/.test(wanted) ? [new Word(tight(wanted), this.prefix)] : [];
    const searched = [...together, ...words];
    const hit = (row: Row): Hit => ({ customer: row.customer.id, item: searched_item(row, searched) });
    if (words.length === 0) {
      const all = this.ordered;
      return { total: all.length, go_on: () => true, first: (count) => all.slice(0, count).map(hit) };
    }
    const found = new Search(wanted, words, together, this.last, this.ordered, this.fits_of(wanted), !this.may_be_whole(words[0]));
    this.last = found;
    return {
      first: (count) => found.first(count).map(hit),
      go_on: (most) => found.go_on(most),
      get total() {
        found.go_on(Infinity);
        return found.rows.length;
      },
    };
  }

  /** Compares letters with so many customers; true when all of them are compared. Whoever types one finds that done. */
  compare_letters(most: number): boolean {
    const many = this.ordered.length;
    const end = Math.min(this.compared + most, many * LETTERS.length);
    let word: Word | undefined;
    for (; this.compared < end; this.compared += 1) {
      const letter = LETTERS[Math.floor(this.compared / many)] as string;
      const place = this.compared % many;
      let fits = this.letters.get(letter);
      if (!fits) this.letters.set(letter, (fits = new Uint8Array(many)));
      if (word?.text !== letter) word = new Word(letter, this.prefix);
      fits[place] = word.fit(this.ordered[place] as Row);
    }
    return end === many * LETTERS.length;
  }

  private fits_of(wanted: string): Uint8Array | undefined {
    const nth = LETTERS.indexOf(wanted);
    return nth >= 0 && this.compared >= (nth + 1) * this.ordered.length ? this.letters.get(wanted) : undefined;
  }

  private may_be_whole(word: Word | undefined): boolean {
    return word !== undefined && [word.text, word.number, word.phone].some((text) => this.shapes.has(shape_of(text)));
  }

  private prepared(customer: Customer, items: readonly Item[] | undefined): Row {
    const { name, name_ar = '', area = '', code, phone = '' } = customer;
    const folded = { name: fold(name), name_ar: fold(name_ar), code: tight(fold(code)) };
    const phones = phone_digits(phone, this.prefix);
    const invoices = (items ?? []).map(({ number }) => tight(fold(number)));
    for (const text of [folded.name, folded.name_ar, folded.code, ...phones, ...invoices]) if (text !== '') this.shapes.add(shape_of(text));
    return {
      customer,
      items,
      place: -1,
      ...folded,
      // Joined they are texts of one piece; put together with + the first search would have to do that for all of them.
      names: ['', folded.name, folded.name_ar, this.folded_area(area)].join(' '),
      phones,
      numbers: ['', folded.code, ...phones, ...invoices, ''].join(' '),
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
    for (const [place, row] of this.ordered.entries()) row.place = place;
    this.letters.clear();
    this.compared = 0;
    this.stale = false;
    this.last = undefined;
  }
}

/** Customers compared before it is asked whether the first ones are certain. */
const PIECE = 50;

/** One search under way. */
class Search {
  /** Who fits, as far as was compared, by name. */
  readonly rows: Row[] = [];
  private readonly places: Row[][] = [];
  private readonly candidates: readonly Row[];
  private at = 0;

  /** `fits`: how well the one word fits, by place, where that is known. `nobody_whole`: it is nobody's whole name or number. */
  constructor(
    private readonly wanted: string,
    private readonly words: readonly Word[],
    private readonly together: readonly Word[],
    before: Search | undefined,
    all: readonly Row[],
    private readonly fits: Uint8Array | undefined,
    private readonly nobody_whole: boolean,
  ) {
    this.candidates = !fits && before?.narrowed_by(words, together) ? before.left() : all;
  }

  /** Where each word only grew, or another one follows, nobody fits who does not fit here. */
  private narrowed_by(words: readonly Word[], together: readonly Word[]): boolean {
    const same_words = this.together.length === 0 && together.length === 0 ? words.slice(0, this.words.length) : words;
    return grew(this.words, same_words) && grew(this.together, together);
  }

  first(count: number): Row[] {
    // Nothing is better than to begin so, and among those names decide.
    const enough = this.nobody_whole && this.words.length === 1 ? count : Infinity;
    while ((this.places[BEGINS]?.length ?? 0) < enough && !this.go_on(PIECE));
    return best(this.places, count);
  }

  go_on(most: number): boolean {
    const { candidates, fits, words, together, wanted } = this;
    const end = Math.min(this.at + most, candidates.length);
    for (; this.at < end; this.at += 1) {
      const row = candidates[this.at] as Row;
      const place = fits ? known_fit(fits[this.at]) : fit(row, words, together, wanted);
      if (place === undefined) continue;
      this.rows.push(row);
      (this.places[place] ??= []).push(row);
    }
    return end === candidates.length;
  }

  /** Who fits or was not compared yet, by name. */
  private left(): readonly Row[] {
    return this.at === this.candidates.length ? this.rows : [...this.rows, ...this.candidates.slice(this.at)];
  }
}

class Word {
  readonly number: string;
  /** As a telephone number; empty when it is none. */
  readonly phone: string;
  /** One or two digits: they are looked for in codes alone. */
  readonly short: boolean;
  // Asked of ten thousand rows: put together once.
  private readonly word: string;
  private readonly number_begins: string;
  private readonly number_whole: string;

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
    this.short = /^\d{1,2}$/.test(this.number);
    this.word = ` ${text}`;
    this.number_begins = ` ${this.number}`;
    this.number_whole = ` ${this.number} `;
  }

  /** Whoever this word fits, `before` fitted too. */
  grew_from(before: Word): boolean {
    if (!this.text.startsWith(before.text) || !this.number.startsWith(before.number) || !this.phone.startsWith(before.phone)) return false;
    // What was no number is one now, or what was looked for in codes alone is looked for everywhere.
    return (before.number !== '' || this.number === '') && (!before.short || this.short) && (before.phone !== '' || this.phone === '');
  }

  /** How well it fits, or NOT. */
  fit({ name, name_ar, names, numbers, code, phones }: Row): number {
    const { text } = this;
    let best = NOT;
    if (names.includes(text)) {
      if (name.startsWith(text) || name_ar.startsWith(text)) best = name === text || name_ar === text ? EXACT : BEGINS;
      else best = names.includes(this.word) ? WORD_BEGINS : INSIDE;
    }
    return best === EXACT ? best : Math.min(best, this.fit_numbers({ numbers, code, phones }, best));
  }

  /** `known`: how well it fits elsewhere; what is no better need not be found out. */
  fit_numbers({ numbers, code, phones }: Pick<Row, 'numbers' | 'code' | 'phones'>, known = NOT): number {
    const { number, phone } = this;
    if (number === '') return NOT;
    if (this.short) return fit_number(code, number);
    let best = NOT;
    // As it was typed a telephone number stands in `numbers` like any other.
    if (phone !== '' && phone !== number && numbers.includes(phone)) for (const one of phones) best = Math.min(best, fit_number(one, phone));
    if (known === NOT && !numbers.includes(number)) return best;
    if (!numbers.includes(this.number_begins)) return known === NOT ? Math.min(best, INSIDE) : best;
    return numbers.includes(this.number_whole) ? EXACT : Math.min(best, BEGINS);
  }
}

/** The same words, some of them longer. */
function grew(before: readonly Word[], words: readonly Word[]): boolean {
  return before.length === words.length && words.every((word, place) => word.grew_from(before[place] as Word));
}

function best(places: readonly (readonly Row[] | undefined)[], count: number): Row[] {
  const rows: Row[] = [];
  for (const place of places) {
    if (place && rows.length < count) rows.push(...place.slice(0, count - rows.length));
  }
  return rows;
}

function shape_of(text: string): string {
  return text.charAt(0) + String(text.length);
}

function fit_number(known: string, typed: string): number {
  if (!known.includes(typed)) return NOT;
  if (!known.startsWith(typed)) return INSIDE;
  return known === typed ? EXACT : BEGINS;
}

function known_fit(fits: number | undefined): number | undefined {
  return fits === NOT ? undefined : fits;
}

/** The sum over all words; undefined when one does not fit. */
function fit(row: Row, words: readonly Word[], together: readonly Word[], wanted: string): number | undefined {
  for (const word of together) {
    const as_one = word.fit_numbers(row);
    if (as_one !== NOT) return as_one;
  }
  let sum = 0;
  for (const word of words) {
    const one = word.fit(row);
    if (one === NOT) return undefined;
    sum += one;
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
