/** A portfolio too large to be read in one go: what is shown on the way, and what is shown then. */
import { get } from 'svelte/store';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';

import { open_tab, ready_phone, receipt, type Office, type Tab } from './office_for_tests';
import type { World } from './shapes';

const CUSTOMERS = 700;
const EACH = 5;

let office: Office;
let tab: Tab;

/** `c1` with its item is there already; the others have five items of 100 each. */
beforeEach(async () => {
  ({ office, tab } = await ready_phone());
  for (let n = 0; n < CUSTOMERS; n += 1) {
    office.put('customer', { id: `k${n}`, code: `K-${n}`, name: `Customer ${n}`, currency: 'EGP', collectors: ['u1'] });
    for (let i = 0; i < EACH; i += 1) {
      office.put('item', { id: `k${n}.${i}`, customer: `k${n}`, number: `N-${n}-${i}`, currency: 'EGP', date: '2026-01-01', due: `2026-02-0${9 - i}`, original: 100, open: 100 });
    }
  }
  const day = new Date().toISOString().slice(0, 10);
  office.put('plan', { id: `u1|${day}`, user: 'u1', day, stops: ['k5', 'k6'] });
  await tab.exchange.exchange_now();
  await vi.waitFor(() => expect(shown(tab).customers.size).toBe(CUSTOMERS + 1), { timeout: 10_000 });
}, 60_000);

afterEach(() => {
  vi.restoreAllMocks();
  vi.unstubAllGlobals();
});

function shown(of: Tab): World {
  return get(of.world.world);
}

function owed(world: World, customer: string): number {
  return (world.items_of.get(customer) ?? []).reduce((sum, { open = 0 }) => sum + open, 0);
}

/** Every world that a screen was given, in order. */
function watched(of: Tab): World[] {
  const seen: World[] = [];
  of.world.world.subscribe((world) => seen.push(world));
  return seen;
}

async function whole(of: Tab): Promise<World> {
  await vi.waitFor(() => expect(shown(of).whole).toBe(true), { timeout: 10_000 });
  return shown(of);
}

/** What any world may show: a customer with all of the items that the office has, less what own vouchers took. */
function consistent(world: World, taken: Record<string, number> = {}): void {
  for (const id of world.customers.keys()) {
    const wanted = id === 'c1' ? 1_000_000 : EACH * 100;
    expect(owed(world, id), id).toBe(wanted - (taken[id] ?? 0));
  }
  const listed = [...world.items_of.values()].reduce((sum, { length }) => sum + length, 0);
  expect(listed).toBe(world.items.size);
}

test('today’s stops come first, whole; then everybody', async () => {
  const again = await open_tab();
  const seen = watched(again);
  await again.start.start_journal();
  const first = seen.find(({ ready }) => ready);
  const last = await whole(again);

  expect(first?.whole).toBe(false);
  expect([...(first?.customers.keys() ?? [])].sort()).toEqual(['k5', 'k6']);
  expect(last.customers.size).toBe(CUSTOMERS + 1);
  expect(last.items_of.get('k9')?.map(({ due }) => due)).toEqual(['2026-02-05', '2026-02-06', '2026-02-07', '2026-02-08', '2026-02-09']);
  for (const world of seen.filter(({ ready }) => ready)) consistent(world);
}, 30_000);

test('what waits to be sent is taken off its items in the first look already', async () => {
  office.down = true;
  await tab.append.issue_receipt({ ...receipt(60), customer: 'k300', allocations: [{ item: 'k300.2', amount: 60 }] });
  const again = await open_tab();
  const seen = watched(again);
  await again.start.start_journal();
  await whole(again);
  const first = seen.find(({ ready }) => ready);

  expect(first?.customers.has('k300')).toBe(true);
  expect([...(first?.vouchers.values() ?? [])][0]).toMatchObject({ taken: [{ item: 'k300.2', amount: 60 }], on_account: 0 });
  for (const world of seen.filter(({ ready }) => ready)) consistent(world, { k300: 60 });
}, 30_000);

test('a voucher, and a pull in another tab, while the rest is still being read', async () => {
  const again = await open_tab();
  await again.start.start_journal();
  expect(shown(again).whole).toBe(false);
  await again.append.issue_receipt({ ...receipt(40), customer: 'k5', allocations: [{ item: 'k5.0', amount: 40 }] });
  office.put('customer', { id: 'k7', code: 'K-7', name: 'Renamed', currency: 'EGP', collectors: ['u1'] });
  office.put('customer', { id: 'new', code: 'NEW', name: 'New', currency: 'EGP', collectors: ['u1'] });
  await tab.exchange.exchange_now();
  const last = await whole(again);
  await vi.waitFor(() => expect(shown(again).customers.get('k7')?.name).toBe('Renamed'), { timeout: 10_000 });

  expect(owed(last, 'k5')).toBe(EACH * 100 - 40);
  expect(shown(again).customers.has('new')).toBe(true);
  expect(shown(again).customers.size).toBe(CUSTOMERS + 2);
}, 30_000);

test('a pull changes what it changed, reads nothing else, and leaves every other row the same object', async () => {
  const before = await whole(tab);
  const read_all = vi.spyOn(IDBObjectStore.prototype, 'getAll');
  office.put('item', { id: 'k8.0', customer: 'k8', number: 'N-8-0', currency: 'EGP', date: '2026-01-01', due: '2026-02-09', original: 100, open: 30 });
  await tab.exchange.exchange_now();
  await vi.waitFor(() => expect(owed(shown(tab), 'k8')).toBe(430));
  const after = shown(tab);

  const of_portfolio = read_all.mock.calls.filter(([range]) => range instanceof IDBKeyRange && ['customer', 'item'].includes((range.lower as string[])[0] ?? ''));
  expect(read_all).toHaveBeenCalled();
  expect(of_portfolio).toEqual([]);
  expect(owed(before, 'k8')).toBe(500);
  expect(after.customers.get('k9')).toBe(before.customers.get('k9'));
  expect(after.items_of.get('k9')).toBe(before.items_of.get('k9'));
}, 30_000);

test('a pull by a version that keeps no record of changes is noticed, and all is read anew', async () => {
  await whole(tab);
  await tab.database.write(['docs', 'meta'], async ({ docs, meta }) => {
    await docs.put({ type: 'customer', id: 'k3', doc: { id: 'k3', code: 'K-3', name: 'By an old tab', currency: 'EGP' } });
    const { rev: _, ...pull } = (await meta.get('pull')) as { rev?: number };
    await meta.put(pull, 'pull');
  });
  await tab.world.refresh();

  expect(shown(tab).customers.get('k3')?.name).toBe('By an old tab');
  expect(shown(tab).customers.size).toBe(CUSTOMERS + 1);
}, 30_000);

test('a tab that missed more changes than are kept reads all anew', async () => {
  await whole(tab);
  await tab.database.write(['docs', 'meta', 'changed'], async ({ docs, meta, changed }) => {
    const pull = (await meta.get('pull')) as { rev: number };
    await docs.put({ type: 'customer', id: 'k4', doc: { id: 'k4', code: 'K-4', name: 'Long ago', currency: 'EGP' } });
    for (const rev of (await changed.keys()) as number[]) await changed.drop(rev);
    await changed.put({ rev: pull.rev + 9, after: pull.rev + 8, docs: [] });
    await meta.put({ ...pull, rev: pull.rev + 9 }, 'pull');
  });
  await tab.world.refresh();

  expect(shown(tab).customers.get('k4')?.name).toBe('Long ago');
}, 30_000);
