import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { type Browser, chromium, type Page } from 'playwright-core';
import decodeQr from 'qr/decode.js';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import {
  type CertificateEvidence,
  createCertificate,
} from '../../companion/service/originstamp/certificate/certificate.ts';
import { describeChain } from '../../companion/service/public/chain-facts.ts';
import { writeProofXml } from '../../shared/evidence/proof-xml.ts';
import { chromiumPath } from '../helpers/browser.ts';
import { bundleModule } from '../helpers/bundle-module.ts';
import { makeEvidence } from '../helpers/certificate-evidence.ts';
import { serveSite, type WebSite } from '../helpers/web-site.ts';

/** What a page of the extension may do: nothing is evaluated, nothing comes from elsewhere. */
const strictPolicy = "default-src 'none'; script-src 'self'; connect-src 'self'";

const pdfLibrary = resolve(import.meta.dirname, '../../node_modules/unpdf/dist/pdfjs.mjs');

/** Draws a page as PNG, as base64. */
const drawScript = `
  import { getDocument } from '/pdfjs.js';
  globalThis.drawPage = async (path, number, scale) => {
    const data = new Uint8Array(await (await fetch(path)).arrayBuffer());
    const page = await (await getDocument({ data }).promise).getPage(number);
    const viewport = page.getViewport({ scale });
    const canvas = new OffscreenCanvas(viewport.width, viewport.height);
    await page.render({ canvas, canvasContext: canvas.getContext('2d'), viewport }).promise;
    const blob = await canvas.convertToBlob();
    return (await new Response(blob).bytes()).toBase64();
  };
`;
const readScript = `
  import { readProofPdf } from '/proof-pdf.js';
  globalThis.readProof = async (path) =>
    readProofPdf(new Uint8Array(await (await fetch(path)).arrayBuffer()));
`;

const evidence = makeEvidence();
const onLocalChain: Partial<CertificateEvidence> = { chain: describeChain(4_774_000_123) };
let site: WebSite;
let browser: Browser;
beforeAll(async () => {
  const script = (body: string) => ({ type: 'text/javascript', body });
  const page = (name: string, headers = {}) => ({
    headers,
    body: `<!doctype html><title>PDF</title><script type="module" src="/${name}"></script>`,
  });
  const pdf = async (changes = {}) => ({
    type: 'application/pdf',
    body: await createCertificate(makeEvidence(changes)),
  });
  site = await serveSite({
    '/draw': page('draw.js'),
    '/read': page('read.js', { 'content-security-policy': strictPolicy }),
    '/draw.js': script(drawScript),
    '/read.js': script(readScript),
    '/pdfjs.js': script(readFileSync(pdfLibrary, 'utf8')),
    '/proof-pdf.js': script(await bundleModule('shared/evidence/proof-pdf.ts')),
    '/public.pdf': await pdf(),
    '/local.pdf': await pdf(onLocalChain),
  });
  browser = await chromium.launch({ executablePath: chromiumPath, args: ['--no-sandbox'] });
});
afterAll(async () => {
  await browser?.close();
  await site?.close();
});

async function open(path: string, ready: string): Promise<Page> {
  const tab = await browser.newPage();
  await tab.goto(site.origin + path);
  await tab.waitForFunction(`typeof globalThis.${ready} === 'function'`);
  return tab;
}

describe('a certificate in a browser', () => {
  it.each([
    ['public', `https://etherscan.io/tx/${evidence.transaction}`],
    [
      'local',
      `SHA-256 ${evidence.digest}\nroot ${evidence.proof.root}\ntransaction ${evidence.transaction}\nchain 4774000123`,
    ],
  ])('should show a QR code that a camera reads: %s', async (name, text) => {
    const tab = await open('/draw', 'drawPage');
    // 150 dots an inch: a paper copy at arm's length.
    const png = Buffer.from(await tab.evaluate<string>(`drawPage('/${name}.pdf', 1, 150 / 72)`), 'base64');
    const { data, info } = await sharp(png).ensureAlpha().raw().toBuffer({ resolveWithObject: true });
    expect([info.width, info.height]).toEqual([1240, 1753]);
    expect(decodeQr({ width: info.width, height: info.height, data: new Uint8Array(data) })).toBe(text);
    await tab.close();
  });

  it('should be read under the policy of an extension, without an evaluated script', async () => {
    const tab = await open('/read', 'readProof');
    const violations: string[] = [];
    tab.on('console', (message) => violations.push(message.text()));
    expect(await tab.evaluate(`readProof('/public.pdf')`)).toEqual({
      xml: writeProofXml(evidence.proof),
      hint: { root: evidence.proof.root, chainId: 1, transaction: evidence.transaction },
      source: 'attachment',
    });
    expect(violations).toEqual([]);
    await tab.close();
  });
});
