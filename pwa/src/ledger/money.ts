/**
 * Amounts as people type and read them: the twin of sync/money.py, bound to it by tests/cases/money_*.json.
 *
 * Inside, an amount is an integer of minor units and nothing else. Here it is read from what a person typed, and never
 * rounded or guessed; and it is written for a person, with every decimal. No Intl: it rounds, and chooses digits and
 * marks by its own version.
 */
import { CURRENCIES, type Currency } from '../wire/currencies';

export type Language = 'ar' | 'en';
export type Digits = 'latin' | 'arabic';
export type RefusalCode =
  | 'empty'
  | 'negative'
  | 'not_a_number'
  | 'two_decimal_points'
  | 'grouping_wrong'
  | 'too_many_decimals'
  | 'too_large';

/** `amount` in minor units, zero or more. */
export interface Parsed {
  kind: 'parsed';
  amount: number;
}

/** Two honest readings, in minor units. Only the person who typed it knows, so the screen asks and shows both. */
export interface Ambiguous {
  kind: 'ambiguous';
  /** If the comma separates thousands. */
  grouped: number;
  /** If the comma is a decimal point. */
  decimal: number;
}

export interface Refused {
  kind: 'refused';
  code: RefusalCode;
}

export type AmountReading = Parsed | Ambiguous | Refused;

/** A number in pieces, so that decimals can be set smaller. The pieces in this order make the whole number. */
export interface Parts {
  /** The minus sign U+2212, or nothing. */
  sign: string;
  whole: string;
  point: string;
  /** Always as many digits as the currency has decimals. */
  fraction: string;
}

/** Minor units: integers are exact up to here. */
export const LARGEST_AMOUNT = Number.MAX_SAFE_INTEGER;

export const MINUS = '\u2212';
export const NO_BREAK_SPACE = '\u00a0';

const LATIN = '0123456789';
const ARABIC_INDIC = '٠١٢٣٤٥٦٧٨٩';
const PERSIAN = '۰۱۲۳۴۵۶۷۸۹';

// Space, no-break, figure, thin and narrow no-break space all separate thousands.
const SPACES = ' \u00a0\u2007\u2009\u202f';
// Direction marks come along when an amount is pasted. They say nothing about it.
const DIRECTION_MARKS = '\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069';
const MINUSES = '-\u2010\u2011\u2012\u2013\u2014\u2212';

const PLAIN = new Map<string, string>([
  ...pairs(ARABIC_INDIC + PERSIAN + '٫،' + SPACES, LATIN + LATIN + '.,' + ' '.repeat(SPACES.length)),
  ...Array.from(DIRECTION_MARKS, (mark): [string, string] => [mark, '']),
]);
const TO_ARABIC = new Map(pairs(LATIN + ',.', ARABIC_INDIC + '٬٫'));

function pairs(from: string, to: string): [string, string][] {
  return Array.from(from, (character, place) => [character, to.charAt(place)]);
}

function translate(text: string, table: Map<string, string>): string {
  return Array.from(text, (character) => table.get(character) ?? character).join('');
}

/** The row of the currency table. RangeError names a code that the table does not have. */
export function currency_of(code: string): Currency {
  const row = Object.hasOwn(CURRENCIES, code) ? CURRENCIES[code] : undefined;
  if (row === undefined) throw new RangeError(`unknown currency ${code}`);
  return row;
}

/**
 * What a person typed, in minor units of the currency.
 *
 * Latin, Arabic-Indic and Persian digits. `.` and `٫` are decimal points. `٬` and spaces separate thousands, in groups
 * of three. A comma (`,` or `،`) separates thousands too, but many keyboards offer it as the decimal point: where only
 * one reading is well formed it is taken, and where both are («1,250» in a currency of three decimals) both come back.
 * More decimals than the currency has are refused, even zeros, because «1.500» pounds may be meant as thousands.
 *
 * Refusals, the first that applies: empty, negative, not_a_number (other signs, or no digit), two_decimal_points,
 * grouping_wrong, too_many_decimals, too_large (above LARGEST_AMOUNT). RangeError for an unknown currency.
 */
