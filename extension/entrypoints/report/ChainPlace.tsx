import { Hash } from '../../ui/Hash.tsx';
import { ExternalIcon } from '../../ui/Icon.tsx';

/** A chain by name and number, with a mark when nobody else has it. */
export function ChainName({ name, id, isLocal }: { name: string; id: number | undefined; isLocal: boolean }) {
  return (
    <span class="chain">
      {name} {id !== undefined && <span class="faint">({id})</span>}
      {isLocal && <span class="tag">this computer only</span>}
    </span>
  );
}

/** A transaction, with the way to it in a public explorer where there is one. */
export function TransactionHash({ hash, explorerTxUrl }: { hash: string; explorerTxUrl?: string }) {
  return (
    <span class="chain">
      <Hash value={hash} noun="transaction hash" />
      {explorerTxUrl && (
        <a href={`${explorerTxUrl}${hash}`} target="_blank" rel="noreferrer">
          Explorer <ExternalIcon size={13} />
        </a>
      )}
    </span>
  );
}

/** A block by number and hash. */
export function BlockName({ number, hash }: { number: number; hash: string }) {
  return (
    <span class="chain">
      {number} <Hash value={hash} noun="block hash" />
    </span>
  );
}
