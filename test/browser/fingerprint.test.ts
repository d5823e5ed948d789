import { type Browser, chromium } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { nodePlatform } from '../../companion/fingerprint-file.ts';
import { fingerprint } from '../../shared/fingerprint/fingerprint.ts';
import { chromiumPath } from '../helpers/browser.ts';
import { bundleModule } from '../helpers/bundle-module.ts';
import { serveSite, type WebSite } from '../helpers/web-site.ts';

/** A name that is not loopback to the browser, so that its pages are no secure context and have no `crypto.subtle`. */
const insecureHost = 'insecure.test';

/** Byte `i` of the content, computed on both sides: sending 70 MiB to the page would take longer than hashing them. */
function patterned(size: number): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(size);
  for (let i = 0; i < size; i += 1) bytes[i] = (i * 7 + (i >> 9)) & 0xff;
  return bytes;
}

const page = `<!doctype html><title>Fingerprints</title><script type="module">
  import { fingerprintBlob } from '/module.js';
  ${patterned}
  globalThis.fingerprintPattern = (size) => fingerprintBlob(new Blob([patterned(size)]));
</script>`;

let site: WebSite;
let browser: Browser;
beforeAll(async () => {
  site = await serveSite({
    '/': { body: page },
    '/module.js': {
      type: 'text/javascript',
      body: await bundleModule('extension/stamping/fingerprint-blob.ts'),
    },
  });
  browser = await chromium.launch({
    executablePath: chromiumPath,
    args: ['--no-sandbox', `--host-resolver-rules=MAP ${insecureHost} 127.0.0.1`],
  });
});
afterAll(async () => {
  await browser?.close();
  await site?.close();
});

describe.each([
  ['a secure page', '127.0.0.1', true, [0, 1, 262_145, 5_000_000, 70 << 20]],
  ['a page without WebCrypto', insecureHost, false, [0, 1, 262_145, 5_000_000]],
] as const)('fingerprintBlob in Chromium, on %s', (_name, host, hasSubtle, sizes) => {
  it.each(sizes)('should agree with Node on %i bytes', async (size) => {
    const tab = await browser.newPage();
    await tab.goto(`http://${host}:${new URL(site.origin).port}/`);
    expect(await tab.evaluate(() => crypto.subtle !== undefined)).toBe(hasSubtle);
    const result = await tab.evaluate(`fingerprintPattern(${size})`);
    expect(result).toEqual(await fingerprint([patterned(size)], nodePlatform));
    await tab.close();
  });
});
