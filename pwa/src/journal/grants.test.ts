// @vitest-environment node
import { get } from 'svelte/store';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';

import type { Identity } from './shapes';
import { ready_phone, receipt, type Office, type Tab } from './office_for_tests';

let office: Office;
let tab: Tab;

beforeEach(async () => {
  ({ office, tab } = await ready_phone());
});

afterEach(() => {
  vi.restoreAllMocks();
  vi.unstubAllGlobals();
});

async function states(): Promise<string[]> {
  return (await tab.database.read(['entries'], (shelves) => shelves.entries.all())).map((entry) => entry.state);
}

/** The office's backup is from before this phone: it knows neither the device nor its book. */
function set_back_before_the_phone(): void {
  office.devices.clear();
  office.chains.clear();
  office.restore(0, 'epoch-2');
  office.docs = { ...office.docs, device: new Map(), book: new Map() };
  office.feed = office.feed.filter(({ type }) => type !== 'device' && type !== 'book');
  office.asked = [];
}

test('l34: an office that has forgotten the phone is handed its titles, and then everything', async () => {
  for (const amount of [100, 200, 300]) await tab.append.issue_receipt(receipt(amount));
  await tab.exchange.exchange_now();
  set_back_before_the_phone();
  await tab.append.issue_receipt(receipt(400));
  for (let round = 0; round < 4; round += 1) await tab.exchange.exchange_now();

  expect(office.receipts().map(({ tenders }) => tenders[0]?.amount)).toEqual([100, 200, 300, 400]);
  expect(office.docs.book.get('b1')).toMatchObject({ first: 851 });
  expect(new Set(await states())).toEqual(new Set(['seen']));
  expect(get(tab.health.health)).toMatchObject({ handed_in: 'ok', titles_refused: 0 });
});

test('l34: a phone with nothing to send finds out with its next sign of life', async () => {
  await tab.append.issue_receipt(receipt(100));
  await tab.exchange.exchange_now();
  set_back_before_the_phone();
  const later = Date.now() + 11 * 60_000;
  vi.spyOn(Date, 'now').mockImplementation(() => later);
  for (let round = 0; round < 3; round += 1) await tab.exchange.exchange_now();

  expect(office.receipts()).toHaveLength(1);
  expect(office.devices.has('dev_1')).toBe(true);
});

test('l34: after a new epoch the titles come before the next entries', async () => {
  for (const amount of [100, 200]) await tab.append.issue_receipt(receipt(amount));
  await tab.exchange.exchange_now();
  office.epoch = 'epoch-2';
  await tab.append.issue_receipt(receipt(300));
  office.asked = [];
  for (let round = 0; round < 3; round += 1) await tab.exchange.exchange_now();

  // The first push learns of the new epoch from its reply; nothing else is pushed before the titles.
  const [first, second, third] = office.asked.filter((path) => path === '/sync/push' || path === '/sync/grants');
  expect([first, second, third]).toEqual(['/sync/push', '/sync/grants', '/sync/push']);
  expect(office.asked.filter((path) => path === '/sync/grants')).toHaveLength(1);
  expect(office.receipts()).toHaveLength(3);
});

test('l34: an office that asks for what it had acknowledged is handed the titles before the entries', async () => {
  for (const amount of [100, 200]) await tab.append.issue_receipt(receipt(amount));
  await tab.exchange.exchange_now();
  office.chains.set('dev_1', office.chains.get('dev_1')?.slice(0, 1) ?? []);
  await tab.append.issue_receipt(receipt(300));
  office.asked = [];
  for (let round = 0; round < 3; round += 1) await tab.exchange.exchange_now();

  const asked = office.asked.filter((path) => path === '/sync/push' || path === '/sync/grants');
  expect(asked.slice(0, 3)).toEqual(['/sync/push', '/sync/grants', '/sync/push']);
  expect(asked.filter((path) => path === '/sync/grants')).toHaveLength(1);
  expect(office.receipts()).toHaveLength(3);
});

test('a gap above what was acknowledged is no sign of a restore', async () => {
  for (const amount of [100, 200]) await tab.append.issue_receipt(receipt(amount));
  const [first] = await tab.database.read(['chains'], ({ chains }) => chains.all());
  if (first) await tab.database.write(['chains'], ({ chains }) => chains.put({ ...first, acked: 0 }));
  await tab.database.write(['entries'], async ({ entries }) => {
    for (const entry of (await entries.all()).slice(0, 2)) await entries.put({ ...entry, state: 'seen' });
  });
  office.chains.clear();
  office.asked = [];
  await tab.exchange.exchange_now();

  expect(office.asked).not.toContain('/sync/grants');
  expect(office.receipts()).toHaveLength(2);
});

