/**
 * A void that a supervisor approved comes down by pull, and only this phone may write it: custody is written by the
 * collector's own chain. Runs after each change of the world and is idle nearly always.
 */
import { append } from '../../journal/append';
import { load_draft } from '../../journal/draft';
import type { World } from '../../journal/world';
import type { Bodies, Voucher } from '../../wire/types';

type Paper = NonNullable<Bodies['receipt_voided']['paper']>;

/** What the collector said of the customer's copy when he asked, under the request's id. */
export const paper_key = (request: string): string => `void_paper:${request}`;

const being_written = new Set<string>();

export function waiting_voids(world: World): Voucher[] {
  return [...world.vouchers.values()].filter(
    ({ state, device, void: asked }) => (state ?? 'issued') === 'issued' && device === world.device?.id && asked?.state === 'approved',
  );
}

export async function complete_approved_voids(world: World): Promise<void> {
  for (const voucher of waiting_voids(world)) {
    const asked = voucher.void;
    if (!asked || being_written.has(voucher.id)) continue;
    being_written.add(voucher.id);
    try {
      const told = await load_draft<Paper>(paper_key(asked.request));
      const given = Boolean(voucher.shared) || (voucher.printed ?? 0) > 0;
      await append('receipt_voided', {
        receipt: voucher.id,
        reason: asked.reason as Bodies['receipt_voided']['reason'],
        request: asked.request,
        paper: told ?? (given ? 'not_recovered' : 'none_given'),
      });
    } catch {
      being_written.delete(voucher.id); // Storage refused: the next change of the world tries again.
    }
  }
}
