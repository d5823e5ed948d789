import type { Hex } from 'viem';

import type { Chain } from '../../chain/chain.ts';
import type { Log } from '../../log.ts';
import { listFinalAnchors, markMined, markSent, resetToBuilt } from '../ledger/anchors.ts';
import type { Ledger } from '../ledger/database.ts';
import { toBlock } from './advance.ts';

const anchorsPerPage = 100;

/**
 * Compares what the ledger holds for final with the chain, at start and when a final transaction seems to be missing: a ledger
 * that is ahead of its chain (a restored backup, a node that lost its data, a reorganisation deeper than the rule of finality)
 * must not report transactions that do not exist. Looks from the newest backwards and
 * stops at the first one that stands as the ledger says, since a chain that has a block has all before it.
 * @throws HashmarkError `chain-unavailable` when it could not look.
 */
export async function recheckFinal({
  ledger,
  chain,
  log,
  now,
  onChange,
}: {
  ledger: Ledger;
  chain: Chain;
  log: Log;
  now: () => number;
  /** Called after each committed change with the anchor's number. */
  onChange: (ref: number) => void;
}): Promise<void> {
  for (let before = Number.MAX_SAFE_INTEGER; ; ) {
    const page = listFinalAnchors(ledger.db, chain.id, chain.contract, before, anchorsPerPage);
    for (const anchor of page) {
      const onChain = await chain.lookUp(anchor.txHash as Hex);
      if (onChain.state === 'mined' && onChain.blockHash === anchor.blockHash) return;
      log('warn', 'The chain does not hold an anchor where the ledger has it; the chain is right.', {
        ref: anchor.ref,
        ledgerBlock: anchor.blockNumber,
        chain: onChain.state,
      });
      await ledger.write((db) => {
        if (onChain.state === 'mined') {
          markMined(db, anchor.ref, onChain.isFinal ? 'final' : 'mined', toBlock(onChain), now());
        } else if (anchor.txRaw === null) resetToBuilt(db, anchor.ref, now());
        else markSent(db, anchor.ref, now());
      });
      onChange(anchor.ref);
    }
    const last = page.at(-1);
    if (!last || page.length < anchorsPerPage) return;
    before = last.ref;
  }
}
