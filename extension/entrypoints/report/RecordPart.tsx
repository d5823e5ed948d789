import type { StampRecord } from '../../../shared/evidence/verdict.ts';
import { Hash } from '../../ui/Hash.tsx';
import { ExternalIcon } from '../../ui/Icon.tsx';
import { Facts } from '../../ui/parts.tsx';
import { Time } from '../../ui/Time.tsx';

/** What stands on the chain, by whom and where. */
export function RecordPart({ record, nowMs }: { record: StampRecord; nowMs: number }) {
  const { issuer, value, isBundle, transaction, blockNumber, blockHash, blockTimeSeconds } = record;
  return (
    <section class="card part" aria-labelledby="record-heading">
      <h2 id="record-heading">The record</h2>
      <Facts
        entries={[
          ['Issuer', <bdi key="issuer">{issuer.name}</bdi>],
          [
            'Chain',
            <span key="chain" class="chain">
              {issuer.chainName} <span class="faint">({issuer.chainId})</span>
              {issuer.isLocal && <span class="tag">this computer only</span>}
            </span>,
          ],
          ['Contract', <Hash key="contract" value={issuer.contract} noun="contract address" />],
          [
            'Transaction',
            <span key="transaction" class="chain">
              <Hash value={transaction} noun="transaction hash" />
              {issuer.explorerTxUrl && (
                <a href={`${issuer.explorerTxUrl}${transaction}`} target="_blank" rel="noreferrer">
                  Explorer <ExternalIcon size={13} />
                </a>
              )}
            </span>,
          ],
          [
            'Block',
            <span key="block" class="chain">
              {blockNumber} <Hash value={blockHash} noun="block hash" />
            </span>,
          ],
          ['Block time', <Time key="time" timeMs={blockTimeSeconds * 1000} nowMs={nowMs} />],
          [
            isBundle ? 'Bundle' : 'Value',
            <span key="value">
              <Hash value={value} noun={isBundle ? 'bundle CID' : 'CID on chain'} />
              {isBundle && (
                <p class="small secondary">The chain holds the CID of a list; this hash is on that list.</p>
              )}
            </span>,
          ],
        ]}
      />
    </section>
  );
}
