import { numberToHex } from 'viem';
import { privateKeyToAddress } from 'viem/accounts';

import { HashmarkError } from '../../shared/errors.ts';
import { toNetwork } from '../chain/chain-book.ts';
import { formatCoins } from '../chain/coins.ts';
import { expectContract } from '../chain/expect-contract.ts';
import { openRemoteWallet } from '../chain/remote-chain.ts';
import { bookIfPreset, type ChainVerbOptions, changeBooked, reloadCompanion } from './chain-setup.ts';
import { exitCodes, type Io } from './io.ts';
import type { Prompt } from './prompt.ts';

/**
 * `hashmark chain wallet NAME`: shows the address that pays on the chain and what it owns. With `--import` its key is typed
 * at a prompt or comes on standard input; the key before is kept. Returns 0.
 * @throws HashmarkError `bad-wallet-key`, `wallet-in-use`, and `contract-foreign` when the chain's contract would not obey it.
 */
export async function runChainWallet(
  name: string,
  { home, json = false, isImport }: ChainVerbOptions & { isImport: boolean },
  io: Io,
  prompt: Prompt,
): Promise<number> {
  let chain = bookIfPreset(home, name);
  if (isImport) {
    const key = parseWalletKey(await prompt.secret(`Private key for ${chain.title}`));
    if (chain.deployment) {
      throw new HashmarkError(
        'wallet-in-use',
        `The present wallet is deploying a contract on ${chain.title}. Finish that first: \`hashmark chain use ${chain.name}\`.`,
      );
    }
    if (chain.contract) {
      const { pool, wallet } = openRemoteWallet(toNetwork({ ...chain, walletKey: key }));
      await expectContract(wallet, chain.contract, chain.title).finally(pool.close);
    }
    chain = changeBooked(home, chain.id, (latest) => {
      if (latest.walletKey === key) return;
      latest.formerWalletKeys = [...new Set([...latest.formerWalletKeys, latest.walletKey])];
      latest.walletKey = key;
    });
    await reloadCompanion(home, io.signal);
  }
  const { pool, wallet } = openRemoteWallet(toNetwork(chain));
  // The address is the answer; without a network it still is.
  const balance = await wallet
    .balanceWei()
    .catch(() => undefined)
    .finally(pool.close);
  if (json) {
    io.print(
      JSON.stringify({
        chain: chain.name,
        id: chain.id,
        address: wallet.address,
        balanceWei: balance === undefined ? null : String(balance),
      }),
    );
    return exitCodes.ok;
  }
  io.print(wallet.address);
  io.say(
    balance === undefined
      ? `What it owns on ${chain.title} could not be read.`
      : `It owns ${formatCoins(balance, chain.currency)} on ${chain.title}.`,
  );
  return exitCodes.ok;
}

/** @throws HashmarkError `bad-wallet-key`, without repeating what was typed. */
function parseWalletKey(text: string): `0x${string}` {
  const hex = /^(?:0x)?([0-9a-fA-F]{1,64})$/.exec(text)?.[1];
  try {
    if (hex?.length !== 64) throw new RangeError('length');
    const key = numberToHex(BigInt(`0x${hex}`), { size: 32 });
    privateKeyToAddress(key);
    return key;
  } catch {
    throw new HashmarkError(
      'bad-wallet-key',
      'That is no private key: expected 64 hex digits. Seed phrases are not taken; export the key of the one account that is to pay.',
    );
  }
}
