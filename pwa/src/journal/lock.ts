/**
 * The PIN locks the screen and nothing else: no voucher's survival or sending depends on it. Wrong tries wait longer and
 * longer, and never delete anything.
 */
import { writable, type Readable } from 'svelte/store';

import { base64url, bytes_of, utf8 } from '../ledger/chain';
import { read_meta, write_meta } from './database';

const ROUNDS = 600_000;
const FREE_MISSES = 5;
const WAIT_MAX_SECONDS = 3_600;

/** `wait_seconds`: how long further tries are refused; 0 = try again at once. */
export interface Unlocking {
  ok: boolean;
  wait_seconds: number;
  misses: number;
}

const is_locked = writable(false);
export const locked: Readable<boolean> = is_locked;

export async function pin_is_set(): Promise<boolean> {
  return (await read_meta('pin')) !== undefined;
}

export async function set_pin(pin: string): Promise<void> {
  const salt = base64url(crypto.getRandomValues(new Uint8Array(16)));
  await write_meta('pin', { salt, hash: await stretched(pin, salt, ROUNDS), rounds: ROUNDS, misses: 0, until: 0 });
  is_locked.set(false);
}

export async function unlock(pin: string): Promise<Unlocking> {
  const kept = await read_meta('pin');
  if (!kept) {
    is_locked.set(false);
    return { ok: true, wait_seconds: 0, misses: 0 };
  }
  const now = Date.now();
  // A clock set back must not lengthen the wait beyond what it was.
  const until = Math.min(kept.until, now + wait_after(kept.misses) * 1000);
  if (until < kept.until) await write_meta('pin', { ...kept, until });
  if (until > now) return { ok: false, wait_seconds: Math.ceil((until - now) / 1000), misses: kept.misses };
  if ((await stretched(pin, kept.salt, kept.rounds)) === kept.hash) {
    if (kept.misses > 0) await write_meta('pin', { ...kept, misses: 0, until: 0 });
    is_locked.set(false);
    return { ok: true, wait_seconds: 0, misses: 0 };
  }
  const misses = kept.misses + 1;
  const wait_seconds = wait_after(misses);
  await write_meta('pin', { ...kept, misses, until: now + wait_seconds * 1000 });
  return { ok: false, wait_seconds, misses };
}

export function lock(): void {
  is_locked.set(true);
}

/** At start a device with a PIN shows the lock first. */
export async function lock_at_start(): Promise<void> {
  is_locked.set(await pin_is_set());
}

function wait_after(misses: number): number {
  return misses < FREE_MISSES ? 0 : Math.min(60 * 2 ** (misses - FREE_MISSES), WAIT_MAX_SECONDS);
}

async function stretched(pin: string, salt: string, iterations: number): Promise<string> {
  const key = await crypto.subtle.importKey('raw', utf8(pin), 'PBKDF2', false, ['deriveBits']);
  const bits = await crypto.subtle.deriveBits({ name: 'PBKDF2', hash: 'SHA-256', salt: bytes_of(salt), iterations }, key, 256);
  return base64url(bits);
}
