/**
 * What own entries do to the documents that a screen shows, until the office's documents contain them. The same rules as
 * the server's, row for row in tests/cases/overlay.json; a difference between the two shows as a jumping balance.
 */
import type { Bodies, Cash, Cheque, Deposit, DocumentType, Documents, Kind, Verdict, Voucher } from '../wire/types';
import { FOLLOW_UP } from './follow_up';
import { version_of } from './layered';
import { add_leaf, has_leaf } from './numbering';
import { keep_promises, unkeep_promises } from './promises';
import { settled } from './rates';

type Amounts = Record<string, number>;

/** Books in these states may give a number. */
export const NUMBERING_STATES: ReadonlySet<string> = new Set(['assigned', 'accepted', 'open']);

/** What devices are sent. */
export const SHOWN_TYPES = [
  'company',
  'server_key',
  'user',
  'person',
  'device',
  'customer',
  'item',
  'plan',
  'visit',
  'book',
  'voucher',
  'cheque',
  'custody',
  'deposit',
  'deposit_waiting',
  'phone_key',
  'safe',
  'promise',
  'dispute',
  'contact',
  'confirmation',
  'case',
  'target',
  'day_report',
] as const satisfies readonly DocumentType[];
export type ShownType = (typeof SHOWN_TYPES)[number];

export type Docs = { readonly [Type in ShownType]: ReadonlyMap<string, Documents[Type]> };

export interface OwnEntry<K extends Kind = Kind> {
  kind: K;
  id: string;
  seq: number;
  /** Of the envelope: the place at which a voucher may have been rebuilt from its code. */
  hash?: string;
  at: string;
  by: string;
  device: string;
  body: Bodies[K];
  /** What the office has made of it, once that is known. */
  verdict?: Verdict;
}

export function no_docs(): Docs {
  return Object.fromEntries(SHOWN_TYPES.map((type) => [type, new Map()])) as unknown as Docs;
}

/** The documents after these entries, in order of chain and seq. What an entry has already done to them it does not do again. */
export function apply_own(docs: Docs, entries: readonly OwnEntry[]): Docs {
  const next = new Next(docs);
  for (const entry of entries) {
    if (entry.verdict === 'refused') continue;
    const rule = RULES[entry.kind] as ((next: Next, entry: OwnEntry) => void) | undefined;
    rule?.(next, entry);
  }
  return next.docs;
}

/** The documents under change: a type's map is copied when it is first written to, documents are always replaced whole. */
export class Next {
  readonly docs: Docs;
  private readonly copied = new Set<ShownType>();

  constructor(docs: Docs) {
    this.docs = { ...docs };
  }

  get<Type extends ShownType>(type: Type, id: string): Documents[Type] | undefined {
    return this.docs[type].get(id);
  }

  all<Type extends ShownType>(type: Type): Documents[Type][] {
    return [...this.docs[type].values()];
  }

  put<Type extends ShownType>(type: Type, doc: Documents[Type]): void {
    if (!this.copied.has(type)) {
      (this.docs as Record<ShownType, unknown>)[type] = version_of<unknown>(this.docs[type]);
      this.copied.add(type);
    }
    (this.docs[type] as Map<string, Documents[Type]>).set(doc.id, doc);
  }

  drop(type: ShownType, id: string): void {
    const copy = version_of<unknown>(this.docs[type]);
    if (!copy.delete(id)) return;
    (this.docs as Record<ShownType, unknown>)[type] = copy;
    this.copied.add(type);
  }

  change<Type extends ShownType>(type: Type, id: string, change: (doc: Documents[Type]) => Partial<Documents[Type]>): void {
    const doc = this.get(type, id);
    if (doc) this.put(type, { ...doc, ...change(doc) });
  }

  custody(user: string): Documents['custody'] {
    return this.get('custody', user) ?? { id: user };
  }
}

export type Rules = { [K in Kind]?: (next: Next, entry: OwnEntry<K>) => void };

