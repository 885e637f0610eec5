/** Who this device is: its place at the company, and the key that never leaves it. */
import { writable, type Readable } from 'svelte/store';

import { base64url } from '../ledger/chain';
import { call, open_session } from '../wire/client';
import type { Challenge, Enrolled, EnrolmentPeek, Session } from '../wire/types';
import { append, new_id } from './append';
import { keep_card } from './card';
import { announce, on_change } from './changes';
import { read, read_meta, write } from './database';
import { ask_to_persist, is_installed, probe_key, probe_write } from './health';
import { make_pair, sign_with, spki_of, verifies } from './keys';
import { IssueBlocked, type Identity } from './shapes';

export type { Identity } from './shapes';

export const APP = 'sanad-pwa/1';
const CANDIDATE = 'candidate';

const known = writable<Identity | null>(null);
export const identity: Readable<Identity | null> = known;

on_change((change) => {
  if (change === 'identity') void load_identity();
});

export async function load_identity(): Promise<void> {
  const me = (await read_meta('identity')) ?? null;
  if (me) keep_card(me);
  known.set(me);
}

/** Another user's entries still wait on this phone: a phone belongs to one collector until its outbox is empty. */
export class OutboxNotEmpty extends Error {
  constructor(readonly unsent: number) {
    super(`${unsent} entries of another user wait to be sent`);
    this.name = 'OutboxNotEmpty';
  }
}

/** What a code is for. The code stays unused. */
export async function peek(code: string): Promise<EnrolmentPeek> {
  return call<EnrolmentPeek>('GET', `/enrolments/${encodeURIComponent(plain(code))}`, { token: null });
}

/** Takes this device's place with a one-time code. A phone enrolled again keeps its old chain and key beside the new one. */
export async function enrol(code: string): Promise<Identity> {
  if (!(await probe_write())) throw new IssueBlocked('storage', 'a strict write did not come back');
  if (!(await probe_key())) throw new IssueBlocked('key', 'a key did not come back');
  const before = await read_meta('identity');
  await refuse_another_user(code, before);
  const pair = await candidate();
  const persisted = await ask_to_persist();
  const enrolled = await call<Enrolled>('POST', `/enrolments/${encodeURIComponent(plain(code))}`, {
    token: null,
    body: { public_key: await spki_of(pair), app: APP, installed: is_installed(), persisted },
  });
  const { company, device, user, keys: server_keys, epoch, release_key, session } = enrolled;
  const fresh: Identity = { company, device, user, keys: server_keys, epoch, release_key };
  const grant = device.grant ?? undefined;
  const old = await write(['meta', 'keys', 'chains'], async ({ meta, keys, chains }) => {
    const all = await chains.all();
    await keys.put({ device: device.id, key: device.key, pair });
    await keys.drop(CANDIDATE);
    const there = all.find((chain) => chain.device === device.id);
    if (!there) {
      await chains.put({
        device: device.id,
        company: company.id,
        seq: 0,
        hash: '',
        at: '',
        deposits: device.deposits ?? 0,
        acked: 0,
        first_id: new_id(),
        order: all.length,
        ...(grant ? { grant } : {}),
      });
    }
    await meta.put(fresh, 'identity');
    await meta.put(device.state ?? 'active', 'device_state');
    if ((await meta.get('epoch')) === undefined) await meta.put(epoch, 'epoch');
    return before && before.device.id !== device.id ? all.find((chain) => chain.device === before.device.id) : undefined;
  });
  if (session) open_session(session, { keep: false });
  keep_card(fresh);
  known.set(fresh);
  announce('identity');
  await begin_chain(old);
  return fresh;
}

/** Entry 1 of the chain; at start too, when the device stopped between its enrolment and this. */
export async function begin_chain(old?: { device: string; seq: number; hash: string }): Promise<void> {
  const fresh = await read_meta('identity');
  if (!fresh) return;
  const chain = await read(['chains'], ({ chains }) => chains.get(fresh.device.id));
  if (!chain || chain.seq > 0) return;
  const before = old ? { old_device: old.device, old_seq: old.seq, old_hash: old.hash } : {};
  await append('chain_started', { app: APP, ...before }, { by: fresh.user?.id ?? 'system', id: chain.first_id || new_id() });
}

async function refuse_another_user(code: string, before: Identity | undefined): Promise<void> {
  if (!before?.user) return;
  const unsent = (await read(['entries'], ({ entries }) => entries.all_by('unseen', 1))).filter(
    (entry) => entry.state === 'saved' || entry.state === 'sent',
  ).length;
  if (unsent === 0) return;
  const { name, purpose } = await peek(code);
  if (purpose !== 'phone' || name !== before.user.name) throw new OutboxNotEmpty(unsent);
}

/** The key that will be the device's, stored and read back before the office hears of it. */
async function candidate(): Promise<CryptoKeyPair> {
  const made = await make_pair();
  await write(['keys'], ({ keys }) => keys.put({ device: CANDIDATE, key: '', pair: made }));
  const kept = await read(['keys'], ({ keys }) => keys.get(CANDIDATE));
  const proof = kept && (await verifies(made.publicKey, CANDIDATE, await sign_with(kept.pair, CANDIDATE)));
  if (!kept || !proof) throw new IssueBlocked('key', 'the stored key does not sign');
  return kept.pair;
}

export async function device_key(device?: string): Promise<CryptoKeyPair> {
  const of = device ?? (await read_meta('identity'))?.device.id;
  if (of === undefined) throw new IssueBlocked('not_enrolled');
  const stored = await read(['keys'], ({ keys }) => keys.get(of));
  if (!stored) throw new IssueBlocked('key', 'no key');
  return stored.pair;
}

/** ES256 by the device key, base64url. */
export async function sign(bytes: Uint8Array<ArrayBuffer>): Promise<string> {
  const { privateKey } = await device_key();
  return base64url(await crypto.subtle.sign({ name: 'ECDSA', hash: 'SHA-256' }, privateKey, bytes));
}

/** A phone logs its owner in by its key; nobody types anything. */
export async function device_session(): Promise<Session> {
  const me = await read_meta('identity');
  if (!me) throw new IssueBlocked('not_enrolled');
  const { challenge } = await call<Challenge>('GET', '/device/challenge', { token: null });
  const sig = await sign_with(await device_key(me.device.id), challenge);
  const opened = await call<Session>('POST', '/device/session', {
    token: null,
    body: { device: me.device.id, challenge, sig },
  });
  open_session(opened, { keep: false });
  return opened;
}

/** As typed or scanned: the link's last part, without spaces and hyphens, capitals. */
function plain(code: string): string {
  return (code.split('#').pop() ?? '').replaceAll(/[\s-]/g, '').toUpperCase();
}
