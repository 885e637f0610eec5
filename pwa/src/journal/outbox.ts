/** Handing in: every entry of every chain on this device, until the office's signed receipt covers it. */
import { get } from 'svelte/store';

import { splice, utf8 } from '../ledger/chain';
import { call, Problem } from '../wire/client';
import type { Head, PushReply, ServerKey } from '../wire/types';
import { announce } from './changes';
import { read, under, write, type Chain, type Clock, type Meta, type Shelf, type StoredEntry, type StoredKey, type Stray } from './database';
import { APP } from './device';
import { hand_back_grants, titles_wanted } from './grants';
import { health, report_health } from './health';
import { read_hand_in, sign_with, type HandIn } from './keys';
import type { Identity } from './shapes';
import { is_unsent, waiting_of } from './waiting';

const BATCH_MAX = 50;
const BATCH_BYTES_MAX = 1_500_000;
const WAIT_DEFAULT_SECONDS = 60;
const HEARTBEAT_MS = 10 * 60_000;
/** Halving a batch of 50 down to one takes six tries that hand in nothing. */
const CIRCLES_MAX = 12;

let batch_size = BATCH_MAX;
let not_before = 0;
let last_push = 0;

/** A round that changed nothing: to go on at once would turn in circles, so the next try waits. */
export class Stalled extends Error {}

export interface Handed {
  /** Server's time less this device's, from the last reply; undefined without one. */
  offset_ms: number | undefined;
}

/** Sends what waits. Rejects when the way is blocked; all that was not proved stays and is sent again. */
export async function hand_in(): Promise<Handed> {
  const handed: Handed = { offset_ms: undefined };
  if (Date.now() < not_before) return handed;
  const chains = await read(['chains'], (shelves) => shelves.chains.all());
  chains.sort((one, other) => one.order - other.order);
  let failure: unknown;
  for (const chain of chains) {
    try {
      await hand_in_chain(chain.device, handed);
    } catch (cause) {
      // One chain must not stand in another's way; without a network there is no other way.
      failure ??= cause;
      if (cause instanceof Problem && cause.code === 'unreachable') break;
    }
    if (Date.now() < not_before) break;
  }
  // What stands beside the chains waits for none of them; without a network it waits like all else.
  const away = failure instanceof Problem && failure.code === 'unreachable';
  if (!away) await hand_in_strays().catch((cause: unknown) => (failure ??= cause));
  if (failure !== undefined) throw failure as Error;
  return handed;
}

async function hand_in_chain(device: string, handed: Handed): Promise<void> {
  let gap_at = 0;
  let fewest = Infinity;
  let circles = 0;
  for (;;) {
    await hand_back_grants();
    const outbox = await load(device);
    if (!outbox) return;
    if (outbox.unsent.length >= fewest) circles += 1;
    if (circles > CIRCLES_MAX) throw new Stalled('the office asks for the same again and again');
    fewest = Math.min(fewest, outbox.unsent.length);
    const batch = first_run(outbox.unsent);
    if (batch.length === 0 && !heartbeat_is_due(outbox)) return;
    const missing = await holes(outbox, batch, gap_at);
    const text = await push_text(outbox, batch, missing);
    let reply: PushReply;
    try {
      reply = await call<PushReply>('POST', '/sync/push', { raw: text, packed: true, token: null });
      last_push = Date.now();
      await mark_sent(batch);
    } catch (cause) {
      if (!(cause instanceof Problem)) throw cause;
      // Only an answer proves that the entries left. Without one they may have, and the screen must not say so.
      if (cause.status > 0) await mark_sent(batch);
      const stranger = cause.code === 'device_unknown' && (await titles_wanted());
      if (stranger) continue;
      if (batch.length === 0 && cause.status > 0 && cause.code !== 'gap') {
        last_push = Date.now(); // A heartbeat that is not wanted stands in nobody's way.
        return;
      }
      const again = await after_refusal(cause, outbox, batch, gap_at);
      if (again === 'wait') return;
      gap_at = again;
      continue;
    }
    handed.offset_ms = Date.parse(reply.server_time) - Date.now();
    batch_size = Math.min(batch_size * 2, BATCH_MAX);
    // What is kept beside the office's chain leaves it waiting where it was: what lacks behind is told next.
    gap_at = reply.acked.seq < gap_at ? gap_at : 0;
    const moved = await take_reply(outbox, batch, reply);
    announce('entries');
    if (batch.length > 0 && !moved) throw new Stalled('the reply proved nothing new');
  }
}

