import { expect, it } from 'vitest';

import { code_in, tidy } from './code';

it.each([
  ['k7qm-2x9a', 'K7QM2X9A'],
  [' ٧٧qm 2x9a', '77QM2X9A'],
])('tidies %s', (typed, code) => expect(tidy(typed)).toBe(code));

it.each([
  ['https://sanad.example/enrol#K7QM2X9A', 'K7QM2X9A'],
  ['#k7qm2x9a', 'K7QM2X9A'],
  ['https://sanad.example/verify#S1.a.b', ''],
  ['https://sanad.example/', ''],
])('finds the code in %s', (text, code) => expect(code_in(text)).toBe(code));
