import { bytesToHex } from '@noble/hashes/utils.js';

import { fromErrorData } from '../../../shared/errors.ts';
import type { Fingerprint, FingerprintOptions } from '../../../shared/fingerprint/fingerprint.ts';
import { streamedPlatform } from './here.ts';
import { wholeInMemoryBytes } from './memory-budget.ts';
import { nativeSha256, subtle } from './native.ts';
import { createEdges, sliceBytes, slicesOf } from './read-blob.ts';
import type { LeafNews, LeafOrder } from './worker-messages.ts';

/** Pieces that may lie between the two workers: enough that neither waits, and memory stays bounded. */
const maxPiecesAhead = 3;

/** The whole is in memory in any case, so it is read as fast as the browser can. */
const wholeSlicing = { sliceBytes: 8 << 20, ahead: 3 };

/** Reads the content once, hashes the whole, and passes the bytes on to the worker behind the port, which hashes the leaves. */
export async function fingerprintWithLeafWorker(
  blob: Blob,
  leafWorker: MessagePort,
  { onProgress }: FingerprintOptions,
): Promise<Fingerprint> {
  const leaves = openLeaves(leafWorker);
  const edges = createEdges(blob.size);
  const content = subtle && blob.size <= wholeInMemoryBytes() ? allocate(blob.size) : undefined;
  let digest: Uint8Array;
  if (content && subtle) {
    leaves.onHashed = (hashed) => onProgress?.(hashed, 'native');
    // The other worker begins with the first slice: the browser's hash occupies this one once it has begun.
    let filled = 0;
    for await (const slice of slicesOf(blob, wholeSlicing)) {
      content.set(slice, filled);
      filled += slice.length;
      edges.see(slice);
      leaves.give(slice);
    }
    digest = await nativeSha256(subtle, content);
  } else {
    const { name, createSha256 } = await streamedPlatform();
    const sha256 = createSha256();
    let bytesDone = 0;
    for await (const slice of slicesOf(blob)) {
      sha256.update(slice);
      edges.see(slice);
      bytesDone += slice.length;
      onProgress?.(bytesDone, name);
      await leaves.room();
      leaves.give(slice);
    }
    digest = await sha256.digest();
  }
  const cid = await leaves.finish();
  await edges.check(blob);
  return { digest: bytesToHex(digest), cid, sizeBytes: blob.size };
}

/** Undefined when there is no room for so much at once: slices of it may fit. */
function allocate(sizeBytes: number): Uint8Array<ArrayBuffer> | undefined {
  try {
    return new Uint8Array(sizeBytes);
  } catch {
    return undefined;
  }
}

/** The other worker, as this one sees it. */
function openLeaves(port: MessagePort) {
  let given = 0;
  let hashed = 0;
  let cid: string | undefined;
  let failure: unknown;
  let wake: () => void = () => {};
  const until = async (isTrue: () => boolean) => {
    while (!isTrue()) {
      if (failure) throw failure;
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
    }
  };
  const leaves = {
    onHashed: (_bytes: number) => {},
    /** Hands the bytes over: they are gone here afterwards. */
    give(bytes: Uint8Array<ArrayBuffer>) {
      given += bytes.length;
      const order: LeafOrder = { piece: bytes.buffer };
      port.postMessage(order, [bytes.buffer]);
    },
    room: () => until(() => given - hashed <= maxPiecesAhead * sliceBytes),
    async finish(): Promise<string> {
      port.postMessage({ end: true } satisfies LeafOrder);
      await until(() => cid !== undefined);
      port.close();
      return cid as string;
    },
  };
  port.onmessage = ({ data }: MessageEvent<LeafNews>) => {
    if ('hashed' in data) {
      hashed += data.hashed;
      leaves.onHashed(hashed);
    } else if ('cid' in data) cid = data.cid;
    else failure = fromErrorData(data.error);
    wake();
  };
  return leaves;
}
