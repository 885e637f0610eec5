/**
 * The traffic with the office: hand in, then pull, again and again until all is proved. Nothing here asks whether the
 * device is online; whether a push got through is the only sign.
 *
 * What waits is tried every minute, whatever else is so. With nothing to hand in, a phone that is looked at listens to the
 * office's stream and asks only when there is news, and one in a pocket is silent but for a sign of life.
 */
import { get, writable, type Readable } from 'svelte/store';

import { heard_at, Problem, session, stream } from '../wire/client';
import { at_rest } from './append';
import { photos_to_send, send_attachments } from './attachments';
import { on_change } from './changes';
import { check_control } from './control';
import { close_database, read, read_meta } from './database';
import { device_session } from './device';
import { report_health } from './health';
import { accept_books, pull } from './inflow';
import { network } from './network';
import { hand_in, Stalled } from './outbox';
import type { Connection } from './shapes';
import { waiting_of } from './waiting';

export type { Connection } from './shapes';

const WATCHDOG_MS = 60_000;
/** Nothing to hand in, and the office's stream is open: in case that it keeps silent about something. */
const LISTENING_MS = 10 * 60_000;
/** Nothing to hand in, on screen, and the office does not answer. */
const AWAY_MS = 5 * 60_000;
/** Nothing to hand in, and nobody looks. */
const POCKET_MS = 15 * 60_000;
const SOON_MS = 150;
const BACKOFF_FIRST_MS = 1_000;
const STREAM_PAUSE_MS = 5_000;
const STREAM_PAUSE_MAX_MS = 5 * 60_000;
/** The office says something every 25 s; a line that says nothing for so long is dead. */
const STREAM_DEAF_MS = 75_000;
/** A glance at another app, to share a voucher, does not cost a new line. */
const GLANCE_MS = 30_000;
/** News that a pull did not bring, because another server answered it that is a little behind. */
const NEWS_AGAIN_MS = [SOON_MS, 2_000, 10_000];
const SESSION_MARGIN_MS = 60_000;
const LOCK = 'sanad-exchange';

/** Changed only by tests. Requests have their own time limits; a round that hears nothing for longer than this hangs. */
export const pace = { round_ms: 5 * 60_000, locked_out_ms: 5 * 60_000, stuck_ms: 15 * 60_000 };

const state = writable<Connection>({ state: 'stopped', last_contact: '', server_offset_ms: 0 });
export const connection: Readable<Connection> = state;

let running: Promise<void> | undefined;
let again = false;
let failures = 0;
let next: ReturnType<typeof setTimeout> | undefined;
/** When that one comes; 0: none. */
let next_at = 0;
let started = 0;
let locked_out_since = 0;
/** Something here is not at the office, or not seen in a pull. True until it is known, and whenever that is not known. */
let to_hand_in = true;
let tried_at = 0;
let watchdog: ReturnType<typeof setInterval> | undefined;
let watchdog_ms = 0;

/** The open stream, if there is one. */
let line: { end: AbortController; heard_at: number } | undefined;
let line_failures = 0;
let line_not_before = 0;
/** The newest position that the office spoke of. */
let newest = -1;

/** Hands in and pulls; resolves when the round has ended, well or not: `connection` and each entry's state say how. */
export function exchange_now(): Promise<void> {
  again = true;
  running ??= rounds();
  return running;
}

/** The round that is running, if one is. */
export function under_way(): Promise<void> | undefined {
  return running;
}

async function rounds(): Promise<void> {
  while (again) {
    again = false;
    unplan();
    tried_at = Date.now();
    const went_well = await only_here(() => bounded(round)).catch(() => false);
    failures = went_well ? 0 : failures + 1;
    await bounded(() => watch_oldest().then(() => true)).catch(() => false);
  }
  running = undefined; // In the same step as the look at `again`: whoever asks from now on begins a new round.
  if (started === 0) return;
  if (failures > 0) plan(backed_off(BACKOFF_FIRST_MS, failures - 1, patience()));
  else listen();
  arm();
}

function backed_off(first_ms: number, failed: number, most_ms: number): number {
  return Math.min(first_ms * 2 ** failed, most_ms) * (0.5 + Math.random() / 2);
}

function is_hidden(): boolean {
  return typeof document !== 'undefined' && document.visibilityState === 'hidden';
}

/** How long at most nothing is tried. */
function patience(): number {
  if (to_hand_in) return WATCHDOG_MS;
  if (is_hidden()) return POCKET_MS;
  if (get(state).state !== 'connected') return AWAY_MS;
  return line ? LISTENING_MS : WATCHDOG_MS;
}

