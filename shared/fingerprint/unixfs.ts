/**
 * The bytes of UnixFS file nodes inside dag-pb, as the IPIP-499 profile `unixfs-v0-2015` has them: leaves are dag-pb
 * nodes too (never raw blocks), and links (field 2) stand before data (field 1).
 *
 * - https://ipld.io/specs/codecs/dag-pb/spec/
 * - https://github.com/ipfs/specs/blob/main/src/unixfs.md
 *
 * Written by hand rather than through a protobuf library: a leaf is framed in place around its bytes, so that a pass over
 * a gigabyte copies every byte once.
 */

/** Protobuf keys (field number, wire type) of dag-pb. */
const pbNodeData = 0x0a;
const pbNodeLink = 0x12;
const pbLinkHash = 0x0a;
const pbLinkName = 0x12;
const pbLinkTsize = 0x18;
/** Protobuf keys of UnixFS. */
const unixFsType = 0x08;
const unixFsData = 0x12;
const unixFsFileSize = 0x18;
const unixFsBlockSize = 0x20;
/** UnixFS `Type`: File. */
const typeFile = 0x02;
/** Prefix of a SHA-256 multihash: code 0x12, 32 bytes. */
const sha256Prefix = [0x12, 0x20];

/** What a parent needs to know of a child. */
export interface UnixFsNode {
  /** SHA-256 of the node's dag-pb bytes. */
  hash: Uint8Array;
  /** Length of the node's dag-pb bytes plus that of everything below it. */
  treeBytes: number;
  /** Bytes of the file that it covers. */
  fileBytes: number;
}

/** Unsigned LEB128. Divides instead of shifting, since a size may exceed 32 bits. */
function varint(value: number): number[] {
  const bytes: number[] = [];
  let rest = value;
  while (rest >= 0x80) {
    bytes.push((rest % 0x80) | 0x80);
    rest = Math.floor(rest / 0x80);
  }
  bytes.push(rest);
  return bytes;
}

/**
 * What stands before and after a leaf's own bytes: `0a L 08 02 12 n <bytes> 18 n`; an empty leaf has no data field.
 *
 * @param length Bytes of content in the leaf.
 */
export function leafFrame(length: number): { before: Uint8Array; after: Uint8Array } {
  const size = varint(length);
  const dataField = length === 0 ? [] : [unixFsData, ...size];
  const after = [unixFsFileSize, ...size];
  const unixFsBytes = 2 + dataField.length + length + after.length;
  return {
    before: Uint8Array.from([pbNodeData, ...varint(unixFsBytes), unixFsType, typeFile, ...dataField]),
    after: Uint8Array.from(after),
  };
}

/** The dag-pb bytes of a node that joins `children`, in file order, and what its own parent needs to know besides its hash. */
export function encodeParent(children: readonly UnixFsNode[]): {
  bytes: Uint8Array;
  treeBytes: number;
  fileBytes: number;
} {
  const out: number[] = [];
  const blockSizes: number[] = [];
  let childBytes = 0;
  let fileBytes = 0;
  for (const child of children) {
    const link = [
      pbLinkHash,
      sha256Prefix.length + child.hash.length,
      ...sha256Prefix,
      ...child.hash,
      pbLinkName,
      0,
      pbLinkTsize,
      ...varint(child.treeBytes),
    ];
    out.push(pbNodeLink, ...varint(link.length), ...link);
    blockSizes.push(unixFsBlockSize, ...varint(child.fileBytes));
    childBytes += child.treeBytes;
    fileBytes += child.fileBytes;
  }
  const unixFs = [unixFsType, typeFile, unixFsFileSize, ...varint(fileBytes), ...blockSizes];
  out.push(pbNodeData, ...varint(unixFs.length), ...unixFs);
  return { bytes: Uint8Array.from(out), treeBytes: out.length + childBytes, fileBytes };
}
