import { setTimeout as delay } from 'node:timers/promises';
import { type Address, encodeDeployData, getContractAddress, TransactionReceiptNotFoundError } from 'viem';

import { HashmarkError } from '../../shared/errors.ts';
import type { PreparedTransaction } from './chain.ts';
import { readContractArtifact } from './contract/artifact.ts';
import { feesOf, raiseFees } from './fees.ts';
import { type Call, fundsMissing, type RemoteWallet, read } from './remote-wallet.ts';

/** Creates the contract of one issuer; the wallet that deploys it is the only one that may stamp there. */
export function toDeployment(wallet: RemoteWallet): Call {
  const { abi, bytecode } = readContractArtifact();
  return { to: undefined, data: encodeDeployData({ abi, bytecode, args: [wallet.address] }) };
}

/**
 * Signs the transaction that deploys the contract. Sends nothing: store what comes back first, so that a crash between
 * does not pay for two contracts.
 * @throws HashmarkError `fee-too-high`, `funds-missing`, `call-refused`, `chain-unavailable`.
 */
export async function prepareDeployment(wallet: RemoteWallet): Promise<PreparedTransaction> {
  const call = toDeployment(wallet);
  const balance = await wallet.balanceWei();
  // Without any money some nodes refuse even to estimate, in words of their own.
  if (balance === 0n) throw fundsMissing(wallet.address, chainNameOf(wallet));
  const [gas, fees, nonce] = await Promise.all([
    wallet.estimateGas(call),
    wallet.quote(),
    wallet.countTransactions('pending'),
  ]);
  if (balance < gas * fees.maxFeePerGas) throw fundsMissing(wallet.address, chainNameOf(wallet));
  return wallet.sign(call, nonce, gas, fees);
}

export interface DeploymentOptions {
  /** The most that is paid for a unit of gas, in wei. */
  maxFeePerGasWei: bigint;
  /** How long one version may wait before a higher fee is offered. */
  stuckAfterMs: number;
  /** How long to wait in all. */
  timeoutMs: number;
  pollMs?: number;
  /** Stores a replacement before it is sent. */
  remember(replacement: PreparedTransaction): void;
  signal: AbortSignal;
}

export interface DeployedContract {
  contract: Address;
  /** Block of its deployment. */
  startBlock: bigint;
}

/** Public chains make a block every 2 to 12 s. */
const usualPollMs = 1_000;

/**
 * Sends a stored deployment and waits until it is in a block. May be repeated after a crash: the address follows from the
 * wallet and the nonce, so every replacement makes the same contract.
 * @param versions what was signed so far for this nonce, the newest last.
 * @throws HashmarkError `still-pending` when it is not in a block in time (repeat it), `deployment-lost` when another
 * transaction took the nonce, `deployment-failed` when the chain refused it.
 */
export async function deploy(
  wallet: RemoteWallet,
  versions: readonly PreparedTransaction[],
  options: DeploymentOptions,
): Promise<DeployedContract> {
  const { signal, timeoutMs, pollMs = usualPollMs } = options;
  const known = [...versions];
  let newest = known.at(-1) as PreparedTransaction;
  const contract = getContractAddress({ from: wallet.address, nonce: BigInt(newest.nonce) });
  const deadline = Date.now() + timeoutMs;
  let signedAt = Date.now();
  let isUsed = (await wallet.send(newest)) === 'nonce-used';
  for (;;) {
    signal.throwIfAborted();
    for (const { hash } of known) {
      const receipt = await read(wallet.reader.getTransactionReceipt({ hash })).catch((error) => {
        if (error instanceof TransactionReceiptNotFoundError) return undefined;
        throw error;
      });
      if (receipt?.status === 'success') return { contract, startBlock: receipt.blockNumber };
      if (receipt) {
        throw new HashmarkError(
          'deployment-failed',
          `${chainNameOf(wallet)} refused to create the contract (transaction ${hash}).`,
        );
      }
    }
    if (Date.now() > deadline) {
      throw new HashmarkError(
        isUsed ? 'deployment-lost' : 'still-pending',
        isUsed
          ? `Another transaction of the wallet ${wallet.address} took the place of the deployment.`
          : `The contract is not in a block after ${Math.round(timeoutMs / 1000)} s. Nothing is lost: run the same command again to go on waiting.`,
      );
    }
    if (Date.now() - signedAt > options.stuckAfterMs) {
      const replacement = await raise(wallet, newest, options.maxFeePerGasWei);
      if (replacement) {
        options.remember(replacement);
        known.push(replacement);
        newest = replacement;
      }
      signedAt = Date.now();
      isUsed = (await wallet.send(newest)) === 'nonce-used';
    }
    await delay(pollMs, undefined, { signal });
  }
}

async function raise(
  wallet: RemoteWallet,
  previous: PreparedTransaction,
  maxFeePerGasWei: bigint,
): Promise<PreparedTransaction | undefined> {
  const call = toDeployment(wallet);
  const fees = raiseFees(feesOf(previous.raw), await wallet.quote(), maxFeePerGasWei);
  return fees && wallet.sign(call, previous.nonce, await wallet.estimateGas(call), fees);
}

/**
 * The block that created the contract, found by halving; undefined when the node does not keep old states.
 */
export async function findStartBlock(wallet: RemoteWallet, contract: Address): Promise<bigint | undefined> {
  try {
    let [without, withCode] = [-1n, await read(wallet.reader.getBlockNumber())];
    while (withCode - without > 1n) {
      const middle = (without + withCode) / 2n;
      const code = await read(wallet.reader.getCode({ address: contract, blockNumber: middle }));
      if (code) withCode = middle;
      else without = middle;
    }
    return withCode;
  } catch {
    return undefined; // The node does not remember states that old: the user has to name the block.
  }
}

function chainNameOf(wallet: RemoteWallet): string {
  return wallet.reader.chain?.name ?? 'the chain';
}
