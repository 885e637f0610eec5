// @vitest-environment node
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';

import { code_for } from '../ledger/release';
import type { Copy } from './copy';
import { open_tab, ready_phone, receipt, RELEASE_KEY, type Office, type Tab } from './office_for_tests';

let office: Office;
let tab: Tab;

beforeEach(async () => {
  ({ office, tab } = await ready_phone());
  await tab.exchange.exchange_now();
});

afterEach(() => {
  vi.restoreAllMocks();
  vi.unstubAllGlobals();
});

/** The office reads the code for what the phone shows. */
async function code(): Promise<string> {
  return code_for(RELEASE_KEY, 'wipe', await tab.release.challenge_for('wipe'));
}

async function count(): Promise<number> {
  return (await tab.database.read(['entries'], ({ entries }) => entries.all())).length;
}

describe('l10: wiping', () => {
  test('with nothing that waits, a right code and the office’s confirmation all is gone', async () => {
    await tab.append.issue_receipt(receipt(100));
    await tab.exchange.exchange_now();
    const erased = vi.fn(() => Promise.resolve());
    tab.copy.use_copy({ append: () => Promise.resolve(), read_all: () => Promise.resolve({}), erase: erased } satisfies Copy);

    expect(await tab.wipe.use_wipe_code(await code())).toBe('right');
    expect(await tab.wipe.finish_wipe()).toBe('gone');

    expect(erased).toHaveBeenCalledTimes(1);
    expect(office.accepted().at(-1)?.envelope.kind).toBe('release_used');
    expect(office.accepted().at(-1)?.body).toMatchObject({ purpose: 'wipe' });
    expect(await indexedDB.databases()).toEqual([]);
    const again = await open_tab();
    expect(await again.database.read_meta('identity')).toBeUndefined();
  });

  test('what waits holds it back, and says how many vouchers and how much', async () => {
    office.down = true;
    await tab.append.issue_receipt(receipt(100));
    await tab.append.issue_receipt(receipt(250));

    expect(await tab.wipe.held_back()).toMatchObject({ waiting: { unsent: 2, totals: [{ count: 2, amount: 350 }] }, strays: 0 });
    expect(await tab.wipe.use_wipe_code(await code())).toBe('holds');
    expect(await tab.wipe.is_wiping()).toBe(false);
    expect(await count()).toBeGreaterThan(2);
  });

  test('a photo that an entry names holds it back; one that no entry names does not', async () => {
    const sha256 = await tab.attachments.keep_attachment(new Blob(['slip'], { type: 'image/jpeg' }));
    expect((await tab.wipe.held_back()).photos).toBe(0);
    const plain = office.answer.bind(office);
    vi.stubGlobal('fetch', (url: string, init: RequestInit) => {
      return url.includes('/attachments/') ? Promise.reject(new TypeError('no network')) : plain(url, init);
    });
    await tab.append.issue_receipt({ ...receipt(100), signature: sha256 });
    await tab.exchange.exchange_now();

    expect((await tab.wipe.held_back()).photos).toBe(1);
    expect(await tab.wipe.use_wipe_code(await code())).toBe('holds');
  });

  test('a stray that was not handed in holds it back', async () => {
    await tab.database.write(['strays'], ({ strays }) => strays.put({ hash: 'h', device: 'dev_1', seq: 9, text: '{}', handed_in: false }));

    expect(await tab.wipe.use_wipe_code(await code())).toBe('holds');
  });

  test('a wrong code deletes nothing; after five the challenge is another', async () => {
    const challenge = await tab.release.challenge_for('wipe');
    const right = await code();
    const wrong = right.replace(/^./, (digit) => (digit === '0' ? '1' : '0'));
    const answers = [];
    for (let turn = 0; turn < 5; turn += 1) answers.push(await tab.wipe.use_wipe_code(wrong));

    expect(answers).toEqual(['wrong', 'wrong', 'wrong', 'wrong', 'new_challenge']);
    expect(await tab.wipe.use_wipe_code(right)).toBe('new_challenge');
    expect(await tab.release.challenge_for('wipe')).not.toBe(challenge);
    expect(await tab.wipe.use_wipe_code('1234')).toBe('unread');
  });

  test('the challenge stays for a day and is used once', async () => {
    const first = await tab.release.challenge_for('wipe');
    expect(await tab.release.challenge_for('wipe')).toBe(first);
    const spent = await code();
    expect(await tab.wipe.use_wipe_code(spent)).toBe('right');
    expect(await tab.wipe.use_wipe_code(spent)).toBe('new_challenge');
    const day_later = Date.now() + 25 * 3_600_000;
    const fresh = await tab.release.challenge_for('wipe');
    vi.spyOn(Date, 'now').mockImplementation(() => day_later);

    expect(fresh).not.toBe(first);
    expect(await tab.release.challenge_for('wipe')).not.toBe(fresh);
  });

  test('no confirmation, no deletion; it goes on where it was, with one entry', async () => {
    await tab.wipe.use_wipe_code(await code());
    office.down = true;
    expect(await tab.wipe.finish_wipe()).toBe('waits');
    expect(await tab.wipe.finish_wipe()).toBe('waits');
    tab.database.close_database();
    tab = await open_tab();
    await tab.start.start_journal();
    expect(await tab.wipe.is_wiping()).toBe(true);
    expect(await count()).toBeGreaterThan(1);
    office.down = false;
    office.faults = ['bad_receipt'];
    expect(await tab.wipe.finish_wipe()).toBe('waits'); // Without a receipt that verifies nothing is confirmed.

    expect(await tab.wipe.finish_wipe()).toBe('gone');
    expect(office.accepted().filter(({ envelope }) => envelope.kind === 'release_used')).toHaveLength(1);
  });

  test('once the code was right nothing else is written, in no tab', async () => {
    const other = await open_tab();
    await other.start.start_journal();
    await tab.wipe.use_wipe_code(await code());

    await expect(tab.append.issue_receipt(receipt(1))).rejects.toMatchObject({ reason: 'revoked' });
    await expect(other.append.append('visit_started', { customer: 'c1' })).rejects.toMatchObject({ reason: 'revoked' });
  });

  test('without a code nothing can be finished', async () => {
    await expect(tab.wipe.finish_wipe()).rejects.toThrow('no code');
  });
});

describe('l10: logging out is a lock', () => {
  test('locking, a wrong PIN and an ended login leave every entry where it is', async () => {
    await tab.append.issue_receipt(receipt(100));
    const before = await tab.database.read(['entries'], ({ entries }) => entries.all());
    await tab.lock.set_pin('1234');
    tab.lock.lock();
    for (let turn = 0; turn < 6; turn += 1) await tab.lock.unlock('9999');
    office.pulls_refused = true;
    office.down = true;
    await tab.exchange.exchange_now();

    expect(await tab.database.read(['entries'], ({ entries }) => entries.all())).toEqual(before);
  }, 30_000);
});
