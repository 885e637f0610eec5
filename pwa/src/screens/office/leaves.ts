/** The leaves of a book, read from its bit sets: bit 0 is the first leaf. Each leaf is exactly one of four things. */
import type { Book } from '../../wire/types';

export type Leaf = 'issued' | 'voided' | 'closed' | 'unused';

function has(bits: bigint, index: number): boolean {
  return ((bits >> BigInt(index)) & 1n) === 1n;
}

function bits_of(hex: string | undefined): bigint {
  return hex === undefined || hex === '' ? 0n : BigInt(`0x${hex}`);
}

/** `closed` of a book is a word or a bit set: a word means that every leaf not issued ended with the book. */
export function leaves_of(book: Book): Leaf[] {
  const issued = bits_of(book.issued);
  const voided = bits_of(book.voided);
  const ended = (book.closed ?? '') !== '';
  const closed = ended && /^[0-9a-f]+$/i.test(book.closed ?? '') ? bits_of(book.closed) : null;
  return Array.from({ length: Math.max(0, book.last - book.first + 1) }, (_, index) => {
    if (has(voided, index)) return 'voided';
    if (has(issued, index)) return 'issued';
    if (ended && (closed === null || has(closed, index))) return 'closed';
    return 'unused';
  });
}

/** Neighbouring leaves of one sort, so that a book of 200 leaves is a few marks and not 200. */
export function runs_of(leaves: readonly Leaf[]): { leaf: Leaf; count: number }[] {
  const runs: { leaf: Leaf; count: number }[] = [];
  for (const leaf of leaves) {
    const last = runs.at(-1);
    if (last?.leaf === leaf) last.count += 1;
    else runs.push({ leaf, count: 1 });
  }
  return runs;
}

export function tally(leaves: readonly Leaf[]): Record<Leaf, number> {
  const counts: Record<Leaf, number> = { issued: 0, voided: 0, closed: 0, unused: 0 };
  for (const leaf of leaves) counts[leaf] += 1;
  return counts;
}

export function range_of(book: Book): string {
  const write = (leaf: number) => String(leaf).padStart(book.width, '0');
  return `${book.series}-${write(book.first)}…${write(book.last)}`;
}
