import 'fake-indexeddb/auto';

import { createHash } from 'node:crypto';
import { afterEach, describe, expect, it, vi } from 'vitest';

import {
  createWorkbenchStore,
  type WorkbenchPlatform,
} from '../../../extension/entrypoints/workbench/store.ts';
import { openProofStore } from '../../../extension/proofs/proof-store.ts';
import type { BulkRow } from '../../../extension/stamping/bulk/bulk.ts';
import { openBulkStore } from '../../../extension/stamping/bulk/bulk-store.ts';
import { fingerprintBlob } from '../../../extension/stamping/fingerprint-blob.ts';
import { toErrorData } from '../../../shared/errors.ts';
import { buildTree, proofOf } from '../../../shared/evidence/merkle.ts';
import { readProofFile } from '../../../shared/evidence/proof-file.ts';
import { writeProofXml } from '../../../shared/evidence/proof-xml.ts';
import { verifyProof } from '../../../shared/evidence/verify-proof.ts';
import { createFakeBackground } from '../../helpers/fake-background.ts';
import { makeCompanion } from '../../helpers/views.ts';

const digestOf = (text: string) => createHash('sha256').update(text).digest('hex');
const stops: (() => void)[] = [];
let count = 0;
afterEach(() => {
  for (const stop of stops.splice(0)) stop();
});

function open(query = '', more: Partial<WorkbenchPlatform> = {}) {
  const background = createFakeBackground({
    'companion.state': () => makeCompanion(),
    'issuers.list': () => [],
    'proof.esplora': () => [],
    'bulk.start': () => undefined,
    'bulk.remove': () => undefined,
    'bulk.restore': () => undefined,
  });
  const saved: { name: string; text: string }[] = [];
  count += 1;
  const bulks = openBulkStore(`workbench-${count}`);
  const setQuery = vi.fn();
  const store = createWorkbenchStore({
    ask: background.ask,
    onChange: background.onChange,
    bulks,
    proofs: openProofStore(`workbench-proofs-${count}`),
    // Workers are the browser tests' matter.
    async fingerprintFiles(files, { onResult, signal }) {
      let index = 0;
      for await (const file of files) {
        signal?.throwIfAborted();
        const place = index;
        index += 1;
        try {
          onResult({ index: place, fingerprint: await fingerprintBlob(file) });
        } catch (error) {
          onResult({ index: place, problem: toErrorData(error) });
        }
      }
    },
    readProof: readProofFile,
    verify: (question) => verifyProof({ ...question, fetch: () => Promise.reject(new Error('offline')) }),
    findHint: async () => undefined,
    async saveStream(name, stream) {
      saved.push({
        name,
        text: await new Response(stream as ReadableStream<Uint8Array<ArrayBuffer>>).text(),
      });
    },
    query,
    setQuery,
    setTitle: () => undefined,
    openPage: () => undefined,
    allowCompanion: async () => true,
    createId: () => 'list-1',
    now: () => 1_000,
    ...more,
  });
  stops.push(store.start());
  return { store, background, bulks, saved, setQuery };
}

const file = (name: string, content: string) => ({ file: new File([content], name), path: name });
const rowsOf = ({ store }: ReturnType<typeof open>) => {
  const draft = store.intake.draft.value;
  return draft?.state === 'ready' ? draft.rows.map(({ name, digest }) => [name, digest]) : undefined;
};

