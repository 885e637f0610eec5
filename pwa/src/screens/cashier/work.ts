/**
 * One deposit at this desk, from the first keystroke to the decision. Kept as a draft at every keystroke. Before a count
 * is durable it holds nothing of what was declared, because this desk has not been told.
 */
import type { CashCount, CountedCheque, Deposit, DepositWaiting, EntryTexts } from '../../wire/types';
import type { Standing } from './scan';
import { type CountSheet, new_sheet } from './sheet';
import type { Reasoned } from './variance';

export interface KeptCount {
  id: string;
  at: string;
  round: 1 | 2;
  cash: CashCount[];
  cheques: CountedCheque[];
}

export interface Work {
  phase: 'counting' | 'counted';
  sheet: CountSheet;
  /** Durable counts of this deposit, in order; the last one stands. */
  counts: KeptCount[];
  /** Currency → why it differs. */
  reasons: Record<string, Reasoned>;
  /** Id of the count that is being written, minted before, so that a window that closes amid it never writes two. */
  next?: string;
  /** What the phone's code told. Never before a count is durable: it holds the declared figures. */
  declaration?: EntryTexts;
  standing?: Standing;
  /** Entry by which it was accepted on the code's totals, before the declaration had come. */
  accepted?: string;
}

export function new_work(currency: string): Work {
  return { phase: 'counting', sheet: new_sheet(1, currency), counts: [], reasons: {} };
}

/** A deposit that this desk counted, taken up again without its draft (another window, a cleared draft). */
export function work_of(deposit: Deposit, currency: string): Work {
  const counts = (deposit.counts ?? []).map(({ id, at, round, cash, cheques }) => ({
    id,
    at,
    round: round === 2 ? (2 as const) : (1 as const),
    cash,
    cheques,
  }));
  return { ...new_work(currency), phase: counts.length > 0 ? 'counted' : 'counting', counts };
}

/** The one recount: both counts are kept, and the sheet starts empty. */
export function recount(work: Work, currency: string): Work {
  const { next: _, ...kept } = work;
  return { ...kept, phase: 'counting', sheet: new_sheet(2, currency), reasons: {} };
}

/** ahead: counted here from the phone's code, and nothing to decide before the declaration comes. */
export type QueueState = 'waiting' | 'counting' | 'counted' | 'ahead' | 'elsewhere' | 'accepted' | 'returned';

export interface QueueRow {
  id: string;
  name: string;
  collector: string;
  at: string;
  /** How many payments it covers; 0 when only its figures are known. */
  instruments: number;
  state: QueueState;
}

/** What waits at this desk, oldest first, and what it has decided, newest first. No amount is looked at. */
export function queue_of(
  waiting: Iterable<DepositWaiting>,
  deposits: Iterable<Deposit>,
  phases: ReadonlyMap<string, Work['phase'] | 'ahead'>,
  me: string,
): { open: QueueRow[]; done: QueueRow[] } {
  const rows = new Map<string, QueueRow>();
  for (const each of waiting) {
    const phase = phases.get(each.id);
    // `ahead`: a colleague has counted it from the phone's code.
    const state: QueueState = phase ?? ((each.state ?? 'declared') === 'declared' ? 'waiting' : 'elsewhere');
    rows.set(each.id, { id: each.id, name: each.name, collector: each.collector, at: each.at, instruments: each.instruments, state });
  }
  for (const each of deposits) {
    const known = each.state ?? 'declared';
    if (known === 'declared' && !rows.has(each.id)) continue;
    // What a colleague has counted is the colleague's to accept: the money goes into the safe of whoever does.
    const counted: QueueState = each.counts?.at(-1)?.by === me ? 'counted' : 'elsewhere';
    const open = phases.get(each.id) ?? (known === 'counted' ? counted : 'waiting');
    const state: QueueState = known === 'accepted' || known === 'returned' ? known : open;
    const instruments = rows.get(each.id)?.instruments ?? 0;
    rows.set(each.id, { id: each.id, name: each.name, collector: each.collector, at: each.at, instruments, state });
  }
  const decided = (row: QueueRow) => row.state === 'accepted' || row.state === 'returned';
  const all = [...rows.values()].sort((a, b) => (a.at === b.at ? a.id.localeCompare(b.id) : a.at.localeCompare(b.at)));
  return { open: all.filter((row) => !decided(row)), done: all.filter(decided).reverse() };
}

/** The next deposit after this one that this desk can take up, round the end of the queue. */
export function next_waiting(open: readonly QueueRow[], after: string): QueueRow | undefined {
  const at = open.findIndex((row) => row.id === after);
  const order = [...open.slice(at + 1), ...open.slice(0, Math.max(at, 0))];
  return order.find((row) => row.state !== 'elsewhere' && row.state !== 'ahead');
}

/** Typed keys are not taken for a decision just after the figures appear. */
export const HOLD_AFTER_REVEAL_MS = 600;
