// @vitest-environment node
import { beforeEach, expect, test } from 'vitest';

import { code_for } from '../ledger/release';
import { ready_phone, RELEASE_KEY, type Office, type Tab } from './office_for_tests';

const DAY = '2026-11-22';
let office: Office;
let tab: Tab;

beforeEach(async () => {
  ({ office, tab } = await ready_phone());
});

test('a right code lifts the limits for that day, and the office is told once', async () => {
  const code = await code_for(RELEASE_KEY, 'limit', await tab.release.challenge_for('limit'));
  expect(await tab.release.limits_lifted(DAY)).toBe(false);

  expect(await tab.release.lift_limits(code, DAY)).toBe('right');
  expect(await tab.release.limits_lifted(DAY)).toBe(true);
  expect(await tab.release.limits_lifted('2026-11-23')).toBe(false);
  await tab.exchange.exchange_now();

  const told = office.accepted().filter(({ envelope }) => envelope.kind === 'release_used');
  expect(told.map(({ body }) => body)).toMatchObject([{ purpose: 'limit' }]);
});

test('a code is good once, and not for another purpose', async () => {
  const wiping = await code_for(RELEASE_KEY, 'wipe', await tab.release.challenge_for('limit'));
  expect(await tab.release.lift_limits(wiping, DAY)).toBe('wrong');

  const code = await code_for(RELEASE_KEY, 'limit', await tab.release.challenge_for('limit'));
  expect(await tab.release.lift_limits(code, DAY)).toBe('right');
  expect(await tab.release.lift_limits(code, DAY)).toBe('new_challenge');
});

test('five misses ask for new signs', async () => {
  const first = await tab.release.challenge_for('limit');
  for (let miss = 1; miss < 5; miss += 1) expect(await tab.release.lift_limits('00000000', DAY)).toBe('wrong');

  expect(await tab.release.lift_limits('00000000', DAY)).toBe('new_challenge');
  expect(await tab.release.challenge_for('limit')).not.toBe(first);
});
