import { expect, test } from 'vitest';

import { differing, Layered, version_of } from './layered';

const BASE = new Map([['a', 1], ['b', 2], ['c', 3]]);

test('a version shows what differs and shares the rest', () => {
  const next = new Layered(BASE).set('b', 20).set('d', 4);
  next.delete('a');

  expect([...next]).toEqual([['b', 20], ['c', 3], ['d', 4]]);
  expect([...next.keys()]).toEqual(['b', 'c', 'd']);
  expect([...next.values()]).toEqual([20, 3, 4]);
  expect(next.size).toBe(3);
  expect([next.get('a'), next.get('b'), next.has('a'), next.has('d')]).toEqual([undefined, 20, false, true]);
  expect([...BASE.values()]).toEqual([1, 2, 3]);
});

test('a version of a version leaves the one before as it was', () => {
  const first = new Layered(BASE).set('b', 20);
  const second = new Layered(first).set('b', 21).set('e', 5);
  second.delete('c');

  expect([...first]).toEqual([['a', 1], ['b', 20], ['c', 3]]);
  expect([...second]).toEqual([['a', 1], ['b', 21], ['e', 5]]);
  expect([first.size, second.size]).toEqual([3, 3]);
});

test('what was dropped may come back, and what never was is not dropped', () => {
  const next = new Layered(BASE);

  expect([next.delete('a'), next.delete('a'), next.delete('x')]).toEqual([true, false, false]);
  next.set('a', 9);
  expect([next.get('a'), next.size]).toEqual([9, 3]);
});

test('what comes and goes leaves no trace', () => {
  const next = new Layered(BASE).set('x', 1);
  next.delete('x');

  expect([...next.changed]).toEqual([]);
});

test('it does as a map does, whatever is done to it', () => {
  let seed = 7;
  const draw = (below: number) => (seed = (seed * 48_271) % 2_147_483_647) % below;
  const plain = new Map<string, number>();
  let layered = new Layered<number>(new Map());
  for (let n = 0; n < 3_000; n += 1) {
    const id = String(draw(40));
    if (draw(3) === 0) expect(layered.delete(id)).toBe(plain.delete(id));
    else {
      plain.set(id, n);
      layered.set(id, n);
    }
    if (draw(50) === 0) layered = new Layered(layered);
    if (draw(300) === 0) layered = new Layered(new Map(layered));
    expect(layered.size).toBe(plain.size);
  }

  expect(new Map(layered)).toEqual(plain);
});

test('small tables are copied, large ones are shared', () => {
  const large = new Map(Array.from({ length: 1_000 }, (_, n) => [String(n), n]));

  expect(version_of(BASE)).toBeInstanceOf(Map);
  expect(version_of(large)).toBeInstanceOf(Layered);
  expect(version_of(version_of(large))).toBeInstanceOf(Layered);
});

test('what differs between two versions is told where they share a base', () => {
  const one = new Layered(BASE).set('b', 20);
  const other = new Layered(BASE).set('d', 4);

  expect([...(differing(one, other) ?? [])].sort()).toEqual(['b', 'd']);
  expect([...(differing(BASE, one) ?? [])]).toEqual(['b']);
  expect([...(differing(new Layered(one).set('c', 30), BASE) ?? [])].sort()).toEqual(['b', 'c']);
  expect(differing(one, one)?.size).toBe(0);
  expect(differing(one, new Map(BASE))).toBeNull();
});
