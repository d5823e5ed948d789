import { createHash } from 'node:crypto';

import type { BulkRow, FollowedSeed } from '../../../extension/stamping/bulk/bulk.ts';
import { buildTree, proofOf } from '../../../shared/evidence/merkle.ts';
import { writeProofXml } from '../../../shared/evidence/proof-xml.ts';
import { galleryNowMs, makeCompanion } from '../views.ts';
import { calm, type Scenario } from './scenarios.ts';

const digestOf = (text: string | number) => createHash('sha256').update(String(text)).digest('hex');
const seedId = '0b9e7d52-6a0f-4a43-8d3e-7a1f3c9d2e10';
const openSeedId = 'b1c2d3e4-1111-4222-8333-944455566677';
const minuteMs = 60_000;

const finalSeed: FollowedSeed = {
  seedId,
  currencyId: 1,
  status: 3,
  root: digestOf('root'),
  transaction: `0x${digestOf('transaction')}`,
  timestampMs: galleryNowMs - 5 * minuteMs,
  nextLookAtMs: 0,
  check: {
    outcome: 'confirmed',
    reason: 'Every step was recomputed.',
    root: digestOf('root'),
    chainId: 4774000123,
    chainName: 'Hashmark local chain',
    isLocal: true,
    transaction: `0x${digestOf('transaction')}`,
    blockTimeSeconds: (galleryNowMs - 5 * minuteMs) / 1000,
    checkedAtMs: galleryNowMs - 4 * minuteMs,
  },
};
const openSeed: FollowedSeed = {
  seedId: openSeedId,
  currencyId: 1,
  status: 0,
  root: null,
  transaction: null,
  timestampMs: null,
  nextLookAtMs: galleryNowMs + 4000,
};

const names = [
  'contracts/2026/Lease agreement – signed.pdf',
  'contracts/2026/محضر اجتماع الجمعية العامة ٢٠٢٦.pdf',
  'Quarterly-report-of-the-supervisory-board-with-all-annexes-and-signatures-final-FINAL-v7 (copy) (2).pdf',
  'photos/IMG_20261103_101502.jpg',
  '',
];
const rowsOf = (length: number) =>
  Array.from({ length }, (_, index) => ({
    digest: digestOf(index),
    name:
      index < names.length
        ? (names[index] as string)
        : `archive/box ${1 + (index % 40)}/scan-${String(index).padStart(6, '0')}.tiff`,
    sizeBytes: 1000 + ((index * 7_919_777) % 48_000_000),
  }));
const sent: Partial<BulkRow> = {
  state: 'sent',
  isNew: true,
  submittedAtMs: galleryNowMs - 2 * minuteMs,
  seedIds: [openSeedId],
};
const proven: Partial<BulkRow> = {
  state: 'proven',
  isNew: true,
  submittedAtMs: galleryNowMs - 9 * minuteMs,
  seedIds: [seedId],
};
const failed: Partial<BulkRow> = {
  state: 'failed',
  message: `Could not stamp ${digestOf(2)}: This hash was refused. [id 5f0c]`,
};
const list = {
  id: 'list-1',
  name: 'SHA256SUMS of the archive 2026',
  createdAtMs: galleryNowMs - 12 * minuteMs,
};
const each = (from: number, to: number, row: Partial<BulkRow>) =>
  Object.fromEntries(Array.from({ length: to - from }, (_, index) => [from + index, row]));
const seeds = [finalSeed, openSeed];

const file = 'The file that was stamped.\n';
const leaves = [file, 'b', 'c', 'd', 'e'].map(digestOf).sort();
const tree = buildTree(Buffer.from(leaves.join(''), 'hex'), (bytes) =>
  createHash('sha256').update(bytes).digest(),
);
const proofXml = writeProofXml(proofOf(tree, leaves.indexOf(digestOf(file))));

const replies = {
  ...calm,
  'bulk.retry': { reply: undefined },
  'bulk.stop': { reply: undefined },
} satisfies Scenario['replies'];
const workbench = { page: 'workbench', replies } as const;