test('one title for each device: the enrolment of every chain here, whatever was pulled since', async () => {
  await tab.device.enrol('WXYZ-6789');
  await tab.database.write(['meta'], async ({ meta }) => {
    const me = (await meta.get('identity')) as Identity;
    const { grant } = me.device;
    if (grant) await meta.put({ ...me, device: { ...me.device, grant: { ...grant, sig: 'signed-anew' } } }, 'identity');
    await meta.put(true, 'grants_due');
  });
  const sent = vi.fn();
  const plain = office.answer.bind(office);
  vi.stubGlobal('fetch', (url: string, init: RequestInit) => {
    if (url.endsWith('/sync/grants')) sent(JSON.parse(init.body as string));
    return plain(url, init);
  });
  await tab.exchange.exchange_now();
  const { grants } = sent.mock.calls[0]?.[0] as { grants: { envelope: { kind: string }; body: { device: string } }[] };

  expect(grants.filter(({ envelope }) => envelope.kind === 'device_enrolled').map(({ body }) => body.device)).toEqual(['dev_1', 'dev_2']);
});

test('an office of an older version takes no titles; the entries go in all the same', async () => {
  office.takes_grants = false;
  await tab.append.issue_receipt(receipt(100));
  await tab.exchange.exchange_now();
  office.restore(office.position - 1, 'epoch-2');
  await tab.exchange.exchange_now();
  await tab.exchange.exchange_now();

  expect(office.receipts()).toHaveLength(1);
  expect(await tab.database.read_meta('grants_due')).toBe(true);
});

test('titles that are lost on the way stay due', async () => {
  await tab.append.issue_receipt(receipt(100));
  await tab.exchange.exchange_now();
  set_back_before_the_phone();
  const plain = office.answer.bind(office);
  vi.stubGlobal('fetch', (url: string, init: RequestInit) => {
    if (url.endsWith('/sync/grants')) throw new TypeError('no network');
    return plain(url, init);
  });
  await tab.exchange.exchange_now();
  expect(office.receipts()).toHaveLength(0);
  vi.stubGlobal('fetch', plain);
  for (let round = 0; round < 3; round += 1) await tab.exchange.exchange_now();

  expect(office.receipts()).toHaveLength(1);
  expect(await tab.database.read_meta('grants_due')).toBeUndefined();
});

test('a title that is not taken back is told', async () => {
  await tab.database.write(['grants'], async ({ grants }) => {
    const [grant] = await grants.all();
    if (grant) await grants.put({ ...grant, sig: grant.sig.replace(/^./, (letter) => (letter === 'A' ? 'B' : 'A')) });
  });
  office.restore(office.position - 1, 'epoch-2');
  await tab.append.issue_receipt(receipt(100));
  await tab.exchange.exchange_now();

  expect(get(tab.health.health).titles_refused).toBe(1);
});

test('an office that does not know the phone even then is not asked again and again', async () => {
  await tab.append.issue_receipt(receipt(100));
  office.devices.clear();
  const titles = vi.fn();
  const plain = office.answer.bind(office);
  vi.stubGlobal('fetch', (url: string, init: RequestInit) => {
    if (!url.endsWith('/sync/grants')) return plain(url, init);
    titles();
    return Promise.resolve(new Response('{"restored":0,"known":0,"refused":[]}', { status: 200 }));
  });
  for (let round = 0; round < 5; round += 1) await tab.exchange.exchange_now();

  expect(titles).toHaveBeenCalledTimes(1);
  expect(get(tab.health.health).handed_in).toBe('device_unknown');
  expect(await states()).toContain('sent');
});

test('a phone enrolled again keeps the title of its old place, and a later document takes none away', async () => {
  await tab.device.enrol('WXYZ-6789');
  const device = office.docs.device.get('dev_2');
  if (!device) throw new Error('no device');
  const { grant: _, ...bare } = device;
  office.put('device', { ...bare, installed: true });
  await tab.exchange.exchange_now();
  const { chains, me } = await tab.database.read(['chains', 'meta'], async (shelves) => ({
    chains: await shelves.chains.all(),
    me: (await shelves.meta.get('identity')) as Identity,
  }));

  expect(chains.map(({ grant }) => JSON.parse(grant?.body ?? '{}') as unknown)).toMatchObject([{ device: 'dev_1' }, { device: 'dev_2' }]);
  expect(me.device).toMatchObject({ installed: true, grant: device.grant });
});
