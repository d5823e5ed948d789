import { describe, expect, it, vi } from 'vitest';

import { fingerprintStream } from '../../../../extension/stamping/fingerprint/stream.ts';
import { fingerprint } from '../../../../shared/fingerprint/fingerprint.ts';
import { jsPlatform } from '../../../../shared/fingerprint/js-platform.ts';

describe('fingerprintStream', () => {
  it('agrees with a pass over the bytes', async () => {
    const bytes = new Uint8Array(700_000).map((_, i) => i * 7 + (i >> 9));
    expect(await fingerprintStream(new Blob([bytes]).stream())).toEqual(
      await fingerprint([bytes], jsPlatform),
    );
  });

  it('cancels the stream when the pass is cancelled', async () => {
    let cancelled = false;
    const stream = new ReadableStream<Uint8Array>({
      pull: (controller) => controller.enqueue(new Uint8Array(10)),
      cancel: () => {
        cancelled = true;
      },
    });
    const controller = new AbortController();
    const pass = fingerprintStream(stream, {
      signal: controller.signal,
      onProgress: () => controller.abort(),
    });
    await expect(pass).rejects.toMatchObject({ name: 'AbortError' });
    await vi.waitFor(() => expect(cancelled).toBe(true));
  });
});
