/** The customers' search, kept ready behind the screens: whoever opens the list can type at once. */
import { readonly, writable } from 'svelte/store';

import type { World } from '../../journal/world';
import { Finder } from '../../ledger/finding';
import type { Language } from '../../text';
import { PREFIXES } from './customers';

/** Customers prepared before it is asked whether the screen wants its turn: a few milliseconds of a slow phone. */
const FEW = 25;
/** As many take when a letter is compared. */
const MANY = 500;

const finder = new Finder();
const kept = writable<{ find: Finder['find'] } | null>(null);
/** null until all customers are prepared; another object each time that something differs. */
export const search = readonly(kept);

let wanted: { world: World; language: Language } | undefined;
let busy = false;
let comparing = false;
/** Somebody looks at the list that is not there yet. */
let awaited = false;

/** Follows the world, in idle moments, or at once if the list is `open`; names stand in the order of the language. */
export async function keep_findable(world: World, language: Language, { open = false } = {}): Promise<void> {
  awaited ||= open;
  if (!world.whole) return;
  wanted = { world, language };
  if (busy) return;
  busy = true;
  try {
    for (let done: typeof wanted | undefined; done !== wanted; ) {
      done = wanted;
      const { customers, items_of, company } = done.world;
      const how = { prefix: PREFIXES[company?.country ?? ''] ?? '', language: done.language, most: FEW };
      let followed: boolean;
      do {
        const time = await (awaited ? turn() : idle());
        do followed = finder.follow(customers, items_of, how);
        while (!followed && time.left());
      } while (!followed);
    }
    kept.set({ find: (text) => finder.find(text) });
    awaited = false;
  } finally {
    busy = false;
  }
  if (comparing) return;
  comparing = true;
  let compared: boolean;
  do {
    const time = await idle();
    do compared = finder.compare_letters(MANY);
    while (!compared && time.left());
  } while (!compared);
  comparing = false;
}

/** As long as nobody notices it, and then whatever else is to be done. */
function turn(): Promise<{ left: () => boolean }> {
  return new Promise((resolve) => {
    setTimeout(() => {
      const end = performance.now() + AWAITED_TURN_MS;
      resolve({ left: () => performance.now() < end });
    });
  });
}

/** Longer than this it must not keep anybody waiting who taps meanwhile. */
const TURN_MS = 10;
const AWAITED_TURN_MS = 25;

/** Until the browser has nothing better to do; `left`: whether there is still time. */
export function idle(): Promise<{ left: () => boolean }> {
  return new Promise((resolve) => {
    if (typeof requestIdleCallback === 'function') {
      const turn = (time: IdleDeadline): void => {
        const end = performance.now() + TURN_MS;
        resolve({ left: () => time.timeRemaining() > TURN_MS && performance.now() < end });
      };
      requestIdleCallback(turn, { timeout: 100 });
    }
    else setTimeout(() => resolve({ left: () => false }), 5);
  });
}
