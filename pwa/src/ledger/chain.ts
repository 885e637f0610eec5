/**
 * The hash chain of a device. What is hashed and signed is a text, and the text is what is kept and sent: nothing here
 * serialises an entry a second time.
 */
import type { EntryTexts, Envelope } from '../wire/types';

export type { EntryTexts };

export const ENTRY_BYTES_MAX = 32_000;

const encoder = new TextEncoder();

export function utf8(text: string): Uint8Array<ArrayBuffer> {
  return encoder.encode(text);
}

export function base64url(bytes: ArrayBuffer | Uint8Array): string {
  let binary = '';
  for (const byte of bytes instanceof Uint8Array ? bytes : new Uint8Array(bytes)) binary += String.fromCharCode(byte);
  return btoa(binary).replaceAll('+', '-').replaceAll('/', '_').replace(/=+$/, '');
}

/** Throws when the text is not the one base64url writing of some bytes. */
export function bytes_of(text: string): Uint8Array<ArrayBuffer> {
  if (!/^[A-Za-z0-9_-]*$/.test(text)) throw new Error('not base64url');
  const binary = atob(text.replaceAll('-', '+').replaceAll('_', '/'));
  const bytes = Uint8Array.from(binary, (letter) => letter.charCodeAt(0));
  if (base64url(bytes) !== text) throw new Error('not base64url');
  return bytes;
}

export async function hash_of(text: string): Promise<string> {
  return base64url(await crypto.subtle.digest('SHA-256', utf8(text)));
}

export function envelope_text(envelope: Envelope): string {
  const { v, company, device, seq, prev, by, at, kind, id, body_hash } = envelope;
  return JSON.stringify({ v, company, device, seq, prev, by, at, kind, id, body_hash });
}

export function splice(envelope: string, body: string, sig: string): string {
  return `{"envelope":${envelope},"body":${body},"sig":"${sig}"}`;
}

/** The texts out of a spliced entry, letter for letter; null when it is torn or not ours. */
export function unsplice(text: string): EntryTexts | null {
  const opening = '{"envelope":';
  if (!text.startsWith(opening)) return null;
  const envelope_end = object_end(text, opening.length);
  const middle = ',"body":';
  if (envelope_end < 0 || !text.startsWith(middle, envelope_end)) return null;
  const body_end = object_end(text, envelope_end + middle.length);
  if (body_end < 0) return null;
  const sig = /^,"sig":"([A-Za-z0-9_-]*)"\}$/.exec(text.slice(body_end))?.[1];
  if (sig === undefined) return null;
  return {
    envelope: text.slice(opening.length, envelope_end),
    body: text.slice(envelope_end + middle.length, body_end),
    sig,
  };
}

/** The place after the object that begins at `start`, or -1. */
function object_end(text: string, start: number): number {
  if (text[start] !== '{') return -1;
  let depth = 0;
  let quoted = false;
  for (let place = start; place < text.length; place += 1) {
    const letter = text[place];
    if (quoted) {
      if (letter === '\\') place += 1;
      else if (letter === '"') quoted = false;
    } else if (letter === '"') quoted = true;
    else if (letter === '{' || letter === '[') depth += 1;
    else if (letter === '}' || letter === ']') {
      depth -= 1;
      if (depth === 0) return place + 1;
    }
  }
  return -1;
}

/** The hash of an entry whose body is the one that its envelope names, or null when it is not. */
export async function proved_hash(texts: EntryTexts): Promise<string | null> {
  const envelope = JSON.parse(texts.envelope) as Envelope;
  return (await hash_of(texts.body)) === envelope.body_hash ? await hash_of(texts.envelope) : null;
}
