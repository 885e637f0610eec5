/** Moments, where nothing on screen follows them. */

/** How long a phone may be silent before its figures are marked as old. */
const STALE_MINUTES = 30;

export function is_stale(iso: string, now: Date): boolean {
  return iso === '' || now.getTime() - new Date(iso).getTime() > STALE_MINUTES * 60_000;
}

export function now_iso(): string {
  return new Date().toISOString();
}

export function ms_until(iso: string): number {
  return new Date(iso).getTime() - Date.now();
}
