import { lookup as resolveName } from 'node:dns/promises';
import type { LookupFunction } from 'node:net';

import { HashmarkError } from '../../../../shared/errors.ts';
import { createPool } from '../../../../shared/pool.ts';
import { isPublicAddress } from './address-guard.ts';

/** An address as name resolution gives it. */
interface ResolvedAddress {
  address: string;
  family: number;
}

/** All addresses of a host name. */
export type ResolveName = (hostname: string) => Promise<ResolvedAddress[]>;

/**
 * Names that are resolved at the same time. The system's resolver works on the four threads that the disk's work is done
 * on, too: names that take long, as their owner pleases, must leave some free.
 */
const maxResolving = 2;

/** Resolves names for connections, and refuses those that lead to a private address. */
export interface GuardedLookup {
  /**
   * For the `lookup` of one connection: the addresses that were checked are the ones that are connected to, so a name that
   * answers differently the next time has nothing to gain. An IP address in a URL is never looked up; check that yourself.
   * @param signal aborts when the connection is given up.
   */
  forConnection(signal: AbortSignal): LookupFunction;
}

/**
 * @param allowsPrivate whether private addresses may be connected to; asked for every connection.
 * @param resolve the system's resolver unless a test says otherwise.
 */
export function createGuardedLookup(
  allowsPrivate: () => boolean,
  resolve: ResolveName = (hostname) => resolveName(hostname, { all: true }),
): GuardedLookup {
  const inTurn = createPool(maxResolving);

  function resolveInTurn(hostname: string, signal: AbortSignal): Promise<ResolvedAddress[]> {
    return inTurn(async () => {
      signal.throwIfAborted();
      return resolve(hostname);
    });
  }

  return {
    forConnection: (signal) => (hostname, options, callback) => {
      resolveInTurn(hostname, signal).then(
        (addresses) => {
          // One private address among public ones is a trick, not a configuration.
          const isRefused = addresses.some(({ address }) => !isPublicAddress(address));
          if (isRefused && !allowsPrivate()) callback(privateTarget(), '');
          // Node ends the process over a success without an address.
          else if (addresses.length === 0) callback(new Error('the name has no address'), '');
          else if (options.all) callback(null, addresses);
          else callback(null, addresses[0]?.address ?? '', addresses[0]?.family);
        },
        (error) => callback(error, ''),
      );
    },
  };
}

/** Names no address: whoever asks must not learn how this network is numbered. */
export function privateTarget(): HashmarkError {
  return new HashmarkError(
    'private-target',
    'The target is an address of this computer or of a private network. Expected a public one; the setting webhookPrivateTargets allows others.',
  );
}
