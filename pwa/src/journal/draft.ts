/** Drafts survive a killed page; they bear no number and are never sent. */
import { read, write } from './database';

export async function save_draft(key: string, value: unknown): Promise<void> {
  // Screens keep drafts in reactive proxies, which cannot be cloned; a draft is plain data.
  const plain: unknown = JSON.parse(JSON.stringify(value));
  await write(['drafts'], ({ drafts }) => drafts.put(plain, key));
}

export async function load_draft<T>(key: string): Promise<T | undefined> {
  return read(['drafts'], async ({ drafts }) => (await drafts.get(key)) as T | undefined);
}

export async function drop_draft(key: string): Promise<void> {
  await write(['drafts'], ({ drafts }) => drafts.drop(key));
}
