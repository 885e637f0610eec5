import { describe, expect, it } from 'vitest';

import './code';
import './desk';
import './printing';

import { FLAGS, PROBLEMS } from '../wire/types';
import { type Language, set_digits, set_language, spoken_amount, t, type Text, texts } from './index';

const LANGUAGES: Language[] = ['ar', 'en'];
const forms = (text: Text): string[] => (typeof text === 'string' ? [text] : Object.values(text));
const places = (text: Text): string =>
  [...new Set(forms(text).flatMap((form) => [...form.matchAll(/\{(\w+)\}/g)].map((match) => match[1] ?? '')))]
    .filter((name) => name !== 'n')
    .sort()
    .join(' ');

describe('the two languages', () => {
  it('have the same keys', () => {
    expect(Object.keys(texts.en).sort()).toEqual(Object.keys(texts.ar).sort());
  });

  it('count the same texts and name the same places in them', () => {
    for (const [key, arabic] of Object.entries(texts.ar)) {
      const english = (texts.en as Record<string, Text>)[key] ?? '';
      expect([key, typeof english]).toEqual([key, typeof arabic]);
      expect([key, places(english)]).toEqual([key, places(arabic)]);
    }
  });

  it.each(LANGUAGES)('say every flag and every problem in %s', (language) => {
    const said = texts[language] as Record<string, Text>;
    const wanted = [...FLAGS.map((code) => `flag.${code}`), ...PROBLEMS.map((code) => `problem.${code}`)];
    expect(wanted.filter((key) => !said[key])).toEqual([]);
  });

  // A text with `other` alone names a number and counts nothing by it.
  it('have every Arabic plural form that a count can ask for', () => {
    for (const [key, text] of Object.entries(texts.ar)) {
      if (typeof text === 'string') continue;
      const present = Object.keys(text);
      if (present.length === 1) continue;
      expect([key, ['one', 'two', 'few', 'many', 'other'].filter((form) => !present.includes(form))]).toEqual([key, []]);
    }
  });

  it('never blame and never shout', () => {
    const english = Object.values(texts.en).flatMap(forms).join('\n');
    expect(english).not.toMatch(/\b(error|failed|invalid|sorry)\b|!/i);
  });
});

describe('t', () => {
  it('chooses the Arabic plural by grammar', () => {
    set_language('ar');
    set_digits('latin');
    const said = [1, 2, 3, 11, 100].map((n) => t('count.vouchers', { n }));
    expect(said).toEqual(['سند واحد', 'سندان', '3 سندات', '11 سندًا', '100 سند']);
    expect(t('waiting.long', { n: 2, time: '11:40' })).toBe('سندان ينتظران الإرسال منذ 11:40');
  });

  it('isolates a code inside an Arabic sentence and leaves an English one alone', () => {
    set_language('ar');
    expect(t('voucher.issued_said', { number: 'CAI-000874' })).toBe('صدر السند \u2068CAI-000874\u2069 وحُفظ على هذا الهاتف');
    set_language('en');
    expect(t('voucher.issued_said', { number: 'CAI-000874' })).toBe('Voucher CAI-000874 issued and saved on this phone');
  });

  it('says money as money', () => {
    set_language('ar');
    expect(spoken_amount(2_035_050, 'EGP')).toBe('20350 جنيهًا مصريًا و50 قرشًا');
    set_language('en');
    expect(spoken_amount(2_035_050, 'EGP')).toBe('20,350 Egyptian pounds 50 piastres');
  });
});
