// @vitest-environment node
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';

import { get } from 'svelte/store';
import { afterEach, describe, expect, test, vi } from 'vitest';

import { bytes_of } from '../ledger/chain';
import type { Device } from '../wire/types';
import type { Chain, Meta, StoredEntry } from './database';
import { new_phone, Office, open_tab, ready_phone, receipt } from './office_for_tests';
import { restore, result_of, snapshot_of, type Shipped } from './shipping';
import { waiting_of } from './waiting';

const FOLDER = resolve(import.meta.dirname, 'shipped');
const files = readdirSync(FOLDER).filter((name) => name.endsWith('.json'));
const shipped: [string, Shipped][] = files.map((name) => [name, JSON.parse(readFileSync(resolve(FOLDER, name), 'utf-8')) as Shipped]);
/** Stores whose rows may never be lost, moved to other keys, or changed by opening. */
const KEPT = ['keys', 'chains', 'entries', 'used', 'grants', 'docs', 'staged', 'drafts', 'receipts', 'strays', 'attachments', 'meta'];

afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
  vi.unstubAllGlobals();
});

function opened_raw(version?: number): Promise<IDBDatabase> {
  return result_of(version === undefined ? indexedDB.open('sanad') : indexedDB.open('sanad', version));
}

function rows<T>(snapshot: Shipped, store: string): T[] {
  return (snapshot.stores[store]?.rows ?? []).map(({ value }) => value as T);
}

/** Every value that was there is there, under its key; a newer version may have added. */
function contains(now: Shipped, then: Shipped): void {
  for (const name of KEPT) {
    for (const { key, value } of then.stores[name]?.rows ?? []) {
      const row = now.stores[name]?.rows.find((one) => JSON.stringify(one.key) === JSON.stringify(key));
      expect(row, `${name} ${JSON.stringify(key)}`).toBeDefined();
      if (name !== 'keys') expect(row?.value, `${name} ${JSON.stringify(key)}`).toMatchObject(value as object);
    }
  }
}

/** As `snapshot_of`, but with keys that cannot be taken out left as they are. */
async function seen(): Promise<Shipped> {
  const db = await opened_raw();
  const pairs = vi.spyOn(crypto.subtle, 'exportKey').mockResolvedValue(new ArrayBuffer(0));
  const snapshot = await snapshot_of(db);
  pairs.mockRestore();
  db.close();
  return snapshot;
}

describe('l11: every version that shipped, with a full outbox, opened by today’s code', () => {
  test('there is a snapshot of the version that would ship now', async () => {
    const { STEPS } = (await open_tab()).database;
    const path = resolve(FOLDER, `v${STEPS.length}.json`);
    if (process.env['SANAD_SHIP'] !== undefined && !existsSync(path)) await ship(path);

    expect(existsSync(path), 'SANAD_SHIP=1 npx vitest run src/journal/upgrade.test.ts').toBe(true);
  });

  test('a new phone gets the very stores of the newest snapshot: a step that has shipped is not changed', async () => {
    new_phone();
    const tab = await open_tab();
    await tab.database.read_meta('epoch');
    const fresh = await seen();
    const newest = shipped.map(([, one]) => one).find(({ version }) => version === tab.database.STEPS.length);
    const shape = (one: Shipped | undefined) =>
      Object.entries(one?.stores ?? {}).map(([name, { key_path, indexes }]) => ({ name, key_path, indexes }));

    expect(shape(fresh)).toEqual(shape(newest));
    tab.database.close_database();
  });

  test.each(shipped)('%s: opening loses, moves and changes nothing', async (_, then) => {
    new_phone();
    await restore(then);
    const lost: string[] = [];
    for (const [shape, method] of [
      [IDBDatabase.prototype, 'deleteObjectStore'],
      [IDBObjectStore.prototype, 'deleteIndex'],
      [IDBObjectStore.prototype, 'clear'],
      [IDBObjectStore.prototype, 'delete'],
    ] as const) {
      vi.spyOn(shape as IDBObjectStore, method as 'clear').mockImplementation(() => {
        lost.push(method);
        throw new Error(`an upgrade may not ${method}`);
      });
    }
    const tab = await open_tab();
    await tab.database.read(['entries'], ({ entries }) => entries.all());
    const now = await seen();

    expect(lost).toEqual([]);
    for (const [name, { key_path, indexes }] of Object.entries(then.stores)) {
      expect(now.stores[name]?.key_path, name).toEqual(key_path);
      expect(now.stores[name]?.indexes, name).toMatchObject(indexes);
    }
    contains(now, then);
    expect(now.stores['entries']?.rows).toHaveLength(then.stores['entries']?.rows.length ?? -1);
    expect(waiting_of(rows<StoredEntry>(now, 'entries'))).toEqual(waiting_of(rows<StoredEntry>(then, 'entries')));
    tab.database.close_database();
  });

  test.each(shipped)('%s: the phone goes on: drafts, the next number, and everything is handed in', async (_, then) => {
    new_phone();
    await restore(then);
    const office = await Office.open();
    await known_to(office, then);
    const entries = rows<StoredEntry>(then, 'entries');
    const before = waiting_of(entries);
    expect(before.unsent).toBeGreaterThan(3);
    const tab = await open_tab();
    await tab.start.start_journal();
    const draft = then.stores['drafts']?.rows[0];
    expect(await tab.draft.load_draft(draft?.key as string)).toEqual(draft?.value);
    expect(get(tab.world.world).waiting).toEqual(before);
    expect(await tab.database.read_meta('pull')).toEqual(then.stores['meta']?.rows.find(({ key }) => key === 'pull')?.value);

    const { number } = await tab.append.issue_receipt(receipt(7));
    expect(entries.map(({ body }) => body).join()).not.toContain(number);
    for (let round = 0; round < 5; round += 1) await tab.exchange.exchange_now();

    const device = entries.at(-1)?.device ?? '';
    const handed_in = office.chains.get(device)?.map(({ hash }) => hash) ?? [];
    expect(handed_in.slice(0, entries.length)).toEqual(entries.map(({ hash }) => hash));
    const sum = (all: { tenders: { amount: number }[] }[]) => all.flatMap(({ tenders }) => tenders).reduce((total, { amount }) => total + amount, 0);
    const issued = entries.filter(({ kind }) => kind === 'receipt_issued').map(({ body }) => JSON.parse(body) as { tenders: { amount: number }[] });
    expect(sum(office.receipts())).toBe(sum(issued) + 7);
    expect(get(tab.world.world).waiting.unsent).toBe(0);
    expect(office.attachments.size).toBe(rows(then, 'attachments').length);
  });
});

