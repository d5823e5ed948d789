import { createHash } from 'node:crypto';
import { makeZip } from 'client-zip';
import Papa from 'papaparse';
import { describe, expect, it } from 'vitest';

import type { OwnProof } from '../../../extension/proofs/proof-store.ts';
import type { BulkRow, FollowedSeed } from '../../../extension/stamping/bulk/bulk.ts';
import { toCsv, toZipEntries } from '../../../extension/stamping/bulk/export-list.ts';
import { buildTree, proofOf } from '../../../shared/evidence/merkle.ts';
import { parseProofXml } from '../../../shared/evidence/proof-xml.ts';

const digestOf = (text: string | number) => createHash('sha256').update(String(text)).digest('hex');
const seedId = '0b9e7d52-6a0f-4a43-8d3e-7a1f3c9d2e10';
const seed: FollowedSeed = {
  seedId,
  currencyId: 1,
  status: 3,
  root: digestOf('root'),
  transaction: `0x${digestOf('transaction')}`,
  timestampMs: 1_772_355_660_000,
  nextLookAtMs: 0,
  check: {
    outcome: 'confirmed',
    reason: 'Every step was recomputed.',
    root: digestOf('root'),
    chainId: 1,
    chainName: 'Ethereum',
    isLocal: false,
    transaction: `0x${digestOf('transaction')}`,
    blockTimeSeconds: 1_772_355_660,
    checkedAtMs: 0,
  },
};
const seeds = new Map([[seedId, seed]]);
const row = (name: string, more: Partial<BulkRow> = {}): BulkRow => ({
  digest: digestOf(name),
  name,
  state: 'proven',
  isNew: true,
  seedIds: [seedId],
  ...more,
});

function readCsv(rows: BulkRow[]): Record<string, string>[] {
  const text = [...toCsv(rows, seeds)].join('');
  expect(text.startsWith('\uFEFFdigest,name,')).toBe(true);
  return Papa.parse<Record<string, string>>(text.slice(1), { header: true, skipEmptyLines: true }).data;
}

describe('results as CSV', () => {
  it('should tell everything about a row', () => {
    expect(readCsv([row('a.pdf', { sizeBytes: 12, submittedAtMs: 1_772_355_600_000 })])).toEqual([
      {
        digest: digestOf('a.pdf'),
        name: 'a.pdf',
        size_bytes: '12',
        state: 'proven',
        known_before: 'no',
        submitted_at: '2026-03-01T09:00:00.000Z',
        seed_id: seedId,
        chain: 'Ethereum',
        root: digestOf('root'),
        transaction: `0x${digestOf('transaction')}`,
        block_time: '2026-03-01T09:01:00.000Z',
        proof_file: `proof.Ethereum.${digestOf('a.pdf')}.xml`,
        message: '',
      },
    ]);
  });

  it.each(['=1+1', '+1', '-1', '@SUM(A1)', '\t=1', '\r=1', ' =1', '=1\n=2', '=HYPERLINK("http://x","y")'])(
    'should give a spreadsheet nothing to run: %j',
    (name) => expect(readCsv([row(name)])[0]?.name).toBe(`'${name}`),
  );

  it('should keep names with separators, quotes and line breaks, and long lists in order', () => {
    const rows = [row('a, "b"\nc'), ...Array.from({ length: 12_000 }, (_, index) => row(`file ${index}`))];
    const read = readCsv(rows);
    expect(read.map(({ name }) => name)).toEqual(rows.map(({ name }) => name));
  });

  it('should say why a row failed, and name no proof of it', () => {
    expect(readCsv([row('a', { state: 'failed', message: 'Refused.' })])[0]).toMatchObject({
      state: 'failed',
      message: 'Refused.',
      proof_file: '',
    });
  });
});

describe('proofs as a zip', () => {
  const leaves = Array.from({ length: 1_200 }, (_, index) => digestOf(`file ${index}`)).sort();
  const levels = buildTree(Buffer.from(leaves.join(''), 'hex'), (bytes) =>
    createHash('sha256').update(bytes).digest(),
  );
  const own = (digest: string): OwnProof => ({
    proof: proofOf(levels, leaves.indexOf(digest)),
    seedId,
    currencyId: 1,
    chainId: 1,
    transaction: seed.transaction ?? '',
    blockTimeSeconds: 1_772_355_660,
    checkedAtMs: 0,
  });

  it('should hold the results and every proof, read from disk in batches', async () => {
    const rows = Array.from({ length: 1_200 }, (_, index) => row(`file ${index}`));
    const batches: number[] = [];
    const find = async (digests: readonly string[]) => {
      batches.push(digests.length);
      return new Map(digests.map((digest) => [digest, [own(digest)]]));
    };
    const names: string[] = [];
    for await (const { name, input } of toZipEntries(
      [...rows, row('failed', { state: 'failed' })],
      seeds,
      find,
      0,
    )) {
      names.push(name);
      if (name !== 'results.csv') expect(parseProofXml(input).leaf).toBe(name.split('.')[2]);
    }
    expect(names).toEqual(['results.csv', ...rows.map(({ digest }) => `proof.Ethereum.${digest}.xml`)]);
    expect(batches).toEqual([500, 500, 200]);
  });

  it('should be the same bytes for the same list', async () => {
    const zip = async () => {
      const entries = toZipEntries(
        [row('file 1')],
        seeds,
        async ([digest = '']) => new Map([[digest, [own(digest)]]]),
        0,
      );
      return Buffer.from(
        await new Response(makeZip(entries) as ReadableStream<Uint8Array<ArrayBuffer>>).arrayBuffer(),
      );
    };
    expect(await zip()).toEqual(await zip());
  });
});
