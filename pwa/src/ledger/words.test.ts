import { describe, expect, test } from 'vitest';

import { load_cases } from '../testing/cases';
import { currency_of } from './money';
import { amount_in_words, type Gender, type HundredSpelling, LARGEST_NUMBER, number_in_words } from './words';

interface Row {
  amount: number;
  ar: string;
  en: string;
}

interface HandRow extends Row {
  currency: string;
  hundred?: HundredSpelling;
}

const by_hand = load_cases<HandRow[]>('words_by_hand');
const table = load_cases<Record<string, { ar: string[]; en: string[]; others: Row[] }>>('words');

test.each(by_hand)('$amount $currency in words', ({ amount, currency, hundred = 'مائة', ar, en }) => {
  expect(amount_in_words(amount, currency, { language: 'ar', hundred })).toBe(ar);
  expect(amount_in_words(amount, currency, { language: 'en' })).toBe(en);
});

describe.each(Object.entries(table))('the table of %s', (currency, rows) => {
  const unit = 10 ** currency_of(currency).exponent;

  test.each(['ar', 'en'] as const)('whole units, %s', (language) => {
    const words = rows[language].map((_, whole) => amount_in_words(whole * unit, currency, { language }));

    expect(words).toEqual(rows[language]);
  });

  test('other amounts', () => {
    const words = rows.others.map(({ amount }) => ({
      amount,
      ar: amount_in_words(amount, currency, { language: 'ar' }),
      en: amount_in_words(amount, currency, { language: 'en' }),
    }));

    expect(words).toEqual(rows.others);
  });
});

test('a negative amount has no words, and is named', () => {
  expect(() => amount_in_words(-500, 'EGP', { language: 'ar' })).toThrow(/-500 is negative/);
});

test.each<[number, string]>([
  [2 ** 53, 'EGP'],
  [10 ** 15, 'LBP'],
  [0.5, 'EGP'],
  [Infinity, 'EGP'],
  [Number.NaN, 'EGP'],
  [1, 'XXX'],
])('%s %s cannot be said', (amount, currency) => {
  expect(() => amount_in_words(amount, currency, { language: 'ar' })).toThrow(RangeError);
});

test.each<[number, Gender, string]>([
  [0, 'masculine', 'صفر'],
  [1, 'masculine', 'واحد'],
  [1, 'feminine', 'واحدة'],
  [2, 'feminine', 'اثنتان'],
  [8, 'feminine', 'ثمانٍ'],
  [11, 'feminine', 'إحدى عشرة'],
  [110, 'feminine', 'مائة وعشر'],
  [200, 'masculine', 'مائتان'],
  [1001, 'masculine', 'ألف وواحد'],
  [11000, 'masculine', 'أحد عشر ألفًا'],
  [200000, 'masculine', 'مائتا ألف'],
])('%d without a noun, %s', (number, gender, words) => {
  expect(number_in_words(number, { language: 'ar', gender })).toBe(words);
});

test('a number without a noun in English', () => {
  expect(number_in_words(20350, { language: 'en' })).toBe('twenty thousand three hundred fifty');
  expect(number_in_words(0, { language: 'en' })).toBe('zero');
});

test.each([-1, LARGEST_NUMBER + 1, 0.5])('%d is out of range', (number) => {
  expect(() => number_in_words(number, { language: 'ar' })).toThrow(RangeError);
});
