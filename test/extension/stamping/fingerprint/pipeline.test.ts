import { describe, expect, it } from 'vitest';

import { fingerprintInPipeline, runStage } from '../../../../extension/stamping/fingerprint/pipeline.ts';
import type { StageOrder } from '../../../../extension/stamping/fingerprint/worker-messages.ts';
import { fingerprint } from '../../../../shared/fingerprint/fingerprint.ts';
import { jsPlatform } from '../../../../shared/fingerprint/js-platform.ts';

const channels = () => [new MessageChannel(), new MessageChannel(), new MessageChannel()] as const;

/** A pipeline whose stages run here, which is where a failing one can be put. */
function connect(
  sizeBytes: number,
  run: (order: StageOrder) => void = runStage,
  [toDigest, toCid, toReader] = channels(),
) {
  run({ makes: 'digest', sizeBytes, from: toDigest.port2, to: toCid.port1 });
  runStage({ makes: 'cid', sizeBytes, from: toCid.port2, to: toReader.port1 });
  return { first: toDigest.port1, last: toReader.port2 };
}

describe('fingerprintInPipeline', () => {
  it.each([1, 262_145, (40 << 20) + 1])('agrees with one pass: %i bytes', async (size) => {
    const bytes = new Uint8Array(size).map((_, i) => (i * 7 + (i >> 9)) & 0xff);
    const seen: number[] = [];
    const result = await fingerprintInPipeline(new Blob([bytes]), connect(size), {
      onProgress: (bytesDone) => seen.push(bytesDone),
    });
    expect(result).toEqual(await fingerprint([bytes], jsPlatform));
    expect(seen.at(-1)).toBe(size);
    expect(seen).toEqual([...seen].sort((a, b) => a - b));
  });

  it('leaves no channel open: the workers stay, and what they hold with them', async () => {
    const all = channels();
    const ports = all.flatMap(({ port1, port2 }) => [port1, port2]);
    const closed = ports.map((port) => new Promise((resolve) => port.addEventListener('close', resolve)));
    await fingerprintInPipeline(new Blob([new Uint8Array(1000)]), connect(1000, runStage, all), {});
    expect(await Promise.all(closed)).toHaveLength(6);
  });

  it('says what went wrong in a stage before the last', async () => {
    const failing = ({ from, to }: StageOrder) => {
      from.onmessage = () =>
        to.postMessage({ error: { code: 'internal', message: 'There is no memory left.' } });
    };
    const pass = fingerprintInPipeline(new Blob([new Uint8Array(1000)]), connect(1000, failing), {});
    await expect(pass).rejects.toThrow('There is no memory left.');
  });
});
