/** What the desks ask the office: every call goes through here, so that the shell knows whether the office answers. */
import { get } from 'svelte/store';

import { coded, t } from '../../text';
import { call, type CallOptions, download, Problem, renew_session, session, stream } from '../../wire/client';
import { desk } from './state.svelte';
import { ms_until, now_iso } from './times';

async function told<T>(asked: Promise<T>): Promise<T> {
  try {
    const answer = await asked;
    desk.reachable = true;
    desk.answered_at = now_iso();
    return answer;
  } catch (problem) {
    desk.reachable = !(problem instanceof Problem && problem.code === 'unreachable');
    throw problem;
  }
}

// The caller says what the office answers with, as the table of calls in docs/protocol.md has it.
export function ask<T>(method: 'GET' | 'POST' | 'PUT', path: string, options: CallOptions = {}): Promise<T> {
  return told(call<T>(method, path, options));
}

/** Opens a PDF in a window of its own. The window is opened at once, in the key press, or the browser would block it. */
export async function open_pdf(path: string, name: string): Promise<void> {
  const shown = window.open('', '_blank');
  try {
    const url = URL.createObjectURL(await told(download(path)));
    if (shown) shown.location.href = url;
    else {
      const link = document.createElement('a');
      link.href = url;
      link.download = name;
      link.click();
    }
    // The viewer has read it by then; a blob that is never let go stays in memory all day.
    setTimeout(() => URL.revokeObjectURL(url), 60_000);
  } catch (problem) {
    shown?.close();
    throw problem;
  }
}

/** What went wrong, in the order: what happened, what is safe, what to do. */
export function problem_text(problem: unknown): string {
  if (!(problem instanceof Problem)) return t('desk.unexpected');
  return problem.code === 'unreachable' ? t('desk.office_away') : coded('problem', problem.code);
}

/**
 * One list or document of the office. The last answer stays on screen while a new one is asked for, with its time; only
 * the last question counts, however the answers overtake each other.
 */
export class Query<T> {
  data = $state.raw<T>();
  problem = $state.raw<unknown>();
  loading = $state(false);
  at = $state('');
  #turn = 0;
  readonly #load: () => Promise<T>;

  constructor(load: () => Promise<T>) {
    this.#load = load;
  }

  async reload(): Promise<void> {
    const turn = ++this.#turn;
    this.loading = true;
    try {
      const data = await this.#load();
      if (turn !== this.#turn) return;
      this.data = data;
      this.problem = undefined;
      this.at = now_iso();
    } catch (problem) {
      if (turn === this.#turn) this.problem = problem;
    } finally {
      if (turn === this.#turn) this.loading = false;
    }
  }

  /** What was shown is no longer what is asked for: another collector, another day. */
  forget(): void {
    this.#turn += 1;
    this.data = undefined;
    this.problem = undefined;
    this.loading = false;
  }
}

/** Calls back when the office says that something changed, and every half minute in any case. */
export function on_change(reload: () => void): () => void {
  const stopped = new AbortController();
  const timer = setInterval(reload, 30_000);
  const listen = async () => {
    while (!stopped.signal.aborted) {
      try {
        await stream('/sync/stream', (event) => event === 'changed' && reload(), { signal: stopped.signal });
      } catch {
        // The timer goes on asking, and the next turn listens again.
      }
      await new Promise((wake) => setTimeout(wake, 10_000));
    }
  };
  void listen();
  return () => {
    stopped.abort();
    clearInterval(timer);
  };
}

const RENEW_BEFORE_MS = 10 * 60_000;
const IDLE_MS = 20 * 60_000;

/** Renews the login while somebody works at the desk, and lets it end when nobody does. */
export function keep_session(): () => void {
  let active_at = Date.now();
  const active = () => (active_at = Date.now());
  const renew = async () => {
    const current = get(session);
    if (!current || Date.now() - active_at > IDLE_MS) return;
    if (ms_until(current.expires_at) > RENEW_BEFORE_MS) return;
    try {
      await told(renew_session());
    } catch {
      // Tried again in a minute; when it has ended, the login form comes up over the screen.
    }
  };
  const timer = setInterval(() => void renew(), 60_000);
  addEventListener('keydown', active);
  addEventListener('pointerdown', active);
  return () => {
    clearInterval(timer);
    removeEventListener('keydown', active);
    removeEventListener('pointerdown', active);
  };
}
