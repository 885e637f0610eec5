/**
 * The phone's database. Every write that somebody relies on goes through `write`, which resolves only after the
 * browser said `complete` for a transaction with strict durability.
 *
 * Upgrades only ever add stores and indexes: what an older version of the app wrote stays where it is.
 */
import { writable, type Readable } from 'svelte/store';

import type { Grant } from '../wire/types';
import type { EntryState, Identity } from './shapes';

const NAME = 'sanad';
/** How long a tab of an older version may hold up an upgrade before it is said; the next try goes on from there. */
const BLOCKED_PATIENCE_MS = 10_000;

/** An own entry: the texts that were hashed and signed, and how far it has come. Key: [device, seq]. */
export interface StoredEntry {
  device: string;
  seq: number;
  id: string;
  kind: string;
  at: string;
  by: string;
  hash: string;
  envelope: string;
  body: string;
  sig: string;
  /** `<payload>.<signature>` of a receipt's QR code. */
  qr?: string;
  state: EntryState;
  verdict?: string;
  flags?: string[];
  position?: number;
  /** 1 until what was pulled contains it, then absent: the index by it lists what the overlay and the outbox need. */
  unseen?: 1;
}

/** The head of a chain that this device keeps. A phone enrolled again keeps the old chain going beside the new one. */
export interface Chain {
  device: string;
  company: string;
  seq: number;
  hash: string;
  /** `at` of the last entry. */
  at: string;
  /** Highest count given to a deposit. */
  deposits: number;
  /** Highest seq that a verified hand-in receipt covers. */
  acked: number;
  /** Id of entry 1, minted with the chain: two tabs that both begin it write one entry. */
  first_id: string;
  /** Order in which chains began on this device. */
  order: number;
  /** Last seq that the office has of this chain, when that is beyond our own: then this device has lost entries. */
  office_seq?: number;
  /** The server's signed entry that gave the device its place. */
  grant?: Grant;
}

export interface StoredKey {
  device: string;
  /** Id of the key, part of QR payloads. */
  key: string;
  pair: CryptoKeyPair;
}

export interface StoredDoc {
  type: string;
  id: string;
  doc: unknown;
  /** 1: it left the scope while own entries about it may still be on their way. */
  former?: 1;
}

/** A leaf of a book that this device has used. Never deleted: it is what keeps a number from being given twice. */
export interface UsedLeaf {
  book: string;
  leaf: number;
  entry: string;
}

/** The server's signed grant of a book, kept as this phone's title to its numbers. */
export interface StoredGrant {
  book: string;
  series: string;
  first: number;
  last: number;
  width: number;
  envelope: string;
  body: string;
  sig: string;
  /** Entry that accepted it. */
  accepted: string;
}

export interface StoredReceipt {
  device: string;
  seq: number;
  jws: string;
}

/** An entry that is not of a chain here: found in the second copy, or scanned from a phone's code. It is handed in as it is. */
export interface Stray {
  hash: string;
  device: string;
  seq: number;
  text: string;
  handed_in: boolean;
}

export interface StoredAttachment {
  sha256: string;
  type: string;
  bytes: ArrayBuffer;
  uploaded: boolean;
}

export interface Clock {
  /** Signed server time, ms. */
  server_ms: number;
  /** This device's clock when it arrived, ms. */
  device_ms: number;
  /** Head of the chain when it arrived: entries up to here were written before that time. */
  seq: number;
  device: string;
}

export interface Meta {
  identity: Identity;
  device_state: string;
  epoch: string;
  /** The journal was set back, or the office knows no such device: what it signed for this one is handed back first. */
  grants_due: boolean;
  /** The last comparison of control totals. `offered`: by day, what the office said when the day was offered again. */
  control: { checked_ms: number; differs: string[]; offered: Record<string, string> };
  /** What the office is read for a release code. `until`: ms. */
  release: { purpose: 'wipe' | 'limit'; challenge: string; until: number; misses: number };
  /** A wipe code was right: only the entry with this id may still be written. */
  wiping: { entry: string; challenge: string };
  /** A code lifted the limits on this day of the company; the entry with this id says so. */
  lifted: { entry: string; challenge: string; day: string };
  /** `staged`: the pull is between pages and its rows wait in `staged`. `rev`: of `docs`, as in `changed`. */
  pull: { cursor: string; position: number; staged: boolean; reload: boolean; rev?: number };
  clock: Clock;
  last_contact: string;
  pin: { salt: string; hash: string; rounds: number; misses: number; until: number };
  probe: number;
}

/**
 * Which documents a pull changed, so that what is in memory can follow without reading them all. A version of the app that
 * knows nothing of this leaves no row and writes `pull` without `rev`; who then finds no unbroken way reads all anew.
 */
export interface Changed {
  rev: number;
  /** `rev` of the pull before; 0: not known. */
  after: number;
  /** [type, id]; null: too many to name. */
  docs: [type: string, id: string][] | null;
}

