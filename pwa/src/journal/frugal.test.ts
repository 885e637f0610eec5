// @vitest-environment node
/** What an hour costs a phone that has nothing to say. The figures stand in docs/decisions/0014-a-quiet-phone.md. */
import { get } from 'svelte/store';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';

import { ready_phone, receipt, type Office, type Tab } from './office_for_tests';

let office: Office;
let tab: Tab;
let page: EventTarget & { visibilityState: string };
let wakes = 0;
let stop: (() => void) | undefined;

beforeEach(async () => {
  vi.spyOn(Math, 'random').mockReturnValue(0.5);
  ({ office, tab } = await ready_phone());
  office.streams = true;
  page = Object.assign(new EventTarget(), { visibilityState: 'visible' });
  vi.stubGlobal('document', page);
  vi.stubGlobal('window', new EventTarget());
  wakes = 0;
});

afterEach(() => {
  stop?.();
  stop = undefined;
  vi.useRealTimers();
  vi.restoreAllMocks();
  vi.unstubAllGlobals();
});

/** Time passes in steps; between them all that was begun comes to its end. */
async function pass(seconds: number, each: (second: number) => void = () => undefined): Promise<void> {
  for (let second = 1; second <= seconds; second += 1) {
    each(second);
    await vi.advanceTimersByTimeAsync(1_000);
    await settled();
  }
}

async function settled(): Promise<void> {
  for (let turn = 0; turn < 3; turn += 1) {
    await new Promise((done) => setImmediate(done));
    await tab.exchange.under_way();
  }
}

/** How often the phone asked for what, since the last time this was asked. */
function asked(): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const path of office.asked.splice(0)) {
    const name = path.replace(/^\/sync\//, '').replace(/[?/].*/, '');
    counts[name] = (counts[name] ?? 0) + 1;
  }
  return counts;
}

function begin(): void {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval', 'Date'], now: Date.now() });
  const timeout = globalThis.setTimeout;
  const interval = globalThis.setInterval;
  const counted = <F extends (...given: never[]) => unknown>(work: F) => ((...given: never[]) => {
    wakes += 1;
    return work(...given);
  }) as unknown as F;
  vi.stubGlobal('setTimeout', (work: () => void, ms?: number) => timeout(counted(work), ms));
  vi.stubGlobal('setInterval', (work: () => void, ms?: number) => interval(counted(work), ms));
  stop = tab.exchange.start_exchange();
}

async function hour(each: (second: number) => void = () => undefined): Promise<Record<string, number>> {
  await settled();
  asked();
  wakes = 0;
  await pass(3_600, each);
  const counts = asked();
  return counts;
}

function look(state: 'visible' | 'hidden'): void {
  page.visibilityState = state;
  page.dispatchEvent(new Event('visibilitychange'));
}

const total = (counts: Record<string, number>) => Object.values(counts).reduce((sum, count) => sum + count, 0);

async function unsent(): Promise<number> {
  const entries = await tab.database.read(['entries'], (shelves) => shelves.entries.all());
  return entries.filter(({ state }) => state !== 'seen').length;
}

describe('an hour with nothing to hand in', () => {
  test('looked at, the office in reach: a stream, signs of life, and no polling', async () => {
    begin();
    const counts = await hour((second) => second % 25 === 0 && office.say(':'));
    expect(office.listeners).toBe(1);
    expect(counts['pull']).toBeLessThanOrEqual(6);
    expect(total(counts)).toBeLessThanOrEqual(14);
  });

  test('an office of an older version, that says every 25 s what it has said before, costs no more', async () => {
    begin();
    const counts = await hour((second) => second % 25 === 0 && office.say(`event: changed\r\ndata: ${office.position}`));
    expect(total(counts)).toBeLessThanOrEqual(14);
  });

  test('in a pocket: no stream, four rounds, and four timers', async () => {
    begin();
    await pass(5);
    look('hidden');
    await pass(60);
    expect(office.listeners).toBe(0);
    const counts = await hour();
    expect(counts['pull']).toBe(4);
    expect(total(counts)).toBeLessThanOrEqual(12);
    expect(wakes).toBeLessThanOrEqual(8);
  });

  test('out of reach: ever fewer tries, and the first sign of somebody who looks is a try at once', async () => {
    begin();
    await pass(5);
    office.down = true;
    office.hang_up();
    await pass(900);
    const before = office.tried;
    await pass(3_600);
    expect(office.tried - before).toBeLessThanOrEqual(24);
    look('hidden');
    await pass(900);
    const hidden = office.tried;
    await pass(3_600);
    expect(office.tried - hidden).toBeLessThanOrEqual(8);

    office.down = false;
    asked();
    look('visible');
    await pass(2);
    expect(asked()['pull']).toBeGreaterThanOrEqual(1);
    expect(office.listeners).toBe(1);
  });

  test('a network that lets no stream through is asked every minute, and the stream ever more seldom', async () => {
    office.streams = false;
    begin();
    const counts = await hour();
    expect(counts['pull']).toBeGreaterThanOrEqual(59);
    expect(counts['stream']).toBeLessThanOrEqual(20);
    expect(total(counts)).toBeLessThanOrEqual(110);
  });
});

