import { beforeAll, describe, expect, test } from 'vitest';

import { make_pair, sign_with, spki_of } from '../../journal/keys';
import { envelope_text, hash_of } from '../../ledger/chain';
import { code_of } from '../../ledger/deposit_code';
import type { DepositDeclared, Envelope, PhoneKey } from '../../wire/types';
import { declared_in, look_at, type Scan } from './scan';
import { beside, is_equal } from './totals';
import { typed_by } from './wedge';

const BODY: DepositDeclared = {
  name: 'K7-0041',
  count: 41,
  totals: [
    { currency: 'EGP', method: 'cash', count: 3, amount: 700_000 },
    { currency: 'EGP', method: 'cheque', count: 2, amount: 200_050 },
  ],
};
let pair: CryptoKeyPair;
let phones: ReadonlyMap<string, PhoneKey>;

beforeAll(async () => {
  pair = await make_pair();
  phones = new Map([['d1', { id: 'd1', code: 'K7', user: 'u1', branch: 'cai', public_key: await spki_of(pair) }]]);
});

async function scan_of(changed: Partial<Envelope> = {}, body: unknown = BODY, known = phones, twist = (code: string) => code): Promise<Scan> {
  const text = JSON.stringify(body);
  const at = '2026-11-22T17:15:03+02:00';
  const envelope = envelope_text({ v: 1, company: 'co', device: 'd1', seq: 9, prev: '', by: 'u1', at, kind: 'deposit_declared', id: 'dp1', body_hash: await hash_of(text), ...changed });
  const code = await code_of({ envelope, body: text, sig: await sign_with(pair, envelope) });
  return look_at(twist(code ?? ''), 'co', known);
}

describe('a scanned code', () => {
  test('shows name, collector, time and papers, and no figure', async () => {
    const scan = await scan_of();
    expect(scan).toMatchObject({ found: { face: { id: 'dp1', name: 'K7-0041', collector: 'u1', at: '2026-11-22T17:15:03+02:00', instruments: 2 }, standing: 'signed' } });
    if ('trouble' in scan) throw new Error(scan.trouble);
    expect(JSON.stringify(scan.found.face)).not.toMatch(/700|2000/);
    expect(declared_in(scan.found.texts)).toEqual(BODY.totals);
  });

  test('of a phone that this desk does not know is not checked, and it says so', async () => {
    expect(await scan_of({}, BODY, new Map())).toMatchObject({ found: { standing: 'unknown' } });
  });

  test('of a phone that the office stopped', async () => {
    const [phone] = phones.values();
    expect(await scan_of({}, BODY, new Map([['d1', { ...(phone as PhoneKey), state: 'lost' }]]))).toMatchObject({ found: { standing: 'stopped' } });
  });

  const odd: [string, Partial<Envelope>, unknown, string][] = [
    ['another company', { company: 'other' }, BODY, 'other_company'],
    ['another entry', { kind: 'receipt_issued' }, BODY, 'not_a_deposit'],
    ['a later envelope', { v: 2 }, BODY, 'newer'],
    ['a body of another shape', {}, { name: 'K7', totals: [{ currency: 'EGP', method: 'cash', count: 1, amount: 1.5 }] }, 'newer'],
    ['a body that was changed', { body_hash: 'x' }, BODY, 'damaged'],
    ['another phone\'s name on it', { by: 'u2' }, BODY, 'not_signed'],
  ];
  test.each(odd)('%s', async (_, changed, body, trouble) => {
    expect(await scan_of(changed, body)).toEqual({ trouble });
  });

  test('signed by another key', async () => {
    const [phone] = phones.values();
    const other = new Map([['d1', { ...(phone as PhoneKey), public_key: await spki_of(await make_pair()) }]]);
    expect(await scan_of({}, BODY, other)).toEqual({ trouble: 'not_signed' });
  });

  test('a letter that was changed', async () => {
    const scan = await scan_of({}, BODY, phones, (code) => `${code.slice(0, 300)}${code[300] === 'A' ? 'B' : 'A'}${code.slice(301)}`);
    expect(scan).toHaveProperty('trouble');
  });
});

describe('a count beside the totals', () => {
  const count = { cash: [{ currency: 'EGP', amount: 700_000 }], cheques: [{ number: '1', currency: 'EGP', amount: 100_000 }, { number: '2', currency: 'EGP', amount: 100_050 }] };

  test('agrees in amounts and in papers', () => {
    expect(beside(BODY.totals, count).map(is_equal)).toEqual([true, true]);
  });

  test('one cheque of the same sum is not two', () => {
    const rows = beside(BODY.totals, { ...count, cheques: [{ number: '1', currency: 'EGP', amount: 200_050 }] });
    expect(rows.map(is_equal)).toEqual([true, false]);
  });

  test('never nets one currency against another, nor cash against cheques', () => {
    const rows = beside([{ currency: 'EGP', method: 'cash', count: 1, amount: 100 }], { cash: [{ currency: 'USD', amount: 100 }], cheques: [] });
    expect(rows).toMatchObject([{ currency: 'EGP', declared: 100, counted: 0 }, { currency: 'USD', declared: 0, counted: 100 }]);
    expect(rows.some(is_equal)).toBe(false);
  });

  test('nothing declared and nothing counted agree', () => {
    expect(beside([{ currency: 'EGP', method: 'cash', count: 0, amount: 0 }], { cash: [], cheques: [] })).toEqual([]);
  });
});

describe('a reader that types', () => {
  const stroke = (code: string, more = {}) => ({ code, key: 'ش', ctrlKey: false, shiftKey: false, altKey: false, metaKey: false, ...more });
  const keys = (...codes: string[]) => codes.reduce((typed, code) => typed_by(typed, stroke(code)), { keys: '' }).keys;

  test('means the keys of an American keyboard, whatever the layout makes of them', () => {
    expect(keys('KeyS', 'ShiftLeft', 'KeyD', 'Digit1', 'Numpad2', 'KeyZ')).toBe('SD12Z');
  });

  test('is not mixed with what a person pastes or takes back', () => {
    expect(typed_by({ keys: 'SD1' }, stroke('KeyV', { ctrlKey: true })).keys).toBe('');
    expect(keys('KeyS', 'Backspace', 'KeyD')).toBe('D');
  });
});
