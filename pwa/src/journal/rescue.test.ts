// @vitest-environment node
import { writeFileSync } from 'node:fs';
import { resolve } from 'node:path';

import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';

import { base64url, bytes_of, proved_hash, unsplice } from '../ledger/chain';
import { load_cases } from '../testing/cases';
import type { Head, RescueFile } from '../wire/types';
import type { Copy } from './copy';
import { open_tab, ready_phone, receipt, RELEASE_KEY, unsealed, type Office, type Tab } from './office_for_tests';

let office: Office;
let tab: Tab;

beforeEach(async () => {
  ({ office, tab } = await ready_phone());
});

afterEach(() => {
  vi.restoreAllMocks();
  vi.unstubAllGlobals();
});

async function issue(count: number): Promise<void> {
  for (let turn = 0; turn < count; turn += 1) await tab.append.issue_receipt(receipt(100 + turn));
}

async function made(): Promise<string> {
  const rescue = await tab.rescue.make_rescue();
  if (!rescue) throw new Error('nothing waits');
  return rescue.file.text();
}

/** A second copy that lives in memory. */
function copy_in_memory(lines: Record<string, string[]> = {}): Copy {
  return {
    append: (device, more) => {
      lines[device] = [...(lines[device] ?? []), ...more];
      return Promise.resolve();
    },
    read_all: () => Promise.resolve(structuredClone(lines)),
  };
}

describe('the rescue file', () => {
  test('l9: brings all that waits to the office, and again changes nothing', async () => {
    await issue(3);
    const text = await made();
    const [reply] = await office.rescue(text);
    const [again] = await office.rescue(text);

    expect(office.receipts().map(({ tenders }) => tenders[0]?.amount)).toEqual([100, 101, 102]);
    expect(again?.outcomes).toEqual(reply?.outcomes);
    // The phone itself comes later, finds them there, and only then counts them as acknowledged.
    const before = await tab.database.read(['entries'], ({ entries }) => entries.all());
    expect(before.at(-1)?.state).toBe('saved');
    await tab.exchange.exchange_now();
    const after = await tab.database.read(['entries'], ({ entries }) => entries.all());
    expect(after.every(({ state }) => state === 'seen')).toBe(true);
    expect(office.receipts()).toHaveLength(3);
  });

  test('says how many vouchers and how much', async () => {
    await issue(2);
    const rescue = await tab.rescue.make_rescue();

    expect(rescue?.waiting).toMatchObject({ unsent: 2, totals: [{ currency: 'EGP', method: 'cash', count: 2, amount: 201 }] });
    expect(rescue?.file.name).toMatch(/^sanad-K7-\d{4}-\d\d-\d\d\.txt$/);
  });

  test('nothing waits: no file', async () => {
    expect(await tab.rescue.make_rescue()).toBeNull();
  });

  test('does not show what is in it, and every file has its own key', async () => {
    await issue(1);
    const [one, other] = [await made(), await made()];
    const files = [one, other].map((text) => JSON.parse(text) as RescueFile);

    expect(one).not.toContain('receipt_issued');
    expect(files[0]?.epk).not.toBe(files[1]?.epk);
    expect(files[0]?.iv).not.toBe(files[1]?.iv);
  });

  test.each(['v', 'company', 'key', 'epk', 'iv', 'sealed'] as const)('changed in %s it does not open', async (field) => {
    await issue(1);
    const file = JSON.parse(await made()) as RescueFile;
    const changed = typeof file[field] === 'number' ? 2 : file[field].replace(/^./, (letter) => (letter === 'A' ? 'B' : 'A'));

    await expect(unsealed({ ...file, [field]: changed }, office.seal_pair.privateKey)).rejects.toThrow();
  });

  test('more than 500 entries are several pushes', async () => {
    const template = { ...(await tab.append.issue_receipt(receipt(1))).written };
    const stored = await tab.database.read(['entries'], ({ entries }) => entries.get([template.device, template.seq]));
    await tab.database.write(['entries'], async ({ entries }) => {
      for (let seq = template.seq + 1; stored && seq < template.seq + 620; seq += 1) {
        await entries.put({ ...stored, seq, id: `id-${seq}`, hash: `h${seq}` });
      }
    });
    const pushes = (await office.open_rescue(await made())).map((text) => JSON.parse(text) as { head: string; entries: unknown[] });

    expect(pushes.map(({ entries }) => entries.length)).toEqual([500, 120]);
    expect(pushes.map(({ head }) => (JSON.parse(head) as Head).seq)).toEqual([template.seq + 499, template.seq + 619]);
  });

  test('l6: the database cannot be read any more: the second copy gives all of it', async () => {
    tab.copy.use_copy(copy_in_memory());
    await tab.append.settle_copy();
    await issue(2);
    vi.spyOn(IDBDatabase.prototype, 'transaction').mockImplementation(() => {
      throw new DOMException('gone', 'UnknownError');
    });
    await office.rescue(await made());

    expect(office.receipts()).toHaveLength(2);
  });

  test('l6: the browser opened an empty database: the copy and the card give all of it', async () => {
    const kept = new Map<string, string>();
    vi.stubGlobal('localStorage', { getItem: (key: string) => kept.get(key) ?? null, setItem: (key: string, value: string) => kept.set(key, value) });
    await tab.device.load_identity();
    const lines: Record<string, string[]> = {};
    tab.copy.use_copy(copy_in_memory(lines));
    await tab.append.settle_copy();
    await issue(2);
    await tab.database.erase_database();
    const empty = await open_tab();
    empty.copy.use_copy(copy_in_memory(lines));
    const rescue = await empty.rescue.make_rescue();
    await office.rescue((await rescue?.file.text()) ?? '');

    expect(office.receipts()).toHaveLength(2);
    expect([...kept.values()].join()).not.toContain(RELEASE_KEY);
  });

  test('l7: the copy is ahead of an older database: what the database lacks goes along', async () => {
    const lines: Record<string, string[]> = {};
    tab.copy.use_copy(copy_in_memory(lines));
    await tab.append.settle_copy();
    await issue(3);
    await tab.database.write(['entries', 'chains'], async ({ entries, chains }) => {
      const chain = await chains.get('dev_1');
      const last = await entries.get(['dev_1', (chain?.seq ?? 0) - 1]);
      if (!chain || !last) return;
      await entries.drop(['dev_1', chain.seq]);
      await chains.put({ ...chain, seq: last.seq, hash: last.hash });
    });
    await office.rescue(await made());

    expect(office.receipts().map(({ tenders }) => tenders[0]?.amount)).toEqual([100, 101, 102]);
  });

  test('without a seal key it is said, not pretended', async () => {
    await issue(1);
    await tab.database.write(['docs', 'meta'], async ({ docs, meta }) => {
      await docs.drop(['server_key', 'seal-1']);
      const me = (await meta.get('identity')) as { keys: unknown[] };
      await meta.put({ ...me, keys: [office.server_key] }, 'identity');
    });

    await expect(tab.rescue.make_rescue()).rejects.toThrow('no seal key');
  });
});

