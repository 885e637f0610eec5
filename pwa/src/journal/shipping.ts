/** Databases as versions of this app shipped them, kept as JSON, so that today's code can be shown every one of them. Only tests import this. */
import { base64url, bytes_of } from '../ledger/chain';

const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256' };

export interface ShippedStore {
  key_path: string | string[] | null;
  indexes: Record<string, { key_path: string | string[]; unique: boolean }>;
  rows: { key: unknown; value: unknown }[];
}

export interface Shipped {
  version: number;
  stores: Record<string, ShippedStore>;
}

/** The whole database. Keys are written out, which only works for pairs that were made extractable. */
export async function snapshot_of(db: IDBDatabase): Promise<Shipped> {
  const stores: Record<string, ShippedStore> = {};
  for (const name of db.objectStoreNames) {
    const store = db.transaction(name).objectStore(name);
    const indexes = Object.fromEntries(
      [...store.indexNames].map((index) => {
        const { keyPath, unique } = store.index(index);
        return [index, { key_path: keyPath, unique }];
      }),
    );
    const [keys, values] = await Promise.all([result_of(store.getAllKeys()), result_of(store.getAll() as IDBRequest<unknown[]>)]);
    const rows = await Promise.all(values.map(async (value, place) => ({ key: keys[place] as unknown, value: await written_out(value) })));
    stores[name] = { key_path: store.keyPath, indexes, rows };
  }
  return { version: db.version, stores };
}

/** A database as it was, its private keys again not to be taken out. */
export async function restore(shipped: Shipped, name = 'sanad'): Promise<void> {
  const rows = await Promise.all(
    Object.entries(shipped.stores).map(async ([store, { rows: kept }]) => {
      return { store, kept: await Promise.all(kept.map(async ({ key, value }) => ({ key, value: await read_in(value) }))) };
    }),
  );
  const db = await new Promise<IDBDatabase>((resolve, reject) => {
    const request = indexedDB.open(name, shipped.version);
    request.onerror = () => reject(request.error ?? new Error('not opened'));
    request.onsuccess = () => resolve(request.result);
    request.onupgradeneeded = () => {
      for (const [store, { key_path, indexes }] of Object.entries(shipped.stores)) {
        const made = request.result.createObjectStore(store, key_path === null ? {} : { keyPath: key_path });
        for (const [index, { key_path: path, unique }] of Object.entries(indexes)) made.createIndex(index, path, { unique });
      }
    };
  });
  for (const { store, kept } of rows) {
    const transaction = db.transaction(store, 'readwrite');
    for (const { key, value } of kept) {
      if (shipped.stores[store]?.key_path === null) transaction.objectStore(store).put(value, key as IDBValidKey);
      else transaction.objectStore(store).put(value);
    }
    await new Promise((resolve) => (transaction.oncomplete = resolve));
  }
  db.close();
}

async function written_out(value: unknown): Promise<unknown> {
  if (value instanceof CryptoKey) {
    const format = value.type === 'private' ? 'pkcs8' : 'spki';
    return { $key: value.type, bytes: base64url(await crypto.subtle.exportKey(format, value)) };
  }
  if (value instanceof ArrayBuffer) return { $bytes: base64url(value) };
  if (Array.isArray(value)) return Promise.all(value.map(written_out));
  if (typeof value !== 'object' || value === null) return value;
  const parts = Object.entries(value).map(async ([name, part]) => [name, await written_out(part)] as const);
  return Object.fromEntries(await Promise.all(parts));
}

async function read_in(value: unknown): Promise<unknown> {
  if (Array.isArray(value)) return Promise.all(value.map(read_in));
  if (typeof value !== 'object' || value === null) return value;
  if ('$bytes' in value) return bytes_of(value.$bytes as string).buffer;
  if ('$key' in value && 'bytes' in value) {
    const bytes = bytes_of(value.bytes as string);
    return value.$key === 'private'
      ? crypto.subtle.importKey('pkcs8', bytes, ALGORITHM, false, ['sign'])
      : crypto.subtle.importKey('spki', bytes, ALGORITHM, true, ['verify']);
  }
  const parts = Object.entries(value).map(async ([name, part]) => [name, await read_in(part)] as const);
  return Object.fromEntries(await Promise.all(parts));
}

export function result_of<T>(request: IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error ?? new Error('no reason'));
  });
}
