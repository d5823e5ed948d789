import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import type { CompanionState, GroupFileView, JobView } from '../../extension/messages.ts';
import type { Verdict } from '../../shared/evidence/verdict.ts';
import { type ExtensionBrowser, launchExtension } from '../helpers/browser.ts';
import { eventually } from '../helpers/eventually.ts';
import { type RunningCompanion, startCompanion } from '../helpers/running-companion.ts';
import { serveSite, type WebSite } from '../helpers/web-site.ts';

const image =
  '<svg xmlns="http://www.w3.org/2000/svg" width="40" height="40"><rect width="40" height="40" fill="teal"/></svg>';
const pdf = '%PDF-1.4\n% not much of one, but bytes are bytes\n';

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
      '/page': { body: '<!doctype html><title>A page to stamp</title><h1>Hello</h1><img src="/image.svg">' },
      '/once': { body: '<!doctype html><title>Once</title><p>Stamped once, whatever happens.</p>' },
      '/worker': { body: '<!doctype html><title>Worker</title><p>Outlives its worker.</p>' },
      '/image.svg': { type: 'image/svg+xml', body: image },
      '/files/report%201.pdf': { type: 'application/pdf', body: pdf },
      '/text': { body: '<title>Text</title><p>first line<br>second line</p>' },
    }),
  ]);
  asker = await extension.open('options.html');
});
afterAll(async () => {
  await extension?.close();
  await companion?.stop();
  await site?.close();
});

const jobs = () => extension.ask<JobView[]>(asker, 'jobs.list');
const sha256 = (bytes: string | Buffer) => createHash('sha256').update(bytes).digest('hex');

/** Waits for a job that was not there before. */
async function newJob(
  act: () => Promise<unknown>,
  phases: JobView['phase'][] = ['done', 'failed'],
): Promise<JobView> {
  const before = new Set((await jobs()).map(({ id }) => id));
  await act();
  return eventually(`a new job is ${phases.join(' or ')}`, async () =>
    (await jobs()).find(({ id, phase }) => !before.has(id) && phases.includes(phase)),
  );
}

const jobOf = (id: string, phase: JobView['phase']) =>
  eventually(
    `the job is ${phase}`,
    async () => (await jobs()).find((job) => job.id === id && job.phase === phase),
    40_000,
  );

/** How often a CID stands on chain as it is, read from the chain itself. */
async function timesOnChain(cid: string): Promise<number> {
  const answer = await fetch(companion.ready.chain.rpcUrl, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({
      jsonrpc: '2.0',
      id: 1,
      method: 'eth_getLogs',
      params: [{ address: companion.ready.chain.contract, fromBlock: '0x0', toBlock: 'latest' }],
    }),
  });
  const { result } = (await answer.json()) as { result: { data: string }[] };
  return result.filter(({ data }) => data.includes(Buffer.from(cid).toString('hex'))).length;
}

