import { expect, test } from 'vitest';

import '../../text/later';
import { set_digits, set_language } from '../../text';
import { report_text } from './report_text';

const told = {
  day: '2026-11-22',
  received: [{ currency: 'EGP', method: 'cash', count: 3, amount: 125_050 }, { currency: 'USD', method: 'cheque', count: 2, amount: 500 }],
  held: [{ currency: 'EGP', method: 'transit_cash', count: 1, amount: 125_050 }],
  vouchers: 3, planned: 12, visited: 9, note: 'كل شيء بخير',
};

test('a report can be read by anybody who gets it as a message', () => {
  set_language('en');
  set_digits('latin');
  expect(report_text(told, 'Mahmoud Samir', ['A visit is open'])).toBe(
    'Report of Sun 22 Nov 2026\nMahmoud Samir\n\nCollected today:\nCash: EGP 1,250.50\n2 cheques: USD 5.00\n\nVisits of the plan: 9 of 12\nVouchers: 3\n\n' +
      'In your custody at closing:\nCash declared, not accepted yet: EGP 1,250.50\n\nClosed with this not done:\nA visit is open\n\nكل شيء بخير',
  );
});

test('in Arabic it counts by its grammar, and a day without money says so', () => {
  set_language('ar');
  expect(report_text(told, 'محمود', [])).toContain('شيكان: 5.00 $');
  expect(report_text({ day: '2026-11-22' }, 'محمود', [])).toBe('تقرير يوم الأحد 22 نوفمبر 2026\nمحمود\n\nلم تحصّل مالًا اليوم\n\nلا شيء في عهدتك');
});
