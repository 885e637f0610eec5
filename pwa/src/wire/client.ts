/** The only door to the network. All paths are relative to /api/v1. */
import { get, writable, type Writable } from 'svelte/store';

import type { ProblemDocument, Session } from './types';

const ROOT = '/api/v1';
const KEPT = 'sanad-session';
/** A request that hangs longer is a request that failed: the next try must not wait behind it. */
const PATIENCE_MS = 45_000;

let heard = 0;

/** When the last answer to any request arrived, ms of the page's own running clock. */
export function heard_at(): number {
  return heard;
}

/** What went wrong, in the closed set of codes, and `unreachable` when no answer of ours arrived at all. */
export class Problem extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    readonly detail = '',
    readonly facts: Record<string, unknown> = {},
  ) {
    super(detail ? `${code}: ${detail}` : code);
    this.name = 'Problem';
  }

  /** Seconds to wait before the next try, as the server asked, or undefined. */
  get retry_after(): number | undefined {
    const seconds = this.facts['retry_after'];
    return typeof seconds === 'number' ? seconds : undefined;
  }
}

function kept_session(): Session | null {
  try {
    const text = sessionStorage.getItem(KEPT);
    return text === null ? null : (JSON.parse(text) as Session);
  } catch {
    return null; // No session storage, or not ours: the person logs in again, nothing else is lost.
  }
}

/** The live session, or null. Read it; change it through `open_session` and `close_session`. */
export const session: Writable<Session | null> = writable(kept_session());

/** `keep`: desks stay logged in over a reload of the tab; a phone's session stays in memory, its key makes a new one. */
export function open_session(opened: Session, { keep }: { keep: boolean }): void {
  if (keep) {
    try {
      sessionStorage.setItem(KEPT, JSON.stringify(opened));
    } catch {
      // Then it lasts until the reload.
    }
  }
  session.set(opened);
}

export function close_session(): void {
  try {
    sessionStorage.removeItem(KEPT);
  } catch {
    // It was never kept.
  }
  session.set(null);
}

export interface CallOptions {
  /** Sent as JSON. */
  body?: unknown;
  /** Sent as it is: a text that was spliced and signed, or the bytes of a file. */
  raw?: string | Blob | ArrayBuffer;
  /** Sent as small as this browser can make it. Only where the office unpacks. */
  packed?: boolean;
  /** undefined: the session's, if there is one. null: none. */
  token?: string | null;
  headers?: Record<string, string>;
  signal?: AbortSignal;
}

export async function call<T>(method: string, path: string, options: CallOptions = {}): Promise<T> {
  const response = await answer(method, path, options);
  const text = await reading(response.text());
  if (text === '') return undefined as T;
  try {
    return JSON.parse(text) as T;
  } catch {
    throw new Problem(response.status, 'unreachable', 'the answer is not ours'); // A captive portal's page, for one.
  }
}

/** A PDF or another file. */
export async function download(path: string, options: CallOptions = {}): Promise<Blob> {
  const response = await answer('GET', path, options);
  return await reading(response.blob());
}

/** Server-sent events, until the signal ends them or the connection does. `on_open`: the server has answered. `on_heard`:
 * anything arrived, be it a comment that only keeps the line open. */
export async function stream(
  path: string,
  on_event: (event: string, data: string) => void,
  options: CallOptions & { on_open?: () => void; on_heard?: () => void } = {},
): Promise<void> {
  const response = await answer('GET', path, { ...options, headers: { ...options.headers, accept: 'text/event-stream' } }, false);
  options.on_open?.();
  const reader = response.body?.pipeThrough(new TextDecoderStream() as ReadableWritablePair<string, Uint8Array<ArrayBuffer>>).getReader();
  if (!reader) return;
  let rest = '';
  for (;;) {
    const { done, value } = await reading(reader.read());
    if (done) return;
    options.on_heard?.();
    const blocks = (rest + value).split(/\r?\n\r?\n/);
    rest = blocks.pop() ?? '';
    for (const block of blocks) {
      const { event, data } = fields_of(block);
      if (data !== undefined) on_event(event, data);
    }
  }
}

export async function log_in(login: string, password: string): Promise<Session> {
  const opened = await call<Session>('POST', '/session', { body: { login, password }, token: null });
  open_session(opened, { keep: true });
  return opened;
}

export async function renew_session(): Promise<Session> {
  const opened = await call<Session>('POST', '/session/renew');
  open_session(opened, { keep: kept_session() !== null });
  return opened;
}

