/** What still waits on this phone, in the words of the strip: vouchers where there are any, else entries. */
import type { World } from '../../journal/world';
import { date_text, day_of, t, time_text } from '../../text';

export function unsent_vouchers(world: World): number {
  if (world.waiting.unsent === 0) return 0;
  let count = 0;
  for (const { id } of world.vouchers.values()) {
    const state = world.entry_state(id);
    if (state === 'saved' || state === 'sent') count += 1;
  }
  return count;
}

/** The time of today, or date and time of an earlier day. */
export function moment_text(iso: string, now = new Date()): string {
  return day_of(iso) === day_of(now) ? time_text(iso) : `${date_text(iso, 'short')} ${time_text(iso)}`;
}

export function waiting_text(world: World, style: 'short' | 'long'): string {
  const { unsent, oldest_at } = world.waiting;
  if (unsent === 0) return '';
  const vouchers = unsent_vouchers(world);
  const params = { n: vouchers || unsent, time: moment_text(oldest_at) };
  if (style === 'short') return vouchers ? t('waiting.short', params) : t('waiting.entries', params);
  return vouchers ? t('waiting.long', params) : t('waiting.entries_long', params);
}
