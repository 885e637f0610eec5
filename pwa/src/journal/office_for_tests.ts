/** A small office that speaks the protocol, and tabs of a phone that talk to it. Only tests import this. */
import { IDBFactory } from 'fake-indexeddb';
import { vi } from 'vitest';

import { base64url, bytes_of, hash_of, utf8 } from '../ledger/chain';
import { days_of } from '../ledger/control';
import { apply_own, no_docs, SHOWN_TYPES, type Docs, type OwnEntry, type ShownType } from '../ledger/overlay';
import type {
  Bodies,
  Book,
  Change,
  Company,
  ControlDay,
  Device,
  Documents,
  Envelope,
  Grant,
  Head,
  Kind,
  PullReply,
  PushReply,
  ReceiptIssued,
  RescueFile,
  ServerKey,
  Table,
  User,
} from '../wire/types';
import { file_key } from './rescue';

export const RELEASE_KEY = base64url(new Uint8Array(32).map((_, place) => place));
const SEALING = { name: 'ECDH', namedCurve: 'P-256' };
const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };

export const company: Company = {
  id: 'co_nour',
  name: 'Nour',
  name_ar: 'نور',
  country: 'EG',
  currency: 'EGP',
  time_zone: 'Africa/Cairo',
  address: 'https://nour.example',
  branches: [],
  policy: {},
};
export const user: User = { id: 'u1', login: 'samir', name: 'Samir', name_ar: 'سمير', role: 'collector', branch: 'cai' };

interface Kept {
  position: number;
  hash: string;
  envelope: Envelope;
  body: unknown;
  verdict: string;
  flags: string[];
}

/** How the next requests fare; each is used once. */
export type Fault =
  | 'unreachable'
  | 'lose_reply'
  | 'too_large'
  | 'quota'
  | 'broken'
  | 'bad_receipt'
  | 'unauthorised';

export class Office {
  epoch = 'epoch-1';
  docs: Docs = no_docs();
  feed: { position: number; type: ShownType; id: string; doc: unknown }[] = [];
  position = 0;
  chains = new Map<string, Kept[]>();
  forks: Kept[] = [];
  holes: [number, number][] = [];
  devices = new Map<string, { device: Device; key: CryptoKey }>();
  device_state = 'active';
  faults: Fault[] = [];
  heads: Head[] = [];
  batches: number[] = [];
  page_size = 1000;
  batch_limit = 500;
  down = false;
  pulls_refused = false;
  attachments = new Map<string, ArrayBuffer>();
  /** Requests, answered or not. */
  tried = 0;
  /** Paths asked for, in order. */
  asked: string[] = [];
  /** An office of an older version has no door for grants. */
  takes_grants = true;
  now = () => Date.now();

  private constructor(
    readonly pair: CryptoKeyPair,
    readonly server_key: ServerKey,
    readonly seal_pair: CryptoKeyPair,
    readonly seal_key: ServerKey,
  ) {}

  static async open(): Promise<Office> {
    const pair = await crypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify']);
    const spki = base64url(await crypto.subtle.exportKey('spki', pair.publicKey));
    const seal_pair = await crypto.subtle.generateKey(SEALING, true, ['deriveBits']);
    const seal_spki = base64url(await crypto.subtle.exportKey('spki', seal_pair.publicKey));
    const seal_key = { id: 'seal-1', use: 'seal', spki: seal_spki };
    const office = new Office(pair, { id: 'sign-1', use: 'sign', spki }, seal_pair, seal_key);
    office.put('company', company);
    office.put('server_key', office.server_key);
    office.put('server_key', office.seal_key);
    office.put('user', user);
    vi.stubGlobal('fetch', (url: string, init: RequestInit) => office.answer(url, init));
    return office;
  }

  put<Type extends ShownType>(type: Type, doc: Documents[Type]): void {
    this.position += 1;
    this.docs = { ...this.docs, [type]: new Map<string, unknown>([...this.docs[type]]).set(doc.id, doc) };
    this.tell(type, doc.id, doc);
  }

