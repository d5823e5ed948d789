import { HashmarkError } from '../../../shared/errors.ts';
import type { Endpoint } from '../../../shared/evidence/json-rpc.ts';
import type { Chain } from '../../chain/chain.ts';

/** A chain that is open here as one more place to ask, for the readers of evidence. */
export function endpointOf({ name, reader }: Pick<Chain, 'name' | 'reader'>): Endpoint {
  return {
    label: name,
    async request(method, params) {
      try {
        return await reader.request({ method, params } as never);
      } catch (error) {
        throw toEndpointError(error, name, method);
      }
    },
  };
}

/** A numeric code anywhere in the chain of causes is an answer of the node; viem gives -1 to what it cannot name. */
function toEndpointError(error: unknown, label: string, method: string): HashmarkError {
  for (let cause: unknown = error; cause instanceof Error; cause = cause.cause) {
    const { code, message } = cause as Error & { code?: unknown };
    if (typeof code === 'number' && code !== -1) {
      return new HashmarkError('rpc-refused', `${label} refused ${method}: ${message}`, {
        data: { rpcCode: code },
        cause: error,
      });
    }
  }
  return new HashmarkError('rpc-unreachable', `${label} did not answer ${method}.`, { cause: error });
}
