import { describe, expect, test } from 'vitest';

import type { DepositDeclared, EntryTexts } from '../wire/types';
import { envelope_text, hash_of } from './chain';
import { CODE_LETTERS_MAX, code_of, read_code } from './deposit_code';

const SIG = 'MEUCIQDQ3mZ0n7c9hY4Wb2v1xk8pT5sR6aLqJfGdUoEwNiB_z0IgXyV-tKcHmAePrOlSjDgFhQwZbCvNxMuTyRiEoPaSdFgHjKl';

async function entry_of(body: DepositDeclared): Promise<EntryTexts> {
  const text = JSON.stringify(body);
  const envelope = envelope_text({
    v: 1,
    company: 'cmp_0192f0c1d2e3f4a5',
    device: 'dev_7c9e6679f7e8a1b2',
    seq: 1057,
    prev: await hash_of('before'),
    by: 'usr_550e8400e29b41d4',
    at: '2026-11-22T17:15:03+02:00',
    kind: 'deposit_declared',
    id: '01935c2a-7d3e-7f10-9a4b-3c5d6e7f8091',
    body_hash: await hash_of(text),
  });
  return { envelope, body: text, sig: SIG.slice(0, 86) };
}

const POUNDS = [20_000, 10_000, 5_000, 2_000, 1_000, 500, 100, 50, 25];
const DOLLARS = [10_000, 5_000, 2_000, 1_000, 500, 200, 100];
const large: DepositDeclared = {
  name: 'K7-0041',
  count: 41,
  totals: [
    { currency: 'EGP', method: 'cash', count: 57, amount: 6_153_000 },
    { currency: 'USD', method: 'cash', count: 6, amount: 187_300 },
    { currency: 'EGP', method: 'cheque', count: 12, amount: 4_940_050 },
  ],
  cash: [
    { currency: 'EGP', amount: 6_153_000, notes: POUNDS.map((value, at) => ({ value, count: 217 - at * 13 })) },
    { currency: 'USD', amount: 187_300, notes: DOLLARS.map((value, at) => ({ value, count: 18 - at })) },
  ],
  books: ['bok_01935c2a7d3e7f10'],
};

describe('a declaration as a code', () => {
  test('comes back letter for letter, also when typed in small letters and broken by a scanner', async () => {
    const entry = await entry_of({ ...large, kept_back: [{ receipt: 'r1', tender: 0, reason: 'العميل غيّر الشيك 🧾' }] });
    const code = await code_of(entry);
    expect(code).toMatch(/^SD1Z[A-Z2-7]+$/);
    expect(await read_code(code ?? '')).toEqual({ entry });
    expect(await read_code(` ${(code ?? '').toLowerCase().replace(/(.{70})/g, '$1\r\n')}`)).toEqual({ entry });
  });

  test('a usual one is small', async () => {
    const entry = await entry_of({ ...large, cash: [], books: [], totals: large.totals.slice(0, 1) });
    expect((await code_of(entry))?.length).toBeLessThan(900);
  });

  test('all notes of two currencies, cheques and a book still fit', async () => {
    expect((await code_of(await entry_of(large)))?.length).toBeLessThan(1400);
  });

  test('what would not be readable from a screen is no code', async () => {
    const reason = (at: number) => Array.from({ length: 60 }, (_, letter) => String.fromCharCode(0x627 + ((at * 7 + letter * letter) % 25))).join('');
    const kept_back = Array.from({ length: 24 }, (_, tender) => ({ receipt: `01935c2a-7d3e-7f10-9a4b-${String(tender * 7919).padStart(12, '0')}`, tender, reason: reason(tender) }));
    const code = await code_of(await entry_of({ ...large, kept_back }));
    expect(code).toBeNull();
    expect(CODE_LETTERS_MAX).toBe(1990);
  });

  test('without the browser\'s own packing it is written as it is', async () => {
    const entry = await entry_of({ ...large, cash: [] });
    const packing = globalThis.CompressionStream;
    // @ts-expect-error -- an old browser
    delete globalThis.CompressionStream;
    const code = await code_of(entry).finally(() => (globalThis.CompressionStream = packing));
    expect(code).toMatch(/^SD1P/);
    expect(await read_code(code ?? '')).toEqual({ entry });
  });

  const odd: [string, (code: string) => string, string][] = [
    ['a voucher\'s code', () => 'https://nour.example/verify#S1.co.d1', 'not_a_code'],
    ['nothing', () => '', 'not_a_code'],
    ['a later shape', (code) => code.replace('SD1', 'SD2'), 'newer'],
    ['a shape with two digits', (code) => code.replace('SD1', 'SD12'), 'newer'],
    ['a packing that is not known', (code) => code.replace('SD1Z', 'SD1Y'), 'newer'],
    ['half of it', (code) => code.slice(0, code.length / 2), 'damaged'],
    ['letters that are none of the alphabet', (code) => `${code.slice(0, -4)}0189`, 'damaged'],
    ['bytes that do not unpack', () => 'SD1ZMFRGGZDFMZTWQ2LK', 'damaged'],
    ['a text that is no entry', () => 'SD1PMFRGG', 'damaged'],
    ['one letter more', (code) => `${code}B`, 'damaged'],
  ];
  test.each(odd)('%s', async (_, change, trouble) => {
    const code = (await code_of(await entry_of(large))) ?? '';
    expect(await read_code(change(code))).toEqual({ trouble });
  });

  test('what unpacks to more than any entry is dropped', async () => {
    const code = await code_of({ envelope: `{"a":"${'x'.repeat(39_000)}"}`, body: '{}', sig: '' });
    expect(code).not.toBeNull();
    expect(await read_code(code ?? '')).toHaveProperty('entry');
    const longer = await bomb();
    expect(await read_code(longer)).toEqual({ trouble: 'damaged' });
  });
});

/** A million letters in a code that fits a screen. */
async function bomb(): Promise<string> {
  const stream = new Blob(['{"envelope":{"a":"' + 'x'.repeat(1_000_000) + '"},"body":{},"sig":""}']).stream().pipeThrough(new CompressionStream('deflate-raw'));
  const bytes = new Uint8Array(await new Response(stream).arrayBuffer());
  const bits = [...bytes].map((byte) => byte.toString(2).padStart(8, '0')).join('');
  const letters = bits.match(/.{1,5}/g)?.map((five) => 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'[parseInt(five.padEnd(5, '0'), 2)]);
  return `SD1Z${letters?.join('') ?? ''}`;
}
