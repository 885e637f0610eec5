/**
 * The second copy of all entries: one file per device in the origin's private file system, one spliced entry a line. A
 * worker, because only there a write can be flushed to the disk on every browser.
 */
import type { CopyAnswer, CopyQuestion } from './copy';

const FOLDER = 'entries';
const OPEN_TRIES = 20;

async function folder(): Promise<FileSystemDirectoryHandle> {
  const root = await navigator.storage.getDirectory();
  return root.getDirectoryHandle(FOLDER, { create: true });
}

async function append(device: string, lines: string[]): Promise<void> {
  const file = await (await folder()).getFileHandle(`${device}.jsonl`, { create: true });
  const handle = await access(file);
  try {
    const at = handle.getSize();
    // A line torn by a crash must not swallow the next one.
    const last = new Uint8Array(1);
    if (at > 0 && handle.read(last, { at: at - 1 }) === 1 && last[0] !== 10) lines = ['', ...lines];
    const bytes = new TextEncoder().encode(lines.map((line) => `${line}\n`).join(''));
    if (handle.write(bytes, { at }) !== bytes.byteLength) throw new Error('the file took only a part');
    handle.flush();
  } finally {
    handle.close();
  }
}

/** Another tab may hold the file for the moment of its own line. */
async function access(file: FileSystemFileHandle): Promise<FileSystemSyncAccessHandle> {
  for (let tried = 1; ; tried += 1) {
    try {
      return await file.createSyncAccessHandle();
    } catch (cause) {
      if (tried === OPEN_TRIES) throw cause;
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  }
}

async function read_all(): Promise<Record<string, string[]>> {
  const found: Record<string, string[]> = {};
  const entries = (await folder()) as unknown as { entries(): AsyncIterable<[string, FileSystemHandle]> };
  for await (const [name, handle] of entries.entries()) {
    if (handle.kind !== 'file' || !name.endsWith('.jsonl')) continue;
    const text = await (await (handle as FileSystemFileHandle).getFile()).text();
    found[name.slice(0, -'.jsonl'.length)] = text.split('\n').filter((line) => line !== '');
  }
  return found;
}

async function erase(): Promise<void> {
  const root = await navigator.storage.getDirectory();
  await root.removeEntry(FOLDER, { recursive: true });
}

let queue: Promise<unknown> = Promise.resolve();

self.onmessage = ({ data }: MessageEvent<CopyQuestion>) => {
  queue = queue.then(async () => {
    let answer: CopyAnswer;
    try {
      if (data.ask === 'append') await append(data.device, data.lines);
      if (data.ask === 'erase') await erase();
      answer = { id: data.id, ok: true, found: data.ask === 'read' ? await read_all() : {} };
    } catch (cause) {
      answer = { id: data.id, ok: false, found: {}, why: String(cause) };
    }
    self.postMessage(answer);
  });
};
