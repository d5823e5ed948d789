import type { Address } from 'viem';

import { HashmarkError } from '../../shared/errors.ts';
import { registryAbi } from './contract/abi.ts';
import { type RemoteWallet, read } from './remote-wallet.ts';

/**
 * Makes sure that the contract can be written to.
 * @throws HashmarkError `contract-missing` when nothing is there, `contract-foreign` when it does not obey the wallet.
 */
export async function expectContract(
  wallet: RemoteWallet,
  contract: Address,
  chainName: string,
): Promise<void> {
  if (!(await read(wallet.reader.getCode({ address: contract })))) {
    throw new HashmarkError(
      'contract-missing',
      `There is no contract at ${contract} on ${chainName}. Check the address and the chain.`,
    );
  }
  const owner = await read(
    wallet.reader.readContract({ address: contract, abi: registryAbi, functionName: 'owner' }),
  ).catch((error) => {
    if (error instanceof HashmarkError) throw error;
    return undefined;
  });
  if (owner?.toLowerCase() !== wallet.address.toLowerCase()) {
    throw new HashmarkError(
      'contract-foreign',
      owner
        ? `The contract ${contract} on ${chainName} belongs to ${owner}; only that wallet can stamp there, and this one is ${wallet.address}. Import its key, or leave --contract out to deploy a contract of your own.`
        : `What is at ${contract} on ${chainName} is not an IPCM contract: it has no owner().`,
      { data: { contract, wallet: wallet.address } },
    );
  }
}
