import { expect, test } from 'vitest';

import { load_cases } from '../testing/cases';
import type { Cash, Cheque } from '../wire/types';
import { bytes_of, utf8 } from './chain';
import { address_of, build, parse, parse_signed, totals_of, type QrPayload, type QrTotal } from './qr';

interface Table {
  spki: string;
  signed: { name: string; payload: QrPayload; text: string; sig: string }[];
  changed: { field: string; text: string }[];
  refused: { name: string; text: string }[];
  totals: { name: string; tenders: (Cash | Cheque)[]; totals: QrTotal[] }[];
}

const table = load_cases<Table>('qr');

async function genuine(text: string, sig: string): Promise<boolean> {
  const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
  const key = await crypto.subtle.importKey('spki', bytes_of(table.spki), algorithm, false, ['verify']);
  return crypto.subtle.verify(algorithm, key, bytes_of(sig), utf8(text));
}

test.each(table.signed)('$name: built, read back, and genuine', async ({ payload, text, sig }) => {
  expect(build(payload)).toBe(text);
  expect(parse(text)).toEqual(payload);
  expect(parse_signed(`${text}.${sig}`)).toEqual({ payload, signed: text, sig });
  expect(await genuine(text, sig)).toBe(true);
});

test.each(table.changed)('a changed $field is not genuine', async ({ text }) => {
  const [original] = table.signed;
  if (!original) throw new Error('no rows');
  expect(parse(text)).not.toBeNull();
  expect(text).not.toBe(original.text);
  expect(await genuine(text, original.sig)).toBe(false);
});

test.each(table.refused)('refused: $name', ({ text }) => {
  expect(parse(text)).toBeNull();
});

test.each(table.totals)('totals: $name', ({ tenders, totals }) => {
  expect(totals_of(tenders)).toEqual(totals);
});

test('a payload that the shape cannot say is not built', () => {
  const [original] = table.signed;
  if (!original) throw new Error('no rows');
  for (const wrong of [{ company: 'a.b' }, { seq: 0 }, { totals: [] }, { number: '' }, { date: '22/11/2026' }]) {
    expect(() => build({ ...original.payload, ...wrong })).toThrow();
  }
});

test('a signature of another length is not read', () => {
  const [original] = table.signed;
  expect(parse_signed(`${original?.text ?? ''}.${original?.sig.slice(1) ?? ''}`)).toBeNull();
});

test('the address ends where the fragment begins, with one slash', () => {
  expect(address_of('https://nour.example/', 'x')).toBe('https://nour.example/verify#x');
  expect(address_of('https://nour.example', 'x')).toBe('https://nour.example/verify#x');
});
