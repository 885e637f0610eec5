/**
 * Keys of the desks. Bound to `event.code`, never to letters: on an Arabic layout the D key types another letter.
 * A screen lists its keys once; the same list runs them, fills the key bar, and is the help behind F1.
 */
import { writable } from 'svelte/store';

export interface KeyStroke {
  code: string;
  ctrlKey: boolean;
  shiftKey: boolean;
  altKey: boolean;
  metaKey: boolean;
}

export interface KeyLine {
  /** Names as `combo_of` gives them: `F2`, `Ctrl+Enter`, `Shift+F2`, `1`. More than one: each does the same. */
  keys: string[];
  label: string;
  /** Absent: the key is handled where it is typed (a cell of a grid) and only listed here. */
  run?: () => void;
  /** Only in the list behind F1, not in the bar. */
  quiet?: boolean;
}

const NUMPAD: Record<string, string> = { NumpadEnter: 'Enter' };

/** The name of what was pressed. Digits have one name on the row above the letters and on the numeric pad. */
export function combo_of(event: KeyStroke): string {
  const digit = /^(?:Digit|Numpad)([0-9])$/.exec(event.code)?.[1];
  const base = digit ?? NUMPAD[event.code] ?? event.code;
  const modifiers = [event.ctrlKey && 'Ctrl', event.altKey && 'Alt', event.metaKey && 'Meta', event.shiftKey && 'Shift'];
  return [...modifiers.filter((name) => name !== false), base].join('+');
}

/** Whether a plain key would be typed into what has the focus, and so must not act as a command. */
export function types_into(target: EventTarget | null): boolean {
  if (!(target instanceof HTMLElement)) return false;
  if (target instanceof HTMLInputElement) return !['checkbox', 'radio', 'button', 'file'].includes(target.type);
  return target instanceof HTMLTextAreaElement || target instanceof HTMLSelectElement || target.isContentEditable;
}

/** Function keys and Ctrl combinations act everywhere; plain keys only where nothing is being typed. */
export function is_command(combo: string): boolean {
  return /^(?:Shift\+)?F\d+$/.test(combo) || combo.startsWith('Ctrl+');
}

/** The keys of the screen that is open. The innermost list wins: a dialog lays its own over the screen's. */
const layers: { keys: () => KeyLine[] }[] = [];
export const key_lines = writable<KeyLine[]>([]);

function publish(): void {
  key_lines.set(layers.at(-1)?.keys() ?? []);
}

/** Lays a list of keys on top; the answer takes it away again. */
export function lay_keys(keys: () => KeyLine[]): () => void {
  const layer = { keys };
  layers.push(layer);
  publish();
  return () => {
    const at = layers.indexOf(layer);
    if (at >= 0) layers.splice(at, 1);
    publish();
  };
}

/** Tells the key bar that the labels of the open screen have changed. */
export function refresh_keys(): void {
  publish();
}

const CAPS: Record<string, string> = { ArrowUp: '↑', ArrowDown: '↓', ArrowLeft: '←', ArrowRight: '→', Escape: 'Esc' };

/** The caps to draw for a combination, as they are printed on the keyboard. */
export function caps_of(combo: string): string[] {
  return combo.split('+').map((name) => CAPS[name] ?? name);
}

export function run_key(event: KeyboardEvent, lines: readonly KeyLine[]): boolean {
  const combo = combo_of(event);
  const line = lines.find((each) => each.run !== undefined && each.keys.includes(combo));
  if (line?.run === undefined) return false;
  if (!is_command(combo) && types_into(event.target)) return false;
  // Enter and Space on a button are the button's own.
  if (['Enter', 'Space'].includes(combo) && event.target instanceof HTMLButtonElement) return false;
  event.preventDefault();
  if (event.repeat && combo !== 'ArrowDown' && combo !== 'ArrowUp') return true;
  line.run();
  return true;
}
