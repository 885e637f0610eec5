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