interface Stores {
  meta: unknown;
  keys: StoredKey;
  chains: Chain;
  entries: StoredEntry;
  used: UsedLeaf;
  grants: StoredGrant;
  docs: StoredDoc;
  staged: StoredDoc;
  drafts: unknown;
  receipts: StoredReceipt;
  strays: Stray;
  attachments: StoredAttachment;
  changed: Changed;
}

export type StoreName = keyof Stores;
type Key = IDBValidKey;

/**
 * One step per version, each only adding; a step that has shipped is never changed. The snapshots in `shipped/` hold every
 * version with a full outbox, and a test opens each of them with what stands here. A new step wants a new snapshot:
 * `SANAD_SHIP=1 npx vitest run src/journal/upgrade.test.ts`.
 */
export const STEPS: ((db: IDBDatabase, upgrade: IDBTransaction) => void)[] = [
  (db) => {
    db.createObjectStore('meta');
    db.createObjectStore('keys', { keyPath: 'device' });
    db.createObjectStore('chains', { keyPath: 'device' });
    const entries = db.createObjectStore('entries', { keyPath: ['device', 'seq'] });
    entries.createIndex('id', 'id', { unique: true });
    entries.createIndex('unseen', 'unseen');
    db.createObjectStore('used', { keyPath: ['book', 'leaf'] });
    db.createObjectStore('grants', { keyPath: 'book' });
    db.createObjectStore('docs', { keyPath: ['type', 'id'] }).createIndex('former', 'former');
    db.createObjectStore('staged', { keyPath: ['type', 'id'] });
    db.createObjectStore('drafts');
    db.createObjectStore('receipts', { keyPath: ['device', 'seq'] });
    db.createObjectStore('strays', { keyPath: 'hash' });
    db.createObjectStore('attachments', { keyPath: 'sha256' });
  },
  (db, upgrade) => {
    db.createObjectStore('changed', { keyPath: 'rev' });
    upgrade.objectStore('docs').createIndex('customer', 'doc.customer');
  },
];

const state = writable<'ok' | 'blocked' | 'lost'>('ok');
export const database_state: Readable<'ok' | 'blocked' | 'lost'> = state;

let opened: Promise<IDBDatabase> | undefined;

function open(): Promise<IDBDatabase> {
  opened ??= attempt_open(STEPS.length).catch((cause: unknown) => {
    opened = undefined;
    throw cause;
  });
  return opened;
}

/** `version` undefined: whatever is there. */
function attempt_open(version: number | undefined): Promise<IDBDatabase> {
  return new Promise<IDBDatabase>((resolve, reject) => {
    const request = version === undefined ? indexedDB.open(NAME) : indexedDB.open(NAME, version);
    let clock: ReturnType<typeof setTimeout> | undefined;
    let late = false;
    request.onupgradeneeded = ({ oldVersion }) => {
      const upgrade = request.transaction;
      if (upgrade) for (const step of STEPS.slice(oldVersion)) step(request.result, upgrade);
    };
    request.onblocked = () => {
      state.set('blocked');
      clock ??= setTimeout(() => {
        late = true;
        reject(new DOMException('a tab of an older version holds the storage', 'AbortError'));
      }, BLOCKED_PATIENCE_MS);
    };
    request.onerror = () => {
      clearTimeout(clock);
      if (request.error?.name === 'VersionError' && version !== undefined) {
        // A newer version of the app was here. It has only added: what this one knows is where it was.
        resolve(attempt_open(undefined));
        return;
      }
      state.set('lost');
      reject(failure(request.error));
    };
    request.onsuccess = () => {
      clearTimeout(clock);
      const db = request.result;
      state.set('ok');
      if (late) {
        db.close(); // Nobody waits for it any more; the next one who asks opens it at once.
        return;
      }
      // Another tab brings a newer version: an old one that held on would block it for ever. What runs is finished first.
      db.onversionchange = () => close_database();
      db.onclose = () => forget(db);
      resolve(db);
    };
  });
}

function forget(db: IDBDatabase): void {
  const current = opened;
  void current?.then((open_now) => {
    if (open_now === db && opened === current) opened = undefined;
  });
}

export function close_database(): void {
  const closing = opened;
  opened = undefined;
  void closing?.then(
    (db) => db.close(),
    () => undefined,
  );
}

/**
 * Deletes the database. Only `wipe` calls this, when the office has acknowledged everything. Other tabs close theirs when
 * they are asked to.
 */
export async function erase_database(): Promise<void> {
  const closing = opened;
  close_database();
  await closing?.catch(() => undefined);
  await new Promise<void>((resolve, reject) => {
    const request = indexedDB.deleteDatabase(NAME);
    request.onsuccess = () => resolve();
    request.onerror = () => reject(failure(request.error));
  });
}

