/** The words of the journal: what screens get from it and give to it. */
import type {
  Allocation,
  Bodies,
  Book,
  Case,
  CashCount,
  ChequeHeld,
  Company,
  Confirmation,
  Contact,
  Custody,
  DayReport,
  Deposit,
  DepositWaiting,
  Device,
  Dispute,
  Documents,
  EnrolmentPeek,
  KeptBack,
  Kind,
  Outcome,
  Person,
  PhoneKey,
  Plan,
  PromiseToPay,
  ReceiptIssued,
  Safe,
  ServerKey,
  Target,
  Total,
  User,
  Visit,
  Voucher,
} from '../wire/types';

export type { Allocation, Bodies, EnrolmentPeek, Kind };

export type Customer = Documents['customer'];
export type Item = Documents['item'];

export interface Identity {
  company: Company;
  device: Device;
  /** Owner of a phone; null on a counting desk. */
  user: User | null;
  keys: ServerKey[];
  epoch: string;
  release_key: string;
}

/**
 * Where an entry is on its way: on this device only; handed to the network; proved by the server's signed hand-in
 * receipt; contained in what was pulled.
 */
export type EntryState = 'saved' | 'sent' | 'acknowledged' | 'seen';

export interface Written<K extends Kind = Kind> {
  id: string;
  device: string;
  seq: number;
  hash: string;
  at: string;
  kind: K;
  body: Bodies[K];
}

/**
 * A receipt before it has a number. `id`: mint it with `new_id()` when the draft is opened and keep it in the draft: to
 * issue twice with the same id gives the same voucher, so that a second tap or a retry after a failure never doubles it.
 */
export interface ReceiptDraft extends Omit<ReceiptIssued, 'book' | 'leaf' | 'number'> {
  id?: string;
}

/** `qr` is the whole text of the code: `<address>/verify#<payload>.<signature>`. */
export interface Issued {
  written: Written<'receipt_issued'>;
  number: string;
  qr: string;
}

export interface DepositDraft {
  id?: string;
  totals: Total[];
  cash?: CashCount[];
  kept_back?: KeptBack[];
  books?: string[];
}

export type BlockedReason =
  | 'no_numbers'
  | 'storage'
  | 'key'
  | 'not_enrolled'
  | 'forked'
  | 'data_lost'
  | 'revoked'
  | 'behind_copy';

/** Issuing is impossible; the list of reasons is closed and each has its own message. Nothing was written. */
export class IssueBlocked extends Error {
  constructor(
    readonly reason: BlockedReason,
    detail = '',
  ) {
    super(`${reason}${detail ? `: ${detail}` : ''}`);
    this.name = 'IssueBlocked';
  }
}

export interface Connection {
  state: 'connected' | 'away' | 'login_needed' | 'stopped';
  /** ISO 8601 UTC, empty before the first contact. */
  last_contact: string;
  server_offset_ms: number;
}

export interface Waiting {
  unsent: number;
  /** `at` of the oldest unsent entry, empty when nothing waits. */
  oldest_at: string;
  /** Unsent receipts less unsent voids of them, per currency and method. */
  totals: Total[];
}

export interface World {
  /** False until the database has been read. */
  ready: boolean;
  /**
   * False while a large portfolio is still being read: customers of today's plan and of what waits to be sent are there,
   * each with all its items, and no others. All other documents are there from the beginning.
   */
  whole: boolean;
  company: Company | null;
  user: User | null;
  device: Device | null;
  /** active, revoked, lost, retired, forked: as the server last said. */
  device_state: string;
  people: ReadonlyMap<string, Person>;
  customers: ReadonlyMap<string, Customer>;
  /** Customers that left the portfolio while own entries about them still wait. For names on vouchers, not for lists. */
  former_customers: ReadonlyMap<string, Customer>;
  items: ReadonlyMap<string, Item>;
  items_of: ReadonlyMap<string, Item[]>;
  plans: ReadonlyMap<string, Plan>;
  visits: ReadonlyMap<string, Visit>;
  open_visit: Visit | null;
  books: Book[];
  vouchers: ReadonlyMap<string, Voucher>;
  cheques: ReadonlyMap<string, ChequeHeld>;
  /** Of the phone's owner, or of whoever is logged in. */
  custody: Custody;
  deposits: ReadonlyMap<string, Deposit>;
  deposits_waiting: ReadonlyMap<string, DepositWaiting>;
  /** At a counting desk: the phones of its branch, so that it can check their codes by itself. */
  phone_keys: ReadonlyMap<string, PhoneKey>;
  safes: ReadonlyMap<string, Safe>;
  promises: ReadonlyMap<string, PromiseToPay>;
  disputes: ReadonlyMap<string, Dispute>;
  contacts: ReadonlyMap<string, Contact>;
  confirmations: ReadonlyMap<string, Confirmation>;
  cases: ReadonlyMap<string, Case>;
  targets: ReadonlyMap<string, Target>;
  day_reports: ReadonlyMap<string, DayReport>;
  /** Of an entry or of the thing that it makes. What is not an own entry was pulled, and is therefore seen. */
  entry_state: (id: string) => EntryState;
  /** What the office made of an own entry; undefined until it said so. */
  own_verdict: (id: string) => Outcome | undefined;
  waiting: Waiting;
  numbers_left: number;
}

export type CopyState = 'ok' | 'unavailable' | 'failed' | 'behind' | 'differs';

export interface Health {
  installed: boolean;
  persisted: boolean;
  strict_write: boolean;
  key: boolean;
  /** Bytes; 0 when the browser does not tell. */
  quota: { usage: number; quota: number; low: boolean };
  /** The second copy of all entries beside the database. */
  copy: CopyState;
  database: 'ok' | 'blocked' | 'lost';
  /** Days whose control totals differ from the office's. */
  control: string[];
  /** How many entries the office has of this device's chain that the device itself has lost. */
  data_lost: number;
  /** Since when, ms, the oldest entry waits although the office can be reached; 0: none waits for long. */
  stuck_since: number;
  /** Titles (of this device, of its books) that a restored office did not take back. */
  titles_refused: number;
  /** The last hand-in receipt did not verify; the office's chain or vouchers are not ours; the office knows no such device. */
  handed_in: 'ok' | 'receipt_unverified' | 'office_differs' | 'device_unknown';
  /** How far the clock is ahead of the last signed server time, in hours; 0 when it is not. */
  clock_ahead_hours: number;
}
