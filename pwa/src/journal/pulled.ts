/**
 * The pulled documents in memory. A large portfolio is read in two goes: first what Today shows, then the rest in small
 * pieces between which the screen stays alive. From then on only what a pull changed is read. A customer is here with all
 * of its items or not at all, so that no balance is ever shown from a part of them.
 */
import { compare } from '../ledger/allocation';
import { Layered, version_of } from '../ledger/layered';
import { no_docs, SHOWN_TYPES, type Docs, type ShownType } from '../ledger/overlay';
import { read, under, type Meta, type Shelf, type Shelves, type StoredDoc, type StoredEntry } from './database';
import type { Customer, Item } from './shapes';

/** As many documents as are read in one go without anybody noticing. */
const FEW = 3_000;
const PIECE = 1_000;
/** Versions share one base until this many rows differ from it. */
const LAYER_MAX = 2_000;
/** More ids than this in what waits to be sent: to look for each takes longer than to read all. */
const NAMED_MAX = 3_000;
const DAY_MS = 86_400_000;

/** Which state of the stored documents this is. */
interface Mark {
  rev: number | undefined;
  cursor: string;
}

export interface Pulled {
  docs: Docs;
  /** Items of a customer, oldest first. */
  items_of: ReadonlyMap<string, Item[]>;
  former_customers: ReadonlyMap<string, Customer>;
  whole: boolean;
  at: Mark;
}

export type Shown = Shelves<'meta' | 'docs' | 'changed'>;

async function mark_of({ meta }: Shown): Promise<Mark> {
  const { cursor, rev } = ((await meta.get('pull')) as Meta['pull'] | undefined) ?? { cursor: '' };
  return { rev, cursor };
}

// ---- the first look

/** All documents if they are few; else those of `Today` and of what waits. `now_ms`: the clock. */
export async function first_look(shelves: Shown, unseen: readonly StoredEntry[], now_ms: number): Promise<Pulled> {
  if ((await shelves.docs.count()) <= FEW) return read_all(shelves);
  const { docs } = shelves;
  const at = await mark_of(shelves);
  const small = no_docs() as unknown as Record<ShownType, Map<string, unknown>>;
  const types = SHOWN_TYPES.filter((type) => type !== 'customer' && type !== 'item');
  for (const rows of await Promise.all(types.map((type) => docs.all(under(type))))) {
    for (const { type, id, doc, former } of rows) if (!former) small[type as ShownType].set(id, doc);
  }
  const wanted = await customers_wanted(docs, small as unknown as Docs, unseen, now_ms);
  if (wanted === null) return read_all(shelves);
  const found = await Promise.all(
    [...wanted].map(async (id) => ({ customer: await docs.get(['customer', id]), theirs: await docs.all_by('customer', id) })),
  );
  for (const { customer, theirs } of found) {
    if (!customer || customer.former) continue;
    small.customer.set(customer.id, customer.doc);
    for (const row of theirs) if (row.type === 'item' && !row.former) small.item.set(row.id, row.doc);
  }
  const shown = small as unknown as Docs;
  return { docs: shown, items_of: by_customer(shown.item), former_customers: await former_of(docs), whole: false, at };
}

/** Customers of yesterday's, today's and tomorrow's plans and visits, and all that unseen entries are about; null: too many. */
async function customers_wanted(
  docs: Shelf<StoredDoc>,
  small: Docs,
  unseen: readonly StoredEntry[],
  now_ms: number,
): Promise<Set<string> | null> {
  const days = new Set([-1, 0, 1].map((days) => new Date(now_ms + days * DAY_MS).toISOString().slice(0, 10)));
  const wanted = new Set<string>();
  for (const { day, stops } of small.plan.values()) if (days.has(day)) for (const id of stops) wanted.add(id);
  for (const { day, customer, ended_at } of small.visit.values()) if (days.has(day) || !ended_at) wanted.add(customer);
  const named = ids_in(unseen);
  if (named.size > NAMED_MAX) return null;
  const strangers: string[] = [];
  for (const id of named) {
    const paper = small.voucher.get(id) ?? small.visit.get(id) ?? small.cheque.get(id);
    if (paper) wanted.add(paper.customer);
    else strangers.push(id);
  }
  const items = await Promise.all(strangers.map((id) => docs.get(['item', id])));
  for (const row of items) if (row) wanted.add((row.doc as Item).customer);
  // Which of them are customers is found out where they are read.
  for (const id of strangers) wanted.add(id);
  return wanted;
}

