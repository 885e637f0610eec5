/** Everything that a screen shows: what was pulled, and own entries that are not in it yet. */
import { get, writable, type Readable } from 'svelte/store';

import { leaves_left } from '../ledger/numbering';
import { apply_own, NUMBERING_STATES, type Docs, type OwnEntry } from '../ledger/overlay';
import { session } from '../wire/client';
import type { Bodies, Device, Kind, Outcome, User, Verdict } from '../wire/types';
import { on_change } from './changes';
import { read, under, type Shelves, type StoredEntry, type StoredGrant, type UsedLeaf } from './database';
import { caught_up, first_look, joined, read_all, read_rest, relisted, type Pulled, type Rest, type Shown } from './pulled';
import type { EntryState, Identity, World } from './shapes';
import { waiting_of } from './waiting';

export type { World } from './shapes';

const EMPTY: World = {
  ready: false,
  whole: false,
  company: null,
  user: null,
  device: null,
  device_state: 'active',
  people: new Map(),
  customers: new Map(),
  former_customers: new Map(),
  items: new Map(),
  items_of: new Map(),
  plans: new Map(),
  visits: new Map(),
  open_visit: null,
  books: [],
  vouchers: new Map(),
  cheques: new Map(),
  custody: { id: '' },
  deposits: new Map(),
  deposits_waiting: new Map(),
  phone_keys: new Map(),
  safes: new Map(),
  promises: new Map(),
  disputes: new Map(),
  contacts: new Map(),
  confirmations: new Map(),
  cases: new Map(),
  targets: new Map(),
  day_reports: new Map(),
  entry_state: () => 'seen',
  own_verdict: () => undefined,
  waiting: { unsent: 0, oldest_at: '', totals: [] },
  numbers_left: 0,
};

const shown = writable<World>(EMPTY);
export const world: Readable<World> = shown;

interface Own {
  state: EntryState;
  outcome: Outcome | undefined;
  qr: string | undefined;
}

/** A history longer than this is read with the rest, in pieces. */
const ENTRIES_FEW = 500;
const PIECE = 500;
/** By then the screen that an entry leads to is drawn. */
const AT_REST_MS = 300;
const STORES = ['meta', 'docs', 'changed', 'entries', 'chains', 'used', 'grants'] as const;

/** What was read last; kept so that a new entry does not cost reading all documents again. */
let pulled: Pulled | undefined;
let rest: Rest | undefined;
let unseen: StoredEntry[] = [];
/** Written by this tab since the last reading began. */
let fresh: StoredEntry[] = [];
/** Entries as the overlay wants them, by hash: a long offline day is not parsed again for each voucher. */
let parsed = new Map<string, OwnEntry>();
let own = new Map<string, Own>();
/** `own` knows all entries of this device, and not only those that are not seen yet. */
let history = false;
let about: { identity: Identity | undefined; device_state: string; used: UsedLeaf[]; grants: StoredGrant[] };

let started = false;
/** Counts the starts: what an earlier one still reads is not wanted any more. */
let start = 0;
let reading_on = false;
let refreshing: Promise<void> = Promise.resolve();
let due = false;
let resting: ReturnType<typeof setTimeout> | undefined;

/** Reads what the first screen needs, and behind it the rest; then follows every change, also those that other tabs make. */
export async function start_world(): Promise<void> {
  if (!started) {
    started = true;
    on_change((_, entry) => {
      if (!entry || !take(entry)) void refresh();
      else resting ??= setTimeout(read_again, AT_REST_MS);
    });
    session.subscribe(() => {
      if (get(shown).ready && pulled) shown.set(seen_together(pulled));
    });
  }
  start += 1;
  pulled = undefined;
  rest = undefined;
  own = new Map();
  unseen = [];
  history = false;
  await refresh();
}

/**
 * Shows an entry of this tab at once. It is in the database already; to read that before its number is drawn would only take
 * the screen's time. False where only the database can tell what comes before it.
 */
function take(entry: StoredEntry): boolean {
  if (!get(shown).ready || !pulled) return false;
  const before = unseen.findLast(({ device }) => device === entry.device);
  if (before && before.seq !== entry.seq - 1) return false;
  fresh.push(entry);
  unseen = [...unseen, entry];
  own.set(entry.id, own_of(entry));
  about = { ...about, used: [...about.used, ...leaf_of(entry)] };
  shown.set(seen_together(pulled));
  return true;
}

