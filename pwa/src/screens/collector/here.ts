/** Where this phone was last. It is shown beside customers and nothing depends on it. */
import { get, readonly, writable } from 'svelte/store';

import type { Place } from './distance';

interface Seen extends Place {
  at_ms: number;
}

/** After half an hour somebody who works in the street is elsewhere. */
const FRESH_MS = 30 * 60_000;

const last = writable<Seen | null>(null);
export const here = readonly(last);

export function keep_here({ lat, lon }: Place): void {
  last.set({ lat, lon, at_ms: Date.now() });
}

export function is_fresh(seen: Seen | null, now: Date): seen is Seen {
  return seen !== null && now.getTime() - seen.at_ms < FRESH_MS;
}

/** Looks where we are if the phone may say so already; a list that is only looked at asks for no permission. */
export async function look_here(): Promise<void> {
  const seen = get(last);
  if (seen && Date.now() - seen.at_ms < 60_000) return;
  try {
    const { state } = await navigator.permissions.query({ name: 'geolocation' });
    if (state !== 'granted') return;
    navigator.geolocation.getCurrentPosition(
      ({ coords }) => keep_here({ lat: coords.latitude, lon: coords.longitude }),
      () => undefined,
      { timeout: 10_000, maximumAge: 5 * 60_000, enableHighAccuracy: false },
    );
  } catch {
    // No permissions or no positions in this browser: then no distance is shown.
  }
}
