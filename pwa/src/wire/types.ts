// Written by `make wire` from schemas/. Do not edit.

export interface Acceptance {
  id: string;
  by: string;
  at: string;
  count: string;
  cash?: Record<string, number>;
  differences?: Variance[];
  missing?: string[];
  note?: string;
}

export interface Acked {
  seq: number;
  hash: string;
  position: number;
}

export interface Allocation {
  item: string;
  amount: number;
}

export interface Along {
  name: string;
  name_ar?: string;
}

export interface AssignWish {
  collector: string;
  customers: string[];
  action?: string;
}

export interface BalanceConfirmed {
  customer: string;
  currency: string;
  ledger: number;
  uncleared: number;
  agrees: boolean;
  differences?: Difference[];
  signer?: string;
  signature?: string;
  unsigned_reason?: string;
  visit?: string;
}

export interface BankAccount {
  bank: string;
  number?: string;
  name?: string;
}

export interface Board {
  day: string;
  now: string;
  rows: BoardRow[];
  feed: Happening[];
  void_requests: number;
  incidents?: CaseRow[];
  cases?: number;
}

export interface BoardRow {
  user: User;
  planned: number;
  done: number;
  unplanned: number;
  vouchers: number;
  collected?: Total[];
  cash?: Record<string, number>;
  cheques?: Record<string, number>;
  transit?: Record<string, number>;
  short?: Record<string, number>;
  last_sync?: string;
  unsent?: number;
  oldest_unsent?: string;
  flags?: number;
  device_state?: string;
  persisted?: boolean;
}

export interface Book {
  id: string;
  series: string;
  first: number;
  last: number;
  width: number;
  kind: string;
  holder: string;
  device: string;
  state?: string;
  issued?: string;
  voided?: string;
  closed?: string;
  grant?: Grant | null;
  full_seq?: number;
}

export interface BookAccepted {
  book: string;
  first: number;
  last: number;
}

export interface BookAssigned {
  book: string;
  series: string;
  first: number;
  last: number;
  device: string;
  holder: string;
  kind?: "electronic" | "paper" | "training";
  width?: number;
}

export interface BookClosed {
  book: string;
  outcome: "cancelled" | "unknown";
  reason?: string;
}

export interface BookWish {
  device: string;
  leaves?: number;
  kind?: string;
}

export interface Branch {
  branch: string;
  name: string;
  name_ar: string;
  prefix: string;
}

export interface Case {
  id: string;
  what: string;
  by: string;
  text: string;
  at: string;
  customer?: string;
  currency?: string;
  amount?: number;
  items?: string[];
  date?: string | null;
  photos?: string[];
  visit?: string;
  state?: string;
  answer?: string;
  answered_by?: string;
}

export interface CaseAnswered {
  case: string;
  decision: "declined" | "granted" | "noted";
  note?: string;
}

export interface CaseDecision {
  decision: string;
  note?: string;
}

export interface CaseOpened {
  what: "complaint" | "data_change" | "goods_return" | "incident" | "order" | "other" | "payment_plan" | "reschedule" | "settlement" | "stop_supply";
  text: string;
  customer?: string;
  currency?: string;
  amount?: number;
  items?: string[];
  date?: string | null;
  photos?: string[];
  visit?: string;
}

export interface CaseRow {
  case: Case;
  customer?: Customer | null;
  collector?: User | null;
  items?: Item[];
}

export interface Cash {
  method: "cash";
  currency: string;
  amount: number;
  counted?: Notes[];
  received?: number;
  exchange?: Exchange | null;
}

export interface CashCount {
  currency: string;
  amount: number;
  notes?: Notes[];
}

export interface ChainStarted {
  app: string;
  old_device?: string;
  old_seq?: number;
  old_hash?: string;
}

export interface Challenge {
  challenge: string;
}

export interface Change {
  type: string;
  id: string;
  doc: unknown;
}

export interface Cheque {
  method: "cheque";
  currency: string;
  amount: number;
  bank: string;
  number: string;
  due: string;
  branch?: string;
  drawer?: string;
  photos?: string[];
  words_differ?: boolean;
}

export interface ChequeHeld {
  id: string;
  voucher: string;
  number_on_voucher: string;
  customer: string;
  collector: string;
  currency: string;
  amount: number;
  bank: string;
  branch: string;
  number: string;
  due: string;
  drawer: string;
  state: string;
  holder: string;
  shown_to?: string;
}

