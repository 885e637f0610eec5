/** Pulling: pages are kept apart until the last one, so that what a screen shows is always one moment of the journal. */
import { hash_of } from '../ledger/chain';
import { call } from '../wire/client';
import type { Book, BookAssigned, Change, Company, Device, Envelope, PullReply, ReceiptIssued, ServerKey, Voucher } from '../wire/types';
import { accept_book, at_rest } from './append';
import { announce } from './changes';
import { read, read_meta, under, write, type Meta, type Shelves, type StoredDoc } from './database';
import { report_health } from './health';
import { server_vouches } from './keys';
import { new_epoch } from './outbox';
import type { Identity } from './shapes';
import { is_unsent } from './waiting';

const STORES = ['meta', 'entries', 'docs', 'staged', 'changed'] as const;
type Page = Shelves<(typeof STORES)[number]>;

const AT_ONCE = 2_000;
/** More changed documents than this are read anew as a whole. */
const NAMED_MAX = 5_000;
/** A tab that fell further behind reads all documents anew. */
const REVISIONS_KEPT = 100;

/** Asks until the last page is stored. Returns whether anything changed. */
export async function pull(token: string): Promise<boolean> {
  for (let first = true; ; first = false) {
    const { cursor } = (await read_meta('pull')) ?? { cursor: '' };
    const told = await call<PullReply>('GET', `/sync/pull?tables=1&cursor=${encodeURIComponent(cursor)}`, { token });
    const reply: PullReply = { ...told, changes: changes_of(told) };
    await at_rest();
    const stored = await write([...STORES], (shelves) => store(shelves, reply, cursor));
    if (stored === 'differs') report_health({ handed_in: 'office_differs' });
    if (stored === 'overtaken' || reply.more) continue;
    const changed = !first || (reply.changes ?? []).length > 0 || reply.reload === true;
    announce(changed ? 'documents' : 'entries');
    return changed;
  }
}

/** Tables taken apart: an older office tells none. */
export function changes_of({ changes = [], tables = [] }: PullReply): Change[] {
  const rows = [...changes];
  for (const { type, fields, columns } of tables) {
    for (let n = 0; n < (columns[0]?.length ?? 0); n += 1) {
      const doc: Record<string, unknown> = {};
      for (const [place, field] of fields.entries()) {
        const value = columns[place]?.[n];
        if (value !== null && value !== undefined) doc[field] = value;
      }
      rows.push({ type, id: String(doc['id']), doc });
    }
  }
  return rows;
}

/**
 * One page, its cursor, and on the last page the entries that it contains: one transaction. `overtaken`: another tab has
 * stored a page since this one was asked for, so this one may be older and is dropped.
 */
async function store(shelves: Page, reply: PullReply, asked: string): Promise<'stored' | 'differs' | 'overtaken'> {
  const { meta, staged } = shelves;
  const before = (await meta.get('pull')) as Meta['pull'] | undefined;
  if ((before?.cursor ?? '') !== asked) return 'overtaken';
  await new_epoch(shelves, reply.epoch);
  const reload = reply.reload === true || (before?.reload ?? false);
  if (reply.reload) await staged.clear();
  const { cursor, position } = reply;
  if (reply.more) {
    await staged.put_all((reply.changes ?? []).map(({ type, id, doc }) => ({ type, id, doc })));
    await meta.put({ cursor, position, staged: true, reload, ...(before?.rev === undefined ? {} : { rev: before.rev }) }, 'pull');
    return 'stored';
  }
  const rows = before?.staged && !reply.reload ? await staged.all() : [];
  const changes: Change[] = [...rows, ...(reply.changes ?? [])];
  const waits = (await shelves.entries.all_by('unseen', 1)).some(is_unsent);
  const touched = changes.map(({ type, id }): [string, string] => [type, id]);
  if (reload) touched.push(...(await drop_others(shelves, changes, waits)));
  const differs = await store_docs(shelves, changes, waits);
  await staged.clear();
  if (!waits) {
    for (const row of await shelves.docs.all_by('former', 1)) {
      await shelves.docs.drop([row.type, row.id]);
      touched.push([row.type, row.id]);
    }
  }
  const rev = touched.length > 0 ? await next_revision(shelves, before?.rev, touched) : before?.rev;
  await meta.put({ cursor, position, staged: false, reload: false, ...(rev === undefined ? {} : { rev }) }, 'pull');
  for (const entry of await shelves.entries.all_by('unseen', 1)) {
    if (entry.state !== 'acknowledged' || entry.position === undefined || entry.position > position) continue;
    const { unseen: _, ...seen } = entry;
    await shelves.entries.put({ ...seen, state: 'seen' });
  }
  await meta.put(new Date().toISOString(), 'last_contact');
  return differs ? 'differs' : 'stored';
}

async function next_revision({ changed }: Page, after: number | undefined, docs: [string, string][]): Promise<number> {
  const known = (await changed.keys()) as number[];
  const rev = (known.at(-1) ?? 0) + 1;
  await changed.put({ rev, after: after ?? 0, docs: docs.length > NAMED_MAX ? null : docs });
  for (const old of known.slice(0, -REVISIONS_KEPT)) await changed.drop(old);
  return rev;
}

