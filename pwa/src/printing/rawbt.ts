/**
 * RawBT, an Android app that holds the line to a printer of any make (Bluetooth, USB, network) and takes ESC/POS bytes in
 * a link. Where it is not installed, the link's package leads to its page in the shop.
 */
import { PrinterTrouble, type Transport } from './transport';

/** An intent travels through one buffer of a megabyte, two bytes a sign. */
const LONGEST = 450_000;

function base64(bytes: Uint8Array): string {
  let text = '';
  for (let at = 0; at < bytes.length; at += 0x8000) text += String.fromCharCode(...bytes.subarray(at, at + 0x8000));
  return btoa(text);
}

export function rawbt_link(bytes: Uint8Array): string {
  return `intent:base64,${base64(bytes)}#Intent;scheme=rawbt;package=ru.a402d.rawbtprinter;end;`;
}

function hand_over(bytes: Uint8Array): Promise<void> {
  const href = rawbt_link(bytes);
  if (href.length > LONGEST) return Promise.reject(new PrinterTrouble('too_long'));
  const link = document.createElement('a');
  link.href = href;
  document.body.append(link);
  link.click();
  link.remove();
  return Promise.resolve();
}

export const rawbt: Transport = {
  name: 'rawbt',
  available: () => /android/i.test(navigator.userAgent),
  open: () => Promise.resolve({ send: hand_over, close: () => Promise.resolve() }),
};
