/**
 * Amounts in words (تفقيط), Arabic and English: the twin of sync/words.py, where the grammar is told. Both write the same
 * bytes, bound by tests/cases/words.json and words_by_hand.json.
 */
import type { ArabicUnit, EnglishUnit } from '../wire/currencies';
import { currency_of, LARGEST_AMOUNT, type Language } from './money';

export type Gender = ArabicUnit['gender'];
export type HundredSpelling = 'مائة' | 'مئة';

/** Whole units that can be said: up to hundreds of تريليون, trillion. */
export const LARGEST_NUMBER = 10 ** 15 - 1;

// How the numeral stands before a noun of that gender: ثلاثة جنيهات, ثلاث ليرات.
const ONES: Record<Gender, readonly string[]> = {
  masculine: ['', 'واحد', 'اثنان', 'ثلاثة', 'أربعة', 'خمسة', 'ستة', 'سبعة', 'ثمانية', 'تسعة', 'عشرة'],
  feminine: ['', 'واحدة', 'اثنتان', 'ثلاث', 'أربع', 'خمس', 'ست', 'سبع', 'ثماني', 'تسع', 'عشر'],
};
const TEEN_ONES: Record<Gender, readonly string[]> = { masculine: ['أحد', 'اثنا'], feminine: ['إحدى', 'اثنتا'] };
const TEEN: Record<Gender, string> = { masculine: 'عشر', feminine: 'عشرة' };
const TENS = ['', '', 'عشرون', 'ثلاثون', 'أربعون', 'خمسون', 'ستون', 'سبعون', 'ثمانون', 'تسعون'];
const HUNDRED_PREFIXES = ['', '', '', 'ثلاث', 'أربع', 'خمس', 'ست', 'سبع', 'ثمان', 'تسع'];

// Of a thousand and more: `many` stands alone (أحد عشر ألفًا ومائة), `hundred` before a noun (أحد عشر ألف جنيه).
const SCALES: readonly ArabicUnit[] = [
  { gender: 'masculine', one: 'ألف', two: 'ألفان', few: 'آلاف', many: 'ألفًا', hundred: 'ألف' },
  { gender: 'masculine', one: 'مليون', two: 'مليونان', few: 'ملايين', many: 'مليونًا', hundred: 'مليون' },
  { gender: 'masculine', one: 'مليار', two: 'ملياران', few: 'مليارات', many: 'مليارًا', hundred: 'مليار' },
  { gender: 'masculine', one: 'تريليون', two: 'تريليونان', few: 'تريليونات', many: 'تريليونًا', hundred: 'تريليون' },
];

const ENGLISH_BELOW_20 = [
  ...['zero', 'one', 'two', 'three', 'four', 'five', 'six', 'seven', 'eight', 'nine', 'ten', 'eleven', 'twelve'],
  ...['thirteen', 'fourteen', 'fifteen', 'sixteen', 'seventeen', 'eighteen', 'nineteen'],
];
const ENGLISH_TENS = ['', '', 'twenty', 'thirty', 'forty', 'fifty', 'sixty', 'seventy', 'eighty', 'ninety'];
const ENGLISH_SCALES = ['', ' thousand', ' million', ' billion', ' trillion'];

const AND = ' و';

/**
 * The amount as a voucher says it: «فقط ألف ومائتا جنيه مصري وخمسون قرشًا لا غير», "Only one thousand two hundred
 * Egyptian pounds and fifty piastres".
 *
 * `amount` is in minor units. Minor units are counted as what they are: 1.250 dinars end in two hundred fifty fils.
 * Without whole units the minor ones stand alone; nothing at all is zero whole units. `hundred` chooses between the two
 * correct spellings of one hundred. RangeError for a negative amount, a fraction, one beyond LARGEST_AMOUNT or
 * LARGEST_NUMBER whole units, and for an unknown currency.
 */
export function amount_in_words(
  amount: number,
  currency: string,
  { language, hundred = 'مائة' }: { language: Language; hundred?: HundredSpelling },
): string {
  const row = currency_of(currency);
  if (amount < 0) throw new RangeError(`amount ${amount} is negative`);
  const [whole, minor] = divided(amount, 10 ** row.exponent);
  if (amount > LARGEST_AMOUNT || whole > LARGEST_NUMBER) throw new RangeError(`amount ${amount} is too large`);
  if (!Number.isInteger(amount)) throw new RangeError(`amount ${amount} is not an integer`);
  const parts: string[] = [];
  if (language === 'ar') {
    if (whole > 0 || minor === 0) parts.push(counted_ar(whole, row.major_ar, hundred));
    if (minor > 0 && row.minor_ar !== null) parts.push(counted_ar(minor, row.minor_ar, hundred));
    return `فقط ${parts.join(AND)} لا غير`;
  }
  if (whole > 0 || minor === 0) parts.push(counted_en(whole, row.major_en));
  if (minor > 0 && row.minor_en !== null) parts.push(counted_en(minor, row.minor_en));
  return `Only ${parts.join(' and ')}`;
}

/**
 * A bare number without a noun: مائتان وثلاثة, two hundred three. `gender` is that of what is counted.
 *
 * RangeError for a number below zero or above LARGEST_NUMBER, and for a fraction.
 */
