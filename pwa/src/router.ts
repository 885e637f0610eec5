/** Paths over the History API. A screen reads `route` and never `location` itself. */
import { readonly, writable } from 'svelte/store';

export interface Route {
  path: string;
  query: URLSearchParams;
}

function here(): Route {
  return { path: location.pathname, query: new URLSearchParams(location.search) };
}

const current = writable(here());
export const route = readonly(current);

/** Paths behind an issued voucher: coming back to one of them would offer the same money again, so Back goes to Today. */
const closed = new Set<string>();
let depth = 0;

export function go(path: string, { replace = false }: { replace?: boolean } = {}): void {
  closed.delete(path);
  if (replace) {
    history.replaceState({ depth }, '', path);
  } else {
    depth += 1;
    history.pushState({ depth }, '', path);
  }
  current.set(here());
  scrollTo(0, 0);
}

/** Screens on which a receipt, an outcome, a deposit or another entry is being written. */
export function in_flow(path: string): boolean {
  return ['collect', 'no-payment', 'deposit', 'contact', 'confirm', 'ask'].includes(path.split('/')[1] ?? '');
}

/** One step back, or to `otherwise` where nothing of ours is behind (the app was opened on this path). */
export function back(otherwise = '/'): void {
  if (depth > 0) history.back();
  else go(otherwise, { replace: true });
}

export function close_behind(paths: readonly string[]): void {
  for (const path of paths) closed.add(path);
}

/** For `<a href>` inside the app: follows it without a reload. Other clicks (new tab, other origin) are left alone. */
export function follow(event: MouseEvent): void {
  if (event.defaultPrevented || event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
  const link = event.target instanceof Element ? event.target.closest('a') : null;
  if (!link || link.target || link.origin !== location.origin || link.hasAttribute('download')) return;
  event.preventDefault();
  go(link.pathname + link.search);
}

window.addEventListener('popstate', (event) => {
  depth = (event.state as { depth?: number } | null)?.depth ?? 0;
  if (closed.has(location.pathname)) history.replaceState({ depth }, '', '/');
  current.set(here());
});