/** The workbench in its states. */
export const workbenchScenarios: Scenario[] = [
  { ...workbench, name: 'workbench-empty' },
  {
    ...workbench,
    name: 'workbench-not-running',
    replies: {
      ...replies,
      'companion.state': {
        reply: makeCompanion({
          status: 'unreachable',
          message: 'Nothing answers at http://127.0.0.1:4774. Start it with `npm start`.',
        }),
      },
    },
  },
  {
    ...workbench,
    name: 'workbench-lists',
    lists: {
      seeds,
      lists: [
        {
          ...list,
          id: 'a',
          rows: rowsOf(1200),
          reached: { ...each(0, 400, proven), ...each(400, 900, sent) },
        },
        {
          ...list,
          id: 'b',
          name: names[1] as string,
          rows: rowsOf(3),
          rest: proven,
          createdAtMs: list.createdAtMs - 1,
        },
        {
          ...list,
          id: 'c',
          name: names[2] as string,
          rows: rowsOf(250),
          rest: proven,
          reached: each(0, 12, failed),
          createdAtMs: list.createdAtMs - 2,
        },
        {
          ...list,
          id: 'd',
          name: 'Pasted digests',
          rows: rowsOf(500),
          reached: each(0, 100, sent),
          more: { isStopped: true },
          createdAtMs: list.createdAtMs - 3,
        },
        {
          ...list,
          id: 'e',
          name: 'hashes.csv',
          rows: rowsOf(100),
          more: { isHalted: true, message: 'The monthly quota is used up.' },
          createdAtMs: list.createdAtMs - 4,
        },
        {
          ...list,
          id: 'f',
          name: 'Wrong folder',
          rows: rowsOf(20),
          rest: proven,
          more: { removedAtMs: list.createdAtMs },
        },
      ],
    },
    shows: 'hashes.csv',
  },
  {
    ...workbench,
    name: 'workbench-draft',
    type: {
      label: 'Or paste digests',
      text: `${rowsOf(40)
        .map(({ digest, name }) => `${digest}  ${name || 'x'}`)
        .join('\n')}\n${digestOf(1)}  again\nnot a digest\n<b>neither</b>`,
    },
    press: ['Read digests'],
    shows: '40 digests',
  },
  {
    ...workbench,
    name: 'workbench-discarded',
    type: { label: 'Or paste digests', text: `${digestOf(1)}  lease.pdf\n${digestOf(2)}  annex.pdf` },
    press: ['Read digests', 'Discard'],
    shows: 'Discarded Pasted digests',
  },
  {
    ...workbench,
    name: 'workbench-draft-table',
    choose: {
      label: 'List of digests',
      files: [
        {
          name: 'hashes of 2026.csv',
          text: `id;file;sha256\n${rowsOf(40)
            .map(({ digest, name }, index) => `${index};"${name}";${digest}`)
            .join('\n')}\n`,
        },
      ],
    },
    shows: 'Digests are in',
  },
  {
    ...workbench,
    name: 'workbench-draft-failed',
    choose: { label: 'List of digests', files: [{ name: 'letter.txt', text: 'Dear Sir or Madam' }] },
    shows: 'cannot be stamped',
  },
  {
    ...workbench,
    name: 'workbench-list-sending',
    query: '?list=list-1',
    lists: {
      seeds,
      lists: [
        {
          ...list,
          rows: rowsOf(2500),
          reached: { ...each(0, 300, proven), ...each(300, 1100, sent), ...each(2, 3, failed) },
        },
      ],
    },
    shows: 'Lease agreement',
  },
  {
    ...workbench,
    name: 'workbench-list-waiting',
    query: '?list=list-1',
    lists: {
      seeds,
      lists: [
        {
          ...list,
          rows: rowsOf(120),
          rest: sent,
          more: {
            message: 'Nothing answers at http://127.0.0.1:4774. Start it with `npm start`.',
            nextTryAtMs: galleryNowMs + 30_000,
          },
        },
      ],
    },
    shows: 'Lease agreement',
  },
  {
    ...workbench,
    name: 'workbench-list-done',
    query: '?list=list-1',
    lists: {
      seeds,
      lists: [{ ...list, rows: rowsOf(250), rest: { ...proven, isNew: false }, reached: each(2, 3, failed) }],
    },
    shows: 'Lease agreement',
  },
  { ...workbench, name: 'workbench-list-gone', query: '?list=nope', shows: 'This list is not here' },
  { ...workbench, name: 'proof-empty', query: '?view=proof' },
  {
    ...workbench,
    name: 'proof-no-transaction',
    query: '?view=proof',
    choose: {
      label: 'Drop a file together with its proof',
      files: [
        { name: 'report.txt', text: file },
        { name: 'proof.xml', text: proofXml },
      ],
    },
    shows: 'How it was checked',
  },
  {
    ...workbench,
    name: 'proof-contradicted',
    query: '?view=proof',
    choose: {
      label: 'Drop a file together with its proof',
      files: [
        { name: names[2] as string, text: 'Another file.' },
        { name: 'proof.xml', text: proofXml },
      ],
    },
    shows: 'How it was checked',
  },
  {
    ...workbench,
    name: 'proof-unreadable',
    query: '?view=proof',
    choose: {
      label: 'Drop a file together with its proof',
      files: [{ name: 'proof.xml', text: '<node value="x" type="key"/>' }],
    },
    shows: 'no proof that can be read',
  },
];
