/**
 * The second copy of all entries beside the database, for the day when the browser opens an empty or older one. It is
 * written after the database said `complete`, best effort; at start the two are compared, and what only the copy has is
 * brought back by its hashes before anything new is written.
 */
import { proved_hash, splice, unsplice, type EntryTexts } from '../ledger/chain';
import type { Bodies, Envelope } from '../wire/types';
import { announce } from './changes';
import { read, under, write, type Chain, type StoredEntry } from './database';
import { report_health } from './health';

const PATIENCE_MS = 300;
const READ_PATIENCE_MS = 10_000;

export interface Copy {
  append: (device: string, lines: string[]) => Promise<void>;
  /** Lines by device. */
  read_all: () => Promise<Record<string, string[]>>;
  /** Deletes it, for a phone that is wiped. */
  erase?: () => Promise<void>;
}

export type CopyQuestion =
  | { id: number; ask: 'append'; device: string; lines: string[] }
  | { id: number; ask: 'read' }
  | { id: number; ask: 'erase' };

export interface CopyAnswer {
  id: number;
  ok: boolean;
  found: Record<string, string[]>;
  why?: string;
}

let copy: Copy | null | undefined;

/** For tests, and for browsers where another way of keeping the copy is better. null: none. */
export function use_copy(other: Copy | null): void {
  copy = other;
}

function the_copy(): Copy | null {
  copy ??= typeof Worker === 'undefined' || !('storage' in navigator) || !('getDirectory' in navigator.storage) ? null : by_worker();
  return copy;
}

function by_worker(): Copy {
  const worker = new Worker(new URL('./copy_worker.ts', import.meta.url), { type: 'module' });
  const waiting = new Map<number, (answer: CopyAnswer) => void>();
  let last = 0;
  worker.onmessage = ({ data }: MessageEvent<CopyAnswer>) => {
    waiting.get(data.id)?.(data);
    waiting.delete(data.id);
  };
  worker.onerror = () => {
    for (const [id, answer] of waiting) answer({ id, ok: false, found: {}, why: 'the worker failed' });
    waiting.clear();
  };
  const ask = async (question: (id: number) => CopyQuestion): Promise<CopyAnswer['found']> => {
    last += 1;
    const id = last;
    const answer = await new Promise<CopyAnswer>((resolve) => {
      waiting.set(id, resolve);
      worker.postMessage(question(id));
    });
    if (!answer.ok) throw new Error(answer.why);
    return answer.found;
  };
  return {
    append: async (device, lines) => {
      await ask((id) => ({ id, ask: 'append', device, lines }));
    },
    read_all: async () => ask((id) => ({ id, ask: 'read' })),
    erase: async () => {
      await ask((id) => ({ id, ask: 'erase' }));
    },
  };
}

/** Never rejects and never takes long: the voucher is durable already. */
export async function copy_entry({ device, envelope, body, sig }: StoredEntry): Promise<void> {
  const to = the_copy();
  if (!to) {
    report_health({ copy: 'unavailable' });
    return;
  }
  try {
    await in_time(to.append(device, [splice(envelope, body, sig)]), PATIENCE_MS);
  } catch {
    report_health({ copy: 'failed' });
  }
}

async function in_time<T>(work: Promise<T>, patience_ms: number): Promise<T> {
  let clock: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_, reject) => {
    clock = setTimeout(() => reject(new Error('too slow')), patience_ms);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(clock);
  }
}

export interface Line {
  envelope: Envelope;
  texts: EntryTexts;
  hash: string;
}

/**
 * Brings back what only the copy has, and gives the copy what only the database has. Until it has ended nothing may be
 * written: an entry on an old head would be a fork of the chain. The caller holds the lock for appending.
 */
