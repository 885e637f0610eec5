/** How the journal comes up. */
import { settle_copy } from './append';
import { recall_findings } from './control';
import { begin_chain, load_identity } from './device';
import { read_meta } from './database';
import { ask_to_persist, probe } from './health';
import { lock_at_start } from './lock';
import { start_world } from './world';

/**
 * Opens the database, brings it up to the second copy, reads identity and world. Await it before anything else of the
 * journal is used. A copy that cannot be brought back stops new entries, not the start.
 */
export async function start_journal(): Promise<void> {
  await load_identity();
  await lock_at_start();
  try {
    await settle_copy();
  } catch {
    // Told in health.copy; the next entry tries again.
  }
  await recall_findings();
  await start_world();
  if (await read_meta('identity')) {
    await ask_to_persist();
    await begin_chain();
  }
  void probe();
}
