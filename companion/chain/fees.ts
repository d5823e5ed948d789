import { type Hex, type PublicClient, parseTransaction, type TransactionSerialized } from 'viem';

import { HashmarkError } from '../../shared/errors.ts';

/** What a unit of gas may cost, in wei (EIP-1559). */
export interface Fees {
  /** The most that is paid for a unit of gas, tip included. */
  maxFeePerGas: bigint;
  /** What of it goes to whoever makes the block. */
  maxPriorityFeePerGas: bigint;
}

/** What the network asks now. */
export interface FeeQuote extends Fees {
  /** What a unit of gas will probably cost: the block's base fee and the tip. */
  expectedPerGas: bigint;
}

/** Nodes drop a replacement that pays less than 10 % more; an eighth is safely above. */
const bump = (wei: bigint) => wei + wei / 8n + 1n;

/**
 * What to offer now: room for the base fee to double while the transaction waits, and never more than the ceiling.
 * @throws HashmarkError `fee-too-high` when the network asks more than the ceiling; try again later. `chain-unsupported`
 * when the chain has no EIP-1559 fees.
 */
export async function quoteFees(reader: PublicClient, ceilingPerGas: bigint): Promise<FeeQuote> {
  const { baseFeePerGas } = await reader.getBlock({ blockTag: 'latest' });
  if (baseFeePerGas === null || baseFeePerGas === undefined) {
    throw new HashmarkError(
      'chain-unsupported',
      `Chain ${reader.chain?.id} has no EIP-1559 fees; Hashmark cannot keep a ceiling there.`,
    );
  }
  const tip = await reader.estimateMaxPriorityFeePerGas();
  const expectedPerGas = baseFeePerGas + tip;
  if (expectedPerGas > ceilingPerGas) {
    throw new HashmarkError(
      'fee-too-high',
      `${reader.chain?.name} asks ${formatGwei(expectedPerGas)} gwei for a unit of gas, your ceiling is ${formatGwei(ceilingPerGas)}. It waits until the fee falls; raise the ceiling with \`hashmark chain set --max-fee-gwei\` if it should not.`,
      { data: { expectedPerGasWei: String(expectedPerGas), ceilingPerGasWei: String(ceilingPerGas) } },
    );
  }
  const roomy = 2n * baseFeePerGas + tip;
  return { maxFeePerGas: smaller(roomy, ceilingPerGas), maxPriorityFeePerGas: tip, expectedPerGas };
}

/** Fees by which `previous` can be replaced, or undefined when the ceiling leaves no room for that. */
export function raiseFees(previous: Fees, current: Fees, ceilingPerGas: bigint): Fees | undefined {
  const least = { max: bump(previous.maxFeePerGas), tip: bump(previous.maxPriorityFeePerGas) };
  if (least.max > ceilingPerGas || least.tip > ceilingPerGas) return undefined;
  const maxPriorityFeePerGas = smaller(larger(least.tip, current.maxPriorityFeePerGas), ceilingPerGas);
  const wanted = larger(larger(least.max, current.maxFeePerGas), maxPriorityFeePerGas);
  return { maxFeePerGas: smaller(wanted, ceilingPerGas), maxPriorityFeePerGas };
}

const larger = (a: bigint, b: bigint) => (a > b ? a : b);
const smaller = (a: bigint, b: bigint) => (a < b ? a : b);

/** The fees that a signed transaction offers. */
export function feesOf(raw: Hex): Fees {
  const { maxFeePerGas = 0n, maxPriorityFeePerGas = 0n } = parseTransaction(
    raw as TransactionSerialized<'eip1559'>,
  );
  return { maxFeePerGas, maxPriorityFeePerGas };
}

const weiPerGwei = 1_000_000_000n;

/** Gwei for people, up to nine decimals, none of them needless. */
export function formatGwei(wei: bigint): string {
  const fraction = String(wei % weiPerGwei)
    .padStart(9, '0')
    .replace(/0+$/, '');
  return `${wei / weiPerGwei}${fraction ? `.${fraction}` : ''}`;
}

/** @param gwei a decimal number, for instance `0.05`. @throws RangeError when it is none. */
export function parseGwei(gwei: string): bigint {
  const match = /^(\d{1,9})(?:\.(\d{1,9}))?$/.exec(gwei.trim());
  if (!match)
    throw new RangeError(`“${gwei}” is not an amount of gwei: expected a number such as 0.5 or 20.`);
  return BigInt(match[1] as string) * weiPerGwei + BigInt((match[2] ?? '').padEnd(9, '0'));
}
