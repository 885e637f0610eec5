/** Release codes on the phone: what the office is read, and the one answer that it gives. They need no network. */
import { code_for, code_of } from '../ledger/release';
import { append } from './append';
import { read_meta, write, type Meta, type Shelf } from './database';
import { new_challenge, new_id } from './ids';
import { IssueBlocked } from './shapes';

const CHALLENGE_LIVES_MS = 24 * 3_600_000;
const MISSES_MAX = 5;

type Release = NonNullable<Meta['release']>;
export type Purpose = Release['purpose'];
export type Answer = 'right' | 'wrong' | 'unread' | 'new_challenge';

/** What the office is read: the same for a day, until it is used. */
export async function challenge_for(purpose: Purpose): Promise<string> {
  return write(['meta'], async ({ meta }) => {
    const kept = (await meta.get('release')) as Meta['release'] | undefined;
    if (kept?.purpose === purpose && kept.until > Date.now()) return kept.challenge;
    const fresh: Release = { purpose, challenge: new_challenge(), until: Date.now() + CHALLENGE_LIVES_MS, misses: 0 };
    await meta.put(fresh, 'release');
    return fresh.challenge;
  });
}

/** Compares what was typed. A right code is spent in the transaction that also keeps, by `grant`, what it allows. */
export async function use_code(purpose: Purpose, typed: string, grant: (meta: Shelf<unknown>, challenge: string) => Promise<void>): Promise<Answer> {
  const code = code_of(typed);
  if (code === '') return 'unread';
  const me = await read_meta('identity');
  if (!me) throw new IssueBlocked('not_enrolled');
  const kept = await read_meta('release');
  if (kept?.purpose !== purpose || kept.until <= Date.now()) return 'new_challenge';
  const right = (await code_for(me.release_key, purpose, kept.challenge)) === code;
  return write(['meta'], async ({ meta }): Promise<Answer> => {
    const now = (await meta.get('release')) as Meta['release'] | undefined;
    if (now?.challenge !== kept.challenge) return 'new_challenge'; // Another tab was faster.
    if (right) {
      await meta.drop('release');
      await grant(meta, kept.challenge);
      return 'right';
    }
    if (now.misses + 1 < MISSES_MAX) await meta.put({ ...now, misses: now.misses + 1 }, 'release');
    else await meta.drop('release');
    return now.misses + 1 < MISSES_MAX ? 'wrong' : 'new_challenge';
  });
}

/** A right code lifts what the company's policy blocks, for the rest of the day. */
export async function lift_limits(typed: string, day: string): Promise<Answer> {
  const answer = await use_code('limit', typed, (meta, challenge) => meta.put({ entry: new_id(), challenge, day }, 'lifted'));
  if (answer === 'right') await limits_lifted(day);
  return answer;
}

/** Whether a code has lifted the limits today; that it was used is written, whatever happened meanwhile. */
export async function limits_lifted(day: string): Promise<boolean> {
  const lifted = await read_meta('lifted');
  if (lifted?.day !== day) return false;
  await append('release_used', { purpose: 'limit', challenge: lifted.challenge }, { id: lifted.entry });
  return true;
}
