// @vitest-environment node
import { get } from 'svelte/store';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';

import type { StoredEntry } from './database';
import { open_tab, ready_phone, receipt, type Office, type Tab } from './office_for_tests';

let office: Office;
let tab: Tab;
let shift = 0;

beforeEach(async () => {
  shift = 0;
  ({ office, tab } = await ready_phone());
  const real = Date.now.bind(Date);
  vi.spyOn(Date, 'now').mockImplementation(() => real() + shift);
});

afterEach(() => {
  vi.restoreAllMocks();
  vi.unstubAllGlobals();
});

async function entries(): Promise<StoredEntry[]> {
  return tab.database.read(['entries'], (shelves) => shelves.entries.all());
}

function asked(): number {
  return office.asked.filter((path) => path.startsWith('/sync/control')).length;
}

async function an_hour_later(): Promise<void> {
  shift += 3_700_000;
  await tab.exchange.exchange_now();
}

test('l35: both add up the same, and it is asked for at most once an hour', async () => {
  await tab.append.issue_receipt(receipt(100));
  const before = asked();
  for (let round = 0; round < 3; round += 1) await tab.exchange.exchange_now();
  expect(asked()).toBe(before);
  await an_hour_later();

  expect(asked()).toBe(before + 1);
  expect(get(tab.health.health).control).toEqual([]);
});

test('what is not handed in yet is not compared', async () => {
  await tab.append.issue_receipt(receipt(100));
  office.faults = ['broken'];
  await an_hour_later();

  expect(asked()).toBeGreaterThan(0);
  expect(get(tab.health.health).control).toEqual([]);
});

test('l35: a difference is an alarm here, goes to the office, and offers the day again, once', async () => {
  await tab.append.issue_receipt(receipt(100));
  await tab.exchange.exchange_now();
  const day = (await entries())[0]?.at.slice(0, 10) ?? '';
  office.control_says = (days) => days.map((one) => ({ ...one, hash: 'A'.repeat(43) }));
  await an_hour_later();
  expect(get(tab.health.health).control).toEqual([day]);
  const offered = await entries();
  expect(offered.every(({ state }) => state === 'sent')).toBe(true);

  office.heads = [];
  await tab.exchange.exchange_now();
  expect(office.heads[0]?.control).toEqual([day]);
  expect((await entries()).every(({ state }) => state === 'seen')).toBe(true);
  office.batches = [];
  await an_hour_later();
  await tab.exchange.exchange_now();
  expect(office.batches.filter((size) => size > 0)).toEqual([]); // The same answer again: people must look.
  expect(office.receipts()).toHaveLength(1);

  office.control_says = (days) => days;
  await an_hour_later();
  expect(get(tab.health.health).control).toEqual([]);
});

test('l35: entries that the office has lost without a word are found and come back', async () => {
  for (const amount of [100, 200, 300]) await tab.append.issue_receipt(receipt(amount));
  await tab.exchange.exchange_now();
  const chain = office.chains.get('dev_1') ?? [];
  // Its journal says that the chain is whole, but an entry in the middle is gone.
  const gone = chain.splice(chain.length - 2, 1);
  await an_hour_later();

  expect(get(tab.health.health).control).toHaveLength(1);
  const states = new Map((await entries()).map(({ hash, state }) => [hash, state]));
  expect(states.get(gone[0]?.hash ?? '')).toBe('sent');
});

test('l35: entries that the phone has lost are found, and nothing is taken from the office', async () => {
  for (const amount of [100, 200, 300]) await tab.append.issue_receipt(receipt(amount));
  await tab.exchange.exchange_now();
  const lost = (await entries()).at(-2);
  await tab.database.write(['entries'], (shelves) => shelves.entries.drop([lost?.device ?? '', lost?.seq ?? 0]));
  await an_hour_later();

  expect(get(tab.health.health).control).toEqual([lost?.at.slice(0, 10)]);
  expect((await entries()).some(({ hash }) => hash === lost?.hash)).toBe(false);
});

test('the alarm outlives a restart', async () => {
  office.control_says = (days) => days.map((one) => ({ ...one, receipts: 99 }));
  await an_hour_later();
  tab.database.close_database();
  const again = await open_tab();
  await again.start.start_journal();

  expect(get(again.health.health).control).toHaveLength(1);
});

test('an office of an older version does not say, and nothing is made of it', async () => {
  const plain = office.answer.bind(office);
  vi.stubGlobal('fetch', (url: string, init: RequestInit) =>
    url.includes('/sync/control') ? Promise.resolve(new Response('{"code":"not_found"}', { status: 404 })) : plain(url, init),
  );
  await tab.append.issue_receipt(receipt(100));
  await an_hour_later();

  expect(get(tab.health.health).control).toEqual([]);
  expect(get(tab.exchange.connection).state).toBe('connected');
});
