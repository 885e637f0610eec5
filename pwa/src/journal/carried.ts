/**
 * A phone's entry that this desk has from its code. Before the desk's own count of it is durable it may be handed in, and
 * is kept nowhere; from then on it waits here until the office has it.
 */
import { hash_of, splice } from '../ledger/chain';
import type { EntryTexts, Envelope } from '../wire/types';
import { announce } from './changes';
import { write } from './database';
import { hand_in_alone } from './outbox';

async function as_stray(texts: EntryTexts): Promise<{ hash: string; device: string; seq: number; text: string }> {
  const { device, seq } = JSON.parse(texts.envelope) as Envelope;
  return { hash: await hash_of(texts.envelope), device, seq, text: splice(texts.envelope, texts.body, texts.sig) };
}

/** Hands it in now, without keeping it. False where the office lacks what comes before it, or cannot be reached. */
export async function pass_on(texts: EntryTexts): Promise<boolean> {
  try {
    return await hand_in_alone(await as_stray(texts));
  } catch {
    return false;
  }
}

/** Keeps it until it is handed in. Only for what has been counted: it holds the declared figures. */
export async function keep_carrying(texts: EntryTexts): Promise<void> {
  const stray = await as_stray(texts);
  await write(['strays'], async ({ strays }) => {
    if (!(await strays.get(stray.hash))) await strays.put({ ...stray, handed_in: false });
  });
  announce('appended');
}
