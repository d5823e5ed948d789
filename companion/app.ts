import { setTimeout as delay } from 'node:timers/promises';
import { getRequestListener, type HttpBindings } from '@hono/node-server';
import { Hono } from 'hono';

import { HashmarkError } from '../shared/errors.ts';
import type { Issuer } from '../shared/evidence/issuer.ts';
import { embeddedAccount, type KeyholderState } from '../shared/wire/companion.ts';
import { fromBase64Url } from '../shared/wire/encoding.ts';
import type { Chain } from './chain/chain.ts';
import { openLocalChain } from './chain/local-chain.ts';
import { createRpcRoute } from './chain/rpc-route.ts';
import { isDiplomaThere, stampDiploma } from './demo.ts';
import type { Home } from './home.ts';
import { checkHost } from './host-check.ts';
import type { Upstream } from './keyholder/forwarding.ts';
import { createKeyholder } from './keyholder/keyholder.ts';
import { openMailPassword } from './keyholder/mail-password.ts';
import type { PairingDesk } from './keyholder/pairing-desk.ts';
import { findAccount, openVault } from './keyholder/vault.ts';
import type { Listener } from './listen.ts';
import type { Log } from './log.ts';
import { refusePages } from './origin-check.ts';
import { createPages } from './pages/pages.ts';
import { version } from './project.ts';
import { createPublicChains } from './public-chains.ts';
import { createPublicName } from './public-name.ts';
import { openLedger } from './service/ledger/database.ts';
import { openJournal } from './service/ledger/journal.ts';
import { findTenantChain } from './service/ledger/tenant-chains.ts';
import { createService } from './service/service.ts';
import { openSettings, settingsPath } from './settings-file.ts';

/** A companion that answers. */
export interface Companion {
  readonly url: string;
  /** The chain that stamps went to when it started. */
  readonly chain: Chain;
  /** Where others read the chain. */
  readonly rpcUrl: string;
  readonly desk: PairingDesk;
  /** True once an extension has paired with this home. */
  hasPairedExtension(): boolean;
  /** Ends everything in order, the listener first; what was answered is on disk. */
  close(): Promise<void>;
}

/**
 * Puts the parts together on a home and a port that are already ours: vault, ledger, chain, the embedded service, the
 * keyholder in front of it, the pages. This is where keyholder and service meet; neither knows the other.
 * @throws HashmarkError when a part cannot start; the parts that did are closed again.
 */
export async function startCompanion(home: Home, listener: Listener, log: Log): Promise<Companion> {
  const closing: (() => Promise<void> | void)[] = [];
  const close = async () => {
    for (const step of closing.splice(0).reverse()) {
      try {
        await step();
      } catch (error) {
        log('error', 'A part of the companion did not close in order', { error });
      }
    }
  };
  try {
    return await assemble(home, listener, log, closing, close);
  } catch (error) {
    await close();
    throw error;
  }
}

