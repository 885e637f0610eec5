/** What a counted deposit was expected to hold, before and after it was decided. */
import type { ChequeHeld, Deposit } from '../../wire/types';

/** Cash per currency. After acceptance nothing is in transit any more; then expected = accepted − difference. */
export function expected_cash(deposit: Deposit): Record<string, number> {
  const acceptance = deposit.acceptance;
  if (!acceptance) return deposit.expected ?? {};
  const expected: Record<string, number> = { ...acceptance.cash };
  for (const { currency, amount } of acceptance.differences ?? []) expected[currency] = (expected[currency] ?? 0) - amount;
  return expected;
}

export function cheque_totals(cheques: readonly ChequeHeld[]): Record<string, number> {
  const totals: Record<string, number> = {};
  for (const { currency, amount } of cheques) totals[currency] = (totals[currency] ?? 0) + amount;
  return totals;
}
