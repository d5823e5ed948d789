import mime from 'mime';

import { nullCid, toCidV1 } from '../../../shared/fingerprint/cid.ts';
import type { ServiceContext } from '../context.ts';
import { findContent, findPublication } from '../ledger/contents.ts';
import {
  findHostTenant,
  listRecordedFiles,
  listRecordedStamps,
  type RecordedStamp,
} from '../ledger/public-records.ts';
import { type Brand, brandOf, hostBrand } from './brand.ts';
import { type ChainFacts, describeChain } from './chain-facts.ts';

/** A stamp, with what people are told of its chain. */
export interface PublicStamp extends RecordedStamp {
  chain: ChainFacts;
}

/** Everything that may be told to a stranger who knows a CID. */
export interface PublicRecord {
  /** CIDv0. */
  cid: string;
  cidV1: string;
  /** True for a list of CIDs that was made to be stamped. */
  isBundle: boolean;
  /** Whether anybody may have the bytes, by `/ipfs/{cid}`. */
  isPublic: boolean;
  /** Undefined unless a public entry has it: names of private files are not told. */
  name: string | undefined;
  /** As `name`. */
  sizeBytes: number | undefined;
  mimetype: string;
  /** Lower-case hex; bundles list it, so it is no more secret than the CID. Undefined when the bytes were never here. */
  digest: string | undefined;
  issuer: Brand;
  /** True when the tenant that this host belongs to recorded it. */
  isLocallyIssued: boolean;
  /** Earliest first; empty when it waits for its stamp. */
  stamps: PublicStamp[];
}

/** Undefined when nobody here recorded that CID (CIDv0): a deleted file is as unknown as one that never was. */
export function findPublicRecord(context: ServiceContext, cid: string): PublicRecord | undefined {
  const { db } = context.ledger;
  if (cid === nullCid) return undefined;
  const content = findContent(db, cid);
  const files = listRecordedFiles(db, cid);
  const stamps = listRecordedStamps(db, cid).map((stamp) => ({
    ...stamp,
    chain: describeChain(stamp.chainId, context.knownChain),
  }));
  const [first] = files;
  const [firstStamp] = stamps;
  const isBundle = content?.isBundle ?? false;
  if (!first && !(isBundle && firstStamp)) return undefined;

  const publication = findPublication(db, cid);
  const isPublic = content !== undefined && (isBundle || publication.isPublic);
  const recorder = firstStamp ?? first;
  const host = findHostTenant(db);
  return {
    cid,
    cidV1: toCidV1(cid),
    isBundle,
    isPublic,
    name: publication.publicName,
    sizeBytes: isPublic ? content.sizeBytes : undefined,
    mimetype: content?.mimetype ?? first?.mimetype ?? 'application/json',
    digest: content?.digest ?? files.find((file) => file.digest !== null)?.digest ?? undefined,
    issuer: recorder
      ? brandOf(context, { id: recorder.tenantId, name: recorder.tenantName })
      : hostBrand(context),
    isLocallyIssued: host !== undefined && [...files, ...stamps].some(({ tenantId }) => tenantId === host.id),
    stamps,
  };
}

/** A record's kind as a lower-case file ending, by its public name or else its type; empty when neither tells. */
export function fileEnding({ name, mimetype }: Pick<PublicRecord, 'name' | 'mimetype'>): string {
  const [, ending = ''] = /\.([a-z0-9]{1,8})$/i.exec(name ?? '') ?? [];
  return (ending || (mime.getExtension(mimetype) ?? '')).toLowerCase();
}
