// @vitest-environment node
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

import { expect, test } from 'vitest';

import { later_ar } from './later_ar';

const SOURCES = join(import.meta.dirname, '..');

function found(from: string, name: string): string | undefined {
  const path = join(dirname(from), name);
  return [path, `${path}.ts`, `${path}.svelte.ts`, `${path}/index.ts`].find((one) => existsSync(one) && /\.(ts|svelte)$/.test(one));
}

/** What the first screen loads: all that is imported from main.ts on, but for imports in a call and those of types. */
function first_loaded(): string[] {
  const seen = new Set<string>();
  const walk = (path: string): void => {
    if (seen.has(path)) return;
    seen.add(path);
    const source = readFileSync(path, 'utf8');
    for (const [, from, alone] of source.matchAll(/^\s*(?:import|export)\s(?!type\b)(?:[^;]*?from\s)?'(\.[^']+)'|^\s*import '(\.[^']+)'/gm)) {
      const next = found(path, from ?? alone ?? '');
      if (next) walk(next);
    }
  };
  walk(join(SOURCES, 'main.ts'));
  return [...seen];
}

test('nothing that the first screen loads says a text that comes later', () => {
  const files = first_loaded();
  expect(files.length).toBeGreaterThan(80);
  expect(files).not.toContain(join(SOURCES, 'text/later.ts'));
  const source = files.filter((path) => !/\/text\/(ar|en)\.ts$/.test(path)).map((path) => readFileSync(path, 'utf8')).join('\n');
  const named = new Set([...source.matchAll(/['"]([a-z_]+(?:\.[\w.]+)?)['"]/g)].map(([, name]) => name));
  const begun = [...source.matchAll(/`([a-z_.]+)\$\{/g), ...source.matchAll(/coded\('(\w+)'/g)].map(([, start = '']) => (start.endsWith('.') || start.includes('.') ? start : `${start}.`));
  const said = Object.keys(later_ar).filter((key) => named.has(key) || begun.some((start) => key.startsWith(start)));
  expect(said).toEqual([]);
});