async function assemble(
  home: Home,
  listener: Listener,
  log: Log,
  closing: (() => Promise<void> | void)[],
  close: () => Promise<void>,
): Promise<Companion> {
  const { url } = listener;
  const startedAtMs = Date.now();

  const vault = openVault(home.vaultPath);
  const { localChain, linkSigningKey } = vault.content;
  const account = findAccount(vault.content, embeddedAccount);
  if (!account)
    throw new HashmarkError('vault-unreadable', `The vault ${home.vaultPath} holds no embedded account.`);

  const settings = openSettings(settingsPath(home.folder), log);
  const publicName = createPublicName(() => settings.current.publicUrl, url);
  const ledger = openLedger(home.ledgerPath);
  closing.push(() => ledger.close());

  const journal = openJournal(home.journalPath, localChain.id);
  closing.push(() => journal.close());
  await journal.adopt(ledger);

  const chain = await openLocalChain({
    journal,
    walletKey: localChain.walletKey,
    chainId: localChain.id,
    folder: home.chainFolder,
    log,
  });
  closing.push(() => chain.close());

  const service = createService({
    ledger,
    contentFolder: home.contentFolder,
    chain,
    contractsOf: embeddedAccount,
    publicUrl: publicName.origin,
    knownChain: (chainId) => {
      const issuer = publicChains.issuers().find((each) => each.chainId === chainId);
      return issuer && { name: issuer.chainName, explorerTxUrl: issuer.explorerTxUrl };
    },
    linkSigningKey: fromBase64Url(linkSigningKey),
    mailPassword: openMailPassword(home.vaultPath),
    log,
    settings: () => settings.current,
  });
  await service.tenants.createTenant({
    id: embeddedAccount,
    name: 'Hashmark on this computer',
    apiKey: account.apiKey,
    secretKey: account.secretKey,
    originstampKey: account.originstampKey,
  });
  if (!service.anchoring) throw new TypeError('The service was made with a chain and has no anchoring.');
  const publicChains = createPublicChains({
    bookPath: home.chainBookPath,
    ledger,
    router: service.anchoring,
    useChain: service.tenants.useChain,
    tenantIds: [embeddedAccount],
    localChainName: chain.name,
    url,
    log,
  });
  closing.push(() => publicChains.close());
  // Before the service takes up what is queued: it may be for one of them.
  await publicChains.reload();
  await service.start();
  // Together: running answers get their moment while the ledger is still open, and event streams, which would outlast
  // it, are ended by the service.
  closing.push(async () => void (await Promise.all([listener.close(), service.stop()])));

  const embedded: Upstream = {
    webhookUrl: `${url}/webhook/${account.apiKey}`,
    secretKey: account.secretKey,
    originstamp: { baseUrl: url, key: account.originstampKey },
    fetch: async (request) => service.app.fetch(request),
  };
  const localIssuer = toLocalIssuer(chain, url);
  /** The chain that the account's stamps go to. */
  const chosenChain = (): Chain => {
    const chosen = findTenantChain(ledger.db, embeddedAccount);
    return (chosen !== undefined && publicChains.find(chosen)) || chain;
  };
  const state = (): KeyholderState => {
    const { id, name, isLocal, contract } = chosenChain();
    return {
      version,
      account: embeddedAccount,
      chain: { id, name, isLocal, contract },
      issuers: [localIssuer, ...publicChains.issuers()],
    };
  };
  const keyholder = createKeyholder({
    vault,
    upstream: (name) => (name === embeddedAccount ? embedded : undefined),
    state,
    chains: { ...publicChains, stampCost: (kind) => publicChains.stampCost(embeddedAccount, kind) },
    log,
  });

  let isDiplomaStamped = false;
  try {
    // A sample is not worth money: where stamps cost some, the one that is there has to do.
    isDiplomaStamped = chosenChain().isLocal
      ? await stampDiploma(embedded).then(() => true)
      : await isDiplomaThere(embedded);
  } catch (error) {
    // The demo is not worth the start: everything else works without it, and the page says that it is missing.
    log('warn', 'The sample diploma of the demo page could not be stamped', { error });
  }

  const app = new Hono<{ Bindings: HttpBindings }>();
  app.use(publicName.middleware((request, env) => service.app.fetch(request, env as HttpBindings)));
  app.use(checkHost(() => listener.port));
  app.onError((error, c) => {
    log('error', 'The companion failed to answer', { error, path: c.req.path });
    return c.json(
      { success: false, code: 'internal', message: 'The companion failed. Its log says why.' },
      500,
    );
  });
  app.route('/keyholder', keyholder.app);
  app.use('/rpc/*', refusePages());
  app.route('/rpc', createRpcRoute(chain, publicChains.find));
  app.route(
    '/',
    createPages({
      isDiplomaStamped: () => isDiplomaStamped,
      status: async () => ({
        version,
        url,
        startedAtMs,
        chain: await describeChain(chosenChain()),
      }),
    }),
  );
  // Everything else is the service's, with its own answers for what it does not have.
  app.all('*', (c) => service.app.fetch(c.req.raw, c.env));
  listener.serve(getRequestListener(app.fetch));
  home.announce(url);

  return {
    url,
    chain: chosenChain(),
    rpcUrl: chosenChain().isLocal ? `${url}/rpc` : `${url}/rpc/${chosenChain().id}`,
    desk: keyholder.desk,
    hasPairedExtension: () => vault.content.pairings.some(({ origin }) => origin.includes('-extension://')),
    close,
  };
}

/** A page must not hang because a public chain's endpoint does. */
const longestLookMs = 2_000;

async function describeChain({ name, id, isLocal, contract, reader }: Chain) {
  const looked = reader.getBlockNumber({ cacheTime: 0 }).catch(() => undefined);
  const tooLate = delay(longestLookMs, undefined, { ref: false });
  return { name, id, isLocal, contract, blockNumber: await Promise.race([looked, tooLate]) };
}

function toLocalIssuer(chain: Chain, url: string): Issuer {
  const { id, name, isLocal, contract, wallet, startBlock, finality } = chain;
  return {
    name: 'Hashmark on this computer',
    chainId: id,
    chainName: name,
    isLocal,
    contract,
    wallet,
    startBlock: Number(startBlock),
    rpcUrls: [`${url}/rpc`],
    gatewayUrl: `${url}/ipfs/`,
    finality,
  };
}
