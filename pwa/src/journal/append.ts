/**
 * How an entry comes into being. A voucher number exists only together with its entry: both are written, with the head
 * of the chain, in one strict transaction that first looks whether another tab was faster.
 */
import { compare } from '../ledger/allocation';
import { ENTRY_BYTES_MAX, envelope_text, hash_of, utf8 } from '../ledger/chain';
import { deposit_name, next_leaf, voucher_number } from '../ledger/numbering';
import { NUMBERING_STATES } from '../ledger/overlay';
import { address_of, build, totals_of } from '../ledger/qr';
import { paid_in, settled, worth } from '../ledger/rates';
import type { Bodies, Book, Device, Documents, EntryTexts, Kind } from '../wire/types';
import { announce } from './changes';
import { compare_copy, copy_entry } from './copy';
import {
  read,
  under,
  write,
  type Chain,
  type Clock,
  type Meta,
  type StoredDoc,
  type StoredEntry,
  type StoredGrant,
  type StoredKey,
  type UsedLeaf,
} from './database';
import { report_health } from './health';
import { new_id } from './ids';
import { sign_with } from './keys';
import { IssueBlocked, type DepositDraft, type Identity, type Issued, type ReceiptDraft, type Written } from './shapes';

export { new_id } from './ids';
export { IssueBlocked } from './shapes';
export type { BlockedReason, DepositDraft, Issued, ReceiptDraft, Written } from './shapes';

const TRIES_MAX = 50;
const LOCK_PATIENCE_MS = 3_000;
const LOCK = 'sanad-append';
const REST_PATIENCE_MS = 1_000;
const DRAWN_MS = 100;

export interface AppendOptions {
  /** Defaults to the phone's owner; a desk passes whoever is logged in. */
  by?: string;
  /** Mint it once with `new_id()` where a retry must not write twice: with the same id the same entry comes back. */
  id?: string;
}

/** Writes one entry to this device's chain. Resolves when it is durable. */
export async function append<K extends Kind>(kind: K, body: Bodies[K], options: AppendOptions = {}): Promise<Written<K>> {
  return written((await commit({ kind, ...options, make: () => ({ body }) })).entry);
}

/** Numbers a receipt with the next leaf of the open book and writes it. */
export async function issue_receipt(draft: ReceiptDraft, options: { by?: string } = {}): Promise<Issued> {
  const { id, ...receipt } = draft;
  adds_up(receipt);
  const { entry, identity } = await commit({
    kind: 'receipt_issued',
    ...options,
    ...(id === undefined ? {} : { id }),
    customer: receipt.customer,
    make: (situation) => {
      const next = leaf_of(situation);
      if (!next) throw new IssueBlocked('no_numbers');
      const { book, leaf } = next;
      const number = voucher_number(book, leaf);
      return { body: { ...receipt, book: book.id, leaf, number }, used: { book: book.id, leaf } };
    },
  });
  const written_entry = written<'receipt_issued'>(entry);
  return { written: written_entry, number: written_entry.body.number, qr: await qr_text(entry, identity) };
}

/** Declares a deposit under the next name of this device, `<device code>-<count>`. */
export async function declare_deposit(
  draft: DepositDraft,
  options: { by?: string } = {},
): Promise<Written<'deposit_declared'>> {
  const { id, ...declared } = draft;
  const { entry } = await commit({
    kind: 'deposit_declared',
    ...options,
    ...(id === undefined ? {} : { id }),
    make: ({ chain, device }) => {
      const count = Math.max(chain.deposits, device.deposits ?? 0) + 1;
      return { body: { name: deposit_name(device.code, count), count, ...declared }, deposits: count };
    },
  });
  return written(entry);
}

/** Accepts a book whose grant has been verified; the exchange does this by itself. */
export async function accept_book(grant: Omit<StoredGrant, 'accepted'>): Promise<Written<'book_accepted'>> {
  const { book, first, last } = grant;
  return written((await commit({ kind: 'book_accepted', make: () => ({ body: { book, first, last }, grant }) })).entry);
}

/** The whole text of an own voucher's QR code, signed again if it was brought back from the second copy; null if not ours. */
export async function qr_of(receipt: string): Promise<string | null> {
  const { entry, identity } = await read(['entries', 'meta'], async ({ entries, meta }) => ({
    entry: await entries.by('id', receipt),
    identity: (await meta.get('identity')) as Identity | undefined,
  }));
  return entry?.kind === 'receipt_issued' && identity ? await qr_text(entry, identity) : null;
}

/** An own entry letter for letter, as it is handed in; null if it is not here. */
export async function texts_of(id: string): Promise<EntryTexts | null> {
  const entry = await read(['entries'], ({ entries }) => entries.by('id', id));
  return entry ? { envelope: entry.envelope, body: entry.body, sig: entry.sig } : null;
}

