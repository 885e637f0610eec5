// @vitest-environment node
import { get } from 'svelte/store';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';

import type { Customer, Envelope, PushReply, ReceiptIssued } from '../wire/types';
import type { StoredEntry } from './database';
import { open_tab, ready_phone, receipt, user, type Fault, type Office, type Tab } from './office_for_tests';

let office: Office;
let tab: Tab;

beforeEach(async () => {
  ({ office, tab } = await ready_phone());
});

afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
  vi.unstubAllGlobals();
});

async function entries(): Promise<StoredEntry[]> {
  return tab.database.read(['entries'], (shelves) => shelves.entries.all());
}

async function states(): Promise<string[]> {
  return (await entries()).map((entry) => entry.state);
}

async function issue(count: number): Promise<string[]> {
  const ids = [];
  for (let turn = 0; turn < count; turn += 1) ids.push((await tab.append.issue_receipt(receipt(100 + turn))).written.id);
  return ids;
}

/** Faults have stopped: some rounds later all must be there. */
async function exchange_until_empty(rounds = 6): Promise<void> {
  for (let round = 0; round < rounds; round += 1) {
    await tab.exchange.exchange_now();
    if ((await states()).every((state) => state === 'seen')) return;
  }
  throw new Error(`the outbox did not empty: ${(await states()).join(' ')}`);
}

/** What the phone wrote and what the office has, entry for entry. */
async function expect_same_chain(): Promise<void> {
  const ours = (await entries()).map((entry) => entry.hash);
  expect(office.chains.get('dev_1')?.map((kept) => kept.hash)).toEqual(ours);
  expect(new Set(ours).size).toBe(ours.length);
}

