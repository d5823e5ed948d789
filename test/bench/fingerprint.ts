import { execFile } from 'node:child_process';
import { randomFillSync } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { BlackHoleBlockstore } from 'blockstore-core/black-hole';
import { importByteStream } from 'ipfs-unixfs-importer';
import { fixedSize } from 'ipfs-unixfs-importer/chunker';
import { balanced } from 'ipfs-unixfs-importer/layout';
import { fingerprintFile, nodePlatform } from '../../companion/fingerprint-file.ts';
import { fingerprint } from '../../shared/fingerprint/fingerprint.ts';
import { jsPlatform } from '../../shared/fingerprint/js-platform.ts';
import { type Contender, measure, table } from './measure.ts';

const exec = promisify(execFile);

const sizes: [string, number][] = [
  ['256 KiB', 256 << 10],
  ['1 MiB', 1 << 20],
  ['8 MiB', 8 << 20],
  ['64 MiB', 64 << 20],
  ['512 MiB', 512 << 20],
];
/** Pure JavaScript takes seconds for more and says nothing new. */
const jsUpToBytes = 64 << 20;

/**
 * Fingerprinting a file in Node: digest and CID, in megabytes (10^6 bytes) a second. `openssl dgst` is the limit (SHA-256 alone,
 * with the processor's instructions; its time includes starting the program), ipfs-unixfs-importer the peer (the CID alone).
 * All read the same file, warm in the page cache.
 */
export async function runFingerprintBench(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'hashmark-bench-'));
  try {
    const openssl = await exec('openssl', ['version']).then(
      () => true,
      () => false,
    );
    const rows: string[][] = [];
    for (const [label, sizeBytes] of sizes) {
      const path = join(folder, 'content');
      await writeFile(path, randomFillSync(new Uint8Array(sizeBytes)));
      const contenders: Contender[] = [
        { name: 'ours', run: () => fingerprintFile(path) },
        {
          name: 'one thread',
          run: () => fingerprint(createReadStream(path, { highWaterMark: 1 << 20 }), nodePlatform),
        },
        { name: 'importer', run: () => importCid(path) },
      ];
      if (openssl)
        contenders.push({ name: 'openssl', run: () => exec('openssl', ['dgst', '-sha256', path]) });
      if (sizeBytes <= jsUpToBytes) {
        contenders.push({
          name: 'js',
          run: () => fingerprint(createReadStream(path, { highWaterMark: 1 << 20 }), jsPlatform),
        });
      }
      const medians = await measure(contenders);
      const speed = (name: string) => sizeBytes / 1e3 / (medians.get(name) ?? Number.NaN);
      const show = (value: number, digits = 0) => (Number.isNaN(value) ? '–' : value.toFixed(digits));
      rows.push([
        label,
        ...['ours', 'one thread', 'js', 'importer', 'openssl'].map((name) => show(speed(name))),
        show(speed('ours') / speed('importer'), 2),
        show(speed('ours') / speed('openssl'), 2),
      ]);
    }
    return table(
      ['MB/s', 'ours', 'one thread', 'noble', 'importer', 'openssl', 'ours/importer', 'ours/openssl'],
      rows,
    );
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function importCid(path: string): Promise<unknown> {
  return importByteStream(createReadStream(path, { highWaterMark: 1 << 20 }), new BlackHoleBlockstore(), {
    cidVersion: 0,
    rawLeaves: false,
    leafType: 'file',
    reduceSingleLeafToSelf: true,
    chunker: fixedSize({ chunkSize: 262_144 }),
    layout: balanced({ maxChildrenPerNode: 174 }),
  });
}