export interface ChequePhotographed {
  receipt: string;
  tender: number;
  photos: string[];
}

export interface CodeMade {
  code: string;
  link: string;
  expires_at: string;
}

export interface CodeWish {
  purpose: string;
  user?: string;
  branch?: string;
}

export interface Company {
  id: string;
  name: string;
  name_ar: string;
  country: string;
  currency: string;
  time_zone: string;
  address: string;
  branches: Branch[];
  policy: Policy;
  epoch?: number;
}

export interface CompanySetUp {
  company: string;
  name: string;
  name_ar: string;
  country: string;
  currency: string;
  time_zone: string;
  address: string;
  branches: Branch[];
  policy: Policy;
  keys?: PublicKey[];
  epoch?: number;
}

export interface Confirmation {
  id: string;
  customer: string;
  by: string;
  currency: string;
  ledger: number;
  uncleared: number;
  agrees: boolean;
  at: string;
  differences?: Difference[];
  signer?: string;
  signature?: string;
  unsigned_reason?: string;
  visit?: string;
}

export interface Contact {
  id: string;
  customer: string;
  by: string;
  channel: string;
  outcome: string;
  at: string;
  note?: string;
  next_date?: string | null;
  items?: string[];
}

export interface ContactLogged {
  customer: string;
  channel: "call" | "email" | "sms" | "whatsapp";
  outcome: "call_back" | "disputed" | "no_answer" | "promised" | "reached" | "refused" | "sent" | "wrong_number";
  note?: string;
  next_date?: string | null;
  items?: string[];
}

export interface Control {
  device: string;
  seq: number;
  first: string;
  days: ControlDay[];
}

export interface ControlDay {
  day: string;
  entries: number;
  receipts: number;
  totals: Total[];
  hash: string;
}

export interface Count {
  id: string;
  by: string;
  device: string;
  at: string;
  round: number;
  cash: CashCount[];
  cheques: CountedCheque[];
}

export interface CountedCheque {
  number: string;
  currency: string;
  amount: number;
}

export interface Custody {
  id: string;
  cash?: Record<string, number>;
  cheques?: Record<string, number>;
  cheque_count?: number;
  transit_cash?: Record<string, number>;
  transit_cheques?: Record<string, number>;
  short?: Record<string, number>;
  unconfirmed?: number;
}

export interface Customer {
  id: string;
  code: string;
  name: string;
  currency: string;
  name_ar?: string;
  phone?: string;
  address?: string;
  area?: string;
  lat?: number | null;
  lon?: number | null;
  credit_limit?: number;
  collectors?: string[];
  credit?: Record<string, number>;
  uncleared?: Record<string, number>;
  papers?: Paper[];
  accounts?: BankAccount[];
  standing?: string;
  bounced?: number;
  promises?: string[];
  broken?: number;
  disputes?: string[];
  email?: string;
  language?: string;
}

export interface CustomerNotified {
  receipt: string;
  what: "issued" | "reversed" | "voided";
  channel: "email" | "message";
  outcome: "gave_up" | "refused" | "sent";
  reason?: "" | "bad_address" | "rejected" | "turned_off" | "unreachable";
  tries?: number;
}

export interface CustomerRow {
  id: string;
  code: string;
  name: string;
  name_ar?: string;
  area?: string;
  phone?: string;
  collectors?: string[];
  ledger?: Record<string, number>;
  overdue?: Record<string, number>;
  uncleared?: Record<string, number>;
}

export interface CustomersAssigned {
  collector: string;
  customers: string[];
  action?: "assign" | "unassign";
}

export interface CustomersUpserted {
  customers: StatedCustomer[];
  source?: string;
}

export interface DayClosed {
  day: string;
  received?: Total[];
  held?: Total[];
  vouchers?: number;
  voided?: number;
  planned?: number;
  visited?: number;
  unplanned?: number;
  promises?: number;
  disputes?: number;
  contacts?: number;
  left?: string[];
  note?: string;
}

export interface DayFigures {
  received?: Total[];
  vouchers?: number;
  voided?: number;
  planned?: number;
  visited?: number;
  unplanned?: number;
  promises?: number;
  disputes?: number;
  contacts?: number;
}

export interface DayReport {
  id: string;
  user: string;
  day: string;
  at: string;
  entry: string;
  told: DayClosed;
}

export interface DayReportRow {
  user: User;
  office: DayFigures;
  report?: DayReport | null;
  differs?: string[];
  later?: number;
  held?: Total[];
}