describe('handing in', () => {
  test('saved, sent, acknowledged, seen', async () => {
    const [id = ''] = await issue(1);
    expect((await entries()).at(-1)?.state).toBe('saved');
    office.down = true;
    await tab.exchange.exchange_now();
    expect((await entries()).at(-1)?.state).toBe('saved');
    expect(get(tab.exchange.connection).state).toBe('away');

    office.down = false;
    office.pulls_refused = true;
    await tab.exchange.exchange_now();
    expect((await entries()).at(-1)?.state).toBe('acknowledged');

    office.pulls_refused = false;
    await tab.exchange.exchange_now();
    expect((await entries()).at(-1)?.state).toBe('seen');
    await vi.waitFor(() => expect(get(tab.world.world).entry_state(id)).toBe('seen'));
    expect(get(tab.world.world).own_verdict(id)).toMatchObject({ verdict: 'accepted' });
    await expect_same_chain();
  });

  test('the manifest tells what stays behind, and the head is signed', async () => {
    await issue(60);
    await tab.exchange.exchange_now();
    const first = office.heads.find((head) => (head.manifest?.unsent ?? 0) > 0);

    expect(office.batches).toEqual(expect.arrayContaining([50, 10]));
    expect(first?.manifest).toMatchObject({ unsent: 10, totals: [{ currency: 'EGP', method: 'cash', count: 10 }] });
    expect(first?.carrier).toBe('dev_1');
    await expect_same_chain();
  });

  test('l18: a lost reply is repeated and nothing is doubled', async () => {
    await issue(3);
    office.faults = ['lose_reply'];
    await tab.exchange.exchange_now();
    expect((await states()).slice(-3)).toEqual(['saved', 'saved', 'saved']);

    await exchange_until_empty();
    expect(office.receipts()).toHaveLength(3);
    await expect_same_chain();
  });

  test('l19: without a receipt that verifies nothing counts as acknowledged', async () => {
    await issue(1);
    office.faults = ['bad_receipt'];
    await tab.exchange.exchange_now();
    expect((await entries()).at(-1)?.state).toBe('sent');
    expect(get(tab.health.health).handed_in).toBe('receipt_unverified');

    await exchange_until_empty();
    expect(get(tab.health.health).handed_in).toBe('ok');
  });

  test('the hand-in receipt is kept', async () => {
    await issue(2);
    await tab.exchange.exchange_now();
    const kept = await tab.database.read(['receipts'], (shelves) => shelves.receipts.all());

    expect(kept.at(-1)).toMatchObject({ device: 'dev_1', seq: (await entries()).length });
  });

  test('l27: too large is halved, down to one', async () => {
    await issue(8);
    office.batch_limit = 1;
    await exchange_until_empty();

    expect(office.batches.filter((size) => size > 1)).toEqual([]);
    await expect_same_chain();
  });

  test('a reached quota waits as long as it was told', async () => {
    await issue(1);
    office.faults = ['quota'];
    await tab.exchange.exchange_now();
    await tab.exchange.exchange_now();
    expect((await entries()).at(-1)?.state).toBe('sent');
    const later = Date.now() + 2_000;
    vi.spyOn(Date, 'now').mockImplementation(() => later);

    await exchange_until_empty();
    await expect_same_chain();
  });

  test('a gap is filled from where the office stands', async () => {
    await issue(4);
    await tab.exchange.exchange_now();
    office.chains.set('dev_1', office.chains.get('dev_1')?.slice(0, 2) ?? []);
    await issue(2);

    await exchange_until_empty();
    await expect_same_chain();
  });

  test('entries that are gone are named as missing, and the rest goes on', async () => {
    await issue(4);
    const [, , , gone, also] = await entries();
    await tab.database.write(['entries'], async (shelves) => {
      for (const entry of [gone, also]) if (entry) await shelves.entries.drop([entry.device, entry.seq]);
    });
    await exchange_until_empty();

    expect(office.holes).toContainEqual([gone?.seq, also?.seq]);
    expect(office.accepted().map((kept) => kept.hash)).toEqual((await entries()).map((entry) => entry.hash));
  });

  test('a lower acknowledgement is answered by sending again from there', async () => {
    await issue(5);
    await exchange_until_empty();
    office.chains.set('dev_1', office.chains.get('dev_1')?.slice(0, 3) ?? []);
    office.position += 100;
    await issue(1);

    await exchange_until_empty();
    await expect_same_chain();
  });

  test('l34: after a restore all that is retained is offered again', async () => {
    const ids = await issue(5);
    await exchange_until_empty();
    const before = get(tab.world.world);
    const early = office.accepted().at(2)?.position ?? 0;
    office.restore(early, 'epoch-2');
    await tab.exchange.exchange_now();
    await exchange_until_empty();
    await expect_same_chain();

    await vi.waitFor(() => {
      const after = get(tab.world.world);
      expect(after.custody).toEqual(before.custody);
      expect(after.items.get('i1')).toEqual(before.items.get('i1'));
      expect(ids.every((id) => after.vouchers.get(id)?.state === 'issued')).toBe(true);
    });
  });

  test('l24: an expired login stops pulling and never handing in', async () => {
    await issue(2);
    office.pulls_refused = true;
    await tab.exchange.exchange_now();

    expect(get(tab.exchange.connection).state).toBe('login_needed');
    expect((await states()).slice(-2)).toEqual(['acknowledged', 'acknowledged']);
    office.pulls_refused = false;
    await exchange_until_empty();
    expect(get(tab.exchange.connection).state).toBe('connected');
  });

  test('a device unknown to the office keeps everything and says so', async () => {
    await issue(2);
    const known = office.devices.get('dev_1');
    office.takes_grants = false;
    office.devices.clear();
    await tab.exchange.exchange_now();
    expect((await states()).slice(-2)).toEqual(['sent', 'sent']);
    expect(get(tab.health.health).handed_in).toBe('device_unknown');

    if (known) office.devices.set('dev_1', known);
    await exchange_until_empty();
    await expect_same_chain();
  });

  test('l20: whatever happens on the way, when it stops the outbox empties and sums agree', async () => {
    const kinds: Fault[] = ['unreachable', 'lose_reply', 'too_large', 'broken', 'bad_receipt'];
    let seed = 20_261_122;
    const dice = (sides: number) => {
      seed = (seed * 1_103_515_245 + 12_345) % 2_147_483_648;
      return Math.floor((seed / 2_147_483_648) * sides);
    };
    let expected = 0;
    for (let turn = 0; turn < 30; turn += 1) {
      for (let more = dice(4); more > 0; more -= 1) {
        const amount = 1 + dice(1000);
        await tab.append.issue_receipt(receipt(amount));
        expected += amount;
      }
      for (let more = dice(3); more > 0; more -= 1) office.faults.push(kinds[dice(kinds.length)] ?? 'broken');
      if (dice(8) === 0) office.restore(Math.max(3, office.position - 1 - dice(6)), `epoch-${turn + 2}`);
      if (dice(6) === 0) tab = await restarted();
      await tab.exchange.exchange_now();
      const waiting = get(tab.world.world).waiting;
      expect(waiting.unsent).toBeLessThanOrEqual((await entries()).length);
    }
    office.faults = [];
    await exchange_until_empty(10);

    await expect_same_chain();
    const sum = office.receipts().reduce((total, one) => total + (one.tenders[0]?.amount ?? 0), 0);
    expect(sum, 'seed 20261122').toBe(expected);
    await vi.waitFor(() => expect(get(tab.world.world).custody.cash).toEqual({ EGP: expected }));
  }, 60_000);
});

