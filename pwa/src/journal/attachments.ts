/** Photos and signatures: kept here, named by entries through their SHA-256, and sent after the entries. */
import { type Readable, writable } from 'svelte/store';

import { call, Problem } from '../wire/client';
import { read, read_meta, write } from './database';
import { device_key } from './device';
import { room } from './health';
import { is_thrifty } from './network';
import { sign_with } from './keys';

const BYTES_MAX = 2_000_000;
/** What photos leave free by the browser's own word. Chromium's is always the same, whatever room there is. */
const RESERVED_BYTES = 20_000_000;
/** What must fit in besides a photo, tried in earnest: about a thousand vouchers. */
const TRIED_BYTES = 2_000_000;

/** Photos stop first, vouchers last. */
export class NoRoom extends Error {}

/** Returns the SHA-256 in hex that entries name it by. */
export async function keep_attachment(blob: Blob): Promise<string> {
  if (blob.size > BYTES_MAX) throw new RangeError(`an attachment of ${blob.size} bytes is too large`);
  const { quota, usage } = await room();
  if (quota > 0 && quota - usage < RESERVED_BYTES + blob.size) throw new NoRoom('what is left is for vouchers');
  const bytes = await blob.arrayBuffer();
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', bytes));
  const sha256 = Array.from(digest, (byte) => byte.toString(16).padStart(2, '0')).join('');
  gone.delete(sha256);
  await write(['attachments', 'drafts'], async ({ attachments, drafts }) => {
    if (await attachments.get(sha256)) return;
    await attachments.put({ sha256, type: blob.type, bytes, uploaded: false });
    // Written and dropped in the same transaction: with no room for it the photo is not kept either.
    await drafts.put(new ArrayBuffer(TRIED_BYTES), 'room');
    await drafts.drop('room');
  });
  return sha256;
}

export async function load_attachment(sha256: string): Promise<Blob | undefined> {
  const stored = await read(['attachments'], ({ attachments }) => attachments.get(sha256));
  return stored && new Blob([stored.bytes], { type: stored.type });
}

/** What a photo is and a signature is not: worth waiting for a better network. */
const LARGE_BYTES = 30_000;
let asked_for = false;
/** Known to be at the office. */
const gone = new Set<string>();

const held = writable(0);
/** Photos that wait for a better network, or for somebody who asks for them. Entries never wait for that. */
export const photos_held: Readable<number> = held;

/** Somebody wants the photos sent over this network too; the next round takes them all. */
export function send_photos_too(): void {
  asked_for = true;
}

/** Photos that the next round would send. */
export async function photos_to_send(): Promise<number> {
  return (await unsent_names()).length;
}

/** What a draft still holds, or was taken out of one, is nobody's business. */
async function unsent_names(): Promise<string[]> {
  const waits = is_thrifty() && !asked_for;
  const { names, holding } = await read(['attachments', 'entries'], async ({ attachments, entries }) => {
    const waiting = [];
    // One after the other, and none that went before: all photos at once are more than a cheap phone's memory.
    for (const sha256 of (await attachments.keys()) as string[]) {
      if (gone.has(sha256)) continue;
      const one = await attachments.get(sha256);
      if (one?.uploaded) gone.add(sha256);
      else if (one) waiting.push({ sha256, large: one.bytes.byteLength >= LARGE_BYTES });
    }
    if (waiting.length === 0) return { names: [], holding: 0 };
    const bodies = (await entries.all()).map(({ body }) => body);
    const named = waiting.filter(({ sha256 }) => bodies.some((body) => body.includes(sha256)));
    const going = named.filter(({ large }) => !waits || !large);
    return { names: going.map(({ sha256 }) => sha256), holding: named.length - going.length };
  });
  held.set(holding);
  return names;
}

/** An attachment whose entry is not at the office yet is tried again later; it never holds up an entry. */
export async function send_attachments(): Promise<void> {
  const me = await read_meta('identity');
  if (!me) return;
  const names = await unsent_names();
  for (const sha256 of names) {
    const stored = await read(['attachments'], ({ attachments }) => attachments.get(sha256));
    if (!stored) continue;
    const signature = await sign_with(await device_key(me.device.id), sha256);
    try {
      await call<undefined>('PUT', `/attachments/${sha256}`, {
        raw: stored.bytes,
        token: null,
        headers: {
          'content-type': stored.type || 'application/octet-stream',
          'sanad-device': me.device.id,
          'sanad-signature': signature,
        },
      });
      await write(['attachments'], ({ attachments }) => attachments.put({ ...stored, uploaded: true }));
    } catch (cause) {
      if (!(cause instanceof Problem) || cause.code === 'unreachable') throw cause;
    }
  }
  asked_for = false;
}
