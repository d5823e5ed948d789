import type { Fetch } from '../../shared/evidence/json-rpc.ts';

/** The network, until `signal` aborts: Ctrl-C must not wait for an endpoint that hangs. */
export function interruptibleFetch(signal: AbortSignal): Fetch {
  return (input, init) =>
    fetch(input, { ...init, signal: init?.signal ? AbortSignal.any([signal, init.signal]) : signal });
}