export function parse_amount(text: string, currency: string): AmountReading {
  const exponent = currency_of(currency).exponent;
  const plain = translate(text, PLAIN).replace(/^[ \t\r\n]+|[ \t\r\n]+$/g, '');
  if (plain === '') return refused('empty');
  if (Array.from(MINUSES).some((sign) => plain.includes(sign))) return refused('negative');
  if (!/^[0-9.,٬ ]*$/.test(plain) || !/[0-9]/.test(plain)) return refused('not_a_number');
  const [whole = '', fraction = '', ...more_points] = plain.split('.');
  if (more_points.length > 0) return refused('two_decimal_points');

  const by_point = ungrouped(whole);
  // The one comma as decimal point. Without digits after it, it is no decimal point but a slip.
  const [before = '', after = '', ...more_commas] = plain.split(',');
  const one_comma = plain.includes(',') && more_commas.length === 0 && !plain.includes('.');
  const fits = /^[0-9]+$/.test(after) && after.length <= exponent;
  const by_comma = one_comma && fits ? ungrouped(before) : null;

  if (by_point === null && by_comma === null) return refused('grouping_wrong');
  if (by_point !== null && !/^[0-9]*$/.test(fraction)) return refused('grouping_wrong');
  if (by_point !== null && fraction.length > exponent) return refused('too_many_decimals');
  const readings: number[] = [];
  if (by_point !== null) readings.push(minor_units(by_point, fraction, exponent));
  if (by_comma !== null) readings.push(minor_units(by_comma, after, exponent));
  if (Math.max(...readings) > LARGEST_AMOUNT) return refused('too_large');
  const [first = 0, second] = readings;
  return second === undefined
    ? { kind: 'parsed', amount: first }
    : { kind: 'ambiguous', grouped: first, decimal: second };
}

function refused(code: RefusalCode): Refused {
  return { kind: 'refused', code };
}

/** The digits of a whole number without its separators; null if they are of two kinds or not every three digits. */
function ungrouped(text: string): string | null {
  const kinds = new Set(text.replace(/[0-9]/g, ''));
  const [kind] = kinds;
  if (kind === undefined) return text;
  if (kinds.size > 1) return null;
  const [first = '', ...groups] = text.split(kind);
  // A number in groups does not begin with zero: «0,250» can only be a decimal.
  if (!/^[1-9][0-9]{0,2}$/.test(first) || groups.some((group) => group.length !== 3)) return null;
  return first + groups.join('');
}

function minor_units(whole: string, fraction: string, exponent: number): number {
  const digits = (whole + fraction.padEnd(exponent, '0')).replace(/^0+/, '');
  // Longer than any amount that we take. Sixteen digits may be too many as well, and then the number is beyond the limit.
  return digits.length > 16 ? Infinity : Number(digits);
}

/**
 * The amount in pieces: 1234550 of EGP is "", "12,345", ".", "50". Minor units in; nothing is rounded or dropped.
 *
 * RangeError for an unknown currency, for an amount beyond LARGEST_AMOUNT in either direction, and for a fraction.
 */
export function split(minor: number, currency: string, { digits = 'latin' }: { digits?: Digits } = {}): Parts {
  const exponent = currency_of(currency).exponent;
  if (!Number.isInteger(minor)) throw new RangeError(`amount ${minor} is not an integer`);
  if (!Number.isSafeInteger(minor)) throw new RangeError(`amount ${minor} is too large`);
  const figures = String(Math.abs(minor)).padStart(exponent + 1, '0');
  const end = figures.length - exponent;
  const write = (text: string) => (digits === 'arabic' ? translate(text, TO_ARABIC) : text);
  return {
    sign: minor < 0 ? MINUS : '',
    whole: write(figures.slice(0, end).replace(/\B(?=([0-9]{3})+$)/g, ',')),
    point: write(exponent === 0 ? '' : '.'),
    fraction: write(figures.slice(end)),
  };
}

/**
 * The amount as plain text: «20,350.50 ج.م» in Arabic, «EGP 20,350.50» in English.
 *
 * Minor units in; every decimal of the currency is written. Comma and point with Latin digits, ٬ and ٫ with
 * Arabic-Indic ones. Minus is U+2212 before the number. Number and sign are held together by a no-break space.
 * `number_only` is for columns that carry their currency in the head. Direction isolates are the screen's business.
 * RangeError as in `split`.
 */
export function format_amount(
  minor: number,
  currency: string,
  { language, digits = 'latin', number_only = false }: { language: Language; digits?: Digits; number_only?: boolean },
): string {
  const parts = split(minor, currency, { digits });
  const number = parts.sign + parts.whole + parts.point + parts.fraction;
  if (number_only) return number;
  if (language === 'ar') return number + NO_BREAK_SPACE + currency_of(currency).sign_ar;
  return currency + NO_BREAK_SPACE + number;
}