  drop(type: ShownType, id: string): void {
    this.position += 1;
    this.tell(type, id, null);
  }

  private tell(type: ShownType, id: string, doc: unknown): void {
    this.feed = this.feed.filter((row) => row.type !== type || row.id !== id);
    this.feed.push({ position: this.position, type, id, doc });
  }

  async assign_book(book: string, device: string, first: number, last: number, pair = this.pair): Promise<Book> {
    const said = { book, series: 'CAI', first, last, device, holder: user.id, width: 6 };
    const doc: Book = {
      ...{ id: book, series: 'CAI', first, last, width: 6, kind: 'electronic', holder: user.id, device },
      grant: await this.granted('book_assigned', book, said, pair),
    };
    this.put('book', doc);
    return doc;
  }

  private async granted(kind: string, id: string, said: object, pair = this.pair): Promise<Grant> {
    const body = JSON.stringify(said);
    const envelope = JSON.stringify({ kind, id, body_hash: await hash_of(body) });
    return { envelope, body, sig: await this.sign(envelope, pair) };
  }

  /** Grants come back: devices and books that a restored journal does not know are known again. */
  private async take_grants(text: string): Promise<Response> {
    const refused = [];
    let [restored, known] = [0, 0];
    for (const [index, { envelope, body, sig }] of texts_of(text.replace('{"grants":', '{"entries":').replace(/}$/, ',"sig":""}')).entries()) {
      const { kind, body_hash } = JSON.parse(envelope) as Envelope;
      if (!(await verified(this.pair.publicKey, envelope, sig)) || (await hash_of(body)) !== body_hash) {
        refused.push({ index, why: 'bad_signature' });
        continue;
      }
      const said = JSON.parse(body) as { device: string; book: string; public_key: string; first: number; last: number };
      if (kind === 'device_enrolled' ? this.devices.has(said.device) : this.docs.book.has(said.book)) known += 1;
      else if (kind === 'device_enrolled') {
        const key = await crypto.subtle.importKey('spki', bytes_of(said.public_key), ALGORITHM, true, ['verify']);
        const device: Device = { id: said.device, code: 'K7', purpose: 'phone', user: user.id, branch: 'cai', public_key: said.public_key, key: 'k' };
        this.devices.set(device.id, { device, key });
        this.put('device', device);
        restored += 1;
      } else {
        this.put('book', { id: said.book, series: 'CAI', first: said.first, last: said.last, width: 6, kind: 'electronic', holder: user.id, device: said.device, grant: { envelope, body, sig } });
        restored += 1;
      }
    }
    return json({ restored, known, refused });
  }

  /** As if restored from an older backup: all after `position` is gone. */
  restore(position: number, epoch: string): void {
    this.epoch = epoch;
    for (const [device, chain] of this.chains) {
      this.chains.set(device, chain.filter((kept) => kept.position <= position));
    }
    this.position = position;
    this.feed = [];
    const entries = [...this.chains.values()].flat().sort((one, other) => one.position - other.position);
    const before = this.imported;
    this.docs = before;
    for (const type of SHOWN_TYPES) for (const doc of before[type].values()) this.tell(type, doc.id, doc);
    for (const kept of entries) this.post(kept);
  }

  imported: Docs = no_docs();

  /** Remembers the documents as they are before any entry, for `restore`. */
  opening(): void {
    this.imported = this.docs;
  }

  receipts(): ReceiptIssued[] {
    return this.accepted().filter(({ envelope }) => envelope.kind === 'receipt_issued').map(({ body }) => body as ReceiptIssued);
  }

  accepted(): Kept[] {
    return [...this.chains.values()].flat();
  }

  async answer(url: string, init: RequestInit): Promise<Response> {
    const path = url.replace('/api/v1', '');
    await Promise.resolve();
    this.tried += 1;
    if (this.down) throw new TypeError('no network');
    this.asked.push(path);
    if (path === '/sync/grants' && this.takes_grants) return this.take_grants(init.body as string);
    if (path.startsWith('/sync/push')) return this.push(await this.unpacked(init));
    if (path.startsWith('/sync/control')) return this.control();
    if (path.startsWith('/sync/pull')) return this.pull(path);
    if (path.startsWith('/sync/stream')) return this.streams ? this.listen(init) : problem(503, 'busy');
    if (path.startsWith('/enrolments/')) return init.method === 'GET' ? json(this.peek()) : this.enrol(init.body as string);
    if (path === '/device/challenge') return json({ challenge: 'say this' });
    if (path === '/device/session') return this.pulls_refused ? problem(403, 'not_allowed') : json(this.session());
    if (path.startsWith('/attachments/')) {
      this.attachments.set(path.slice('/attachments/'.length), init.body as ArrayBuffer);
      return new Response(null, { status: 201 });
    }
    return problem(404, 'not_found');
  }

  /** How each push came: its size on the way, and of its text. */
  packed: { sent: number; text: number }[] = [];
  /** Something on the way that lets no packed body through. */
  unpacks = true;

  private async unpacked(init: RequestInit): Promise<string> {
    const { body } = init;
    if (typeof body === 'string') {
      this.packed.push({ sent: body.length, text: body.length });
      return body;
    }
    if ((init.headers as Record<string, string>)['content-encoding'] !== 'gzip') throw new Error('bytes of no kind');
    const plain = new Blob([body as ArrayBuffer]).stream().pipeThrough(new DecompressionStream('gzip'));
    const text = await new Response(plain).text();
    this.packed.push({ sent: (body as ArrayBuffer).byteLength, text: text.length });
    return this.unpacks ? text : '';
  }

  /** Whether it has a stream; without, whoever listens polls. */
  streams = false;
  private lines = new Set<ReadableStreamDefaultController<Uint8Array>>();

  /** How many listen now. */
  get listeners(): number {
    return this.lines.size;
  }

  private listen({ signal }: RequestInit): Response {
    let line: ReadableStreamDefaultController<Uint8Array>;
    const body = new ReadableStream<Uint8Array>({
      start: (opened) => {
        line = opened;
        this.lines.add(line);
        line.enqueue(utf8(`event: changed\r\ndata: ${this.position}\r\n\r\n`));
      },
      cancel: () => void this.lines.delete(line),
    });
    signal?.addEventListener('abort', () => {
      if (this.lines.delete(line)) line.error(new DOMException('called off', 'AbortError'));
    });
    return new Response(body, { status: 200, headers: { 'content-type': 'text/event-stream' } });
  }

  /** To all who listen: an event, or a comment that only keeps the line open. */
  say(block: string): void {
    for (const line of this.lines) line.enqueue(utf8(`${block}\r\n\r\n`));
  }

  /** As if the network broke. */
  hang_up(): void {
    for (const line of this.lines) line.error(new TypeError('network error'));
    this.lines.clear();
  }

  /** What the office adds up, changed by a test that lets it differ. */
  control_says: (days: ControlDay[]) => ControlDay[] = (days) => days;

  private async control(): Promise<Response> {
    const chain = this.chains.get('dev_1') ?? [];
    const entries = chain.map(({ envelope, hash, body }) => ({ at: envelope.at, kind: envelope.kind, hash, body: JSON.stringify(body) }));
    const first = new Date(Date.now() - 13 * 86_400_000).toISOString().slice(0, 10);
    const days = this.control_says(await days_of(entries.filter(({ at }) => at.slice(0, 10) >= first)));
    return json({ device: 'dev_1', seq: chain.at(-1)?.envelope.seq ?? 0, first, days });
  }

  private session() {
    return { token: 'token', expires_at: new Date(Date.now() + 3_600_000).toISOString(), user, company };
  }

  private peek() {
    return { company: 'Nour', company_ar: 'نور', name: user.name, name_ar: user.name_ar, purpose: 'phone', require_installed: true };
  }

  private async enrol(body: string): Promise<Response> {
    const { public_key } = JSON.parse(body) as { public_key: string };
    const id = `dev_${this.devices.size + 1}`;
    const key = await crypto.subtle.importKey('spki', bytes_of(public_key), ALGORITHM, true, ['verify']);
    const key_id = base64url(await crypto.subtle.digest('SHA-256', bytes_of(public_key))).slice(0, 16);
    const device: Device = { id, code: `K${this.devices.size + 7}`, purpose: 'phone', user: user.id, branch: 'cai', public_key, key: key_id };
    device.grant = await this.granted('device_enrolled', id, { device: id, public_key });
    this.devices.set(id, { device, key });
    this.put('device', device);
    return json({
      ...{ device, user, company, keys: [this.server_key, this.seal_key], epoch: this.epoch, release_key: RELEASE_KEY, session: this.session() },
    });
  }

  /** What a rescue file holds, in its order. */
  async open_rescue(text: string): Promise<string[]> {
    const file = JSON.parse(text) as RescueFile;
    const plain = await unsealed(file, this.seal_pair.privateKey);
    return plain.startsWith('[') ? (JSON.parse(plain) as unknown[]).map((push) => JSON.stringify(push)) : [plain];
  }

  /** Somebody brings a rescue file. */
  async rescue(text: string): Promise<PushReply[]> {
    const replies = [];
    for (const push of await this.open_rescue(text)) {
      const answer = await this.push(push);
      if (!answer.ok) throw new Error(`a rescued push was answered ${answer.status}`);
      replies.push((await answer.json()) as PushReply);
    }
    return replies;
  }

  private async push(text: string): Promise<Response> {
    if (text === '') return problem(400, 'malformed');
    const fault = this.faults.shift();
    if (fault === 'unreachable') throw new TypeError('no network');
    if (fault === 'too_large') return problem(413, 'too_large');
    if (fault === 'quota') return problem(429, 'quota_reached', {}, { 'retry-after': '1' });
    if (fault === 'broken') return problem(500, 'unexpected');
    const { head: head_text, sig } = JSON.parse(text) as { head: string; sig: string };
    const head = JSON.parse(head_text) as Head;
    const known = this.devices.get(head.device);
    if (!known) return problem(403, 'device_unknown');
    if (head.carrier === head.device && !(await verified(known.key, head_text, sig))) return problem(403, 'bad_signature');
    this.heads.push(head);
    const entries = texts_of(text);
    if (entries.length > this.batch_limit) return problem(413, 'too_large');
    const chain = this.chains.get(head.device) ?? [];
    this.chains.set(head.device, chain);
    const outcomes = [];
    for (const [index, entry] of entries.entries()) {
      const envelope = JSON.parse(entry.envelope) as Envelope;
      const hash = await hash_of(entry.envelope);
      if (!(await verified(known.key, entry.envelope, entry.sig))) return problem(403, 'bad_signature');
      const body = JSON.parse(entry.body) as unknown;
      const there = [...chain, ...this.forks].find((kept) => kept.hash === hash);
      if (there) {
        outcomes.push({ seq: envelope.seq, position: there.position, verdict: there.verdict, flags: there.flags });
        continue;
      }
      const last = chain.at(-1);
      const beside = this.forks.some((one) => one.envelope.device === head.device && one.envelope.seq === envelope.seq - 1 && one.hash === envelope.prev);
      const end = last?.envelope.seq ?? 0;
      const between = Array.from({ length: Math.max(0, envelope.seq - end - 1) }, (_, n) => end + 1 + n);
      const aside = between.filter((seq) => this.forks.some((one) => one.envelope.device === head.device && one.envelope.seq === seq));
      const told = between.filter((seq) => (head.missing ?? []).some(([first, last_told]) => first <= seq && seq <= last_told));
      if (!beside && between.some((seq) => !aside.includes(seq) && !told.includes(seq))) {
        if (index === 0) return problem(409, 'gap', { expected_seq: (last?.envelope.seq ?? 0) + 1 });
        throw new Error('a hole within a push');
      }
      this.holes.push(...(head.missing ?? []));
      this.position += 1;
      const fork = beside || aside.length > 0 || envelope.seq <= (last?.envelope.seq ?? 0) || (last?.envelope.seq === envelope.seq - 1 && envelope.prev !== last.hash);
      const kept: Kept = { position: this.position, hash, envelope, body, verdict: fork ? 'review' : 'accepted', flags: fork ? ['fork'] : [] };
      if (fork) {
        this.forks.push(kept);
        this.device_state = 'forked';
      } else {
        chain.push(kept);
        this.post(kept);
      }
      outcomes.push({ seq: envelope.seq, position: kept.position, verdict: kept.verdict, flags: kept.flags });
    }
    this.batches.push(entries.length);
    if (fault === 'lose_reply') throw new TypeError('the connection broke');
    const last = chain.at(-1);
    const acked = { seq: last?.envelope.seq ?? 0, hash: last?.hash ?? '', position: last?.position ?? 0 };
    const time = new Date(this.now()).toISOString();
    const receipt = await this.jws({ device: head.device, seq: acked.seq, hash: acked.hash, time });
    return json({
      outcomes,
      acked,
      epoch: this.epoch,
      server_time: time,
      receipt: fault === 'bad_receipt' ? `${receipt.slice(0, -4)}AAAA` : receipt,
      device_state: this.device_state,
    });
  }

  private post({ envelope, hash, body }: Kept): void {
    const { kind, id, seq, at, by, device } = envelope;
    const entry: OwnEntry = { kind: kind as Kind, id, seq, hash, at, by, device, body: body as Bodies[Kind] };
    const before = this.docs;
    this.docs = apply_own(before, [entry]);
    for (const type of SHOWN_TYPES) {
      for (const doc of this.docs[type].values()) {
        if ((before[type] as ReadonlyMap<string, unknown>).get(doc.id) !== doc) this.tell(type, doc.id, doc);
      }
    }
  }

  private pull(path: string): Response {
    if (this.pulls_refused) return problem(401, 'not_logged_in');
    const cursor = decodeURIComponent(path.split('cursor=')[1] ?? '');
    const [epoch = '', at = '0'] = cursor === '' ? [this.epoch] : cursor.split('|');
    const reload = epoch !== this.epoch;
    const from = reload ? 0 : Number(at);
    const rows = this.feed.map((row, index) => ({ ...row, index: index + 1 })).filter((row) => row.position > from);
    rows.sort((one, other) => one.position - other.position);
    let page = rows.slice(0, this.page_size);
    // A page ends where a position ends: rows of one position never stand on two pages.
    const end = page.at(-1)?.position ?? this.position;
    page = rows.filter((row) => row.position <= end);
    const more = page.length < rows.length;
    const position = more ? end : this.position;
    const told = path.includes('tables=1') ? tabled(page) : { changes: page.map(({ type, id, doc }) => ({ type, id, doc })) };
    return json({ epoch: this.epoch, cursor: `${this.epoch}|${position}`, position, more, ...told, ...(reload ? { reload } : {}) });
  }

  private async jws(payload: object): Promise<string> {
    const part = (value: object) => base64url(utf8(JSON.stringify(value)));
    const signed = `${part({ alg: 'ES256', kid: this.server_key.id })}.${part(payload)}`;
    return `${signed}.${await this.sign(signed)}`;
  }

  private async sign(text: string, pair = this.pair): Promise<string> {
    return base64url(await crypto.subtle.sign(ALGORITHM, pair.privateKey, utf8(text)));
  }
}

