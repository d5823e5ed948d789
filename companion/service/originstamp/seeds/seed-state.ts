import type { SubmitStatus } from '../../../../shared/wire/originstamp.ts';
import type { StoredSeed } from '../../ledger/seeds.ts';
import type { SeedState } from './seeds.ts';

/** An anchor that was not sent, or failed, does not exist for anybody else. */
const statusOfAnchor: Record<NonNullable<StoredSeed['anchorState']>, SubmitStatus> = {
  built: 0,
  failed: 0,
  sent: 1,
  mined: 2,
  final: 3,
};

/** A seed as others see it: it shows nothing that the chain does not bear out. */
export function toSeedState(seed: StoredSeed): SeedState {
  const status = seed.anchorState === null ? 0 : statusOfAnchor[seed.anchorState];
  const isMined = status >= 2;
  return {
    seedId: seed.seedId,
    currencyId: seed.currencyId,
    status,
    root: status >= 1 ? seed.root : null,
    transaction: isMined ? seed.txHash : null,
    timestampMs: isMined && seed.blockTimeSeconds !== null ? seed.blockTimeSeconds * 1000 : null,
    chainId: seed.chainId,
    blockNumber: isMined ? seed.blockNumber : null,
    blockHash: isMined ? seed.blockHash : null,
    wallet: isMined ? seed.wallet : null,
  };
}
