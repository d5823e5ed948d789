import { bytesToHex } from '@noble/hashes/utils.js';

import { cidOfBlockHash } from '../../../shared/fingerprint/cid.ts';
import {
  type Fingerprint,
  type FingerprintOptions,
  fingerprint,
  type HashPlatform,
} from '../../../shared/fingerprint/fingerprint.ts';
import { jsPlatform } from '../../../shared/fingerprint/js-platform.ts';
import { profileShape } from '../../../shared/fingerprint/tree.ts';
import { leafFrame } from '../../../shared/fingerprint/unixfs.ts';
import { wholeInMemoryBytes } from './memory-budget.ts';
import { nativeSha256, subtle } from './native.ts';
import { createEdges, sliceBytes, slicesOf } from './read-blob.ts';
import { openWasmSha256 } from './wasm-sha256.ts';

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
    if (content) {
      return content.length <= profileShape.chunkBytes
        ? fingerprintLeaf(content, subtle, options)
        : fingerprint(piecesOf(content), inMemoryPlatform(content, subtle), options);
    }
  }
  const edges = createEdges(blob.size);
  const result = await fingerprint(watched(slicesOf(blob), edges), await streamedPlatform(), options);
  await edges.check(blob);
  return result;
}

/** How content that does not fit into memory is hashed here. */
export async function streamedPlatform(): Promise<HashPlatform> {
  const wasm = await openWasmSha256();
  return {
    name: wasm ? 'wasm' : 'js',
    // One pass has one: it was opened for this one.
    createSha256: wasm ? () => wasm : jsPlatform.createSha256,
    sha256: subtle ? (bytes) => nativeSha256(subtle as SubtleCrypto, bytes) : jsPlatform.sha256,
  };
}

/** Undefined when it does not fit into memory, or cannot be read: then reading it in slices works, or fails with the reason. */
async function readWhole(blob: Blob): Promise<Uint8Array<ArrayBuffer> | undefined> {
  try {
    return new Uint8Array(await blob.arrayBuffer());
  } catch {
    return undefined;
  }
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

function* piecesOf(content: Uint8Array): Generator<Uint8Array> {
  for (let from = 0; from < content.length; from += sliceBytes) {
    yield content.subarray(from, from + sliceBytes);
  }
}

async function* watched(
  slices: AsyncIterable<Uint8Array>,
  edges: ReturnType<typeof createEdges>,
): AsyncGenerator<Uint8Array> {
  for await (const slice of slices) {
    edges.see(slice);
    yield slice;
  }
}
