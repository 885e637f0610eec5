/**
 * What a rescue file needs besides the entries, kept beside the database for the day when that does not open: which
 * company and phone this is, and the key that the office opens rescue files with. Nothing secret.
 */
import type { ServerKey } from '../wire/types';
import type { Identity } from './shapes';

const KEPT = 'sanad-rescue-card';

export interface Card {
  company: string;
  device: string;
  code: string;
  keys: ServerKey[];
}

export function keep_card({ company, device, keys }: Identity): void {
  const seal = keys.filter(({ use }) => use === 'seal');
  try {
    localStorage.setItem(KEPT, JSON.stringify({ company: company.id, device: device.id, code: device.code, keys: seal } satisfies Card));
  } catch {
    // Without it a rescue file is made from the database alone.
  }
}

export function kept_card(): Card | null {
  try {
    const text = localStorage.getItem(KEPT);
    return text === null ? null : (JSON.parse(text) as Card);
  } catch {
    return null;
  }
}

export function drop_card(): void {
  try {
    localStorage.removeItem(KEPT);
  } catch {
    // It was never kept.
  }
}
