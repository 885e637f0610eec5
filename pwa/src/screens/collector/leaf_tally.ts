/** What became of the leaves of a book. Twin of `tally` in sync/books.py: the five always add up to its size. */
import { count_leaves } from '../../ledger/numbering';
import type { Book } from '../../wire/types';

export interface LeafTally {
  size: number;
  /** In force. */
  issued: number;
  voided: number;
  unused: number;
  /** Cancelled with the book before they were used. */
  lost: number;
  /** Nobody knows yet what became of them. */
  unknown: number;
}

export function leaf_tally({ first, last, issued: numbered = '0', voided: bits = '0', closed = '' }: Book): LeafTally {
  const size = last - first + 1;
  const voided = count_leaves(bits);
  const issued = count_leaves(numbered) - voided;
  const rest = size - issued - voided;
  return { size, issued, voided, unused: closed ? 0 : rest, lost: closed === 'cancelled' ? rest : 0, unknown: closed === 'unknown' ? rest : 0 };
}
