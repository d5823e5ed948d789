import { describe, expect, it } from 'vitest';

import { fingerprintHere } from '../../../../extension/stamping/fingerprint/here.ts';
import { fingerprintBlob } from '../../../../extension/stamping/fingerprint-blob.ts';
import { fingerprint } from '../../../../shared/fingerprint/fingerprint.ts';
import { jsPlatform } from '../../../../shared/fingerprint/js-platform.ts';

const content = new Uint8Array(1_300_000).map((_, i) => (i * 7 + (i >> 9)) & 0xff);
/** What a browser answers for it may be another thing than what is there the next time. */
function chosen(bytes: Uint8Array<ArrayBuffer>, read: () => Promise<ArrayBuffer>): File {
  return Object.assign(new File([bytes], 'contract.txt'), { arrayBuffer: read });
}

describe('fingerprintHere of a file in memory', () => {
  it('agrees with one pass', async () => {
    const file = chosen(content, async () => content.slice().buffer);
    expect(await fingerprintHere(file)).toEqual(await fingerprint([content], jsPlatform));
  });

  it.each([
    ['ended earlier', content, content.slice(0, 1_200_000)],
    ['ended later', content, new Uint8Array([...content, 1])],
    ['began otherwise', content, content.with(10, 1)],
    ['ended otherwise', content, content.with(1_299_990, 1)],
    ['ended earlier, and is small', content.slice(0, 1000), content.slice(0, 999)],
  ])('refuses it when what was read %s', async (_what, there, read) => {
    const file = chosen(there, async () => new Uint8Array(read).buffer);
    await expect(fingerprintHere(file)).rejects.toMatchObject({ code: 'content-changed' });
  });
});

describe('fingerprintBlob of a file that goes while it is read', () => {
  const gone = async () => Promise.reject(new DOMException('The operation was aborted.', 'AbortError'));

  it('says so, though Firefox says that it was aborted', async () => {
    const file = Object.assign(chosen(content, gone), { slice: () => chosen(content, gone) });
    await expect(fingerprintBlob(file)).rejects.toMatchObject({ code: 'content-changed' });
  });

  it('says that it was cancelled when it was', async () => {
    const controller = new AbortController();
    const file = chosen(content, async () => {
      controller.abort();
      return gone();
    });
    const pass = fingerprintBlob(file, { signal: controller.signal });
    await expect(pass).rejects.toBe(controller.signal.reason);
  });
});
