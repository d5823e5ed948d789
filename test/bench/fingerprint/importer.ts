import { createReadStream } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { BlackHoleBlockstore } from 'blockstore-core/black-hole';
import { importByteStream } from 'ipfs-unixfs-importer';
import { fixedSize } from 'ipfs-unixfs-importer/chunker';
import { balanced } from 'ipfs-unixfs-importer/layout';

/** Up to here it is faster when it gets the file in one piece. */
const wholeUpToBytes = 1 << 20;

/** The CID of a file by the IPFS project's own importer, in the profile that we use, from the kind of source that suits it best. */
export function importCid(path: string, sizeBytes: number): Promise<unknown> {
  const source =
    sizeBytes <= wholeUpToBytes ? whole(path) : createReadStream(path, { highWaterMark: 1 << 20 });
  return importByteStream(source, new BlackHoleBlockstore(), {
    cidVersion: 0,
    rawLeaves: false,
    leafType: 'file',
    reduceSingleLeafToSelf: true,
    chunker: fixedSize({ chunkSize: 262_144 }),
    layout: balanced({ maxChildrenPerNode: 174 }),
  });
}

async function* whole(path: string): AsyncGenerator<Uint8Array> {
  yield await readFile(path);
}
