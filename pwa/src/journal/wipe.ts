/**
 * Taking Sanad's data off this phone: only with nothing that waits, with a code from the office, and after the office has
 * acknowledged the entry that says so. It is the only way in which this app ever deletes its database.
 */
import { append } from './append';
import { drop_card } from './card';
import { announce } from './changes';
import { erase_copy } from './copy';
import { erase_database, read, read_meta } from './database';
import { exchange_now } from './exchange';
import { new_id } from './ids';
import { use_code, type Answer } from './release';
import type { Waiting } from './shapes';
import { is_unsent, waiting_of } from './waiting';

export interface HeldBack {
  waiting: Waiting;
  /** Entries of the second copy that do not continue the chain, and were not handed in. */
  strays: number;
  /** Photos and signatures that entries name and that are not at the office. */
  photos: number;
}

/** What would be lost; all zero: nothing. */
export async function held_back(): Promise<HeldBack> {
  return read(['entries', 'strays', 'attachments'], async (shelves) => {
    const entries = await shelves.entries.all();
    const unsent = entries.filter(is_unsent);
    const strays = (await shelves.strays.all()).filter((stray) => !stray.handed_in).length;
    const photos = (await shelves.attachments.all())
      .filter(({ uploaded }) => !uploaded)
      .filter(({ sha256 }) => entries.some(({ body }) => body.includes(sha256))).length;
    return { waiting: waiting_of(unsent), strays, photos };
  });
}

export function holds_nothing({ waiting, strays, photos }: HeldBack): boolean {
  return waiting.unsent === 0 && strays === 0 && photos === 0;
}

/** A right code: from now on this phone writes nothing but that it is wiped. */
export async function use_wipe_code(typed: string): Promise<Answer | 'holds'> {
  if (!holds_nothing(await held_back())) return 'holds';
  const answer = await use_code('wipe', typed, (meta, challenge) => meta.put({ entry: new_id(), challenge }, 'wiping'));
  if (answer === 'right') announce('entries');
  return answer;
}

export async function is_wiping(): Promise<boolean> {
  return (await read_meta('wiping')) !== undefined;
}

/**
 * Writes the entry, hands it in, and only when nothing at all waits any more deletes. `waits`: the office has not
 * confirmed it yet; everything is still here, and asking again goes on from there.
 */
export async function finish_wipe(): Promise<'gone' | 'waits'> {
  const wiping = await read_meta('wiping');
  if (!wiping) throw new Error('no code was used');
  await append('release_used', { purpose: 'wipe', challenge: wiping.challenge }, { id: wiping.entry });
  await exchange_now();
  const written = await read(['entries'], ({ entries }) => entries.by('id', wiping.entry));
  if (!written || is_unsent(written) || !holds_nothing(await held_back())) return 'waits';
  // The copy first: a database without its copy is refilled, a copy without its database would come back as a stranger.
  drop_card();
  await erase_copy();
  await erase_database();
  announce('identity');
  return 'gone';
}
