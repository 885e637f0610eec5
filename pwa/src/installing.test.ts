import { get } from 'svelte/store';
import { expect, test, vi } from 'vitest';

import { install, install_offer, watch_installing } from './installing';

test('the offer is kept until it is taken, asked once, and gone when the app is installed', async () => {
  const page = new EventTarget();
  watch_installing(page);
  const offer = Object.assign(new Event('beforeinstallprompt', { cancelable: true }), { prompt: vi.fn(() => Promise.resolve()) });
  page.dispatchEvent(offer);
  expect(offer.defaultPrevented).toBe(true);
  expect(get(install_offer)).toBe(offer);

  await install(offer);
  expect(offer.prompt).toHaveBeenCalledOnce();
  expect(get(install_offer)).toBeNull();

  page.dispatchEvent(Object.assign(new Event('beforeinstallprompt'), { prompt: vi.fn() }));
  page.dispatchEvent(new Event('appinstalled'));
  expect(get(install_offer)).toBeNull();
});
