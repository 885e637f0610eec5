/** Days on which a customer can be expected to pay. Dates are `YYYY-MM-DD`; the country is the company's ISO code. */

/** Days off by country, 0 = Sunday. The others of this region rest on Friday and Saturday. */
const WEEKENDS: Record<string, readonly number[]> = { AE: [6, 0], LB: [6, 0], MA: [6, 0], MR: [6, 0], TN: [6, 0], TR: [6, 0] };
const USUAL = [5, 6];

export function day_after(day: string, days: number): string {
  return new Date(Date.parse(day) + days * 86_400_000).toISOString().slice(0, 10);
}

export function is_day_off(day: string, country: string): boolean {
  return (WEEKENDS[country] ?? USUAL).includes(new Date(day).getUTCDay());
}

/** The first working day after `day`. */
export function next_working_day(day: string, country: string): string {
  let next = day_after(day, 1);
  while (is_day_off(next, country)) next = day_after(next, 1);
  return next;
}

/** The first working day after the next days off: on Thursday in Egypt that is Sunday, and on Sunday the Sunday after. */
export function next_week(day: string, country: string): string {
  let next = day_after(day, 1);
  while (!is_day_off(next, country)) next = day_after(next, 1);
  return next_working_day(next, country);
}

/** What is offered with one tap, soonest first: tomorrow, the start of the next working week, in a week. */
export function quick_dates(today: string, country: string): string[] {
  const in_a_week = day_after(today, 7);
  const week = is_day_off(in_a_week, country) ? next_working_day(in_a_week, country) : in_a_week;
  return [...new Set([day_after(today, 1), next_week(today, country), week])].sort();
}