const RULES: Rules = {
  ...FOLLOW_UP,

  visit_started(next, { id, at, by, device, body }) {
    if (next.get('visit', id)) return;
    next.put('visit', {
      id,
      customer: body.customer,
      user: by,
      device,
      day: day_of(at, next),
      started_at: at,
      planned: body.planned ?? false,
      position: body.position ?? null,
      no_position: body.no_position ?? '',
      colleagues: body.colleagues ?? [],
    });
    next.change('device', device, () => ({ visit: id }));
  },

  visit_joined(next, { body }) {
    next.change('visit', body.visit, ({ colleagues = [] }) => ({ colleagues: [...colleagues, ...body.colleagues.filter((one) => !colleagues.includes(one))] }));
  },

  visit_ended(next, { at, device, body }) {
    next.change('visit', body.visit, () => ({
      ended_at: at,
      outcome: body.outcome,
      note: body.note ?? '',
      next_date: body.next_date ?? null,
      answers: body.answers ?? [],
      reason: body.reason ?? '',
      next_action: body.next_action ?? '',
    }));
    next.change('device', device, ({ visit }) => (visit === body.visit ? { visit: '' } : {}));
  },

  receipt_issued,

  voucher_shown(next, { body }) {
    next.change('voucher', body.receipt, () => ({ shown: true, ...(body.qr ? { qr: body.qr } : {}) }));
  },

  voucher_printed(next, { body }) {
    next.change('voucher', body.receipt, ({ printed = 0 }) => ({ printed: Math.max(printed, body.copy) }));
  },

  voucher_shared(next, { body }) {
    next.change('voucher', body.receipt, () => ({ shared: true }));
  },

  void_requested(next, { id, at, by, body }) {
    next.change('voucher', body.receipt, (voucher) => {
      const asked = voucher.void && (voucher.void.state ?? 'requested') !== 'refused';
      if (asked || voucher.void?.request === id || !stands(voucher)) return {};
      return { void: { request: id, reason: body.reason, at, by, note: body.note ?? '', state: 'requested' } };
    });
  },

  receipt_voided,

  deposit_declared,

  book_accepted(next, { body }) {
    next.change('book', body.book, ({ state = 'assigned' }) => (state === 'assigned' ? { state: 'accepted' } : {}));
  },
};

/** An item takes what it still can of the customer's wish; the rest of the voucher is the customer's credit on account. */
function receipt_issued(next: Next, { id, seq, hash, at, by, device, body, verdict }: OwnEntry<'receipt_issued'>): void {
  if (next.get('voucher', id)) return;
  const before = next.all('voucher').find((voucher) => stands_for(voucher, hash));
  // Under review the money is in the hands, and what it pays for waits in suspense.
  const posts = verdict !== 'review' && (!before || stands(before));
  const total = settled(body);
  const taken: { item: string; amount: number }[] = [];
  for (const { item: item_id, amount: wish } of body.allocations ?? []) {
    const item = next.get('item', item_id);
    if (!posts || item?.customer !== body.customer || item.currency !== body.currency) continue;
    const amount = Math.min(wish, Math.max(item.open ?? 0, 0));
    if (amount === 0) continue;
    next.put('item', { ...item, collected: (item.collected ?? 0) + amount, open: (item.open ?? 0) - amount });
    taken.push({ item: item_id, amount });
  }
  const on_account = total - taken.reduce((sum, { amount }) => sum + amount, 0);
  if (posts) next.change('customer', body.customer, ({ credit }) => ({ credit: plus(credit, body.currency, on_account) }));
  for (const [index, tender] of body.tenders.entries()) take(next, id, by, body, index, tender, posts);
  const { deposit = '', qr = '', state = 'issued', voided_at = '', void_reason = '' } = before ?? {};
  next.put('voucher', {
    id,
    number: body.number,
    book: body.book,
    leaf: body.leaf,
    customer: body.customer,
    device,
    seq,
    by,
    at,
    currency: body.currency,
    tenders: body.tenders,
    allocations: body.allocations ?? [],
    taken,
    on_account,
    visit: body.visit ?? '',
    signature: body.signature ?? '',
    unsigned_reason: body.unsigned_reason ?? '',
    verdict: verdict ?? 'accepted',
    state,
    deductions: body.deductions ?? [],
    ...(before ? { deposit, qr, voided_at, void_reason } : {}),
  });
  if (posts && state === 'issued') keep_promises(next, id);
  if (before) give_way(next, before, id, body);
  next.change('book', body.book, (book) => {
    if (book.device !== device || body.leaf < book.first || body.leaf > book.last) return {};
    const issued = add_leaf(book.issued ?? '0', body.leaf - book.first);
    if (!NUMBERING_STATES.has(book.state ?? 'assigned')) return { issued };
    return body.leaf === book.last ? { issued, state: 'full', full_seq: seq } : { issued, state: 'open' };
  });
  if (body.visit) {
    next.change('visit', body.visit, ({ vouchers = [] }) =>
      vouchers.includes(id) ? {} : { vouchers: [...vouchers, id] },
    );
  }
}

