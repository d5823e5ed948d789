import type { DatabaseSync } from 'node:sqlite';

import { HashmarkError } from '../../../shared/errors.ts';
import type { Chain } from '../../chain/chain.ts';
import { findAnchor } from '../ledger/anchors.ts';
import type { Ledger } from '../ledger/database.ts';
import { findTenantChain } from '../ledger/tenant-chains.ts';
import type { Anchoring, AnchoringStatus, RootRequest } from './anchoring.ts';

/** Several chains side by side, each with its own writer: an anchor goes to the chain of its tenant. */
export interface ChainRouter extends Omit<Anchoring, 'status' | 'requestRoot'> {
  /** Opens a writer on the chain and, once started, starts it. One for the same chain id that is there already is ended first. */
  put(chain: Chain): Promise<void>;
  /** Ends the writer of that chain; what is open there stays in the ledger until it comes back. */
  drop(chainId: number): Promise<void>;
  /** The chain that the tenant's next stamps go to. */
  chainOf(tenantId: string): ChosenChain;
  /** As {@link Anchoring.requestRoot}, on the chain of that id. @throws HashmarkError `chain-unavailable` when it is not set up. */
  requestRoot(
    chainId: number,
    input: RootRequest,
    keep: (db: DatabaseSync, anchorRef: number) => void,
  ): Promise<void>;
  /** How each writer is doing, by chain id. */
  statuses(): Map<number, AnchoringStatus>;
}

/** A tenant's choice, which may be a chain that is not set up any more. */
export interface ChosenChain {
  id: number;
  isLocal: boolean;
}

export interface ChainRouterOptions {
  ledger: Ledger;
  /** Makes the writer of one chain. */
  open(chain: Chain): Anchoring;
  /** The chain of tenants that chose none. */
  defaultChain: Chain;
}

/** The default chain's writer is there from the beginning; the others are put. */
export function createChainRouter({ ledger, open, defaultChain }: ChainRouterOptions): ChainRouter {
  const writers = new Map<number, Anchoring>();
  const listeners = new Set<() => void>();
  let isStarted = false;

  function add(chain: Chain): Anchoring {
    const writer = open(chain);
    writer.onChange(() => {
      for (const listener of listeners) listener();
    });
    writers.set(chain.id, writer);
    return writer;
  }
  add(defaultChain);

  function chainOf(tenantId: string): ChosenChain {
    const id = findTenantChain(ledger.db, tenantId) ?? defaultChain.id;
    return { id, isLocal: id === defaultChain.id && defaultChain.isLocal };
  }

  function expectWriter(chainId: number): Anchoring {
    const writer = writers.get(chainId);
    if (writer) return writer;
    throw new HashmarkError(
      'chain-unavailable',
      `Chain ${chainId}, which this tenant stamps on, is not set up in this companion. Set it up with \`hashmark chain use\`.`,
      { data: { chainId } },
    );
  }

  async function drop(chainId: number): Promise<void> {
    const writer = writers.get(chainId);
    writers.delete(chainId);
    await writer?.stop();
  }

  return {
    async put(chain) {
      // Two writers at once would take each other's nonces.
      await drop(chain.id);
      const writer = add(chain);
      if (isStarted) writer.start();
    },
    drop,
    statuses: () => new Map([...writers].map(([id, writer]) => [id, writer.status()])),

    async request(input) {
      return expectWriter(chainOf(input.tenantId).id).request(input);
    },
    chainOf,
    async requestRoot(chainId, input, keep) {
      return expectWriter(chainId).requestRoot(input, keep);
    },
    onChange: (listener) => void listeners.add(listener),
    async waitFor(anchorRef, timeoutMs) {
      const anchor = findAnchor(ledger.db, anchorRef);
      // The default chain's writer knows what to say about one that does not exist.
      return expectWriter(anchor?.chainId ?? defaultChain.id).waitFor(anchorRef, timeoutMs);
    },
    start() {
      isStarted = true;
      for (const writer of writers.values()) writer.start();
    },
    async stop() {
      isStarted = false;
      await Promise.all([...writers.values()].map((writer) => writer.stop()));
    },
  };
}
