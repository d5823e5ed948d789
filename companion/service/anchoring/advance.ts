import type { Hex } from 'viem';

import { HashmarkError } from '../../../shared/errors.ts';
import type { Chain, MinedValue, PreparedTransaction, TransactionState } from '../../chain/chain.ts';
import {
  type Anchor,
  type AnchorBlock,
  findHighestOpenNonce,
  hasOpenNonce,
  listReplaced,
  markFailed,
  markMined,
  markSent,
  resetToBuilt,
  restoreReplaced,
  storeReplacement,
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
  /** Called when an anchor waits for a nonce that no open one has: a final one may have lost its block. */
  onGap: () => void;
  /** Called with why nothing can be signed now, and with null once something could. */
  onWait: (reason: string | null) => void;
};

/** What ends without our doing: a high fee falls, an empty wallet is filled, a ceiling is raised. */
const waitingCodes = new Set([
  'fee-too-high',
  'funds-missing',
  'contract-missing',
  'contract-foreign',
  'call-refused',
  'chain-unsupported',
]);

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
  onGap,
  onWait,
}: AdvanceDependencies): Advance {
  /** Signs once and stores the result, so that a restart sends the same transaction and not a second one. */
  async function prepare(anchor: Anchor): Promise<PreparedTransaction> {
    const stored = storedTransaction(anchor);
    if (stored) return stored;
    const highest = findHighestOpenNonce(ledger.db, chain.id, chain.contract);
    const notBelowNonce = highest === undefined ? 0 : highest + 1;
    const transaction = await (anchor.kind === 'root'
      ? chain.prepareRoot(anchor.value, notBelowNonce)
      : chain.prepare(anchor.value, notBelowNonce));
    onWait(null);
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

  /**
   * What the chain says about the anchor's transaction, or about one that it replaced: of those that share a nonce one at
   * most gets into a block, and it need not be the newest.
   */
  async function lookUp(anchor: Anchor): Promise<TransactionState | undefined> {
    if (anchor.txHash === null) return undefined;
    const present = await chain.lookUp(anchor.txHash as Hex);
    if (isSettled(present)) return present;
    for (const replaced of listReplaced(ledger.db, anchor.ref)) {
      const state = await chain.lookUp(replaced.hash as Hex);
      if (!isSettled(state)) continue;
      await ledger.write((db) => restoreReplaced(db, anchor.ref, replaced, now()));
      return state;
    }
    return present;
  }

  let gapSeenAt = Number.NEGATIVE_INFINITY;

  /**
   * What is final is not looked at again, so a reorganisation deeper than the rule of finality goes unseen, until a later
   * transaction waits for the nonce of one that it dropped. Told of at most once in the time that a transaction may wait.
   */
  async function lookForGap({ nonce }: PreparedTransaction, everyMs: number): Promise<void> {
    if (now() - gapSeenAt < everyMs) return;
    const wanted = await chain.countMined?.();
    if (wanted === undefined || wanted >= nonce) return;
    if (hasOpenNonce(ledger.db, chain.id, chain.contract, wanted)) return;
    gapSeenAt = now();
    log(
      'warn',
      'A transaction waits for one before it that the chain lacks; final anchors are looked at again.',
      {
        chainId: chain.id,
        nonce,
        missingNonce: wanted,
      },
    );
    onGap();
  }

  /** Offers a higher fee for a transaction that waits too long: the same nonce, so that only one of the two can be mined. */
  async function replaceIfStuck(anchor: Anchor): Promise<void> {
    const previous = storedTransaction(anchor);
    const { stuckAfterMs } = chain;
    if (!chain.replace || !previous || anchor.txSignedAt === null || stuckAfterMs === undefined) return;
    if (now() - anchor.txSignedAt < stuckAfterMs) return;
    const replacement = await chain.replace(previous);
    if (!replacement) return lookForGap(previous, stuckAfterMs);
    await ledger.write((db) => storeReplacement(db, anchor.ref, replacement, now()));
    onChange(anchor.ref);
    log('info', 'A transaction waited too long; a higher fee is offered.', {
      ref: anchor.ref,
      nonce: previous.nonce,
      replaced: previous.hash,
      transaction: replacement.hash,
    });
    await chain.broadcast(replacement);
  }

  /** What stands on the chain already, written by a transaction that the ledger does not know. */
  function find({ kind, value }: Anchor): Promise<MinedValue | undefined> | undefined {
    return kind === 'root' ? chain.findRoot?.(value) : chain.findValue(value);
  }

  async function settleMined(anchor: Anchor, mined: MinedValue): Promise<boolean> {
    if (mined.value !== anchor.value) {
      throw new HashmarkError(
        'chain-unavailable',
        `${chain.name} says that transaction ${mined.hash} wrote ${mined.value}; it was signed for ${anchor.value}. An endpoint that says so is wrong.`,
      );
    }
    const isNews = anchor.state !== 'mined' && anchor.state !== 'final';
    // A root belongs to no group that anybody could be told of; its seed tells by itself.
    const isReported = isNews && anchor.kind === 'mapping';
    if (!isNews && !mined.isFinal && anchor.blockHash === mined.blockHash) return false;
    await ledger.write((db) => {
      markMined(db, anchor.ref, mined.isFinal ? 'final' : 'mined', toBlock(mined), now());
      if (!isReported) return;
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
    if (isReported) announce();
    onChange(anchor.ref);
    return mined.isFinal;
  }

  async function settleFailed(anchor: Anchor, reason: string): Promise<true> {
    log('error', 'An anchor failed.', { ref: anchor.ref, value: anchor.value, reason });
    await ledger.write((db) => {
      markFailed(db, anchor.ref, reason, now());
      if (anchor.kind === 'root') return;
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
    await replaceIfStuck(anchor);
    return false;
  }

  async function step(anchor: Anchor): Promise<boolean> {
    if (anchor.state === 'built' && !anchor.txRaw) {
      const found = await find(anchor);
      if (found) return settleMined(anchor, found);
    }
    let onChain = await lookUp(anchor);
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
  }

  return async function advance(anchor) {
    try {
      return await step(anchor);
    } catch (error) {
      if (!(error instanceof HashmarkError && waitingCodes.has(error.code))) throw error;
      onWait(error.message);
      return false;
    }
  };
}

function isSettled({ state }: TransactionState): boolean {
  return state === 'mined' || state === 'reverted';
}

function storedTransaction({ txHash, txRaw, txNonce }: Anchor): PreparedTransaction | undefined {
  if (txHash === null || txRaw === null || txNonce === null) return undefined;
  return { hash: txHash as Hex, raw: txRaw as Hex, nonce: txNonce };
}

/** A chain's place of a value in the ledger's words. */
export function toBlock(mined: MinedValue): AnchorBlock {
  return {
    txHash: mined.hash,
    blockNumber: Number(mined.blockNumber),
    blockHash: mined.blockHash,
    blockTimeSeconds: mined.blockTimeSeconds,
    logIndex: mined.logIndex,
    wallet: mined.sender,
  };
}
