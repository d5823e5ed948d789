import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import Papa from 'papaparse';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import type { CompanionState } from '../../extension/messages.ts';
import { type ExtensionBrowser, launchExtension } from '../helpers/browser.ts';
import { type RunningCompanion, startCompanion } from '../helpers/running-companion.ts';

const sha256 = (content: string | Uint8Array) => createHash('sha256').update(content).digest('hex');
/** For a list of ten thousand: sent, anchored, and ten thousand proofs fetched and checked. It stops a hang, and measures nothing. */
const longMs = 300_000;

let companion: RunningCompanion;
let extension: ExtensionBrowser;
let profile: string;
/** Of one file that was stamped: what the checks begin with. */
let proof: Buffer;
let transaction: string;

beforeAll(async () => {
  profile = await mkdtemp(join(tmpdir(), 'hashmark-profile-'));
  [companion, extension] = await Promise.all([
    startCompanion(),
    launchExtension({ profile: { folder: profile, isUsed: false } }),
  ]);
  const asker = await extension.open('options.html');
  const state = await extension.ask<CompanionState>(asker, 'companion.pair', {
    url: companion.ready.url,
    code: companion.ready.pairingCode,
  });
  expect(state.status).toBe('connected');
  await asker.close();
});
afterAll(async () => {
  await extension?.close();
  await companion?.stop();
  await rm(profile, { recursive: true, force: true });
});

/** Saves what a click hands to the downloads. */
async function download(page: Page, button: string | RegExp): Promise<Buffer> {
  const [started] = await Promise.all([
    page.waitForEvent('download', { timeout: longMs }),
    page.getByRole('button', { name: button }).click(),
  ]);
  return readFile(await started.path());
}

const chooseList = (page: Page, name: string, text: string) =>
  page
    .getByLabel('List of digests')
    .setInputFiles({ name, mimeType: 'text/plain', buffer: Buffer.from(text) });

const finished = (page: Page, text: RegExp, timeout = longMs) =>
  page.locator('.list-title').filter({ hasText: text }).waitFor({ timeout });

