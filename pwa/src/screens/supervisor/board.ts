/** Figures of the live board. Currencies stay apart, and so do cash and cheques. */
import type { BoardRow, Total } from '../../wire/types';

export type Amounts = Record<string, number>;

export function add_up(maps: readonly (Amounts | undefined)[]): Amounts {
  const sums: Amounts = {};
  for (const map of maps) {
    for (const [currency, amount] of Object.entries(map ?? {})) sums[currency] = (sums[currency] ?? 0) + amount;
  }
  return sums;
}

/** Collected per currency, all methods together: what the vouchers of the day say. */
export function collected(totals: readonly Total[] | undefined): Amounts {
  return add_up((totals ?? []).map(({ currency, amount }) => ({ [currency]: amount })));
}

export interface BoardTotals {
  done: number;
  planned: number;
  unplanned: number;
  vouchers: number;
  collected: Amounts;
  cash: Amounts;
  cheques: Amounts;
  unsent: number;
  /** Phones with something unsent. */
  phones: number;
  oldest_unsent: string;
  flags: number;
}

export function totals_of(rows: readonly BoardRow[]): BoardTotals {
  const waiting = rows.filter((row) => (row.unsent ?? 0) > 0);
  const oldest = waiting.map((row) => row.oldest_unsent ?? '').filter((at) => at !== '');
  const sum = (pick: (row: BoardRow) => number | undefined) => rows.reduce((total, row) => total + (pick(row) ?? 0), 0);
  return {
    done: sum((row) => row.done),
    planned: sum((row) => row.planned),
    unplanned: sum((row) => row.unplanned),
    vouchers: sum((row) => row.vouchers),
    collected: add_up(rows.map((row) => collected(row.collected))),
    cash: add_up(rows.map((row) => row.cash)),
    cheques: add_up(rows.map((row) => row.cheques)),
    unsent: sum((row) => row.unsent),
    phones: waiting.length,
    oldest_unsent: oldest.sort((a, b) => new Date(a).getTime() - new Date(b).getTime())[0] ?? '',
    flags: sum((row) => row.flags),
  };
}
