import { expect, test } from 'vitest';

import { load_cases } from './cases';

test('a rule table that does not exist is an error that names it, never an empty table', () => {
  expect(() => load_cases('no_such_rule')).toThrow('no_such_rule.json');
});