/** Rebuilt at the office from the customer's code, and the entry that it stands for has not been seen there. */
function stands_for({ rebuilt = '', state }: Voucher, hash: string | undefined): boolean {
  return rebuilt !== '' && rebuilt === hash && state !== 'replaced';
}

/**
 * The voucher's own entry takes the place of the rebuilt one: what that one brought is taken back, its papers lie where
 * they have got to meanwhile under their new names, and it is not shown any more.
 */
function give_way(next: Next, before: Voucher, id: string, body: Bodies['receipt_issued']): void {
  const pays = stands(before) && posted(before);
  if (pays) {
    next.change('customer', before.customer, ({ credit }) => ({
      credit: plus(credit, before.currency, -(before.on_account ?? 0)),
    }));
  }
  const free = new Set(body.tenders.keys());
  for (const [index, tender] of before.tenders.entries()) {
    const { currency, amount } = tender;
    const custody = next.custody(before.by);
    if (tender.method === 'cash') {
      next.put('custody', { ...custody, cash: plus(custody.cash, currency, -amount) });
      continue;
    }
    next.put('custody', {
      ...custody,
      cheques: plus(custody.cheques, currency, -amount),
      cheque_count: (custody.cheque_count ?? 0) - 1,
    });
    if (pays) next.change('customer', before.customer, ({ uncleared }) => ({ uncleared: plus(uncleared, currency, -amount) }));
    const own = [...free].find((place) => is_same_paper(tender, body.tenders[place]));
    const old = next.get('cheque', `${before.id}.${index}`);
    if (own !== undefined) free.delete(own);
    if (!old) continue;
    if (own !== undefined) rename_paper(next, old, `${id}.${own}`);
    next.drop('cheque', old.id);
  }
  next.drop('voucher', before.id);
}

function is_same_paper(told: Cheque, own: Cash | Cheque | undefined): boolean {
  const plain = (number: string) => number.replace(/^0+/, '');
  return own?.method === 'cheque' && plain(own.number) === plain(told.number) && own.currency === told.currency && own.amount === told.amount;
}

function rename_paper(next: Next, { id: old, state, holder }: Documents['cheque'], id: string): void {
  next.change('cheque', id, () => ({ state, holder }));
  for (const deposit of next.all('deposit')) {
    const cheques = deposit.cheques ?? [];
    if (!cheques.includes(old)) continue;
    next.put('deposit', { ...deposit, cheques: cheques.map((one) => (one === old ? id : one)) });
  }
}

function take(
  next: Next,
  voucher: string,
  collector: string,
  body: Bodies['receipt_issued'],
  index: number,
  tender: Cash | Cheque,
  posts: boolean,
): void {
  const custody = next.custody(collector);
  const { currency, amount } = tender;
  if (tender.method === 'cash') {
    next.put('custody', { ...custody, cash: plus(custody.cash, currency, amount) });
    return;
  }
  next.put('custody', {
    ...custody,
    cheques: plus(custody.cheques, currency, amount),
    cheque_count: (custody.cheque_count ?? 0) + 1,
  });
  if (posts) {
    next.change('customer', body.customer, ({ uncleared }) => ({ uncleared: plus(uncleared, currency, amount) }));
  }
  next.put('cheque', {
    id: `${voucher}.${index}`,
    voucher,
    number_on_voucher: body.number,
    customer: body.customer,
    collector,
    currency,
    amount,
    bank: tender.bank,
    branch: tender.branch ?? '',
    number: tender.number,
    due: tender.due,
    drawer: tender.drawer ?? '',
    state: 'held',
    holder: collector,
  });
}

