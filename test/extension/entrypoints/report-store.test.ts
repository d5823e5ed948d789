import { afterEach, describe, expect, it, vi } from 'vitest';

import { createReportStore, type ReportPlatform } from '../../../extension/entrypoints/report/store.ts';
import { fingerprintBlob } from '../../../extension/stamping/fingerprint-blob.ts';
import { summarizeVerdict } from '../../../extension/verifying/verdict-summary.ts';
import { HashmarkError } from '../../../shared/errors.ts';
import { parseProofXml } from '../../../shared/evidence/proof-xml.ts';
import { createFakeBackground } from '../../helpers/fake-background.ts';
import { makeHashOnlyJob, makeJob, makeSeed, makeSeedVerdict, makeVerdict } from '../../helpers/views.ts';
import { digestOf, proofsOf } from '../proofs/sample-proofs.ts';

const helloWorld = 'hello world\n';
const { value: cid } = makeVerdict().hash; // of "hello world\n", see test/vectors/cid-v0.json
const digest = 'a948904f2f0f479b8f8197694b30184b0d2ed1c1cd2a1ec0fb85d299a192a447';

const stops: (() => void)[] = [];
afterEach(() => {
  for (const stop of stops.splice(0)) stop();
});

function open(
  query: string,
  answers: Parameters<typeof createFakeBackground>[0] = {},
  fingerprint: ReportPlatform['fingerprint'] = fingerprintBlob,
) {
  const background = createFakeBackground({
    'verify.hash': () => makeVerdict(),
    'tab.verdicts': () => ({ verdicts: [], candidateCount: 0, isIncomplete: false }),
    ...answers,
  });
  const setQuery = vi.fn();
  const saveFile = vi.fn<ReportPlatform['saveFile']>();
  const fetchCertificate = vi.fn<ReportPlatform['fetchCertificate']>();
  const setTitle = vi.fn();
  const store = createReportStore({
    ...background,
    query,
    setQuery,
    setTitle,
    fingerprint,
    saveFile,
    fetchCertificate,
    now: () => 0,
  });
  stops.push(store.start());
  return { background, store, setQuery, saveFile, fetchCertificate, setTitle };
}

