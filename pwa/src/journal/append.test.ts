// @vitest-environment node
import { get } from 'svelte/store';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';

import { bytes_of, hash_of, splice, utf8 } from '../ledger/chain';
import { parse_signed } from '../ledger/qr';
import type { Envelope } from '../wire/types';
import { local_iso, moment } from './append';
import type { Chain, StoredEntry, UsedLeaf } from './database';
import { open_tab, ready_phone, receipt, type Office, type Tab } from './office_for_tests';

let office: Office;
let tab: Tab;

beforeEach(async () => {
  ({ office, tab } = await ready_phone());
});

afterEach(() => {
  vi.restoreAllMocks();
  vi.unstubAllGlobals();
});

async function stored(): Promise<{ entries: StoredEntry[]; used: UsedLeaf[]; chain: Chain | undefined }> {
  return tab.database.read(['entries', 'used', 'chains'], async (shelves) => ({
    entries: await shelves.entries.all(),
    used: await shelves.used.all(),
    chain: await shelves.chains.get('dev_1'),
  }));
}

async function expect_whole_chain(): Promise<void> {
  const { entries, used, chain } = await stored();
  let prev = '';
  for (const [place, entry] of entries.entries()) {
    const envelope = JSON.parse(entry.envelope) as Envelope;
    expect(envelope).toMatchObject({ seq: place + 1, prev, body_hash: await hash_of(entry.body), id: entry.id });
    expect(await hash_of(entry.envelope)).toBe(entry.hash);
    prev = entry.hash;
  }
  expect(chain).toMatchObject({ seq: entries.length, hash: prev });
  const receipts = entries.filter((entry) => entry.kind === 'receipt_issued');
  const numbers = receipts.map((entry) => (JSON.parse(entry.body) as { number: string }).number);
  expect(new Set(numbers).size).toBe(numbers.length);
  expect(used.map((leaf) => leaf.entry).sort()).toEqual(receipts.map((entry) => entry.id).sort());
}

describe('the strict transaction', () => {
  test('a receipt is written with strict durability, and nothing of it with less', async () => {
    const spy = vi.spyOn(IDBDatabase.prototype, 'transaction');
    await tab.append.issue_receipt(receipt(100));

    const writes = spy.mock.calls.filter(([, mode]) => mode === 'readwrite');
    expect(writes.length).toBeGreaterThan(0);
    for (const [, , options] of writes) expect(options).toEqual({ durability: 'strict' });
    const with_entry = writes.filter(([stores]) => stores.includes('entries'));
    expect(with_entry).toHaveLength(1);
    expect(with_entry[0]?.[0]).toEqual(expect.arrayContaining(['chains', 'entries', 'used']));
  });

  test('l1: a number exists only with its entry, and only once', async () => {
    const numbers = [];
    for (let amount = 1; amount <= 5; amount += 1) numbers.push((await tab.append.issue_receipt(receipt(amount))).number);

    expect(numbers).toEqual(['CAI-000851', 'CAI-000852', 'CAI-000853', 'CAI-000854', 'CAI-000855']);
    await expect_whole_chain();
  });

  test('killed between any two storage steps, all is there or nothing', async () => {
    await tab.append.issue_receipt(receipt(1));
    const before = await stored();
    // eslint-disable-next-line @typescript-eslint/unbound-method
    const put = IDBObjectStore.prototype.put;
    let killed = 0;
    for (let step = 1; step <= 10; step += 1) {
      let puts = 0;
      const spy = vi.spyOn(IDBObjectStore.prototype, 'put').mockImplementation(function (this: IDBObjectStore, value, key) {
        puts += 1;
        if (puts === step) throw new DOMException('killed', 'AbortError');
        return key === undefined ? put.call(this, value) : put.call(this, value, key);
      });
      const result = await tab.append.issue_receipt(receipt(2)).then(
        () => 'issued',
        () => 'killed',
      );
      spy.mockRestore();
      if (result === 'issued') break;
      killed += 1;
      expect(await stored()).toEqual(before);
    }

    expect(killed).toBe(3); // the leaf, the entry, the head
    expect(await stored()).toMatchObject({ chain: { seq: (before.chain?.seq ?? 0) + 1 } });
    await expect_whole_chain();
  });

  test('a failed save is never told as saved', async () => {
    vi.spyOn(IDBObjectStore.prototype, 'put').mockImplementation(() => {
      throw new DOMException('full', 'QuotaExceededError');
    });

    await expect(tab.append.issue_receipt(receipt(1))).rejects.toMatchObject({ reason: 'storage' });
  });

  test('killed after the transaction and before the voucher is shown: the same draft brings the same voucher', async () => {
    const id = tab.append.new_id();
    // eslint-disable-next-line @typescript-eslint/unbound-method
    const transaction = IDBDatabase.prototype.transaction;
    let written = false;
    const spy = vi.spyOn(IDBDatabase.prototype, 'transaction').mockImplementation(function (this: IDBDatabase, ...args) {
      if (written && args[1] === 'readonly') throw new DOMException('killed', 'AbortError');
      if (args[1] === 'readwrite' && args[0].includes('used')) written = true;
      return transaction.apply(this, args);
    });
    await expect(tab.append.issue_receipt(receipt(5, id))).rejects.toMatchObject({ reason: 'storage' });
    spy.mockRestore();

    const again = await tab.append.issue_receipt(receipt(5, id));
    const third = await tab.append.issue_receipt(receipt(5, id));
    expect(again.number).toBe('CAI-000851');
    expect(third.qr).toBe(again.qr);
    expect((await stored()).used).toHaveLength(1);
  });

  test('a handle that died is dropped and opened once more (l5)', async () => {
    // eslint-disable-next-line @typescript-eslint/unbound-method
    const transaction = IDBDatabase.prototype.transaction;
    let dead = true;
    vi.spyOn(IDBDatabase.prototype, 'transaction').mockImplementation(function (this: IDBDatabase, ...args) {
      if (dead) {
        dead = false;
        throw new DOMException('Connection to Indexed Database server lost', 'UnknownError');
      }
      return transaction.apply(this, args);
    });

    expect((await tab.append.issue_receipt(receipt(5))).number).toBe('CAI-000851');
    await expect_whole_chain();
  });

  test('a handle that stays dead is told, and nothing counts as saved', async () => {
    vi.spyOn(IDBDatabase.prototype, 'transaction').mockImplementation(() => {
      throw new DOMException('Connection to Indexed Database server lost', 'UnknownError');
    });

    await expect(tab.append.issue_receipt(receipt(5))).rejects.toMatchObject({ reason: 'storage' });
    expect(get(tab.health.health).database).toBe('lost');
  });
});