describe('taking things in', () => {
  it('should hash files, keep their order, and leave repetitions out', async () => {
    const page = open();
    await page.store.intake.takeFiles([file('b', 'two'), file('a', 'one'), file('c', 'two')]);
    expect(rowsOf(page)).toEqual([
      ['b', digestOf('two')],
      ['a', digestOf('one')],
    ]);
    expect(page.store.intake.draft.value).toMatchObject({ duplicateCount: 1, name: 'Files (3)' });
  });

  it('should name the files that cannot be read, and stamp the others', async () => {
    const page = open();
    const gone = file('gone', 'x');
    gone.file.arrayBuffer = () => Promise.reject(new DOMException('It is gone.', 'NotReadableError'));
    gone.file.slice = () => gone.file;
    await page.store.intake.takeFiles([gone, file('a', 'one')]);
    expect(rowsOf(page)).toEqual([['a', digestOf('one')]]);
    expect(page.store.intake.draft.value).toMatchObject({
      problems: [{ path: 'gone', message: expect.any(String) }],
    });
  });

  it('should read one list as a list, and as a file when the user says so', async () => {
    const page = open();
    const list = `${digestOf('one')}  one\n`;
    await page.store.intake.takeFiles([file('SHA256SUMS', list)]);
    expect(rowsOf(page)).toEqual([['one', digestOf('one')]]);
    page.store.intake.hashListFile();
    await vi.waitFor(() => expect(rowsOf(page)).toEqual([['SHA256SUMS', digestOf(list)]]));
  });

  it('should read another column of a table when the user chooses it', async () => {
    const page = open();
    await page.store.intake.takeText(`was,is\n${digestOf('a')},${digestOf('b')}\n`);
    expect(rowsOf(page)?.[0]?.[1]).toBe(digestOf('a'));
    page.store.intake.choose({ digestColumn: 1 });
    await vi.waitFor(() => expect(rowsOf(page)?.[0]?.[1]).toBe(digestOf('b')));
  });

  it('should say what it expected where there is no digest', async () => {
    const { store } = open();
    await store.intake.takeText('hello');
    expect(store.intake.draft.value).toMatchObject({
      state: 'failed',
      problem: { message: expect.stringMatching(/64 hex digits/) },
    });
  });

  it('should say how much was pasted, and give back what was discarded', async () => {
    const page = open();
    const { intake } = page.store;
    // Two bytes each for the letters outside ASCII, over the edge of what is looked at in one go.
    const lines = Array.from({ length: 4000 }, (_, index) => `${digestOf(`${index}`)}  Prüfung`);
    const pasted = lines.join('\n');
    await intake.takeText(pasted);
    const source = { kind: 'text', lineCount: 4000, sizeBytes: Buffer.byteLength(pasted) };
    expect(intake.draft.value).toMatchObject({ name: 'Pasted digests', source });
    intake.discard();
    expect(intake.draft.value).toBeUndefined();
    expect(intake.discarded.value).toMatchObject({ name: 'Pasted digests' });
    intake.undoDiscard();
    expect(intake.discarded.value).toBeUndefined();
    expect(rowsOf(page)).toHaveLength(4000);
    intake.discard();
    await intake.takeText(`${pasted}\n`);
    expect(intake.discarded.value).toBeUndefined();
    expect(intake.draft.value).toMatchObject({ source: { lineCount: 4000 } });
  });

  it('should keep what is in the field until it is handed over', async () => {
    const { store } = open();
    store.intake.text.value = 'hello';
    await store.intake.takeField();
    store.intake.discard();
    expect(store.intake.discarded.value).toBeUndefined();
    expect(store.intake.text.value).toBe('hello');
    store.intake.text.value = digestOf('hello');
    await store.intake.takeField();
    await store.stampDraft();
    expect(store.intake.draft.value).toBeUndefined();
    expect(store.intake.text.value).toBe('');
    expect(store.intake.discarded.value).toBeUndefined();
  });

  it('should tell what hashes, and keep it with each file', async () => {
    let goOn = () => {};
    const page = open('', {
      async fingerprintFiles(files, { onResult, onProgress }) {
        for await (const _ of files) {
          onProgress?.(50_000_000, 'wasm');
          await new Promise<void>((resolve) => {
            goOn = resolve;
          });
          const fingerprint = { digest: digestOf('large'), cid: 'Qm', sizeBytes: 9 };
          onResult({ index: 0, fingerprint, hashedBy: 'wasm' });
        }
      },
    });
    const taking = page.store.intake.takeFiles([file('large.bin', 'stands for much')]);
    await vi.waitFor(() =>
      expect(page.store.intake.draft.value).toMatchObject({
        state: 'hashing',
        bytesDone: 50_000_000,
        sizeBytes: 'stands for much'.length,
        hashedBy: 'wasm',
      }),
    );
    goOn();
    await taking;
    await page.store.stampDraft();
    await vi.waitFor(() => expect(page.store.lists.isRead.value).toBe(true));
    expect(page.store.lists.table.rows.value).toMatchObject([{ name: 'large.bin', hashedBy: 'wasm' }]);
  });

  it('should forget what was being read when the user discards it', async () => {
    const { store } = open();
    const taking = store.intake.takeFiles([file('a', 'one'), file('b', 'two')]);
    store.intake.discard();
    await taking;
    expect(store.intake.draft.value).toBeUndefined();
  });
});

