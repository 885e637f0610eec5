/**
 * A declaration as a code that crosses the counter: the entry's own texts and its signature, letter for letter, so that a
 * desk can check it and hand it in as the phone would. `SD1` names the shape; then `Z` (deflated) or `P` (as it is), then
 * base 32. Only capitals and digits: a QR code packs them closely, and a scanner that types like a keyboard cannot
 * change them, whatever the layout or Caps Lock.
 */
import type { EntryTexts } from '../wire/types';
import { splice, unsplice, utf8 } from './chain';

const SHAPE = 'SD1';
const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';
/** What a phone's screen can show so that a plain camera still reads it: a code of at most 121 modules on a side. */
export const CODE_LETTERS_MAX = 1990;
/** Nothing that a phone writes is longer; what unpacks to more is not ours. */
const TEXT_BYTES_MAX = 40_000;

/** Null where it would be too large to be read from a screen: then a rescue file is the way. */
export async function code_of(entry: EntryTexts): Promise<string | null> {
  const plain = utf8(splice(entry.envelope, entry.body, entry.sig));
  const packed = await through(plain, () => new CompressionStream('deflate-raw'), TEXT_BYTES_MAX).catch(() => null);
  const text = packed && packed.length < plain.length ? `${SHAPE}Z${base32(packed)}` : `${SHAPE}P${base32(plain)}`;
  return text.length > CODE_LETTERS_MAX ? null : text;
}

export type CodeRead = { entry: EntryTexts } | { trouble: 'not_a_code' | 'newer' | 'damaged' };

/** As scanned, pasted or typed by a scanner. What the texts say is not looked at here. */
export async function read_code(scanned: string): Promise<CodeRead> {
  const text = scanned.replace(/\s/g, '').toUpperCase();
  if (!/^SD\d/.test(text)) return { trouble: 'not_a_code' };
  if (!/^SD1(?!\d)/.test(text)) return { trouble: 'newer' };
  const packing = text[SHAPE.length];
  if (packing !== 'Z' && packing !== 'P') return { trouble: 'newer' };
  const bytes = bytes_of_32(text.slice(SHAPE.length + 1));
  if (!bytes) return { trouble: 'damaged' };
  try {
    const plain = packing === 'Z' ? await through(bytes, () => new DecompressionStream('deflate-raw'), TEXT_BYTES_MAX) : bytes;
    const entry = unsplice(new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(plain));
    return entry ? { entry } : { trouble: 'damaged' };
  } catch {
    return { trouble: 'damaged' };
  }
}

async function through(bytes: Uint8Array<ArrayBuffer>, make: () => CompressionStream | DecompressionStream, most: number): Promise<Uint8Array<ArrayBuffer>> {
  const way = make();
  const writer = way.writable.getWriter();
  const fed = writer.write(bytes).then(() => writer.close());
  // Said below, where the reading ends; unheard it would be an error of nobody's.
  fed.catch(() => undefined);
  const reader = way.readable.getReader();
  const parts: Uint8Array<ArrayBuffer>[] = [];
  let length = 0;
  for (;;) {
    const { done, value } = await reader.read();
    if (done) break;
    length += value.length;
    if (length > most) {
      await reader.cancel();
      throw new RangeError('longer than any entry');
    }
    parts.push(value);
  }
  await fed;
  const whole = new Uint8Array(length);
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

function base32(bytes: Uint8Array): string {
  let text = '';
  let held = 0;
  let bits = 0;
  for (const byte of bytes) {
    held = (held << 8) | byte;
    bits += 8;
    while (bits >= 5) {
      bits -= 5;
      text += ALPHABET.charAt((held >> bits) & 31);
    }
    held &= (1 << bits) - 1;
  }
  return bits > 0 ? text + ALPHABET.charAt((held << (5 - bits)) & 31) : text;
}

/** Null for what base 32 would not have written letter for letter. */
function bytes_of_32(text: string): Uint8Array<ArrayBuffer> | null {
  const bytes = new Uint8Array(Math.floor((text.length * 5) / 8));
  let held = 0;
  let bits = 0;
  let at = 0;
  for (const letter of text) {
    const value = ALPHABET.indexOf(letter);
    if (value < 0) return null;
    held = (held << 5) | value;
    bits += 5;
    if (bits >= 8) {
      bits -= 8;
      bytes[at] = held >> bits;
      at += 1;
    }
    held &= (1 << bits) - 1;
  }
  return held === 0 && bits < 5 ? bytes : null;
}