describe('never at the cost of what waits', () => {
  test.each(['visible', 'hidden'] as const)('%s and out of reach, an entry is tried every minute, for hours', async (state) => {
    begin();
    look(state);
    office.down = true;
    await pass(3_600 * 2);
    await tab.append.issue_receipt(receipt(5));
    for (let minute = 0; minute < 60; minute += 1) {
      const before = office.tried;
      await pass(61);
      expect(office.tried).toBeGreaterThan(before);
    }
    office.down = false;
    await pass(61);
    expect(await unsent()).toBe(0);
  });

  test('an entry that was acknowledged and not seen in a pull is asked for every minute too', async () => {
    begin();
    office.pulls_refused = true;
    await tab.append.issue_receipt(receipt(5));
    await pass(5);
    look('hidden');
    await pass(600);
    office.pulls_refused = false;
    await pass(61);
    expect(await unsent()).toBe(0);
  });

  test('news are pulled at once, once, and own entries that come back as news not again', async () => {
    begin();
    await pass(5);
    asked();
    office.put('customer', { id: 'c2', code: 'C-2', name: 'Nile', currency: 'EGP', collectors: ['u1'] });
    office.say(`event: changed\r\ndata: ${office.position}`);
    await pass(30);
    expect(asked()).toEqual({ pull: 1 });

    await tab.append.issue_receipt(receipt(5));
    await pass(1);
    office.say(`event: changed\r\ndata: ${office.position}`);
    await pass(30);
    expect(asked()).toEqual({ push: 1, pull: 1 });
    expect(await unsent()).toBe(0);
  });

  test('an office that was set back is noticed although its position is lower', async () => {
    begin();
    await pass(5);
    office.say(`event: changed\r\ndata: ${office.position}`);
    await pass(5);
    asked();
    office.say('event: changed\r\ndata: 1');
    await pass(5);
    expect(asked()['pull']).toBe(1);
  });

  test('a line that breaks just after an entry was written does not keep that waiting', async () => {
    begin();
    await pass(30);
    await tab.append.issue_receipt(receipt(100));
    office.hang_up();
    await pass(2);
    expect(await unsent()).toBe(0);
  });

  test('a line that has gone deaf is given up, and what it did not say is pulled', async () => {
    begin();
    await pass(30);
    asked();
    office.put('customer', { id: 'c2', code: 'C-2', name: 'Nile', currency: 'EGP', collectors: ['u1'] });
    await pass(240); // Nothing is said at all, not even a comment.
    expect(asked()['pull']).toBeGreaterThanOrEqual(1);
  });
});

describe('bytes', () => {
  test('a day out of reach is handed in packed, at a third of its size', async () => {
    for (let turn = 0; turn < 40; turn += 1) await tab.append.issue_receipt(receipt(100 + turn));
    office.packed = [];
    await tab.exchange.exchange_now();
    const text = office.packed.reduce((sum, one) => sum + one.text, 0);
    const sent = office.packed.reduce((sum, one) => sum + one.sent, 0);
    expect(text).toBeGreaterThan(20_000);
    expect(sent / text).toBeLessThan(0.45);
    expect(await unsent()).toBe(0);
  });

  test('where something on the way lets no packed body through, it goes as it is', async () => {
    office.unpacks = false;
    for (let turn = 0; turn < 3; turn += 1) await tab.append.issue_receipt(receipt(100 + turn));
    await tab.exchange.exchange_now();
    expect(await unsent()).toBe(0);
  });

  test('with data saving on photos wait for a better network or for a tap, signatures and vouchers for nothing', async () => {
    const connection = Object.assign(new EventTarget(), { saveData: true });
    vi.stubGlobal('navigator', { connection });
    const photo = await tab.attachments.keep_attachment(new Blob([new Uint8Array(90_000)], { type: 'image/jpeg' }));
    const signature = await tab.attachments.keep_attachment(new Blob([new Uint8Array(4_000)], { type: 'image/png' }));
    const written = await tab.append.issue_receipt({ ...receipt(5), signature });
    const body = { receipt: written.written.id, tender: 0 };
    await tab.append.append('cheque_photographed', { ...body, photos: [photo] });
    await tab.exchange.exchange_now();
    expect(await unsent()).toBe(0);
    expect([...office.attachments.keys()]).toEqual([signature]);
    expect(get(tab.attachments.photos_held)).toBe(1);

    tab.attachments.send_photos_too();
    await tab.exchange.exchange_now();
    expect(office.attachments.has(photo)).toBe(true);
    expect(get(tab.attachments.photos_held)).toBe(0);

    const second = await tab.attachments.keep_attachment(new Blob([new Uint8Array(80_000)], { type: 'image/jpeg' }));
    await tab.append.append('cheque_photographed', { ...body, photos: [second] });
    begin();
    await pass(5);
    expect(office.attachments.has(second)).toBe(false);
    connection.saveData = false;
    connection.dispatchEvent(new Event('change'));
    await pass(5);
    expect(office.attachments.has(second)).toBe(true);
  });
});
