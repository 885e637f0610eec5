/** Everything that happened with a customer, newest first, grouped by business day. */
import type { World } from '../../../journal/world';
import { day_of } from '../../../text/dates';
import type { Case, ChequeHeld, Confirmation, Contact, Dispute, Item, PromiseToPay, Settlement, Visit, Voucher } from '../../../wire/types';

export const FAMILIES = ['money', 'invoices', 'visits', 'promises', 'disputes', 'requests'] as const;
export type Family = (typeof FAMILIES)[number];

export type Happening = { key: string; at: string; day: string; family: Family } & (
  | { what: 'voucher'; doc: Voucher }
  | { what: 'cheque'; doc: ChequeHeld }
  | { what: 'settled'; doc: Item; settlement: Settlement }
  | { what: 'invoice'; doc: Item }
  | { what: 'delivered'; doc: Item }
  | { what: 'visit'; doc: Visit }
  | { what: 'contact'; doc: Contact }
  | { what: 'promise'; doc: PromiseToPay }
  | { what: 'dispute'; doc: Dispute }
  | { what: 'confirmation'; doc: Confirmation }
  | { what: 'case'; doc: Case }
);

export interface Day {
  day: string;
  happenings: Happening[];
}

export type Told = Pick<World, 'vouchers' | 'cheques' | 'items_of' | 'visits' | 'contacts' | 'promises' | 'disputes' | 'confirmations' | 'cases'>;

/** A thing with a date and no time (an invoice) stands below what has a time on that day. */
export function happenings_of(world: Told, customer: string): Happening[] {
  const found: Happening[] = [];
  const ours = <Doc extends { customer?: string }>(docs: ReadonlyMap<string, Doc>): Doc[] => [...docs.values()].filter((doc) => doc.customer === customer);
  const when = (at: string): { at: string; day: string } => ({ at, day: at.length === 10 ? at : day_of(at) });
  for (const doc of ours(world.vouchers)) found.push({ key: doc.id, family: 'money', what: 'voucher', doc, ...when(doc.at) });
  for (const doc of ours(world.cheques)) {
    const taken = world.vouchers.get(doc.voucher)?.at;
    found.push({ key: doc.id, family: 'money', what: 'cheque', doc, ...when(taken ?? doc.due) });
  }
  for (const doc of world.items_of.get(customer) ?? []) {
    found.push({ key: doc.id, family: 'invoices', what: 'invoice', doc, ...when(doc.date) });
    for (const [place, settlement] of (doc.settlements ?? []).entries()) {
      found.push({ key: `${doc.id}/${place}`, family: 'money', what: 'settled', doc, settlement, ...when(settlement.date) });
    }
    if (doc.delivered) found.push({ key: `${doc.id}/delivered`, family: 'invoices', what: 'delivered', doc, ...when(doc.delivered) });
  }
  for (const doc of ours(world.visits)) found.push({ key: doc.id, family: 'visits', what: 'visit', doc, ...when(doc.ended_at || doc.started_at) });
  for (const doc of ours(world.contacts)) found.push({ key: doc.id, family: 'visits', what: 'contact', doc, ...when(doc.at) });
  for (const doc of ours(world.promises)) found.push({ key: doc.id, family: 'promises', what: 'promise', doc, ...when(doc.at) });
  for (const doc of ours(world.disputes)) found.push({ key: doc.id, family: 'disputes', what: 'dispute', doc, ...when(doc.at) });
  for (const doc of ours(world.confirmations)) found.push({ key: doc.id, family: 'requests', what: 'confirmation', doc, ...when(doc.at) });
  for (const doc of ours(world.cases)) found.push({ key: doc.id, family: 'requests', what: 'case', doc, ...when(doc.at) });
  return found.sort(newest_first);
}

function newest_first(one: Happening, other: Happening): number {
  if (one.day !== other.day) return one.day < other.day ? 1 : -1;
  const time = ({ at }: Happening): number => (at.length === 10 ? -1 : Date.parse(at));
  return time(other) - time(one);
}

/** family: only that one; '' for everything. */
export function by_day(happenings: readonly Happening[], family: Family | ''): Day[] {
  const days: Day[] = [];
  for (const one of happenings) {
    if (family && one.family !== family) continue;
    const last = days.at(-1);
    if (last?.day === one.day) last.happenings.push(one);
    else days.push({ day: one.day, happenings: [one] });
  }
  return days;
}

/** The families that there is anything of, in their order. */
export function families_of(happenings: readonly Happening[]): Family[] {
  return FAMILIES.filter((family) => happenings.some((one) => one.family === family));
}
