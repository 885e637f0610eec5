/**
 * What a reader that types like a keyboard meant. It presses the keys of an American keyboard; under an Arabic layout the
 * field fills with other letters, so the keys themselves are what counts. A code holds capitals and digits only.
 */
import type { KeyStroke } from '../desk/keys';

export interface Typed {
  /** Since the field was empty. */
  keys: string;
}

export function typed_by(before: Typed, event: KeyStroke & { key: string }): Typed {
  if (event.ctrlKey || event.altKey || event.metaKey) return { keys: '' };
  if (event.code === 'Backspace' || event.code === 'Delete') return { keys: '' };
  const letter = /^Key([A-Z])$/.exec(event.code)?.[1] ?? /^(?:Digit|Numpad)(\d)$/.exec(event.code)?.[1];
  return letter === undefined ? before : { keys: before.keys + letter };
}