/** Whatever kind an entry is of: each text in it that may be an id. */
function ids_in(entries: readonly StoredEntry[]): Set<string> {
  const found = new Set<string>();
  const look = (value: unknown): void => {
    if (typeof value === 'string') {
      if (value !== '' && value.length <= 64 && !/\s/.test(value)) found.add(value);
    } else if (typeof value === 'object' && value !== null) {
      for (const part of Object.values(value)) look(part);
    }
  };
  for (const { body } of entries) look(JSON.parse(body));
  return found;
}

async function former_of(docs: Shelf<StoredDoc>): Promise<Map<string, Customer>> {
  const rows = (await docs.all_by('former', 1)).filter(({ type }) => type === 'customer');
  return new Map(rows.map(({ id, doc }) => [id, doc as Customer]));
}

/** All in one transaction, in pieces. */
export async function read_all(shelves: Shown): Promise<Pulled> {
  const at = await mark_of(shelves);
  const all = no_docs() as unknown as Record<ShownType, Map<string, unknown>>;
  for (const type of SHOWN_TYPES) {
    let last: string | undefined;
    do {
      last = keep(all[type], await shelves.docs.all(under(type, last), PIECE));
    } while (last !== undefined);
  }
  const docs = all as unknown as Docs;
  return { docs, items_of: by_customer(docs.item), former_customers: await former_of(shelves.docs), whole: true, at };
}

/** Returns the id of the last one of a full piece: there may be more behind it. */
function keep(into: Map<string, unknown>, rows: readonly StoredDoc[]): string | undefined {
  for (const { id, doc, former } of rows) if (!former) into.set(id, doc);
  return rows.length === PIECE ? rows.at(-1)?.id : undefined;
}

// ---- the rest

/** What the first look left out, as it was at `at` or later: `caught_up` brings it to one state. */
export interface Rest {
  customers: Map<string, Customer>;
  items: Map<string, Item>;
  items_of: Map<string, Item[]>;
  at: Mark;
}

/** Each piece is a transaction of its own, so that a voucher never waits for it. `pause`: until the screen has had its turn. */
export async function read_rest({ at }: Pulled, pause: () => Promise<void>): Promise<Rest> {
  const rest: Rest = { customers: new Map(), items: new Map(), items_of: new Map(), at };
  for (const [type, into] of [['customer', rest.customers], ['item', rest.items]] as const) {
    let last: string | undefined;
    do {
      await pause();
      last = keep(into, await read(['docs'], ({ docs }) => docs.all(under(type, last), PIECE)));
    } while (last !== undefined);
  }
  let listed = 0;
  for (const item of rest.items.values()) {
    list(rest.items_of, item);
    if ((listed += 1) % (4 * PIECE) === 0) await pause();
  }
  listed = 0;
  for (const items of rest.items_of.values()) {
    items.sort(oldest_first);
    if ((listed += 1) % PIECE === 0) await pause();
  }
  return rest;
}

/** The first look and the rest together, still at the state of the first look. */
export function joined(pulled: Pulled, rest: Rest): Pulled {
  const docs: Docs = { ...pulled.docs, customer: rest.customers, item: rest.items };
  return { ...pulled, docs, items_of: rest.items_of, whole: true, at: rest.at };
}

// ---- from then on

