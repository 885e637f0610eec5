import { expect, test } from 'vitest';

import { load_cases } from '../testing/cases';
import { Layered } from './layered';
import { apply_own, no_docs, type Docs, type OwnEntry, type ShownType } from './overlay';

type Listed = Partial<Record<ShownType, { id: string }[]>>;

interface Row {
  name: string;
  given: Listed;
  entries: OwnEntry[];
  expect: Listed;
  /** Ids of what is not shown any more. */
  gone?: Partial<Record<ShownType, string[]>>;
}

const rows = load_cases<Row[]>('overlay');

function documents(given: Listed): Docs {
  const docs = no_docs() as unknown as Record<string, Map<string, unknown>>;
  for (const [type, list] of Object.entries(given)) for (const doc of list) docs[type]?.set(doc.id, doc);
  return docs as unknown as Docs;
}

/** A field at its default is left out of a document. */
function is_default(value: unknown): boolean {
  return value === '' || value === 0 || value === false || (Array.isArray(value) && value.length === 0);
}

test.each(rows)('$name', ({ given, entries, expect: expected, gone = {} }) => {
  const docs = apply_own(documents(given), entries);

  for (const [type, list] of Object.entries(expected)) {
    for (const wanted of list) {
      const found = docs[type as ShownType].get(wanted.id) as unknown as Record<string, unknown> | undefined;
      expect(found, `${type} ${wanted.id}`).toBeDefined();
      for (const [field, value] of Object.entries(wanted as Record<string, unknown>)) {
        if (found?.[field] === undefined && is_default(value)) continue;
        if (field === 'void') expect(found?.[field]).toMatchObject(value as object);
        else expect(found?.[field], `${type} ${wanted.id} ${field}`).toEqual(value);
      }
    }
  }
  for (const [type, ids] of Object.entries(gone)) for (const id of ids) expect(docs[type as ShownType].has(id), `${type} ${id}`).toBe(false);
});

test.each(rows)('$name: applied twice it is applied once', ({ given, entries }) => {
  const once = apply_own(documents(given), entries);

  expect(apply_own(once, entries)).toEqual(once);
});

test.each(rows)('$name: the documents given are not touched', ({ given, entries }) => {
  const docs = documents(structuredClone(given));
  apply_own(docs, entries);

  expect(docs).toEqual(documents(given));
});

test.each(rows)('$name: the same on a large portfolio, of which versions share the base', ({ given, entries }) => {
  const large = Object.fromEntries(Object.entries(documents(given)).map(([type, table]) => [type, new Layered<unknown>(table)]));
  const plain = (docs: object) => Object.fromEntries(Object.entries(docs).map(([type, table]) => [type, new Map(table as Map<string, unknown>)]));
  const after = apply_own(large as unknown as Docs, entries);

  expect(plain(after)).toEqual(apply_own(documents(given), entries));
  expect(plain(large)).toEqual(documents(given));
});

test('a refused entry does nothing', () => {
  const row = rows.find(({ entries }) => entries.some((entry) => entry.kind === 'receipt_issued'));
  if (!row) throw new Error('no such row');
  const docs = documents(row.given);

  expect(apply_own(docs, row.entries.map((entry) => ({ ...entry, verdict: 'refused' as const })))).toEqual(docs);
});

test('a receipt under review is in the hands, and pays for nothing', () => {
  const row = rows.find(({ name }) => name.startsWith('a cheque is paper in hand'));
  if (!row) throw new Error('no such row');
  const docs = apply_own(documents(row.given), row.entries.map((entry) => ({ ...entry, verdict: 'review' as const })));

  expect(docs.custody.get('u1')).toMatchObject({ cash: { EGP: 30000 }, cheques: { EGP: 50000 } });
  expect(docs.item.get('i1')).toMatchObject({ open: 80000 });
  expect(docs.customer.get('c1')?.uncleared).toBeUndefined();
});
