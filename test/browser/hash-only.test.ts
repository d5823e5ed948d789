import { createHash, randomUUID } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { nodePlatform } from '../../companion/fingerprint/node-platform.ts';
import type { JobView } from '../../extension/messages.ts';
import { parseProofXml } from '../../shared/evidence/proof-xml.ts';
import type { Verdict } from '../../shared/evidence/verdict.ts';
import { fingerprint } from '../../shared/fingerprint/fingerprint.ts';
import { type ExtensionBrowser, launchExtension } from '../helpers/browser.ts';
import { eventually } from '../helpers/eventually.ts';
import { runHashmark } from '../helpers/hashmark-command.ts';
import { expectBadges } from '../helpers/page-badges.ts';
import { type RunningCompanion, startCompanion } from '../helpers/running-companion.ts';
import { serveSite, type WebSite } from '../helpers/web-site.ts';

/** Stands in everything that is stamped here, so that it can be looked for wherever it must not be. */
const secret = `secret-${randomUUID()}`;
const image = `<svg xmlns="http://www.w3.org/2000/svg" width="40" height="40"><title>${secret}</title><rect width="40" height="40" fill="teal"/></svg>`;
const pdf = `%PDF-1.4\n% ${secret}\n`;
const finalWithinMs = 60_000;

let companion: RunningCompanion;
let extension: ExtensionBrowser;
let site: WebSite;
/** A page of the extension, to ask the background as its own pages do. */
let asker: Page;

beforeAll(async () => {
  [companion, extension, site] = await Promise.all([
    startCompanion(),
    launchExtension(),
    serveSite({
      '/page': {
        body: `<!doctype html><title>${secret}</title><h1>${secret}</h1><img src="/${secret}.svg">`,
      },
      '/worker': { body: `<!doctype html><title>Worker</title><p>${secret} outlives its worker.</p>` },
      '/popup': { body: `<!doctype html><title>Popup</title><p>${secret} from the popup.</p>` },
      [`/${secret}.svg`]: { type: 'image/svg+xml', body: image },
      [`/${secret}.pdf`]: { type: 'application/pdf', body: pdf },
    }),
  ]);
  asker = await extension.open('options.html');
  await extension.ask(asker, 'companion.pair', {
    url: companion.ready.url,
    code: companion.ready.pairingCode,
  });
});
afterAll(async () => {
  await extension?.close();
  await companion?.stop();
  await site?.close();
});

const jobs = () => extension.ask<JobView[]>(asker, 'jobs.list');
const verify = (hash: string) => extension.ask<Verdict>(asker, 'verify.hash', { hash });
const sha256 = (bytes: string | Buffer) => createHash('sha256').update(bytes).digest('hex');

/** Waits for a job that was not there before. */
async function newJob(act: () => Promise<unknown>, phase: JobView['phase'] = 'done'): Promise<JobView> {
  const before = new Set((await jobs()).map(({ id }) => id));
  await act();
  return eventually(
    `a new job is ${phase}`,
    async () => {
      const job = (await jobs()).find(({ id }) => !before.has(id));
      if (job?.phase === 'failed') throw new Error(`it failed: ${job.message}`);
      return job?.phase === phase ? job : undefined;
    },
    finalWithinMs,
  );
}

const jobOf = (id: string, phase: JobView['phase']) =>
  eventually(
    `the job is ${phase}`,
    async () => (await jobs()).find((job) => job.id === id && job.phase === phase),
    finalWithinMs,
  );

/** Every file of a folder and below, with its content. */
async function filesBelow(folder: string): Promise<Map<string, Buffer>> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  return new Map(await Promise.all(files.map(async (path) => [path, await readFile(path)] as const)));
}

interface SentRequest {
  url: string;
  method: string;
  body: string;
}

