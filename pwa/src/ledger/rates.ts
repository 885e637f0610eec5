/** Cash in another currency than the voucher's, at a rate that somebody stated. Twin of sync/rates.py. */
import type { Cash, Cheque, Deduction, Exchange, StatedRate } from '../wire/types';
import { currency_of } from './money';

type Tender = Cash | Cheque;

/**
 * Minor units of `wanted` that `amount` minor units of `paid` are worth, rounded half up, where one `base` is `rate` of the
 * other currency; null where the rate is nothing, or is between other currencies.
 */
export function value_at(amount: number, paid: string, wanted: string, base: string, rate: string): number | null {
  if (!/^\d{1,9}(\.\d{1,9})?$/.test(rate)) return null;
  const [whole = '', fraction = ''] = rate.split('.');
  let top = BigInt(whole + fraction);
  let bottom = 10n ** BigInt(fraction.length);
  if (top === 0n || paid === wanted || (base !== paid && base !== wanted)) return null;
  if (base === wanted) [top, bottom] = [bottom, top];
  top *= BigInt(amount) * 10n ** BigInt(currency_of(wanted).exponent);
  bottom *= 10n ** BigInt(currency_of(paid).exponent);
  const value = (2n * top + bottom) / (2n * bottom);
  return value <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(value) : null;
}

/** The company's rate between two currencies that holds on a day. */
export function rate_on(day: string, one: string, other: string, rates: readonly StatedRate[]): StatedRate | undefined {
  const pair = rates.filter(({ base, quote, since }) => since <= day && ((base === one && quote === other) || (base === other && quote === one)));
  return pair.reduce<StatedRate | undefined>((latest, rate) => (latest && latest.since >= rate.since ? latest : rate), undefined);
}

export function exchange_of(tender: Tender): Exchange | null {
  return tender.method === 'cash' ? (tender.exchange ?? null) : null;
}

/** Whether a voucher in that currency can say what the tender pays for. */
export function paid_in(tender: Tender, currency: string): boolean {
  return (tender.currency === currency) === (exchange_of(tender) === null);
}

/** What a tender pays for: minor units of the voucher's currency. */
export function worth(tender: Tender): number {
  return exchange_of(tender)?.value ?? tender.amount;
}

/** All that a voucher pays for, in minor units of its currency: tenders at their worth, and what is deducted. */
export function settled(paid: { currency: string; tenders: readonly Tender[]; deductions?: readonly Deduction[] }): number {
  const tendered = paid.tenders.filter((tender) => paid_in(tender, paid.currency)).reduce((sum, tender) => sum + worth(tender), 0);
  return (paid.deductions ?? []).reduce((sum, { amount }) => sum + amount, tendered);
}

/** What was handed over, by currency, in order of first appearance: amounts of two currencies are never summed. */
export function received(tenders: readonly Tender[]): [currency: string, amount: number][] {
  const sums = new Map<string, number>();
  for (const { currency, amount } of tenders) sums.set(currency, (sums.get(currency) ?? 0) + amount);
  return [...sums];
}
