import { MemoryBlockstore } from 'blockstore-core';
import { importByteStream } from 'ipfs-unixfs-importer';
import { fixedSize } from 'ipfs-unixfs-importer/chunker';
import { balanced } from 'ipfs-unixfs-importer/layout';
import { profileShape, type TreeShape } from '../../../shared/fingerprint/tree.ts';

/** CIDv0 by the independent implementation, every option set: its defaults give other CIDs. */
export async function importerCid(bytes: Uint8Array, shape: TreeShape = profileShape): Promise<string> {
  const { cid } = await importByteStream([bytes], new MemoryBlockstore(), {
    cidVersion: 0,
    rawLeaves: false,
    leafType: 'file',
    reduceSingleLeafToSelf: true,
    chunker: fixedSize({ chunkSize: shape.chunkBytes }),
    layout: balanced({ maxChildrenPerNode: shape.maxLinks }),
  });
  return cid.toString();
}
