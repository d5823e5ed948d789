import type { StampRecord } from '../../../shared/evidence/verdict.ts';
import { Hash } from '../../ui/Hash.tsx';
import { Facts } from '../../ui/parts.tsx';
import { Time } from '../../ui/Time.tsx';
import { BlockName, ChainName, TransactionHash } from './ChainPlace.tsx';

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
            <ChainName key="chain" name={issuer.chainName} id={issuer.chainId} isLocal={issuer.isLocal} />,
          ],
          ['Contract', <Hash key="contract" value={issuer.contract} noun="contract address" />],
          [
            'Transaction',
            <TransactionHash key="transaction" hash={transaction} explorerTxUrl={issuer.explorerTxUrl} />,
          ],
          ['Block', <BlockName key="block" number={blockNumber} hash={blockHash} />],
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
