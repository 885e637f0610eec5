/** The time as screens show it, moving on by itself every half minute. */
import { readable } from 'svelte/store';

export const now = readable(new Date(), (set) => {
  const timer = setInterval(() => set(new Date()), 30_000);
  set(new Date());
  return () => clearInterval(timer);
});