export interface Decision {
  note?: string;
}

export interface Deduction {
  kind: "bank_charge" | "discount" | "withholding";
  amount: number;
  proof?: string;
  photos?: string[];
  note?: string;
}

export interface Deposit {
  id: string;
  name: string;
  collector: string;
  device: string;
  branch: string;
  seq: number;
  at: string;
  state?: string;
  totals?: Total[];
  cash?: CashCount[];
  expected?: Record<string, number>;
  cheques?: string[];
  kept_back?: KeptBack[];
  books?: string[];
  vouchers?: number;
  counts?: Count[];
  acceptance?: Acceptance | null;
  returned?: string;
  day?: string | null;
}

export interface DepositAccepted {
  deposit: string;
  count: string;
  variances?: Variance[];
  note?: string;
  totals_only?: boolean;
}

export interface DepositCounted {
  deposit: string;
  name: string;
  round: 1 | 2;
  cash: CashCount[];
  cheques?: CountedCheque[];
  declaration?: EntryTexts | null;
}

export interface DepositDeclared {
  name: string;
  count: number;
  totals: Total[];
  cash?: CashCount[];
  kept_back?: KeptBack[];
  books?: string[];
}

export interface DepositReturned {
  deposit: string;
  reason: string;
}

export interface DepositView {
  deposit: Deposit;
  collector: User | null;
  cheques?: ChequeHeld[];
  vouchers?: Voucher[];
}

export interface DepositWaiting {
  id: string;
  name: string;
  collector: string;
  branch: string;
  at: string;
  instruments: number;
  state?: string;
}

export interface Device {
  id: string;
  code: string;
  purpose: string;
  user: string;
  branch: string;
  public_key: string;
  key: string;
  state?: string;
  installed?: boolean;
  persisted?: boolean;
  forked?: boolean;
  deposits?: number;
  visit?: string;
  since?: string;
  grant?: Grant | null;
  missing?: Record<string, string[]>;
}

export interface DeviceEnrolled {
  device: string;
  code: string;
  purpose: "desk" | "phone" | "server";
  user: string;
  branch: string;
  public_key: string;
  key: string;
  app?: string;
  installed?: boolean;
  persisted?: boolean;
}

export interface DeviceLogin {
  device: string;
  challenge: string;
  sig: string;
}

export interface DeviceRevoked {
  device: string;
  state: "lost" | "retired" | "revoked";
  reason: string;
  seq?: number;
}

export interface DeviceRow {
  device: Device;
  user?: User | null;
  seq?: number;
  last_contact?: string;
  unsent?: number;
  oldest_unsent?: string;
  unsent_totals?: Total[];
  app?: string;
  books?: Book[];
  silent?: boolean;
  lost?: number;
  control?: string[];
}

export interface Difference {
  amount: number;
  item?: string;
  number?: string;
  reason?: string;
}

export interface Dispute {
  id: string;
  customer: string;
  by: string;
  item: string;
  currency: string;
  amount: number;
  reason: string;
  at: string;
  note?: string;
  photos?: string[];
  visit?: string;
  state?: string;
}

export interface DisputeRaised {
  customer: string;
  item: string;
  currency: string;
  amount: number;
  reason: "already_paid" | "amount" | "damaged" | "discount" | "documents_missing" | "duplicate" | "no_order" | "not_received" | "other" | "price" | "quantity" | "returned" | "service" | "tax" | "terms";
  note?: string;
  photos?: string[];
  visit?: string;
}

export interface EInvoice {
  uuid: string;
  long_id?: string;
  state?: "cancelled" | "rejected" | "submitted" | "valid";
}

export interface Enrol {
  public_key: string;
  app?: string;
  installed?: boolean;
  persisted?: boolean;
}

export interface Enrolled {
  device: Device;
  user: User | null;
  company: Company;
  keys: ServerKey[];
  epoch: string;
  release_key: string;
  session: Session | null;
}

export interface EnrolmentPeek {
  company: string;
  company_ar: string;
  name: string;
  name_ar: string;
  purpose: string;
  require_installed: boolean;
}

export interface EntryOnWire {
  envelope: unknown;
  body: unknown;
  sig: string;
}

export interface EntryTexts {
  envelope: string;
  body: string;
  sig: string;
}

export interface Envelope {
  v: number;
  company: string;
  device: string;
  seq: number;
  prev: string;
  by: string;
  at: string;
  kind: string;
  id: string;
  body_hash: string;
}

