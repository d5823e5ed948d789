import { randomFillSync } from 'node:crypto';
import { mkdir, open, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A file of random bytes for a browser to read, by its path. */
export async function makeFile(name: string, sizeBytes: number): Promise<string> {
  const path = join(tmpdir(), name);
  const piece = randomFillSync(new Uint8Array(Math.min(sizeBytes, 64 << 20)));
  const file = await open(path, 'w');
  for (let written = 0; written < sizeBytes; written += piece.length) await file.write(piece);
  await file.close();
  return path;
}

/** Many small ones. */
export async function makeFiles(name: string, count: number, sizeBytes: number): Promise<string[]> {
  const folder = join(tmpdir(), name);
  await mkdir(folder);
  const paths = Array.from({ length: count }, (_, index) => join(folder, `${index}.bin`));
  for (const path of paths) await writeFile(path, randomFillSync(new Uint8Array(sizeBytes)));
  return paths;
}