function read_again(): void {
  resting = undefined;
  void refresh();
}

function leaf_of({ kind, id, body }: StoredEntry): UsedLeaf[] {
  if (kind !== 'receipt_issued') return [];
  const { book, leaf } = JSON.parse(body) as Bodies['receipt_issued'];
  return [{ book, leaf, entry: id }];
}

/** One reading at a time; changes that arrive meanwhile are read together afterwards. */
export function refresh(): Promise<void> {
  if (due) return refreshing;
  due = true;
  clearTimeout(resting);
  resting = undefined;
  refreshing = refreshing.then(async () => {
    due = false;
    try {
      const taken = rest;
      fresh = [];
      const now = await read([...STORES], reread);
      pulled = now;
      if (taken && rest === taken) rest = undefined;
      shown.set(seen_together(now));
      if (!get(shown).whole) void read_on(now);
    } catch {
      // The database's own state tells of it; the next change reads again, and what is shown stays.
    }
  });
  return refreshing;
}

async function reread(shelves: Shelves<(typeof STORES)[number]>): Promise<Pulled> {
  const { entries, meta } = shelves;
  const [count, unseen_now, chains, identity, device_state = 'active', grants] = await Promise.all([
    history ? 0 : entries.count(),
    entries.all_by('unseen', 1),
    shelves.chains.all(),
    meta.get('identity') as Promise<Identity | undefined>,
    meta.get('device_state') as Promise<string | undefined>,
    shelves.grants.all(),
  ]);
  if (!history && count <= ENTRIES_FEW) {
    for (const entry of await entries.all()) own.set(entry.id, own_of(entry));
    history = true;
  }
  const still = new Set(unseen_now.map((entry) => entry.id));
  const left = unseen.filter(({ id }) => !still.has(id));
  for (const entry of await Promise.all(left.map(({ device, seq }) => entries.get([device, seq])))) {
    if (entry) own.set(entry.id, own_of(entry));
  }
  for (const entry of unseen_now) own.set(entry.id, own_of(entry));
  // Written while this was read.
  const later = (): StoredEntry[] => fresh.filter(({ id }) => !still.has(id));
  const order = new Map(chains.map((chain) => [chain.device, chain.order]));
  unseen = [...unseen_now, ...later()].sort((one, other) => (order.get(one.device) ?? 0) - (order.get(other.device) ?? 0) || one.seq - other.seq);
  const now = await documents_now(shelves);
  const numbering = [...now.docs.book.values()].filter(({ state = 'assigned' }) => NUMBERING_STATES.has(state));
  const used = (await Promise.all(numbering.map(({ id }) => shelves.used.all(under(id))))).flat();
  about = { identity, device_state, used: [...used, ...later().flatMap(leaf_of)], grants };
  return now;
}

async function documents_now(shelves: Shown): Promise<Pulled> {
  if (!pulled) return first_look(shelves, unseen, Date.now());
  const now = await caught_up(shelves, rest ? joined(pulled, rest) : pulled);
  return now ?? (pulled.whole || rest ? read_all(shelves) : first_look(shelves, unseen, Date.now()));
}

/** What the first look left out, in pieces between which the screen has its turn. */
async function read_on(from: Pulled): Promise<void> {
  if (reading_on) return;
  reading_on = true;
  const mine = start;
  try {
    const found = from.whole ? undefined : await read_rest(from, pause);
    await read_history(mine);
    if (mine === start) {
      rest = found;
      history = true;
    }
  } catch {
    return; // The next change tries again.
  } finally {
    reading_on = false;
  }
  await refresh();
}

async function read_history(mine: number): Promise<void> {
  for (const { device } of await read(['chains'], ({ chains }) => chains.all())) {
    let last: number | undefined;
    do {
      await pause();
      const entries = await read(['entries'], (shelves) => shelves.entries.all(under(device, last), PIECE));
      if (mine !== start) return;
      // What a change has brought meanwhile is newer.
      for (const entry of entries) if (!own.has(entry.id)) own.set(entry.id, own_of(entry));
      last = entries.length === PIECE ? entries.at(-1)?.seq : undefined;
    } while (last !== undefined);
  }
}

