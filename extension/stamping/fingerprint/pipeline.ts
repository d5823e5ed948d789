import { fromErrorData, toErrorData } from '../../../shared/errors.ts';
import type { Fingerprint, FingerprintOptions } from '../../../shared/fingerprint/fingerprint.ts';
import { discard } from './discard.ts';
import { wholeInMemoryBytes } from './memory-budget.ts';
import { openPart } from './parts.ts';
import { createEdges, type Slicing, slicesOf } from './read-blob.ts';
import type { PipelineEnds, PipelineMessage, StageOrder } from './worker-messages.ts';

/** All of it is in memory in any case, so it is read as fast as the browser can. */
const inMemorySlicing: Slicing = { sliceBytes: 8 << 20, ahead: 3 };
/** As fast as WebAssembly hashes; more takes only memory. */
const streamedSlicing: Slicing = { sliceBytes: 2 << 20, ahead: 2 };
/** Slices that may be on their way through the stages: enough that none of them waits. */
const mostSlicesOnTheirWay = 4;

/**
 * Reads content once and sends it through the two stages of a pipeline, which make a hash each. The bytes move from worker to worker
 * without being copied, and come back in the end.
 *
 * @throws as `fingerprintBlob`.
 */
export async function fingerprintInPipeline(
  blob: Blob,
  ends: PipelineEnds,
  { onProgress }: FingerprintOptions,
): Promise<Fingerprint> {
  const slicing = blob.size <= wholeInMemoryBytes() ? inMemorySlicing : streamedSlicing;
  const pipeline = openPipeline(ends, { onProgress });
  const edges = createEdges(blob.size);
  for await (const slice of slicesOf(blob, slicing)) {
    edges.see(slice);
    await pipeline.hasLessThan(mostSlicesOnTheirWay * slicing.sliceBytes);
    pipeline.give(slice);
  }
  // The file is looked at again while the last bytes are hashed.
  const [hashes] = await Promise.all([pipeline.finish(), edges.check(blob)]);
  return { ...hashes, sizeBytes: blob.size };
}

/** What goes in, and what comes back. */
function openPipeline({ first, last }: PipelineEnds, { onProgress }: FingerprintOptions) {
  let given = 0;
  let back = 0;
  let hashes: { digest: string; cid: string } | undefined;
  let failure: Error | undefined;
  let wake = () => {};
  const send = (message: PipelineMessage, transfer: Transferable[] = []) =>
    first.postMessage(message, transfer);
  async function until(isReady: () => boolean): Promise<void> {
    while (!isReady()) {
      if (failure) throw failure;
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
    }
  }
  last.onmessage = ({ data }: MessageEvent<PipelineMessage>) => {
    if ('piece' in data) {
      const bytes = new Uint8Array(data.piece);
      back += bytes.length;
      discard(bytes);
      if (data.platform) onProgress?.(back, data.platform);
    } else if ('end' in data) {
      const { digest = '', cid = '' } = data.end;
      hashes = { digest, cid };
    } else failure = fromErrorData(data.error);
    wake();
  };
  return {
    /** Waits until fewer bytes than these are on their way. */
    hasLessThan: (bytes: number) => until(() => given - back < bytes),
    /** Hands bytes over: they are gone here afterwards. */
    give(bytes: Uint8Array<ArrayBuffer>) {
      given += bytes.length;
      send({ piece: bytes.buffer }, [bytes.buffer]);
    },
    async finish(): Promise<{ digest: string; cid: string }> {
      send({ end: {} });
      await until(() => hashes !== undefined);
      last.close();
      return hashes as { digest: string; cid: string };
    },
  };
}

/** Makes a hash of the pieces that come, and passes them on. */
export function runStage({ makes, sizeBytes, from, to }: StageOrder): void {
  const send = (message: PipelineMessage, transfer: Transferable[] = []) => to.postMessage(message, transfer);
  const opening = openPart(makes, sizeBytes);
  const take = async (message: PipelineMessage) => {
    if ('error' in message) return send(message);
    const part = await opening;
    if ('end' in message) {
      // An open channel would keep this stage's memory for as long as the worker waits for the next content.
      from.close();
      return send({ end: { ...message.end, [makes]: await part.finish() } });
    }
    const { piece, platform = part.platform } = message;
    await part.update(new Uint8Array(piece));
    return send({ piece, platform }, [piece]);
  };
  let turn: Promise<unknown> = Promise.resolve();
  from.onmessage = ({ data }: MessageEvent<PipelineMessage>) => {
    turn = turn.then(() => take(data)).catch((error) => send({ error: toErrorData(error) }));
  };
}