describe('two tabs', () => {
  test('l13: two connections that issue at the same time never give one number twice', async () => {
    const other = await open_tab();
    await other.start.start_journal();
    const issued = await Promise.all(
      Array.from({ length: 12 }, (_, turn) => (turn % 2 ? tab : other).append.issue_receipt(receipt(turn + 1))),
    );

    expect(new Set(issued.map(({ number }) => number)).size).toBe(12);
    await expect_whole_chain();
    expect((await stored()).used).toHaveLength(12);
  });

  test('another tab writes between the look and the transaction: all is made again on the new head', async () => {
    const other = await open_tab();
    await other.start.start_journal();
    // eslint-disable-next-line @typescript-eslint/unbound-method
    const sign = crypto.subtle.sign;
    let theirs = '';
    const spy = vi.spyOn(crypto.subtle, 'sign').mockImplementation(async (...args) => {
      // The probes at start sign too; what counts is the moment in which our receipt is signed.
      if (!new TextDecoder().decode(args[2]).includes('receipt_issued')) return sign.apply(crypto.subtle, args);
      spy.mockRestore();
      theirs = (await other.append.issue_receipt(receipt(7))).number;
      return sign.apply(crypto.subtle, args);
    });
    const ours = await tab.append.issue_receipt(receipt(8));

    expect([theirs, ours.number]).toEqual(['CAI-000851', 'CAI-000852']);
    await expect_whole_chain();
  });

  test('the same draft issued in two tabs at once is one voucher', async () => {
    const other = await open_tab();
    await other.start.start_journal();
    const id = tab.append.new_id();
    const [one, two] = await Promise.all([tab.append.issue_receipt(receipt(9, id)), other.append.issue_receipt(receipt(9, id))]);

    expect(one.number).toBe(two.number);
    expect((await stored()).used).toHaveLength(1);
    await expect_whole_chain();
  });

  test('what one tab issues the other one shows', async () => {
    const other = await open_tab();
    await other.start.start_journal();
    const { written } = await tab.append.issue_receipt(receipt(100));

    await vi.waitFor(() => expect(get(other.world.world).vouchers.get(written.id)).toMatchObject({ on_account: 0 }));
  });
});

