import { inflateSync } from 'node:zlib';

import { describe, expect, it } from 'vitest';

import { picture_pdf } from './pdf';

const PICTURE = { width: 3, height: 2, pixels: new Uint8Array([0, 255, 0, 128, 7, 255]) };

async function made(title = 'CAI-000851 · النيل'): Promise<Buffer> {
  const blob = await picture_pdf(PICTURE, { title, width_mm: 105 });
  expect(blob.type).toBe('application/pdf');
  return Buffer.from(await blob.arrayBuffer());
}

describe('a PDF of one picture', () => {
  it('says in its table where each object begins', async () => {
    const bytes = await made();
    const text = bytes.toString('latin1');
    const table = Number(/startxref\n(\d+)\n%%EOF\n$/.exec(text)?.[1]);
    expect(text.slice(table, table + 7)).toBe('xref\n0 ');
    const rows = [...text.slice(table).matchAll(/^(\d{10}) 00000 n $/gm)].map((row) => Number(row[1]));
    expect(rows).toHaveLength(6);
    rows.forEach((place, at) => expect(text.slice(place).startsWith(`${at + 1} 0 obj\n`)).toBe(true));
  });

  it('holds every pixel, and the length that it names', async () => {
    const bytes = await made();
    const text = bytes.toString('latin1');
    const found = /\/Width 3 \/Height 2 .*\/Length (\d+) >>\nstream\n/.exec(text);
    const start = (found?.index ?? 0) + (found?.[0].length ?? 0);
    const end = start + Number(found?.[1]);
    expect(text.slice(end, end + 10)).toBe('\nendstream');
    expect([...inflateSync(bytes.subarray(start, end))]).toEqual([...PICTURE.pixels]);
  });

  it('is as wide as asked, keeps the picture’s shape, and has a title in any script', async () => {
    const text = (await made('ن1')).toString('latin1');
    expect(text).toContain('/MediaBox [0 0 297.64 198.43]');
    expect(text).toContain('/Title <feff06460031>');
  });
});
