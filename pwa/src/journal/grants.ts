/**
 * Titles handed back: a server that was set back to an earlier state may know neither this device nor its books. What it
 * signed proves that it gave them; without that the entries of this device would be a stranger's.
 */
import { splice } from '../ledger/chain';
import { call, Problem } from '../wire/client';
import type { Grant, GrantsReturned } from '../wire/types';
import { read, write } from './database';
import { report_health } from './health';
import type { Identity } from './shapes';

/** As the office takes at once. */
const AT_ONCE = 50;
const AGAIN_MS = 3_600_000;

let last_for_unknown = 0;

/** The office knows no such device: its titles are due. False when they were handed back lately and that did not help. */
export async function titles_wanted(): Promise<boolean> {
  if (Date.now() - last_for_unknown < AGAIN_MS) return false;
  last_for_unknown = Date.now();
  await write(['meta'], ({ meta }) => meta.put(true, 'grants_due'));
  return true;
}

/** Hands them back if they are due. An office that does not take them does not hold up the entries. */
export async function hand_back_grants(): Promise<void> {
  const { due, titles } = await read(['meta', 'chains', 'grants'], async ({ meta, chains, grants }) => {
    const identity = (await meta.get('identity')) as Identity | undefined;
    // One for each chain here, also the old ones of a phone that was enrolled again.
    const devices = (await chains.all()).flatMap(({ device, grant }) => {
      const title = grant ?? (device === identity?.device.id ? identity.device.grant : undefined);
      return title ? [title] : [];
    });
    const books: Grant[] = await grants.all();
    // Devices first: a book is given to a device.
    return { due: (await meta.get('grants_due')) === true, titles: [...devices, ...books] };
  });
  if (!due) return;
  let refused = 0;
  try {
    for (let from = 0; from < titles.length; from += AT_ONCE) {
      const texts = titles.slice(from, from + AT_ONCE).map(({ envelope, body, sig }) => splice(envelope, body, sig));
      const answer = await call<GrantsReturned>('POST', '/sync/grants', { raw: `{"grants":[${texts.join(',')}]}`, token: null });
      refused += answer.refused?.length ?? 0;
    }
  } catch (cause) {
    if (!(cause instanceof Problem) || cause.code === 'unreachable') throw cause;
    return; // They stay due and are offered again with the next round.
  }
  report_health({ titles_refused: refused });
  await write(['meta'], ({ meta }) => meta.drop('grants_due'));
}