describe('what is written', () => {
  test('is in the world as soon as it is told, and stays there whatever is being read meanwhile', async () => {
    const left = get(tab.world.world).numbers_left;
    const seen: boolean[] = [];
    const id = tab.append.new_id();
    const stop = tab.world.world.subscribe(({ vouchers }) => seen.push(vouchers.has(id)));
    const reading = tab.world.refresh();
    await tab.append.issue_receipt(receipt(100, id));
    expect(get(tab.world.world)).toMatchObject({ numbers_left: left - 1, waiting: { totals: [{ amount: 100 }] } });
    expect(get(tab.world.world).vouchers.has(id)).toBe(true);
    await Promise.all([reading, tab.world.refresh()]);
    await tab.world.refresh();
    stop();

    expect(get(tab.world.world).numbers_left).toBe(left - 1);
    expect(seen.slice(seen.indexOf(true))).not.toContain(false);
  });

  test('goes before what can wait', async () => {
    await tab.append.at_rest();
    const order: string[] = [];
    const issuing = tab.append.issue_receipt(receipt(100)).then(() => order.push('issued'));
    await new Promise((resolve) => setTimeout(resolve));
    await tab.append.at_rest();
    order.push('rested');
    await issuing;

    expect(order.at(-1)).toBe('rested');
  });
});

describe('what a receipt says', () => {
  test('the QR code is signed over what the paper says and names the entry', async () => {
    const { qr, written } = await tab.append.issue_receipt(receipt(12345));
    const [address, text = ''] = qr.split('#');
    const read = parse_signed(text);
    const key = office.devices.get('dev_1')?.key;
    if (!read || !key) throw new Error('no payload');
    const genuine = (signed: string) =>
      crypto.subtle.verify({ name: 'ECDSA', hash: 'SHA-256' }, key, bytes_of(read.sig), utf8(signed));

    expect(address).toBe('https://nour.example/verify');
    expect(read.payload).toMatchObject({
      company: 'co_nour',
      device: 'dev_1',
      key: office.devices.get('dev_1')?.device.key,
      seq: written.seq,
      hash: written.hash,
      number: 'CAI-000851',
      date: written.at.slice(0, 10),
      customer_code: 'C-1001',
      totals: [{ currency: 'EGP', method: 'cash', amount: 12345 }],
    });
    expect(await genuine(read.signed)).toBe(true);
    const parts = read.signed.split('.');
    for (const [place, part] of parts.entries()) {
      const changed = [...parts];
      changed[place] = part.startsWith('A') ? `B${part.slice(1)}` : `A${part.slice(1)}`;
      expect(await genuine(changed.join('.')), `part ${place}`).toBe(false);
    }
    // A screen finds it there as soon as it is issued.
    expect(get(tab.world.world).vouchers.get(written.id)).toMatchObject({ id: written.id, number: 'CAI-000851', qr: text });
    expect(await tab.append.qr_of(written.id)).toBe(qr);
  });

  test('what does not add up is not issued', async () => {
    const draft = receipt(100);
    for (const wrong of [
      { ...draft, on_account: 1 },
      { ...draft, allocations: [] },
      { ...draft, tenders: [] },
      { ...draft, tenders: [{ method: 'cash' as const, currency: 'USD', amount: 100 }] },
      { ...draft, tenders: [{ method: 'cash' as const, currency: 'EGP', amount: 100.5 }], allocations: [], on_account: 100.5 },
    ]) {
      await expect(tab.append.issue_receipt(wrong)).rejects.toThrow(RangeError);
    }
    expect((await stored()).used).toHaveLength(0);
  });

  test('an entry that is too large is refused before it has a number', async () => {
    await expect(tab.append.issue_receipt({ ...receipt(1), salt: 'س'.repeat(16_000) })).rejects.toThrow(RangeError);
    expect((await stored()).used).toHaveLength(0);
  });
});

