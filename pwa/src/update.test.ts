import { get } from 'svelte/store';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';

const NOTHING: unknown = null;

/** A registration and its workers, as the browser drives them. */
class Builds extends EventTarget {
  controller: Worker | null = null;
  installing: (EventTarget & { state: string }) | null = null;
  waiting: { postMessage: (message: unknown) => void } | null = null;
  told: unknown[] = [];
  readonly container = Object.assign(new EventTarget(), {
    controller: NOTHING,
    register: vi.fn((..._asked: unknown[]) => Promise.resolve(this)),
  });

  update = vi.fn(() => Promise.resolve());

  /** A newer build is loaded and waits. */
  load(): void {
    const worker = Object.assign(new EventTarget(), { state: 'installing' });
    this.installing = worker;
    this.dispatchEvent(new Event('updatefound'));
    worker.state = 'installed';
    this.installing = null;
    this.waiting = { postMessage: (message) => this.told.push(message) };
    worker.dispatchEvent(new Event('statechange'));
  }

  take_over(): void {
    this.waiting = null;
    this.container.controller = {};
    this.container.dispatchEvent(new Event('controllerchange'));
  }
}

const TAKE_OVER = { type: 'take-over' };
let builds: Builds;
let update: Awaited<ReturnType<typeof fresh>>;
let reload = vi.fn();
let visible: DocumentVisibilityState;

async function fresh() {
  return import('./update');
}

function turn(state: DocumentVisibilityState): void {
  visible = state;
  document.dispatchEvent(new Event('visibilitychange'));
}

async function watch(controlled = true): Promise<void> {
  builds.container.controller = controlled ? {} : null;
  await update.watch_updates(builds.container as unknown as ServiceWorkerContainer, reload);
}

beforeEach(async () => {
  vi.resetModules();
  reload = vi.fn(); // Pages of earlier tests still listen to this document.
  builds = new Builds();
  visible = 'visible';
  vi.spyOn(document, 'visibilityState', 'get').mockImplementation(() => visible);
  update = await fresh();
});

afterEach(() => {
  turn('visible');
  vi.restoreAllMocks();
});

test('l38: the worker is never taken from a cache, and looked for whenever the app comes back', async () => {
  await watch();
  turn('hidden');
  turn('visible');

  expect(builds.container.register).toHaveBeenCalledWith('/sw.js', { updateViaCache: 'none' });
  expect(builds.update).toHaveBeenCalledTimes(1);
});

test('the first worker of all is no update', async () => {
  await watch(false);
  builds.take_over();

  expect(get(update.update_ready)).toBe(false);
  expect(reload).not.toHaveBeenCalled();
});

test('l38: a new build waits while a receipt is written, hidden page or not', async () => {
  await watch();
  update.rest(null);
  builds.load();
  turn('hidden');

  expect(get(update.update_ready)).toBe(true);
  expect(builds.told).toEqual([]);
});

test('l38: a page at rest that somebody looks at is asked first', async () => {
  await watch();
  update.rest(() => undefined);
  builds.load();
  expect(builds.told).toEqual([]);
  await update.take_update();
  expect(builds.told).toEqual([TAKE_OVER]);
  builds.take_over();

  expect(reload).toHaveBeenCalledTimes(1);
});

test('l38: a hidden page at rest takes it by itself, and is then of the new build', async () => {
  await watch();
  update.rest(() => undefined);
  turn('hidden');
  builds.load();
  expect(builds.told).toEqual([TAKE_OVER]);
  builds.take_over();

  expect(reload).toHaveBeenCalledTimes(1);
});

test('l38: a hidden page that is handing in waits for the end of the round', async () => {
  await watch();
  let end: () => void = () => undefined;
  let round: Promise<void> | undefined = new Promise((resolve) => (end = resolve));
  update.rest(() => round);
  turn('hidden');
  builds.load();
  await Promise.resolve();
  expect(builds.told).toEqual([]);
  round = undefined;
  end();

  await vi.waitFor(() => expect(builds.told).toEqual([TAKE_OVER]));
});

test('l38: a page in use that another tab overtook goes on, and follows when it is at rest', async () => {
  await watch();
  update.rest(null);
  builds.load();
  builds.take_over();
  expect(reload).not.toHaveBeenCalled();
  turn('hidden');
  expect(reload).not.toHaveBeenCalled();
  update.rest(() => undefined);

  expect(reload).toHaveBeenCalledTimes(1);
});

test('a build that waited since before this start is found', async () => {
  builds.waiting = { postMessage: (message) => builds.told.push(message) };
  await watch();

  expect(get(update.update_ready)).toBe(true);
});

test('a part of a build that is gone is told as an update', async () => {
  await watch();
  window.dispatchEvent(new Event('vite:preloadError'));
  expect(get(update.update_ready)).toBe(true);
  await update.take_update();

  expect(reload).toHaveBeenCalledTimes(1);
});
