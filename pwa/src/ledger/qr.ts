/**
 * The text in a voucher's QR code: what the paper says, which entry says so, and a signature over exactly that. It must
 * prove itself to somebody who holds nothing but the paper. Twin of sync/qr.py.
 */
import type { Cash, Cheque } from '../wire/types';
import { base64url, bytes_of, utf8 } from './chain';

export interface QrTotal {
  currency: string;
  method: string;
  amount: number;
}

export interface QrPayload {
  company: string;
  device: string;
  key: string;
  seq: number;
  hash: string;
  number: string;
  /** YYYY-MM-DD, as on the paper. */
  date: string;
  customer_code: string;
  totals: QrTotal[];
}

const SHAPE = 'S1';
const WORD = /^[A-Za-z0-9_-]+$/;
const WHOLE = /^(0|[1-9][0-9]{0,15})$/;

/** One row per currency and method, in order of first appearance. */
export function totals_of(tenders: readonly (Cash | Cheque)[]): QrTotal[] {
  const totals = new Map<string, QrTotal>();
  for (const { currency, method, amount } of tenders) {
    const key = `${currency}-${method}`;
    totals.set(key, { currency, method, amount: amount + (totals.get(key)?.amount ?? 0) });
  }
  return [...totals.values()];
}

export function build(payload: QrPayload): string {
  const text = [
    SHAPE,
    payload.company,
    payload.device,
    payload.key,
    String(payload.seq),
    payload.hash,
    base64url(utf8(payload.number)),
    payload.date.replaceAll('-', ''),
    base64url(utf8(payload.customer_code)),
    payload.totals.map(({ currency, method, amount }) => `${currency}-${method}-${amount}`).join('_'),
  ].join('.');
  if (!parse(text)) throw new Error('a QR payload cannot say this');
  return text;
}

/** Null for whatever `build` would not have written letter for letter. */
export function parse(text: string): QrPayload | null {
  const parts = text.split('.');
  if (parts.length !== 10 || parts[0] !== SHAPE) return null;
  const [, company = '', device = '', key = '', seq = '', hash = '', number = '', date = '', code = '', totals = ''] = parts;
  if (![company, device, key, hash].every((word) => WORD.test(word))) return null;
  if (!WHOLE.test(seq) || seq === '0' || !Number.isSafeInteger(Number(seq)) || !/^\d{8}$/.test(date)) return null;
  const rows: QrTotal[] = [];
  for (const row of totals.split('_')) {
    const [, currency = '', method = '', amount = ''] = /^([A-Z]{3})-([a-z]+)-(\d+)$/.exec(row) ?? [];
    if (!WHOLE.test(amount) || !Number.isSafeInteger(Number(amount))) return null;
    if (rows.some((other) => other.currency === currency && other.method === method)) return null;
    rows.push({ currency, method, amount: Number(amount) });
  }
  const [number_text, code_text] = [text_of(number), text_of(code)];
  if (!number_text || code_text === null) return null;
  return {
    company,
    device,
    key,
    seq: Number(seq),
    hash,
    number: number_text,
    date: `${date.slice(0, 4)}-${date.slice(4, 6)}-${date.slice(6)}`,
    customer_code: code_text,
    totals: rows,
  };
}

/** What stands after `#`: payload and signature. Null when it is not of this shape. */
export function parse_signed(text: string): { payload: QrPayload; signed: string; sig: string } | null {
  const end = text.lastIndexOf('.');
  const signed = text.slice(0, Math.max(end, 0));
  const sig = text.slice(end + 1);
  const payload = parse(signed);
  return payload && /^[A-Za-z0-9_-]{86}$/.test(sig) ? { payload, signed, sig } : null;
}

export function address_of(company_address: string, signed: string): string {
  return `${company_address.replace(/\/+$/, '')}/verify#${signed}`;
}

function text_of(part: string): string | null {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes_of(part));
  } catch {
    return null;
  }
}
