/** The draft of a voucher while it is on screen: kept in the database at every change, and reopened where it was. */
import { get } from 'svelte/store';

import { new_id } from '../../journal/append';
import { drop_draft, load_draft, save_draft } from '../../journal/draft';
import { world } from '../../journal/world';
import { type CollectDraft, NEW_DRAFT } from './collecting';

export const draft_key = (customer: string): string => `collect:${customer}`;

export class Drafting {
  value = $state<CollectDraft | null>(null);
  /** The last save did not succeed: what is typed is only on screen, and the screen says so. */
  unsaved = $state(false);
  private done = false;
  private saving: Promise<unknown> = Promise.resolve();

  constructor(private readonly customer: string) {}

  async open(currency: string, visit: () => Promise<string>): Promise<void> {
    const kept = await load_draft<CollectDraft>(draft_key(this.customer)).catch(() => undefined);
    // Killed between the issue and the end of its draft: that money has its voucher and must not be offered again.
    const issued = kept !== undefined && get(world).vouchers.has(kept.id);
    // A draft of an older version lacks what it did not know.
    this.value = kept !== undefined && !issued ? { ...NEW_DRAFT, ...kept } : { ...NEW_DRAFT, id: new_id(), visit: '', currency };
    const id = await visit();
    // A draft left in an earlier visit goes on in this one: same money, same voucher, now.
    if (this.value.visit !== id) this.change({ visit: id });
  }

  change(change: Partial<CollectDraft>): void {
    if (!this.value) return;
    this.value = { ...this.value, ...change };
    const text = $state.snapshot(this.value);
    this.saving = this.saving.then(async () => {
      if (this.done) return;
      try {
        await save_draft(draft_key(this.customer), text);
        this.unsaved = false;
      } catch {
        this.unsaved = true;
      }
    });
  }

  /** The voucher is issued: the draft must not offer the same money again. */
  async finish(): Promise<void> {
    this.done = true;
    await this.saving;
    await drop_draft(draft_key(this.customer)).catch(() => undefined);
  }
}