/** The documents as they are stored now; null when the way there is not known. */
export async function caught_up(shelves: Shown, pulled: Pulled): Promise<Pulled | null> {
  const now = await mark_of(shelves);
  const before = pulled.at;
  if (before.rev === now.rev && (now.rev !== undefined || before.cursor === now.cursor)) return pulled;
  if (before.rev === undefined || now.rev === undefined) return null;
  const ids = new Map<string, [type: string, id: string]>();
  let reached = before.rev;
  for (const { rev, after, docs } of await shelves.changed.all(IDBKeyRange.lowerBound(before.rev, true))) {
    if (after !== reached || docs === null) return null;
    for (const [type, id] of docs) ids.set(`${type}|${id}`, [type, id]);
    reached = rev;
  }
  if (reached !== now.rev) return null;
  const found = await Promise.all(
    [...ids.values()].map(async ([type, id]) => ({ type, id, row: await shelves.docs.get([type, id]) })),
  );
  const docs = changed_docs(pulled, found);
  const items_of = relisted(pulled.items_of, pulled.docs.item, docs.item);
  return { ...pulled, docs: rebased(docs), items_of: one_layer(items_of), former_customers: await former_of(shelves.docs), at: now };
}

function changed_docs({ docs, whole }: Pulled, found: readonly { type: string; id: string; row: StoredDoc | undefined }[]): Docs {
  const next = { ...docs } as unknown as Record<string, ReadonlyMap<string, unknown>>;
  const versions = new Map<string, ReturnType<typeof version_of<unknown>>>();
  for (const { type, id, row } of found) {
    const table = next[type];
    if (!table) continue;
    // Not among those of the first look: it comes whole, with the rest.
    const customer = type === 'customer' ? id : type === 'item' && row ? (row.doc as Item).customer : undefined;
    if (!whole && customer !== undefined && !docs.customer.has(customer)) continue;
    const version = versions.get(type) ?? version_of(table);
    versions.set(type, version);
    if (row && !row.former) version.set(id, row.doc);
    else version.delete(id);
  }
  for (const [type, version] of versions) next[type] = version;
  return next as unknown as Docs;
}

function rebased(docs: Docs): Docs {
  const tables = Object.entries(docs).map(([type, table]) => [type, one_layer(table as ReadonlyMap<string, unknown>)]);
  return Object.fromEntries(tables) as Docs;
}

function one_layer<Row>(table: ReadonlyMap<string, Row>): ReadonlyMap<string, Row> {
  return table instanceof Layered && table.changed.size > LAYER_MAX ? new Map(table as ReadonlyMap<string, Row>) : table;
}

// ---- items by customer

export function by_customer(items: ReadonlyMap<string, Item>): Map<string, Item[]> {
  const lists = new Map<string, Item[]>();
  for (const item of items.values()) list(lists, item);
  for (const listed of lists.values()) listed.sort(oldest_first);
  return lists;
}

function list(lists: Map<string, Item[]>, item: Item): void {
  const listed = lists.get(item.customer);
  if (listed) listed.push(item);
  else lists.set(item.customer, [item]);
}

function oldest_first(one: Item, other: Item): number {
  return compare(one.due, other.due) || compare(one.date, other.date) || compare(one.number, other.number);
}

/** The lists of `before`, as they are with the items `after`: only customers with an item that differs are listed anew. */
export function relisted(
  lists: ReadonlyMap<string, Item[]>,
  before: ReadonlyMap<string, Item>,
  after: ReadonlyMap<string, Item>,
): ReadonlyMap<string, Item[]> {
  if (after === before) return lists;
  if (!(after instanceof Layered)) return by_customer(after);
  const changed = new Map<string, Item[]>();
  for (const [id, now] of after.changed as ReadonlyMap<string, Item | undefined>) {
    const then = before.get(id);
    if (then === now) continue;
    if (then && !changed.has(then.customer)) changed.set(then.customer, []);
    if (now) list(changed, now);
  }
  const next = version_of(lists);
  for (const [customer, fresh] of changed) {
    const listed = new Map(fresh.map((item) => [item.id, item]));
    for (const { id } of lists.get(customer) ?? []) {
      const item = after.get(id) as Item | undefined;
      if (item?.customer === customer) listed.set(id, item);
    }
    if (listed.size > 0) next.set(customer, [...listed.values()].sort(oldest_first));
    else next.delete(customer);
  }
  return next;
}
