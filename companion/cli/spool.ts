import { createReadStream } from 'node:fs';
import { type FileHandle, mkdtemp, open, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A queue of any length that takes no memory: everything is added first, then it is read, as often as needed. */
export interface Spool<Item> {
  /** How many were added. */
  readonly count: number;
  /** Plain JSON. */
  add(item: Item): Promise<void>;
  /** In the order in which they were added. */
  read(): AsyncGenerator<Item>;
  /** Removes it. */
  close(): Promise<void>;
}

const writeFromCharacters = 256 * 1024;

/** A spool in a file of its own, in the folder for temporary files; nobody else can read it. */
export async function createSpool<Item>(): Promise<Spool<Item>> {
  const folder = await mkdtemp(join(tmpdir(), 'hashmark-'));
  const path = join(folder, 'spool');
  let file: FileHandle | undefined = await open(path, 'wx', 0o600);
  let unwritten = '';
  let count = 0;

  async function write(): Promise<void> {
    const text = unwritten;
    unwritten = '';
    await file?.write(text);
  }

  return {
    get count() {
      return count;
    },
    async add(item) {
      count += 1;
      unwritten += `${JSON.stringify(item)}\n`;
      if (unwritten.length >= writeFromCharacters) await write();
    },
    async *read() {
      await write();
      let rest = '';
      for await (const chunk of createReadStream(path, { encoding: 'utf8' })) {
        const lines = (rest + chunk).split('\n');
        rest = lines.pop() ?? '';
        for (const line of lines) yield JSON.parse(line) as Item;
      }
    },
    async close() {
      await file?.close();
      file = undefined;
      await rm(folder, { recursive: true, force: true });
    },
  };
}
