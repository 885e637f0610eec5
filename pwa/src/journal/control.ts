/**
 * The phone adds up its own days and compares them with what the office adds up of its own. A difference is an alarm on
 * both sides, and this phone's entries of that day are offered again; nothing is ever taken over from the other side.
 */
import { days_of, differing } from '../ledger/control';
import { call, Problem } from '../wire/client';
import type { Control } from '../wire/types';
import { announce } from './changes';
import { read, read_meta, under, write, type Meta } from './database';
import { report_health } from './health';
import { offered_again } from './outbox';
import type { Identity } from './shapes';

const DAYS = 14;
const EVERY_MS = 3_600_000;

/** After a full exchange: at most once an hour, and at the first one of a day. */
export async function check_control(token: string): Promise<void> {
  const now = Date.now();
  const { me, kept } = await read(['meta'], async ({ meta }) => ({
    me: (await meta.get('identity')) as Identity | undefined,
    kept: (await meta.get('control')) as Meta['control'] | undefined,
  }));
  if (!me?.user) return;
  const day = new Date(now).toDateString();
  if (kept && now - kept.checked_ms < EVERY_MS && now >= kept.checked_ms && new Date(kept.checked_ms).toDateString() === day) return;
  let office: Control;
  try {
    office = await call<Control>('GET', `/sync/control?days=${DAYS}`, { token });
  } catch (cause) {
    if (!(cause instanceof Problem) || cause.code === 'unreachable') throw cause;
    return; // An office of an older version does not say.
  }
  const entries = (await read(['entries'], (shelves) => shelves.entries.all(under(office.device))))
    .filter(({ seq, at }) => seq <= office.seq && at.slice(0, 10) >= office.first)
    .sort((one, other) => one.seq - other.seq);
  const differs = differing(await days_of(entries), office.days);
  // Once for each answer of the office: what did not help the first time is a matter for people.
  const said = new Map(office.days.map(({ day: of, hash }) => [of, hash]));
  const again = differs.filter((of) => kept?.offered[of] !== (said.get(of) ?? ''));
  const offered = Object.fromEntries(differs.map((of) => [of, said.get(of) ?? '']));
  await write(['meta', 'entries'], async (shelves) => {
    await shelves.meta.put({ checked_ms: now, differs, offered } satisfies Meta['control'], 'control');
    for (const entry of entries) if (again.includes(entry.at.slice(0, 10))) await offered_again(shelves.entries, entry);
  });
  report_health({ control: differs });
  if (again.length > 0) announce('entries');
}

/** What was found before this start: days that differ, and entries that the office has and this device has lost. */
export async function recall_findings(): Promise<void> {
  const chain = await read(['meta', 'chains'], async ({ meta, chains }) => {
    const me = (await meta.get('identity')) as Identity | undefined;
    return me && (await chains.get(me.device.id));
  });
  const data_lost = chain ? Math.max(0, (chain.office_seq ?? 0) - chain.seq) : 0;
  report_health({ control: (await read_meta('control'))?.differs ?? [], data_lost });
}
