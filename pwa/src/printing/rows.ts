/**
 * What stands on a voucher between its total and its code: what was taken, and what it paid. The screen, the picture, the
 * thermal print and the print dialog all list these rows, so a new kind of row is added here and nowhere else.
 */
import { date_text, say } from '../text';
import type { Allocation, Company, Voucher } from '../wire/types';

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

function both(key: 'paper.cash' | 'money.cheque' | 'paper.cheque_due' | 'paper.on_account', params = {}): Both {
  return { ar: say('ar', key, params), en: say('en', key, params) };
}

function tender_row(tender: Paid, place: number, company: Company | null): Row {
  const { amount, currency } = tender;
  const key = `tender ${place}`;
  if (tender.method === 'cash') return { key, label: both('paper.cash'), amount, currency };
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

export function tender_rows(voucher: Voucher, company: Company | null): Row[] {
  return voucher.tenders.map((tender, place) => tender_row(tender, place, company));
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
