// Builds the tree of one seed, away from the thread that answers requests: takes the digests page by page in any order,
// asks for the next one after each, and says the root when the file is on disk.

import { hash } from 'node:crypto';
import { closeSync, fsyncSync, openSync, renameSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import { parentPort, workerData } from 'node:worker_threads';

import { levelSizes, nodeBytes, parentsOf } from '../../../../shared/evidence/merkle.ts';
import { syncFolder } from '../../../atomic-file.ts';
import { sortLeaves } from './sort-leaves.ts';
import { type BuildOrder, type BuildReport, unfinishedSuffix } from './tree-build.ts';

const { path, leafCount } = workerData as BuildOrder;
const sha256 = (bytes: Uint8Array): Uint8Array => hash('sha256', bytes, 'buffer');

function report(message: BuildReport): void {
  parentPort?.postMessage(message);
}

let leaves: Buffer | undefined = Buffer.allocUnsafeSlow(leafCount * nodeBytes);
let filledBytes = 0;

parentPort?.on('message', (page: Uint8Array) => {
  if (!leaves) return;
  leaves.set(page, filledBytes);
  filledBytes += page.length;
  if (filledBytes < leaves.length) {
    report({ kind: 'next' });
    return;
  }
  const sorted = sortLeaves(leaves);
  leaves = undefined; // A seed may be large: only one copy of its leaves stays.
  report({ kind: 'built', root: writeTree(sorted) });
  parentPort?.close();
});

/** Writes all levels, from the leaves to the root, one behind the other. @returns the root. */
function writeTree(sorted: Buffer): string {
  const unfinished = `${path}${unfinishedSuffix}`;
  const file = openSync(unfinished, 'w', 0o600);
  let level: Uint8Array = sorted;
  try {
    writeFully(file, level);
    for (const _ of levelSizes(leafCount).slice(1)) {
      level = parentsOf(level, sha256);
      writeFully(file, level);
    }
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
  renameSync(unfinished, path);
  syncFolder(dirname(path));
  return Buffer.from(level).toString('hex');
}

/** One call need not write everything. */
function writeFully(file: number, bytes: Uint8Array): void {
  for (let written = 0; written < bytes.length; ) written += writeSync(file, bytes, written);
}
