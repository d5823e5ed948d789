import type { Address } from 'viem';

import type { Issuer } from '../shared/evidence/issuer.ts';
import { createMutex } from '../shared/mutex.ts';
import type { ChainReport, StampCost, StampKind } from '../shared/wire/companion.ts';
import { isReady, type ReadyChain, readChainBook, toRemoteChain } from './chain/chain-book.ts';
import { formatCoins } from './chain/coins.ts';
import { openRemoteChain, type RemoteChain } from './chain/remote-chain.ts';
import { isSecretRpcUrl } from './chain/rpc-url.ts';
import type { Log } from './log.ts';
import type { ChainRouter } from './service/anchoring/chain-router.ts';
import { createLogStore } from './service/ledger/chain-logs.ts';
import type { Ledger } from './service/ledger/database.ts';
import { findTenantChain } from './service/ledger/tenant-chains.ts';

/** The public chains that this companion stamps on. */
export interface PublicChains {
  /** Reads the book again: opens what is new, reopens what changed, closes what is gone, and follows the tenants' choices. */
  reload(): Promise<void>;
  find(chainId: number): RemoteChain | undefined;
  issuers(): Issuer[];
  reports(): ChainReport[];
  /**
   * What one stamp of the tenant costs now.
   * @throws HashmarkError as `RemoteChain.estimateStamp`.
   */
  stampCost(tenantId: string, kind: StampKind): Promise<StampCost>;
  close(): Promise<void>;
}

export interface PublicChainsOptions {
  bookPath: string;
  ledger: Ledger;
  router: ChainRouter;
  /** Chooses the chain of a tenant; undefined: the local one. */
  useChain(tenantId: string, chainId: number | undefined): Promise<void>;
  /** Tenants that there are: one without an entry in the book goes back to the local chain. */
  tenantIds: readonly string[];
  localChainName: string;
  /** Origin of this companion, no trailing slash. */
  url: string;
  log: Log;
}

interface OpenChain {
  booked: ReadyChain;
  chain: RemoteChain;
}

/** Opens nothing before `reload`; asks no network even then. */
export function createPublicChains(options: PublicChainsOptions): PublicChains {
  const { bookPath, ledger, router, url, log } = options;
  const open = new Map<number, OpenChain>();
  const oneAtATime = createMutex();

  async function shut({ chain }: OpenChain): Promise<void> {
    open.delete(chain.id);
    // First the connection: the writer's step that waits for an endpoint ends with it.
    await chain.close();
    await router.drop(chain.id);
  }

  async function openOne(booked: ReadyChain): Promise<void> {
    const chain = openRemoteChain({
      ...toRemoteChain(booked),
      logs: createLogStore(ledger, booked.id, booked.contract),
      log,
    });
    open.set(booked.id, { booked, chain });
    await router.put(chain);
    log('info', 'A public chain is set up.', { chain: chain.name, id: chain.id, contract: chain.contract });
  }

  async function reload(): Promise<void> {
    const { chains, tenants } = readChainBook(bookPath);
    const ready = chains.filter(isReady);
    for (const known of [...open.values()]) {
      const booked = ready.find(({ id }) => id === known.booked.id);
      if (!booked || JSON.stringify(booked) !== JSON.stringify(known.booked)) await shut(known);
    }
    for (const booked of ready) if (!open.has(booked.id)) await openOne(booked);
    for (const tenantId of options.tenantIds) await options.useChain(tenantId, tenants[tenantId]);
  }

  return {
    reload: () => oneAtATime(reload),
    find: (chainId) => open.get(chainId)?.chain,
    issuers: () => [...open.values()].map(({ booked, chain }) => toIssuer(booked, chain.wallet, url)),
    reports() {
      const statuses = router.statuses();
      return [...open.values()].map(({ chain }) => ({
        id: chain.id,
        name: chain.name,
        contract: chain.contract,
        openAnchors: statuses.get(chain.id)?.openAnchors ?? 0,
        waitingFor: statuses.get(chain.id)?.waitingFor ?? null,
      }));
    },
    async stampCost(tenantId, kind) {
      const chosen = findTenantChain(ledger.db, tenantId);
      const known = chosen === undefined ? undefined : open.get(chosen);
      if (!known) {
        return { isFree: true, chainName: options.localChainName, expected: null, most: null, balance: null };
      }
      const { chain, booked } = known;
      const estimate = kind === 'hash-only' ? chain.estimateRoot : chain.estimateStamp;
      const [cost, balance] = await Promise.all([estimate(), chain.balanceWei()]);
      return {
        isFree: false,
        chainName: chain.name,
        expected: formatCoins(cost.expectedWei, booked.currency),
        most: formatCoins(cost.mostWei, booked.currency),
        balance: formatCoins(balance, booked.currency),
      };
    },
    async close() {
      await oneAtATime(async () => undefined);
      for (const { chain } of open.values()) await chain.close();
    },
  };
}

/**
 * What a reader needs, without keys: an endpoint whose URL holds one is replaced by our own read-only route, through which
 * the reader sees the chain without seeing the URL.
 */
function toIssuer(booked: ReadyChain, wallet: Address, url: string): Issuer {
  const { id, title, contract, startBlock, explorerTxUrl, finality, rpcUrls } = booked;
  const shown = rpcUrls.filter((rpcUrl) => !isSecretRpcUrl(rpcUrl));
  const hasHidden = shown.length < rpcUrls.length;
  return {
    name: `Hashmark on this computer, ${title}`,
    chainId: id,
    chainName: title,
    isLocal: false,
    contract,
    wallet,
    startBlock,
    rpcUrls: hasHidden ? [...shown, `${url}/rpc/${id}`] : shown,
    gatewayUrl: `${url}/ipfs/`,
    ...(explorerTxUrl === undefined ? {} : { explorerTxUrl }),
    finality,
  };
}
