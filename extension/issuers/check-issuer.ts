import * as v from 'valibot';

import { HashmarkError, toErrorData } from '../../shared/errors.ts';
import { onChain } from '../../shared/evidence/chain-reader.ts';
import type { Issuer } from '../../shared/evidence/issuer.ts';
import { createEndpoint, type Fetch } from '../../shared/evidence/json-rpc.ts';

const code = v.pipe(v.string(), v.regex(/^0x[0-9a-fA-F]*$/));

/**
 * Asks every endpoint whether it speaks for the issuer's chain, and whether there is a contract at the address. Throws
 * `issuer-unconfirmed` with one sentence for each endpoint that does not.
 */
export async function checkEndpoints(
  { chainId, contract }: Pick<Issuer, 'chainId' | 'contract'>,
  rpcUrls: readonly string[],
  fetch: Fetch,
): Promise<void> {
  const answers = await Promise.all(
    rpcUrls.map(async (url) => {
      const endpoint = onChain(createEndpoint(url, fetch), chainId);
      try {
        const read = v.safeParse(code, await endpoint.request('eth_getCode', [contract, 'latest']));
        if (!read.success) return `${endpoint.label} did not answer like an RPC endpoint.`;
        if (read.output === '0x')
          return `${endpoint.label} knows no contract at ${contract} on chain ${chainId}. Compare address and chain.`;
        return undefined;
      } catch (error) {
        return `${toErrorData(error).message.replace(/\.$/, '')}.`;
      }
    }),
  );
  const problems = answers.filter((answer) => answer !== undefined);
  if (problems.length === 0) return;
  throw new HashmarkError('issuer-unconfirmed', `Not saved. ${problems.join(' ')}`, {
    data: { problems },
  });
}
