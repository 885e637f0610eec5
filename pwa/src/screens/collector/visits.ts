/**
 * Starting and ending visits. The position is looked for beside the work and waited for at most four seconds: the visit
 * has its id at once, its entry follows with the position or with the reason why there is none.
 */
import { append, new_id } from '../../journal/append';
import { drop_draft, load_draft, save_draft } from '../../journal/draft';
import type { World } from '../../journal/world';
import { day_of, t } from '../../text';
import type { Bodies, Position, Visit } from '../../wire/types';

const PATIENCE_MS = 4_000;

type Outcome = Bodies['visit_ended']['outcome'];
type Found = { position: Position } | { no_position: string };

interface Opening {
  customer: string;
  planned: boolean;
  written: Promise<void>;
  hurry: () => void;
}

const openings = new Map<string, Opening>();

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
      ({ coords }) => answer({ position: { lat: coords.latitude, lon: coords.longitude, accuracy: Math.round(coords.accuracy) } }),
      ({ code }) => answer({ no_position: code === 1 ? 'not_permitted' : code === 3 ? 'not_in_time' : 'not_found' }),
      { timeout: PATIENCE_MS, maximumAge: 60_000, enableHighAccuracy: false },
    );
  }
  return { found, hurry };
}

function planned_today(world: World, customer: string): boolean {
  const user = world.user?.id ?? '';
  return world.plans.get(`${user}|${day_of(new Date())}`)?.stops.includes(customer) ?? false;
}

/** The id of the visit to this customer that is open now, started if there is none. Never waits for anything but a draft. */
export async function visit_of(world: World, customer: string): Promise<string> {
  const open = world.open_visit;
  if (open?.customer === customer) return open.id;
  for (const [id, opening] of openings) if (opening.customer === customer) return id;
  if (open) await leave(world, open);
  const id = new_id();
  const planned = planned_today(world, customer);
  const { found, hurry } = look_for_position();
  // A page killed within these four seconds must not leave a voucher that names a visit that nobody started.
  await save_draft('visit_opening', { id, customer, planned }).catch(() => undefined);
  const written = found.then(async (position) => {
    await append('visit_started', { customer, ...(planned ? { planned } : {}), ...position }, { id });
    await drop_draft('visit_opening');
  });
  openings.set(id, { customer, planned, written, hurry });
  written.then(
    () => openings.delete(id),
    () => openings.delete(id),
  );
  return id;
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
  const kept = await load_draft<{ id: string; planned: boolean }>('visit_opening').catch(() => undefined);
  const planned = kept?.id === id && kept.planned;
  await append('visit_started', { customer, ...(planned ? { planned } : {}), no_position: 'interrupted' }, { id });
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