describe('l12, l39: versions beside each other', () => {
  test('a tab of an older version lets go when a newer one comes, and works on in the newer database', async () => {
    const { tab } = await ready_phone();
    await tab.append.issue_receipt(receipt(100));
    const newer = await open_tab();
    newer.database.STEPS.push((db) => db.createObjectStore('next'));
    await newer.start.start_journal();
    await newer.append.issue_receipt(receipt(200));
    await tab.append.issue_receipt(receipt(300));

    const db = await opened_raw();
    expect([db.version, [...db.objectStoreNames].includes('next')]).toEqual([newer.database.STEPS.length, true]);
    db.close();
    const amounts = (await tab.database.read(['entries'], ({ entries }) => entries.all())).filter(({ kind }) => kind === 'receipt_issued');
    expect(amounts.map(({ body }) => (JSON.parse(body) as { tenders: { amount: number }[] }).tenders[0]?.amount)).toEqual([100, 200, 300]);
  });

  test('a tab that never lets go is said, the wait ends, and the next try succeeds once it has gone', async () => {
    await ready_phone();
    const held = await opened_raw(); // No `onversionchange`: as a page that hangs.
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    const newer = await open_tab();
    newer.database.STEPS.push((db) => db.createObjectStore('next'));
    const tried = newer.database.read_meta('identity').catch((cause: unknown) => cause);
    await vi.waitFor(() => expect(get(newer.health.health).database).toBe('blocked'));
    await vi.advanceTimersByTimeAsync(10_000);
    expect(await tried).toBeInstanceOf(DOMException);
    vi.useRealTimers();
    held.close();

    expect(await newer.database.read_meta('identity')).toMatchObject({ device: { id: 'dev_1' } });
    expect(get(newer.health.health).database).toBe('ok');
  });

  test('fields that this version does not know stay in a row that it changes', async () => {
    const { tab, office } = await ready_phone();
    await tab.append.issue_receipt(receipt(100));
    await tab.database.write(['entries', 'chains'], async ({ entries, chains }) => {
      for (const entry of await entries.all()) await entries.put({ ...entry, of_a_newer_version: 'kept' } as StoredEntry);
      for (const chain of await chains.all()) await chains.put({ ...chain, of_a_newer_version: 'kept' } as Chain);
    });
    await tab.exchange.exchange_now();
    await tab.append.issue_receipt(receipt(200));
    const { entries, chains } = await tab.database.read(['entries', 'chains'], async (shelves) => ({
      entries: await shelves.entries.all(),
      chains: await shelves.chains.all(),
    }));

    expect(office.receipts()).toHaveLength(1);
    expect(entries.slice(0, -1).every((entry) => 'of_a_newer_version' in entry && entry.state === 'seen')).toBe(true);
    expect(chains.every((chain) => 'of_a_newer_version' in chain)).toBe(true);
  });
});

