/** A page as the bytes of an ESC/POS printer: reset, raster, feed, cut. No text and no code page among them. */
import ReceiptPrinterEncoder from '@point-of-sale/receipt-printer-encoder';

import type { Block } from './page';
import { blacken, paint, thermal_style } from './paint';
import type { Printer } from './printer';

/** Lines that bring the last row past the tear bar. */
const FEED = 4;

export async function thermal_bytes(blocks: readonly Block[], paper: Printer['paper']): Promise<Uint8Array> {
  const canvas = await paint(blocks, thermal_style(paper));
  const { width, height } = canvas;
  // Printers of 58 mm have a tear bar and no cutter, and some of them print a cutter's command as signs.
  const cut = paper === 80;
  const encoder = new ReceiptPrinterEncoder({ language: 'esc-pos', imageMode: 'raster', columns: cut ? 48 : 32 });
  encoder.initialize().image(blacken(canvas), { width, height, algorithm: 'threshold' }).newline(FEED);
  if (cut) encoder.cut('partial');
  return encoder.encode();
}