describe('the address', () => {
  it('should take a hash in any spelling', async () => {
    const { store, setTitle } = open(`?hash=${encodeURIComponent(`ipfs://${cid}`)}`);
    await vi.waitFor(() => expect(store.shownVerdict.value?.outcome).toBe('confirmed'));
    expect(setTitle).toHaveBeenLastCalledWith('Confirmed – Hashmark report');
  });

  it('should not ask about what is no hash', () => {
    const { store, background } = open('?hash=hello');
    expect(store.subject.value).toEqual({ unreadable: 'hello' });
    expect(background.asked).toEqual([]);
  });

  it('should judge a job by its CID, once it is done', async () => {
    const jobs = [makeJob({ phase: 'stamping' })];
    const { store, background } = open('?job=job-1', { 'jobs.list': () => [...jobs] });
    await vi.waitFor(() => expect(store.job.value).toBeDefined());
    expect(background.requests('verify.hash')).toEqual([]);
    jobs[0] = makeJob();
    background.announce('jobs');
    await vi.waitFor(() => expect(background.requests('verify.hash')[0]).toEqual({ hash: cid }));
  });

  it('should show what the tab came to when its page claims something false', async () => {
    const contradicted = makeVerdict({ outcome: 'contradicted' });
    const { store, background } = open(`?hash=${cid}&tab=3`, {
      'tab.verdicts': () => ({
        verdicts: [makeVerdict(), contradicted].map(summarizeVerdict),
        candidateCount: 2,
        isIncomplete: false,
      }),
    });
    await vi.waitFor(() => expect(store.shownVerdict.value?.outcome).toBe('contradicted'));
    expect(store.shownVerdict.value).toEqual(contradicted);
    expect(background.requests('verify.hash')).toEqual([]);
  });

  it('should say that the claim is gone with its page, instead of showing only that all is well', async () => {
    const { store } = open(`?hash=${cid}&tab=3`);
    await vi.waitFor(() => expect(store.shownVerdict.value?.outcome).toBe('confirmed'));
    expect(store.isClaimGone.value).toBe(true);
  });
});

describe('a file that may be stamped by its CID or by its digest', () => {
  const unknown = makeVerdict({ outcome: 'unknown', record: undefined });

  it('should be judged by its digest when nobody knows its CID', async () => {
    const { store, background } = open(`?hash=${cid}&digest=${digest}`, {
      'verify.hash': ({ hash }) => (hash === digest ? makeSeedVerdict() : unknown),
    });
    await vi.waitFor(() => expect(store.shownVerdict.value?.outcome).toBe('confirmed'));
    expect(store.hash.value).toEqual({ kind: 'digest', value: digest });
    expect(background.requests('verify.hash')).toContainEqual({ hash: cid });
  });

  it('should be judged by its CID when that has a record', async () => {
    const { store, background } = open(`?hash=${cid}&digest=${digest}`);
    await vi.waitFor(() => expect(store.shownVerdict.value?.outcome).toBe('confirmed'));
    expect(background.requests('verify.hash')).toEqual([{ hash: cid }]);
  });

  it('should be judged by its digest when that is settled and the CID could not be looked up', async () => {
    const { store } = open(`?hash=${cid}&digest=${digest}`, {
      'verify.hash': ({ hash }) =>
        hash === digest ? makeSeedVerdict() : makeVerdict({ outcome: 'unchecked', record: undefined }),
    });
    await vi.waitFor(() => expect(store.shownVerdict.value?.outcome).toBe('confirmed'));
    expect(store.hash.value?.kind).toBe('digest');
  });

  it('should not come back over what the user went to meanwhile', async () => {
    let release = () => {};
    const held = new Promise<void>((resolve) => {
      release = resolve;
    });
    const { background, store } = open(`?hash=${cid}&digest=${digest}`, {
      'verify.hash': async ({ hash }) => {
        if (hash !== digest) return unknown;
        await held;
        return makeSeedVerdict();
      },
    });
    await vi.waitFor(() => expect(background.requests('verify.hash')).toContainEqual({ hash: digest }));
    store.readAddress(`?hash=${'b'.repeat(64)}`);
    release();
    await new Promise((resolve) => setTimeout(resolve));
    expect(store.hash.value?.value).toBe('b'.repeat(64));
  });

  it('should be unknown by its CID when nobody knows either', async () => {
    const { store } = open(`?hash=${cid}&digest=${digest}`, { 'verify.hash': () => unknown });
    await vi.waitFor(() => expect(store.shownVerdict.value?.outcome).toBe('unknown'));
    expect(store.hash.value?.value).toBe(cid);
  });

  it('should judge a hash-only job by its digest', async () => {
    const { background, store } = open('?job=job-1', {
      'jobs.list': () => [makeHashOnlyJob()],
      'verify.hash': () => makeSeedVerdict(),
    });
    await vi.waitFor(() => expect(store.shownVerdict.value?.outcome).toBe('confirmed'));
    expect(background.requests('verify.hash')).toEqual([{ hash: digest }]);
  });
});

describe('the proof of a digest', () => {
  const [own] = proofsOf(['a', 'b']);
  const seed = makeSeed({ proof: own?.proof ?? makeSeed().proof });
  const leaf = seed.proof.leaf;

  it('should be saved as the XML that verifiers read', async () => {
    const { store, saveFile } = open('');
    store.saveProof(seed);
    const [name, content] = saveFile.mock.calls[0] as [string, Blob];
    expect(name).toBe(`proof.Ethereum.${leaf}.xml`);
    expect([digestOf('a'), digestOf('b')]).toContain(leaf);
    expect(parseProofXml(await content.text())).toMatchObject(seed.proof);
  });

  it('should be saved as the certificate of the account, or say why there is none', async () => {
    const { store, saveFile, fetchCertificate } = open('');
    fetchCertificate.mockResolvedValueOnce(new Blob(['%PDF-']));
    await store.saveCertificate(seed);
    expect(fetchCertificate).toHaveBeenCalledWith(leaf, 1);
    expect(saveFile.mock.calls[0]?.[0]).toBe(`certificate.Ethereum.${leaf}.pdf`);
    fetchCertificate.mockRejectedValueOnce(new HashmarkError('not-found', 'Unknown hash.'));
    await store.saveCertificate(seed);
    expect(store.actions.problemOf('proof')?.message).toBe('Unknown hash.');
  });
});

describe('a change elsewhere', () => {
  it('should reopen a question that is open, and leave a settled one', async () => {
    let outcome: 'unchecked' | 'confirmed' = 'unchecked';
    const { store, background } = open(`?hash=${cid}`, { 'verify.hash': () => makeVerdict({ outcome }) });
    await vi.waitFor(() => expect(store.shownVerdict.value?.outcome).toBe('unchecked'));
    outcome = 'confirmed';
    background.announce('mirror');
    await vi.waitFor(() => expect(store.shownVerdict.value?.outcome).toBe('confirmed'));
    background.announce('mirror');
    expect(background.requests('verify.hash')).toHaveLength(2);
  });
});

describe('checkFile', () => {
  it('should find the file that has the hash', async () => {
    const { store } = open(`?hash=${cid}`);
    store.checkFile(new File([helloWorld], 'hello.txt'));
    await vi.waitFor(() => expect(store.isMatch.value).toBe(true));
  });

  it('should tell a file that differs', async () => {
    const { store } = open(`?hash=${cid}`);
    store.checkFile(new File(['hello world'], 'hello.txt'));
    await vi.waitFor(() => expect(store.isMatch.value).toBe(false));
    expect(store.hash.value?.value).toBe(cid);
  });

  it('should look a dropped file up by its digest when nobody knows its CID', async () => {
    const { store, setQuery } = open('', {
      'verify.hash': ({ hash }) =>
        hash === digest
          ? makeVerdict({ hash: { kind: 'digest', value: digest } })
          : makeVerdict({ outcome: 'unknown' }),
    });
    store.checkFile(new File([helloWorld], 'hello.txt'));
    await vi.waitFor(() => expect(store.isMatch.value).toBe(true));
    expect(setQuery).toHaveBeenCalledWith(`?hash=${digest}`);
  });

  it('should look a dropped file up by its digest when its CID could not be looked up', async () => {
    const { store, setQuery } = open('', {
      'verify.hash': ({ hash }) =>
        hash === digest ? makeSeedVerdict() : makeVerdict({ outcome: 'unchecked' }),
    });
    store.checkFile(new File([helloWorld], 'hello.txt'));
    await vi.waitFor(() => expect(store.isMatch.value).toBe(true));
    expect(setQuery).toHaveBeenCalledWith(`?hash=${digest}`);
  });

  it('should stay where it is when it is cancelled while the file is looked up', async () => {
    let release = () => {};
    const held = new Promise<void>((resolve) => {
      release = resolve;
    });
    const { background, store, setQuery } = open('', {
      'verify.hash': async () => {
        await held;
        return makeVerdict();
      },
    });
    store.checkFile(new File([helloWorld], 'hello.txt'));
    await vi.waitFor(() => expect(background.requests('verify.hash')).toHaveLength(1));
    store.forgetFile();
    release();
    await new Promise((resolve) => setTimeout(resolve));
    expect(setQuery).not.toHaveBeenCalled();
    expect(store.file.value).toBeUndefined();
  });

  it('should say why a file could not be read', async () => {
    const changed = new DOMException('The file has changed since it was chosen.', 'NotReadableError');
    const { store } = open(`?hash=${cid}`, {}, () => Promise.reject(changed));
    store.checkFile(new File([helloWorld], 'hello.txt'));
    await vi.waitFor(() =>
      expect(store.file.value).toMatchObject({ state: 'failed', problem: { message: changed.message } }),
    );
  });
});

describe('checkInput', () => {
  it('should refuse what is no hash, and say what one looks like', async () => {
    const { store } = open('');
    store.editInput('diploma.pdf');
    expect(await store.checkInput()).toBe(false);
    expect(store.actions.problemOf('input')).toMatchObject({
      code: 'not-a-hash',
      message: expect.stringContaining('64 hex digits'),
    });
  });
});

describe('saveEvidence', () => {
  it('should hold the verdict and the fingerprint, and not where the page was', async () => {
    const { store, saveFile } = open('?job=job-1', { 'jobs.list': () => [makeJob()] });
    await vi.waitFor(() => expect(store.shownVerdict.value).toBeDefined());
    store.saveEvidence();
    const [name, content] = saveFile.mock.calls[0] as [string, Blob];
    const text = await content.text();
    expect(name).toBe(`hashmark-evidence-${cid.slice(0, 12)}.json`);
    expect(JSON.parse(text)).toMatchObject({
      format: 'hashmark-evidence',
      file: { cid, digest, hashedBy: 'native' },
      verdict: { outcome: 'confirmed', hash: { kind: 'cid', value: cid } },
    });
    expect(text).not.toContain(makeJob().sourceUrl);
  });
});
