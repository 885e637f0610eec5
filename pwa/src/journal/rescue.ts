/**
 * The rescue file: all that waits, already signed, sealed to the server's seal key. Whoever carries it can hand it in and
 * cannot read it. It is made from the database, or, when that cannot be read, from the second copy.
 */
import { get } from 'svelte/store';

import { base64url, bytes_of, splice, utf8 } from '../ledger/chain';
import type { Envelope, Head, RescueFile, ServerKey } from '../wire/types';
import { kept_card, type Card } from './card';
import { copied_entries } from './copy';
import { read, under, type StoredEntry } from './database';
import { identity } from './device';
import type { Identity, Waiting } from './shapes';
import { is_unsent, waiting_of } from './waiting';

const INFO = 'sanad rescue v1';
/** As a push: what the office takes at once. */
const ENTRIES_MAX = 500;
const BYTES_MAX = 3_500_000;
const CURVE = { name: 'ECDH', namedCurve: 'P-256' };

export interface MadeRescue {
  file: File;
  waiting: Waiting;
}

/** Nothing can be sealed: this phone was never enrolled, or its office gave no key for it. */
export class NoSealKey extends Error {}

/** The file, or null when nothing waits. Writes nothing, so that it also works when the storage takes no more. */
export async function make_rescue(): Promise<MadeRescue | null> {
  const { me, keys, chains } = await what_waits();
  if (chains.length === 0) return null;
  const key = keys.findLast(({ use, retired }) => use === 'seal' && retired !== true);
  if (!me || !key) throw new NoSealKey('no seal key');
  const text = await sealed_file(me.company, me.device, key, plaintext_of(chains));
  // Text, because phones share text files everywhere and JSON files nowhere.
  const file = new File([text], `sanad-${me.code}-${new Date().toISOString().slice(0, 10)}.txt`, { type: 'text/plain' });
  return { file, waiting: waiting_of(chains.flat().filter(is_stored)) };
}

interface Carried {
  device: string;
  seq: number;
  hash: string;
  text: string;
}

interface Waits {
  me: Omit<Card, 'keys'> | null;
  keys: ServerKey[];
  /** Runs of neighbours of one chain each, chains in the order in which they began. */
  chains: (Carried | (Carried & StoredEntry))[][];
}

async function what_waits(): Promise<Waits> {
  let waits: Waits & { known: Map<string, number> };
  try {
    waits = await from_database();
  } catch {
    const known = get(identity);
    const card = known ? card_of(known) : kept_card();
    return from_copy(card, card?.keys ?? [], () => true);
  }
  try {
    // The copy may be ahead: then the database is an older one, and what it lacks waits too.
    const ahead = await from_copy(waits.me, waits.keys, ({ device, seq }) => seq > (waits.known.get(device) ?? 0));
    return { ...waits, chains: [...waits.chains, ...ahead.chains] };
  } catch {
    return waits;
  }
}

async function from_database(): Promise<Waits & { known: Map<string, number> }> {
  return read(['meta', 'chains', 'entries', 'docs', 'strays'], async (shelves) => {
    const identity_here = (await shelves.meta.get('identity')) as Identity | undefined;
    // The browser may have opened an empty database in place of a broken one; the card then still says who this was.
    const card = identity_here ? card_of(identity_here) : kept_card();
    const pulled = (await shelves.docs.all(under('server_key'))).map((row) => row.doc as ServerKey);
    const all = await shelves.chains.all();
    const order = new Map(all.map((chain) => [chain.device, chain.order]));
    const known = new Map(all.map((chain) => [chain.device, chain.seq]));
    const unsent = (await shelves.entries.all_by('unseen', 1)).filter(is_unsent);
    unsent.sort((one, other) => (order.get(one.device) ?? 0) - (order.get(other.device) ?? 0) || one.seq - other.seq);
    const strays = (await shelves.strays.all()).filter((stray) => !stray.handed_in);
    const chains = runs(unsent.map((entry) => ({ ...entry, text: splice(entry.envelope, entry.body, entry.sig) })));
    return { me: card, keys: [...(card?.keys ?? []), ...pulled], chains: [...chains, ...strays.map((stray) => [stray])], known };
  });
}

