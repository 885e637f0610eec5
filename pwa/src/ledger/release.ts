/** Release codes: what the office says over the telephone, so that this phone may do one thing, once, with no network. */
import { bytes_of, utf8 } from './chain';

/** Crockford's base 32: no letter that is heard or read as another. */
export const ALPHABET = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';
export const CHALLENGE_LENGTH = 6;
const CODE_DIGITS = 8;

/** A challenge as it was heard or typed, in its one writing; empty when it is none. */
export function challenge_of(text: string): string {
  const challenge = text.trim().toUpperCase().replaceAll('O', '0').replaceAll(/[IL]/g, '1').replaceAll(/[- ]/g, '');
  return /^[0-9A-HJKMNP-TV-Z]{6}$/.test(challenge) ? challenge : '';
}

/** Digits as typed, of whatever script, without spaces; empty when they are not eight. */
export function code_of(text: string): string {
  const code = text
    .replaceAll(/[٠-٩۰-۹]/g, (digit) => String((digit.codePointAt(0) ?? 0) & 0xf))
    .replaceAll(/[\s-]/g, '');
  return /^\d{8}$/.test(code) ? code : '';
}

/** Eight decimal digits: the first 8 bytes of HMAC-SHA256(key, `purpose.challenge`), big-endian, mod 10^8. */
export async function code_for(release_key: string, purpose: string, challenge: string): Promise<string> {
  const key = await crypto.subtle.importKey('raw', bytes_of(release_key), { name: 'HMAC', hash: 'SHA-256' }, false, ['sign']);
  const mac = await crypto.subtle.sign('HMAC', key, utf8(`${purpose}.${challenge}`));
  const number = new DataView(mac).getBigUint64(0) % 10n ** BigInt(CODE_DIGITS);
  return String(number).padStart(CODE_DIGITS, '0');
}