describe('stamping', () => {
  it('keeps a job that was begun before pairing, and goes on when the user pairs', async () => {
    const page = await extension.visit(`${site.origin}/page`);
    const waiting = await newJob(() => extension.clickMenu('stamp-page', page), ['uploading']);
    expect(
      (await eventually('it says why', async () => (await jobs()).find(({ message }) => message)))?.message,
    ).toMatch(/not paired/i);
    const worker = await extension.worker();
    expect(await worker.evaluate(() => chrome.action.getBadgeText({}))).toBe('1');

    const state = await extension.ask<CompanionState>(asker, 'companion.pair', {
      url: companion.ready.url,
      code: companion.ready.pairingCode,
    });
    expect(state.status).toBe('connected');
    const done = await jobOf(waiting.id, 'done');
    expect(done.transaction).toMatch(/^0x[0-9a-f]{64}$/);
    expect(Math.abs((done.blockTimeSeconds ?? 0) - Date.now() / 1000)).toBeLessThan(120);
    await eventually('the badge is gone', async () =>
      worker.evaluate(async () => (await chrome.action.getBadgeText({})) === ''),
    );
    await page.close();
  });

  it('notifies once the stamp is on chain, and saves the very bytes that were stamped', async () => {
    const page = await extension.visit(`${site.origin}/worker`);
    const job = await newJob(() => extension.clickMenu('stamp-page', page));
    expect(job).toMatchObject({
      phase: 'done',
      kind: 'page',
      name: 'Worker.html',
      isSaved: true,
      missing: [],
    });
    await eventually('the notification shows', async () =>
      (await extension.notifications()).some(({ id }) => id === `hashmark-job-${job.id}`),
    );
    await eventually('the file is among the downloads', async () => {
      const files = await Promise.all(
        (await extension.downloads()).map((name) => readFile(join(extension.downloadFolder, name))),
      );
      return files.some((bytes) => sha256(bytes) === job.fingerprint?.digest);
    });
    await page.close();
  });

  it('stamps an image, a linked file and selected text by their own bytes', async () => {
    const page = await extension.visit(`${site.origin}/page`);
    const picture = await newJob(() =>
      extension.clickMenu('stamp-image', page, { mediaType: 'image', srcUrl: `${site.origin}/image.svg` }),
    );
    expect(picture).toMatchObject({ phase: 'done', kind: 'image', name: 'image.svg' });
    expect(picture.fingerprint?.digest).toBe(sha256(image));

    const linked = await newJob(() =>
      extension.clickMenu('stamp-link', page, { linkUrl: `${site.origin}/files/report%201.pdf` }),
    );
    expect(linked).toMatchObject({ phase: 'done', kind: 'link', name: 'report 1.pdf' });
    expect(linked.fingerprint?.digest).toBe(sha256(pdf));
    await page.close();

    const text = await extension.visit(`${site.origin}/text`);
    await text.locator('p').selectText();
    const selection = await newJob(() => extension.clickMenu('stamp-selection', text));
    expect(selection).toMatchObject({ phase: 'done', kind: 'selection', name: 'Selection from Text.txt' });
    expect(selection.fingerprint?.digest).toBe(sha256('first line\nsecond line'));
    await text.close();
  });

  it('shows a file that could not be read as a failed job with the next step', async () => {
    const page = await extension.visit(`${site.origin}/page`);
    const job = await newJob(() =>
      extension.clickMenu('stamp-link', page, { linkUrl: `${site.otherOrigin}/files/report%201.pdf` }),
    );
    expect(job.phase).toBe('failed');
    expect(job.message).toMatch(/no permission for that site.*options/);
    await page.close();
  });

  it('says by a notification that a page cannot be read, and makes no job of it', async () => {
    const page = await extension.visit('chrome://version/');
    const before = (await jobs()).length;
    await extension.clickMenu('stamp-page', page);
    await eventually('the notification shows', async () =>
      (await extension.notifications()).some(({ id }) => id.startsWith('hashmark-problem-')),
    );
    expect(await jobs()).toHaveLength(before);
    await page.close();
  });

  it('verifies an image by opening the report of its real bytes', async () => {
    const page = await extension.visit(`${site.origin}/page`);
    const opened = extension.context.waitForEvent('page');
    await extension.clickMenu('verify-image', page, {
      mediaType: 'image',
      srcUrl: `${site.origin}/image.svg`,
    });
    const report = await opened;
    await report.waitForURL(/report\.html\?hash=Qm/);
    await report.close();
    await page.close();
  });

  it('opens the report when the notification is clicked', async () => {
    const [job] = await jobs();
    const opened = extension.context.waitForEvent('page');
    const worker = await extension.worker();
    await worker.evaluate((id) => {
      const { onClicked } = chrome.notifications as unknown as { onClicked: { dispatch(id: string): void } };
      onClicked.dispatch(id);
    }, `hashmark-job-${job?.id}`);
    const report = await opened;
    await report.waitForURL(new RegExp(`report\\.html\\?job=${job?.id}`));
    await report.close();
  });

  it('finishes a job once when the companion is killed in the middle, and the worker ends meanwhile', async () => {
    const page = await extension.visit(`${site.origin}/once`);
    const tabId = await extension.tabId(page);
    const { jobId } = await extension.ask<{ jobId: string }>(asker, 'stamp.page', {
      tabId,
      groupId: 'Killed',
    });
    companion.process.kill('SIGKILL');
    await once(companion.process, 'exit');
    await extension.stopWorker();

    const port = Number(new URL(companion.ready.url).port);
    companion = await startCompanion({ home: companion.home, port });
    const job = await jobOf(jobId, 'done');
    const files = await extension.ask<GroupFileView[]>(asker, 'groups.files', { groupId: job.groupId });
    expect(files).toMatchObject([
      { cid: job.fingerprint?.cid, isStamped: true, transaction: job.transaction },
    ]);
    expect(await timesOnChain(job.fingerprint?.cid ?? '')).toBe(1);
    await page.close();
  });

  describe('what a stranger can fetch', () => {
    const fetchAsStranger = async (job: JobView) =>
      (await fetch(`${companion.ready.url}/ipfs/${job.fingerprint?.cid}`)).status;
    const verify = (hash = '') => extension.ask<Verdict>(asker, 'verify.hash', { hash });
    async function stamp(path: string, groupId: string): Promise<JobView> {
      site.pages[path] = { body: `<!doctype html><title>${path}</title><p>${crypto.randomUUID()}</p>` };
      const page = await extension.visit(`${site.origin}${path}`);
      const tabId = await extension.tabId(page);
      const job = await newJob(() => extension.ask(asker, 'stamp.page', { tabId, groupId }));
      expect(job.phase, job.message).toBe('done');
      await page.close();
      return job;
    }

    it('is nothing at first, and the proof is whole all the same', async () => {
      const job = await stamp('/private', 'A private file alone');
      expect(job.privacy).toBe('private');
      expect(await fetchAsStranger(job)).toBe(404);
      const byCid = await verify(job.fingerprint?.cid);
      expect(byCid).toMatchObject({ outcome: 'confirmed', record: { isBundle: false } });
      // Nothing public leads from the digest to the CID: whoever stamped it noted both.
      const byDigest = await verify(job.fingerprint?.digest);
      expect(byDigest).toMatchObject({ outcome: 'confirmed', record: { value: job.fingerprint?.cid } });
      expect(byDigest.believed.join()).toMatch(/Your own note from when you stamped the file/);
    });

    it('is nothing of a private file in a group that was made public', async () => {
      const { id } = await extension.ask<{ id: string }>(asker, 'groups.create', {
        name: 'Made public',
        network: 'public',
      });
      await extension.ask(asker, 'stamping.set-privacy', { privacy: 'public' });
      const open = await stamp('/open', id);
      await extension.ask(asker, 'stamping.set-privacy', { privacy: 'private' });
      const closed = await stamp('/closed', id);
      expect([open.privacy, closed.privacy]).toEqual(['public', 'private']);
      expect([await fetchAsStranger(open), await fetchAsStranger(closed)]).toEqual([200, 404]);
      for (const { fingerprint } of [open, closed])
        for (const hash of [fingerprint?.cid, fingerprint?.digest])
          expect((await verify(hash)).outcome, hash).toBe('confirmed');
    });

    it('is chosen in the settings, in words', async () => {
      const options = await extension.open('options.html#privacy');
      const choice = (name: string) => options.getByRole('radio', { name });
      expect(await choice('Only you').isChecked()).toBe(true);
      await choice('Public').check();
      await eventually(
        'it is kept',
        async () => (await extension.ask(asker, 'stamping.privacy')) === 'public',
      );
      const page = await extension.visit(`${site.origin}/page`);
      const popup = await extension.openPopup(page);
      await popup.getByText('Public: anybody with the CID can fetch it').waitFor();
      await choice('Only you').check();
      await popup.getByText('Private: only you can fetch the file').waitFor();
      await popup.close();
      await page.close();
      await options.close();
    });
  });

  it('makes and lists a group with an awkward name, and says when there is nothing to stamp', async () => {
    const group = await extension.ask<{ id: string }>(asker, 'groups.create', {
      name: 'By hand (Ω) "1/2"',
      network: 'public',
    });
    const groups = await extension.ask<{ id: string; name: string }[]>(asker, 'groups.list');
    expect(groups).toContainEqual(expect.objectContaining({ id: group.id, name: 'By hand (Ω) "1/2"' }));
    await expect(extension.ask(asker, 'groups.stamp', { groupId: group.id })).rejects.toThrow(
      /No files found/,
    );
  });
});
