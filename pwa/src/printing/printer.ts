/** Which printer this phone uses. Kept in the browser: it is the phone's printer, whoever is logged in. */

export const WAYS = ['dialog', 'rawbt', 'serial'] as const;
export const PAPERS = [58, 80] as const;

export interface Printer {
  /** The system's own print dialog, the RawBT app, or a serial line. */
  way: (typeof WAYS)[number];
  /** Width of the roll in millimetres. */
  paper: (typeof PAPERS)[number];
}

const KEPT = 'sanad.printer';

export function printer(): Printer {
  let way: unknown;
  let paper: unknown;
  try {
    ({ way, paper } = JSON.parse(localStorage.getItem(KEPT) ?? '{}') as Record<string, unknown>);
  } catch {
    // Nothing is kept, or nothing that can be read: then it is the dialog.
  }
  return { way: WAYS.find((one) => one === way) ?? 'dialog', paper: PAPERS.find((one) => one === paper) ?? 80 };
}

export function keep_printer(chosen: Printer): void {
  try {
    localStorage.setItem(KEPT, JSON.stringify(chosen));
  } catch {
    // Then the choice holds until the card is closed, and the dialog prints.
  }
}

/** As the entry about a print names it. */
export function printer_name({ way, paper }: Printer): string {
  return `${way} ${paper} mm`;
}
