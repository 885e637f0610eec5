/** The customers' search, kept ready behind the screens: whoever opens the list can type at once. */
import { readonly, writable } from 'svelte/store';

import type { World } from '../../journal/world';
import { Finder } from '../../ledger/finding';
import type { Language } from '../../text';
import { PREFIXES } from './customers';

/** Customers prepared before the screen has its turn again. */
const PIECE = 200;

const finder = new Finder();
const kept = writable<{ find: Finder['find'] } | null>(null);
/** null until all customers are prepared; another object each time that something differs. */
export const search = readonly(kept);

let wanted: { world: World; language: Language } | undefined;
let busy = false;

/** Follows the world, in idle moments; names stand in the order of the language. */
export async function keep_findable(world: World, language: Language): Promise<void> {
  if (!world.whole) return;
  wanted = { world, language };
  if (busy) return;
  busy = true;
  try {
    for (let done: typeof wanted | undefined; done !== wanted; ) {
      done = wanted;
      const { customers, items_of, company } = done.world;
      const how = { prefix: PREFIXES[company?.country ?? ''] ?? '', language: done.language, most: PIECE };
      do await idle();
      while (!finder.follow(customers, items_of, how));
    }
    kept.set({ find: (text) => finder.find(text) });
  } finally {
    busy = false;
  }
}

function idle(): Promise<void> {
  return new Promise((resolve) => {
    if (typeof requestIdleCallback === 'function') requestIdleCallback(() => resolve(), { timeout: 100 });
    else setTimeout(resolve, 5);
  });
}