/** What is answered to a packed body as if it could not be read is asked once more as it is. */
async function answer(method: string, path: string, options: CallOptions, hurry = true): Promise<Response> {
  if (!options.packed || unpacked_only) return answer_once(method, path, options, hurry);
  try {
    return await answer_once(method, path, options, hurry);
  } catch (cause) {
    if (!(cause instanceof Problem) || ![400, 415].includes(cause.status)) throw cause;
    const answered = await answer_once(method, path, { ...options, packed: false }, hurry);
    unpacked_only = true;
    return answered;
  }
}

async function answer_once(method: string, path: string, options: CallOptions, hurry: boolean): Promise<Response> {
  const token = options.token === undefined ? get(session)?.token : options.token;
  const headers: Record<string, string> = { accept: 'application/json', ...options.headers };
  if (token) headers['authorization'] = `Bearer ${token}`;
  const text = options.raw ?? (options.body === undefined ? undefined : JSON.stringify(options.body));
  if (typeof text === 'string') headers['content-type'] ??= 'application/json';
  const small = options.packed && typeof text === 'string' ? await packed(text) : undefined;
  if (small) headers['content-encoding'] = 'gzip';
  const body = small ?? text;
  const given_up = new AbortController();
  const give_up = () => given_up.abort();
  const clock = hurry ? setTimeout(give_up, PATIENCE_MS) : undefined;
  options.signal?.addEventListener('abort', give_up, { once: true });
  if (options.signal?.aborted) give_up();
  let response: Response;
  try {
    response = await fetch(ROOT + path, {
      method,
      headers,
      signal: given_up.signal,
      cache: 'no-store',
      credentials: 'omit',
      ...(body === undefined ? {} : { body }),
    });
    if (hurry) response = await whole(response);
    heard = performance.now();
  } catch (cause) {
    throw new Problem(0, 'unreachable', cause instanceof Error ? cause.message : String(cause));
  } finally {
    clearTimeout(clock);
    if (hurry) options.signal?.removeEventListener('abort', give_up);
  }
  if (response.ok) return response;
  const problem = await problem_of(response);
  if (response.status === 401 && problem.code === 'not_logged_in' && token && token === get(session)?.token) close_session();
  throw problem;
}

/** Below this the headers are most of a request. */
const PACKED_FROM = 1_000;
/** Between us and the office stands something that lets no packed body through. */
let unpacked_only = false;

async function packed(text: string): Promise<ArrayBuffer | undefined> {
  if (unpacked_only || text.length < PACKED_FROM || typeof CompressionStream === 'undefined') return undefined;
  try {
    const body = new Blob([text]).stream().pipeThrough(new CompressionStream('gzip'));
    return await new Response(body).arrayBuffer();
  } catch {
    return undefined; // Then it is sent as it is.
  }
}

/** The body is read while the clock still runs: an answer that stops in the middle must not hang the next round. */
async function whole(response: Response): Promise<Response> {
  const body = await response.arrayBuffer();
  const { status, statusText, headers } = response;
  const empty = body.byteLength === 0 || status === 204 || status === 205 || status === 304;
  return new Response(empty ? null : body, { status: status === 0 ? 200 : status, statusText, headers });
}

async function problem_of(response: Response): Promise<Problem> {
  const facts: Record<string, unknown> = {};
  const asked = Number(response.headers.get('retry-after') ?? '');
  if (asked > 0) facts['retry_after'] = asked;
  try {
    const document = JSON.parse(await response.text()) as ProblemDocument;
    if (typeof document.code !== 'string') throw new TypeError('no code');
    return new Problem(response.status, document.code, document.detail ?? '', { ...facts, ...document.facts });
  } catch {
    // Not from us: a proxy, a captive portal, a server that is starting.
    return new Problem(response.status, response.status >= 500 ? 'busy' : 'unexpected', response.statusText, facts);
  }
}

async function reading<T>(body: Promise<T>): Promise<T> {
  try {
    return await body;
  } catch (cause) {
    throw new Problem(0, 'unreachable', cause instanceof Error ? cause.message : String(cause));
  }
}

function fields_of(block: string): { event: string; data: string | undefined } {
  let event = 'message';
  let data: string | undefined;
  for (const line of block.split(/\r?\n/)) {
    const colon = line.indexOf(':');
    if (colon < 1) continue;
    const value = line.slice(colon + 1).replace(/^ /, '');
    if (line.startsWith('event:')) event = value;
    if (line.startsWith('data:')) data = data === undefined ? value : `${data}\n${value}`;
  }
  return { event, data };
}