export interface EpochBegan {
  epoch: number;
  restored_position: number;
  restored_h: string;
  backup_at?: string;
}

export interface Exchange {
  base: string;
  rate: string;
  value: number;
  source?: string;
}

export interface FlagRow {
  position: number;
  device: string;
  seq: number;
  kind: string;
  at: string;
  received_at: string;
  by: string;
  verdict: string;
  flags: string[];
  code?: string;
  name?: string;
  name_ar?: string;
  number?: string;
  customer?: string;
  customer_ar?: string;
}

export interface Grant {
  envelope: string;
  body: string;
  sig: string;
}

export interface GrantRefused {
  index: number;
  why: string;
}

export interface GrantReturned {
  grant: Grant;
}

export interface GrantsReturned {
  restored: number;
  known: number;
  refused?: GrantRefused[];
}

export interface Happening {
  position: number;
  at: string;
  kind: string;
  by: string;
  name?: string;
  name_ar?: string;
  number?: string;
  customer?: string;
  customer_ar?: string;
  amounts?: Total[];
  flags?: string[];
  verdict?: string;
  along?: Along[];
}

export interface Head {
  device: string;
  seq: number;
  hash: string;
  carrier?: string;
  missing?: [number, number][];
  manifest?: Manifest;
  app?: string;
  installed?: boolean;
  persisted?: boolean;
  office_seq?: number;
  control?: string[];
}

export interface HoleRecorded {
  device: string;
  first: number;
  last: number;
  numbers?: string[];
}

export interface ImportReport {
  file: string;
  encoding: string;
  delimiter: string;
  columns: Record<string, string>;
  rows: number;
  new: number;
  changed: number;
  same: number;
  rejected: RejectedRow[];
  dry_run?: boolean;
  entries?: number;
}

export interface Item {
  id: string;
  customer: string;
  number: string;
  currency: string;
  date: string;
  due: string;
  original: number;
  kind?: string;
  settlements?: Settlement[];
  collected?: number;
  open?: number;
  note?: string;
  to_deliver?: boolean;
  delivered?: string;
  delivered_to?: string;
  einvoice?: EInvoice | null;
}

export interface ItemAnswer {
  item: string;
  answer: "absent" | "closed" | "collected" | "disputed" | "other" | "promised" | "refused" | "unsafe" | "wrong_address";
  reason?: string;
}

export interface ItemDelivered {
  customer: string;
  item: string;
  signer?: string;
  visit?: string;
}

export interface ItemsUpserted {
  items: StatedItem[];
  source?: string;
}

export interface Judged {
  entry: string;
  device: string;
  seq: number;
  hash: string;
  decision: "reject" | "release";
  reason: string;
  duplicate_of?: string;
  envelope?: string;
  body?: string;
}

export interface Judgement {
  entry: string;
  by: string;
  at: string;
  decision: string;
  reason: string;
  duplicate_of?: string;
}

export interface KeptBack {
  receipt: string;
  tender: number;
  reason: string;
}

export interface Login {
  login: string;
  password: string;
}

export interface Manifest {
  unsent?: number;
  oldest_at?: string;
  totals?: Total[];
}

export interface MissingRow {
  missing: MissingVoucher;
  customer: Customer | null;
  collector: User | null;
}

export interface MissingVoucher {
  id: string;
  device: string;
  seq: number;
  hash: string;
  collector: string;
  number: string;
  date: string;
  customer_code: string;
  totals: Total[];
  code: string;
  reported_at: string;
  state?: string;
  voucher?: string;
}

export interface Moved {
  customer: string;
  to: string;
  reason: string;
  note?: string;
}

export interface Notes {
  value: number;
  count: number;
}

export interface Notice {
  id: string;
  voucher: string;
  what: string;
  customer: string;
  at: string;
  ways: Telling[];
  state?: string;
}

export interface NotifyWay {
  channel: "email" | "message";
  on: boolean;
  able: boolean;
  waiting?: number;
  since?: string;
  trouble?: string;
}

export interface NotifyWish {
  channels: ("email" | "message")[];
  hours?: number;
}

export interface Notifying {
  ways: NotifyWay[];
  hours: number;
}

export interface Outcome {
  seq: number;
  position: number;
  verdict: string;
  flags?: string[];
}

export interface Page {
  rows: CustomerRow[];
  total: number;
}

export interface Paper {
  kind: string;
  expires: string;
  number?: string;
}

