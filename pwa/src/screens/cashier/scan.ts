/**
 * A phone's declaration as its code tells it, looked at before anybody counts. What it declares stays in memory until the
 * count is durable: it is in no draft and on no screen. A window that closes before has to scan again.
 */
import { get, writable, type Readable } from 'svelte/store';

import { verifies_with } from '../../journal/keys';
import { proved_hash } from '../../ledger/chain';
import { read_code } from '../../ledger/deposit_code';
import type { DepositDeclared, DepositWaiting, EntryTexts, Envelope, PhoneKey, Total } from '../../wire/types';

/** signed: by that phone's key. unknown: this desk has not heard of the phone. stopped: the office has stopped it. */
export type Standing = 'signed' | 'unknown' | 'stopped';

export interface Scanned {
  /** All that a screen may show before the count. */
  face: DepositWaiting;
  standing: Standing;
  texts: EntryTexts;
}

export type ScanTrouble = 'not_a_code' | 'newer' | 'damaged' | 'other_company' | 'not_a_deposit' | 'not_signed';
export type Scan = { found: Scanned } | { trouble: ScanTrouble };

export async function look_at(code: string, company: string, phones: ReadonlyMap<string, PhoneKey>): Promise<Scan> {
  const read = await read_code(code);
  if ('trouble' in read) return read;
  const texts = read.entry;
  const told = parsed(texts);
  if (!told || (await proved_hash(texts).catch(() => null)) === null) return { trouble: 'damaged' };
  const { envelope, body } = told;
  if (envelope.v !== 1) return { trouble: 'newer' };
  if (envelope.company !== company) return { trouble: 'other_company' };
  if (envelope.kind !== 'deposit_declared') return { trouble: 'not_a_deposit' };
  if (!is_declaration(body)) return { trouble: 'newer' };
  const phone = phones.get(envelope.device);
  if (phone && (phone.user !== envelope.by || !(await verifies_with(phone.public_key, texts.envelope, texts.sig)))) return { trouble: 'not_signed' };
  const standing = !phone ? 'unknown' : (phone.state ?? 'active') === 'active' ? 'signed' : 'stopped';
  const instruments = body.totals.filter(({ method }) => method === 'cheque').reduce((sum, { count }) => sum + count, 0);
  const face = { id: envelope.id, name: body.name, collector: envelope.by, branch: phone?.branch ?? '', at: envelope.at, instruments };
  return { found: { face, standing, texts } };
}

/** What a declaration says is handed over. Asked for only once the count of it is durable. */
export function declared_in(texts: EntryTexts): Total[] {
  return (JSON.parse(texts.body) as DepositDeclared).totals;
}

/** The face of a declaration that a durable count carries. */
export function face_of(texts: EntryTexts): Pick<DepositWaiting, 'name' | 'collector' | 'at'> & { seq: number; device: string } {
  const { by, at, seq, device } = JSON.parse(texts.envelope) as Envelope;
  return { name: (JSON.parse(texts.body) as DepositDeclared).name, collector: by, at, seq, device };
}

function parsed(texts: EntryTexts): { envelope: Envelope; body: unknown } | null {
  try {
    return { envelope: JSON.parse(texts.envelope) as Envelope, body: JSON.parse(texts.body) as unknown };
  } catch {
    return null;
  }
}

function is_declaration(body: unknown): body is DepositDeclared {
  const { name, totals } = body as Partial<DepositDeclared>;
  const sound = ({ currency, method, count, amount }: Total): boolean =>
    typeof currency === 'string' && typeof method === 'string' && [count, amount].every((each) => Number.isSafeInteger(each) && each >= 0);
  return typeof name === 'string' && Array.isArray(totals) && totals.every((each) => sound(each));
}

const held = writable<ReadonlyMap<string, Scanned>>(new Map());
/** By deposit; in memory only, for as long as this window lives. */
export const scanned: Readable<ReadonlyMap<string, Scanned>> = held;

export function hold_scan(found: Scanned): void {
  held.set(new Map([...get(held), [found.face.id, found]]));
}

export function drop_scan(deposit: string): void {
  held.set(new Map([...get(held)].filter(([id]) => id !== deposit)));
}