describe('a list', () => {
  async function stamped() {
    const page = open();
    await page.store.intake.takeText(`${digestOf('a')}  a\n${digestOf('b')}  b\n${digestOf('c')}  c\n`);
    await page.store.stampDraft();
    await vi.waitFor(() => expect(page.store.lists.isRead.value).toBe(true));
    return page;
  }

  it('should be on disk before the background is asked to begin', async () => {
    const { background, store, setQuery } = await stamped();
    expect(background.requests('bulk.start')).toEqual([{ bulkId: 'list-1' }]);
    expect(store.lists.table.rows.value.map(({ name, state }) => `${name} ${state}`)).toEqual([
      'a queued',
      'b queued',
      'c queued',
    ]);
    expect(setQuery).toHaveBeenLastCalledWith('?list=list-1');
    expect(store.intake.draft.value).toBeUndefined();
  });

  it('should follow what the background changes', async () => {
    const { background, store, bulks } = await stamped();
    const fail = (row: BulkRow, position: number): BulkRow =>
      position === 1 ? { ...row, state: 'failed' } : row;
    await bulks.updateRows('list-1', new Map([[0, fail]]));
    background.announce('bulk');
    await vi.waitFor(() => expect(store.lists.table.rows.value[1]?.state).toBe('failed'));
    expect(store.lists.open.value?.counts).toEqual({ queued: 2, sent: 0, proven: 0, failed: 1 });
  });

  it('should be filtered, ordered and copied', async () => {
    const { store } = await stamped();
    const { table } = store.lists;
    table.sortBy('name');
    table.sortBy('name');
    expect(table.shown.value).toEqual([2, 1, 0]);
    table.text.value = digestOf('b').slice(0, 12);
    expect(table.shown.value).toEqual([1]);
    expect(table.digests()).toBe(digestOf('b'));
    table.text.value = '';
    table.sortBy('name');
    expect(table.shown.value).toEqual([0, 1, 2]);
    table.move(1);
    table.move(10);
    expect(table.activeRow.value?.name).toBe('c');
  });

  it('should be saved as CSV under its own name', async () => {
    const { store, saved } = await stamped();
    await store.lists.saveCsv();
    expect(saved[0]?.name).toBe('Pasted digests.csv');
    expect(saved[0]?.text.split('\r\n')).toHaveLength(5);
  });

  it('should be taken off and put back', async () => {
    const { store, background, bulks } = await stamped();
    const [list] = await bulks.list();
    background.answers['bulk.remove'] = async () =>
      void (await bulks.update('list-1', () => ({ removedAtMs: 1 })));
    await store.lists.remove(list as NonNullable<typeof list>);
    expect(store.lists.shownLists.value).toEqual([]);
    background.answers['bulk.restore'] = async () =>
      void (await bulks.update('list-1', () => ({ removedAtMs: undefined })));
    store.lists.undoRemove();
    await vi.waitFor(() => expect(store.lists.shownLists.value).toHaveLength(1));
  });
});

describe('checking a proof', () => {
  const leaves = ['the file', 'b', 'c'].map(digestOf).sort();
  const levels = buildTree(Buffer.from(leaves.join(''), 'hex'), (bytes) =>
    createHash('sha256').update(bytes).digest(),
  );
  const xml = writeProofXml(proofOf(levels, leaves.indexOf(digestOf('the file'))));
  const proof = () => new File([xml], 'proof.xml');

  it('should take file and proof in any order, and name what is missing', async () => {
    const { store } = open('?view=proof');
    const { proofCheck } = store;
    await proofCheck.take([new File(['the file'], 'report.txt'), proof()]);
    expect(proofCheck.leaf.value).toBe(digestOf('the file'));
    expect(proofCheck.verdict.value).toMatchObject({
      outcome: 'unchecked',
      reason: expect.stringMatching(/transaction/),
    });
    expect(proofCheck.isChecking.value).toBe(false);
  });

  it('should contradict another file', async () => {
    const { proofCheck } = open('?view=proof').store;
    await proofCheck.take([proof()]);
    expect(proofCheck.verdict.value?.outcome).toBe('unchecked');
    await proofCheck.take([new File(['another file'], 'report.txt')]);
    expect(proofCheck.verdict.value?.outcome).toBe('contradicted');
  });

  it('should look where this computer knows the root to stand', async () => {
    const findHint = vi.fn(async () => ({ transaction: `0x${'1'.repeat(64)}` }));
    const { proofCheck } = open('?view=proof', { findHint }).store;
    await proofCheck.take([proof()]);
    expect(findHint).toHaveBeenCalledWith(
      digestOf('the file'),
      levels.at(-1) && Buffer.from(levels.at(-1) as Uint8Array).toString('hex'),
    );
    expect(proofCheck.ownHint.value?.transaction).toBe(`0x${'1'.repeat(64)}`);
  });

  it('should refuse what is no transaction before anything is asked', async () => {
    const { store, background } = open('?view=proof');
    store.proofCheck.transaction.value = 'soon';
    await store.proofCheck.take([proof()]);
    expect(store.proofCheck.problem.value?.code).toBe('malformed-transaction');
    expect(background.requests('issuers.list')).toEqual([]);
  });

  it('should treat a text that was stamped as the file, beside its proof', async () => {
    const { proofCheck } = open('?view=proof').store;
    await proofCheck.take([new File(['the file'], 'letter.txt'), proof()]);
    expect(proofCheck.file.value).toMatchObject({ state: 'read', name: 'letter.txt' });
    expect(proofCheck.proof.value).toMatchObject({ state: 'read', name: 'proof.xml' });
  });
});