describe('books', () => {
  test('the spare is used when the open book has ended, and then nothing is left', async () => {
    ({ office, tab } = await ready_phone(2));
    await office.assign_book('b2', 'dev_1', 2001, 2001);
    await tab.exchange.exchange_now();
    const numbers = [];
    for (let amount = 1; amount <= 3; amount += 1) numbers.push((await tab.append.issue_receipt(receipt(amount))).number);

    expect(numbers).toEqual(['CAI-000851', 'CAI-000852', 'CAI-002001']);
    await vi.waitFor(() => expect(get(tab.world.world).numbers_left).toBe(0));
    await expect(tab.append.issue_receipt(receipt(4))).rejects.toMatchObject({ reason: 'no_numbers' });
  });

  test('a book whose grant the server did not sign gives no number', async () => {
    const stranger = await crypto.subtle.generateKey({ name: 'ECDSA', namedCurve: 'P-256' }, false, ['sign', 'verify']);
    ({ office, tab } = await ready_phone(1));
    await office.assign_book('b9', 'dev_1', 9001, 9002, stranger);
    await tab.exchange.exchange_now();
    await tab.append.issue_receipt(receipt(1));

    await expect(tab.append.issue_receipt(receipt(2))).rejects.toMatchObject({ reason: 'no_numbers' });
  });

  test('a book that the office closed gives no number', async () => {
    const book = office.docs.book.get('b1');
    if (!book) throw new Error('no book');
    office.put('book', { ...book, state: 'frozen', closed: 'unknown' });
    await tab.exchange.exchange_now();

    await expect(tab.append.issue_receipt(receipt(2))).rejects.toMatchObject({ reason: 'no_numbers' });
  });

  test('a book set back by a restored office does not give its numbers again (l1)', async () => {
    await tab.append.issue_receipt(receipt(1));
    await tab.exchange.exchange_now();
    await office.assign_book('b1', 'dev_1', 851, 1050);
    await tab.exchange.exchange_now();

    expect((await tab.append.issue_receipt(receipt(2))).number).toBe('CAI-000852');
  });
});

describe('deposits', () => {
  test('names count up, also when two are declared at once', async () => {
    const totals = [{ currency: 'EGP', method: 'cash', count: 0, amount: 0 }];
    const [one, two] = await Promise.all([tab.append.declare_deposit({ totals }), tab.append.declare_deposit({ totals })]);

    expect([one.body.name, two.body.name].sort()).toEqual(['K7-0001', 'K7-0002']);
    await expect_whole_chain();
  });
});

describe('the time of an entry', () => {
  const at = (text: string) => Date.parse(text);
  const last = '2026-11-22T10:00:00+02:00';

  test('is the clock', () => {
    expect(moment(at('2026-11-22T08:00:05Z'), last, undefined, 'd', 3)).toBe(at('2026-11-22T08:00:05Z'));
  });

  test('is never before the last entry', () => {
    expect(moment(at('2026-11-22T07:00:00Z'), last, undefined, 'd', 3)).toBe(at(last));
  });

  test('follows the server when its later signed time shows that the last entry was ahead', () => {
    const clock = { server_ms: at('2026-11-21T08:00:00Z'), device_ms: at('2026-11-22T08:00:00Z'), seq: 3, device: 'd' };

    expect(moment(at('2026-11-21T08:05:00Z'), last, { ...clock, device_ms: at('2026-11-21T08:00:00Z') }, 'd', 3)).toBe(
      at('2026-11-21T08:05:00Z'),
    );
    expect(moment(at('2026-11-21T08:05:00Z'), last, clock, 'd', 3)).toBe(clock.server_ms);
  });

  test('a signed time from before the last entry shows nothing about it', () => {
    const clock = { server_ms: at('2026-11-21T08:00:00Z'), device_ms: at('2026-11-21T08:00:00Z'), seq: 2, device: 'd' };

    expect(moment(at('2026-11-21T08:05:00Z'), last, clock, 'd', 3)).toBe(at(last));
  });

  test('is written with the offset of the place', () => {
    expect(local_iso(at('2026-11-22T08:15:03Z'), 120)).toBe('2026-11-22T10:15:03+02:00');
    expect(local_iso(at('2026-11-22T00:15:03Z'), -210)).toBe('2026-11-21T20:45:03-03:30');
    expect(local_iso(at('2026-11-22T08:15:03Z'), 0)).toBe('2026-11-22T08:15:03+00:00');
  });
});

