/** The rule tables in tests/cases, which pytest runs against the same rules in Python. */
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';

const FOLDER = resolve(import.meta.dirname, '../../../tests/cases');

// The caller says what a row looks like: the table is ours and both languages run it.
// eslint-disable-next-line @typescript-eslint/no-unnecessary-type-parameters
export function load_cases<Table>(name: string): Table {
  return JSON.parse(readFileSync(resolve(FOLDER, `${name}.json`), 'utf-8')) as Table;
}
