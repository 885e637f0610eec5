import { expect, test } from 'vitest';

import '../../text/later';
import { set_language } from '../../text';
import { is_said, kept_on_wire, kept_text, reasons_of } from './kept_back';

test('a reason goes over the wire as its code with the note, and comes back in the language of the reader', () => {
  const wire = kept_on_wire({ reason: 'paper_lost', note: ' fell out: on the bus ' });
  expect(wire).toBe('paper_lost: fell out: on the bus');
  set_language('en');
  expect(kept_text(wire)).toBe('The paper is lost, proof is missing · fell out: on the bus');
  set_language('ar');
  expect(kept_text(kept_on_wire({ reason: 'with_customer', note: '' }))).toBe('رُدّ إلى العميل ليصحّحه');
});

test('what was written before there were codes is shown as it is', () => {
  expect(kept_text('عند المدير: حتى الغد')).toBe('عند المدير: حتى الغد');
});

test('a lost paper and another reason need words of their own', () => {
  expect(is_said({ reason: '', note: 'x' })).toBe(false);
  expect(is_said({ reason: 'left_behind', note: '' })).toBe(true);
  expect(is_said({ reason: 'paper_lost', note: ' ' })).toBe(false);
  expect(is_said({ reason: 'other', note: 'x' })).toBe(true);
});

test('a declaration begun with an older app goes on with what was written', () => {
  expect(reasons_of({ a: 'عند المدير', b: '', c: { reason: 'left_behind', note: '' } })).toEqual({
    a: { reason: 'other', note: 'عند المدير' }, b: { reason: '', note: '' }, c: { reason: 'left_behind', note: '' },
  });
});
