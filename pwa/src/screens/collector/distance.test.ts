import { beforeEach, expect, test } from 'vitest';

import { set_digits, set_language } from '../../text';
import type { Customer } from '../../wire/types';
import { distance_text, metres_between, way_link } from './distance';

const shop: Customer = { id: 'c', code: 'C1', name: 'Nour (2)', currency: 'EGP', lat: 30.05, lon: 31.33 };

beforeEach(() => {
  set_language('en');
  set_digits('latin');
});

test('a degree of latitude is 111 km everywhere, one of longitude less away from the equator', () => {
  expect(Math.round(metres_between({ lat: 0, lon: 31 }, { lat: 1, lon: 31 }))).toBe(111_195);
  expect(Math.round(metres_between({ lat: 60, lon: 0 }, { lat: 60, lon: 1 }) / 100)).toBe(556);
  expect(metres_between({ lat: 30, lon: 31 }, { lat: 30, lon: 31 })).toBe(0);
  expect(Math.round(metres_between({ lat: 0, lon: 179.5 }, { lat: 0, lon: -179.5 }))).toBe(111_195);
});

test.each([
  [0, '10 m'],
  [44, '40 m'],
  [349, '350 m'],
  [974, '950 m'],
  [975, '1 km'],
  [999, '1 km'],
  [1_234, '1.2 km'],
  [24_400, '24 km'],
])('%d metres are said as %s', (metres, said) => {
  expect(distance_text(metres)).toBe(said);
});

test('the way leads to the position by the map app that the phone has, and to the address where no position is known', () => {
  expect(way_link(shop, 'Mozilla/5.0 (Linux; Android 14)')).toBe('geo:30.05,31.33?q=30.05,31.33(Nour%20(2))');
  expect(way_link(shop, 'Mozilla/5.0 (iPhone; CPU iPhone OS 18_0)')).toBe('https://maps.apple.com/?daddr=30.05%2C31.33');
  expect(way_link(shop, 'Mozilla/5.0 (X11; Linux)')).toBe('https://www.google.com/maps/dir/?api=1&destination=30.05%2C31.33');
  const by_address = { ...shop, lat: null, lon: null, address: 'شارع 9' };
  expect(way_link(by_address, 'Android')).toBe(`geo:0,0?q=${encodeURIComponent('شارع 9')}`);
  expect(way_link({ ...by_address, address: '' }, 'Android')).toBe('');
});
