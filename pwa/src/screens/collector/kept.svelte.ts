/** What is typed on a screen: kept in the database at every change, and there again after the page was killed. */
import { drop_draft, load_draft, save_draft } from '../../journal/draft';

export class Kept<T extends object> {
  /** Replaced whole at every change, never changed in place. */
  value: T;
  /** The draft has been looked for; before that nothing may be typed over it. */
  opened = $state(false);
  /** The last save did not succeed: what is typed is only on screen, and the screen says so. */
  unsaved = $state(false);
  private done = false;
  private saving: Promise<unknown> = Promise.resolve();

  constructor(
    private readonly key: string,
    private readonly fresh: T,
  ) {
    this.value = $state.raw(fresh);
  }

  async open(): Promise<void> {
    const kept = await load_draft<Partial<T>>(this.key).catch(() => undefined);
    // A field that an older app did not know has its beginning.
    if (kept !== undefined) this.value = { ...this.fresh, ...kept };
    this.opened = true;
  }

  change(part: Partial<T>): void {
    this.value = { ...this.value, ...part };
    const text = this.value;
    this.saving = this.saving.then(async () => {
      if (this.done) return;
      try {
        await save_draft(this.key, text);
        this.unsaved = false;
      } catch {
        this.unsaved = true;
      }
    });
  }

  /** Resolves when the last change is kept, or throws: what is written next must not outlive its draft. */
  async settled(): Promise<void> {
    await this.saving;
    if (this.unsaved) throw new Error('the draft is not kept');
  }

  async finish(): Promise<void> {
    this.done = true;
    await this.saving;
    await drop_draft(this.key).catch(() => undefined);
  }
}
