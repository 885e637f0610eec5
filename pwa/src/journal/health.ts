/** What this device can be relied on for. Only a failed strict write, a failed key or a copy that is ahead stops issuing. */
import { get, writable, type Readable } from 'svelte/store';

import { database_state, read, write, write_meta, read_meta } from './database';
import { make_pair, sign_with, verifies } from './keys';
import type { Health } from './shapes';

const ROOM_LOW_BYTES = 50_000_000;
const PROBE = 'probe';

const state = writable<Health>({
  installed: false,
  persisted: false,
  strict_write: true,
  key: true,
  quota: { usage: 0, quota: 0, low: false },
  copy: 'ok',
  database: 'ok',
  control: [],
  data_lost: 0,
  stuck_since: 0,
  titles_refused: 0,
  handed_in: 'ok',
  clock_ahead_hours: 0,
});

export const health: Readable<Health> = state;

export function report_health(news: Partial<Health>): void {
  state.update((known) => ({ ...known, ...news }));
}

database_state.subscribe((database) => report_health({ database }));

export async function probe(): Promise<Health> {
  report_health({ installed: is_installed() });
  const [persisted, strict_write, key, quota] = await Promise.all([ask_to_persist(), probe_write(), probe_key(), room()]);
  report_health({ persisted, strict_write, key, quota });
  return get(state);
}

export function is_installed(): boolean {
  if (typeof window === 'undefined' || typeof window.matchMedia !== 'function') return false;
  const standalone = (navigator as { standalone?: boolean }).standalone === true; // iOS
  return standalone || ['standalone', 'fullscreen', 'minimal-ui'].some((mode) => window.matchMedia(`(display-mode: ${mode})`).matches);
}

export async function ask_to_persist(): Promise<boolean> {
  try {
    return (await navigator.storage.persisted()) || (await navigator.storage.persist());
  } catch {
    return false; // Not offered here: the warning says that the browser may clear the storage.
  }
}

/** A strict write that is there afterwards. */
export async function probe_write(): Promise<boolean> {
  try {
    const mark = Date.now();
    await write_meta('probe', mark);
    return (await read_meta('probe')) === mark;
  } catch {
    return false;
  }
}

/** A key that was stored, read back, and then signs what its public half verifies. */
export async function probe_key(): Promise<boolean> {
  try {
    const stored = await read(['keys'], ({ keys }) => keys.all());
    if (stored.length === 0) {
      const pair = await make_pair();
      await write(['keys'], ({ keys }) => keys.put({ device: PROBE, key: '', pair }));
    }
    const kept = await read(['keys'], ({ keys }) => keys.all());
    await write(['keys'], ({ keys }) => keys.drop(PROBE));
    const proofs = kept.map(async ({ pair }) => verifies(pair.publicKey, PROBE, await sign_with(pair, PROBE)));
    return kept.length > 0 && (await Promise.all(proofs)).every(Boolean);
  } catch {
    return false;
  }
}

export async function room(): Promise<Health['quota']> {
  try {
    const { usage = 0, quota = 0 } = await navigator.storage.estimate();
    return { usage, quota, low: quota > 0 && quota - usage < ROOM_LOW_BYTES };
  } catch {
    return { usage: 0, quota: 0, low: false };
  }
}
