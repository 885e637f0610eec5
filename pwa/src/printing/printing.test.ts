import { afterEach, describe, expect, it, vi } from 'vitest';

import { set_digits, set_language } from '../text';
import type { Company, Voucher } from '../wire/types';
import { type Block, voucher_page } from './page';
import { keep_printer, printer } from './printer';
import { rawbt } from './rawbt';
import { serial } from './serial';
import { PrinterTrouble, within } from './transport';

const VOUCHER = {
  id: 'r1',
  number: 'CAI-000874',
  at: '2026-11-22T10:07:00+02:00',
  currency: 'EGP',
  tenders: [
    { method: 'cash', currency: 'EGP', amount: 835_050 },
    { method: 'cheque', currency: 'EGP', amount: 1_200_000, bank: 'CIB', number: '00418827', due: '2027-01-15', drawer: 'حسن' },
  ],
  allocations: [{ item: 'i1', amount: 2_000_000 }],
  on_account: 35_050,
  qr: 'S1.x.y',
} as unknown as Voucher;
const COMPANY = {
  name: 'Green Delta',
  name_ar: 'دلتا الخضراء',
  address: 'https://sanad.example',
  policy: { banks: [['CIB', 'Commercial International Bank', 'البنك التجاري الدولي']] },
} as unknown as Company;
const PAPER = {
  voucher: VOUCHER,
  company: COMPANY,
  customer: { name: 'El Baraka', name_ar: 'سوبر ماركت البركة', code: 'C-10482' },
  collector: { name: 'Mahmoud', name_ar: 'محمود' },
  item_number: () => 'INV-22391',
};
const words = (blocks: readonly Block[]): string =>
  blocks
    .map((block) => {
      if (block.kind === 'pair') return `${block.label} = ${block.amount}`;
      if (block.kind === 'rule') return '---';
      return typeof block.text === 'string' ? block.text : `[${block.kind}] ${block.text.ar} | ${block.text.en}`;
    })
    .join('\n');

afterEach(() => {
  set_language('en');
  set_digits('latin');
  localStorage.clear();
});

describe('the page of a voucher', () => {
  it('has its tenders, what they paid, and both languages', () => {
    const said = words(voucher_page(PAPER));
    expect(said).toContain('نقدًا · Cash = 8,350.50');
    expect(said).toContain('شيك · Cheque 00418827 = 12,000.00');
    expect(said).toContain('البنك التجاري الدولي · استحقاق 15/01/2027');
    expect(said).toContain('Commercial International Bank · due 15/01/2027');
    expect(said.match(/حسن/g)).toHaveLength(1);
    expect(said).toContain('INV-22391 = 20,000.00');
    expect(said).toContain('رصيد للعميل · On account = 350.50');
    expect(said).toContain('https://sanad.example/verify#S1.x.y');
  });

  it('is the same whatever the screen speaks, with Latin digits', () => {
    const english = voucher_page({ ...PAPER, copy: 12 });
    set_language('ar');
    set_digits('arabic');
    const arabic = words(voucher_page({ ...PAPER, copy: 12 }));
    // Names may be isolated from their neighbours; the signs for that print nothing.
    const bare = (text: string): string => text.replace(/[\u2068\u2069]/g, '');
    expect(bare(arabic)).toBe(bare(words(english)));
    expect(arabic).not.toMatch(/[\u0660-\u0669]/);
  });

  it.each([
    [undefined, null],
    [1, null],
    [2, '[band] نسخة 2 | COPY 2'],
    [11, '[band] نسخة 11 | COPY 11'],
  ])('of print %s has the band %s', (copy, band) => {
    const said = words(voucher_page(copy === undefined ? PAPER : { ...PAPER, copy }));
    if (band === null) expect(said).not.toContain('[band]');
    else expect(said).toContain(band);
  });

  it('of a voided voucher says so above and below, and its sum is struck out', () => {
    const blocks = voucher_page({ ...PAPER, voucher: { ...VOUCHER, state: 'voided' } });
    expect(words(blocks).match(/\[band\] ملغى \| VOID/g)).toHaveLength(2);
    expect(blocks.filter((block) => block.kind === 'line' && block.struck)).toHaveLength(1);
  });

  it('names the currency of an amount that is not the voucher’s', () => {
    const tenders = [{ method: 'cash', currency: 'USD', amount: 10_000 } as const];
    expect(words(voucher_page({ ...PAPER, voucher: { ...VOUCHER, tenders } }))).toMatch(/Cash = USD\u00a0100\.00/);
  });
});

describe('the printer of this phone', () => {
  it('is the print dialog and 80 mm until somebody chooses, and is remembered', () => {
    expect(printer()).toEqual({ way: 'dialog', paper: 80 });
    keep_printer({ way: 'serial', paper: 58 });
    expect(printer()).toEqual({ way: 'serial', paper: 58 });
  });

  it.each(['', '{', 'null', '[]', '{"way":"fax","paper":57}'])('is the dialog when %j is kept', (kept) => {
    localStorage.setItem('sanad.printer', kept);
    expect(printer()).toEqual({ way: 'dialog', paper: 80 });
  });
});

describe('a way to a printer', () => {
  it('says that it is not there instead of hanging', async () => {
    vi.useFakeTimers();
    const waiting = within(1000, 'not_reached', new Promise(() => undefined));
    const said = expect(waiting).rejects.toMatchObject({ trouble: 'not_reached' });
    await vi.advanceTimersByTimeAsync(1000);
    await said;
    vi.useRealTimers();
  });

  it('is not available in a browser that has none', async () => {
    expect([rawbt.available(), serial.available()]).toEqual([false, false]);
    await expect(serial.open()).rejects.toBeInstanceOf(PrinterTrouble);
  });

  it('hands RawBT no link that Android would drop', async () => {
    const line = await rawbt.open();
    await expect(line.send(new Uint8Array(400_000))).rejects.toMatchObject({ trouble: 'too_long' });
  });
});