describe('the second copy', () => {
  class Memory {
    files: Record<string, string[]> = {};
    fails = false;
    append = async (device: string, lines: string[]) => {
      await Promise.resolve();
      if (this.fails) throw new Error('no');
      this.files[device] = [...(this.files[device] ?? []), ...lines];
    };
    read_all = async () => Promise.resolve(structuredClone(this.files));
  }

  test('has every entry after it is durable, and gets what it lacks at the next start', async () => {
    const memory = new Memory();
    tab.copy.use_copy(memory);
    await tab.append.issue_receipt(receipt(1));
    memory.fails = true;
    await tab.append.issue_receipt(receipt(2));
    expect(get(tab.health.health).copy).toBe('failed');
    memory.fails = false;
    await tab.append.settle_copy();

    const { entries } = await stored();
    expect(memory.files['dev_1']?.toSorted()).toEqual(entries.map(({ envelope, body, sig }) => splice(envelope, body, sig)).sort());
    expect(get(tab.health.health).copy).toBe('ok');
  });

  test('one that hangs does not hold up the voucher', async () => {
    tab.copy.use_copy({ append: () => new Promise(() => undefined), read_all: () => Promise.resolve({}) });
    const begun = performance.now();
    await tab.append.issue_receipt(receipt(1));

    expect(performance.now() - begun).toBeLessThan(2_000);
    expect(get(tab.health.health).copy).toBe('failed');
  });

  test('l7: a database that opens older than the copy gets its entries back before a number is given', async () => {
    const memory = new Memory();
    tab.copy.use_copy(memory);
    await tab.append.settle_copy();
    const old = await tab.database.read(['entries', 'chains', 'used'], async (shelves) => ({
      chains: await shelves.chains.all(),
      seqs: (await shelves.entries.all()).map((entry) => entry.seq),
    }));
    await tab.append.issue_receipt(receipt(1));
    await tab.append.issue_receipt(receipt(2));
    await tab.database.write(['entries', 'chains', 'used'], async (shelves) => {
      for (const entry of await shelves.entries.all()) if (!old.seqs.includes(entry.seq)) await shelves.entries.drop([entry.device, entry.seq]);
      for (const chain of old.chains) await shelves.chains.put(chain);
      await shelves.used.clear();
    });
    memory.files['dev_1']?.push('{"envelope":{"v":1,"torn');
    const restarted = await open_tab();
    restarted.copy.use_copy(memory);
    await restarted.start.start_journal();
    tab = restarted;

    expect((await restarted.append.issue_receipt(receipt(3))).number).toBe('CAI-000853');
    await expect_whole_chain();
    await restarted.exchange.exchange_now();
    expect(office.receipts().map((one) => one.number)).toEqual(['CAI-000851', 'CAI-000852', 'CAI-000853']);
  });

  test('entries of the copy that do not continue the chain are handed in as they are', async () => {
    const memory = new Memory();
    const other = await open_tab();
    other.copy.use_copy(memory);
    await other.append.issue_receipt(receipt(1));
    await tab.exchange.exchange_now();
    const lost = (await stored()).entries.at(-1);
    await tab.database.write(['entries', 'chains', 'used'], async (shelves) => {
      if (!lost) return;
      await shelves.entries.drop([lost.device, lost.seq]);
      const chain = await shelves.chains.get('dev_1');
      if (chain) await shelves.chains.put({ ...chain, seq: lost.seq - 1, hash: (JSON.parse(lost.envelope) as Envelope).prev });
    });
    await tab.append.append('visit_started', { customer: 'c1' });
    tab.copy.use_copy(memory);
    await tab.append.settle_copy();

    expect(get(tab.health.health).copy).toBe('differs');
    expect((await tab.database.read(['strays'], (shelves) => shelves.strays.all())).map((stray) => stray.hash)).toEqual([lost?.hash]);
  });

  test('a copy that is ahead and cannot be brought back stops new entries', async () => {
    const memory = new Memory();
    tab.copy.use_copy(memory);
    await tab.append.issue_receipt(receipt(1));
    const lost = (await stored()).entries.at(-1);
    await tab.database.write(['entries', 'chains', 'used'], async (shelves) => {
      if (!lost) return;
      await shelves.entries.drop([lost.device, lost.seq]);
      const chain = await shelves.chains.get('dev_1');
      if (chain) await shelves.chains.put({ ...chain, seq: lost.seq - 1, hash: (JSON.parse(lost.envelope) as Envelope).prev });
      await shelves.used.clear();
    });
    const spy = vi.spyOn(IDBObjectStore.prototype, 'put').mockImplementation(() => {
      throw new DOMException('full', 'QuotaExceededError');
    });
    await expect(tab.append.settle_copy()).rejects.toThrow();
    await expect(tab.append.issue_receipt(receipt(2))).rejects.toMatchObject({ reason: 'behind_copy' });
    expect(get(tab.health.health).copy).toBe('behind');
    spy.mockRestore();

    expect((await tab.append.issue_receipt(receipt(2))).number).toBe('CAI-000852');
    await expect_whole_chain();
  });
});