async function restarted(): Promise<Tab> {
  tab.database.close_database();
  const next = await open_tab();
  await next.start.start_journal();
  return next;
}

describe('forks and revoked devices', () => {
  test('a phone that is told that it is forked issues nothing more, and keeps what it has', async () => {
    await issue(1);
    await exchange_until_empty();
    const clone = office.chains.get('dev_1')?.at(-1);
    await issue(1);
    // The clone was faster: the office has another entry at the seq that this phone is about to hand in.
    if (clone) office.chains.get('dev_1')?.push({ ...clone, hash: 'another', envelope: { ...clone.envelope, seq: clone.envelope.seq + 1 } });
    await tab.exchange.exchange_now();

    await expect(tab.append.issue_receipt(receipt(1))).rejects.toMatchObject({ reason: 'forked' });
    expect(get(tab.world.world).device_state).toBe('forked');
    expect(get(tab.health.health).handed_in).toBe('office_differs');
    const last = (await entries()).at(-1);
    expect(last).toMatchObject({ state: 'seen', verdict: 'review', flags: ['fork'] });
    expect(office.forks.map((kept) => kept.hash)).toEqual([last?.hash]);
  });

  test('l18: all that a forked phone holds reaches the office, also beyond the first batch', async () => {
    await issue(1);
    await exchange_until_empty();
    const clone = office.chains.get('dev_1')?.at(-1);
    await issue(55);
    if (clone) office.chains.get('dev_1')?.push({ ...clone, hash: 'another', envelope: { ...clone.envelope, seq: clone.envelope.seq + 1 } });
    await exchange_until_empty(3);

    expect(office.forks).toHaveLength(55);
    expect(new Set(await states())).toEqual(new Set(['seen']));
  });

  test('l18: a forked phone that has lost an entry as well tells of it, and hands in the rest', async () => {
    await issue(1);
    await exchange_until_empty();
    const clone = office.chains.get('dev_1')?.at(-1);
    await issue(4);
    if (clone) office.chains.get('dev_1')?.push({ ...clone, hash: 'another', envelope: { ...clone.envelope, seq: clone.envelope.seq + 1 } });
    const gone = (await entries()).at(-2);
    await tab.database.write(['entries'], async (shelves) => {
      if (gone) await shelves.entries.drop([gone.device, gone.seq]);
    });
    await exchange_until_empty(3);

    expect(office.holes).toContainEqual([gone?.seq, gone?.seq]);
    expect(office.forks).toHaveLength(3);
    expect((await states()).slice(-3)).toEqual(['seen', 'seen', 'seen']);
  });

  test('l18: what the office did not keep of a forked phone is offered again', async () => {
    await issue(1);
    await exchange_until_empty();
    const clone = office.chains.get('dev_1')?.at(-1);
    await issue(2);
    if (clone) office.chains.get('dev_1')?.push({ ...clone, hash: 'another', envelope: { ...clone.envelope, seq: clone.envelope.seq + 1 } });
    const plain = office.answer.bind(office);
    vi.stubGlobal('fetch', async (url: string, init: RequestInit) => {
      const answer = await plain(url, init);
      if (!url.endsWith('/sync/push')) return answer;
      const reply = (await answer.json()) as PushReply;
      return new Response(JSON.stringify({ ...reply, outcomes: reply.outcomes.map((one) => ({ ...one, position: 0 })) }), { status: answer.status });
    });
    await tab.exchange.exchange_now();
    expect((await states()).slice(-2)).toEqual(['sent', 'sent']);
    vi.stubGlobal('fetch', plain);

    await exchange_until_empty();
  });

  test('l21: a chain that is stuck does not keep from the office what was found beside the chains', async () => {
    const [id = ''] = await issue(1);
    const text = (await entries()).at(-1);
    await tab.database.write(['strays'], ({ strays }) =>
      strays.put({ hash: text?.hash ?? '', device: 'dev_1', seq: text?.seq ?? 0, text: `{"envelope":${text?.envelope},"body":${text?.body},"sig":"${text?.sig}"}`, handed_in: false }),
    );
    const plain = office.answer.bind(office);
    const stuck = (init: RequestInit) => (init.body as string).includes('\\"carrier\\"');
    vi.stubGlobal('fetch', (url: string, init: RequestInit) => {
      if (!url.endsWith('/sync/push') || !stuck(init)) return plain(url, init);
      return Promise.resolve(new Response('{"title":"unexpected","status":500,"code":"unexpected"}', { status: 500 }));
    });
    await tab.exchange.exchange_now();

    expect((await entries()).find((entry) => entry.id === id)?.state).toBe('sent');
    expect(await tab.database.read(['strays'], ({ strays }) => strays.all())).toMatchObject([{ handed_in: true }]);
    expect(office.receipts()).toHaveLength(1);
  });

  test('a revoked phone issues nothing more and still hands in', async () => {
    await issue(2);
    office.device_state = 'revoked';
    await tab.exchange.exchange_now();

    await expect(tab.append.issue_receipt(receipt(1))).rejects.toMatchObject({ reason: 'revoked' });
    expect(office.receipts()).toHaveLength(2);
    await tab.append.declare_deposit({ totals: [{ currency: 'EGP', method: 'cash', count: 2, amount: 201 }] });
    await exchange_until_empty();
  });

  test('an office that knows more of this chain than the phone itself stops it', async () => {
    await issue(1);
    await exchange_until_empty();
    const chain = office.chains.get('dev_1');
    const last = chain?.at(-1);
    if (last) chain?.push({ ...last, hash: 'lost', envelope: { ...last.envelope, seq: last.envelope.seq + 1 } });
    const later = Date.now() + 3_600_000;
    vi.spyOn(Date, 'now').mockImplementation(() => later);
    await tab.exchange.exchange_now();

    await expect(tab.append.issue_receipt(receipt(1))).rejects.toMatchObject({ reason: 'data_lost' });
    await expect(tab.append.append('visit_started', { customer: 'c1' })).rejects.toMatchObject({ reason: 'data_lost' });
    expect(get(tab.health.health).data_lost).toBe(1);
    // The office is told by the phone itself, in the same round.
    expect(office.heads.at(-1)).toMatchObject({ office_seq: (await entries()).length + 1, seq: (await entries()).length });
  });

  test('a phone enrolled again keeps its old chain going and names its head', async () => {
    await issue(2);
    const old = (await entries()).at(-1);
    await tab.device.enrol('WXYZ-6789');
    await office.assign_book('b2', 'dev_2', 3001, 3100);
    await tab.exchange.exchange_now();
    await tab.exchange.exchange_now();
    const { number } = await tab.append.issue_receipt(receipt(5));
    await exchange_until_empty();

    expect(number).toBe('CAI-003001');
    expect(office.chains.get('dev_1')?.at(-1)?.hash).toBe(old?.hash);
    expect(office.chains.get('dev_2')?.[0]).toMatchObject({
      envelope: { kind: 'chain_started', seq: 1 },
      body: { old_device: 'dev_1', old_seq: old?.seq, old_hash: old?.hash },
    });
    expect(office.receipts()).toHaveLength(3);
  });

  test('another user waits until the outbox is empty', async () => {
    await issue(1);
    const name = user.name;
    user.name = 'Somebody else';
    try {
      await expect(tab.device.enrol('WXYZ-6789')).rejects.toMatchObject({ unsent: 1 });
      expect(office.devices.size).toBe(1);
    } finally {
      user.name = name;
    }
  });
});

