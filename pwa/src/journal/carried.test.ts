// @vitest-environment node
import { afterEach, expect, test, vi } from 'vitest';

import { new_phone, open_tab, ready_phone, receipt, type Tab } from './office_for_tests';

afterEach(() => {
  vi.restoreAllMocks();
  vi.unstubAllGlobals();
});

const strays_of = (tab: Tab) => tab.database.read(['strays'], ({ strays }) => strays.all());

/** A phone that declared with no network, and another device that has the declaration from its code. */
async function counter() {
  const { office, tab: phone } = await ready_phone();
  office.down = true;
  await phone.append.issue_receipt(receipt(500));
  const declared = await phone.append.declare_deposit({ totals: [{ currency: 'EGP', method: 'cash', count: 1, amount: 500 }] });
  const texts = await phone.append.texts_of(declared.id);
  const rescue = await phone.rescue.make_rescue();
  if (!texts || !rescue) throw new Error('nothing was declared');
  new_phone();
  office.down = false;
  const desk = await open_tab();
  await desk.device.enrol('ABCD-2345');
  await desk.exchange.exchange_now();
  return { office, desk, carried: await import('./carried'), texts, hash: declared.hash, file: await rescue.file.text() };
}

test('what was scanned may be handed in before the count, and is kept nowhere', async () => {
  const { office, desk, carried, texts } = await counter();

  expect(await carried.pass_on(texts)).toBe(false); // the phone's voucher is not there yet
  office.down = true;
  expect(await carried.pass_on(texts)).toBe(false);
  expect(await strays_of(desk)).toEqual([]);
});

test('what was counted waits until the office has what comes before it, and is handed in once', async () => {
  const { office, desk, carried, texts, hash, file } = await counter();

  await carried.keep_carrying(texts);
  await carried.keep_carrying(texts);
  await desk.exchange.exchange_now();
  expect(await strays_of(desk)).toMatchObject([{ hash, device: 'dev_1', handed_in: false }]);

  await office.rescue(file);
  await desk.exchange.exchange_now();
  expect(await strays_of(desk)).toMatchObject([{ hash, handed_in: true }]);
  expect(office.chains.get('dev_1')?.filter((kept) => kept.hash === hash)).toHaveLength(1);
});
