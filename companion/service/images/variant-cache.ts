import { randomUUID } from 'node:crypto';
import { mkdir, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** Files of one folder are listed at the start: more would make that slow, however small each is. */
const maxVariants = 20_000;

/** What was made from images, on disk, the longest unused forgotten first. It may be deleted at any time. */
export interface VariantCache {
  get(key: string): Promise<Uint8Array<ArrayBuffer> | undefined>;
  put(key: string, bytes: Uint8Array): Promise<void>;
}

/**
 * @param maxBytes of all variants together, asked for at every `put`.
 */
export function createVariantCache(folder: string, maxBytes: () => number): VariantCache {
  let loading: Promise<Map<string, number>> | undefined;
  let totalBytes = 0;

  /** Sizes by key, the longest unused first. */
  function load(): Promise<Map<string, number>> {
    loading ??= (async () => {
      await mkdir(folder, { recursive: true, mode: 0o700 });
      const found: { key: string; sizeBytes: number; usedAt: number }[] = [];
      for (const key of await readdir(folder)) {
        const path = join(folder, key);
        // What an earlier run left half written.
        if (key.endsWith('.tmp')) await rm(path, { force: true });
        else {
          const { size, mtimeMs } = await stat(path);
          found.push({ key, sizeBytes: size, usedAt: mtimeMs });
        }
      }
      found.sort((a, b) => a.usedAt - b.usedAt);
      totalBytes = found.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
      return new Map(found.map(({ key, sizeBytes }) => [key, sizeBytes]));
    })();
    loading.catch(() => {
      loading = undefined;
    });
    return loading;
  }

  function forget(sizes: Map<string, number>, key: string): void {
    totalBytes -= sizes.get(key) ?? 0;
    sizes.delete(key);
  }

  return {
    async get(key) {
      const sizes = await load();
      const sizeBytes = sizes.get(key);
      if (sizeBytes === undefined) return undefined;
      try {
        const bytes = await readFile(join(folder, key));
        if (sizes.delete(key)) sizes.set(key, sizeBytes);
        return new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);
      } catch {
        forget(sizes, key); // Somebody cleared the cache: the variant is made again.
        return undefined;
      }
    },
    async put(key, bytes) {
      const sizes = await load();
      const limitBytes = maxBytes();
      if (bytes.byteLength > limitBytes) return;
      const temporary = join(folder, `${randomUUID()}.tmp`);
      try {
        await writeFile(temporary, bytes, { mode: 0o600 });
        await rename(temporary, join(folder, key));
      } catch (error) {
        await rm(temporary, { force: true });
        throw error;
      }
      forget(sizes, key);
      sizes.set(key, bytes.byteLength);
      totalBytes += bytes.byteLength;
      for (const oldest of sizes.keys()) {
        if (totalBytes <= limitBytes && sizes.size <= maxVariants) break;
        forget(sizes, oldest);
        await rm(join(folder, oldest), { force: true });
      }
    },
  };
}
