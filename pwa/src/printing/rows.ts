/**
 * What stands on a voucher between its total and its code: what was taken, and what it paid. The screen, the picture, the
 * thermal print and the print dialog all list these rows, so a new kind of row is added here and nowhere else.
 */
import { format_amount } from '../ledger/money';
import { exchange_of, settled } from '../ledger/rates';
import { date_text, type Key, say } from '../text';
import type { Allocation, Cash, Company, Voucher } from '../wire/types';

export interface Both {
  ar: string;
  en: string;
}

export interface Row {
  key: string;
  label: Both;
  /** What is named by a number, beside its label: that of a cheque or an invoice. */
  reference?: string;
  /** A second line under the label, where there is one to say. */
  note?: Both;
  /** What a person typed, in whatever language that was. */
  typed?: string;
  /** Minor units. */
  amount: number;
  currency: string;
}

type Paid = Voucher['tenders'][number];

/** A cheque names its bank by the code of the company's list, or as it was typed. */
function bank_of(company: Company | null, code: string): Both {
  const listed = company?.policy.banks?.find(([one]) => one === code);
  return listed ? { en: listed[1], ar: listed[2] } : { en: code, ar: code };
}

/** Paper has Latin digits in both languages, whatever the screen shows. */
export function latin(text: string): string {
  return text.replace(/[\u0660-\u0669]/g, (digit) => String(digit.charCodeAt(0) - 0x0660));
}

function both(key: Key, params = {}): Both {
  return { ar: say('ar', key, params), en: say('en', key, params) };
}

/** Cash in another currency stands at what it pays for, so that the column is of one currency; its rate stands beneath. */
function cash_row(cash: Cash, key: string, home: string): Row {
  const { amount, currency, exchange, received = 0 } = cash;
  const label = both('paper.cash');
  if (exchange) {
    const other = exchange.base === home ? currency : home;
    const text = `${format_amount(amount, currency, { language: 'en' })} · 1 ${exchange.base} = ${exchange.rate} ${other}`;
    return { key, label, note: { ar: text, en: text }, amount: exchange.value, currency: home };
  }
  if (received <= amount) return { key, label, amount, currency };
  const figures = {
    received: format_amount(received, currency, { language: 'en', number_only: true }),
    change: format_amount(received - amount, currency, { language: 'en', number_only: true }),
  };
  return { key, label, note: both('change.said', figures), amount, currency };
}

function tender_row(tender: Paid, place: number, company: Company | null, home: string): Row {
  const { amount, currency } = tender;
  const key = `tender ${place}`;
  if (tender.method === 'cash') return cash_row(tender, key, home);
  const bank = bank_of(company, tender.bank);
  const due = both('paper.cheque_due', { date: latin(date_text(tender.due, 'table')) });
  return {
    key,
    label: both('money.cheque'),
    reference: tender.number,
    note: { ar: `${bank.ar} · ${due.ar}`, en: `${bank.en} · ${due.en}` },
    ...(tender.drawer ? { typed: tender.drawer } : {}),
    amount,
    currency,
  };
}

/** What was handed over and what is deducted; where that is more than one sum says, what it all settles. */
export function tender_rows(voucher: Voucher, company: Company | null): Row[] {
  const { currency, tenders, deductions = [] } = voucher;
  const rows = tenders.map((tender, place) => tender_row(tender, place, company, currency));
  for (const [place, { kind, amount, proof = '' }] of deductions.entries()) {
    rows.push({ key: `deduction ${place}`, label: both(`deduction.${kind}`), ...(proof ? { typed: proof } : {}), amount, currency });
  }
  if (deductions.length > 0 || tenders.some((tender) => exchange_of(tender) !== null)) {
    rows.push({ key: 'settles', label: both('review.settles'), amount: settled(voucher), currency });
  }
  return rows;
}

/** What the voucher paid: `allocations` as the customer wished it, or as the books took it. */
export function settled_rows(voucher: Voucher, allocations: readonly Allocation[], item_number: (item: string) => string): Row[] {
  const { currency } = voucher;
  const rows = allocations.map(({ item, amount }): Row => ({
    key: `item ${item}`,
    label: { ar: '', en: '' },
    reference: item_number(item),
    amount,
    currency,
  }));
  if (voucher.on_account) rows.push({ key: 'on account', label: both('paper.on_account'), amount: voucher.on_account, currency });
  return rows;
}
