/** The voucher as a picture to send: both languages, the amount in both words, no copy number (a sent image never has one). */
import { format_amount } from '../../ledger/money';
import { amount_in_words } from '../../ledger/words';
import { qr_modules, verify_link } from '../../parts/qr';
import { date_text, say, stamp_text } from '../../text';
import type { Company, Voucher } from '../../wire/types';

const WIDTH = 720;
const MARGIN = 40;

export interface Pictured {
  voucher: Voucher;
  company: Company;
  customer: { name: string; name_ar?: string; code: string };
  collector: { name: string; name_ar: string };
  item_number: (item: string) => string;
  bank_name: (bank: string) => string;
}

/** A token of the theme. The paper is light in every theme. */
function token(name: string): string {
  return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
}

export async function voucher_picture({ voucher, company, customer, collector, item_number, bank_name }: Pictured): Promise<Blob> {
  const canvas = document.createElement('canvas');
  const context = canvas.getContext('2d');
  if (!context) throw new Error('no canvas');
  const ink = token('--paper-ink');
  const ink_2 = token('--paper-ink-2');
  const family = token('--font');
  const serial = token('--font-serial');
  await document.fonts.ready;

  // Drawn twice: once to find the height, once for the picture.
  const draw = (really: boolean): number => {
    let y = MARGIN;
    const font = (size: number, bold: boolean, face = family): void => {
      context.font = `${bold ? 700 : 400} ${size}px ${face}`;
    };
    const line = (text: string, place: 'centre' | 'start' | 'end', rtl: boolean, colour = ink): void => {
      context.direction = rtl ? 'rtl' : 'ltr';
      context.fillStyle = colour;
      const at_left = (place === 'start') !== rtl;
      context.textAlign = place === 'centre' ? 'center' : at_left ? 'left' : 'right';
      if (really) context.fillText(text, place === 'centre' ? WIDTH / 2 : at_left ? MARGIN : WIDTH - MARGIN, y);
    };
    const down = (by: number): void => {
      y += by;
    };
    const wrapped = (text: string, size: number, place: 'centre' | 'start', rtl: boolean, colour = ink, bold = false): void => {
      font(size, bold);
      let row = '';
      for (const word of text.split(' ')) {
        const longer = row ? `${row} ${word}` : word;
        if (context.measureText(longer).width > WIDTH - 2 * MARGIN && row) {
          down(size * 1.5);
          line(row, place, rtl, colour);
          row = word;
        } else row = longer;
      }
      down(size * 1.5);
      line(row, place, rtl, colour);
    };
    const rule = (): void => {
      down(22);
      if (really) {
        context.strokeStyle = token('--paper-line');
        context.lineWidth = 2;
        context.setLineDash([10, 8]);
        context.beginPath();
        context.moveTo(MARGIN, y);
        context.lineTo(WIDTH - MARGIN, y);
        context.stroke();
      }
      down(4);
    };
    const row = (label: string, amount: number, bold: boolean): void => {
      down(38);
      font(25, false);
      line(label, 'start', true, ink_2);
      font(25, bold);
      line(format_amount(amount, voucher.currency, { language: 'ar', number_only: true }), 'start', false);
    };

    wrapped(company.name_ar, 34, 'centre', true, ink, true);
    wrapped(company.name, 24, 'centre', false, ink_2);
    wrapped(`${say('ar', 'paper.title')}  ·  ${say('en', 'paper.title')}`, 28, 'centre', true, ink, true);
    if (voucher.state === 'voided') wrapped(`${say('ar', 'paper.voided')} · ${say('en', 'paper.voided')}`, 34, 'centre', true, token('--numbering'), true);
    down(62);
    font(52, true, serial);
    line(voucher.number, 'centre', false, token('--numbering'));
    wrapped(stamp_text(voucher.at), 24, 'centre', false, ink_2);
    rule();
    wrapped(`${say('ar', 'paper.received_from')} · ${say('en', 'paper.received_from')}`, 22, 'start', true, ink_2);
    wrapped(customer.name_ar ? customer.name_ar : customer.name, 32, 'start', true, ink, true);
    if (customer.name_ar && customer.name !== customer.name_ar) wrapped(customer.name, 24, 'start', false, ink_2);
    wrapped(customer.code, 24, 'start', true, ink_2);
    const total = voucher.tenders.reduce((sum, { amount }) => sum + amount, 0);
    wrapped(format_amount(total, voucher.currency, { language: 'ar' }), 56, 'centre', true, ink, true);
    down(16);
    wrapped(amount_in_words(total, voucher.currency, { language: 'ar' }), 26, 'start', true);
    wrapped(amount_in_words(total, voucher.currency, { language: 'en' }), 23, 'start', false, ink_2);
    rule();
    for (const tender of voucher.tenders) {
      row(tender.method === 'cash' ? `${say('ar', 'paper.cash')} · ${say('en', 'paper.cash')}` : say('ar', 'paper.cheque', { number: tender.number }), tender.amount, true);
      if (tender.method === 'cheque') wrapped([bank_name(tender.bank), say('ar', 'paper.cheque_due', { date: date_text(tender.due, 'table') }), tender.drawer ?? ''].filter(Boolean).join(' · '), 22, 'start', true, ink_2);
    }
    rule();
    for (const { item, amount } of voucher.allocations ?? []) row(item_number(item), amount, false);
    if (voucher.on_account) row(`${say('ar', 'paper.on_account')} · ${say('en', 'paper.on_account')}`, voucher.on_account, false);
    if (voucher.tenders.some(({ method }) => method === 'cheque')) wrapped(say('ar', 'paper.cheque_note'), 22, 'start', true, ink_2);
    if (voucher.qr) {
      const { size, path } = qr_modules(verify_link(voucher.qr, company.address));
      const module = Math.max(4, Math.floor(420 / size)); // whole pixels, or readers lose their footing
      down(24);
      if (really) {
        context.save();
        context.translate(Math.round((WIDTH - size * module) / 2), y);
        context.scale(module, module);
        context.fillStyle = 'white';
        context.fillRect(0, 0, size, size);
        context.fillStyle = 'black';
        context.fill(new Path2D(path));
        context.restore();
      }
      down(size * module);
      wrapped(`${say('ar', 'paper.scan')} · ${say('en', 'paper.scan')}`, 22, 'centre', true, ink_2);
    }
    rule();
    wrapped(`${say('ar', 'paper.collector', { name: collector.name_ar })} · ${collector.name}`, 22, 'start', true, ink_2);
    wrapped(say('ar', 'paper.no_number_no_money'), 22, 'centre', true, ink_2);
    return y + MARGIN;
  };

  canvas.width = WIDTH;
  canvas.height = 10;
  canvas.height = Math.ceil(draw(false)); // Setting a size empties the canvas and forgets its fonts; drawing sets them anew.
  context.fillStyle = token('--paper');
  context.fillRect(0, 0, canvas.width, canvas.height);
  draw(true);
  return new Promise((resolve, reject) => {
    canvas.toBlob((blob) => (blob ? resolve(blob) : reject(new Error('no picture'))), 'image/png');
  });
}
