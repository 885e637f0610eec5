/** What a collector writes to customers again and again, filled in. He reads and changes it before any app gets it. */
import { format_amount } from '../../ledger/money';
import { date_text, type Language, say } from '../../text';
import type { Customer, PromiseToPay } from '../../wire/types';

export const TEMPLATES = ['dues', 'promise', 'on_my_way', 'missed'] as const;
export type Template = (typeof TEMPLATES)[number];

/** By which a message can be written. */
export type Written = 'whatsapp' | 'sms' | 'email';

export interface About {
  customer: Customer;
  collector: { name: string; name_ar: string };
  company: { name: string; name_ar: string };
  /** The business day. */
  day: string;
  due: readonly (readonly [currency: string, amount: number])[];
  /** Open ones. */
  promises: readonly PromiseToPay[];
}

/** The promise that is worth a reminder: the earliest that has not gone by, else the latest that has. */
export function promise_to_mention(promises: readonly PromiseToPay[], day: string): PromiseToPay | undefined {
  const sorted = [...promises].sort((one, other) => (one.date < other.date ? -1 : 1));
  return sorted.find(({ date }) => date >= day) ?? sorted.at(-1);
}

/** Templates that have something to say: nobody is reminded of nothing. */
export function templates_for(about: About): Template[] {
  return TEMPLATES.filter((each) => (each === 'dues' ? about.due.length > 0 : each === 'promise' ? about.promises.length > 0 : true));
}

export function message_text(template: Template, language: Language, about: About): string {
  const named = (thing: { name: string; name_ar?: string }): string => (language === 'ar' ? thing.name_ar || thing.name : thing.name || thing.name_ar || '');
  const money = (rows: readonly (readonly [string, number])[]): string =>
    rows.map(([currency, amount]) => format_amount(amount, currency, { language, digits: 'latin' })).join(language === 'ar' ? ' و' : ' and ');
  const promise = promise_to_mention(about.promises, about.day);
  const params = {
    customer: named(about.customer),
    collector: named(about.collector),
    company: named(about.company),
    date: date_text(template === 'promise' && promise ? promise.date : about.day, 'day', language),
    amounts: money(template === 'promise' && promise ? [[promise.currency, left_of(promise)]] : about.due),
  };
  const key = template === 'promise' && promise?.date === next_day(about.day) ? 'message.promise_tomorrow' : (`message.${template}` as const);
  // The marks that keep directions apart on screen are boxes on some old telephones.
  return say(language, key, params).replace(/[\u2066-\u2069\u200e\u200f]/g, '').replaceAll('\u00a0', ' ');
}

function left_of({ amount, kept = {} }: PromiseToPay): number {
  return amount - Object.values(kept).reduce((sum, part) => sum + part, 0);
}

export function next_day(day: string, days = 1): string {
  return new Date(Date.parse(day) + days * 86_400_000).toISOString().slice(0, 10);
}

/** RFC 6068: lines end with CRLF, and the address keeps its own sign, which some mail apps do not decode. */
export function mail_link(address: string, subject: string, text: string): string {
  const to = encodeURIComponent(address).replaceAll('%40', '@');
  return `mailto:${to}?subject=${encodeURIComponent(subject)}&body=${encodeURIComponent(text.replace(/\r?\n/g, '\r\n'))}`;
}
