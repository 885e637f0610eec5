// @vitest-environment node
import { get } from 'svelte/store';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';

import { new_phone, Office, open_tab, ready_phone, type Tab } from './office_for_tests';

let tab: Tab;

beforeEach(async () => {
  new_phone();
  tab = await open_tab();
});

afterEach(() => {
  vi.restoreAllMocks();
  vi.unstubAllGlobals();
});

test('l44: a key that is stored and does not come back stops the enrolment before the code is used', async () => {
  const office = await Office.open();
  // eslint-disable-next-line @typescript-eslint/unbound-method
  const put = IDBObjectStore.prototype.put;
  vi.spyOn(IDBObjectStore.prototype, 'put').mockImplementation(function (this: IDBObjectStore, value, key) {
    if (this.name === 'keys') throw new DOMException('no', 'DataCloneError');
    return key === undefined ? put.call(this, value) : put.call(this, value, key);
  });

  await expect(tab.device.enrol('ABCD-2345')).rejects.toMatchObject({ reason: 'key' });
  expect(office.devices.size).toBe(0);
});

test('the private key cannot be taken out', async () => {
  ({ tab } = await ready_phone());
  const pair = await tab.device.device_key();

  expect(pair.privateKey.extractable).toBe(false);
  await expect(crypto.subtle.exportKey('pkcs8', pair.privateKey)).rejects.toThrow();
});

test('a phone that stopped between enrolment and its first entry writes it at the next start, once', async () => {
  ({ tab } = await ready_phone());
  const again = await open_tab();
  await again.start.start_journal();
  const entries = await again.database.read(['entries'], (shelves) => shelves.entries.all());

  expect(entries.filter((entry) => entry.kind === 'chain_started')).toHaveLength(1);
  expect(entries[0]).toMatchObject({ kind: 'chain_started', seq: 1 });
  expect(get(again.device.identity)?.device.id).toBe('dev_1');
});

test('without enrolment nothing is written', async () => {
  await expect(tab.append.append('visit_started', { customer: 'c1' })).rejects.toMatchObject({ reason: 'not_enrolled' });
});

test('a code is peeked at without being used, however it is typed', async () => {
  const office = await Office.open();
  const fetch = vi.fn((url: string, init: RequestInit) => office.answer(url, init));
  vi.stubGlobal('fetch', fetch);
  await tab.device.peek('https://nour.example/enrol#abcd-2345');
  await tab.device.peek(' abcd 2345 ');

  expect(fetch.mock.calls.map(([url]) => url)).toEqual(['/api/v1/enrolments/ABCD2345', '/api/v1/enrolments/ABCD2345']);
});

test('the PIN locks the screen; wrong tries wait and delete nothing', async () => {
  await tab.lock.set_pin('2580');
  tab.lock.lock();
  expect(get(tab.lock.locked)).toBe(true);
  for (let miss = 1; miss <= 4; miss += 1) {
    expect(await tab.lock.unlock('0000')).toEqual({ ok: false, wait_seconds: 0, misses: miss });
  }
  expect(await tab.lock.unlock('0000')).toEqual({ ok: false, wait_seconds: 60, misses: 5 });
  expect(await tab.lock.unlock('2580')).toMatchObject({ ok: false, misses: 5 });
  let now = Date.now() + 61_000;
  vi.spyOn(Date, 'now').mockImplementation(() => now);
  expect(await tab.lock.unlock('0000')).toEqual({ ok: false, wait_seconds: 120, misses: 6 });
  now += 121_000;

  expect(await tab.lock.unlock('2580')).toEqual({ ok: true, wait_seconds: 0, misses: 0 });
  expect(get(tab.lock.locked)).toBe(false);
});

test('a clock set back does not lengthen the wait', async () => {
  await tab.lock.set_pin('2580');
  for (let miss = 1; miss <= 5; miss += 1) await tab.lock.unlock('0000');
  let now = Date.now() - 365 * 86_400_000;
  vi.spyOn(Date, 'now').mockImplementation(() => now);
  expect((await tab.lock.unlock('2580')).wait_seconds).toBe(60);
  now += 61_000;

  expect((await tab.lock.unlock('2580')).ok).toBe(true);
});

test('a draft survives a killed page', async () => {
  await tab.draft.save_draft('collect|c1', { amount: 5, id: 'x' });
  const again = await open_tab();

  expect(await again.draft.load_draft('collect|c1')).toEqual({ amount: 5, id: 'x' });
  await again.draft.drop_draft('collect|c1');
  expect(await again.draft.load_draft('collect|c1')).toBeUndefined();
});

test('l12: an old tab lets a newer version of the database through', async () => {
  await tab.draft.save_draft('k', 1);
  const upgraded = await new Promise<number>((resolve, reject) => {
    const request = indexedDB.open('sanad', 99);
    request.onsuccess = () => resolve(request.result.version);
    request.onerror = () => reject(new Error('failed'));
    request.onblocked = () => reject(new Error('blocked'));
  });

  expect(upgraded).toBe(99);
});
