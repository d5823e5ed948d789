import { mappingUpdatedTopic } from '../../../shared/evidence/ipcm.ts';
import { gatewayPath } from '../gateway/gateway-url.ts';
import type { PublicRecord } from './record.ts';

/**
 * `GET /pverify/{cid}/evidence.json`: where on which chain to look, for a program that re-checks the record itself.
 * Times are Unix seconds.
 */
export function describeEvidence(record: PublicRecord, origin: string): Record<string, unknown> {
  const { cid, cidV1, digest, isBundle, isPublic, stamps } = record;
  return {
    format: 'hashmark-evidence-1',
    cid,
    cidv1: cidV1,
    sha256: digest ?? null,
    content: isPublic ? `${origin}${gatewayPath(cid)}` : null,
    stamps: stamps.map((stamp) => {
      const { chain } = stamp;
      const isInBundle = stamp.isBundle && !isBundle;
      return {
        chain: { id: chain.id, name: chain.name, is_local: chain.isLocal },
        contract: stamp.contract,
        event: { signature: 'MappingUpdated(string)', topic: mappingUpdatedTopic, value: stamp.value },
        transaction: stamp.txHash,
        block_number: stamp.blockNumber,
        block_time: stamp.blockTimeSeconds,
        is_final: stamp.isFinal,
        bundle: isInBundle ? `${origin}${gatewayPath(stamp.value)}` : null,
      };
    }),
  };
}
