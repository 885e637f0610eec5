/** A collector's day, told by what was written in it. Everything here is read; closing the day is an entry of its own. */
import type { World } from '../../journal/world';
import type { Bodies, ChequeHeld, Total, Voucher } from '../../wire/types';
import { is_photographed } from './cheque_photos';
import { stops_of } from './stops';

type Told = Omit<Bodies['day_closed'], 'left' | 'note'>;

/** day_of: the business day on which a moment falls. */
export function report_of(world: World, day: string, day_of: (at: string) => string): Required<Told> {
  const me = world.user?.id;
  const own = <T extends { by: string; at: string }>(things: ReadonlyMap<string, T>): T[] =>
    [...things.values()].filter(({ by, at }) => by === me && day_of(at) === day);
  const vouchers = own(world.vouchers);
  const { planned, visited, unplanned } = stops_of(world, day, world.open_visit?.customer ?? '');
  return {
    day,
    received: received_in(vouchers),
    held: held_by(world),
    vouchers: vouchers.length,
    voided: [...world.vouchers.values()].filter(({ by, voided_at }) => by === me && voided_at && day_of(voided_at) === day).length,
    planned,
    visited,
    unplanned,
    promises: own(world.promises).length,
    disputes: own(world.disputes).length,
    contacts: own(world.contacts).length,
  };
}

/** Per currency and method, cash before cheques. What was voided is taken off. */
export function received_in(vouchers: readonly Voucher[]): Total[] {
  const rows = new Map<string, Total>();
  for (const { state, tenders } of vouchers) {
    if ((state ?? 'issued') !== 'issued') continue;
    for (const { currency, method, amount } of tenders) {
      const row = rows.get(`${currency} ${method}`) ?? { currency, method, count: 0, amount: 0 };
      rows.set(`${currency} ${method}`, { ...row, count: row.count + 1, amount: row.amount + amount });
    }
  }
  return [...rows.values()].sort((one, other) => (one.currency + one.method < other.currency + other.method ? -1 : 1));
}

/** All that the collector answers for: in hand, declared and not accepted yet, and shortages that nobody has explained. */
export function held_by(world: Pick<World, 'custody' | 'cheques' | 'user'>): Total[] {
  const { cash, cheques, transit_cash, transit_cheques, short } = world.custody;
  const papers = (state: string, currency: string): number =>
    [...world.cheques.values()].filter((cheque: ChequeHeld) => cheque.state === state && cheque.collector === world.user?.id && cheque.currency === currency).length;
  const rows = (method: string, amounts: Record<string, number> | undefined, count: (currency: string) => number): Total[] =>
    Object.entries(amounts ?? {}).filter(([, amount]) => amount > 0).map(([currency, amount]) => ({ currency, method, count: count(currency), amount }));
  return [
    ...rows('cash', cash, () => 1),
    ...rows('cheque', cheques, (currency) => papers('held', currency)),
    ...rows('transit_cash', transit_cash, () => 1),
    ...rows('transit_cheque', transit_cheques, (currency) => papers('transit', currency)),
    ...rows('short', short, () => 1),
  ];
}

export interface Left {
  code: 'receipt_draft' | 'visit_open' | 'stops_open' | 'cash_in_hand' | 'cheques_in_hand' | 'photos_missing' | 'entries_unsent';
  count: number;
  /** The screen on which it is done. */
  path: string;
  /** Worth a word when the day is closed all the same. */
  asks: boolean;
}

/** drafts: customers for whom money is typed and no voucher issued. */
export function left_of(world: World, day: string, drafts: readonly string[]): Left[] {
  const me = world.user?.id;
  const open = world.open_visit;
  const waiting = stops_of(world, day, open?.customer ?? '').waiting.filter(({ customer }) => customer.id !== open?.customer);
  const cash = Object.values(world.custody.cash ?? {}).filter((amount) => amount > 0).length;
  const cheques = [...world.cheques.values()].filter(({ state, holder }) => state === 'held' && holder === me);
  const bare = cheques.filter(({ id, voucher: of }) => {
    const voucher = world.vouchers.get(of);
    return !voucher || !is_photographed(voucher, Number(id.slice(id.lastIndexOf('.') + 1)));
  });
  const found: Left[] = [
    { code: 'receipt_draft', count: drafts.length, path: `/collect/${encodeURIComponent(drafts[0] ?? '')}`, asks: true },
    { code: 'visit_open', count: open ? 1 : 0, path: `/customer/${encodeURIComponent(open?.customer ?? '')}`, asks: true },
    { code: 'stops_open', count: waiting.length, path: '/', asks: true },
    { code: 'cash_in_hand', count: cash, path: '/deposit', asks: false },
    { code: 'cheques_in_hand', count: cheques.length, path: '/deposit', asks: false },
    { code: 'photos_missing', count: bare.length, path: `/voucher/${encodeURIComponent(bare[0]?.voucher ?? '')}`, asks: world.company?.policy.cheque_photos ?? false },
    { code: 'entries_unsent', count: world.waiting.unsent, path: '/sending', asks: false },
  ];
  return found.filter(({ count }) => count > 0);
}

/** Whether the day has gone on since it was closed. What is still held changes without any doing of the collector's. */
export function went_on(told: Bodies['day_closed'], now: Told): boolean {
  const counted = ({ vouchers, voided, visited, unplanned, promises, disputes, contacts, received }: Told): string =>
    JSON.stringify([vouchers ?? 0, voided ?? 0, visited ?? 0, unplanned ?? 0, promises ?? 0, disputes ?? 0, contacts ?? 0, (received ?? []).map(({ currency, method, amount }) => [currency, method, amount])]);
  return counted(told) !== counted(now);
}