export interface Person {
  id: string;
  name: string;
  name_ar: string;
  role: string;
  branch: string;
}

export interface PhoneKey {
  id: string;
  code: string;
  user: string;
  branch: string;
  public_key: string;
  state?: string;
}

export interface Plan {
  id: string;
  user: string;
  day: string;
  stops: string[];
  moved?: Moved[];
  brought?: string[];
}

export interface PlanSet {
  user: string;
  day: string;
  stops: string[];
}

export interface PlanView {
  plan: Plan;
  portfolio: CustomerRow[];
}

export interface PlanWish {
  stops: string[];
}

export interface Policy {
  require_installed?: boolean;
  cash_limit?: number;
  unsent_hours?: number;
  silent_hours?: number;
  book_leaves?: number;
  cheque_stale_days?: number;
  banks?: [string, string, string][];
  receipt_limit?: number;
  cash_age_days?: number;
  cash_ceiling?: number;
  blocks?: ("age" | "cash" | "receipt" | "unsent")[];
  discount_limit?: number;
  rates?: StatedRate[];
  promise_grace_days?: number;
  notify?: ("email" | "message")[];
  notify_hours?: number;
  cheque_photos?: boolean;
}

export interface PolicyView {
  currency: string;
  policy: Policy;
}

export interface PolicyWish {
  policy: Policy;
  was?: Policy | null;
}

export interface Position {
  lat: number;
  lon: number;
  accuracy?: number;
}

export interface ProblemDocument {
  type: string;
  title: string;
  status: number;
  code: string;
  detail?: string;
  facts?: Record<string, unknown>;
}

export interface PromiseBroken {
  promise: string;
}

export interface PromiseMade {
  customer: string;
  currency: string;
  amount: number;
  date: string;
  means?: "cash" | "cheque" | "transfer";
  items?: string[];
  visit?: string;
  note?: string;
}

export interface PromiseRow {
  promise: PromiseToPay;
  customer?: Customer | null;
  collector?: User | null;
  items?: Item[];
}

export interface PromiseToPay {
  id: string;
  customer: string;
  by: string;
  currency: string;
  amount: number;
  date: string;
  at: string;
  means?: string;
  items?: string[];
  visit?: string;
  note?: string;
  state?: string;
  kept?: Record<string, number>;
}

export interface ProofRow {
  what: string;
  id: string;
  at: string;
  currency: string;
  amount: number;
  number?: string;
  customer?: Customer | null;
  collector?: User | null;
  photos?: string[];
  reason?: string;
  note?: string;
  voucher?: string;
  bank?: string;
  due?: string | null;
  missing?: boolean;
}

export interface PublicKey {
  key: string;
  use: string;
  spki: string;
  retired?: boolean;
}

export interface PullReply {
  epoch: string;
  cursor: string;
  position: number;
  more: boolean;
  changes?: Change[];
  reload?: boolean;
  tables?: Table[];
}

export interface Push {
  head: string;
  entries: EntryOnWire[];
  sig?: string;
}

export interface PushReply {
  outcomes: Outcome[];
  acked: Acked;
  epoch: string;
  server_time: string;
  receipt: string;
  device_state?: string;
}

export interface RebuildWish {
  cheques?: Cheque[];
  note?: string;
}

export interface ReceiptIssued {
  customer: string;
  book: string;
  leaf: number;
  number: string;
  currency: string;
  tenders: (Cash | Cheque)[];
  allocations?: Allocation[];
  on_account?: number;
  visit?: string;
  position?: Position | null;
  signature?: string;
  unsigned_reason?: string;
  salt?: string;
  deductions?: Deduction[];
}

export interface ReceiptReversed {
  receipt: string;
  reason: "customer_withdrew" | "misprint" | "other" | "wrong_amount" | "wrong_customer" | "wrong_method";
  request?: string;
  note?: string;
}

export interface ReceiptVoided {
  receipt: string;
  reason: "customer_withdrew" | "misprint" | "other" | "wrong_amount" | "wrong_customer" | "wrong_method";
  request?: string;
  note?: string;
  paper?: "none_given" | "not_recovered" | "recovered";
}

export interface RejectedRow {
  line: number;
  column: string;
  value: string;
  code: string;
  text: string;
}

export interface ReleaseGiven {
  device: string;
  purpose: "limit" | "wipe";
  challenge: string;
}

export interface ReleaseMade {
  challenge: string;
  code: string;
}