/** What to do after a refusal; a number: the seq from which the office waits. Entries stay as they are in every case. */
async function after_refusal(problem: Problem, outbox: Outbox, batch: StoredEntry[], gap_before: number): Promise<number | 'wait'> {
  if (problem.code === 'gap') {
    const expected = Number(problem.facts['expected_seq']);
    if (!Number.isSafeInteger(expected) || expected < 1 || expected === gap_before) throw problem;
    await offer_again(outbox.chain, expected);
    announce('entries');
    return expected;
  }
  if (problem.status === 413 && batch.length > 1) {
    batch_size = Math.max(1, Math.floor(batch.length / 2));
    return gap_before;
  }
  if (problem.status === 429) {
    not_before = Date.now() + 1000 * (problem.retry_after ?? WAIT_DEFAULT_SECONDS);
    return 'wait';
  }
  if (problem.code === 'device_unknown') report_health({ handed_in: 'device_unknown' });
  throw problem;
}

interface Outbox {
  identity: Identity | undefined;
  server_keys: ServerKey[];
  chain: Chain;
  key: StoredKey | undefined;
  control: string[];
  /** All unsent of this chain, in order. */
  unsent: StoredEntry[];
  /** All unsent of this device, for the manifest. */
  all_unsent: StoredEntry[];
}

async function load(device: string): Promise<Outbox | null> {
  return read(['meta', 'keys', 'chains', 'entries', 'docs'], async (shelves) => {
    const chain = await shelves.chains.get(device);
    if (!chain) return null;
    const identity = (await shelves.meta.get('identity')) as Identity | undefined;
    const control = ((await shelves.meta.get('control')) as Meta['control'] | undefined)?.differs ?? [];
    const pulled = (await shelves.docs.all(under('server_key'))).map((row) => row.doc as ServerKey);
    const all_unsent = (await shelves.entries.all_by('unseen', 1)).filter(is_unsent);
    const unsent = all_unsent.filter((entry) => entry.device === device).sort((one, other) => one.seq - other.seq);
    return {
      identity,
      server_keys: [...(identity?.keys ?? []), ...pulled],
      chain,
      control,
      key: await shelves.keys.get(device),
      unsent,
      all_unsent,
    };
  });
}

/** Neighbours only: a hole in the chain ends a batch, so that each push is one run. */
function first_run(unsent: StoredEntry[]): StoredEntry[] {
  const run: StoredEntry[] = [];
  let bytes = 0;
  for (const entry of unsent) {
    const before = run.at(-1);
    if (before && (before.seq + 1 !== entry.seq || run.length >= batch_size)) break;
    bytes += utf8(entry.envelope).length + utf8(entry.body).length + entry.sig.length;
    if (before && bytes > BATCH_BYTES_MAX) break;
    run.push(entry);
  }
  return run;
}

/** Once after a start and then now and again, an empty push tells the office that this device lives and what it holds. */
function heartbeat_is_due({ identity, chain, key }: Outbox): boolean {
  return key !== undefined && chain.seq > 0 && chain.device === identity?.device.id && Date.now() - last_push > HEARTBEAT_MS;
}

/** What the office waits for and this device no longer has: named, so that it records the hole and takes what follows. */
async function holes({ chain }: Outbox, batch: StoredEntry[], gap_at: number): Promise<[number, number][]> {
  const end = batch[0]?.seq ?? chain.seq + 1;
  if (gap_at === 0 || gap_at >= end) return [];
  const present = new Set(
    (await read(['entries'], ({ entries }) => entries.all(under(chain.device)))).map((entry) => entry.seq),
  );
  const ranges: [number, number][] = [];
  for (let seq = gap_at; seq < end; seq += 1) {
    if (present.has(seq)) continue;
    const last = ranges.at(-1);
    if (last?.[1] === seq - 1) last[1] = seq;
    else ranges.push([seq, seq]);
  }
  return ranges;
}

