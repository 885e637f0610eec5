/** Everything that a screen shows: what was pulled, and own entries that are not in it yet. */
import { get, writable, type Readable } from 'svelte/store';

import { compare } from '../ledger/allocation';
import { leaves_left } from '../ledger/numbering';
import { apply_own, no_docs, NUMBERING_STATES, type Docs, type OwnEntry, type ShownType } from '../ledger/overlay';
import { session } from '../wire/client';
import type { Bodies, Device, Documents, Kind, Outcome, User, Verdict } from '../wire/types';
import { on_change, type Change } from './changes';
import { read, type StoredDoc, type StoredEntry, type StoredGrant, type UsedLeaf } from './database';
import type { EntryState, Identity, Item, World } from './shapes';
import { waiting_of } from './waiting';

export type { World } from './shapes';

const EMPTY: World = {
  ready: false,
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

/** What was read last; kept so that a new entry does not cost reading all documents again. */
let rows: StoredDoc[] = [];
let unseen: StoredEntry[] = [];
let own = new Map<string, Own>();
let rest: { identity: Identity | undefined; device_state: string; used: UsedLeaf[]; grants: StoredGrant[]; order: Map<string, number> };

let started = false;
let refreshing: Promise<void> = Promise.resolve();
let due: Change | undefined;

/** Reads all, and then follows every change, also those that other tabs make. */
export async function start_world(): Promise<void> {
  if (!started) {
    started = true;
    on_change((change) => void refresh(change));
    session.subscribe(() => {
      if (get(shown).ready) shown.set(seen_together());
    });
  }
  own = new Map();
  await refresh('documents');
}

/** One reading at a time; changes that arrive meanwhile are read together afterwards. */
export function refresh(change: Change): Promise<void> {
  if (due) {
    if (change === 'documents') due = change;
    return refreshing;
  }
  due = change;
  refreshing = refreshing.then(async () => {
    const what = due;
    due = undefined;
    try {
      await reread(what === 'documents');
      shown.set(seen_together());
    } catch {
      // The database's own state tells of it; the next change reads again, and what is shown stays.
    }
  });
  return refreshing;
}

async function reread(documents: boolean): Promise<void> {
  await read(['meta', 'docs', 'entries', 'chains', 'used', 'grants'], async (shelves) => {
    if (documents) rows = await shelves.docs.all();
    if (own.size === 0) for (const entry of await shelves.entries.all()) own.set(entry.id, own_of(entry));
    const before = unseen;
    unseen = await shelves.entries.all_by('unseen', 1);
    const still = new Set(unseen.map((entry) => entry.id));
    for (const { id, device, seq } of before) {
      if (still.has(id)) continue;
      const entry = await shelves.entries.get([device, seq]);
      if (entry) own.set(id, own_of(entry));
    }
    for (const entry of unseen) own.set(entry.id, own_of(entry));
    const order = new Map((await shelves.chains.all()).map((chain) => [chain.device, chain.order]));
    rest = {
      identity: (await shelves.meta.get('identity')) as Identity | undefined,
      device_state: ((await shelves.meta.get('device_state')) as string | undefined) ?? 'active',
      used: await shelves.used.all(),
      grants: await shelves.grants.all(),
      order,
    };
    unseen.sort((one, other) => (order.get(one.device) ?? 0) - (order.get(other.device) ?? 0) || one.seq - other.seq);
  });
}

function own_of({ state, seq, position, verdict, flags, qr }: StoredEntry): Own {
  const outcome = position === undefined || verdict === undefined ? undefined : { seq, position, verdict, flags: flags ?? [] };
  return { state, outcome, qr };
}

function own_entry({ kind, id, seq, hash, at, by, device, body, verdict }: StoredEntry): OwnEntry {
  const judged = verdict === undefined ? {} : { verdict: verdict as Verdict };
  return { kind: kind as Kind, id, seq, hash, at, by, device, body: JSON.parse(body) as Bodies[Kind], ...judged };
}

function seen_together(): World {
  const { identity, device_state, used, grants } = rest;
  const docs = apply_own(documents(identity), unseen.map(own_entry));
  const user = user_of(identity, docs);
  const device = identity ? (docs.device.get(identity.device.id) ?? identity.device) : null;
  const vouchers = new Map(docs.voucher);
  for (const voucher of docs.voucher.values()) {
    const qr = own.get(voucher.id)?.qr;
    if (qr !== undefined && !voucher.qr) vouchers.set(voucher.id, { ...voucher, qr });
  }
  const former = rows.filter((row) => row.former && row.type === 'customer').map((row) => row.doc as Documents['customer']);
  return {
    ready: true,
    company: (identity && docs.company.get(identity.company.id)) ?? identity?.company ?? get(session)?.company ?? null,
    user,
    device,
    device_state,
    people: docs.person,
    customers: docs.customer,
    former_customers: new Map(former.map((customer) => [customer.id, customer])),
    items: docs.item,
    items_of: by_customer(docs.item),
    plans: docs.plan,
    visits: docs.visit,
    open_visit: open_visit(docs, device),
    books: [...docs.book.values()],
    vouchers,
    cheques: docs.cheque,
    custody: (user && docs.custody.get(user.id)) ?? { id: user?.id ?? '' },
    deposits: docs.deposit,
    deposits_waiting: docs.deposit_waiting,
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
function documents(identity: Identity | undefined): Docs {
  const docs = no_docs() as unknown as Record<ShownType, Map<string, unknown>>;
  if (identity) {
    docs.company.set(identity.company.id, identity.company);
    docs.device.set(identity.device.id, identity.device);
    if (identity.user) docs.user.set(identity.user.id, identity.user);
  }
  for (const { type, id, doc, former } of rows) {
    if (!former && type in docs) docs[type as ShownType].set(id, doc);
  }
  return docs as unknown as Docs;
}

function user_of(identity: Identity | undefined, docs: Docs): User | null {
  if (identity?.user) return docs.user.get(identity.user.id) ?? identity.user;
  return get(session)?.user ?? null;
}

function by_customer(items: ReadonlyMap<string, Item>): Map<string, Item[]> {
  const lists = new Map<string, Item[]>();
  for (const item of items.values()) {
    const list = lists.get(item.customer);
    if (list) list.push(item);
    else lists.set(item.customer, [item]);
  }
  for (const list of lists.values()) {
    list.sort((one, other) => compare(one.due, other.due) || compare(one.date, other.date) || compare(one.number, other.number));
  }
  return lists;
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