export async function unsealed(file: RescueFile, private_key: CryptoKey): Promise<string> {
  const theirs = await crypto.subtle.importKey('spki', bytes_of(file.epk), SEALING, false, []);
  const secret = await crypto.subtle.deriveBits({ name: 'ECDH', public: theirs }, private_key, 256);
  const additionalData = utf8(`${file.v}.${file.company}.${file.key}.${file.epk}`);
  const cipher = { name: 'AES-GCM', iv: bytes_of(file.iv), additionalData };
  return new TextDecoder().decode(await crypto.subtle.decrypt(cipher, await file_key(secret, 'decrypt'), bytes_of(file.sealed)));
}

async function verified(key: CryptoKey, text: string, sig: string): Promise<boolean> {
  return crypto.subtle.verify(ALGORITHM, key, bytes_of(sig), utf8(text));
}

/** The entries of a push as they stand in its text: the office hashes what arrived, not what it reads out of it. */
function texts_of(push: string): { envelope: string; body: string; sig: string }[] {
  const from = push.indexOf('"entries":[') + '"entries":['.length;
  const inner = push.slice(from, push.lastIndexOf('],"sig":"'));
  if (inner === '') return [];
  return inner.split(/(?<="\}),(?=\{"envelope":)/).map((text) => {
    const body_at = text.indexOf(',"body":');
    const sig_at = text.lastIndexOf(',"sig":"');
    return {
      envelope: text.slice('{"envelope":'.length, body_at),
      body: text.slice(body_at + ',"body":'.length, sig_at),
      sig: text.slice(sig_at + ',"sig":"'.length, -2),
    };
  });
}