/** After a reload only what it brought is still in scope. Returns what left. */
async function drop_others({ docs }: Page, changes: Change[], waits: boolean): Promise<[string, string][]> {
  const brought = new Set(changes.map(({ type, id }) => `${type}|${id}`));
  const others = (await docs.all()).filter((row) => !brought.has(`${row.type}|${row.id}`));
  for (const row of others) await leave(docs, row, waits);
  return others.map(({ type, id }) => [type, id]);
}

/** Out of sight at once; gone when no own entry can be about it any more. */
async function leave(docs: Page['docs'], row: StoredDoc, waits: boolean): Promise<void> {
  if (waits) await docs.put({ ...row, former: 1 });
  else await docs.drop([row.type, row.id]);
}

/** Most are stored as they come, many at once; the others each in its place. As `store_doc` for what it returns. */
async function store_docs(shelves: Page, changes: Change[], waits: boolean): Promise<boolean> {
  let differs = false;
  let plain: StoredDoc[] = [];
  for (const change of changes) {
    const { type, id, doc } = change;
    const special = doc === null || doc === undefined || type === 'company' || type === 'device' || type === 'voucher';
    if (!special) plain.push({ type, id, doc });
    if (!special && plain.length < AT_ONCE) continue;
    await shelves.docs.put_all(plain);
    plain = [];
    if (special) differs = (await store_doc(shelves, change, waits)) || differs;
  }
  await shelves.docs.put_all(plain);
  return differs;
}

/** Returns whether the office says something else about an own voucher than its entry does. */
async function store_doc(shelves: Page, { type, id, doc }: Change, waits: boolean): Promise<boolean> {
  const { docs, entries, meta } = shelves;
  if (doc === null || doc === undefined) {
    const row = await docs.get([type, id]);
    if (row) await leave(docs, row, waits);
    return false;
  }
  const identity = (await meta.get('identity')) as Identity | undefined;
  if (identity && type === 'company' && id === identity.company.id) await meta.put({ ...identity, company: doc as Company }, 'identity');
  if (identity && type === 'device' && id === identity.device.id) {
    const device = doc as Device;
    await meta.put(device.forked ? 'forked' : (device.state ?? 'active'), 'device_state');
    // The title stays, whatever a later document leaves out.
    const grant = device.grant ?? identity.device.grant;
    await meta.put({ ...identity, device: { ...device, ...(grant ? { grant } : {}) } }, 'identity');
  }
  if (type !== 'voucher') {
    await docs.put({ type, id, doc });
    return false;
  }
  const entry = await entries.by('id', id);
  const own = entry?.kind === 'receipt_issued' ? (JSON.parse(entry.body) as ReceiptIssued) : undefined;
  const voucher = doc as Voucher;
  const faithful = own ? as_issued(voucher, own) : voucher;
  await docs.put({ type, id, doc: faithful });
  return faithful !== voucher;
}

/** The office adds to a voucher (its deposit, its void, its flags); what the paper says is what the own entry says. */
function as_issued(voucher: Voucher, own: ReceiptIssued): Voucher {
  const { number, book, leaf, customer, currency, tenders } = own;
  const amounts = (rows: Voucher['tenders']) => JSON.stringify(rows.map((row) => [row.method, row.currency, row.amount]));
  const same =
    voucher.number === number &&
    voucher.book === book &&
    voucher.leaf === leaf &&
    voucher.customer === customer &&
    voucher.currency === currency &&
    amounts(voucher.tenders) === amounts(tenders);
  return same ? voucher : { ...voucher, number, book, leaf, customer, currency, tenders };
}

/** A book for this phone is accepted by the phone itself, once the server's signature on its grant has been verified. */
export async function accept_books(): Promise<boolean> {
  const { identity, keys, books, grants } = await read(['meta', 'docs', 'grants'], async (shelves) => ({
    identity: (await shelves.meta.get('identity')) as Identity | undefined,
    keys: (await shelves.docs.all(under('server_key'))).map((row) => row.doc as ServerKey),
    books: (await shelves.docs.all(under('book'))).filter((row) => !row.former).map((row) => row.doc as Book),
    grants: new Set((await shelves.grants.all()).map((grant) => grant.book)),
  }));
  if (!identity || (await read_meta('wiping'))) return false;
  let accepted = false;
  for (const book of books) {
    if (book.device !== identity.device.id || book.kind !== 'electronic' || grants.has(book.id)) continue;
    if ((book.state ?? 'assigned') !== 'assigned' || !(await grant_is_good(book, [...identity.keys, ...keys]))) continue;
    const { id, series, first, last, width, grant } = book;
    if (!grant) continue;
    await accept_book({ book: id, series, first, last, width, ...grant });
    accepted = true;
  }
  return accepted;
}

async function grant_is_good({ id, series, first, last, width, device, grant }: Book, keys: ServerKey[]): Promise<boolean> {
  if (!grant) return false;
  try {
    const envelope = JSON.parse(grant.envelope) as Envelope;
    const body = JSON.parse(grant.body) as BookAssigned;
    const says = body.book === id && body.series === series && body.first === first && body.last === last;
    const fits = envelope.kind === 'book_assigned' && body.device === device && (body.width ?? 6) === width;
    if (!says || !fits || (await hash_of(grant.body)) !== envelope.body_hash) return false;
    return await server_vouches(keys, grant.envelope, grant.sig);
  } catch {
    return false;
  }
}