let settling: Promise<void> = Promise.resolve();

/** Brings the database up to the second copy; nothing is written meanwhile. */
export async function settle_copy(): Promise<void> {
  settling = alone(compare_copy);
  try {
    await settling;
  } catch (cause) {
    report_health({ copy: 'behind' });
    throw cause;
  }
}

/** What the copy has and the database refused to take would be forked by the next entry. */
async function copy_settled(): Promise<void> {
  try {
    await settling;
  } catch {
    try {
      await settle_copy();
    } catch (cause) {
      throw new IssueBlocked('behind_copy', String(cause));
    }
  }
}

// ---- what an entry is made from

interface Situation {
  identity: Identity;
  /** As last pulled, else as enrolled. */
  device: Device;
  chain: Chain;
  key: StoredKey;
  clock: Clock | undefined;
  books: Book[];
  used: UsedLeaf[];
  accepted: Set<string>;
  customer_code: string;
}

interface Made<K extends Kind> {
  body: Bodies[K];
  used?: { book: string; leaf: number };
  deposits?: number;
  grant?: Omit<StoredGrant, 'accepted'>;
}

interface Wish<K extends Kind> extends AppendOptions {
  kind: K;
  /** Of a receipt: its code stands in the QR code. */
  customer?: string;
  make: (situation: Situation) => Made<K>;
}

const STORES = ['meta', 'keys', 'chains', 'entries', 'used', 'grants', 'docs'] as const;

let writing: Promise<unknown> | undefined;

/** For work that can wait: until no entry is being written and the screen that it leads to is drawn, but not for ever. */
export async function at_rest(): Promise<void> {
  if (!writing) return;
  await Promise.race([writing.catch(() => undefined), after(REST_PATIENCE_MS)]);
  await after(DRAWN_MS);
}