describe('pulling', () => {
  test('the phone accepts its book by itself, once', async () => {
    await tab.exchange.exchange_now();
    await exchange_until_empty();

    expect(office.accepted().filter(({ envelope }) => envelope.kind === 'book_accepted')).toHaveLength(1);
    expect(office.docs.book.get('b1')?.state).toBe('accepted');
  });

  test('an own entry shows at once, and once, at every step of its way', async () => {
    const seen = new Set<string>();
    const stop = tab.world.world.subscribe(({ custody, items }) => {
      seen.add(`${custody.cash?.['EGP'] ?? 0} of ${items.get('i1')?.open ?? 0}`);
    });
    await tab.append.issue_receipt(receipt(500));
    await vi.waitFor(() => expect(get(tab.world.world).custody.cash).toEqual({ EGP: 500 }));
    office.page_size = 1;
    await exchange_until_empty();
    await vi.waitFor(() => expect(get(tab.world.world).waiting.unsent).toBe(0));
    stop();

    expect([...seen]).toEqual(['0 of 1000000', '500 of 999500']);
  });

  test('pages are shown when the last one is here, also when the phone stops in between', async () => {
    for (let number = 2; number <= 9; number += 1) {
      office.put('customer', { id: `c${number}`, code: `C-${number}`, name: 'N', currency: 'EGP' });
    }
    office.page_size = 2;
    const calls = vi.fn();
    vi.stubGlobal('fetch', (url: string, init: RequestInit) => {
      if (url.includes('/sync/pull')) {
        calls();
        if (calls.mock.calls.length === 3) throw new TypeError('no network');
      }
      return office.answer(url, init);
    });
    await tab.exchange.exchange_now();
    expect(get(tab.world.world).customers.size).toBe(1);
    tab = await restarted();
    expect(get(tab.world.world).customers.size).toBe(1);
    calls.mockReset();
    await tab.exchange.exchange_now();

    await vi.waitFor(() => expect(get(tab.world.world).customers.size).toBe(9));
    expect(calls.mock.calls.length).toBeLessThan(4); // It went on from its cursor.
  });

  test('l26: what leaves the scope is hidden at once, and kept while own entries about it wait', async () => {
    await issue(1);
    office.faults = ['broken'];
    office.drop('customer', 'c1');
    await tab.exchange.exchange_now();
    await vi.waitFor(() => expect(get(tab.world.world).customers.has('c1')).toBe(false));
    expect(get(tab.world.world).former_customers.has('c1')).toBe(true);

    await exchange_until_empty();
    await tab.exchange.exchange_now();
    await vi.waitFor(() => expect(get(tab.world.world).former_customers.has('c1')).toBe(false));
  });

  test('a reload drops what it did not bring, in the moment it is complete', async () => {
    office.put('customer', { id: 'c2', code: 'C-2', name: 'N', currency: 'EGP' });
    await tab.exchange.exchange_now();
    await vi.waitFor(() => expect(get(tab.world.world).customers.size).toBe(2));
    await exchange_until_empty();
    office.feed = office.feed.filter((row) => row.id !== 'c2');
    office.epoch = 'epoch-2';
    office.page_size = 2;
    await exchange_until_empty();

    await vi.waitFor(() => expect([...get(tab.world.world).customers.keys()]).toEqual(['c1']));
  });

  test('l17: the office cannot change what an issued voucher says', async () => {
    const [id = ''] = await issue(1);
    await exchange_until_empty();
    const doc = office.docs.voucher.get(id);
    if (!doc) throw new Error('no voucher');
    office.put('voucher', { ...doc, number: 'CAI-999999', tenders: [{ method: 'cash', currency: 'EGP', amount: 1 }], deposit: 'dp' });
    await tab.exchange.exchange_now();

    await vi.waitFor(() => expect(get(tab.world.world).vouchers.get(id)).toMatchObject({ deposit: 'dp' }));
    expect(get(tab.world.world).vouchers.get(id)).toMatchObject({ number: 'CAI-000851', tenders: [{ amount: 100 }] });
    expect(get(tab.health.health).handed_in).toBe('office_differs');
  });

  test('l31: a page that was asked for before another tab stored a later one changes nothing', async () => {
    const other = await open_tab();
    await other.start.start_journal();
    vi.stubGlobal('navigator', {}); // No Web Locks: nothing keeps two tabs from pulling at once.
    const customer = office.docs.customer.get('c1');
    if (!customer) throw new Error('no customer');
    office.put('customer', { ...customer, name: 'Older' });
    const plain = office.answer.bind(office);
    let let_go: () => void = () => undefined;
    const held = new Promise<void>((resolve) => (let_go = resolve));
    let first = true;
    vi.stubGlobal('fetch', async (url: string, init: RequestInit) => {
      const answer = await plain(url, init);
      if (url.includes('/sync/pull') && first) {
        first = false;
        await held;
      }
      return answer;
    });
    const slow = tab.exchange.exchange_now();
    await vi.waitFor(() => expect(first).toBe(false));
    office.put('customer', { ...customer, name: 'Newer' });
    await other.exchange.exchange_now();
    const { cursor } = (await tab.database.read_meta('pull')) ?? {};
    let_go();
    await slow;
    const kept = await tab.database.read(['docs'], ({ docs }) => docs.get(['customer', 'c1']));

    expect(kept?.doc).toMatchObject({ name: 'Newer' });
    expect((await tab.database.read_meta('pull'))?.cursor).toBe(cursor);
  });

  test('l17: a voucher that the office rebuilt before its own entry came is shown once', async () => {
    office.faults = ['unreachable'];
    const [id = ''] = await issue(1);
    const entry = (await entries()).at(-1);
    if (!entry) throw new Error('no entry');
    const { customer, currency, tenders, number, book, leaf } = JSON.parse(entry.body) as ReceiptIssued;
    office.put('voucher', { id: 'rv', number, book, leaf, customer, device: 'dev_1', seq: entry.seq, by: 'u1', at: '2026-11-22', currency, tenders, on_account: 100, rebuilt: entry.hash });
    office.put('custody', { id: 'u1', cash: { EGP: 100 } });
    office.put('customer', { ...(office.docs.customer.get('c1') as Customer), credit: { EGP: 100 } });
    const plain = office.answer.bind(office);
    vi.stubGlobal('fetch', (url: string, init: RequestInit) => {
      if (!url.endsWith('/sync/push')) return plain(url, init);
      return Promise.resolve(new Response('{"title":"unexpected","status":500,"code":"unexpected"}', { status: 500 }));
    });
    await tab.exchange.exchange_now();

    await vi.waitFor(() => expect(get(tab.world.world).custody.cash).toEqual({ EGP: 100 }));
    const { vouchers, customers } = get(tab.world.world);
    expect([...vouchers.keys()]).toEqual([id]);
    expect(customers.get('c1')?.credit).toEqual({});
  });

  test('l30: handing in never moves the pull', async () => {
    const before = await tab.database.read_meta('pull');
    office.pulls_refused = true;
    await issue(2);
    await tab.exchange.exchange_now();

    expect(await tab.database.read_meta('pull')).toEqual(before);
  });
});

