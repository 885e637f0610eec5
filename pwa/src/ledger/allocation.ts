/** Which open items a payment goes to when the customer names none: the oldest first. Twin of sync/allocation.py. */
import type { Allocation } from '../wire/types';

export interface OpenItem {
  id: string;
  due: string;
  date: string;
  number: string;
  open: number;
}

/** Oldest due first, then date, number, id. Credit notes and settled items take nothing; what no item takes stays on account. */
export function oldest_first(
  amount: number,
  items: readonly OpenItem[],
): { allocations: Allocation[]; on_account: number } {
  const open = items.filter((item) => item.open > 0).sort(by_age);
  const allocations: Allocation[] = [];
  let rest = amount;
  for (const item of open) {
    if (rest <= 0) break;
    const part = Math.min(rest, item.open);
    allocations.push({ item: item.id, amount: part });
    rest -= part;
  }
  return { allocations, on_account: rest };
}

/**
 * Each item takes its share of the payment by what is open of it. Shares are rounded down, and what is left over by that goes
 * one minor unit each to the items that lost most, the older first. The entry names the shares, so the office does not compute them.
 */
export function proportional(
  amount: number,
  items: readonly OpenItem[],
): { allocations: Allocation[]; on_account: number } {
  const open = items.filter((item) => item.open > 0).sort(by_age);
  const owed = open.reduce((sum, item) => sum + BigInt(item.open), 0n);
  if (owed === 0n || amount <= 0) return { allocations: [], on_account: amount };
  const given = BigInt(amount) < owed ? BigInt(amount) : owed;
  const shares = open.map((item) => ({ item: item.id, exact: BigInt(item.open) * given, amount: (BigInt(item.open) * given) / owed }));
  let rest = given - shares.reduce((sum, share) => sum + share.amount, 0n);
  const by_loss = shares.map((share, place) => ({ share, place, lost: share.exact % owed }));
  by_loss.sort((one, other) => (one.lost > other.lost ? -1 : one.lost < other.lost ? 1 : one.place - other.place));
  for (const { share } of by_loss) {
    if (rest === 0n) break;
    share.amount += 1n;
    rest -= 1n;
  }
  return {
    allocations: shares.filter((share) => share.amount > 0n).map((share) => ({ item: share.item, amount: Number(share.amount) })),
    on_account: amount - Number(given),
  };
}

function by_age(one: OpenItem, other: OpenItem): number {
  return (
    compare(one.due, other.due) ||
    compare(one.date, other.date) ||
    compare(one.number, other.number) ||
    compare(one.id, other.id)
  );
}

/** By code points, as Python compares: a locale's order would differ between two phones. */
export function compare(one: string, other: string): number {
  const [left, right] = [Array.from(one), Array.from(other)];
  for (const [place, letter] of left.entries()) {
    const opposite = right[place];
    if (opposite === undefined) return 1;
    const difference = (letter.codePointAt(0) ?? 0) - (opposite.codePointAt(0) ?? 0);
    if (difference !== 0) return difference;
  }
  return left.length - right.length;
}