function after(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

interface Committed {
  entry: StoredEntry;
  identity: Identity;
}

async function commit<K extends Kind>(wish: Wish<K>): Promise<Committed> {
  await copy_settled();
  const id = wish.id ?? new_id();
  const work = alone(async () => {
    for (let tried = 0; tried < TRIES_MAX; tried += 1) {
      const found = await guarded(() => look(wish, id));
      if ('entry' in found) return found;
      const { situation } = found;
      const made = wish.make(situation);
      const next = await signed(wish, id, made, situation);
      const outcome = await guarded(() => put(next, made, situation));
      if (outcome === 'moved') continue;
      const durable = await guarded(() => read(['entries'], ({ entries }) => entries.get([next.device, next.seq])));
      if (durable?.hash !== next.hash || durable.body !== next.body || durable.sig !== next.sig) {
        throw new IssueBlocked('storage', 'what was read back is not what was written');
      }
      await copy_entry(durable);
      announce('appended', durable);
      return { entry: durable, identity: situation.identity };
    }
    throw new IssueBlocked('storage', 'other tabs were faster every time');
  });
  writing = work;
  let committed: Committed;
  try {
    committed = await work;
  } finally {
    if (writing === work) writing = undefined;
  }
  if (committed.entry.kind !== wish.kind) throw new Error(`the id is that of a ${committed.entry.kind}`);
  return committed;
}

async function look<K extends Kind>(wish: Wish<K>, id: string): Promise<Committed | { situation: Situation }> {
  // Asked for together: each answer that is waited for by itself costs a slow phone a few milliseconds before the voucher.
  return read([...STORES], async (shelves) => {
    const { meta, docs } = shelves;
    const of_receipt = wish.kind === 'receipt_issued';
    const [entry, me, wiping, clock, state, book_rows, grants, customer] = await Promise.all([
      shelves.entries.by('id', id),
      meta.get('identity') as Promise<Identity | undefined>,
      meta.get('wiping') as Promise<Meta['wiping'] | undefined>,
      meta.get('clock') as Promise<Clock | undefined>,
      meta.get('device_state') as Promise<string | undefined>,
      of_receipt ? docs.all(under('book')) : [],
      of_receipt ? shelves.grants.all() : [],
      wish.customer === undefined ? undefined : docs.get(['customer', wish.customer]),
    ]);
    if (!me) throw new IssueBlocked('not_enrolled');
    if (entry) return { entry, identity: me };
    if (wiping && wiping.entry !== id) throw new IssueBlocked('revoked', 'this phone is being wiped');
    const books = book_rows.filter((row) => !row.former).map((row) => row.doc as Book);
    const numbering = books.filter(({ state: book_state = 'assigned' }) => NUMBERING_STATES.has(book_state));
    const [chain, key, pulled, ...used] = await Promise.all([
      shelves.chains.get(me.device.id),
      shelves.keys.get(me.device.id),
      docs.get(['device', me.device.id]),
      ...numbering.map((book) => shelves.used.all(under(book.id))),
    ]);
    if (!chain) throw new IssueBlocked('not_enrolled', 'no chain');
    if (!key) throw new IssueBlocked('key', 'no key');
    if ((chain.office_seq ?? 0) > chain.seq) throw new IssueBlocked('data_lost', 'the office has entries that this device lost');
    if (of_receipt) refuse_if(state ?? 'active');
    const situation: Situation = {
      identity: me,
      device: (pulled?.doc as Device | undefined) ?? me.device,
      chain,
      key,
      clock,
      books,
      used: used.flat(),
      accepted: new Set(grants.map((grant) => grant.book)),
      customer_code: code_of(customer),
    };
    return { situation };
  });
}

function refuse_if(device_state: string): void {
  if (device_state === 'forked') throw new IssueBlocked('forked');
  if (device_state === 'revoked' || device_state === 'lost' || device_state === 'retired') {
    throw new IssueBlocked('revoked', device_state);
  }
}

/** The open book before the spare: a book that was begun is finished first. */
function leaf_of({ identity, books, used, accepted }: Situation): { book: Book; leaf: number } | null {
  const ready = books.filter((book) => {
    const state = book.state ?? 'assigned';
    const ours = book.device === identity.device.id && book.kind === 'electronic';
    return ours && NUMBERING_STATES.has(state) && (state !== 'assigned' || accepted.has(book.id));
  });
  const begun = (book: Book) => book.state === 'open' || used.some((one) => one.book === book.id);
  ready.sort(
    (one, other) =>
      Number(begun(other)) - Number(begun(one)) || compare(one.series, other.series) || one.first - other.first,
  );
  for (const book of ready) {
    const leaf = next_leaf(book, used.filter((one) => one.book === book.id).map((one) => one.leaf));
    if (leaf !== null) return { book, leaf };
  }
  return null;
}

/** The clock, but not before the last entry, unless a later signed server time has shown that the last one was ahead. */
export function moment(now_ms: number, last_at: string, clock: Clock | undefined, device: string, seq: number): number {
  const last_ms = last_at === '' ? 0 : Date.parse(last_at);
  if (Math.floor(now_ms / 1000) * 1000 >= last_ms) return now_ms;
  const later = clock?.device === device && clock.seq >= seq;
  if (!later || clock.server_ms >= last_ms) return last_ms;
  return Math.max(clock.server_ms, now_ms + clock.server_ms - clock.device_ms);
}

/** ISO 8601 with this place's offset, to the second. */
export function local_iso(ms: number, offset_minutes: number = -new Date(ms).getTimezoneOffset()): string {
  const shifted = new Date(ms + offset_minutes * 60_000).toISOString().slice(0, 19);
  const size = Math.abs(offset_minutes);
  const two = (part: number) => String(part).padStart(2, '0');
  return `${shifted}${offset_minutes < 0 ? '-' : '+'}${two(Math.floor(size / 60))}:${two(size % 60)}`;
}

async function signed<K extends Kind>(wish: Wish<K>, id: string, made: Made<K>, situation: Situation): Promise<StoredEntry> {
  const { identity, chain, key, clock, customer_code } = situation;
  const by = wish.by ?? identity.user?.id;
  if (by === undefined) throw new Error('a desk must say who writes');
  const device = identity.device.id;
  const seq = chain.seq + 1;
  const body = JSON.stringify(made.body);
  const at = local_iso(moment(Date.now(), chain.at, clock, device, chain.seq));
  const envelope = envelope_text({
    v: 1,
    company: identity.company.id,
    device,
    seq,
    prev: chain.hash,
    by,
    at,
    kind: wish.kind,
    id,
    body_hash: await hash_of(body),
  });
  const bytes = utf8(envelope).length + utf8(body).length;
  if (bytes > ENTRY_BYTES_MAX) throw new RangeError(`an entry of ${bytes} bytes is too large`);
  const hash = await hash_of(envelope);
  const receipt = wish.kind === 'receipt_issued' ? (made.body as Bodies['receipt_issued']) : undefined;
  const [sig, qr] = await Promise.all([
    with_key(key, envelope),
    receipt && signed_qr({ device, seq, hash, at }, receipt, identity.company.id, key, customer_code),
  ]);
  return {
    device,
    seq,
    id,
    kind: wish.kind,
    at,
    by,
    hash,
    envelope,
    body,
    sig,
    ...(qr === undefined ? {} : { qr }),
    state: 'saved',
    unseen: 1,
  };
}

function code_of(customer: StoredDoc | undefined): string {
  return (customer?.doc as Documents['customer'] | undefined)?.code ?? '';
}

async function with_key(key: StoredKey, text: string): Promise<string> {
  try {
    return await sign_with(key.pair, text);
  } catch (cause) {
    throw new IssueBlocked('key', String(cause));
  }
}

async function signed_qr(
  entry: Pick<StoredEntry, 'device' | 'seq' | 'hash' | 'at'>,
  receipt: Bodies['receipt_issued'],
  company: string,
  key: StoredKey,
  customer_code: string,
): Promise<string> {
  const { device, seq, hash, at } = entry;
  const { number, tenders } = receipt;
  const date = at.slice(0, 10);
  const payload = build({ company, device, key: key.key, seq, hash, number, date, customer_code, totals: totals_of(tenders) });
  return `${payload}.${await with_key(key, payload)}`;
}

async function qr_text(entry: StoredEntry, identity: Identity): Promise<string> {
  let signed_text = entry.qr;
  if (signed_text === undefined) {
    const receipt = JSON.parse(entry.body) as Bodies['receipt_issued'];
    const { key, customer } = await read(['keys', 'docs'], async ({ keys, docs }) => ({
      key: await keys.get(entry.device),
      customer: await docs.get(['customer', receipt.customer]),
    }));
    if (!key) throw new IssueBlocked('key', 'no key');
    signed_text = await signed_qr(entry, receipt, identity.company.id, key, code_of(customer));
  }
  return address_of(identity.company.address, signed_text);
}

// ---- the strict transaction

/** All or nothing. `moved`: another tab has written since `look`, so everything is made again on the new head. */
async function put<K extends Kind>(entry: StoredEntry, made: Made<K>, situation: Situation): Promise<'written' | 'moved'> {
  return write(['chains', 'entries', 'used', 'grants', 'docs'], async (shelves) => {
    const { device, seq, hash, at, id } = entry;
    const [head, there, used, book_row] = await Promise.all([
      shelves.chains.get(device),
      shelves.entries.by('id', id),
      made.used && shelves.used.get([made.used.book, made.used.leaf]),
      made.used && shelves.docs.get(['book', made.used.book]),
    ]);
    if (!head || head.seq !== situation.chain.seq || head.hash !== situation.chain.hash) return 'moved';
    // A first try may have reached the disk although its handle died; the next look finds it.
    if (there) return 'moved';
    if (used) return 'moved';
    const writes: Promise<void>[] = [];
    if (made.used) {
      // The office may have closed the book since; then another one gives the number.
      const book = book_row?.doc as Book | undefined;
      if (!book || book.closed || !NUMBERING_STATES.has(book.state ?? 'assigned')) return 'moved';
      writes.push(shelves.used.put({ book: made.used.book, leaf: made.used.leaf, entry: id }));
    }
    if (made.grant) writes.push(shelves.grants.put({ ...made.grant, accepted: id }));
    writes.push(shelves.entries.put(entry));
    writes.push(shelves.chains.put({ ...head, seq, hash, at, deposits: Math.max(head.deposits, made.deposits ?? 0) }));
    await Promise.all(writes);
    return 'written';
  });
}

/** A courtesy that saves retries; what decides is the comparison inside the transaction, so it is not waited for long. */
export async function alone<T>(work: () => Promise<T>): Promise<T> {
  const locks = typeof navigator === 'undefined' ? undefined : (navigator as { locks?: LockManager }).locks;
  if (!locks) return work();
  const patience = new AbortController();
  const clock = setTimeout(() => patience.abort(), LOCK_PATIENCE_MS);
  let waits = true as boolean;
  try {
    return await locks.request(LOCK, { signal: patience.signal }, async () => {
      waits = false;
      clearTimeout(clock);
      return work();
    });
  } catch (cause) {
    if (!waits) throw cause;
    return await work();
  } finally {
    clearTimeout(clock);
  }
}

async function guarded<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (cause) {
    if (cause instanceof IssueBlocked) throw cause;
    throw new IssueBlocked('storage', String(cause));
  }
}

// ---- what comes back

function written<K extends Kind>({ id, device, seq, hash, at, kind, body }: StoredEntry): Written<K> {
  return { id, device, seq, hash, at, kind: kind as K, body: JSON.parse(body) as Bodies[K] };
}

function adds_up({ tenders, deductions = [], allocations = [], on_account = 0, currency }: Omit<ReceiptDraft, 'id'>): void {
  const amounts = [...tenders, ...deductions, ...allocations].map(({ amount }) => amount);
  const whole = [...amounts, ...tenders.map(worth)].every((amount) => Number.isSafeInteger(amount) && amount > 0);
  const allocated = allocations.reduce((total, { amount }) => total + amount, 0);
  const sound = tenders.every((tender) => paid_in(tender, currency));
  const equal = settled({ currency, tenders, deductions }) === allocated + on_account;
  if (tenders.length === 0 || !whole || !Number.isSafeInteger(on_account) || on_account < 0 || !sound || !equal) {
    throw new RangeError('tenders, allocations and credit on account do not add up');
  }
}