export interface ReleaseUsed {
  purpose: "limit" | "wipe";
  challenge: string;
}

export interface ReleaseWish {
  purpose: string;
  challenge: string;
}

export interface RescueFile {
  v: number;
  company: string;
  device: string;
  key: string;
  epk: string;
  iv: string;
  sealed: string;
}

export interface Rescued {
  device: string;
  pushes: RescuedPush[];
}

export interface RescuedPush {
  device: string;
  entries: number;
  new?: number;
  verdicts?: Record<string, number>;
  acked?: number;
  problem?: string;
  facts?: Record<string, unknown>;
  code?: string;
  name?: string;
  name_ar?: string;
  vouchers?: RescuedVoucher[];
}

export interface RescuedVoucher {
  number: string;
  at: string;
  verdict: string;
  flags?: string[];
  totals?: Total[];
}

export interface RevokeWish {
  reason: string;
  state?: string;
}

export interface Safe {
  id: string;
  branch: string;
  cash?: Record<string, number>;
  cheques?: Record<string, number>;
  cheque_count?: number;
}

export interface ServerKey {
  id: string;
  use: string;
  spki: string;
  retired?: boolean;
}

export interface Session {
  token: string;
  expires_at: string;
  user: User;
  company: Company;
}

export interface Settlement {
  date: string;
  amount: number;
  reference?: string;
}

export interface StatedCustomer {
  customer: string;
  code: string;
  name: string;
  currency: string;
  name_ar?: string;
  phone?: string;
  address?: string;
  area?: string;
  lat?: number | null;
  lon?: number | null;
  credit_limit?: number;
  papers?: Paper[];
  accounts?: BankAccount[];
  standing?: "legal" | "normal" | "suspended" | "watch";
  bounced?: number;
  email?: string;
  language?: "" | "ar" | "en";
}

export interface StatedItem {
  item: string;
  customer: string;
  number: string;
  currency: string;
  date: string;
  due: string;
  original: number;
  kind?: "credit_note" | "instalment" | "invoice" | "opening" | "returned_cheque";
  settlements?: Settlement[];
  note?: string;
  to_deliver?: boolean;
  einvoice?: EInvoice | null;
}

export interface StatedRate {
  base: string;
  quote: string;
  rate: string;
  since: string;
  source?: string;
}

export interface StopMoved {
  customer: string;
  day: string;
  to: string;
  reason: string;
  note?: string;
}

export interface Suspended {
  id: string;
  device: string;
  seq: number;
  hash: string;
  kind: string;
  by: string;
  at: string;
  received_at: string;
  flags: string[];
  voucher?: string;
  amounts?: Record<string, number>;
  state?: string;
  judgement?: Judgement | null;
  deposit?: string;
}

export interface SuspendedRow {
  held: Suspended;
  voucher: Voucher | null;
  customer: Customer | null;
  collector: User | null;
  code?: string;
  repeats?: Voucher[];
}

export interface SuspenseDecision {
  reason: string;
  duplicate_of?: string;
}

export interface Table {
  type: string;
  fields: string[];
  columns: unknown[][];
}

export interface Target {
  id: string;
  user: string;
  month: string;
  currency: string;
  amount: number;
  visits?: number;
}

export interface TargetSet {
  user: string;
  month: string;
  currency: string;
  amount: number;
  visits?: number;
}

export interface TargetWish {
  currency: string;
  amount: number;
  visits?: number;
}

export interface Telling {
  channel: string;
  outcome?: string;
  reason?: string;
  at?: string;
  tries?: number;
}

export interface Total {
  currency: string;
  method: string;
  count: number;
  amount: number;
}

export interface User {
  id: string;
  login: string;
  name: string;
  name_ar: string;
  role: string;
  branch: string;
  active?: boolean;
}

export interface UserEnrolled {
  user: string;
  login: string;
  name: string;
  name_ar: string;
  role: "administrator" | "cashier" | "collector" | "supervisor";
  branch: string;
}

export interface UserRevoked {
  user: string;
  reason: string;
}

export interface UserRow {
  user: User;
  devices?: Device[];
  customers?: number;
}

export interface UserWish {
  login: string;
  name: string;
  name_ar: string;
  role: string;
  branch: string;
  user?: string;
  password?: string;
}

export interface Variance {
  currency: string;
  amount: number;
  reason: string;
  note?: string;
}

