/** Figures of customers for the collector's screens, all from the world in memory. */
import type { OpenItem } from '../../ledger/allocation';
import { balance_of, type Balance } from '../../ledger/balances';
import type { World } from '../../journal/world';
import { days_between, setting } from '../../text';
import type { Customer, Item } from '../../wire/types';

export function items_of(world: World, customer: string): Item[] {
  return world.items_of.get(customer) ?? [];
}

export function balances_of(world: World, customer: Customer, today: string): Balance {
  return balance_of(customer, items_of(world, customer.id), today);
}

export function open_items(world: World, customer: string, currency: string): (OpenItem & Item)[] {
  return items_of(world, customer)
    .filter((item) => item.currency === currency && (item.open ?? 0) > 0)
    .map((item) => ({ ...item, open: item.open ?? 0 }))
    .sort((one, other) => (one.due < other.due ? -1 : one.due > other.due ? 1 : one.number < other.number ? -1 : 1));
}

/** The currencies in which a customer owes, the customer's own first. */
export function currencies_of(world: World, customer: Customer): string[] {
  const owed = items_of(world, customer.id).filter(({ open = 0 }) => open !== 0);
  return [...new Set([customer.currency, ...owed.map(({ currency }) => currency)])];
}

/** Shares by days overdue: not due, 1–30, 31–60, 61–90, 91–120, 121–180, over 180. Credits are in no bucket. */
export function ageing_of(items: readonly Item[], currency: string, today: string): number[] {
  const shares = [0, 0, 0, 0, 0, 0, 0];
  const ends = [0, 30, 60, 90, 120, 180];
  for (const item of items) {
    const open = item.open ?? 0;
    if (item.currency !== currency || open <= 0) continue;
    const late = days_between(item.due, today);
    const bucket = ends.findIndex((end) => late <= end);
    const place = bucket === -1 ? 6 : bucket;
    shares[place] = (shares[place] ?? 0) + open;
  }
  return shares;
}

export const BUCKETS = ['', '1–30', '31–60', '61–90', '91–120', '121–180', '+180'] as const;

/** tel: and wa.me want digits; a local number gets its country's prefix for WhatsApp. */
export const PREFIXES: Record<string, string> = { EG: '20', SA: '966', AE: '971', KW: '965', JO: '962', LB: '961', IQ: '964', BH: '973', OM: '968', QA: '974', YE: '967', SY: '963', SD: '249', LY: '218', TN: '216', DZ: '213', MA: '212', PS: '970' };

export function dialled(phone: string): string {
  return phone.replace(/[^\d+]/g, '');
}

export function whatsapp_number(phone: string, country: string): string {
  const digits = dialled(phone);
  if (digits.startsWith('+')) return digits.slice(1);
  if (digits.startsWith('00')) return digits.slice(2);
  return digits.startsWith('0') ? (PREFIXES[country] ?? '') + digits.slice(1) : digits;
}

/** A cheque names its bank by the code of the company's list, or as it was typed. */
export function bank_name(world: World, bank: string): string {
  const listed = world.company?.policy.banks?.find(([code]) => code === bank);
  if (!listed) return bank;
  const [, english, arabic] = listed;
  return setting.language === 'ar' ? arabic : english;
}
