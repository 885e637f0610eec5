import { expect, test } from 'vitest';

import { load_cases } from '../testing/cases';
import type { Envelope } from '../wire/types';
import { base64url, bytes_of, envelope_text, hash_of, proved_hash, splice, unsplice } from './chain';

interface Row {
  name: string;
  envelope: string;
  body: string;
  sig: string;
  body_hash: string;
  hash: string;
  prev: string;
  wire: string;
}

const rows = load_cases<Row[]>('chain');

test.each(rows)('$name: hashes', async ({ envelope, body, hash, body_hash }) => {
  expect(await hash_of(body)).toBe(body_hash);
  expect(await hash_of(envelope)).toBe(hash);
});

test.each(rows)('$name: spliced, and taken apart again letter for letter', async ({ envelope, body, sig, wire, hash }) => {
  expect(splice(envelope, body, sig)).toBe(wire);
  expect(unsplice(wire)).toEqual({ envelope, body, sig });
  expect(await proved_hash({ envelope, body, sig })).toBe(hash);
});

test.each(rows)('$name: the wire text is JSON', ({ wire, sig }) => {
  expect((JSON.parse(wire) as { sig: string }).sig).toBe(sig);
});

test.each(rows)('$name: the envelope is written as it was', ({ envelope }) => {
  expect(envelope_text(JSON.parse(envelope) as Envelope)).toBe(envelope);
});

test('each entry names the hash of the one before', () => {
  let prev = '';
  for (const { envelope, hash } of rows) {
    expect((JSON.parse(envelope) as Envelope).prev).toBe(prev);
    prev = hash;
  }
});

test('a line torn anywhere is not an entry', () => {
  for (const { wire } of rows) for (let end = 0; end < wire.length; end += 1) expect(unsplice(wire.slice(0, end))).toBeNull();
});

test('a body that was changed is not proved by its envelope', async () => {
  const [row] = rows;
  if (!row) throw new Error('no rows');
  expect(await proved_hash({ ...row, body: row.body.replace('sanad', 'other') })).toBeNull();
});

test('base64url has one writing', () => {
  expect(base64url(bytes_of('QQ'))).toBe('QQ');
  for (const other of ['QR', 'QQ==', 'Q', 'Q+', 'Q Q']) expect(() => bytes_of(other)).toThrow();
});
