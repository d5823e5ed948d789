import { createHash } from 'node:crypto';

import type { ContentStore } from '../content-store.ts';
import type { ServiceContext } from '../context.ts';
import type { Content } from '../ledger/contents.ts';
import type { ImageOptions } from './image-options.ts';
import { chooseFormat, isSourceType, loadSharp, resizeImage } from './resize.ts';
import { createVariantCache } from './variant-cache.ts';

/** An image made from a stored one. */
export interface Variant {
  bytes: Uint8Array<ArrayBuffer>;
  mimetype: string;
  /** Names these bytes: equal for equal wishes. */
  key: string;
}

/**
 * What comes of the wish for a variant. `unsupported`: never possible for this content. `failed`: not now, or not within
 * the limits of now. The original is served for both.
 */
export type VariantOutcome = Variant | 'unsupported' | 'failed';

/** Image previews of stored content. */
export interface Images {
  /** @param accept the request's Accept header. */
  variant(content: Content, options: ImageOptions, accept: string | undefined): Promise<VariantOutcome>;
}

/** Goes into every key: another recipe makes other bytes. */
const recipe = 1;
/** Sources are decoded in memory. */
const maxSourceBytes = 64 * 1024 ** 2;
/** Half of Node's worker threads: the disk needs the others. */
const maxRunning = 2;
const maxWaiting = 64;

/** Makes variants of images, each once, so many at a time, within the limits of the settings. */
export function createImages({
  content,
  folder,
  settings,
  log,
}: Pick<ServiceContext, 'settings' | 'log'> & {
  content: Pick<ContentStore, 'read'>;
  /** Where variants are kept; made when missing. */
  folder: string;
}): Images {
  const cache = createVariantCache(folder, () => settings.imageCacheBytes);
  const underWay = new Map<string, Promise<VariantOutcome>>();
  const runSome = createLimiter(maxRunning, maxWaiting);
  let library: ReturnType<typeof loadSharp> | undefined;

  async function make(
    source: Content,
    options: ImageOptions,
    format: Parameters<typeof resizeImage>[3],
    key: string,
  ): Promise<VariantOutcome> {
    const mimetype = `image/${format}`;
    const kept = await cache.get(key);
    if (kept) return { bytes: kept, mimetype, key };
    library ??= loadSharp();
    const sharp = await library;
    const made = await runSome(async () =>
      resizeImage(sharp, await readAll(content, source), options, format, settings.maxImagePixels),
    );
    if (!made) return 'failed';
    const bytes = new Uint8Array(made);
    // A full disk costs the cache, not the answer.
    await cache.put(key, bytes).catch((error) => log('warn', 'A resized image could not be kept', { error }));
    return { bytes, mimetype, key };
  }

  return {
    async variant(source, options, accept) {
      const { cid, mimetype, sizeBytes } = source;
      if (!isSourceType(mimetype)) return 'unsupported';
      if (sizeBytes > maxSourceBytes) return 'failed';
      const format = chooseFormat(mimetype, options.format, accept);
      const key = createHash('sha256')
        .update(JSON.stringify([recipe, cid, { ...options, format }]))
        .digest('hex')
        .slice(0, 40);
      let variant = underWay.get(key);
      if (!variant) {
        variant = make(source, options, format, key).catch((error): VariantOutcome => {
          log('info', 'An image is served as it is, because it could not be resized', { cid, error });
          return 'failed';
        });
        underWay.set(key, variant);
        void variant.then(() => underWay.delete(key));
      }
      return variant;
    },
  };
}

async function readAll(
  content: Pick<ContentStore, 'read'>,
  { cid, sizeBytes }: Content,
): Promise<Uint8Array> {
  const bytes = new Uint8Array(sizeBytes);
  let at = 0;
  for await (const chunk of content.read(cid) as AsyncIterable<Uint8Array>) {
    bytes.set(chunk, at);
    at += chunk.byteLength;
  }
  return bytes;
}

/** Runs so many at once, lets so many wait, and turns the rest away: undefined. */
function createLimiter(
  running: number,
  waiting: number,
): <T>(work: () => Promise<T>) => Promise<T | undefined> {
  let free = running;
  const queue: (() => void)[] = [];
  return async (work) => {
    if (free === 0) {
      if (queue.length >= waiting) return undefined;
      await new Promise<void>((resolve) => queue.push(resolve));
    } else {
      free -= 1;
    }
    try {
      return await work();
    } finally {
      const next = queue.shift();
      if (next) next();
      else free += 1;
    }
  };
}
