import { describe, expect, test } from 'vitest';

import { load_cases } from '../testing/cases';
import { CURRENCIES } from '../wire/currencies';
import { type AmountReading, currency_of, format_amount, parse_amount, type Parts, split } from './money';

interface ParseRow {
  text: string;
  currency: string;
  expect: AmountReading;
}

interface FormatRow {
  amount: number;
  currency: string;
  ar: string;
  en: string;
  number: string;
  ar_arabic: string;
  en_arabic: string;
  number_arabic: string;
  parts: Parts;
}

const parse_rows = load_cases<ParseRow[]>('money_parse');
const format_rows = load_cases<FormatRow[]>('money_format');

test.each(parse_rows)('$text in $currency is read, asked about or refused', ({ text, currency, expect: expected }) => {
  expect(parse_amount(text, currency)).toEqual(expected);
});

describe.each(format_rows)('$amount $currency', (row) => {
  const { amount, currency } = row;

  test('is written with every decimal', () => {
    expect(format_amount(amount, currency, { language: 'ar' })).toBe(row.ar);
    expect(format_amount(amount, currency, { language: 'en' })).toBe(row.en);
    expect(format_amount(amount, currency, { language: 'ar', digits: 'arabic' })).toBe(row.ar_arabic);
    expect(format_amount(amount, currency, { language: 'en', digits: 'arabic' })).toBe(row.en_arabic);
    for (const language of ['ar', 'en'] as const) {
      expect(format_amount(amount, currency, { language, number_only: true })).toBe(row.number);
      expect(format_amount(amount, currency, { language, digits: 'arabic', number_only: true })).toBe(
        row.number_arabic,
      );
    }
  });

  test('comes in pieces that make the number', () => {
    const arabic = split(amount, currency, { digits: 'arabic' });

    expect(split(amount, currency)).toEqual(row.parts);
    expect(arabic.sign + arabic.whole + arabic.point + arabic.fraction).toBe(row.number_arabic);
  });
});

test('zero has no sign', () => {
  expect(format_amount(-0, 'EGP', { language: 'en', number_only: true })).toBe('0.00');
});

test.each([2 ** 53, -(2 ** 53), Infinity, Number.NaN, 0.5])('%s is no amount', (amount) => {
  expect(() => format_amount(amount, 'EGP', { language: 'ar' })).toThrow(RangeError);
});

test('an unknown currency is named, also one that every object has', () => {
  expect(() => parse_amount('1', 'XXX')).toThrow(/XXX/);
  expect(() => currency_of('constructor')).toThrow(RangeError);
});

test('what is written can be typed again', () => {
  for (const currency of Object.keys(CURRENCIES)) {
    for (const amount of [0, 1, 25, 999, 1000, 1250, 100000, 1250000, 123456789, 9007199254740991]) {
      for (const digits of ['latin', 'arabic'] as const) {
        const written = format_amount(amount, currency, { language: 'ar', digits, number_only: true });

        expect(parse_amount(written, currency)).toEqual({ kind: 'parsed', amount });
      }
    }
  }
});
