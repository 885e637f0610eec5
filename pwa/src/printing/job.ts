/** One print in two steps: reach the printer, then send. What must be on record before paper exists goes in between. */
import { mount, tick, unmount } from 'svelte';

import type { Block } from './page';
import PrintedPage from './PrintedPage.svelte';
import type { Printer } from './printer';
import { rawbt } from './rawbt';
import { serial } from './serial';
import { PrinterTrouble, type Transport } from './transport';

export const TRANSPORTS: Record<Exclude<Printer['way'], 'dialog'>, Transport> = { rawbt, serial };

export interface Job {
  /** Throws PrinterTrouble. That it resolves means handed over; no printer of these tells whether paper came out. */
  send: () => Promise<void>;
  /** Lets go of the printer, or takes the page out of the document. After `send` at the earliest when paper is wanted. */
  drop: () => Promise<void>;
}

/** The page stays in the document, unseen: a phone draws its preview after print() has returned. */
async function by_dialog(blocks: readonly Block[], paper: Printer['paper']): Promise<Job> {
  const page = mount(PrintedPage, { target: document.body, props: { blocks, paper } });
  await tick();
  let there = true;
  return {
    send: () => {
      window.print();
      return Promise.resolve();
    },
    drop: async () => {
      if (there) await unmount(page);
      there = false;
    },
  };
}

async function by_bytes(blocks: readonly Block[], paper: Printer['paper'], transport: Transport): Promise<Job> {
  if (!transport.available()) throw new PrinterTrouble('unavailable');
  const { thermal_bytes } = await import('./thermal');
  const bytes = await thermal_bytes(blocks, paper);
  const line = await transport.open();
  const drop = async (): Promise<void> => line.close().catch(() => undefined);
  return {
    drop,
    send: async () => {
      try {
        await line.send(bytes);
      } finally {
        void drop(); // Nobody waits for a line to be closed.
      }
    },
  };
}

/** Throws PrinterTrouble where the printer is not reached. Nothing has been printed when this returns. */
export async function ready(blocks: readonly Block[], { way, paper }: Printer): Promise<Job> {
  return way === 'dialog' ? by_dialog(blocks, paper) : by_bytes(blocks, paper, TRANSPORTS[way]);
}