async function push_text(outbox: Outbox, batch: StoredEntry[], missing: [number, number][]): Promise<string> {
  const { chain, key, identity, all_unsent, control } = outbox;
  const pushed = new Set(batch.map((entry) => entry.id));
  const { installed, persisted } = get(health);
  const head: Head = {
    // Without its key nobody can sign for the chain; its entries prove themselves.
    carrier: key ? chain.device : (identity?.device.id ?? ''),
    device: chain.device,
    seq: chain.seq,
    hash: chain.hash,
    ...(missing.length > 0 ? { missing } : {}),
    manifest: waiting_of(all_unsent.filter((entry) => !pushed.has(entry.id))),
    app: APP,
    installed,
    persisted,
    ...((chain.office_seq ?? 0) > chain.seq ? { office_seq: chain.office_seq } : {}),
    ...(control.length > 0 && chain.device === identity?.device.id ? { control } : {}),
  };
  const text = JSON.stringify(head);
  const sig = key ? await sign_with(key.pair, text) : '';
  const entries = batch.map((entry) => splice(entry.envelope, entry.body, entry.sig)).join(',');
  return `{"head":${JSON.stringify(text)},"entries":[${entries}],"sig":"${sig}"}`;
}

async function mark_sent(batch: StoredEntry[]): Promise<void> {
  await write(['entries'], async ({ entries }) => {
    for (const { device, seq } of batch) {
      const entry = await entries.get([device, seq]);
      if (entry?.state === 'saved') await entries.put({ ...entry, state: 'sent' });
    }
  });
  announce('entries');
}

/** Returns whether anything went forward. */
async function take_reply(outbox: Outbox, batch: StoredEntry[], reply: PushReply): Promise<boolean> {
  const { chain: before, server_keys, identity } = outbox;
  const device = before.device;
  const arrived = Date.now();
  const receipt = await read_hand_in(server_keys, reply.receipt);
  let lost = 0;
  const proved = receipt?.device === device && receipt.seq === reply.acked.seq && receipt.hash === reply.acked.hash;
  const result = await write(['meta', 'chains', 'entries', 'receipts'], async (shelves) => {
    const chain = (await shelves.chains.get(device)) ?? before;
    let moved = await new_epoch(shelves, reply.epoch);
    // A server that was set back, or a replica that took over, asks for what it lacks by acknowledging less.
    if (reply.acked.seq < chain.acked) moved = (await reset(shelves.entries, device, reply.acked.seq + 1)) || moved;
    for (const { seq, verdict, flags = [], position } of reply.outcomes) {
      const entry = await shelves.entries.get([device, seq]);
      if (!entry || position === 0 || !batch.some((one) => one.seq === seq)) continue;
      await shelves.entries.put({ ...entry, verdict, flags, position });
    }
    const ours = await shelves.entries.get([device, reply.acked.seq]);
    const same = !ours || ours.hash === reply.acked.hash;
    if (proved && !same) moved = (await kept_beside(shelves.entries, batch, reply)) || moved;
    if (proved && same) {
      for (const { seq } of outbox.unsent) {
        const entry = await shelves.entries.get([device, seq]);
        if (!entry || seq > reply.acked.seq || !is_unsent(entry) || entry.position === undefined) continue;
        await shelves.entries.put({ ...entry, state: 'acknowledged' });
        moved = true;
      }
      const { office_seq: told, ...kept } = chain;
      const beyond = reply.acked.seq > chain.seq ? { office_seq: reply.acked.seq } : {};
      await shelves.chains.put({ ...kept, ...beyond, acked: reply.acked.seq });
      // Just found out: the office is told at once, not with the next sign of life.
      lost = Math.max(0, reply.acked.seq - chain.seq);
      if (lost > 0 && told !== reply.acked.seq) last_push = 0;
      if (reply.acked.seq > 0) await shelves.receipts.put({ device, seq: reply.acked.seq, jws: reply.receipt });
      const clock = clock_of(receipt, before, arrived);
      if (clock) await shelves.meta.put(clock, 'clock');
    }
    if (identity?.device.id === device) await shelves.meta.put(reply.device_state ?? 'active', 'device_state');
    await shelves.meta.put(new Date(arrived).toISOString(), 'last_contact');
    return { moved, same };
  });
  if (proved && identity?.device.id === device) report_health({ data_lost: lost });
  report_health({ handed_in: !proved ? 'receipt_unverified' : result.same ? 'ok' : 'office_differs' });
  if (proved) {
    report_health({ clock_ahead_hours: Math.max(0, (arrived - Date.parse(receipt.time)) / 3_600_000) });
  }
  return result.moved;
}

