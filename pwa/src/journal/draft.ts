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

/** Drafts whose key begins with the prefix, by what follows it. */
export async function drafts_of<T>(prefix: string): Promise<[rest: string, draft: T][]> {
  const range = IDBKeyRange.bound(prefix, `${prefix}\uffff`);
  const { keys, drafts } = await read(['drafts'], async (shelves) => ({ keys: await shelves.drafts.keys(range), drafts: await shelves.drafts.all(range) }));
  return keys.map((key, place) => [(key as string).slice(prefix.length), drafts[place] as T]);
}
