import type { Fetch } from '../../shared/evidence/json-rpc.ts';

/**
 * The network, until `signal` aborts: Ctrl-C must not wait for an endpoint that hangs.
 * @param through another way there than the platform's.
 */
export function interruptibleFetch(signal: AbortSignal, through: Fetch = fetch): Fetch {
  return (input, init) =>
    through(input, { ...init, signal: init?.signal ? AbortSignal.any([signal, init.signal]) : signal });
}