/** All that the voucher did is taken back; the number stays used. The paper may still be about: a deposit must confirm. */
function receipt_voided(next: Next, { at, body }: OwnEntry<'receipt_voided'>): void {
  const voucher = next.get('voucher', body.receipt);
  if (!voucher || !stands(voucher)) return;
  for (const { item: item_id, amount } of voucher.taken ?? []) {
    next.change('item', item_id, ({ collected = 0, open = 0 }) => ({ collected: collected - amount, open: open + amount }));
  }
  if (posted(voucher)) {
    next.change('customer', voucher.customer, ({ credit }) => ({
      credit: plus(credit, voucher.currency, -(voucher.on_account ?? 0)),
    }));
  }
  const untold: Amounts = {};
  for (const [index, tender] of voucher.tenders.entries()) give_back(next, voucher, index, tender, untold);
  const custody = next.custody(voucher.by);
  next.put('custody', { ...custody, unconfirmed: (custody.unconfirmed ?? 0) + 1 });
  next.put('voucher', { ...voucher, state: 'voided', voided_at: at, void_reason: body.reason });
  unkeep_promises(next, voucher.id);
  next.change('book', voucher.book, (book) =>
    voucher.leaf < book.first || voucher.leaf > book.last || !has_leaf(book.issued ?? '0', voucher.leaf - book.first)
      ? {}
      : { voided: add_leaf(book.voided ?? '0', voucher.leaf - book.first) },
  );
}

/** The deposit that a tender went with, '' while it is in hand: what was kept back from one goes with a later one. */
function whereabouts(next: Next, voucher: Voucher, index: number): string {
  const parted = next
    .all('deposit')
    .filter(({ collector, state }) => collector === voucher.by && state !== 'returned')
    .sort((one, other) => (one.id < other.id ? -1 : 1))
    .find(({ kept_back }) => {
      const kept = (kept_back ?? []).filter(({ receipt }) => receipt === voucher.id);
      return kept.length > 0 && !kept.some(({ tender }) => tender === index);
    });
  return parted && voucher.tenders.length > 1 ? parted.id : (voucher.deposit ?? '');
}

/** untold: what is left of the cash that was not declared, by deposit and currency; it is in hand, and leaves the hand first. */
function give_back(next: Next, voucher: Voucher, index: number, tender: Cash | Cheque, untold: Amounts): void {
  const custody = next.custody(voucher.by);
  const { currency, amount } = tender;
  const declared = next.get('deposit', whereabouts(next, voucher, index));
  if (tender.method === 'cash') {
    let in_hand = amount;
    if (declared) {
      const place = `${declared.id} ${currency}`;
      const left = untold[place] ?? undeclared(next, declared, currency);
      in_hand = Math.min(amount, left);
      untold[place] = left - in_hand;
    }
    next.put('custody', {
      ...custody,
      cash: plus(custody.cash, currency, -in_hand),
      transit_cash: plus(custody.transit_cash, currency, in_hand - amount),
    });
    if (declared) next.put('deposit', { ...declared, expected: plus(declared.expected, currency, in_hand - amount) });
    return;
  }
  const id = `${voucher.id}.${index}`;
  if (declared) {
    next.put('custody', { ...custody, transit_cheques: plus(custody.transit_cheques, currency, -amount) });
    next.put('deposit', { ...declared, cheques: (declared.cheques ?? []).filter((cheque) => cheque !== id) });
  } else {
    next.put('custody', {
      ...custody,
      cheques: plus(custody.cheques, currency, -amount),
      cheque_count: (custody.cheque_count ?? 0) - 1,
    });
  }
  if (posted(voucher)) {
    next.change('customer', voucher.customer, ({ uncleared }) => ({ uncleared: plus(uncleared, currency, -amount) }));
  }
  next.change('cheque', id, () => ({ state: 'given_back', holder: voucher.customer }));
}

