/** A way to a receipt printer. Everything that knows how bytes reach paper stands behind this. */

/** Why nothing was printed, or maybe not all. Each has a text that says what to do (`printer.trouble.*`). */
export type Trouble = 'unavailable' | 'not_chosen' | 'not_reached' | 'broke_off' | 'too_long';

export class PrinterTrouble extends Error {
  constructor(
    readonly trouble: Trouble,
    cause?: unknown,
  ) {
    super(trouble, { cause });
  }
}

export interface Line {
  /** Resolves when the bytes have been handed over; whether paper came out no printer of this kind tells. */
  send: (bytes: Uint8Array) => Promise<void>;
  close: () => Promise<void>;
}

export interface Transport {
  name: 'rawbt' | 'serial';
  /** Whether this browser can use it at all. */
  available: () => boolean;
  /** Reaches the printer. Nothing is printed yet, so a printer that is switched off costs no copy number. */
  open: () => Promise<Line>;
}

/** Rejects with `trouble` when a printer leaves us waiting: nothing may hang on a printer. */
export function within<T>(milliseconds: number, trouble: Trouble, work: Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new PrinterTrouble(trouble)), milliseconds);
    work.then(
      (value) => {
        clearTimeout(timer);
        resolve(value);
      },
      (cause: unknown) => {
        clearTimeout(timer);
        reject(cause instanceof PrinterTrouble ? cause : new PrinterTrouble(trouble, cause));
      },
    );
  });
}
