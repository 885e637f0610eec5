/** Lays a screen's keys for as long as it is open, and keeps the key bar true when their labels change. */
import { untrack } from 'svelte';

import { type KeyLine, lay_keys, refresh_keys } from './keys';

export function use_keys(lines: () => KeyLine[]): void {
  // Laid once: laying again at each change would put a screen's keys over those of its open dialog.
  $effect(() => untrack(() => lay_keys(lines)));
  $effect(() => {
    lines();
    untrack(refresh_keys);
  });
}
