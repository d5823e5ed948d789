import { describe, expect, it } from 'vitest';

import { rememberEdges } from '../../../shared/fingerprint/edges.ts';

const edgeBytes = 64 << 10;
const makeContent = (length: number) => Uint8Array.from({ length }, (_, index) => index % 251);
const readerOf = (content: Uint8Array) => async (from: number, to: number) => content.subarray(from, to);

function seen(content: Uint8Array, sizeBytes = content.length, sliceBytes = 10_007) {
  const edges = rememberEdges(sizeBytes);
  for (let from = 0; from < content.length; from += sliceBytes)
    edges.see(content.subarray(from, from + sliceBytes));
  return edges;
}

describe('rememberEdges', () => {
  it.each([0, 1, edgeBytes - 1, edgeBytes, edgeBytes + 1, 2 * edgeBytes + 1, 5 * edgeBytes])(
    'should know content of %i bytes again, and see a byte that changed at either end',
    async (sizeBytes) => {
      const content = makeContent(sizeBytes);
      const edges = seen(content);
      expect(await edges.areThere(readerOf(content))).toBe(true);
      for (const at of sizeBytes > 0 ? [0, sizeBytes - 1] : []) {
        const changed = content.slice();
        changed[at] = 255;
        expect(await edges.areThere(readerOf(changed))).toBe(false);
      }
    },
  );

  it('should see that the content was cut short since', async () => {
    const content = makeContent(3 * edgeBytes);
    expect(await seen(content).areThere(readerOf(content.subarray(0, -1)))).toBe(false);
  });

  it.each([-1, 1])('should not be content with a pass that was %i bytes off', async (bytesOff) => {
    const content = makeContent(3 * edgeBytes);
    const edges = seen(content, content.length - bytesOff);
    expect(await edges.areThere(readerOf(content))).toBe(false);
  });
});
