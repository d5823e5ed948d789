import type { Hex } from 'viem';

import { HashmarkError } from '../../../shared/errors.ts';
import type { Chain, MinedValue, PreparedTransaction } from '../../chain/chain.ts';
import {
  type Anchor,
  markFailed,
  markMined,
  markSent,
  resetToBuilt,
  storeTransaction,
} from '../ledger/anchors.ts';
import type { AnchoringDependencies } from './anchoring.ts';

/**
 * Brings one anchor as far as it goes now.
 * @returns true when nothing is left to do for it, false when it waits for the chain.
 * @throws HashmarkError `chain-unavailable`; the anchor stays as it is and the call may be repeated.
 */
export type Advance = (anchor: Anchor) => Promise<boolean>;

type AdvanceDependencies = Pick<AnchoringDependencies, 'ledger' | 'appendEvent' | 'announce' | 'log'> & {
  chain: Chain;
  now: () => number;
  /** Called after each committed change with the anchor's number. */
  onChange: (ref: number) => void;
};

/**
 * The state machine. Each step is safe to repeat, because what it does to the world is either found to be done already
 * (the chain knows the transaction, the value stands on it) or was stored before it was done (the signed transaction).
 */
export function createAdvance({
  ledger,
  chain,
  appendEvent,
  announce,
  log,
  now,
  onChange,
}: AdvanceDependencies): Advance {
  /** Signs once and stores the result, so that a restart sends the same transaction and not a second one. */
  async function prepare(anchor: Anchor): Promise<PreparedTransaction> {
    const stored = storedTransaction(anchor);
    if (stored) return stored;
    const transaction = await chain.prepare(anchor.value);
    await ledger.write((db) => storeTransaction(db, anchor.ref, transaction, now()));
    return transaction;
  }

  /** @returns false when the transaction can never be mined; the anchor starts again. */
  async function send(anchor: Anchor, transaction: PreparedTransaction): Promise<boolean> {
    try {
      await chain.broadcast(transaction);
      return true;
    } catch (error) {
      if (!(error instanceof HashmarkError && error.code === 'transaction-stale')) throw error;
      log('warn', 'A signed transaction lost its nonce to another one and is signed anew.', {
        ref: anchor.ref,
        transaction: transaction.hash,
      });
      await ledger.write((db) => resetToBuilt(db, anchor.ref, now()));
      onChange(anchor.ref);
      return false;
    }
  }

  async function settleMined(anchor: Anchor, mined: MinedValue): Promise<boolean> {
    const isNews = anchor.state !== 'mined' && anchor.state !== 'final';
    if (!isNews && !mined.isFinal && anchor.blockHash === mined.blockHash) return false;
    await ledger.write((db) => {
      markMined(db, anchor.ref, mined.isFinal ? 'final' : 'mined', toBlock(mined), now());
      if (!isNews) return;
      appendEvent(db, {
        tenantId: anchor.tenantId,
        type: 'collection.stamped',
        data: {
          group_id: anchor.groupId,
          transaction_id: mined.hash,
          network: anchor.network,
          files_stamped: anchor.filesCovered,
          postmark_hash: anchor.value,
          contract: anchor.contract,
        },
      });
    });
    if (isNews) announce();
    onChange(anchor.ref);
    return mined.isFinal;
  }

  async function settleFailed(anchor: Anchor, reason: string): Promise<true> {
    log('error', 'An anchor failed.', { ref: anchor.ref, value: anchor.value, reason });
    await ledger.write((db) => {
      markFailed(db, anchor.ref, reason, now());
      appendEvent(db, {
        tenantId: anchor.tenantId,
        type: 'collection.stamp_failed',
        data: { group_id: anchor.groupId, network: anchor.network, message: reason },
      });
    });
    announce();
    onChange(anchor.ref);
    return true;
  }

  async function settlePending(anchor: Anchor): Promise<false> {
    if (anchor.state === 'mined') {
      log('warn', 'The block of an anchor is gone (a reorganisation); the anchor goes back to sent.', {
        ref: anchor.ref,
        blockNumber: anchor.blockNumber,
      });
    }
    if (anchor.state !== 'sent') {
      await ledger.write((db) => markSent(db, anchor.ref, now()));
      onChange(anchor.ref);
    }
    return false;
  }

  return async function advance(anchor) {
    if (anchor.state === 'built' && !anchor.txRaw) {
      const found = await chain.findValue(anchor.value);
      if (found) return settleMined(anchor, found);
    }
    const hash = anchor.txHash as Hex | null;
    let onChain = hash ? await chain.lookUp(hash) : undefined;
    if (!onChain || onChain.state === 'missing') {
      if (anchor.state === 'mined' && !anchor.txRaw) {
        // It stood there by somebody else's transaction, which is gone: ours has still to be made.
        await ledger.write((db) => resetToBuilt(db, anchor.ref, now()));
        onChange(anchor.ref);
        return false;
      }
      const transaction = await prepare(anchor);
      if (!(await send(anchor, transaction))) return false;
      onChain = await chain.lookUp(transaction.hash);
    }
    switch (onChain.state) {
      case 'mined':
        return settleMined(anchor, onChain);
      case 'reverted':
        return settleFailed(anchor, onChain.reason);
      case 'pending':
      case 'missing':
        return settlePending(anchor);
    }
  };
}

function storedTransaction({ txHash, txRaw, txNonce }: Anchor): PreparedTransaction | undefined {
  if (txHash === null || txRaw === null || txNonce === null) return undefined;
  return { hash: txHash as Hex, raw: txRaw as Hex, nonce: txNonce };
}

/** A chain's place of a value in the ledger's words. */
export function toBlock(mined: MinedValue) {
  return {
    txHash: mined.hash,
    blockNumber: Number(mined.blockNumber),
    blockHash: mined.blockHash,
    blockTimeSeconds: mined.blockTimeSeconds,
    logIndex: mined.logIndex,
  };
}