describe('two tabs', () => {
  test('both exchange at once and nothing is doubled or lost', async () => {
    const other = await open_tab();
    await other.start.start_journal();
    await issue(5);
    await other.append.issue_receipt(receipt(5));
    await Promise.all([tab.exchange.exchange_now(), other.exchange.exchange_now()]);
    await exchange_until_empty();

    expect(office.receipts()).toHaveLength(6);
    await expect_same_chain();
  });
});

describe('the traffic by itself', () => {
  test('a new entry is handed in without being asked, and the watchdog comes after every failure', async () => {
    const stop = tab.exchange.start_exchange();
    office.faults = ['unreachable', 'broken', 'lose_reply'];
    await issue(1);
    await vi.waitFor(async () => expect((await states()).every((state) => state === 'seen')).toBe(true), { timeout: 15_000 });
    stop();

    expect(get(tab.exchange.connection).state).toBe('stopped');
    await expect_same_chain();
  }, 20_000);

  test('asked twice at once it runs for both', async () => {
    const first = tab.exchange.exchange_now();
    await issue(1);
    await Promise.all([first, tab.exchange.exchange_now()]);

    expect((await entries()).at(-1)?.state).toBe('seen');
  });
});

describe('l20: what hangs is restarted', () => {
  const plain_pace = { round_ms: 5 * 60_000, locked_out_ms: 5 * 60_000, stuck_ms: 15 * 60_000 };
  afterEach(() => Object.assign(tab.exchange.pace, plain_pace));

  test('a request that is never answered, and cannot be called off', async () => {
    tab.exchange.pace.round_ms = 100;
    await issue(1);
    const hanging = vi.fn(() => new Promise<Response>(() => undefined));
    vi.stubGlobal('fetch', hanging);
    await tab.exchange.exchange_now();
    expect(hanging).toHaveBeenCalled();
    expect((await entries()).at(-1)?.state).toBe('saved');

    vi.stubGlobal('fetch', (url: string, init: RequestInit) => office.answer(url, init));
    await tab.exchange.exchange_now();
    expect((await entries()).at(-1)?.state).toBe('seen');
    await expect_same_chain();
  });

  test('without being asked', async () => {
    tab.exchange.pace.round_ms = 50;
    let hangs = 2;
    vi.stubGlobal('fetch', (url: string, init: RequestInit) => {
      if (!url.includes('/sync/push') || hangs === 0) return office.answer(url, init);
      hangs -= 1;
      return new Promise<Response>(() => undefined);
    });
    const stop = tab.exchange.start_exchange();
    await issue(1);
    await vi.waitFor(async () => expect((await states()).every((state) => state === 'seen')).toBe(true), { timeout: 15_000 });
    stop();
    expect(hangs).toBe(0);
  }, 20_000);

  test('a storage that never says complete', async () => {
    tab.exchange.pace.round_ms = 100;
    await issue(1);
    const transaction = vi.spyOn(IDBDatabase.prototype, 'transaction').mockImplementation(
      () => ({ objectStore: () => ({ get: () => ({}), getAll: () => ({}), index: () => ({ getAll: () => ({}) }) }) }) as unknown as IDBTransaction,
    );
    await tab.exchange.exchange_now();
    transaction.mockRestore();

    await exchange_until_empty();
    await expect_same_chain();
  });

  test('a lock that another tab never lets go', async () => {
    const request = (name: string, _options: object, work: (lock: object | null) => unknown) => Promise.resolve(work(name === 'sanad-append' ? {} : null));
    vi.stubGlobal('navigator', { locks: { request } });
    await issue(1);
    tab.exchange.pace.locked_out_ms = 50;
    await tab.exchange.exchange_now();
    expect((await entries()).at(-1)?.state).not.toBe('seen');
    await new Promise((resolve) => setTimeout(resolve, 60));
    await tab.exchange.exchange_now();

    expect((await entries()).at(-1)?.state).toBe('seen');
  });

  test('what waits long although the office answers is told', async () => {
    tab.exchange.pace.stuck_ms = 1_000;
    await issue(1);
    const later = Date.now() + 60_000;
    vi.spyOn(Date, 'now').mockImplementation(() => later);
    office.faults = ['bad_receipt'];
    await tab.exchange.exchange_now();
    expect(get(tab.health.health).stuck_since).toBe(Date.parse((await entries()).at(-1)?.at ?? ''));

    await exchange_until_empty();
    expect(get(tab.health.health).stuck_since).toBe(0);
  });
});

