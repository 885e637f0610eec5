/** The modules of a QR code as a path of one SVG, with its quiet zone: without it readers fail on cream paper. */
import qrcode from 'qrcode-generator';

const QUIET = 4;

/** What the code of a voucher says: the company's own page. A document keeps the payload alone, a fresh voucher the whole. */
export function verify_link(qr: string, address: string): string {
  return qr.includes('#') ? qr : `${(address || location.origin).replace(/\/$/, '')}/verify#${qr}`;
}

export interface Modules {
  size: number; // modules on a side, quiet zone included
  path: string;
}

let last: { text: string; modules: Modules } | undefined;

/** Those of the code that was worked out last, which is often wanted again, larger; null for any other. */
export function known_modules(text: string): Modules | null {
  return last?.text === text ? last.modules : null;
}

/** `screen`: capitals and digits only, shown on a screen, where nothing wears off; then the modules are as large as can be. */
export function qr_modules(text: string, screen = false): Modules {
  const code = qrcode(0, screen ? 'L' : 'M');
  code.addData(text, screen ? 'Alphanumeric' : 'Byte');
  code.make();
  const count = code.getModuleCount();
  let path = '';
  for (let row = 0; row < count; row += 1) {
    for (let column = 0; column < count; column += 1) {
      if (!code.isDark(row, column)) continue;
      let run = 1;
      while (column + run < count && code.isDark(row, column + run)) run += 1;
      path += `M${column + QUIET} ${row + QUIET}h${run}v1h-${run}z`;
      column += run;
    }
  }
  const modules = { size: count + 2 * QUIET, path };
  last = { text, modules };
  return modules;
}
