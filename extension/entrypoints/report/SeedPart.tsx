import type { SeedRecord } from '../../../shared/evidence/verdict.ts';
import { formatCount } from '../../ui/format.ts';
import { Hash } from '../../ui/Hash.tsx';
import { Facts } from '../../ui/parts.tsx';
import { Time } from '../../ui/Time.tsx';
import { BlockName, ChainName, TransactionHash } from './ChainPlace.tsx';

const methods: Record<SeedRecord['method'], string> = {
  'evm-input': 'In the input of the transaction',
  'bitcoin-op-return': 'In the first output of the transaction (OP_RETURN)',
  'bitcoin-address': 'As the key of a Bitcoin address that the transaction pays',
};

/** What stands on the chain for a digest that was stamped with others: the root of its seed, and how the digest leads there. */
export function SeedPart({ seed, nowMs }: { seed: SeedRecord; nowMs: number }) {
  const { method, chainId, chainName, isLocal, issuerName, writer, proof, transaction } = seed;
  const { blockNumber, blockHash, blockTimeSeconds, explorerTxUrl } = seed;
  return (
    <section class="card part" aria-labelledby="seed-heading">
      <h2 id="seed-heading">The record</h2>
      <Facts
        entries={[
          ['Issuer', issuerName && <bdi key="issuer">{issuerName}</bdi>],
          ['Written by', writer && <Hash key="writer" value={writer} noun="writer’s address" />],
          ['Chain', <ChainName key="chain" name={chainName} id={chainId} isLocal={isLocal} />],
          [
            'Transaction',
            <TransactionHash key="transaction" hash={transaction} explorerTxUrl={explorerTxUrl} />,
          ],
          ['Block', <BlockName key="block" number={blockNumber} hash={blockHash} />],
          ['Block time', <Time key="time" timeMs={blockTimeSeconds * 1000} nowMs={nowMs} />],
          [
            'Root',
            <span key="root">
              <Hash value={proof.root} noun="root" />
              <p class="small secondary">
                {methods[method]}.{' '}
                {proof.steps.length > 0
                  ? `The digest leads to it in ${formatCount(proof.steps.length, 'step')}.`
                  : 'It is the SHA-256 of the list that holds the digest.'}
              </p>
            </span>,
          ],
        ]}
      />
    </section>
  );
}