export function number_in_words(
  number: number,
  {
    language,
    gender = 'masculine',
    hundred = 'مائة',
  }: { language: Language; gender?: Gender; hundred?: HundredSpelling },
): string {
  if (!Number.isInteger(number) || number < 0 || number > LARGEST_NUMBER) {
    throw new RangeError(`number ${number} is out of range`);
  }
  if (language === 'en') return number_en(number);
  if (number === 0) return 'صفر';
  const [thousands, rest] = divided(number, 1000);
  const parts = scaled(thousands, false, hundred);
  if (rest >= 100) parts.push(hundreds_ar(Math.floor(rest / 100), false, hundred));
  if (rest % 100 > 0) parts.push(below_100(rest % 100, gender, false));
  return parts.join(AND);
}

/** Quotient and remainder without a division that could round. */
function divided(number: number, by: number): [number, number] {
  const rest = number % by;
  return [(number - rest) / by, rest];
}

function word(words: readonly string[], place: number): string {
  return words[place] ?? '';
}

/** A number with its noun, nominative. */
function counted_ar(number: number, noun: ArabicUnit, hundred: HundredSpelling): string {
  if (number === 0) return `صفر ${noun.hundred}`;
  const [thousands, rest] = divided(number, 1000);
  // Nothing, one or two after the thousands leaves the thousands to govern the noun themselves.
  const governs = rest < 3;
  const parts = scaled(thousands, governs, hundred);
  const last = parts.pop();
  if (last !== undefined) parts.push(governs ? `${last} ${noun.hundred}` : last);
  if (rest > 0) parts.push(...group(rest, noun, false, hundred));
  return parts.join(AND);
}

/** The thousands, millions and so on of a number, greatest first. Only the last of them can govern a noun. */
function scaled(thousands: number, before_noun: boolean, hundred: HundredSpelling): string[] {
  const filled: [number, ArabicUnit][] = [];
  let left = thousands;
  for (const scale of SCALES) {
    const [next, count] = divided(left, 1000);
    if (count > 0) filled.unshift([count, scale]);
    left = next;
  }
  return filled.flatMap(([count, scale], place) =>
    group(count, scale, before_noun && place === filled.length - 1, hundred),
  );
}

/** 1 to 999 of a noun. `before_noun`: the noun is itself a numeral that governs the next one (ألفا جنيه). */
function group(count: number, noun: ArabicUnit, before_noun: boolean, hundred: HundredSpelling): string[] {
  const [hundreds, rest] = divided(count, 100);
  const parts: string[] = [];
  if (hundreds > 0 && rest < 3) parts.push(`${hundreds_ar(hundreds, true, hundred)} ${noun.hundred}`);
  else if (hundreds > 0) parts.push(hundreds_ar(hundreds, false, hundred));
  if (rest === 1) parts.push(noun.one);
  else if (rest === 2) parts.push(before_noun ? noun.two.replace(/ن$/, '') : noun.two);
  else if (rest >= 3 && rest <= 10) parts.push(`${below_100(rest, noun.gender, true)} ${noun.few}`);
  else if (rest > 0) parts.push(`${below_100(rest, noun.gender, true)} ${before_noun ? noun.hundred : noun.many}`);
  return parts;
}

function hundreds_ar(count: number, before_noun: boolean, hundred: HundredSpelling): string {
  if (count === 1) return hundred;
  if (count === 2) return hundred.replace(/ة$/, before_noun ? 'تا' : 'تان');
  return word(HUNDRED_PREFIXES, count) + hundred;
}

/** 1 to 99 in the form that a noun of this gender asks for. */
function below_100(number: number, gender: Gender, before_noun: boolean): string {
  const [tens, ones] = divided(number, 10);
  if (number === 8 && gender === 'feminine' && !before_noun) return 'ثمانٍ';
  if (number <= 10) return word(ONES[gender], number);
  if (number === 11 || number === 12) return `${word(TEEN_ONES[gender], ones - 1)} ${TEEN[gender]}`;
  if (number < 20) return `${word(ONES[gender], ones)} ${TEEN[gender]}`;
  if (ones === 0) return word(TENS, tens);
  if (gender === 'feminine' && (ones === 1 || ones === 8)) {
    return `${ones === 1 ? 'إحدى' : 'ثمانٍ'}${AND}${word(TENS, tens)}`;
  }
  return `${word(ONES[gender], ones)}${AND}${word(TENS, tens)}`;
}

function counted_en(number: number, unit: EnglishUnit): string {
  return `${number_en(number)} ${number === 1 ? unit.one : unit.other}`;
}

function number_en(number: number): string {
  if (number === 0) return 'zero';
  const parts: string[] = [];
  let left = number;
  for (const scale of ENGLISH_SCALES) {
    const [next, count] = divided(left, 1000);
    if (count > 0) parts.unshift(below_1000_en(count) + scale);
    left = next;
  }
  return parts.join(' ');
}

function below_1000_en(number: number): string {
  const [hundreds, rest] = divided(number, 100);
  const parts = hundreds > 0 ? [`${word(ENGLISH_BELOW_20, hundreds)} hundred`] : [];
  if (rest > 0 && rest < 20) parts.push(word(ENGLISH_BELOW_20, rest));
  else if (rest > 0) {
    const [tens, ones] = divided(rest, 10);
    parts.push(word(ENGLISH_TENS, tens) + (ones > 0 ? `-${word(ENGLISH_BELOW_20, ones)}` : ''));
  }
  return parts.join(' ');
}
