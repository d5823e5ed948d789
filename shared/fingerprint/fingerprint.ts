import { bytesToHex } from '@noble/hashes/utils.js';
import { HashmarkError } from '../errors.ts';
import { createCidHasher } from './cid-hasher.ts';
import type { TreeShape } from './tree.ts';

/** What one pass over content yields. */
export interface Fingerprint {
  /** SHA-256 of the whole content: 64 lower-case hex digits, no `0x`. */
  digest: string;
  /** CIDv0 of the content, profile `unixfs-v0-2015`. */
  cid: string;
  sizeBytes: number;
}

/** SHA-256 fed piece by piece. */
export interface StreamingSha256 {
  /** Takes the next bytes. When it returns, the caller may reuse them. */
  update(bytes: Uint8Array): void;
  /** 32 bytes. Ends its use. */
  digest(): Uint8Array | Promise<Uint8Array>;
}

/** How a platform hashes. The pass is the same everywhere; who runs it chooses the fastest primitive that it has. */
export interface HashPlatform {
  name: 'native' | 'wasm' | 'js';
  /** Hashes the whole content, in order. */
  createSha256(): StreamingSha256;
  /**
   * Hashes one block (at most a little over 256 KiB) to 32 bytes. An answer that comes later lets several blocks be hashed at once.
   * Either way, when the call returns the caller may reuse the bytes (WebCrypto copies them by its specification).
   */
  sha256(bytes: Uint8Array): Uint8Array | Promise<Uint8Array>;
}

/** The pass in push style, for a caller that gets its chunks by callback. */
export interface Fingerprinter {
  /**
   * Takes the next chunk, of any size. Await what it returns before the next call: a promise means that enough blocks are
   * being hashed for now. When that has settled, the caller may reuse the chunk.
   */
  update(chunk: Uint8Array): void | Promise<void>;
  /** Ends the pass. The fingerprint of no content at all is that of the empty file. */
  finish(): Promise<Fingerprint>;
}

/**
 * Starts a pass over content.
 *
 * @param shape Only tests give another than the profile's: it makes large trees from little content.
 */
export function createFingerprinter(platform: HashPlatform, shape?: TreeShape): Fingerprinter {
  const whole = platform.createSha256();
  const cid = createCidHasher(platform.sha256, shape);
  let sizeBytes = 0;
  return {
    update(chunk) {
      whole.update(chunk);
      sizeBytes += chunk.length;
      return cid.update(chunk);
    },
    async finish() {
      const ready = await cid.finish();
      return { digest: bytesToHex(await whole.digest()), cid: ready, sizeBytes };
    },
  };
}

/** What a caller may add to a pass. */
export interface FingerprintOptions {
  /** Called after every chunk with the bytes done so far, and with how the whole is hashed. */
  onProgress?: (bytesDone: number, platform: HashPlatform['name']) => void;
  /** Ends the pass: it rejects with the signal's reason and closes the source. */
  signal?: AbortSignal;
}

/**
 * Fingerprints content in one pass, in constant memory, whatever the sizes of its chunks.
 *
 * @param chunks The content in order. Each chunk is used before the next is asked for, so a source may reuse its buffer.
 * @returns the fingerprint; of no bytes at all that of the empty file (see {@link refuseEmpty}).
 * @throws the source's own error, or the reason of an aborted `signal`.
 */
export async function fingerprint(
  chunks: Iterable<Uint8Array> | AsyncIterable<Uint8Array>,
  platform: HashPlatform,
  { onProgress, signal }: FingerprintOptions = {},
): Promise<Fingerprint> {
  signal?.throwIfAborted();
  const pass = createFingerprinter(platform);
  let bytesDone = 0;
  for await (const chunk of signal ? abortable(chunks, signal) : chunks) {
    await pass.update(chunk);
    bytesDone += chunk.length;
    onProgress?.(bytesDone, platform.name);
    signal?.throwIfAborted();
  }
  return pass.finish();
}

/** The same chunks; an abort is noticed also while the source has nothing to give, and throws the signal's reason. */
export async function* abortable(
  chunks: Iterable<Uint8Array> | AsyncIterable<Uint8Array>,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array> {
  const source = Symbol.asyncIterator in chunks ? chunks[Symbol.asyncIterator]() : chunks[Symbol.iterator]();
  let isDone = false;
  try {
    while (true) {
      const next = await nextUnlessAborted(source, signal);
      if (next.done) {
        isDone = true;
        return;
      }
      yield next.value;
    }
  } finally {
    // Not awaited: a source that hangs in `next` would hang here too, and its own failure is no news after an abort.
    if (!isDone) void Promise.resolve(source.return?.()).catch(() => {});
  }
}

/** A listener of its own per chunk: racing against one long-lived promise would keep something of every chunk in memory. */
function nextUnlessAborted(
  source: Iterator<Uint8Array> | AsyncIterator<Uint8Array>,
  signal: AbortSignal,
): Promise<IteratorResult<Uint8Array>> {
  return new Promise((resolve, reject) => {
    signal.throwIfAborted();
    const onAbort = () => reject(signal.reason);
    signal.addEventListener('abort', onAbort, { once: true });
    Promise.resolve(source.next())
      .then(resolve, reject)
      .finally(() => signal.removeEventListener('abort', onAbort));
  });
}

/**
 * Refuses content without bytes, where it would be stamped: the empty file is the same for everybody and proves nothing.
 *
 * @param name What the user calls the content, for the message.
 * @throws HashmarkError `empty-content`.
 */
export function refuseEmpty({ sizeBytes }: Fingerprint, name: string): void {
  if (sizeBytes > 0) return;
  throw new HashmarkError(
    'empty-content',
    `“${name}” is empty (0 bytes). Only content with at least one byte can be stamped: choose another file.`,
    { data: { name } },
  );
}
