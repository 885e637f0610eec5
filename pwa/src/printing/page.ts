/**
 * A page as a list of blocks, Arabic first and English beside it. One list is painted as the picture to send, as dots for
 * a thermal printer, and set as HTML for the print dialog.
 */
import { format_amount } from '../ledger/money';
import { received } from '../ledger/rates';
import { amount_in_words } from '../ledger/words';
import { verify_link } from '../parts/qr';
import { say, stamp_text } from '../text';
import '../text/printing';
import type { Company, Voucher } from '../wire/types';
import type { Printer } from './printer';
import { type Both, latin, type Row, settled_rows, tender_rows } from './rows';

export type Size = 'small' | 'text' | 'name' | 'head' | 'sum' | 'serial';

export type Block =
  | { kind: 'line'; text: string; language: 'ar' | 'en'; size: Size; at: 'centre' | 'start'; faint?: true; struck?: true }
  | { kind: 'pair'; label: string; amount: string; bold?: true }
  | { kind: 'rule' }
  /** Both languages in a frame (what this paper is), or white on black (what must not be overlooked). */
  | { kind: 'frame' | 'band'; text: Both }
  | { kind: 'code'; text: string; label: string };

export interface Paper {
  voucher: Voucher;
  company: Company;
  customer: { name: string; name_ar?: string; code: string };
  collector: { name: string; name_ar: string };
  item_number: (item: string) => string;
  /** 1 for the original, n for COPY n. A picture to send has none. */
  copy?: number;
}

type PaperKey = Parameters<typeof say>[1];

function both(key: PaperKey, params: Record<string, string> = {}): Both {
  return { ar: say('ar', key, params), en: say('en', key, params) };
}

function beside({ ar, en }: Both): string {
  return ar === en ? ar : `${ar} · ${en}`;
}

function line(text: string, language: 'ar' | 'en', size: Size, at: 'centre' | 'start' = 'start', faint = false): Block {
  return { kind: 'line', text, language, size, at, ...(faint ? { faint } : {}) };
}

function row_blocks({ label, reference, note, typed, amount, currency }: Row, bold: boolean, named: string): Block[] {
  // The currency of the voucher stands with its total; another one must be named where its amount is.
  const figure = currency === named ? format_amount(amount, currency, { language: 'ar', number_only: true }) : format_amount(amount, currency, { language: 'en' });
  const blocks: Block[] = [{ kind: 'pair', label: [beside(label), reference].filter(Boolean).join(' '), amount: figure, ...(bold ? { bold } : {}) }];
  if (note) blocks.push(line(note.ar, 'ar', 'small', 'start', true));
  if (note && note.en !== note.ar) blocks.push(line(note.en, 'en', 'small', 'start', true));
  if (typed) blocks.push(line(typed, 'ar', 'small', 'start', true));
  return blocks;
}

function heading(company: Company): Block[] {
  const names = company.name === company.name_ar ? [] : [line(company.name, 'en', 'text', 'centre', true)];
  return [line(company.name_ar, 'ar', 'head', 'centre'), ...names];
}

export function voucher_page({ voucher, company, customer, collector, item_number, copy }: Paper): Block[] {
  const { currency } = voucher;
  const void_band: Block[] = voucher.state === 'voided' ? [{ kind: 'band', text: both('paper.voided') }] : [];
  const copy_band: Block[] = copy !== undefined && copy > 1 ? [{ kind: 'band', text: both('paper.copy', { n: String(copy) }) }] : [];
  // One sum for each currency: two are never added together.
  const sums = received(voucher.tenders).flatMap(([code, amount]): Block[] => [
    { kind: 'line', text: format_amount(amount, code, { language: 'ar' }), language: 'ar', size: 'sum', at: 'centre', ...(void_band.length > 0 ? { struck: true } : {}) },
    line(amount_in_words(amount, code, { language: 'ar' }), 'ar', 'text'),
    line(amount_in_words(amount, code, { language: 'en' }), 'en', 'small', 'start', true),
  ]);
  const name = customer.name_ar ? customer.name_ar : customer.name;
  const settled = settled_rows(voucher, voucher.allocations ?? [], item_number);
  const cheque_note = both('paper.cheque_note');

  return [
    ...heading(company),
    { kind: 'frame', text: both('paper.title') },
    ...void_band,
    ...copy_band,
    line(voucher.number, 'en', 'serial', 'centre'),
    line(latin(stamp_text(voucher.at)), 'en', 'text', 'centre', true),
    { kind: 'rule' },
    line(beside(both('paper.received_from')), 'ar', 'small', 'start', true),
    line(name, 'ar', 'name'),
    name === customer.name ? line(customer.code, 'ar', 'text', 'start', true) : line(`${customer.name} · ${customer.code}`, 'en', 'text', 'start', true),
    ...sums,
    { kind: 'rule' },
    ...tender_rows(voucher, company).flatMap((row) => row_blocks(row, true, currency)),
    ...(settled.length > 0 ? [{ kind: 'rule' } as const] : []),
    ...settled.flatMap((row) => row_blocks(row, false, currency)),
    ...(voucher.tenders.some(({ method }) => method === 'cheque')
      ? [line(cheque_note.ar, 'ar', 'small', 'start', true), line(cheque_note.en, 'en', 'small', 'start', true)]
      : []),
    ...(voucher.qr ? code(verify_link(voucher.qr, company.address), voucher.number, both('paper.scan')) : []),
    { kind: 'rule' },
    line(beside({ ar: say('ar', 'paper.collector', { name: collector.name_ar || collector.name }), en: collector.name }), 'ar', 'small', 'start', true),
    line(say('ar', 'paper.no_number_no_money'), 'ar', 'small', 'centre', true),
    line(say('en', 'paper.no_number_no_money'), 'en', 'small', 'centre', true),
    ...void_band,
  ];
}

function code(text: string, label: string, below: Both): Block[] {
  return [{ kind: 'code', text, label }, line(below.ar, 'ar', 'small', 'centre', true), line(below.en, 'en', 'small', 'centre', true)];
}

/** What a person prints to see that printer and paper fit: letters that join, figures in a column, edges, a code. */
export function test_page(company: Company, paper: Printer['paper']): Block[] {
  const sample = both('printer.test_line');
  return [
    ...heading(company),
    { kind: 'frame', text: both('printer.test_title') },
    { kind: 'band', text: both('printer.mm', { wide: String(paper) }) },
    line(sample.ar, 'ar', 'text'),
    line(sample.en, 'en', 'text'),
    { kind: 'rule' },
    { kind: 'pair', label: 'CAI-000851', amount: '1,234.50' },
    { kind: 'pair', label: 'CAI-000852', amount: '20,350.00', bold: true },
    ...code(company.address, company.name, both('printer.test_code')),
    { kind: 'rule' },
  ];
}