/** Until the browser has nothing better to do, but not for long. */
function pause(): Promise<void> {
  return new Promise((resolve) => {
    if (typeof requestIdleCallback === 'function') requestIdleCallback(() => resolve(), { timeout: 200 });
    else setTimeout(resolve, 5);
  });
}

function own_of({ state, seq, position, verdict, flags, qr }: StoredEntry): Own {
  const outcome = position === undefined || verdict === undefined ? undefined : { seq, position, verdict, flags: flags ?? [] };
  return { state, outcome, qr };
}

function own_entries(): OwnEntry[] {
  const now = new Map<string, OwnEntry>();
  for (const entry of unseen) {
    const known = parsed.get(entry.hash);
    now.set(entry.hash, known && known.verdict === entry.verdict ? known : own_entry(entry));
  }
  parsed = now;
  return [...now.values()];
}

function own_entry({ kind, id, seq, hash, at, by, device, body, verdict }: StoredEntry): OwnEntry {
  const judged = verdict === undefined ? {} : { verdict: verdict as Verdict };
  return { kind: kind as Kind, id, seq, hash, at, by, device, body: JSON.parse(body) as Bodies[Kind], ...judged };
}

function seen_together({ docs: as_pulled, items_of, former_customers, whole }: Pulled): World {
  const { identity, device_state, used, grants } = about;
  const docs = apply_own(with_identity(as_pulled, identity), own_entries());
  const user = user_of(identity, docs);
  const device = identity ? (docs.device.get(identity.device.id) ?? identity.device) : null;
  const vouchers = new Map(docs.voucher);
  for (const voucher of docs.voucher.values()) {
    const qr = own.get(voucher.id)?.qr;
    if (qr !== undefined && !voucher.qr) vouchers.set(voucher.id, { ...voucher, qr });
  }
  return {
    ready: true,
    whole: whole && history,
    company: (identity && docs.company.get(identity.company.id)) ?? identity?.company ?? get(session)?.company ?? null,
    user,
    device,
    device_state,
    people: docs.person,
    customers: docs.customer,
    former_customers,
    items: docs.item,
    items_of: relisted(items_of, as_pulled.item, docs.item),
    plans: docs.plan,
    visits: docs.visit,
    open_visit: open_visit(docs, device),
    books: [...docs.book.values()],
    vouchers,
    cheques: docs.cheque,
    custody: (user && docs.custody.get(user.id)) ?? { id: user?.id ?? '' },
    deposits: docs.deposit,
    deposits_waiting: docs.deposit_waiting,
    phone_keys: docs.phone_key,
    safes: docs.safe,
    promises: docs.promise,
    disputes: docs.dispute,
    contacts: docs.contact,
    confirmations: docs.confirmation,
    cases: docs.case,
    targets: docs.target,
    day_reports: docs.day_report,
    entry_state: (id) => own.get(id)?.state ?? 'seen',
    own_verdict: (id) => own.get(id)?.outcome,
    waiting: waiting_of(unseen),
    numbers_left: numbers_left(docs, device, used, grants),
  };
}

/** What was pulled; before the first pull, what the enrolment said. */
function with_identity(docs: Docs, identity: Identity | undefined): Docs {
  if (!identity) return docs;
  const { company, device, user } = identity;
  return {
    ...docs,
    company: new Map([[company.id, company], ...docs.company]),
    device: new Map([[device.id, device], ...docs.device]),
    user: user ? new Map([[user.id, user], ...docs.user]) : docs.user,
  };
}

function user_of(identity: Identity | undefined, docs: Docs): User | null {
  if (identity?.user) return docs.user.get(identity.user.id) ?? identity.user;
  return get(session)?.user ?? null;
}

function open_visit(docs: Docs, device: Device | null): World['open_visit'] {
  const visit = docs.visit.get(device?.visit ?? '');
  return visit && !visit.ended_at ? visit : null;
}

function numbers_left(docs: Docs, device: Device | null, used: UsedLeaf[], grants: StoredGrant[]): number {
  const accepted = new Set(grants.map((grant) => grant.book));
  let left = 0;
  for (const book of docs.book.values()) {
    const state = book.state ?? 'assigned';
    if (book.device !== device?.id || book.kind !== 'electronic' || !NUMBERING_STATES.has(state)) continue;
    if (state === 'assigned' && !accepted.has(book.id)) continue;
    left += leaves_left(book, used.filter((one) => one.book === book.id).map((one) => one.leaf));
  }
  return left;
}
