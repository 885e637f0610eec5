/**
 * Web Serial: printers with Bluetooth's serial port profile, and those on a cable that show as a serial port. The browser
 * asks once which printer it is and remembers it.
 */
import { type Line, PrinterTrouble, type Transport, within } from './transport';

/** The part of the browser's interface that is used; TypeScript's own list has none of it. */
interface Port {
  readonly writable: WritableStream<Uint8Array> | null;
  open: (options: { baudRate: number }) => Promise<void>;
  close: () => Promise<void>;
  forget?: () => Promise<void>;
}
interface Serial {
  getPorts: () => Promise<Port[]>;
  requestPort: () => Promise<Port>;
}

/** Bluetooth and USB take no notice of it, but the browser wants one. */
const BAUD = 115_200;
const PATIENCE_MS = 15_000;
const CHUNK = 1024;
/** Some Bluetooth stacks drop what has not left the radio when the line is closed. */
const LINGER_MS = 400;

function serial_of(): Serial | undefined {
  return (navigator as Navigator & { serial?: Serial }).serial;
}

/** The person chooses the printer; only that one is remembered. False when they closed the list. Needs a tap. */
export async function choose_port(): Promise<boolean> {
  const serial = serial_of();
  if (!serial) throw new PrinterTrouble('unavailable');
  let chosen: Port;
  try {
    chosen = await serial.requestPort();
  } catch (cause) {
    if (cause instanceof DOMException && cause.name === 'NotFoundError') return false;
    throw new PrinterTrouble('unavailable', cause);
  }
  for (const port of await serial.getPorts()) if (port !== chosen) await port.forget?.();
  return true;
}

export async function has_port(): Promise<boolean> {
  return ((await serial_of()?.getPorts())?.length ?? 0) > 0;
}

async function write(writable: WritableStream<Uint8Array>, bytes: Uint8Array): Promise<void> {
  const writer = writable.getWriter();
  try {
    for (let at = 0; at < bytes.length; at += CHUNK) {
      await within(PATIENCE_MS, 'broke_off', writer.write(bytes.slice(at, at + CHUNK)));
    }
    await within(PATIENCE_MS, 'broke_off', writer.close()); // Waits until the last byte has left.
  } catch (cause) {
    void writer.abort().catch(() => undefined);
    throw cause;
  } finally {
    writer.releaseLock();
  }
}

/** The last line that was let go. The next one waits until it is closed. */
let closing = Promise.resolve();

async function line_to(port: Port): Promise<Line> {
  await within(PATIENCE_MS, 'not_reached', closing);
  // Still open after a line that broke off: then it is used as it is.
  if (!port.writable) await within(PATIENCE_MS, 'not_reached', port.open({ baudRate: BAUD }));
  return {
    send: async (bytes) => {
      if (!port.writable) throw new PrinterTrouble('not_reached');
      await write(port.writable, bytes);
    },
    close: () => {
      closing = new Promise((resolve) => setTimeout(resolve, LINGER_MS))
        .then(() => within(PATIENCE_MS, 'broke_off', port.close()))
        .catch(() => undefined);
      return closing;
    },
  };
}

export const serial: Transport = {
  name: 'serial',
  available: () => serial_of() !== undefined,
  open: async () => {
    const found = serial_of();
    if (!found) throw new PrinterTrouble('unavailable');
    const port = (await found.getPorts()).at(-1);
    if (!port) throw new PrinterTrouble('not_chosen');
    return line_to(port);
  },
};