/**
 * The office's chain has another entry where ours stands, so its receipt proves nothing about ours. What it says of each
 * entry that it keeps beside the chain is all that a forked phone will ever hear; those behind must not wait for more.
 */
async function kept_beside(entries: Shelf<StoredEntry>, batch: StoredEntry[], { outcomes }: PushReply): Promise<boolean> {
  let moved = false;
  for (const { device, seq, hash } of batch) {
    const entry = await entries.get([device, seq]);
    const kept = outcomes.some((outcome) => outcome.seq === seq && outcome.position > 0);
    if (!kept || entry?.hash !== hash || !is_unsent(entry)) continue;
    await entries.put({ ...entry, state: 'acknowledged' });
    moved = true;
  }
  return moved;
}

/** The receipt was signed after the office had seen the head that was sent: what is up to there was written before. */
function clock_of(receipt: HandIn, { device, seq }: Chain, device_ms: number): Clock | null {
  const server_ms = Date.parse(receipt.time);
  return Number.isNaN(server_ms) ? null : { server_ms, device_ms, seq, device };
}

/**
 * A journal set back to an earlier state comes as a new epoch: all that is still here is offered again, and shows through
 * the overlay until a pull of the new epoch contains it.
 */
export async function new_epoch(
  shelves: { meta: Shelf<unknown>; entries: Shelf<StoredEntry> },
  epoch: string,
): Promise<boolean> {
  const before = await shelves.meta.get('epoch');
  if (before === epoch) return false;
  await shelves.meta.put(epoch, 'epoch');
  if (before === undefined) return false;
  await shelves.meta.put(true, 'grants_due');
  for (const entry of await shelves.entries.all()) await shelves.entries.put(unproved(entry));
  return true;
}

/** Within a transaction: an entry that was proved is offered once more. */
export async function offered_again(entries: Shelf<StoredEntry>, { device, seq }: StoredEntry): Promise<void> {
  const entry = await entries.get([device, seq]);
  if (entry && !is_unsent(entry)) await entries.put(unproved(entry));
}

/** An office that asks for what it had acknowledged was set back: what it gave this phone may be gone with it. */
async function offer_again({ device, acked }: Chain, from: number): Promise<void> {
  await write(['meta', 'entries'], async ({ meta, entries }) => {
    if (from <= acked) await meta.put(true, 'grants_due');
    await reset(entries, device, from);
  });
}

async function reset(entries: Shelf<StoredEntry>, device: string, from: number): Promise<boolean> {
  let changed = false;
  for (const entry of await entries.all(under(device))) {
    if (entry.seq < from || is_unsent(entry)) continue;
    await entries.put(unproved(entry));
    changed = true;
  }
  return changed;
}

function unproved(entry: StoredEntry): StoredEntry {
  const { position: _, ...rest } = entry;
  return { ...rest, state: entry.state === 'saved' ? 'saved' : 'sent', unseen: 1 };
}

/** One entry that is not of a chain here; entries prove themselves. Returns whether the office has it. */
export async function hand_in_alone({ device, seq, hash, text }: Pick<Stray, 'device' | 'seq' | 'hash' | 'text'>): Promise<boolean> {
  const head: Head = { device, seq, hash };
  const reply = await call<PushReply>('POST', '/sync/push', {
    raw: `{"head":${JSON.stringify(JSON.stringify(head))},"entries":[${text}],"sig":""}`,
    token: null,
  });
  return reply.outcomes.some((outcome) => outcome.seq === seq && outcome.position > 0);
}

/** Entries that do not continue the chain here are handed in one by one as found; the office keeps both. */
async function hand_in_strays(): Promise<void> {
  const strays = (await read(['strays'], (shelves) => shelves.strays.all())).filter((stray) => !stray.handed_in);
  for (const stray of strays) {
    try {
      if (!(await hand_in_alone(stray))) continue;
      await write(['strays'], (shelves) => shelves.strays.put({ ...stray, handed_in: true }));
    } catch (cause) {
      if (!(cause instanceof Problem) || cause.code === 'unreachable') throw cause;
    }
  }
}
