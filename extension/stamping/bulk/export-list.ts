import Papa from 'papaparse';

import { writeProofXml } from '../../../shared/evidence/proof-xml.ts';
import { proofFileName } from '../../../shared/wire/originstamp.ts';
import type { OwnProof } from '../../proofs/proof-store.ts';
import type { BulkRow, FollowedSeed, RowState } from './bulk.ts';

/** A spreadsheet runs what begins like a formula, and names come from strangers: such cells get a quote in front. */
const formula = /^\s*[=+\-@]|^[\t\r\n]/;
const rowsPerPiece = 5_000;

const stateWords: Record<RowState, string> = {
  queued: 'not sent',
  sent: 'waiting',
  proven: 'proven',
  failed: 'failed',
};

const headings = [
  'digest',
  'name',
  'size_bytes',
  'state',
  'known_before',
  'submitted_at',
  'seed_id',
  'chain',
  'root',
  'transaction',
  'block_time',
  'proof_file',
  'message',
];

/** A list with its results as CSV (RFC 4180, UTF-8 with byte order mark for Excel), one piece after the other. */
export function* toCsv(
  rows: readonly BulkRow[],
  seeds: ReadonlyMap<string, FollowedSeed>,
): Generator<string> {
  yield `\uFEFF${Papa.unparse([headings])}\r\n`;
  for (let from = 0; from < rows.length; from += rowsPerPiece) {
    const records = rows.slice(from, from + rowsPerPiece).map((row) => toRecord(row, seeds));
    yield `${Papa.unparse(records, { escapeFormulae: formula })}\r\n`;
  }
}

function toRecord(row: BulkRow, seeds: ReadonlyMap<string, FollowedSeed>): (string | number)[] {
  const seed = shownSeed(row, seeds);
  const check = seed?.check;
  return [
    row.digest,
    row.name,
    row.sizeBytes ?? '',
    stateWords[row.state],
    row.isNew === undefined ? '' : row.isNew ? 'no' : 'yes',
    toTime(row.submittedAtMs),
    seed?.seedId ?? '',
    check?.chainName ?? '',
    check?.root ?? seed?.root ?? '',
    check?.transaction ?? seed?.transaction ?? '',
    toTime(check && check.blockTimeSeconds * 1000),
    row.state === 'proven' && seed ? proofFileName(row.digest, seed.currencyId, 'xml') : '',
    row.message ?? '',
  ];
}

/** Of several seeds the one that is furthest: it is what proves the row, or will. */
export function shownSeed(
  { seedIds = [] }: BulkRow,
  seeds: ReadonlyMap<string, FollowedSeed>,
): FollowedSeed | undefined {
  return seedIds
    .flatMap((id) => seeds.get(id) ?? [])
    .reduce<FollowedSeed | undefined>(
      (best, seed) => (!best || seed.status > best.status ? seed : best),
      undefined,
    );
}

function toTime(timeMs: number | undefined): string {
  return timeMs === undefined ? '' : new Date(timeMs).toISOString();
}

/** A file for a zip. */
export interface ZipEntry {
  name: string;
  input: string;
  lastModified: Date;
}

/** Digests whose proofs are read from disk at once. */
const proofsAtOnce = 500;

/**
 * The results as CSV and the proofs of all proven rows, for a zip that is written while it is read: one batch in memory.
 *
 * @param find the kept proofs of some digests
 */
export async function* toZipEntries(
  rows: readonly BulkRow[],
  seeds: ReadonlyMap<string, FollowedSeed>,
  find: (digests: readonly string[]) => Promise<ReadonlyMap<string, OwnProof[]>>,
  nowMs: number,
): AsyncGenerator<ZipEntry> {
  yield { name: 'results.csv', input: [...toCsv(rows, seeds)].join(''), lastModified: new Date(nowMs) };
  const proven = rows.filter(({ state }) => state === 'proven').map(({ digest }) => digest);
  for (let from = 0; from < proven.length; from += proofsAtOnce) {
    const digests = proven.slice(from, from + proofsAtOnce);
    const found = await find(digests);
    for (const digest of digests) {
      for (const { proof, currencyId, blockTimeSeconds } of found.get(digest) ?? []) {
        yield {
          name: proofFileName(digest, currencyId, 'xml'),
          input: writeProofXml(proof),
          lastModified: new Date(blockTimeSeconds * 1000),
        };
      }
    }
  }
}
