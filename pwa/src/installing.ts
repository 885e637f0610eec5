/** The browser's own offer to install the app, kept until somebody takes it: a phone that is not installed is not protected. */
import { type Readable, writable } from 'svelte/store';

interface InstallEvent extends Event {
  prompt: () => Promise<unknown>;
}

const offered = writable<InstallEvent | null>(null);
/** null where the browser offers nothing: it is installed, or this browser has a menu for it. */
export const install_offer: Readable<InstallEvent | null> = offered;

export function watch_installing(page: EventTarget): void {
  page.addEventListener('beforeinstallprompt', (event) => {
    event.preventDefault(); // Asked for where it is explained, and not in the middle of a receipt.
    offered.set(event as InstallEvent);
  });
  page.addEventListener('appinstalled', () => offered.set(null));
}

/** The browser asks once for each offer. */
export async function install(offer: InstallEvent): Promise<void> {
  offered.set(null);
  await offer.prompt().catch(() => undefined);
}
