/** What the browser says of the network, where it says anything. A hint for what can wait, never for whether to try. */
interface Network extends Partial<EventTarget> {
  saveData?: boolean;
  effectiveType?: string;
  type?: string;
}

export function network(): Network | undefined {
  return typeof navigator === 'undefined' ? undefined : (navigator as { connection?: Network }).connection;
}

/** Data saving is on, or the network is a very slow one: photos wait for a better one, or for somebody who asks. */
export function is_thrifty(): boolean {
  const { saveData = false, effectiveType = '', type = '' } = network() ?? {};
  return type !== 'wifi' && (saveData || effectiveType === 'slow-2g' || effectiveType === '2g');
}
