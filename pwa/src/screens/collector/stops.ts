/** The stops of a day: the plan's in their order, then those that were put off to this day, less those put off to another. */
import type { World } from '../../journal/world';
import type { Customer, Item, Moved, Visit } from '../../wire/types';

type Seen = Pick<World, 'user' | 'plans' | 'visits' | 'customers'>;

export interface Stop {
  /** In the plan, from 1; 0 outside it. */
  place: number;
  customer: Customer;
  /** Put off to this day from another. */
  brought: boolean;
  /** The day's last visit there. */
  visit: Visit | undefined;
}

export interface DayStops {
  /** In order; the one whose visit is open comes first. */
  waiting: Stop[];
  done: Stop[];
  /** Put off to another day and not visited all the same. */
  moved: { customer: Customer; moved: Moved }[];
  /** How many the day has, and how many of them are done. */
  planned: number;
  visited: number;
  unplanned: number;
}

/** Customers that are to be visited on the day, in order. */
export function due_stops(world: Pick<World, 'user' | 'plans'>, day: string): string[] {
  const plan = world.plans.get(`${world.user?.id ?? ''}|${day}`);
  if (!plan) return [];
  const away = new Set((plan.moved ?? []).map(({ customer }) => customer));
  const brought = (plan.brought ?? []).filter((id) => !plan.stops.includes(id));
  return [...plan.stops.filter((id) => !away.has(id)), ...brought];
}

/** The user's own visits of a day by customer, the last one of each. */
function visits_of(world: Seen, day: string): Map<string, Visit> {
  const found = new Map<string, Visit>();
  for (const visit of world.visits.values()) {
    if (visit.day !== day || visit.user !== world.user?.id) continue;
    const other = found.get(visit.customer);
    if (!other || Date.parse(other.started_at) <= Date.parse(visit.started_at)) found.set(visit.customer, visit);
  }
  return found;
}

/** open: the customer who is being visited now, '' when nobody is. */
export function stops_of(world: Seen, day: string, open: string): DayStops {
  const plan = world.plans.get(`${world.user?.id ?? ''}|${day}`);
  const due = due_stops(world, day);
  const visits = visits_of(world, day);
  const listed: Stop[] = [];
  const add = (id: string, place: number): void => {
    const customer = world.customers.get(id);
    if (customer) listed.push({ place, customer, brought: place > 0 && (plan?.brought ?? []).includes(id), visit: visits.get(id) });
  };
  due.forEach((id, index) => add(id, index + 1));
  for (const id of visits.keys()) if (!due.includes(id)) add(id, 0);
  if (open !== '' && !listed.some(({ customer }) => customer.id === open)) add(open, 0);

  const is_done = ({ visit, customer }: Stop): boolean => Boolean(visit?.ended_at) && customer.id !== open;
  const waiting = listed.filter((stop) => !is_done(stop) && (stop.place > 0 || stop.customer.id === open));
  const done = listed.filter(is_done);
  return {
    waiting: [...waiting.filter(({ customer }) => customer.id === open), ...waiting.filter(({ customer }) => customer.id !== open)],
    done,
    moved: (plan?.moved ?? []).flatMap((moved) => {
      const customer = world.customers.get(moved.customer);
      return customer && !visits.has(moved.customer) ? [{ customer, moved }] : [];
    }),
    planned: due.length,
    visited: done.filter(({ place }) => place > 0).length,
    unplanned: done.filter(({ place }) => place === 0).length,
  };
}

/** What is due by the day, the day included, per currency. Credits are not taken off: what they pay is not said yet. */
export function due_by(items: readonly Item[], day: string): [currency: string, amount: number][] {
  const sums: Record<string, number> = {};
  for (const { currency, open = 0, due } of items) {
    if (open > 0 && due <= day) sums[currency] = (sums[currency] ?? 0) + open;
  }
  return Object.entries(sums);
}

export interface Marks {
  /** Promised for the day or before it, and what is left of it. */
  promises: { currency: string; amount: number; date: string; overdue: boolean }[];
  /** Cheques that came back and are not paid yet. */
  returned: number;
  /** Papers that are to be handed over. */
  deliver: number;
}

export function marks_of(world: Pick<World, 'items_of' | 'promises'>, customer: Customer, day: string): Marks {
  const items = world.items_of.get(customer.id) ?? [];
  const promises = (customer.promises ?? []).flatMap((id) => {
    const promise = world.promises.get(id);
    if (!promise || promise.date > day) return [];
    const left = promise.amount - Object.values(promise.kept ?? {}).reduce((sum, amount) => sum + amount, 0);
    return left > 0 ? [{ currency: promise.currency, amount: left, date: promise.date, overdue: promise.date < day }] : [];
  });
  return {
    promises: promises.sort((one, other) => (one.date < other.date ? -1 : 1)),
    returned: items.filter(({ kind, open = 0 }) => kind === 'returned_cheque' && open > 0).length,
    deliver: items.filter(({ to_deliver }) => to_deliver).length,
  };
}