test('only a wipe that the office has confirmed deletes; nothing drops or empties entries', () => {
  const folder = resolve(import.meta.dirname, '..');
  const sources = readdirSync(folder, { recursive: true, encoding: 'utf-8' }).filter(
    (name) => /\.(ts|svelte)$/.test(name) && !/test(s|ing)?\b/.test(name),
  );
  const found = (pattern: RegExp) => sources.filter((name) => pattern.test(readFileSync(resolve(folder, name), 'utf-8'))).sort();

  expect(found(/deleteDatabase/)).toEqual(['journal/database.ts']);
  expect(found(/erase_database\(\)/)).toEqual(['journal/database.ts', 'journal/wipe.ts']);
  expect(found(/deleteObjectStore|deleteIndex/)).toEqual([]);
  expect(found(/\b(entries|chains|used|grants|receipts|strays|attachments)\.(drop|clear)\(/)).toEqual([]);
});

/** The office that this phone belongs to, as far as the phone can tell. */
async function known_to(office: Office, then: Shipped): Promise<void> {
  const me = then.stores['meta']?.rows.find(({ key }) => key === 'identity')?.value as Meta['identity'];
  const device: Device = me.device;
  const key = await crypto.subtle.importKey('spki', bytes_of(device.public_key), { name: 'ECDSA', namedCurve: 'P-256' }, true, ['verify']);
  office.devices.set(device.id, { device, key });
  for (const { type, doc } of rows<{ type: 'customer' | 'item' | 'book' | 'device'; doc: never }>(then, 'docs')) {
    if (['customer', 'item', 'book', 'device'].includes(type)) office.put(type, doc);
  }
  office.epoch = me.epoch;
  // Its keys are new ones: those that vouch for what comes from now on are told with the identity's.
  const db = await opened_raw();
  const keys = [...me.keys, office.server_key];
  db.transaction('meta', 'readwrite').objectStore('meta').put({ ...me, keys }, 'identity');
  db.close();
}

/** Writes the snapshot of today's version: a phone with something in every store. */
async function ship(path: string): Promise<void> {
  const generate = crypto.subtle.generateKey.bind(crypto.subtle);
  vi.spyOn(crypto.subtle, 'generateKey').mockImplementation(((algorithm: EcKeyGenParams, _: boolean, uses: KeyUsage[]) =>
    generate(algorithm, true, uses)) as typeof crypto.subtle.generateKey);
  const { office, tab } = await ready_phone();
  await tab.exchange.exchange_now();
  const photo = await tab.attachments.keep_attachment(new Blob(['a signature'], { type: 'image/png' }));
  office.down = true;
  const visit = await tab.append.append('visit_started', { customer: 'c1' });
  await tab.append.issue_receipt({ ...receipt(12_345), visit: visit.id, signature: photo });
  const cheque = { method: 'cheque' as const, currency: 'EGP', amount: 70_000, bank: 'NBE', number: '001', due: '2026-12-01' };
  await tab.append.issue_receipt({ customer: 'c1', currency: 'EGP', tenders: [cheque], on_account: 70_000 });
  const wrong = await tab.append.issue_receipt({ ...receipt(999), visit: visit.id });
  await tab.append.append('receipt_voided', { receipt: wrong.written.id, reason: 'misprint' });
  await tab.append.declare_deposit({ totals: [{ currency: 'EGP', method: 'cash', count: 1, amount: 12_345 }] });
  await tab.draft.save_draft('collect/c1', { customer: 'c1', cash: '1250.50', note: 'لم يُصدر بعد' });
  await tab.lock.set_pin('2580');
  const [first] = await tab.database.read(['entries'], ({ entries }) => entries.all());
  const text = first ? `{"envelope":${first.envelope},"body":${first.body},"sig":"${first.sig}"}` : '';
  await tab.database.write(['strays', 'staged'], async ({ strays, staged }) => {
    await strays.put({ hash: first?.hash ?? '', device: 'dev_1', seq: 1, text, handed_in: true });
    await staged.put({ type: 'customer', id: 'c9', doc: { id: 'c9', code: 'C-9', name: 'On its way', currency: 'EGP' } });
  });
  tab.database.close_database();
  const db = await opened_raw();
  writeFileSync(path, `${JSON.stringify(await snapshot_of(db), null, 1)}\n`);
  db.close();
}
