import { bytesToHex } from '@noble/hashes/utils.js';

import { cidOfBlockHash } from '../../../shared/fingerprint/cid.ts';
import {
  type Fingerprint,
  type FingerprintOptions,
  fingerprint,
  type HashPlatform,
} from '../../../shared/fingerprint/fingerprint.ts';
import { profileShape } from '../../../shared/fingerprint/tree.ts';
import { leafFrame } from '../../../shared/fingerprint/unixfs.ts';
import { discard, discardLater } from './discard.ts';
import { wholeInMemoryBytes } from './memory-budget.ts';
import { nativeSha256, subtle } from './native.ts';
import { streamedPlatform } from './platform.ts';
import { createEdges, type Slicing, slicesOf } from './read-blob.ts';

/** A slice is read while another is hashed. */
const slicing: Slicing = { sliceBytes: 4 << 20, ahead: 1 };

/**
 * Fingerprints a blob in the calling thread: by the browser's own hash while it fits into memory, else in WebAssembly, else in
 * JavaScript; the results are the same.
 *
 * @throws whatever reading throws; HashmarkError `content-changed`; the reason of an aborted `signal`.
 */
export async function fingerprintHere(blob: Blob, options: FingerprintOptions = {}): Promise<Fingerprint> {
  options.signal?.throwIfAborted();
  if (subtle && blob.size <= wholeInMemoryBytes()) {
    const content = await readWhole(blob);
    if (content) return fingerprintContent(blob, content, subtle, options);
  }
  const edges = createEdges(blob.size);
  const result = await fingerprint(
    watched(slicesOf(blob, slicing), edges),
    await streamedPlatform(),
    options,
  );
  await edges.check(blob);
  return result;
}

/** Undefined when it does not fit into memory, or cannot be read: then reading it in slices works, or fails with the reason. */
async function readWhole(blob: Blob): Promise<Uint8Array<ArrayBuffer> | undefined> {
  try {
    return new Uint8Array(await blob.arrayBuffer());
  } catch {
    return undefined;
  }
}

async function fingerprintContent(
  blob: Blob,
  content: Uint8Array<ArrayBuffer>,
  native: SubtleCrypto,
  options: FingerprintOptions,
): Promise<Fingerprint> {
  const isLeaf = content.length <= profileShape.chunkBytes;
  const [result] = await Promise.all([
    isLeaf
      ? fingerprintLeaf(content, native, options)
      : fingerprint(piecesOf(content), inMemoryPlatform(content, native), options),
    requireUnchanged(blob, content),
  ]);
  if (!isLeaf) discardLater(content);
  return result;
}

/** Less than this is read in about a millisecond, and looking at it again would take as long. */
const lookAgainFromBytes = 1 << 20;

/** Browsers answer with what a writer has left half done, Firefox also with more or less than there was when it was chosen. */
async function requireUnchanged(blob: Blob, content: Uint8Array): Promise<void> {
  if (content.length === blob.size && content.length < lookAgainFromBytes) return;
  const edges = createEdges(blob.size);
  edges.see(content);
  await edges.check(blob);
}

/** Content of one leaf: two hashes at once and nothing around them, because a small file costs little else. */
async function fingerprintLeaf(
  content: Uint8Array,
  native: SubtleCrypto,
  { onProgress, signal }: FingerprintOptions,
): Promise<Fingerprint> {
  const { before, after } = leafFrame(content.length);
  const leaf = new Uint8Array(before.length + content.length + after.length);
  leaf.set(before);
  leaf.set(content, before.length);
  leaf.set(after, before.length + content.length);
  const [digest, blockHash] = await Promise.all([nativeSha256(native, content), nativeSha256(native, leaf)]);
  signal?.throwIfAborted();
  onProgress?.(content.length, 'native');
  return { digest: bytesToHex(digest), cid: cidOfBlockHash(blockHash), sizeBytes: content.length };
}

/** For content that is in memory: the whole is hashed in one call, and `update` has nothing left to do. */
function inMemoryPlatform(content: Uint8Array, native: SubtleCrypto): HashPlatform {
  return {
    name: 'native',
    sha256: (bytes) => nativeSha256(native, bytes),
    createSha256() {
      const digest = nativeSha256(native, content);
      // Awaited at the end of the pass; until then, or if the pass is cancelled, a failure must not count as unhandled.
      digest.catch(() => {});
      return { update() {}, digest: () => digest };
    },
  };
}

/** Between two pieces the pass can be cancelled, and tells how far it is. */
const pieceBytes = 4 << 20;

function* piecesOf(content: Uint8Array): Generator<Uint8Array> {
  for (let from = 0; from < content.length; from += pieceBytes) {
    yield content.subarray(from, from + pieceBytes);
  }
}

async function* watched(
  slices: AsyncIterable<Uint8Array<ArrayBuffer>>,
  edges: ReturnType<typeof createEdges>,
): AsyncGenerator<Uint8Array> {
  for await (const slice of slices) {
    edges.see(slice);
    yield slice;
    // Whoever asks for the next has used this one.
    discard(slice);
  }
}
