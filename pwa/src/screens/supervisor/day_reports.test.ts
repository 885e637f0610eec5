import { expect, test } from 'vitest';

import type { DayReportRow } from '../../wire/types';
import { closing_of, pairs_of, received_of } from './day_reports';

const user = { id: 'u', login: 'u', name: 'U', name_ar: 'U', role: 'collector', branch: 'b' };
const cash = (amount: number, count = 1) => ({ currency: 'EGP', method: 'cash', count, amount });
const row = (more: Partial<DayReportRow>): DayReportRow => ({ user, office: { received: [cash(500)], vouchers: 2 }, ...more });
const report = (told: object) => ({ id: 'r', user: 'u', day: '2026-11-22', at: '', entry: 'e', told: { day: '2026-11-22', ...told } });

test('a figure that the office has otherwise is marked, and no other one', () => {
  const shown = pairs_of(row({ report: report({ vouchers: 3 }), differs: ['vouchers'] }));

  expect(shown.filter((pair) => pair.differs)).toEqual([{ figure: 'vouchers', told: 3, office: 2, differs: true }]);
});

test('money of one side alone stands there with nothing on the other', () => {
  const cheque = { currency: 'EGP', method: 'cheque', count: 1, amount: 90 };
  const shown = received_of(row({ report: report({ received: [cash(500), cheque] }), differs: ['received'] }));

  expect(shown.map(({ method, told, office, differs }) => [method, told, office, differs])).toEqual([
    ['cash', 500, 500, false],
    ['cheque', 90, 0, true],
  ]);
});

test('the same sum in another number of pieces differs too', () => {
  expect(received_of(row({ report: report({ received: [cash(500, 2)] }) }))[0]?.differs).toBe(true);
});

test('a day that is not closed differs from nothing', () => {
  expect(closing_of(row({}))).toBe('open');
  expect(received_of(row({}))[0]).toMatchObject({ told: undefined, office: 500, differs: false });
});
