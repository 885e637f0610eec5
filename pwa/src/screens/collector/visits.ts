/**
 * Starting and ending visits. The position is looked for beside the work, five seconds at most: the visit has its id at
 * once, its entry follows with the position or with the reason why there is none, also that it did not come in time.
 */
import { derived, writable } from 'svelte/store';

import { append, new_id } from '../../journal/append';
import { drop_draft, load_draft, save_draft } from '../../journal/draft';
import { world as shown, type World } from '../../journal/world';
import { day_of, t } from '../../text';
import type { Bodies, Position, Visit } from '../../wire/types';
import { keep_here } from './here';
import { due_stops } from './stops';

const PATIENCE_MS = 5_000;

type Outcome = Bodies['visit_ended']['outcome'];
type Found = { position: Position } | { no_position: string };

interface Opening {
  customer: string;
  planned: boolean;
  colleagues: string[];
  /** Its entry is being written as it stood; who comes now needs one of his own. */
  sealed: boolean;
  written: Promise<void>;
  hurry: () => void;
}

/** Visits whose entry still waits for a position, by id. */
const openings = new Map<string, Opening>();
const in_opening = writable<readonly string[]>([]);
/** The customers of those visits. Screens show them as open: the visit has begun. */
export const starting = derived(in_opening, (customers) => customers);

function tell(): void {
  in_opening.set([...openings.values()].map(({ customer }) => customer));
}

function look_for_position(): { found: Promise<Found>; hurry: () => void } {
  let answer: (found: Found) => void = () => undefined;
  const found = new Promise<Found>((resolve) => (answer = resolve));
  const hurry = (): void => answer({ no_position: 'not_in_time' });
  setTimeout(hurry, PATIENCE_MS);
  // Missing outside a secure context.
  const locator = navigator.geolocation as Geolocation | undefined;
  if (!locator) {
    answer({ no_position: 'not_available' });
  } else {
    locator.getCurrentPosition(
      ({ coords }) => {
        const position = { lat: coords.latitude, lon: coords.longitude, accuracy: Math.round(coords.accuracy) };
        keep_here(position);
        answer({ position });
      },
      ({ code }) => answer({ no_position: code === 1 ? 'not_permitted' : code === 3 ? 'not_in_time' : 'not_found' }),
      { timeout: PATIENCE_MS, maximumAge: 60_000, enableHighAccuracy: false },
    );
  }
  return { found, hurry };
}

/**
 * The id of the visit to this customer that is open now, started if there is none. Never waits for anything but a draft.
 * colleagues: users who came along.
 */
export async function visit_of(world: World, customer: string, colleagues: string[] = []): Promise<string> {
  const open = world.open_visit;
  if (open?.customer === customer) return open.id;
  for (const [id, opening] of openings) if (opening.customer === customer) return id;
  if (open) await leave(world, open);
  const id = new_id();
  const planned = due_stops(world, day_of(new Date())).includes(customer);
  const { found, hurry } = look_for_position();
  // A page killed within these five seconds must not leave a voucher that names a visit that nobody started.
  await save_draft('visit_opening', { id, customer, planned, colleagues }).catch(() => undefined);
  const opening: Opening = { customer, planned, colleagues: [...colleagues], sealed: false, written: Promise.resolve(), hurry };
  opening.written = found.then(async (position) => {
    opening.sealed = true;
    await append('visit_started', started(customer, planned, opening.colleagues, position), { id });
    await drop_draft('visit_opening');
  });
  openings.set(id, opening);
  tell();
  const over = (): void => {
    openings.delete(id);
    tell();
  };
  // Until the world shows the visit: between the two it would seem that nobody is being visited.
  opening.written.then(() => shows(id)).then(over, over);
  return id;
}

function shows(visit: string): Promise<void> {
  return new Promise((resolve) => {
    const stop = shown.subscribe(({ visits }) => {
      if (!visits.has(visit)) return;
      resolve();
      queueMicrotask(() => stop());
    });
  });
}

/** Colleagues who came to the visit that is open at this customer. While its own entry is not written yet, they stand in that. */
export async function join_visit(world: World, customer: string, colleagues: readonly string[]): Promise<void> {
  for (const [id, opening] of openings) {
    if (opening.customer !== customer) continue;
    if (opening.sealed) {
      await opening.written;
      await append('visit_joined', { visit: id, colleagues: [...colleagues] });
      return;
    }
    opening.colleagues.push(...colleagues.filter((one) => !opening.colleagues.includes(one)));
    await save_draft('visit_opening', { id, customer, planned: opening.planned, colleagues: opening.colleagues }).catch(() => undefined);
    return;
  }
  const open = world.open_visit;
  if (open?.customer === customer) await append('visit_joined', { visit: open.id, colleagues: [...colleagues] });
}

function started(customer: string, planned: boolean, colleagues: readonly string[], position: Found): Bodies['visit_started'] {
  return { customer, ...(planned ? { planned } : {}), ...(colleagues.length > 0 ? { colleagues: [...colleagues] } : {}), ...position };
}

/** Somebody else is to be visited now: positions still looked for are given up, so that those visits can be ended. */
export function hurry_visits(): void {
  for (const { hurry } of openings.values()) hurry();
}

/** The customer who is being visited and is not this one, '' when none is. Two visits are never open at once. */
export function visited_elsewhere(world: World, opening: readonly string[], customer: string): string {
  const open = world.open_visit?.customer ?? opening[0] ?? '';
  return open === customer ? '' : open;
}

/** The visit's entry must stand before the voucher that names it; a position still being looked for is given up. */
export async function ensure_started(world: World, id: string, customer: string): Promise<void> {
  const opening = openings.get(id);
  if (opening) {
    opening.hurry();
    await opening.written.catch(() => undefined);
    return;
  }
  if (world.visits.has(id)) return;
  const kept = await load_draft<Pick<Opening, 'planned'> & { id: string; colleagues?: string[] }>('visit_opening').catch(() => undefined);
  const ours = kept?.id === id ? kept : undefined;
  await append('visit_started', started(customer, ours?.planned ?? false, ours?.colleagues ?? [], { no_position: 'interrupted' }), { id });
}

export async function end_visit(visit: string, outcome: Outcome, note = '', next_date: string | null = null): Promise<void> {
  await append('visit_ended', { visit, outcome, ...(note ? { note } : {}), ...(next_date ? { next_date } : {}) });
}

/** Whether money was taken in a visit and stands. */
export function has_standing_voucher(world: World, visit: string): boolean {
  for (const voucher of world.vouchers.values()) {
    if (voucher.visit === visit && (voucher.state ?? 'issued') === 'issued') return true;
  }
  return false;
}

/** Who goes on to the next customer has left the last one, even without saying so. */
async function leave(world: World, open: Visit): Promise<void> {
  if (has_standing_voucher(world, open.id)) await end_visit(open.id, 'collected');
  else await end_visit(open.id, 'other', t('visit.left_open'));
}