/** Notes what the extension's background sends from now on. Playwright's hold on the worker keeps it alive meanwhile. */
async function watchRequests(): Promise<() => Promise<SentRequest[]>> {
  const worker = await extension.worker();
  await worker.evaluate(() => {
    const real = globalThis.fetch;
    const sent: SentRequest[] = [];
    const toText = async (body: BodyInit | null | undefined) => new Response(body ?? '').text();
    Object.assign(globalThis, { sentRequests: sent });
    globalThis.fetch = async (input, init) => {
      const url = typeof input === 'string' ? input : input instanceof URL ? input.href : input.url;
      sent.push({ url, method: init?.method ?? 'GET', body: await toText(init?.body) });
      return real(input, init);
    };
  });
  return () => worker.evaluate(() => (globalThis as unknown as { sentRequests: SentRequest[] }).sentRequests);
}

describe('stamping by the hash alone', () => {
  it('should send nothing but digests, for a page, an image and a linked file', async () => {
    const contentBefore = [...(await filesBelow(join(companion.home, 'content'))).keys()];
    const sent = await watchRequests();
    const page = await extension.visit(`${site.origin}/page`);
    const ofPage = await newJob(() => extension.clickMenu('stamp-page-hash-only', page));
    const ofImage = await newJob(() =>
      extension.clickMenu('stamp-image-hash-only', page, {
        mediaType: 'image',
        srcUrl: `${site.origin}/${secret}.svg`,
      }),
    );
    const ofLink = await newJob(() =>
      extension.clickMenu('stamp-link-hash-only', page, { linkUrl: `${site.origin}/${secret}.pdf` }),
    );
    expect(ofImage).toMatchObject({ kind: 'image', fingerprint: { digest: sha256(image) } });
    expect(ofLink).toMatchObject({ kind: 'link', fingerprint: { digest: sha256(pdf) } });
    for (const job of [ofPage, ofImage, ofLink]) {
      expect(job).toMatchObject({ phase: 'done', method: 'hash-only', isSaved: true, seed: { status: 3 } });
      expect(job.transaction).toMatch(/^0x[0-9a-f]{64}$/);
    }

    const toCompanion = (await sent()).filter(({ url }) => url.startsWith(companion.ready.url));
    expect(JSON.stringify(toCompanion)).not.toContain(secret);
    const submitted = toCompanion.filter(({ url }) => url.endsWith('/v4/timestamp/create'));
    expect(submitted.map(({ body }) => JSON.parse(body))).toEqual(
      [ofPage, ofImage, ofLink].map((job) => ({ hash: job.fingerprint?.digest })),
    );
    const uploads = toCompanion.filter(({ url }) => /upload|\/webhook\/.*stamp/i.test(url));
    expect(uploads).toEqual([]);
    const contentAfter = [...(await filesBelow(join(companion.home, 'content'))).keys()];
    expect(contentAfter.filter((path) => !contentBefore.includes(path) && !path.includes('/seeds/'))).toEqual(
      [],
    );
    for (const [path, bytes] of await filesBelow(companion.home)) {
      expect(bytes.includes(secret), `${path} holds what was stamped`).toBe(false);
    }
    await page.close();
  });

  it('should hash a large file in the workers of the hidden document', async () => {
    const large = Buffer.alloc(40_000_000, `${secret} `);
    site.pages['/large.bin'] = { type: 'application/octet-stream', body: large };
    const page = await extension.visit(`${site.origin}/page`);
    const job = await newJob(() =>
      extension.clickMenu('stamp-link-hash-only', page, { linkUrl: `${site.origin}/large.bin` }),
    );
    const { digest, cid, sizeBytes } = await fingerprint([large], nodePlatform);
    expect(job.fingerprint).toEqual({ digest, cid, sizeBytes });
    expect(job.hashedBy).toBe('native');
    await page.close();
  });

  it('should save the very bytes whose digest was stamped', async () => {
    const digests = (await jobs()).map(({ fingerprint }) => fingerprint?.digest);
    await eventually('the files are among the downloads', async () => {
      const files = await Promise.all(
        (await extension.downloads()).map((name) => readFile(join(extension.downloadFolder, name))),
      );
      const saved = new Set(files.map((bytes) => sha256(bytes)));
      return digests.every((digest) => digest && saved.has(digest));
    });
  });

  it('should notify once the proof was checked', async () => {
    const [job] = await jobs();
    await eventually('the notification shows', async () =>
      (await extension.notifications()).some(({ id }) => id === `hashmark-job-${job?.id}`),
    );
  });

  it('should put a badge beside the digest and the CID on a page, from the proof that was kept', async () => {
    const { fingerprint } = (await jobs()).find(({ kind }) => kind === 'image') as JobView;
    site.pages['/hashes'] = {
      body: `<p>Mine: ${fingerprint?.digest}</p><p>The same: ${fingerprint?.cid}</p><p>Nobody’s: ${sha256('nobody')}</p>`,
    };
    const page = await extension.visit(`${site.origin}/hashes`);
    await extension.ask(asker, 'site.enable', { tabId: await extension.tabId(page), scope: 'site' });
    await expectBadges(page, ['Confirmed', 'Confirmed']);
    await page.close();
  });

  it('should verify the image by its bytes, and explain every step', async () => {
    const page = await extension.visit(`${site.origin}/page`);
    const opened = extension.context.waitForEvent('page');
    await extension.clickMenu('verify-image', page, {
      mediaType: 'image',
      srcUrl: `${site.origin}/${secret}.svg`,
    });
    const report = await opened;
    await report.getByRole('heading', { name: 'Confirmed' }).waitFor();
    await report.getByText('The transaction holds the root').waitFor();
    await report.getByText('This chain runs on this computer only.').waitFor();
    await report.close();
    await page.close();
  });

  it('should hand out the proof and the certificate, which hold what the chain holds', async () => {
    const job = (await jobs()).find(({ kind }) => kind === 'link') as JobView;
    const report = await extension.open(`report.html?job=${job.id}`);
    await report.getByRole('heading', { name: 'Confirmed' }).waitFor();
    const download = async (name: string) => {
      const [file] = await Promise.all([
        report.waitForEvent('download'),
        report.getByRole('button', { name }).click(),
      ]);
      return { name: file.suggestedFilename(), bytes: await readFile(await file.path()) };
    };
    const xml = await download('Save proof (XML)');
    expect(xml.name).toBe(`proof.Ethereum.${job.fingerprint?.digest}.xml`);
    expect(parseProofXml(xml.bytes.toString())).toMatchObject({
      leaf: job.fingerprint?.digest,
      root: job.seed?.root,
    });
    const pdf = await download('Save certificate (PDF)');
    expect(pdf.name).toBe(`certificate.Ethereum.${job.fingerprint?.digest}.pdf`);
    expect(pdf.bytes.subarray(0, 5).toString()).toBe('%PDF-');
    await report.close();
  });

  it('should find the proof of a digest that this browser never saw, by asking the account', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'hashmark-elsewhere-'));
    try {
      const path = join(folder, 'elsewhere.txt');
      await writeFile(path, `${secret} from elsewhere`);
      const digest = sha256(await readFile(path));
      expect(await verify(digest)).toMatchObject({ outcome: 'unknown' });
      const { code, stderr } = await runHashmark(['stamp', '--hash-only', path, '--home', companion.home]);
      expect(code, stderr).toBe(0);
      const verdict = await verify(digest);
      expect(verdict).toMatchObject({ outcome: 'confirmed', seed: { proof: { leaf: digest } } });
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  });

  it('should go on after its worker was ended, and stamp once', async () => {
    const page = await extension.visit(`${site.origin}/worker`);
    const waiting = await newJob(() => extension.clickMenu('stamp-page-hash-only', page), 'waiting');
    await extension.stopWorker();
    const done = await jobOf(waiting.id, 'done');
    expect(done.seed?.seedId).toBe(waiting.seed?.seedId);
    await page.close();
  });

  it('should be chosen in the popup, remembered, and then hold for the plain menu too', async () => {
    const page = await extension.visit(`${site.origin}/popup`);
    const popup = await extension.openPopup(page);
    await popup.getByText('Private: only you can fetch the file').waitFor();
    await popup.getByText('Hash only', { exact: true }).click();
    await popup.getByText('Only the digest leaves this computer.').waitFor();
    const job = await newJob(() => popup.getByRole('button', { name: 'Stamp this page' }).click());
    expect(job.method).toBe('hash-only');
    await popup.close();
    const again = await newJob(() => extension.clickMenu('stamp-page', page));
    expect(again.method).toBe('hash-only');
    await page.close();
  });
});