/** Cash of a deposit's vouchers that was not declared with it. */
function undeclared(next: Next, deposit: Deposit, currency: string): number {
  let brought = 0;
  for (const voucher of next.all('voucher')) {
    if (!stands(voucher) && voucher.state !== 'rejected') continue;
    for (const [index, tender] of voucher.tenders.entries()) {
      if (tender.method === 'cash' && tender.currency === currency && whereabouts(next, voucher, index) === deposit.id) brought += tender.amount;
    }
  }
  return Math.max(0, brought - (deposit.expected?.[currency] ?? 0));
}

/**
 * Declared cash, and the cheques in the collector's hands, leave for the deposit's transit. What is kept back stays in
 * hand, and so does a voucher that bears such a tender: a later deposit covers it.
 */
function deposit_declared(next: Next, { id, seq, at, by, device, body }: OwnEntry<'deposit_declared'>): void {
  if (next.get('deposit', id)) return;
  const kept = new Set((body.kept_back ?? []).map(({ receipt, tender }) => `${receipt}.${tender}`));
  const below = (voucher: Voucher) => voucher.device !== device || voucher.seq < seq;
  const covered = next
    .all('voucher')
    .filter((voucher) => voucher.by === by && !voucher.deposit && below(voucher))
    .filter((voucher) => !voucher.tenders.some((_, index) => kept.has(`${voucher.id}.${index}`)));
  for (const voucher of covered) next.put('voucher', { ...voucher, deposit: id });
  const cheques = next.all('cheque').filter((cheque) => {
    const voucher = next.get('voucher', cheque.voucher);
    return cheque.holder === by && cheque.state === 'held' && !kept.has(cheque.id) && (!voucher || below(voucher));
  });
  let custody = next.custody(by);
  for (const cheque of cheques) {
    next.put('cheque', { ...cheque, state: 'transit', holder: id });
    custody = {
      ...custody,
      cheques: plus(custody.cheques, cheque.currency, -cheque.amount),
      transit_cheques: plus(custody.transit_cheques, cheque.currency, cheque.amount),
    };
  }
  let expected: Amounts = {};
  for (const { currency, method, amount } of body.totals) {
    if (method !== 'cash') continue;
    custody = {
      ...custody,
      cash: plus(custody.cash, currency, -amount),
      transit_cash: plus(custody.transit_cash, currency, amount),
    };
    expected = plus(expected, currency, amount);
  }
  next.put('custody', { ...custody, cheque_count: (custody.cheque_count ?? 0) - cheques.length });
  next.put('deposit', {
    id,
    name: body.name,
    collector: by,
    device,
    branch: next.get('user', by)?.branch || (next.get('device', device)?.branch ?? ''),
    seq,
    at,
    state: 'declared',
    totals: body.totals,
    cash: body.cash ?? [],
    expected,
    cheques: cheques.map((cheque) => cheque.id),
    kept_back: body.kept_back ?? [],
    books: body.books ?? [],
    vouchers: covered.filter(stands).length,
  });
  next.change('device', device, ({ deposits = 0 }) => ({ deposits: Math.max(deposits, body.count) }));
}

function stands(voucher: Voucher): boolean {
  return (voucher.state ?? 'issued') === 'issued';
}

function posted(voucher: Voucher): boolean {
  return (voucher.verdict ?? 'accepted') === 'accepted';
}

/** A currency at zero is left out, as the office does. */
function plus(amounts: Amounts | undefined, currency: string, amount: number): Amounts {
  const { [currency]: before = 0, ...others } = amounts ?? {};
  return before + amount === 0 ? others : { ...amounts, [currency]: before + amount };
}

/** The company's calendar day of a moment; without a company, the day that the writer's own clock showed. */
function day_of(at: string, next: Next): string {
  const company = next.all('company')[0];
  if (!company) return at.slice(0, 10);
  return calendar(company.time_zone).format(new Date(at));
}

const calendars = new Map<string, Intl.DateTimeFormat>();

/** Making one takes much longer than asking it. */
function calendar(time_zone: string): Intl.DateTimeFormat {
  const known = calendars.get(time_zone) ?? new Intl.DateTimeFormat('en-CA', { timeZone: time_zone, dateStyle: 'short' });
  calendars.set(time_zone, known);
  return known;
}