/** Two of a type make a table here, so that every test takes some apart. */
function tabled(page: { type: ShownType; id: string; doc: unknown }[]): Pick<PullReply, 'changes' | 'tables'> {
  const changes: Change[] = [];
  const tables: Table[] = [];
  for (const type of new Set(page.map((row) => row.type))) {
    const rows = page.filter((row) => row.type === type);
    const docs = rows.map(({ doc }) => doc as Record<string, unknown> | null);
    if (rows.length < 2 || docs.some((doc) => !doc || Object.values(doc).includes(null))) {
      changes.push(...rows.map(({ id, doc }) => ({ type, id, doc })));
      continue;
    }
    const fields = [...new Set(docs.flatMap((doc) => Object.keys(doc ?? {})))];
    tables.push({ type, fields, columns: fields.map((field) => docs.map((doc) => doc?.[field] ?? null)) });
  }
  return { changes, tables };
}

function json(value: unknown): Response {
  return new Response(JSON.stringify(value), { status: 200 });
}

function problem(status: number, code: string, facts: object = {}, headers: Record<string, string> = {}): Response {
  return new Response(JSON.stringify({ type: `/problems/${code}`, title: code, status, code, facts }), { status, headers });
}

export function new_phone(): void {
  vi.stubGlobal('indexedDB', new IDBFactory());
}

