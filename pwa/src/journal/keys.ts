/** P-256 keys: the device's own, which can sign and never leaves, and the server's, which vouches for grants and receipts. */
import { base64url, bytes_of, utf8 } from '../ledger/chain';
import type { ServerKey } from '../wire/types';

const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256' };
const SIGNING = { name: 'ECDSA', hash: 'SHA-256' };

export async function make_pair(): Promise<CryptoKeyPair> {
  return crypto.subtle.generateKey(ALGORITHM, false, ['sign', 'verify']);
}

export async function spki_of(pair: CryptoKeyPair): Promise<string> {
  return base64url(await crypto.subtle.exportKey('spki', pair.publicKey));
}

/** 64 bytes r‖s in base64url. */
export async function sign_with(pair: CryptoKeyPair, text: string): Promise<string> {
  return base64url(await crypto.subtle.sign(SIGNING, pair.privateKey, utf8(text)));
}

export async function verifies(key: CryptoKey, text: string, sig: string): Promise<boolean> {
  try {
    return await crypto.subtle.verify(SIGNING, key, bytes_of(sig), utf8(text));
  } catch {
    return false;
  }
}

export async function verifies_with(spki: string, text: string, sig: string): Promise<boolean> {
  try {
    const key = await crypto.subtle.importKey('spki', bytes_of(spki), ALGORITHM, false, ['verify']);
    return await verifies(key, text, sig);
  } catch {
    return false;
  }
}

/** Retired keys verify for ever. `kid`: only that key, when the text names one. */
export async function server_vouches(keys: readonly ServerKey[], text: string, sig: string, kid?: string): Promise<boolean> {
  for (const key of keys) {
    if (key.use !== 'sign' || (kid !== undefined && key.id !== kid)) continue;
    if (await verifies_with(key.spki, text, sig)) return true;
  }
  return false;
}

export interface HandIn {
  device: string;
  seq: number;
  hash: string;
  time: string;
}

/** What a hand-in receipt says, or null when no key of the server vouches for it. */
export async function read_hand_in(keys: readonly ServerKey[], jws: string): Promise<HandIn | null> {
  const [header = '', payload = '', sig = '', ...more] = jws.split('.');
  if (more.length > 0) return null;
  try {
    const { alg, kid } = JSON.parse(new TextDecoder().decode(bytes_of(header))) as { alg?: string; kid?: string };
    if (alg !== 'ES256' || kid === undefined) return null;
    if (!(await server_vouches(keys, `${header}.${payload}`, sig, kid))) return null;
    return JSON.parse(new TextDecoder().decode(bytes_of(payload))) as HandIn;
  } catch {
    return null;
  }
}
