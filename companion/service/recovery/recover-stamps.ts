import type { DatabaseSync } from 'node:sqlite';
import mime from 'mime';

import { HashmarkError } from '../../../shared/errors.ts';
import {
  type BlockHead,
  type ChainReader,
  createChainReaderFrom,
  type StampLog,
} from '../../../shared/evidence/chain-reader.ts';
import { readIssuer } from '../../../shared/evidence/read-issuer.ts';
import type { Chain } from '../../chain/chain.ts';
import type { Log } from '../../log.ts';
import type { ContentStore } from '../content-store.ts';
import { coverFiles, insertAnchor, markMined } from '../ledger/anchors.ts';
import { putContent } from '../ledger/contents.ts';
import type { Ledger } from '../ledger/database.ts';
import { findFile, putFile } from '../ledger/files.ts';
import { findGroup, insertGroup } from '../ledger/groups.ts';
import { findAnchorIn, isRecovered, markRecovered } from '../ledger/recovery.ts';
import { endpointOf } from './chain-endpoint.ts';
import { createContentReader, type HeldContent, type KnownMember } from './content-reader.ts';
import { createLineage, type Lineage } from './lineage.ts';

/** Where stamps are rebuilt, and what from. */
export interface RecoveryContext {
  ledger: Ledger;
  content: ContentStore;
  log: Log;
  /** Unix milliseconds. */
  now: () => number;
}

/** How many stamps were added, and how many files they cover. */
export interface RecoveredStamps {
  stamps: number;
  files: number;
}

/**
 * Adds to the ledger what a chain's contract holds and the ledger has lost: every stamp, and the files that it covers as
 * far as the content store knows them. A stamp that goes on with the files of one that the ledger still has belongs to
 * its group. Otherwise, since names and groups exist nowhere else, the files come back under their CID, in a group named
 * `Recovered …` per series of stamps. They come back private: nothing says any more which of them were public.
 *
 * Does nothing when it was done before for this ledger. May be cut off at any moment and repeated.
 * @throws HashmarkError `rpc-unavailable` or `chain-unavailable` when the chain cannot be read.
 */
export async function recoverStamps(
  context: RecoveryContext,
  chain: Chain,
  tenantId: string,
  signal: AbortSignal,
): Promise<RecoveredStamps> {
  const { ledger, log } = context;
  const recovered: RecoveredStamps = { stamps: 0, files: 0 };
  const reference = { chainId: chain.id, contract: chain.contract };
  if (isRecovered(ledger.db, reference)) return recovered;

  const reader = createChainReaderFrom(
    {
      ...{ name: chain.name, chainName: chain.name, chainId: chain.id, isLocal: chain.isLocal },
      ...{ contract: chain.contract, startBlock: Number(chain.startBlock), finality: chain.finality },
      ...{ rpcUrls: [], gatewayUrl: '' },
    },
    [endpointOf(chain)],
  );
  const final = await reader.finalBlock();
  const finalBlock = final.kind === 'agreed' ? final.value : -1;
  const contents = createContentReader(context.content, log);
  const lineage = createLineage();
  let lastBlock = 0;
  for await (const window of readIssuer(reader, Number(chain.startBlock), { signal })) {
    for (const stamp of window.logs) {
      signal.throwIfAborted();
      const known = findAnchorIn(ledger.db, { ...reference, ...stamp });
      if (known) {
        lineage.putKnown(known);
        continue;
      }
      const head = await readHead(reader, stamp);
      const { bundle, members } = await contents.resolve(stamp.value);
      await ledger.write((db) =>
        addStamp(db, context, { chain, tenantId, stamp, head, finalBlock, bundle, members, lineage }),
      );
      recovered.stamps += 1;
      recovered.files += members.length;
    }
    lastBlock = window.toBlock;
  }
  await ledger.write((db) => markRecovered(db, reference, lastBlock));
  if (recovered.stamps > 0) {
    log('warn', 'The ledger had lost stamps that the chain holds; they were added.', {
      chain: chain.name,
      ...recovered,
    });
  }
  return recovered;
}

async function readHead(reader: ChainReader, { blockNumber, blockHash }: StampLog): Promise<BlockHead> {
  const block = await reader.block(blockNumber);
  if (block.kind === 'agreed' && block.value?.hash === blockHash) return block.value;
  throw new HashmarkError('rpc-unavailable', `Block ${blockNumber} could not be read where its log is.`);
}

interface LostStamp {
  chain: Chain;
  tenantId: string;
  stamp: StampLog;
  head: BlockHead;
  finalBlock: number;
  /** The bytes of the value, when it is a bundle: anybody may read those, as before. */
  bundle: HeldContent | undefined;
  /** What it covers, in order. */
  members: readonly KnownMember[];
  lineage: Lineage;
}

/** One stamp with its group, files and contents; part of the caller's transaction. */
function addStamp(db: DatabaseSync, { now }: RecoveryContext, lost: LostStamp): void {
  const { chain, tenantId, stamp, head, members } = lost;
  const at = head.timeSeconds * 1000;
  const cids = members.map(({ cid }) => cid);
  const series = lost.lineage.find(cids);
  const groupRef = series?.groupRef ?? openRecoveredGroup(db, tenantId, stamp.value, at);
  const fileRefs = series ? [...series.fileRefs] : [];
  if (lost.bundle) putContent(db, { ...lost.bundle, cid: stamp.value, isBundle: true }, at);
  for (const member of members.slice(fileRefs.length)) {
    const { cid, digest, held } = member;
    const present = findFile(db, groupRef, cid);
    if (present) {
      fileRefs.push(present.ref);
      continue;
    }
    if (held) putContent(db, { ...held, cid, isBundle: false }, at);
    const extension = held && mime.getExtension(held.mimetype);
    const file = putFile(
      db,
      {
        groupRef,
        cid,
        digest: held?.digest ?? digest ?? null,
        name: extension ? `${cid}.${extension}` : cid,
        sizeBytes: held?.sizeBytes ?? 0,
        mimetype: held?.mimetype ?? 'application/octet-stream',
        network: held ? 'private' : 'none',
      },
      at,
    );
    fileRefs.push(file.ref);
  }
  lost.lineage.put(cids, { groupRef, fileRefs });

  const anchorRef = insertAnchor(db, {
    tenantId,
    groupRef,
    chainId: chain.id,
    contract: chain.contract,
    value: stamp.value,
    isBundle: lost.bundle !== undefined,
    network: 'private',
    nowMs: now(),
  });
  coverFiles(db, anchorRef, fileRefs);
  const block = {
    txHash: stamp.transaction,
    blockNumber: stamp.blockNumber,
    blockHash: stamp.blockHash,
    blockTimeSeconds: head.timeSeconds,
    logIndex: stamp.logIndex,
  };
  markMined(db, anchorRef, stamp.blockNumber <= lost.finalBlock ? 'final' : 'mined', block, now());
}

/** A group that nobody named: its day, and the end of the first CID that stood on the chain for it. */
function openRecoveredGroup(db: DatabaseSync, tenantId: string, value: string, at: number): number {
  const day = new Date(at).toISOString().slice(0, 10);
  const name = `Recovered ${day} ${value.slice(-8)}`;
  const group = findGroup(db, tenantId, name) ?? insertGroup(db, { tenantId, name, network: 'private' }, at);
  return group.ref;
}
