import {
  type Fingerprint,
  type FingerprintOptions,
  fingerprint,
  type HashPlatform,
} from '../../shared/fingerprint/fingerprint.ts';
import { jsPlatform } from '../../shared/fingerprint/js-platform.ts';
import { ownBytes } from './own-bytes.ts';

/**
 * Up to this size the whole content is hashed from memory. WebCrypto has no streaming hash and copies what it is given: twice
 * this much memory, for a moment, buys about ten times the speed of JavaScript (`npm run bench fingerprint-browser`). Larger
 * content streams through JavaScript, in constant memory.
 */
const wholeInMemoryBytes = 256 << 20;

/** Bytes of a blob that are read at once. */
const sliceBytes = 4 << 20;

/** Absent on pages without a secure context: there everything is hashed in JavaScript. */
const subtle: SubtleCrypto | undefined = globalThis.crypto?.subtle;

async function sha256BySubtle(bytes: Uint8Array): Promise<Uint8Array> {
  if (!subtle) return jsPlatform.sha256(bytes);
  return ownBytes(await subtle.digest('SHA-256', bytes as Uint8Array<ArrayBuffer>));
}

/** Content of any size: the whole in JavaScript, blocks by WebCrypto beside it. */
export const streamingPlatform: HashPlatform = subtle
  ? { ...jsPlatform, sha256: sha256BySubtle }
  : jsPlatform;

/** For content that is in memory: the whole is hashed in one call, and `update` has nothing left to do. */
function inMemoryPlatform(content: Uint8Array): HashPlatform {
  return {
    name: 'native',
    sha256: sha256BySubtle,
    createSha256() {
      const digest = sha256BySubtle(content);
      // Awaited at the end of the pass; until then, or if the pass is cancelled, a failure must not count as unhandled.
      digest.catch(() => {});
      return { update() {}, digest: () => digest };
    },
  };
}

/**
 * Fingerprints a blob or file where it lies, in a worker or a page. Memory stays bounded: see {@link wholeInMemoryBytes}.
 *
 * @throws a DOMException `NotReadableError` when the file has changed or gone since it was chosen; the reason of an aborted `signal`.
 */
export async function fingerprintBlob(blob: Blob, options: FingerprintOptions = {}): Promise<Fingerprint> {
  options.signal?.throwIfAborted();
  const content = subtle && blob.size <= wholeInMemoryBytes ? await readWhole(blob) : undefined;
  return content
    ? fingerprint(piecesOf(content), inMemoryPlatform(content), options)
    : fingerprint(slicesOf(blob), streamingPlatform, options);
}

/** Undefined when it does not fit into memory, or cannot be read: then reading it in slices works, or fails with the reason. */
async function readWhole(blob: Blob): Promise<Uint8Array | undefined> {
  try {
    return ownBytes(await blob.arrayBuffer());
  } catch {
    return undefined;
  }
}

/** Fingerprints a stream of any length, for instance a response body, as it arrives. Cancels it when the pass ends early. */
export function fingerprintStream(
  stream: ReadableStream<Uint8Array>,
  options: FingerprintOptions = {},
): Promise<Fingerprint> {
  return fingerprint(chunksOf(stream), streamingPlatform, options);
}

async function* slicesOf(blob: Blob): AsyncGenerator<Uint8Array> {
  for (let from = 0; from < blob.size; from += sliceBytes) {
    yield ownBytes(await blob.slice(from, from + sliceBytes).arrayBuffer());
  }
}

function* piecesOf(content: Uint8Array): Generator<Uint8Array> {
  for (let from = 0; from < content.length; from += sliceBytes) {
    yield content.subarray(from, from + sliceBytes);
  }
}

/** Read by hand: Chromium iterates streams only since 124, and Firefox neither iterates nor pipes those of a content script. */
async function* chunksOf(stream: ReadableStream<Uint8Array>): AsyncGenerator<Uint8Array> {
  const reader = stream.getReader();
  try {
    while (true) {
      const { done, value } = await reader.read();
      if (done) return;
      yield ownBytes(value as Uint8Array<ArrayBuffer>);
    }
  } finally {
    await reader.cancel().catch(() => {});
  }
}