describe('the workbench', () => {
  it('stamps dropped files by their digests, and nothing of them leaves', async () => {
    const page = await extension.open('workbench.html');
    await page.getByLabel('Files to stamp').setInputFiles([
      { name: '=cmd.txt', mimeType: 'text/plain', buffer: Buffer.from('one') },
      { name: 'two.bin', mimeType: 'application/octet-stream', buffer: Buffer.from('two') },
      { name: 'two again.bin', mimeType: 'application/octet-stream', buffer: Buffer.from('two') },
    ]);
    await page.getByText('2 digests, 1 repetition left out').waitFor();
    await page.getByRole('button', { name: 'Stamp 2 digests' }).click();
    await finished(page, /Stamped · 2 of 2 digests proven/);

    const csv = (await download(page, /Results/)).toString().replace(/^\uFEFF/, '');
    const { data } = Papa.parse<Record<string, string>>(csv, { header: true, skipEmptyLines: true });
    expect(data).toMatchObject([
      { digest: sha256('one'), name: "'=cmd.txt", state: 'proven', size_bytes: '3' },
      { digest: sha256('two'), name: 'two.bin', state: 'proven', known_before: 'no' },
    ]);
    expect(data[0]?.transaction).toMatch(/^0x[0-9a-f]{64}$/);
    transaction = data[1]?.transaction ?? '';

    await page.getByRole('row', { name: /two\.bin/ }).click();
    proof = await download(page, 'Save proof (XML)');
    await page.close();
  });

  it('is used by keyboard alone, removes a list in every tab, and restores it where it was listed', async () => {
    const page = await extension.open('workbench.html');
    await page.getByLabel('Or paste digests').fill(`${sha256('three')}  three.txt\nno digest\n`);
    const press = async (name: string | RegExp) => {
      await page.getByRole('button', { name }).focus();
      await page.keyboard.press('Enter');
    };
    const focused = (name: string) =>
      page.locator('h1:focus').filter({ hasText: name }).waitFor({ state: 'attached' });
    await press('Read digests');
    await focused('Pasted digests');
    await page.getByText('1 line without a digest').waitFor();
    await press('Stamp 1 digest');
    await focused('Pasted digests');
    await finished(page, /Stamped · 1 of 1 digest proven/);
    expect(await page.title()).toBe('Pasted digests – Hashmark');
    await page.getByRole('grid').focus();
    await page.keyboard.press('ArrowDown');
    await page.getByRole('heading', { name: 'three.txt' }).waitFor();

    const other = await extension.visit(page.url());
    await finished(other, /Stamped/);
    await press('Remove');
    await focused('Stamp many at once');
    await other.getByText('Pasted digests was removed').waitFor();
    await press('Close');
    await page.getByText('1 removed list, kept for a day').click();
    await press('Restore Pasted digests');
    await page.getByRole('button', { name: /^Pasted digests/ }).waitFor();
    await finished(other, /Stamped · 1 of 1 digest proven/);
    await other.close();
    await page.close();
  });

  it('takes a large paste beside the field, shows what it was, and gives it back', async () => {
    const lines = Array.from({ length: 2000 }, (_, index) => `${sha256(`pasted ${index}`)}  ${index}.tiff\n`);
    const page = await extension.open('workbench.html');
    const field = page.getByLabel('Or paste digests');
    const transfer = (type: 'paste' | 'drop', text: string) =>
      field.evaluate(
        (it, { type, text }) => {
          const data = new DataTransfer();
          data.setData('text/plain', text);
          const init = { bubbles: true, cancelable: true };
          const event =
            type === 'paste'
              ? new ClipboardEvent('paste', { ...init, clipboardData: data })
              : new DragEvent('drop', { ...init, dataTransfer: data });
          return it.dispatchEvent(event); // True: left to the browser, which puts it into the field.
        },
        { type, text },
      );
    for (const type of ['paste', 'drop'] as const)
      expect(await transfer(type, lines.slice(0, 5).join(''))).toBe(true);

    const typed = `${sha256('typed')}  typed.txt\n`;
    await field.fill(typed);
    await field.focus();
    await page.keyboard.press('ControlOrMeta+End');
    expect(await transfer('paste', lines.join(''))).toBe(false);
    await page.getByText(/^2,001 digests from 2,001 pasted lines \(1\d\d kB\)$/).waitFor();
    await page.locator('h1:focus').filter({ hasText: 'Pasted digests' }).waitFor({ state: 'attached' });
    await page.getByRole('button', { name: 'Discard' }).press('Enter');
    await page.getByRole('status').filter({ hasText: 'Discarded Pasted digests' }).waitFor();
    expect(await field.inputValue()).toBe(typed);
    await page.getByRole('button', { name: 'Undo' }).press('Enter');
    await page.getByRole('button', { name: 'Stamp 2,001 digests' }).waitFor();
    await page.getByRole('button', { name: 'Discard' }).click();

    expect(await transfer('drop', lines.join(''))).toBe(false);
    await page.getByRole('button', { name: 'Stamp 2,000 digests' }).waitFor();
    await page.close();
  });

  describe('checking a proof', () => {
    const choose = (page: Page, content: string, xml = proof.toString()) =>
      page.getByLabel(/^Drop a file together with its proof/).setInputFiles([
        { name: 'two.bin', mimeType: 'application/octet-stream', buffer: Buffer.from(content) },
        { name: 'proof.xml', mimeType: 'text/xml', buffer: Buffer.from(xml) },
      ]);
    const heading = (page: Page, name: string) => page.getByRole('heading', { name, exact: true }).waitFor();

    it('confirms a file by its proof and the chain, every step named', async () => {
      const page = await extension.open('workbench.html?view=proof');
      await choose(page, 'two');
      await heading(page, 'Confirmed');
      await page.getByText('This computer remembers it.').waitFor();
      await page.getByLabel('Transaction that holds the root').fill(transaction);
      await page.getByRole('button', { name: 'Check', exact: true }).click();
      await heading(page, 'Confirmed');
      await page.getByText('This chain runs on this computer only.').waitFor();
      expect(await page.locator('.step').count()).toBeGreaterThanOrEqual(5);
      await page.close();
    });

    it('contradicts another file under the same proof', async () => {
      const page = await extension.open('workbench.html?view=proof');
      await choose(page, 'two, changed');
      await heading(page, 'Contradicted');
      await page.close();
    });

    it('contradicts a proof of which one digit was changed, and names the step', async () => {
      const page = await extension.open('workbench.html?view=proof');
      const xml = proof.toString();
      const forged = xml.replace(
        /value="(.)(.{63})" type="key"/,
        (_, first, rest) => `value="${first === '0' ? '1' : '0'}${rest}" type="key"`,
      );
      expect(forged).not.toBe(xml);
      await choose(page, 'two', forged);
      await heading(page, 'Contradicted');
      await page.locator('.step[data-tone="contradicted"]').first().waitFor();
      await page.close();
    });
  });

  it('finishes ten thousand digests once, when the browser is killed in the middle', {
    timeout: longMs,
  }, async () => {
    const digests = Array.from({ length: 10_000 }, (_, index) => sha256(`row ${index}`));
    let page = await extension.open('workbench.html');
    await chooseList(
      page,
      'SHA256SUMS',
      digests.map((digest, index) => `${digest}  box/scan ${index}.tiff\n`).join(''),
    );
    await page.getByRole('button', { name: 'Stamp 10,000 digests' }).click();
    await finished(page, /Sending|Waiting/);
    const address = page.url();

    await killBrowser(profile);
    await extension.close().catch(() => undefined);
    extension = await launchExtension({ profile: { folder: profile, isUsed: true } });
    page = await extension.visit(address);
    await finished(page, /Stamped · 10,000 of 10,000 digests proven/);

    const csv = (await download(page, /Results/)).toString().replace(/^\uFEFF/, '');
    const { data } = Papa.parse<Record<string, string>>(csv, { header: true, skipEmptyLines: true });
    expect(data.map(({ digest }) => digest)).toEqual(digests);
    expect(new Set(data.map(({ state }) => state))).toEqual(new Set(['proven']));

    const zip = await download(page, /All proofs/);
    const names = listZip(zip);
    expect(names).toHaveLength(10_001);
    expect(new Set(names)).toEqual(
      new Set(['results.csv', ...digests.map((digest) => `proof.Ethereum.${digest}.xml`)]),
    );
    await page.close();
  });
});

/** Ends the browser as a power cut would: every process of the profile at once. */
async function killBrowser(folder: string): Promise<void> {
  const { stdout } = await promisify(execFile)('ps', ['-axo', 'pid=,args='], { maxBuffer: 16 << 20 });
  const own = stdout.split('\n').filter((line) => line.includes(`--user-data-dir=${folder}`));
  const pids = own.map((line) => Number.parseInt(line, 10));
  expect(pids.length).toBeGreaterThan(0);
  for (const pid of pids) {
    try {
      process.kill(pid, 'SIGKILL');
    } catch {
      // It ended with the one before.
    }
  }
}

/** The names in a zip's central directory. */
function listZip(zip: Buffer): string[] {
  const names: string[] = [];
  const signature = Buffer.from('PK\x01\x02', 'latin1');
  for (let at = zip.indexOf(signature); at >= 0; ) {
    const length = zip.readUInt16LE(at + 28);
    names.push(zip.toString('utf8', at + 46, at + 46 + length));
    at = zip.indexOf(signature, at + 46 + length);
  }
  return names;
}
