import { appendFile, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { type Browser, chromium, type Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { nodePlatform } from '../../companion/fingerprint/node-platform.ts';
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
  const startWorker = () => new Worker('/worker.js', { type: 'module' });
  globalThis.fingerprintPattern = async (size, withWorkers) => {
    const platforms = new Set();
    const onProgress = (bytesDone, platform) => platforms.add(platform);
    const blob = new Blob([patterned(size)]);
    const result = await fingerprintBlob(blob, { onProgress, ...(withWorkers ? { startWorker } : {}) });
    return { result, platforms: [...platforms] };
  };
  globalThis.cancelPattern = async (size) => {
    const controller = new AbortController();
    const onProgress = () => controller.abort();
    const blob = new Blob([patterned(size)]);
    return fingerprintBlob(blob, { onProgress, startWorker, signal: controller.signal }).catch(({ name }) => name);
  };
  globalThis.fingerprintPicked = async (file) => {
    try { return await fingerprintBlob(file, { startWorker }); } catch ({ code, message }) { return { code, message }; }
  };
</script><input type="file">`;

/** Forbids WebAssembly to the page and, since it comes with the worker's script too, to workers. */
const noWasm = { 'content-security-policy': "script-src 'self' 'unsafe-inline'" };
/** Tells scripts of a small device that content is streamed from a size on that a test can afford. */
const smallDevice = `Object.defineProperty(navigator, 'deviceMemory', { value: 0.25 });\n`;

let site: WebSite;
let browser: Browser;
beforeAll(async () => {
  const [module, worker] = await Promise.all([
    bundleModule('extension/stamping/fingerprint-blob.ts'),
    bundleModule('test/helpers/fingerprint-worker.ts'),
  ]);
  const script = (body: string) => ({ type: 'text/javascript', body });
  site = await serveSite({
    '/': { body: page },
    '/module.js': script(module),
    '/worker.js': script(worker),
    '/small/': { body: page.replaceAll("'/", "'/small/") },
    '/small/module.js': script(smallDevice + module),
    '/small/worker.js': script(smallDevice + worker),
    '/no-wasm/': { body: page.replaceAll("'/", "'/no-wasm/"), headers: noWasm },
    '/no-wasm/module.js': script(smallDevice + module),
    '/no-wasm/worker.js': { ...script(smallDevice + worker), headers: noWasm },
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

async function open(path: string, host = '127.0.0.1'): Promise<Page> {
  const tab = await browser.newPage();
  await tab.goto(`http://${host}:${new URL(site.origin).port}${path}`);
  await tab.waitForFunction('globalThis.fingerprintPicked');
  return tab;
}

const small = [0, 1, 262_144, 262_145, 1_048_576, 5_000_000];

describe.each([
  ['in memory, in workers', '/', '127.0.0.1', true, 'native', [...small, 70 << 20]],
  ['in memory, here', '/', '127.0.0.1', false, 'native', small],
  ['streamed by WebAssembly, in workers', '/small/', '127.0.0.1', true, 'wasm', [16_777_217, 50_000_000]],
  ['streamed by WebAssembly, here', '/small/', '127.0.0.1', false, 'wasm', [16_777_217, 24_000_000]],
  ['where WebAssembly is forbidden, in workers', '/no-wasm/', '127.0.0.1', true, 'js', [16_777_217]],
  ['where WebAssembly is forbidden, here', '/no-wasm/', '127.0.0.1', false, 'js', [16_777_217]],
  ['without WebCrypto, in workers', '/', insecureHost, true, 'wasm', small],
  ['without WebCrypto, here', '/', insecureHost, false, 'wasm', small],
] as const)('fingerprintBlob in Chromium, %s', (_name, path, host, withWorkers, platform, sizes) => {
  it.each(sizes)('agrees with Node on %i bytes, and says how it was hashed', async (size) => {
    const tab = await open(path, host);
    const answer = await tab.evaluate(`fingerprintPattern(${size}, ${withWorkers})`);
    expect(answer).toEqual({
      result: await fingerprint([patterned(size)], nodePlatform),
      platforms: size === 0 ? expect.anything() : [platform],
    });
    await tab.close();
  });
});

describe('fingerprintBlob in workers', () => {
  const mib = 1 << 20;
  /** Where other workers take over, where memory is left for streaming, and where slices of either way end. */
  const seams = [mib, 8 * mib, 10 * mib, 16 * mib, 18 * mib];
  const size = fc.oneof(
    fc.tuple(fc.constantFrom(...seams), fc.integer({ min: -1, max: 1 })).map(([seam, by]) => seam + by),
    fc.integer({ min: 0, max: 20 * mib }),
  );

  it.each(['/', '/small/', '/no-wasm/'])('agrees with Node on any size (%s)', async (path) => {
    const tab = await open(path);
    await fc.assert(
      fc.asyncProperty(size, async (size) => {
        const result = await fingerprint([patterned(size)], nodePlatform);
        expect(await tab.evaluate(`fingerprintPattern(${size}, true)`)).toMatchObject({ result });
      }),
      { numRuns: 10 },
    );
    await tab.close();
  });

  it('can be cancelled, and works again', async () => {
    const tab = await open('/small/');
    expect(await tab.evaluate('cancelPattern(60_000_000)')).toBe('AbortError');
    const { digest } = await fingerprint([patterned(20_000_000)], nodePlatform);
    expect(await tab.evaluate('fingerprintPattern(20_000_000, true)')).toMatchObject({ result: { digest } });
    await tab.close();
  });
});

describe('fingerprintBlob of a file that the user chose', () => {
  it.each(['/', '/small/'])('refuses it when it has changed since (%s)', async (path) => {
    const folder = await mkdtemp(join(tmpdir(), 'hashmark-chosen-'));
    const file = join(folder, 'contract.txt');
    const content = patterned(18_000_000);
    await writeFile(file, content);
    const tab = await open(path);
    try {
      await tab.setInputFiles('input', file);
      const chosen = "fingerprintPicked(document.querySelector('input').files[0])";
      expect(await tab.evaluate(chosen)).toEqual(await fingerprint([content], nodePlatform));
      await appendFile(file, 'more');
      expect(await tab.evaluate(chosen)).toEqual({
        code: 'content-changed',
        message: expect.stringContaining('“contract.txt”'),
      });
    } finally {
      await tab.close();
      await rm(folder, { recursive: true });
    }
  });
});