/**
 * A lost wake-up, a timer that a sleeping phone swallowed, a round that ended in an odd way: this one always comes. Only a
 * phone in a pocket with nothing to hand in is not woken every minute.
 */
function arm(): void {
  const wanted = !to_hand_in && is_hidden() ? POCKET_MS : WATCHDOG_MS;
  if (started === 0 || wanted === watchdog_ms) return;
  clearInterval(watchdog);
  watchdog_ms = wanted;
  watchdog = setInterval(watch, wanted);
}

function watch(): void {
  if (line && Date.now() - line.heard_at > STREAM_DEAF_MS) drop_line();
  // Either way: a clock that was set back must not silence this.
  if (Math.abs(Date.now() - tried_at) >= patience() - SOON_MS) void exchange_now();
}

/** Never later than what is planned already: the pause of a broken line must not keep a new entry waiting. */
function plan(delay_ms: number): void {
  const now = Date.now();
  const awaited = next_at > now; // A timer whose time has passed was swallowed by a sleeping phone.
  if (awaited && now + delay_ms >= next_at) return;
  unplan();
  next_at = now + delay_ms;
  next = setTimeout(() => void exchange_now(), delay_ms);
}

function unplan(): void {
  clearTimeout(next);
  next_at = 0;
}

/**
 * One tab exchanges at a time, to save traffic; two at once would only repeat each other. A tab that never lets go of the
 * lock (frozen, or hanging) must not keep the others silent: after a while they go on without it.
 */
async function only_here(work: () => Promise<boolean>): Promise<boolean> {
  const locks = typeof navigator === 'undefined' ? undefined : (navigator as { locks?: LockManager }).locks;
  if (!locks) return work();
  const outcome = await locks.request(LOCK, { ifAvailable: true }, async (lock) => {
    if (!lock) return null;
    locked_out_since = 0;
    return work();
  });
  if (outcome !== null) return outcome;
  if (locked_out_since === 0) locked_out_since = Date.now();
  return Date.now() - locked_out_since < pace.locked_out_ms || work();
}

/**
 * A round that never ends (a request that is never answered, a storage that never says complete) is given up, so that
 * the next one can begin: a late end of the old one only repeats. The handle on the storage is opened anew.
 */
async function bounded(work: () => Promise<boolean>): Promise<boolean> {
  let clock: ReturnType<typeof setTimeout> | undefined;
  const begun = performance.now();
  const given_up = new Promise<boolean>((resolve) => {
    const look = () => {
      // A long backlog over a slow network is no hanging: as long as answers come it goes on.
      const left = Math.max(begun, heard_at()) + pace.round_ms - performance.now();
      if (left > 0) clock = setTimeout(look, left);
      else {
        close_database();
        resolve(false);
      }
    };
    look();
  });
  try {
    return await Promise.race([work(), given_up]);
  } finally {
    clearTimeout(clock);
  }
}

/** How long the oldest entry waits while the office answers: then it is not the network, and the screen says so. */
async function watch_oldest(): Promise<void> {
  to_hand_in = true;
  const { waiting, strays } = await read(['entries', 'strays'], async (shelves) => ({
    waiting: await shelves.entries.all_by('unseen', 1),
    strays: (await shelves.strays.all()).filter((stray) => !stray.handed_in),
  }));
  to_hand_in = waiting.length > 0 || strays.length > 0 || (await photos_to_send()) > 0;
  const { oldest_at } = waiting_of(waiting);
  const oldest_ms = oldest_at === '' ? Infinity : Date.parse(oldest_at);
  const answered = get(state).state === 'connected' || get(state).state === 'login_needed';
  report_health({ stuck_since: answered && Date.now() - oldest_ms > pace.stuck_ms ? oldest_ms : 0 });
}

/** Returns whether all went well. A login that is refused stops pulling only. */
async function round(): Promise<boolean> {
  let well = true;
  // A slow phone has one processor for this and for the voucher that is being issued.
  await at_rest();
  try {
    const { offset_ms } = await hand_in();
    if (offset_ms !== undefined) await contact({ state: 'connected', server_offset_ms: offset_ms });
  } catch (cause) {
    well = false;
    if (cause instanceof Problem && cause.code === 'unreachable') {
      await contact({ state: 'away' });
      return false;
    }
    if (!(cause instanceof Problem) && !(cause instanceof Stalled)) return false; // The storage failed; health tells.
    // An office that answers, but not with what was hoped for, can still be pulled from.
  }
  await at_rest();
  try {
    await pull_all();
  } catch (cause) {
    await contact({ state: is_login(cause) ? 'login_needed' : 'away' });
    return is_login(cause) && well;
  }
  try {
    await send_attachments();
  } catch {
    well = false; // They are tried again in the next round.
  }
  return well;
}