/** One tab: its own modules, hence its own connection, on the phone's one database. */
export async function open_tab() {
  vi.resetModules();
  return {
    append: await import('./append'),
    attachments: await import('./attachments'),
    copy: await import('./copy'),
    database: await import('./database'),
    device: await import('./device'),
    draft: await import('./draft'),
    exchange: await import('./exchange'),
    health: await import('./health'),
    lock: await import('./lock'),
    rescue: await import('./rescue'),
    start: await import('./start'),
    release: await import('./release'),
    wipe: await import('./wipe'),
    world: await import('./world'),
  };
}

export type Tab = Awaited<ReturnType<typeof open_tab>>;

/** A phone that is enrolled, knows two customers and their items, and may number from one book. */
export async function ready_phone(leaves = 200): Promise<{ office: Office; tab: Tab }> {
  new_phone();
  const office = await Office.open();
  const tab = await open_tab();
  await tab.device.enrol('ABCD-2345');
  office.put('customer', { id: 'c1', code: 'C-1001', name: 'Baraka', currency: 'EGP', collectors: ['u1'] });
  office.put('item', {
    ...{ id: 'i1', customer: 'c1', number: 'INV-1', currency: 'EGP', date: '2026-01-01', due: '2026-01-31' },
    ...{ original: 1_000_000, open: 1_000_000 },
  });
  await office.assign_book('b1', 'dev_1', 851, 850 + leaves);
  office.opening();
  await tab.start.start_journal();
  await tab.exchange.exchange_now();
  return { office, tab };
}

export function receipt(amount: number, id?: string) {
  return {
    customer: 'c1',
    currency: 'EGP',
    tenders: [{ method: 'cash' as const, currency: 'EGP', amount }],
    allocations: [{ item: 'i1', amount }],
    ...(id === undefined ? {} : { id }),
  };
}