/** A store within a transaction. Only these may be awaited there: anything else lets the transaction commit early. */
export interface Shelf<T> {
  get(key: Key): Promise<T | undefined>;
  /** `most`: the first so many of them. */
  all(range?: IDBKeyRange, most?: number): Promise<T[]>;
  count(): Promise<number>;
  keys(range?: IDBKeyRange): Promise<Key[]>;
  by(index: string, key: Key): Promise<T | undefined>;
  all_by(index: string, key: Key): Promise<T[]>;
  put(value: T, key?: Key): Promise<void>;
  /** Many at once. */
  put_all(values: readonly T[]): Promise<void>;
  drop(key: Key | IDBKeyRange): Promise<void>;
  clear(): Promise<void>;
}

export type Shelves<Name extends StoreName> = { [N in Name]: Shelf<Stores[N]> };

export async function read<Name extends StoreName, T>(names: Name[], work: (shelves: Shelves<Name>) => Promise<T>): Promise<T> {
  return within(names, 'readonly', work);
}

/** Resolves after `complete`; rejects when nothing was written. */
export async function write<Name extends StoreName, T>(names: Name[], work: (shelves: Shelves<Name>) => Promise<T>): Promise<T> {
  return within(names, 'readwrite', work);
}

export async function read_meta<K extends keyof Meta>(key: K): Promise<Meta[K] | undefined> {
  return read(['meta'], async ({ meta }) => (await meta.get(key)) as Meta[K] | undefined);
}

export async function write_meta<K extends keyof Meta>(key: K, value: Meta[K]): Promise<void> {
  await write(['meta'], ({ meta }) => meta.put(value, key));
}

async function within<Name extends StoreName, T>(
  names: Name[],
  mode: IDBTransactionMode,
  work: (shelves: Shelves<Name>) => Promise<T>,
): Promise<T> {
  try {
    return await attempt(await open(), names, mode, work);
  } catch (cause) {
    // WebKit loses its connection to the storage process and the old handle then fails for ever: one new handle, one
    // more try. All work is written as compare-and-set, so that a try that had reached the disk is not repeated.
    if (!handle_is_dead(cause)) throw cause;
    close_database();
    try {
      return await attempt(await open(), names, mode, work);
    } catch (again) {
      if (handle_is_dead(again)) state.set('lost');
      throw again;
    }
  }
}

function handle_is_dead(cause: unknown): boolean {
  return cause instanceof DOMException && (cause.name === 'InvalidStateError' || cause.name === 'UnknownError');
}

async function attempt<Name extends StoreName, T>(
  db: IDBDatabase,
  names: Name[],
  mode: IDBTransactionMode,
  work: (shelves: Shelves<Name>) => Promise<T>,
): Promise<T> {
  const transaction =
    mode === 'readwrite' ? db.transaction(names, mode, { durability: 'strict' }) : db.transaction(names, mode);
  const finished = new Promise<void>((resolve, reject) => {
    transaction.oncomplete = () => resolve();
    transaction.onabort = () => reject(failure(transaction.error));
  });
  finished.catch(() => undefined); // Awaited below; an abort may come before that.
  const shelves = Object.fromEntries(names.map((name) => [name, shelf(transaction.objectStore(name))])) as unknown;
  let result: T;
  try {
    result = await work(shelves as Shelves<Name>);
  } catch (cause) {
    try {
      transaction.abort();
    } catch {
      // It has ended already; what matters is why.
    }
    await finished.catch(() => undefined);
    throw cause;
  }
  await finished;
  return result;
}

function shelf(store: IDBObjectStore): Shelf<never> {
  return {
    get: (key) => result_of(store.get(key)) as Promise<never>,
    all: (range, most) => result_of(store.getAll(range, most)) as Promise<never[]>,
    count: () => result_of(store.count()),
    keys: (range) => result_of(store.getAllKeys(range)),
    by: (index, key) => result_of(store.index(index).get(key)) as Promise<never>,
    all_by: (index, key) => result_of(store.index(index).getAll(key)) as Promise<never[]>,
    put: async (value, key) => {
      await result_of(store.put(value, key));
    },
    // Each failure aborts the whole transaction, so that only the last request needs to be listened to.
    put_all: async (values) => {
      const last = values.map((value) => store.put(value)).at(-1);
      if (last) await result_of(last);
    },
    drop: (key) => result_of(store.delete(key)),
    clear: () => result_of(store.clear()),
  };
}

function result_of<T>(request: IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(failure(request.error));
  });
}

function failure(error: DOMException | null): Error {
  return error ?? new DOMException('the storage gave up without a reason', 'AbortError');
}

/** All keys [first, …] of a store with compound keys; those behind `after`. */
export function under(first: string, after?: string | number): IDBKeyRange {
  return after === undefined ? IDBKeyRange.bound([first], [first, []]) : IDBKeyRange.bound([first, after], [first, []], true);
}
