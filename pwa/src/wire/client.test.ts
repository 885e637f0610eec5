// @vitest-environment node
import { get } from 'svelte/store';
import { afterEach, expect, test, vi } from 'vitest';

import { call, close_session, open_session, Problem, session, stream } from './client';
import type { Session } from './types';

const opened = { token: 'tk', expires_at: '2030-01-01T00:00:00Z', user: { id: 'u1' }, company: { id: 'co' } } as unknown as Session;

afterEach(() => {
  close_session();
  vi.unstubAllGlobals();
  vi.useRealTimers();
});

function answers(response: () => Response | Promise<Response>) {
  const fetch = vi.fn((_url: string, _init: RequestInit) => Promise.resolve().then(response));
  vi.stubGlobal('fetch', fetch);
  return fetch;
}

async function problem_of(work: Promise<unknown>): Promise<Problem> {
  try {
    await work;
  } catch (cause) {
    if (cause instanceof Problem) return cause;
    throw cause;
  }
  throw new Error('no problem');
}

test('a body is sent as JSON, a raw text as it is, the token when there is one', async () => {
  const fetch = answers(() => new Response('{"a":1}'));
  open_session(opened, { keep: false });
  expect(await call('POST', '/x', { body: { b: 2 } })).toEqual({ a: 1 });
  await call('POST', '/x', { raw: '{ "c" :3}', token: null });

  const [[url, first], [, second]] = fetch.mock.calls as unknown as [[string, RequestInit], [string, RequestInit]];
  expect(url).toBe('/api/v1/x');
  expect(first.body).toBe('{"b":2}');
  expect(first.headers).toMatchObject({ authorization: 'Bearer tk', 'content-type': 'application/json' });
  expect(second.body).toBe('{ "c" :3}');
  expect(second.headers).not.toHaveProperty('authorization');
});

test('no network is unreachable', async () => {
  answers(() => Promise.reject(new TypeError('failed to fetch')));

  expect(await problem_of(call('GET', '/x'))).toMatchObject({ status: 0, code: 'unreachable' });
});

test('a problem document gives code, detail and facts; Retry-After is a fact', async () => {
  const document = { type: '/problems/gap', title: 'Gap', status: 409, code: 'gap', detail: 'd', facts: { expected_seq: 4 } };
  answers(() => new Response(JSON.stringify(document), { status: 409, headers: { 'retry-after': '7' } }));
  const problem = await problem_of(call('GET', '/x'));

  expect(problem).toMatchObject({ status: 409, code: 'gap', detail: 'd', facts: { expected_seq: 4 } });
  expect(problem.retry_after).toBe(7);
});

test("a captive portal's page is not an answer", async () => {
  answers(() => new Response('<html>log in</html>', { status: 200 }));
  expect(await problem_of(call('GET', '/x'))).toMatchObject({ code: 'unreachable' });
  answers(() => new Response('<html>bad gateway</html>', { status: 502 }));
  expect(await problem_of(call('GET', '/x'))).toMatchObject({ status: 502, code: 'busy' });
});

test('a session that the office no longer knows is closed', async () => {
  const document = { type: 't', title: 't', status: 401, code: 'not_logged_in' };
  answers(() => new Response(JSON.stringify(document), { status: 401 }));
  open_session(opened, { keep: false });
  await problem_of(call('GET', '/x', { token: 'another' }));
  expect(get(session)).not.toBeNull();
  await problem_of(call('GET', '/x'));

  expect(get(session)).toBeNull();
});

test('a request that hangs is given up', async () => {
  vi.useFakeTimers();
  vi.stubGlobal('fetch', (_url: string, init: RequestInit) => {
    return new Promise((_, reject) => {
      init.signal?.addEventListener('abort', () => reject(new DOMException('gone', 'AbortError')));
    });
  });
  const asked = problem_of(call('GET', '/x'));
  await vi.advanceTimersByTimeAsync(60_000);

  expect((await asked).code).toBe('unreachable');
});

test('events are read however they are cut', async () => {
  const chunks = ['event: chan', 'ged\ndata: 5\n', '\n: comment\n\nevent: changed\r\ndata: 6\r\n\r\n', 'data: سن', 'د\n\n'];
  answers(() => {
    const bytes = new TextEncoder();
    return new Response(
      new ReadableStream<Uint8Array>({
        start(controller) {
          for (const chunk of chunks) controller.enqueue(bytes.encode(chunk));
          controller.close();
        },
      }),
    );
  });
  const heard: [string, string][] = [];
  await stream('/sync/stream', (event, data) => heard.push([event, data]));

  expect(heard).toEqual([
    ['changed', '5'],
    ['changed', '6'],
    ['message', 'سند'],
  ]);
});