interface Golden {
  about: string;
  company: string;
  device: string;
  spki: string;
  seal_key: string;
  seal_private: string;
  file: string;
  plain: string;
}

const PATH = resolve(import.meta.dirname, '../../../tests/cases/rescue.json');

// A file that this code made, kept, so that Python opens what TypeScript sealed. SANAD_WRITE_CASES=1 makes it anew.
describe('the kept rescue file', () => {
  test('opens to what was sealed', async () => {
    if (process.env['SANAD_WRITE_CASES'] !== undefined) await write_golden();
    const golden = load_cases<Golden>('rescue');
    const key = await crypto.subtle.importKey('pkcs8', bytes_of(golden.seal_private), { name: 'ECDH', namedCurve: 'P-256' }, false, ['deriveBits']);

    const plain = await unsealed(JSON.parse(golden.file) as RescueFile, key);

    expect(plain).toBe(golden.plain);
    const [push] = JSON.parse(plain) as { head: string; entries: unknown[] }[];
    const first = plain.slice(plain.indexOf('{"envelope"'), plain.indexOf(',{"envelope"'));
    const texts = unsplice(first);
    expect(push?.entries.length).toBeGreaterThan(2);
    expect(texts && (await proved_hash(texts))).toEqual(expect.stringMatching(/^[\w-]{43}$/));
  });
});

async function write_golden(): Promise<void> {
  await issue(2);
  await tab.append.append('visit_started', { customer: 'c1' });
  office.put('customer', { id: 'c2', code: 'C-2', name: 'متجر', currency: 'EGP', collectors: ['u1'] });
  // A stray of the same chain makes it an array of two pushes.
  const entries = await tab.database.read(['entries'], (shelves) => shelves.entries.all());
  const [stray] = entries;
  if (!stray) throw new Error('no entry');
  const text = `{"envelope":${stray.envelope},"body":${stray.body},"sig":"${stray.sig}"}`;
  await tab.database.write(['strays'], ({ strays }) => strays.put({ hash: stray.hash, device: stray.device, seq: stray.seq, text, handed_in: false }));
  const file = await made();
  const { device, key } = await tab.database.read(['keys'], async ({ keys }) => ({ device: stray.device, key: await keys.get(stray.device) }));
  if (!key) throw new Error('no key');
  const golden: Golden = {
    about: 'A rescue file as a phone made it, with the private half of the key that it is sealed to. SANAD_WRITE_CASES=1 npx vitest run src/journal/rescue.test.ts writes it anew.',
    company: 'co_nour',
    device,
    spki: base64url(await crypto.subtle.exportKey('spki', key.pair.publicKey)),
    seal_key: office.seal_key.id,
    seal_private: base64url(await crypto.subtle.exportKey('pkcs8', office.seal_pair.privateKey)),
    file,
    plain: await unsealed(JSON.parse(file) as RescueFile, office.seal_pair.privateKey),
  };
  writeFileSync(PATH, `${JSON.stringify(golden, null, 1)}\n`);
}
