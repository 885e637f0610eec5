/** Control totals: what a chain says of one day, added up here from its own entries, never taken from the office. */
import type { Bodies, ControlDay, Total } from '../wire/types';
import { compare } from './allocation';
import { base64url, bytes_of } from './chain';

export interface Controlled {
  at: string;
  kind: string;
  /** base64url. */
  hash: string;
  /** JSON text. */
  body: string;
}

/** One row for each day of the entries' own dates, in order. `entries`: in order of seq. Voids are not taken off. */
export async function days_of(entries: readonly Controlled[]): Promise<ControlDay[]> {
  const by_day = new Map<string, Controlled[]>();
  for (const entry of entries) {
    const day = entry.at.slice(0, 10);
    const list = by_day.get(day);
    if (list) list.push(entry);
    else by_day.set(day, [entry]);
  }
  const days = [...by_day].sort(([one], [other]) => compare(one, other));
  return Promise.all(days.map(([day, list]) => day_of(day, list)));
}

async function day_of(day: string, entries: readonly Controlled[]): Promise<ControlDay> {
  const receipts = entries.filter(({ kind }) => kind === 'receipt_issued');
  const sums = new Map<string, Total>();
  for (const { currency, method, amount } of receipts.flatMap(tenders_of)) {
    const key = `${currency} ${method}`;
    const before = sums.get(key);
    sums.set(key, { currency, method, count: (before?.count ?? 0) + 1, amount: (before?.amount ?? 0) + amount });
  }
  const hashes = entries.map(({ hash }) => bytes_of(hash));
  const joined = new Uint8Array(hashes.length * 32);
  hashes.forEach((hash, place) => joined.set(hash, place * 32));
  return {
    day,
    entries: entries.length,
    receipts: receipts.length,
    totals: [...sums].sort(([one], [other]) => compare(one, other)).map(([, total]) => total),
    hash: base64url(await crypto.subtle.digest('SHA-256', joined)),
  };
}

function tenders_of({ body }: Controlled): Bodies['receipt_issued']['tenders'] {
  try {
    return (JSON.parse(body) as Bodies['receipt_issued']).tenders;
  } catch {
    return []; // It counts, and brings no amounts that could be compared.
  }
}

/** Days on which the two do not say the same, each side's own included. */
export function differing(ours: readonly ControlDay[], theirs: readonly ControlDay[]): string[] {
  const said = (days: readonly ControlDay[]) => new Map(days.map((day) => [day.day, plain(day)]));
  const [own, office] = [said(ours), said(theirs)];
  return [...new Set([...own.keys(), ...office.keys()])].filter((day) => own.get(day) !== office.get(day)).sort(compare);
}

function plain({ entries, receipts, totals, hash }: ControlDay): string {
  return JSON.stringify([entries, receipts, totals.map(({ currency, method, count, amount }) => [currency, method, count, amount]), hash]);
}
