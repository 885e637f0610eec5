/**
 * The service worker: it lets the application start without a network, and never serves half of one build with half of
 * another. It knows nothing of vouchers. It never touches /api, so that what the application believes to be sent was sent.
 */
export {}; // A module of its own, so that self can be given its type.
declare const self: ServiceWorkerGlobalScope;
declare const __BUILD_ID__: string;
declare const __BUILD_FILES__: readonly BuildFile[];

interface BuildFile {
  url: string;
  sha256: string;
}

const PREFIX = 'sanad-build-';
const CACHE = PREFIX + __BUILD_ID__;
const ACTIVATED = '/.activated'; // An entry of the cache with the time at which its build took over.

function hex(bytes: ArrayBuffer): string {
  return Array.from(new Uint8Array(bytes), (byte) => byte.toString(16).padStart(2, '0')).join('');
}

/**
 * A copy with the headers (the content security policy among them) but without the marks of the transport: the body is
 * already unpacked, and a navigation may not be answered with a redirected response.
 */
function copy_of(response: Response, body: ArrayBuffer): Response {
  const headers = new Headers(response.headers);
  headers.delete('content-encoding');
  headers.delete('content-length');
  return new Response(body, { status: 200, headers });
}

/**
 * The file exactly as it was built. A sign-in page of a hotel's network, or a server that is being upgraded, answers
 * with something else: then the installation fails as a whole and is tried again later.
 */
async function exact(file: BuildFile): Promise<Response> {
  const matches = async (response: Response): Promise<Response | undefined> => {
    const body = await response.arrayBuffer();
    return hex(await crypto.subtle.digest('SHA-256', body)) === file.sha256 ? copy_of(response, body) : undefined;
  };
  const stored = await caches.match(file.url); // Unchanged since an earlier build: no need to load it over the air again.
  const kept = stored && (await matches(stored));
  if (kept) return kept;
  const response = await fetch(file.url, { cache: 'no-cache' });
  const loaded = response.ok ? await matches(response) : undefined;
  if (!loaded) throw new Error(`${file.url} is not of build ${__BUILD_ID__}`);
  return loaded;
}

async function install(): Promise<void> {
  const cache = await caches.open(CACHE);
  await Promise.all(__BUILD_FILES__.map(async (file) => cache.put(file.url, await exact(file))));
}

/**
 * Keeps the build that ran before, whose open pages may still load their chunks, and deletes the older ones. What never
 * took over is the rest of an installation that failed, unless a still newer build is on its way: that must not be touched.
 */
async function activate(): Promise<void> {
  const others: { name: string; at: number }[] = [];
  for (const name of await caches.keys()) {
    if (!name.startsWith(PREFIX) || name === CACHE) continue;
    const mark = await (await caches.open(name)).match(ACTIVATED);
    others.push({ name, at: mark ? Number(await mark.text()) : 0 });
  }
  others.sort((one, other) => other.at - one.at);
  const newer_on_its_way = self.registration.installing !== null || self.registration.waiting !== null;
  const old = others.filter(({ at }, place) => (at === 0 ? !newer_on_its_way : place > 0));
  await Promise.all(old.map(({ name }) => caches.delete(name)));
  await (await caches.open(CACHE)).put(ACTIVATED, new Response(String(Date.now())));
  // A first visit is also served from the cache from now on, not only after a reload.
  await self.clients.claim();
}

async function page(request: Request): Promise<Response> {
  return (await (await caches.open(CACHE)).match('/index.html')) ?? fetch(request);
}

async function asset(request: Request): Promise<Response> {
  const own = await (await caches.open(CACHE)).match(request, { ignoreSearch: true });
  return own ?? (await caches.match(request)) ?? fetch(request);
}

self.addEventListener('install', (event) => {
  event.waitUntil(install());
});

self.addEventListener('activate', (event) => {
  event.waitUntil(activate());
});

// A new build waits until the person agrees: it must not take over in the middle of a receipt.
self.addEventListener('message', (event) => {
  if ((event.data as { type?: unknown } | null)?.type === 'take-over') event.waitUntil(self.skipWaiting());
});

self.addEventListener('fetch', (event) => {
  const { request } = event;
  const url = new URL(request.url);
  if (request.method !== 'GET' || url.origin !== self.location.origin) return;
  if (url.pathname === '/api' || url.pathname.startsWith('/api/')) return;
  event.respondWith(request.mode === 'navigate' ? page(request) : asset(request));
});
