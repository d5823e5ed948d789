import { toCidV1 } from '../../../shared/fingerprint/cid.ts';
import type { Network } from '../../../shared/wire/chainletter.ts';
import type { ServiceContext } from '../context.ts';
import { gatewayUrl, privateGatewayUrl } from '../gateway/gateway-url.ts';
import type { LedgerFile } from '../ledger/files.ts';
import { findStamps, type Stamp } from '../ledger/stamps.ts';
import { defaultNetwork } from './group-reference.ts';

/** What every answer about a stored file says of it. */
export function fileFacts(context: ServiceContext, file: LedgerFile) {
  return {
    hash: file.cid,
    cid: file.cid,
    cidv1: toCidV1(file.cid),
    name: file.name,
    size: file.sizeBytes,
    mimetype: file.mimetype,
    network: shownNetwork(file.network),
    gatewayurl: fileGatewayUrl(context, file),
  };
}

/** A file as `files[]` shows it. `groupId` is the wire's id of its group. */
export function fileEntry(
  context: ServiceContext,
  file: LedgerFile,
  { tenantId, groupId }: { tenantId: string; groupId: string },
): Record<string, unknown> {
  const [first] = findStamps(context.ledger.db, tenantId, file.cid);
  return {
    ...fileFacts(context, file),
    is_stamped: first !== undefined,
    bulk_check: { is_stamped: first !== undefined, postmark_hash: first?.value ?? null },
    created_at: new Date(file.createdAt).toISOString(),
    group_id: groupId,
    foreign_tx_id: first?.txHash ?? null,
    contract: first?.contract ?? null,
  };
}

/** One of `allResults`. */
export function stampEntry(stamp: Stamp): Record<string, unknown> {
  const bundleCid = stamp.isBundle ? stamp.value : null;
  return {
    contract: stamp.contract,
    created: stamp.blockTimeSeconds,
    foreign_tx_id: stamp.txHash,
    is_bulk: bundleCid,
    isBulk: bundleCid,
    chain_id: stamp.chainId,
  };
}

/** Where the bytes can be had: plainly when published, else by a link that carries its permission; null without bytes. */
export function fileGatewayUrl(
  context: Pick<ServiceContext, 'publicUrl' | 'linkSigningKey' | 'now'>,
  file: Pick<LedgerFile, 'cid' | 'network'>,
): string | null {
  if (file.network === 'none') return null;
  return file.network === 'public' ? gatewayUrl(context, file.cid) : privateGatewayUrl(context, file.cid);
}

/** A provisional file is shown under the network that it will have when nobody states another. */
export function shownNetwork(network: Network | null): Network {
  return network ?? defaultNetwork;
}
