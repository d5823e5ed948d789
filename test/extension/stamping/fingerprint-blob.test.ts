import { createHash } from 'node:crypto';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { fingerprint } from '../../../shared/fingerprint/fingerprint.ts';
import { jsPlatform } from '../../../shared/fingerprint/js-platform.ts';

/** The module reads `crypto.subtle` once, as a page gives it: each case loads it anew. */
async function load() {
  vi.resetModules();
  return import('../../../extension/stamping/fingerprint-blob.ts');
}

function patterned(length: number): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(length);
  for (let i = 0; i < length; i += 1) bytes[i] = (i * 7 + (i >> 9)) & 0xff;
  return bytes;
}

afterEach(() => vi.unstubAllGlobals());

describe.each([
  ['with WebCrypto', true],
  ['on a page without WebCrypto', false],
])('fingerprintBlob %s', (_name, hasSubtle) => {
  const prepare = () => {
    if (!hasSubtle) vi.stubGlobal('crypto', { getRandomValues: () => {} });
    return load();
  };

  it.each([0, 1, 262_145, (4 << 20) + 3])('agrees with a pass over the bytes: %i bytes', async (size) => {
    const { fingerprintBlob } = await prepare();
    const bytes = patterned(size);
    const seen: number[] = [];
    const result = await fingerprintBlob(new Blob([bytes]), { onProgress: (done) => seen.push(done) });
    expect(result).toEqual(await fingerprint([bytes], jsPlatform));
    expect(result.digest).toBe(createHash('sha256').update(bytes).digest('hex'));
    expect(seen.at(-1) ?? 0).toBe(size);
  });

  it('can be cancelled', async () => {
    const { fingerprintBlob } = await prepare();
    const controller = new AbortController();
    const pass = fingerprintBlob(new Blob([patterned(9 << 20)]), {
      signal: controller.signal,
      onProgress: () => controller.abort(),
    });
    await expect(pass).rejects.toMatchObject({ name: 'AbortError' });
  });
});

describe('fingerprintBlob of a blob that does not fit into memory', () => {
  it('streams it', async () => {
    const { fingerprintBlob } = await load();
    const bytes = patterned((9 << 20) + 1);
    const blob = new Blob([bytes]);
    vi.spyOn(blob, 'arrayBuffer').mockRejectedValue(new RangeError('Array buffer allocation failed'));
    expect(await fingerprintBlob(blob)).toEqual(await fingerprint([bytes], jsPlatform));
  });
});

describe('fingerprintBlob of a file that is gone', () => {
  it('fails with the browser’s reason', async () => {
    const { fingerprintBlob } = await load();
    const blob = new Blob([patterned(10)]);
    const gone = new DOMException('The file was removed.', 'NotReadableError');
    vi.spyOn(Blob.prototype, 'arrayBuffer').mockRejectedValue(gone);
    await expect(fingerprintBlob(blob)).rejects.toBe(gone);
  });
});