/** Without a database all that the copy holds goes along: nothing says what the office has, and repeats are free. */
async function from_copy(me: Waits['me'], keys: ServerKey[], wanted: (entry: Carried) => boolean): Promise<Waits> {
  const found = await copied_entries();
  const chains = found.flatMap(({ device, entries }) => {
    const stored = entries.map(({ texts, envelope, hash }): Carried & StoredEntry => {
      const { seq, id, kind, at, by }: Envelope = envelope;
      return { device, seq, id, kind, at, by, hash, ...texts, state: 'saved', text: splice(texts.envelope, texts.body, texts.sig) };
    });
    return runs(stored.filter(wanted));
  });
  return { me, keys, chains };
}

function card_of({ company, device, keys }: Identity): Card {
  return { company: company.id, device: device.id, code: device.code, keys };
}

function is_stored(entry: Carried): entry is Carried & StoredEntry {
  return 'envelope' in entry;
}

/** Neighbours of one chain, no more than one push may bring. */
function runs<Entry extends Carried>(entries: Entry[]): Entry[][] {
  const found: Entry[][] = [];
  let bytes = 0;
  for (const entry of entries) {
    const run = found.at(-1);
    const before = run?.at(-1);
    const size = utf8(entry.text).length;
    bytes += size;
    const goes_on = before?.device === entry.device && before.seq + 1 === entry.seq;
    if (run && goes_on && run.length < ENTRIES_MAX && bytes <= BYTES_MAX) run.push(entry);
    else {
      found.push([entry]);
      bytes = size;
    }
  }
  return found;
}

/** One push, or an array of them; the heads are unsigned, because whoever brings the file is not the phone. */
export function plaintext_of(chains: readonly (readonly Carried[])[]): string {
  const pushes = chains.map((run) => {
    const last = run.at(-1);
    if (!last) throw new Error('a push carries entries');
    const head: Head = { device: last.device, seq: last.seq, hash: last.hash };
    return `{"head":${JSON.stringify(JSON.stringify(head))},"entries":[${run.map(({ text }) => text).join(',')}],"sig":""}`;
  });
  return pushes.length === 1 ? (pushes[0] ?? '') : `[${pushes.join(',')}]`;
}

/** Seals a text to a key of the server, with a key made for this file alone. */
export async function sealed_file(company: string, device: string, key: ServerKey, plain: string): Promise<string> {
  const pair = await crypto.subtle.generateKey(CURVE, false, ['deriveBits']);
  const epk = base64url(await crypto.subtle.exportKey('spki', pair.publicKey));
  const theirs = await crypto.subtle.importKey('spki', bytes_of(key.spki), CURVE, false, []);
  const secret = await crypto.subtle.deriveBits({ name: 'ECDH', public: theirs }, pair.privateKey, 256);
  const iv = crypto.getRandomValues(new Uint8Array(12));
  const additionalData = utf8(`1.${company}.${key.id}.${epk}`);
  const cipher = { name: 'AES-GCM', iv, additionalData };
  const sealed = await crypto.subtle.encrypt(cipher, await file_key(secret, 'encrypt'), utf8(plain));
  const file: RescueFile = { v: 1, company, device, key: key.id, epk, iv: base64url(iv), sealed: base64url(sealed) };
  return JSON.stringify(file);
}

export async function file_key(secret: ArrayBuffer, use: 'encrypt' | 'decrypt'): Promise<CryptoKey> {
  const material = await crypto.subtle.importKey('raw', secret, 'HKDF', false, ['deriveKey']);
  const hkdf = { name: 'HKDF', hash: 'SHA-256', salt: new Uint8Array(), info: utf8(INFO) };
  return crypto.subtle.deriveKey(hkdf, material, { name: 'AES-GCM', length: 256 }, false, [use]);
}
