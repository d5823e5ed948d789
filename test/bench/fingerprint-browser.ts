import { chromium, type Page } from 'playwright-core';
import { chromiumPath } from '../helpers/browser.ts';
import { bundleModule } from '../helpers/bundle-module.ts';
import { serveSite } from '../helpers/web-site.ts';
import { measure, table } from './measure.ts';

const mebibytes = [1, 16, 64, 256];

const page = `<!doctype html><script type="module">
  import { fingerprintBlob } from '/module.js';
  const piece = new Uint8Array(1 << 20).map((_, i) => i * 7);
  globalThis.prepare = (pieces) => { globalThis.blob = new Blob(Array.from({ length: pieces }, () => piece)); };
  globalThis.ours = () => fingerprintBlob(blob);
  globalThis.digestAlone = async () => { await crypto.subtle.digest('SHA-256', await blob.arrayBuffer()); };
</script>`;

/**
 * Fingerprinting a blob in Chromium: digest and CID, in megabytes (10^6 bytes) a second. The limit is WebCrypto's SHA-256 of the whole
 * in one piece, which needs all of it in memory at any size.
 */
export async function runBrowserFingerprintBench(): Promise<string> {
  const module = await bundleModule('extension/stamping/fingerprint-blob.ts');
  const site = await serveSite({
    '/': { body: page },
    '/module.js': { type: 'text/javascript', body: module },
  });
  const browser = await chromium.launch({ executablePath: chromiumPath, args: ['--no-sandbox'] });
  try {
    const tab: Page = await browser.newPage();
    await tab.goto(site.origin);
    const rows: string[][] = [];
    for (const size of mebibytes) {
      await tab.evaluate(`prepare(${size})`);
      const medians = await measure([
        { name: 'ours', run: () => tab.evaluate('ours()') },
        { name: 'limit', run: () => tab.evaluate('digestAlone()') },
      ]);
      const speed = (name: string) => (size << 20) / 1e3 / (medians.get(name) ?? Number.NaN);
      rows.push([
        `${size} MiB`,
        speed('ours').toFixed(0),
        speed('limit').toFixed(0),
        (speed('ours') / speed('limit')).toFixed(2),
      ]);
    }
    return table(['MB/s', 'ours', 'WebCrypto', 'ours/WebCrypto'], rows);
  } finally {
    await browser.close();
    await site.close();
  }
}