export interface Verified {
  status: string;
  company?: string;
  company_ar?: string;
  number?: string;
  date?: string;
  customer_code?: string;
  totals?: Total[];
  can_report?: boolean;
  reported?: boolean;
}

export interface VerifyWish {
  payload: string;
}

export interface Visit {
  id: string;
  customer: string;
  user: string;
  device: string;
  day: string;
  started_at: string;
  planned?: boolean;
  ended_at?: string;
  outcome?: string;
  note?: string;
  next_date?: string | null;
  position?: Position | null;
  vouchers?: string[];
  no_position?: string;
  colleagues?: string[];
  answers?: ItemAnswer[];
  reason?: string;
  next_action?: string;
}

export interface VisitEnded {
  visit: string;
  outcome: "absent" | "closed" | "collected" | "disputed" | "other" | "promised" | "refused" | "unsafe" | "wrong_address";
  note?: string;
  next_date?: string | null;
  answers?: ItemAnswer[];
  reason?: string;
  next_action?: string;
}

export interface VisitJoined {
  visit: string;
  colleagues: string[];
}

export interface VisitStarted {
  customer: string;
  planned?: boolean;
  position?: Position | null;
  no_position?: string;
  colleagues?: string[];
}

export interface VoidApproved {
  request: string;
  receipt: string;
  note?: string;
}

export interface VoidAsked {
  request: string;
  reason: string;
  at: string;
  by: string;
  note?: string;
  state?: string;
  decided_by?: string;
}

export interface VoidRefused {
  request: string;
  receipt: string;
  note?: string;
}

export interface VoidRequest {
  voucher: Voucher;
  customer: Customer | null;
  collector: User | null;
  can_void: boolean;
}

export interface VoidRequested {
  receipt: string;
  reason: "customer_withdrew" | "misprint" | "other" | "wrong_amount" | "wrong_customer" | "wrong_method";
  note?: string;
}

export interface Voucher {
  id: string;
  number: string;
  book: string;
  leaf: number;
  customer: string;
  device: string;
  seq: number;
  by: string;
  at: string;
  currency: string;
  tenders: (Cash | Cheque)[];
  allocations?: Allocation[];
  taken?: Allocation[];
  on_account?: number;
  visit?: string;
  day?: string | null;
  verdict?: string;
  flags?: string[];
  state?: string;
  printed?: number;
  shared?: boolean;
  shown?: boolean;
  qr?: string;
  deposit?: string;
  void?: VoidAsked | null;
  signature?: string;
  unsigned_reason?: string;
  voided_at?: string;
  void_reason?: string;
  void_confirmed?: boolean;
  suspense?: string;
  repeats?: string;
  judgement?: Judgement | null;
  rebuilt?: string;
  deductions?: Deduction[];
  promises?: string[];
  photos?: string[];
  photographed?: number[];
}

export interface VoucherPrinted {
  receipt: string;
  copy: number;
  printer?: string;
}

export interface VoucherRebuilt {
  payload: string;
  sig: string;
  tenders: (Cash | Cheque)[];
  customer?: string;
  filled?: string;
  note?: string;
}

export interface VoucherReported {
  payload: string;
  sig: string;
}

export interface VoucherShared {
  receipt: string;
  how?: string;
}

export interface VoucherShown {
  receipt: string;
  qr?: string;
}

export interface Bodies {
  company_set_up: CompanySetUp;
  chain_started: ChainStarted;
  hole_recorded: HoleRecorded;
  epoch_began: EpochBegan;
  grant_returned: GrantReturned;
  user_enrolled: UserEnrolled;
  user_revoked: UserRevoked;
  device_enrolled: DeviceEnrolled;
  device_revoked: DeviceRevoked;
  release_given: ReleaseGiven;
  release_used: ReleaseUsed;
  customers_upserted: CustomersUpserted;
  items_upserted: ItemsUpserted;
  customers_assigned: CustomersAssigned;
  book_assigned: BookAssigned;
  book_accepted: BookAccepted;
  book_closed: BookClosed;
  plan_set: PlanSet;
  visit_started: VisitStarted;
  visit_joined: VisitJoined;
  visit_ended: VisitEnded;
  receipt_issued: ReceiptIssued;
  voucher_shown: VoucherShown;
  voucher_printed: VoucherPrinted;
  voucher_shared: VoucherShared;
  void_requested: VoidRequested;
  void_approved: VoidApproved;
  void_refused: VoidRefused;
  receipt_voided: ReceiptVoided;
  receipt_reversed: ReceiptReversed;
  deposit_declared: DepositDeclared;
  deposit_counted: DepositCounted;
  deposit_accepted: DepositAccepted;
  deposit_returned: DepositReturned;
  judged: Judged;
  voucher_reported: VoucherReported;
  voucher_rebuilt: VoucherRebuilt;
  cheque_photographed: ChequePhotographed;
  stop_moved: StopMoved;
  target_set: TargetSet;
  day_closed: DayClosed;
  promise_made: PromiseMade;
  promise_broken: PromiseBroken;
  dispute_raised: DisputeRaised;
  contact_logged: ContactLogged;
  balance_confirmed: BalanceConfirmed;
  item_delivered: ItemDelivered;
  case_opened: CaseOpened;
  case_answered: CaseAnswered;
  customer_notified: CustomerNotified;
}

