/**
 * A new build of the app. It is loaded beside the one that runs and waits: it takes over when somebody taps "update", or
 * when this page is hidden, nothing is being written on it and no round with the office is running.
 */
import { get, writable, type Readable } from 'svelte/store';

/** A tap does not wait for longer than this for a running round: what it hands in is only repeated. */
const PATIENCE_MS = 5_000;

/** The running round with the office, if there is one; null: something is being done on this page. */
type Resting = (() => Promise<void> | undefined) | null;

const ready = writable(false);
/** A newer build waits, or has taken over from another tab while this page runs on with the older one. */
export const update_ready: Readable<boolean> = ready;

let resting: Resting = null;
let registration: ServiceWorkerRegistration | undefined;
let reload: () => void = () => undefined;
/** Another build controls this page than the one that it was loaded from. */
let overtaken = false;
let asked = false;

export function rest(state: Resting): void {
  resting = state;
  settle();
}

/** Registers the worker and follows its builds. */
export async function watch_updates(container: ServiceWorkerContainer, reload_page: () => void): Promise<void> {
  reload = reload_page;
  let controlled = container.controller !== null;
  container.addEventListener('controllerchange', () => {
    if (controlled) {
      overtaken = true;
      found();
    }
    controlled = true; // The first worker of all takes over the page that registered it: the same build.
  });
  // Never from a cache, or a phone would run an old build for ever.
  const here = await container.register('/sw.js', { updateViaCache: 'none' });
  registration = here;
  here.addEventListener('updatefound', () => {
    const fresh = here.installing;
    fresh?.addEventListener('statechange', () => {
      if (fresh.state === 'installed' && controlled) found();
    });
  });
  // A phone keeps the app open for weeks: the worker is looked for anew whenever it comes back.
  document.addEventListener('visibilitychange', () => {
    if (document.visibilityState === 'visible') void here.update().catch(() => undefined);
    else settle();
  });
  // Two builds went by while this page was open: its own parts are gone, and only a reload brings it on.
  window.addEventListener('vite:preloadError', () => {
    overtaken = true;
    ready.set(true);
  });
  if (here.waiting) found();
}

/** Somebody wants it now. Drafts are kept at every change and reopen where they were. */
export async function take_update(): Promise<void> {
  asked = true;
  const patience = new Promise<void>((resolve) => setTimeout(resolve, PATIENCE_MS));
  await Promise.race([resting?.() ?? Promise.resolve(), patience]);
  take();
}

function found(): void {
  ready.set(true);
  settle();
}

function settle(): void {
  if (!get(ready)) return;
  if (asked && overtaken) {
    reload();
    return;
  }
  if (document.visibilityState !== 'hidden' || resting === null) return;
  const round = resting();
  if (round) void round.then(settle, settle);
  else take();
}

/** The worker that takes over changes the controller, and that reloads the page. */
function take(): void {
  if (overtaken || !registration?.waiting) reload();
  else registration.waiting.postMessage({ type: 'take-over' });
}
