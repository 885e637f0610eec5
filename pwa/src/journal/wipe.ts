/**
 * Taking Sanad's data off this phone: only with nothing that waits, with a code from the office, and after the office has
 * acknowledged the entry that says so. It is the only way in which this app ever deletes its database.
 */
import { code_for, code_of } from '../ledger/release';
import { append } from './append';
import { drop_card } from './card';
import { announce } from './changes';
import { erase_copy } from './copy';
import { erase_database, read, read_meta, write, type Meta } from './database';
import { exchange_now } from './exchange';
import { new_challenge, new_id } from './ids';
import { IssueBlocked, type Waiting } from './shapes';
import { is_unsent, waiting_of } from './waiting';

const CHALLENGE_LIVES_MS = 24 * 3_600_000;
const MISSES_MAX = 5;

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

/** What the office is read: the same for a day, until it is used. */
export async function wipe_challenge(): Promise<string> {
  return write(['meta'], async ({ meta }) => {
    const kept = (await meta.get('release')) as Meta['release'] | undefined;
    if (kept?.purpose === 'wipe' && kept.until > Date.now()) return kept.challenge;
    const fresh: Meta['release'] = { purpose: 'wipe', challenge: new_challenge(), until: Date.now() + CHALLENGE_LIVES_MS, misses: 0 };
    await meta.put(fresh, 'release');
    return fresh.challenge;
  });
}

/** `right`: the challenge is spent, and from now on this phone writes nothing but that it is wiped. */
export type WipeAnswer = 'right' | 'wrong' | 'unread' | 'new_challenge' | 'holds';

export async function use_wipe_code(typed: string): Promise<WipeAnswer> {
  const code = code_of(typed);
  if (code === '') return 'unread';
  if (!holds_nothing(await held_back())) return 'holds';
  const me = await read_meta('identity');
  if (!me) throw new IssueBlocked('not_enrolled');
  const kept = await read_meta('release');
  if (kept?.purpose !== 'wipe' || kept.until <= Date.now()) return 'new_challenge';
  const right = (await code_for(me.release_key, 'wipe', kept.challenge)) === code;
  const answer = await write(['meta'], async ({ meta }): Promise<WipeAnswer> => {
    const now = (await meta.get('release')) as Meta['release'] | undefined;
    if (now?.challenge !== kept.challenge) return 'new_challenge'; // Another tab was faster.
    if (right) {
      await meta.drop('release');
      await meta.put({ entry: new_id(), challenge: kept.challenge }, 'wiping');
      return 'right';
    }
    if (now.misses + 1 < MISSES_MAX) await meta.put({ ...now, misses: now.misses + 1 }, 'release');
    else await meta.drop('release');
    return now.misses + 1 < MISSES_MAX ? 'wrong' : 'new_challenge';
  });
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
