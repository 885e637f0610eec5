import { get } from 'svelte/store';
import { expect, test } from 'vitest';

import { combo_of, is_command, key_lines, lay_keys, run_key } from './keys';

const plain = { ctrlKey: false, shiftKey: false, altKey: false, metaKey: false };

test('a digit has one name wherever it is typed', () => {
  expect(combo_of({ ...plain, code: 'Digit3' })).toBe('3');
  expect(combo_of({ ...plain, code: 'Numpad3' })).toBe('3');
});

test('the name of a key does not depend on the layout', () => {
  expect(combo_of({ ...plain, code: 'F2', shiftKey: true })).toBe('Shift+F2');
  expect(combo_of({ ...plain, code: 'NumpadEnter', ctrlKey: true })).toBe('Ctrl+Enter');
});

test('plain digits are not commands while something is typed', () => {
  expect(is_command('3')).toBe(false);
  expect(is_command('F8')).toBe(true);
  expect(is_command('Ctrl+Enter')).toBe(true);
});

test('a dialog lays its keys over those of the screen and gives them back', () => {
  const screen = lay_keys(() => [{ keys: ['F2'], label: 'next' }]);
  const dialog = lay_keys(() => [{ keys: ['Ctrl+Enter'], label: 'save' }]);

  expect(get(key_lines).map((line) => line.label)).toEqual(['save']);
  dialog();
  expect(get(key_lines).map((line) => line.label)).toEqual(['next']);
  screen();
  expect(get(key_lines)).toEqual([]);
});

test('a key held down runs its line once', () => {
  let runs = 0;
  const lines = [{ keys: ['Ctrl+Enter'], label: 'accept', run: () => (runs += 1) }];
  run_key(new KeyboardEvent('keydown', { code: 'Enter', ctrlKey: true }), lines);
  run_key(new KeyboardEvent('keydown', { code: 'Enter', ctrlKey: true, repeat: true }), lines);

  expect(runs).toBe(1);
});