export type Kind = keyof Bodies;

export interface Documents {
  company: Company;
  server_key: ServerKey;
  user: User;
  person: Person;
  device: Device;
  customer: Customer;
  item: Item;
  plan: Plan;
  visit: Visit;
  book: Book;
  voucher: Voucher;
  cheque: ChequeHeld;
  custody: Custody;
  deposit: Deposit;
  deposit_waiting: DepositWaiting;
  phone_key: PhoneKey;
  safe: Safe;
  suspended: Suspended;
  missing_voucher: MissingVoucher;
  promise: PromiseToPay;
  dispute: Dispute;
  contact: Contact;
  confirmation: Confirmation;
  case: Case;
  target: Target;
  day_report: DayReport;
  notice: Notice;
}

export type DocumentType = keyof Documents;

export const VERDICTS = [
  "accepted",
  "review",
  "refused",
] as const;

export type Verdict = (typeof VERDICTS)[number];

export const FLAGS = [
  "unjudged",
  "body_mismatch",
  "bad_signature",
  "fork",
  "device_revoked",
  "device_lost",
  "number_blacklisted",
  "number_repeated",
  "id_repeated",
  "number_outside_book",
  "book_not_held",
  "totals_differ",
  "declaration_awaited",
  "not_matched",
  "not_the_writer",
  "kind_not_allowed",
  "maker_is_checker",
  "receipt_unknown",
  "receipt_not_ours",
  "receipt_already_voided",
  "void_needs_approval",
  "void_after_count",
  "request_unknown",
  "request_already_decided",
  "deposit_unknown",
  "deposit_already_decided",
  "collected_by_counter",
  "other_branch",
  "count_unknown",
  "recount_used",
  "customer_unknown",
  "user_unknown",
  "device_unknown",
  "book_unknown",
  "book_range_overlaps",
  "visit_unknown",
  "epoch_not_new",
  "grant_unreadable",
  "grant_known",
  "code_unreadable",
  "already_reported",
  "not_reported",
  "not_in_suspense",
  "not_a_duplicate",
  "promise_unknown",
  "case_unknown",
  "voucher_missing",
  "unknown_fields",
  "clock_ahead",
  "clock_corrected",
  "late",
  "customer_not_assigned",
  "number_out_of_order",
  "item_unknown",
  "over_allocated",
  "visit_not_open",
  "cheque_repeated",
  "third_party_cheque",
  "cheque_stale",
  "declared_differs",
  "custody_negative",
  "cash_short",
  "cash_over",
  "paper_missing",
  "paper_not_declared",
  "variance_differs",
  "exchange_miscounted",
  "rate_differs",
  "proof_missing",
  "discount_over_limit",
  "receipt_over_limit",
  "cash_over_limit",
  "cash_over_ceiling",
  "words_differ",
  "item_cancelled",
  "dispute_over_item",
  "balance_differs",
  "incident",
] as const;

export type Flag = (typeof FLAGS)[number];

export const PROBLEMS = [
  "malformed",
  "too_large",
  "entry_too_large",
  "wrong_company",
  "device_unknown",
  "bad_signature",
  "gap",
  "quota_reached",
  "not_logged_in",
  "wrong_password",
  "too_many_tries",
  "not_allowed",
  "maker_is_checker",
  "not_found",
  "code_unknown",
  "code_used",
  "code_expired",
  "hash_mismatch",
  "seal_key_unknown",
  "file_damaged",
  "not_named",
  "still_blind",
  "already_decided",
  "refused",
  "busy",
  "unexpected",
] as const;

export type Problem = (typeof PROBLEMS)[number];