describe('what else waits on a phone', () => {
  test('a photo is sent under its hash, and kept when the office is away', async () => {
    const sha256 = await tab.attachments.keep_attachment(new Blob(['a cheque'], { type: 'image/jpeg' }));
    const draft = await tab.attachments.keep_attachment(new Blob(['taken out of a draft'], { type: 'image/jpeg' }));
    await tab.append.issue_receipt({ ...receipt(100), signature: sha256 });
    office.down = true;
    await tab.exchange.exchange_now();
    expect(office.attachments.size).toBe(0);
    office.down = false;
    await tab.exchange.exchange_now();

    expect([...office.attachments.keys()]).toEqual([sha256]);
    expect(await (await tab.attachments.load_attachment(sha256))?.text()).toBe('a cheque');
    expect(await tab.attachments.load_attachment(draft)).toBeDefined();
  });

  test('l8: with little room left no photo is kept, and vouchers are issued', async () => {
    const left = (bytes: number) => vi.stubGlobal('navigator', { storage: { estimate: () => Promise.resolve({ usage: 1_000, quota: 1_000 + bytes }) } });
    left(19_999_999);
    await expect(tab.attachments.keep_attachment(new Blob(['a signature']))).rejects.toThrow('what is left is for vouchers');
    await issue(1);
    left(20_100_000);
    expect(await tab.attachments.keep_attachment(new Blob(['a signature']))).toMatch(/^[0-9a-f]{64}$/);
  });

  test('what waits is told by currency and method, less voids', async () => {
    const [id = ''] = await issue(3);
    await tab.append.append('receipt_voided', { receipt: id, reason: 'misprint' });

    await vi.waitFor(() =>
      expect(get(tab.world.world).waiting).toMatchObject({
        unsent: 4,
        totals: [{ currency: 'EGP', method: 'cash', count: 2, amount: 203 }],
      }),
    );
  });

  test('an entry on the wire is letter for letter what was hashed', async () => {
    const note = 'سيدفع "غدا" \\ {"envelope":';
    const visit = await tab.append.append('visit_started', { customer: 'c1' });
    await tab.append.append('visit_ended', { visit: visit.id, outcome: 'promised', note });
    await exchange_until_empty();

    expect(office.accepted().at(-1)?.body).toMatchObject({ note });
    await expect_same_chain();
    expect((JSON.parse((await entries()).at(-1)?.envelope ?? '') as Envelope).kind).toBe('visit_ended');
  });
});