export async function compare_copy(): Promise<void> {
  const from = the_copy();
  if (!from) {
    report_health({ copy: 'unavailable' });
    return;
  }
  let found: Record<string, string[]>;
  try {
    found = await in_time(from.read_all(), READ_PATIENCE_MS);
  } catch {
    report_health({ copy: 'failed' });
    return;
  }
  const known = await read(['chains'], ({ chains }) => chains.all());
  const devices = new Set([...Object.keys(found), ...known.map((chain) => chain.device)]);
  let state: 'ok' | 'differs' | 'failed' = 'ok';
  for (const device of devices) {
    const lines = await proved(device, found[device] ?? []);
    if (await bring_back(device, lines)) state = 'differs';
    const held = new Set(lines.map((line) => line.hash));
    const entries = await read(['entries'], (shelves) => shelves.entries.all(under(device)));
    const lacking = entries.filter((entry) => !held.has(entry.hash));
    try {
      if (lacking.length > 0) await from.append(device, lacking.map(({ envelope, body, sig }) => splice(envelope, body, sig)));
    } catch {
      state = 'failed';
    }
  }
  report_health({ copy: state });
}

/** Only `wipe` calls this, when the office has acknowledged everything. */
export async function erase_copy(): Promise<void> {
  await the_copy()?.erase?.();
}

/** What the copy holds, by device, each entry proved by its hashes and in order; for when the database cannot be read. */
export async function copied_entries(): Promise<{ device: string; entries: Line[] }[]> {
  const from = the_copy();
  if (!from) throw new Error('there is no second copy');
  const found = await in_time(from.read_all(), READ_PATIENCE_MS);
  const chains = Object.entries(found).map(async ([device, lines]) => ({ device, entries: await proved(device, lines) }));
  return Promise.all(chains);
}

async function proved(device: string, texts: string[]): Promise<Line[]> {
  const lines = new Map<string, Line>();
  for (const text of texts) {
    const line = await read_line(text);
    if (line?.envelope.device === device) lines.set(line.hash, line);
  }
  return [...lines.values()].sort((one, other) => one.envelope.seq - other.envelope.seq);
}

/** null for a torn line, or one whose body is not the one that was hashed. */
async function read_line(text: string): Promise<Line | null> {
  const texts = unsplice(text);
  if (!texts) return null;
  try {
    const hash = await proved_hash(texts);
    return hash === null ? null : { envelope: JSON.parse(texts.envelope) as Envelope, texts, hash };
  } catch {
    return null;
  }
}

/** True when the copy has entries that do not continue the chain here; they are kept apart and handed in as they are. */
async function bring_back(device: string, lines: Line[]): Promise<boolean> {
  const first = lines[0];
  if (!first) return false;
  const { differs, changed } = await write(['chains', 'entries', 'used', 'strays'], async (shelves) => {
    const order = (await shelves.chains.all()).length;
    let chain: Chain = (await shelves.chains.get(device)) ?? {
      device,
      company: first.envelope.company,
      seq: first.envelope.seq - 1,
      hash: first.envelope.prev,
      at: '',
      deposits: 0,
      acked: 0,
      first_id: '',
      order,
    };
    const seq_before = chain.seq;
    let strays = 0;
    for (const { envelope, texts, hash } of lines) {
      const stored = await shelves.entries.get([device, envelope.seq]);
      if (stored?.hash === hash) continue;
      if (envelope.seq !== chain.seq + 1 || envelope.prev !== chain.hash || stored) {
        // Below a chain that was pruned or reported missing it is a repeat to the office, and costs nothing.
        const known = await shelves.strays.get(hash);
        if (!known) {
          await shelves.strays.put({ hash, device, seq: envelope.seq, text: splice(texts.envelope, texts.body, texts.sig), handed_in: false });
        }
        strays += 1;
        continue;
      }
      const { id, kind, at, by, seq } = envelope;
      await shelves.entries.put({ device, seq, id, kind, at, by, hash, ...texts, state: 'saved', unseen: 1 });
      chain = { ...chain, seq, hash, at };
      if (kind === 'receipt_issued') {
        const { book, leaf } = JSON.parse(texts.body) as Bodies['receipt_issued'];
        await shelves.used.put({ book, leaf, entry: id });
      }
      if (kind === 'deposit_declared') {
        const { count } = JSON.parse(texts.body) as Bodies['deposit_declared'];
        chain = { ...chain, deposits: Math.max(chain.deposits, count) };
      }
    }
    if (chain.seq > seq_before) await shelves.chains.put(chain);
    return { differs: strays > 0, changed: chain.seq > seq_before };
  });
  if (changed) announce('appended');
  return differs;
}
