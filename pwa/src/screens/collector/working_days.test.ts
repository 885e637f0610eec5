import { describe, expect, it } from 'vitest';

import { day_after, is_day_off, next_week, next_working_day, quick_dates } from './working_days';

// 22 November 2026 is a Sunday.
describe('working days', () => {
  it('rests on Friday and Saturday in Egypt, on Saturday and Sunday in the Emirates', () => {
    expect([22, 26, 27, 28].map((day) => is_day_off(`2026-11-${day}`, 'EG'))).toEqual([false, false, true, true]);
    expect([22, 26, 27, 28].map((day) => is_day_off(`2026-11-${day}`, 'AE'))).toEqual([true, false, false, true]);
  });

  it('goes over days off', () => {
    expect(next_working_day('2026-11-22', 'EG')).toBe('2026-11-23');
    expect(next_working_day('2026-11-26', 'EG')).toBe('2026-11-29');
    expect(next_working_day('2026-11-27', 'AE')).toBe('2026-11-30');
    expect(next_week('2026-11-26', 'EG')).toBe('2026-11-29');
    expect(next_week('2026-11-28', 'EG')).toBe('2026-12-06');
    expect(day_after('2026-12-31', 1)).toBe('2027-01-01');
  });

  it('offers no date twice and none on a day off but tomorrow', () => {
    expect(quick_dates('2026-11-22', 'EG')).toEqual(['2026-11-23', '2026-11-29']);
    expect(quick_dates('2026-11-26', 'EG')).toEqual(['2026-11-27', '2026-11-29', '2026-12-03']);
    expect(quick_dates('2026-11-27', 'EG')).toEqual(['2026-11-28', '2026-11-29', '2026-12-06']);
  });
});
