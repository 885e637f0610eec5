import { beforeEach, expect, test } from 'vitest';

import { set_digits, set_language } from '../../text';
import type { PromiseToPay } from '../../wire/types';
import { mail_link, message_text, next_day, templates_for, type About } from './messages';

const promise = (date: string, amount: number, kept = {}): PromiseToPay => ({ id: date, customer: 'c', by: 'u', currency: 'EGP', amount, date, at: '', kept });
const about: About = {
  customer: { id: 'c', code: 'C1', name: 'El Nour', name_ar: 'بقالة النور', currency: 'EGP' },
  collector: { name: 'Mahmoud Samir', name_ar: 'محمود سمير' },
  company: { name: 'Nile', name_ar: 'النيل' },
  day: '2026-11-22',
  due: [['EGP', 125_050], ['USD', 5_000]],
  promises: [promise('2026-11-20', 900), promise('2026-11-23', 100_000, { v: 20_000 })],
};

// The screen's own language and digits are not the customer's.
beforeEach(() => {
  set_language('en');
  set_digits('arabic');
});

test('a reminder of dues says them per currency, with the day, in the language of the customer', () => {
  expect(message_text('dues', 'ar', about)).toBe('السلام عليكم بقالة النور، نذكّركم بأن المستحق عليكم حتى الأحد 22 نوفمبر هو 1,250.50 ج.م و50.00 $. محمود سمير، النيل');
  expect(message_text('dues', 'en', about)).toBe('Hello El Nour, a reminder that EGP 1,250.50 and USD 50.00 are due as of Sun 22 Nov. Mahmoud Samir, Nile');
});

test('a promise for tomorrow is called tomorrow, and what was paid of it is taken off', () => {
  expect(message_text('promise', 'ar', about)).toContain('غدًا الاثنين 23 نوفمبر');
  expect(message_text('promise', 'en', about)).toContain('EGP 800.00 tomorrow, Mon 23 Nov');
  expect(message_text('promise', 'en', { ...about, promises: [promise('2026-11-20', 900)] })).toContain('EGP 9.00 on Fri 20 Nov');
});

test('nobody is reminded of nothing', () => {
  expect(templates_for(about)).toEqual(['dues', 'promise', 'on_my_way', 'missed']);
  expect(templates_for({ ...about, due: [], promises: [] })).toEqual(['on_my_way', 'missed']);
});

test('no invisible marks go out', () => {
  for (const template of templates_for(about)) expect(message_text(template, 'ar', about)).not.toMatch(/[\u2066-\u2069]/);
});

test('the next day is the next one of the calendar', () => {
  expect([next_day('2026-11-30'), next_day('2026-12-31', 2)]).toEqual(['2026-12-01', '2027-01-02']);
});

test('a mail is filled in: address, subject and text, whatever letters they have', () => {
  expect(mail_link('hoda+pay@baraka.example', 'رسالة من النيل', 'one\ntwo & three')).toBe(
    'mailto:hoda%2Bpay@baraka.example?subject=%D8%B1%D8%B3%D8%A7%D9%84%D8%A9%20%D9%85%D9%86%20%D8%A7%D9%84%D9%86%D9%8A%D9%84&body=one%0D%0Atwo%20%26%20three',
  );
});
