/** Who changed what: between the rooms of the journal, and between the tabs of this device. */

import type { StoredEntry } from './database';

/** `appended`: there is something new to send. `entries`: entries have come further on their way. */
export type Change = 'appended' | 'entries' | 'documents' | 'identity';

/** `entry`: the one that this tab has just written. Other tabs are told only that there is one. */
type Listener = (change: Change, entry?: StoredEntry) => void;

const listeners = new Set<Listener>();
const channel = typeof BroadcastChannel === 'undefined' ? undefined : new BroadcastChannel('sanad');

if (channel) {
  channel.onmessage = ({ data }: MessageEvent<Change>) => tell(data);
  // Node keeps a process alive for an open channel; a browser knows no such thing.
  (channel as { unref?: () => void }).unref?.();
}

export function announce(change: Change, entry?: StoredEntry): void {
  tell(change, entry);
  channel?.postMessage(change);
}

/** Returns how to stop listening. */
export function on_change(listener: Listener): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

function tell(change: Change, entry?: StoredEntry): void {
  for (const listener of listeners) listener(change, entry);
}
