import type { Address, Hex } from 'viem';

import { HashmarkError } from '../../shared/errors.ts';
import type { Call } from './remote-wallet.ts';

/** Carries a root: from the wallet to itself, no value, the 32 raw bytes as input. */
export function toRootCall(wallet: Address, root: string): Call {
  if (!/^[0-9a-f]{64}$/.test(root)) {
    throw new HashmarkError(
      'malformed-root',
      `“${root.slice(0, 80)}” is not a root: expected 64 lower-case hex digits.`,
    );
  }
  return { to: wallet, data: `0x${root}` };
}

/** The root (64 lower-case hex digits) that a transaction carries as {@link toRootCall} makes it; undefined when it does not. */
export function readRoot({
  from,
  to,
  input,
}: {
  from: Address;
  to: Address | null | undefined;
  input: Hex | undefined;
}): string | undefined {
  return isToItself(from, to) ? /^0x([0-9a-f]{64})$/.exec(input?.toLowerCase() ?? '')?.[1] : undefined;
}

/** Whether somebody sent something to themselves, as whoever writes a root does. */
export function isToItself(from: Address, to: Address | null | undefined): boolean {
  return from.toLowerCase() === to?.toLowerCase();
}
