/** The time by which ages are told, moved on every half minute. */
import { SvelteDate } from 'svelte/reactivity';

export const clock = { now: new SvelteDate() };

export function start_clock(): () => void {
  const timer = setInterval(() => clock.now.setTime(Date.now()), 30_000);
  return () => clearInterval(timer);
}
