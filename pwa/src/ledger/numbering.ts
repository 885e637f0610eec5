/** Numbers of vouchers and deposits, and the leaves of a book as a bit set in hexadecimal. Twin of sync/numbering.py. */

/** Bit 0 is the book's first leaf. Lower case, no leading zeros, `0` when empty. */
export type Leaves = string;

export interface LeafRange {
  first: number;
  last: number;
  issued?: Leaves;
  /** How the unused leaves ended (cancelled, unknown); then there is none to give. */
  closed?: string;
}

export function voucher_number(book: { series: string; width: number }, leaf: number): string {
  return `${book.series}-${String(leaf).padStart(book.width, '0')}`;
}

export function deposit_name(device_code: string, count: number): string {
  return `${device_code}-${String(count).padStart(4, '0')}`;
}

export function add_leaf(leaves: Leaves, index: number): Leaves {
  return (bits(leaves) | (1n << BigInt(index))).toString(16);
}

export function has_leaf(leaves: Leaves, index: number): boolean {
  return ((bits(leaves) >> BigInt(index)) & 1n) === 1n;
}

export function count_leaves(leaves: Leaves): number {
  return bits(leaves).toString(2).replaceAll('0', '').length;
}

/**
 * The leaf after the highest one that was ever used, or null when the book has none left. A gap below it stays a gap: its
 * number may stand on a paper that nobody here knows of.
 */
export function next_leaf(book: LeafRange, used: Iterable<number> = []): number | null {
  if (book.closed) return null;
  const issued = bits(book.issued ?? '0');
  let next = book.first + (issued === 0n ? 0 : issued.toString(2).length);
  for (const leaf of used) if (leaf >= next && leaf <= book.last) next = leaf + 1;
  return next <= book.last ? next : null;
}

/** How many vouchers the book can still number. */
export function leaves_left(book: LeafRange, used: Iterable<number> = []): number {
  const next = next_leaf(book, used);
  return next === null ? 0 : book.last - next + 1;
}

function bits(leaves: Leaves): bigint {
  return leaves === '' ? 0n : BigInt(`0x${leaves}`);
}