async function pull_all(): Promise<void> {
  if (!(await read_meta('identity')) && !get(session)) return;
  try {
    await pull(await token(false));
  } catch (cause) {
    if (!is_login(cause)) throw cause;
    await pull(await token(true));
  }
  await contact({ state: 'connected' });
  if (await accept_books()) again = true;
  await at_rest();
  await check_control(await token(false));
}

class LoginNeeded extends Error {}

async function token(renew: boolean): Promise<string> {
  const opened = get(session);
  if (!renew && opened && Date.parse(opened.expires_at) - Date.now() > SESSION_MARGIN_MS) return opened.token;
  const me = await read_meta('identity');
  if (me?.user) return (await device_session()).token;
  if (!opened || renew) throw new LoginNeeded();
  return opened.token;
}

function is_login(cause: unknown): boolean {
  return cause instanceof LoginNeeded || (cause instanceof Problem && (cause.status === 401 || cause.status === 403));
}

async function contact(news: Partial<Connection>): Promise<void> {
  const last_contact = (await read_meta('last_contact').catch(() => undefined)) ?? '';
  state.update((known) => ({ ...known, last_contact, ...news }));
}

/** Starts the traffic; returns how to stop it. What waits stays, whatever happens to this. */
export function start_exchange(): () => void {
  started += 1;
  const mine = started;
  const stop = new AbortController();
  if (get(state).state === 'stopped') void contact({ state: 'away' });
  let glance: ReturnType<typeof setTimeout> | undefined;
  // Several of these come at once when somebody comes back; a moment later one round answers them all.
  const wake = () => {
    clearTimeout(glance);
    arm();
    if (is_hidden()) glance = setTimeout(drop_line, GLANCE_MS);
    if (!is_hidden() || to_hand_in) plan(SOON_MS);
  };
  const deaf = on_change((change) => {
    if (change !== 'appended') return;
    to_hand_in = true;
    arm();
    plan(SOON_MS);
  });
  if (typeof window !== 'undefined') {
    for (const event of ['online', 'focus', 'pageshow']) window.addEventListener(event, wake, { signal: stop.signal });
    document.addEventListener('visibilitychange', wake, { signal: stop.signal });
    network()?.addEventListener?.('change', wake, { signal: stop.signal });
  }
  arm();
  void exchange_now();
  return () => {
    stop.abort();
    deaf();
    clearTimeout(glance);
    if (mine === started) {
      started = 0;
      clearInterval(watchdog);
      watchdog_ms = 0;
      unplan();
      drop_line();
      state.update((known) => ({ ...known, state: 'stopped' }));
    }
  };
}

/**
 * The office says when there is something to pull. Opened after a round that reached it, and only while somebody looks;
 * without a line the watchdog pulls.
 */
function listen(): void {
  if (line || is_hidden() || !get(session) || get(state).state !== 'connected' || Date.now() < line_not_before) return;
  const opened = { end: new AbortController(), heard_at: Date.now() };
  const opened_at = Date.now();
  line = opened;
  newest = -1;
  const on_heard = () => (opened.heard_at = Date.now());
  void stream('/sync/stream', (event, data) => void (event === 'changed' && told(Number(data))), { signal: opened.end.signal, on_heard })
    .catch(() => undefined) // The exchange itself tells whether the office can be reached.
    .then(() => {
      if (line !== opened) return;
      line = undefined;
      line_failures = Date.now() - opened_at > WATCHDOG_MS ? 0 : line_failures + 1;
      const pause = backed_off(STREAM_PAUSE_MS, line_failures, STREAM_PAUSE_MAX_MS);
      line_not_before = Date.now() + pause;
      // What was said meanwhile was not heard: a round asks, and then the line is opened again.
      if (started > 0 && !is_hidden()) plan(pause + SOON_MS);
    });
}

function drop_line(): void {
  const dropped = line;
  line = undefined;
  dropped?.end.abort();
}

/** Own entries come back as news too, in the very round that handed them in; nobody asks twice for that. */
async function told(position: number): Promise<void> {
  if (position === newest) return; // An office of an older version says it every 25 s.
  const set_back = position < newest;
  newest = position;
  for (const pause of NEWS_AGAIN_MS) {
    await new Promise((resolve) => setTimeout(resolve, pause));
    await running;
    if (started === 0 || newest !== position) return; // What was said later speaks for this too.
    const pulled = (await read_meta('pull').catch(() => undefined))?.position ?? 0;
    if (pulled >= position && !set_back) return;
    await exchange_now();
    if (set_back) return;
  }
}
