import { join } from 'node:path';

import { Hono } from 'hono';

import packageJson from '../../package.json' with { type: 'json' };
import type { Chain } from '../chain/chain.ts';
import type { Log } from '../log.ts';
import { createAnchoring } from './anchoring/anchoring.ts';
import { type ChainRouter, createChainRouter } from './anchoring/chain-router.ts';
import { createLinkUpload } from './chainletter/link-upload.ts';
import { createStamping } from './chainletter/stamping.ts';
import { createWebhook } from './chainletter/webhook.ts';
import { type ContentStore, createContentStore } from './content-store.ts';
import { liveSettings, type ServiceContext, type ServiceEnv, type ServiceSettings } from './context.ts';
import { allowEveryOrigin } from './cors.ts';
import { createEventHub, type EventHub } from './events/event-hub.ts';
import { createEventStreams } from './events/event-stream.ts';
import { createGateway } from './gateway/gateway.ts';
import { createImages } from './images/images.ts';
import { setCreditBudget } from './ledger/credits.ts';
import type { Ledger } from './ledger/database.ts';
import { chooseTenantChain } from './ledger/tenant-chains.ts';
import { putTenant, type TenantKeys } from './ledger/tenants.ts';
import { dropExpiredLinks } from './ledger/upload-links.ts';
import { createCredits } from './limits/credits.ts';
import { createEventHistory } from './limits/event-history.ts';
import { limitRate } from './limits/rate-limit.ts';
import { createSettingsKeeper } from './limits/settings-keeper.ts';
import { createStorageLimit } from './limits/storage-limit.ts';
import { createMetering } from './originstamp/metering.ts';
import { createNotifications } from './originstamp/notifications/notifications.ts';
import { createOriginstamp } from './originstamp/originstamp.ts';
import { createSeeds } from './originstamp/seeds/create-seeds.ts';
import { describeDigest } from './originstamp/timestamp-response.ts';
import type { KnownChain } from './public/chain-facts.ts';
import { createPublicPages } from './public/public.ts';
import { createRecovery } from './recovery/recovery.ts';
import { answerFailure } from './refusal.ts';
import { createResumableUploads } from './resumable/resumable-uploads.ts';
import { createJwtCodec } from './tokens/jwt-codec.ts';
import { createShortlinks } from './tokens/shortlink.ts';
import { createWidget } from './widget/widget.ts';

/** What a service runs on and is told. */
export interface ServiceDependencies {
  ledger: Ledger;
  /** Where uploaded bytes live; made when missing. */
  contentFolder: string;
  /** The chain of tenants that chose none. Without one, stamps are queued in the ledger until there is. */
  chain?: Chain;
  /** Names and explorers of the chains that are put later, for pages about their stamps. */
  knownChain?: (chainId: number) => KnownChain | undefined;
  /** Origin under which clients reach the service, no trailing slash, for instance `http://127.0.0.1:4774`. */
  publicUrl: () => string;
  /** At least 32 random bytes; links signed with another key are refused. */
  linkSigningKey: Uint8Array;
  log: Log;
  /** Unix milliseconds; the system clock unless a test says otherwise. */
  now?: () => number;
  /** What differs from the defaults; asked for every value, so that changes hold at once. */
  settings?: () => Partial<ServiceSettings>;
  /**
   * The tenant that the chains' contracts belong to: what the ledger has lost of its stamps is read back from them, and the
   * roots of seeds go to the chain of its choice.
   */
  contractsOf?: string;
  /** Password of the mail server's user; undefined when none is stored. */
  mailPassword?: () => string | undefined;
}

/** The embedded upstream: everything it needs comes in as a dependency, and it listens nowhere by itself. */
export interface Service {
  /** To be mounted at the root of the origin that `publicUrl` names. Works in process too (`app.fetch(request)`). */
  app: Hono<ServiceEnv>;
  tenants: {
    /** Creates the tenant, or gives a known one these keys and name. Only hashes of the keys are stored. */
    createTenant(keys: TenantKeys): Promise<void>;
    /** Chooses the chain that the tenant's next stamps go to; undefined: the default one. */
    useChain(tenantId: string, chainId: number | undefined): Promise<void>;
  };
  events: EventHub;
  content: ContentStore;
  /** The writers of all chains: the default one's, and those that are put. Undefined without a chain. */
  anchoring: ChainRouter | undefined;
  /** Prepares the content folder and takes up what an earlier run left open. Call before requests come. */
  start(): Promise<void>;
  /** Ends event streams and the anchoring. The ledger and the chain stay open: they are not the service's own. */
  stop(): Promise<void>;
}

/** A service that has not begun: mount `app`, then `start` it. */
export function createService(deps: ServiceDependencies): Service {
  const { ledger, log, now = Date.now } = deps;
  const settings = liveSettings(deps.settings ?? (() => ({})));
  const storage = createStorageLimit({ ledger, settings });
  const content = storage.guard(createContentStore(deps.contentFolder));
  const hub = createEventHub({ ledger, now });
  const streams = createEventStreams({ hub, now });
  const recovery =
    deps.contractsOf === undefined
      ? undefined
      : createRecovery({ ledger, content, log, now }, deps.contractsOf);
  const anchoring =
    deps.chain &&
    createChainRouter({
      ledger,
      defaultChain: deps.chain,
      open: (chain) => {
        recovery?.add(chain);
        return createAnchoring({
          ledger,
          chain,
          appendEvent: (db, event) => hub.append(db, event),
          announce: () => hub.announce(),
          log,
          now,
        });
      },
    });
  const resumable = createResumableUploads({
    ledger,
    content,
    storage,
    folder: join(deps.contentFolder, 'partial'),
    log,
    now,
  });
  const apiKeys = new Map<string, string>();
  const context: ServiceContext = {
    ledger,
    content,
    storage,
    resumable,
    credits: createCredits({ ledger, settings }),
    images: createImages({ content, folder: join(deps.contentFolder, 'variants'), settings, log }),
    hub,
    streams,
    anchoring,
    publicUrl: deps.publicUrl,
    linkSigningKey: deps.linkSigningKey,
    knownChain: deps.knownChain,
    apiKeys,
    jwts: createJwtCodec(deps.linkSigningKey, now),
    settings,
    log,
    now,
  };
  const stamping = createStamping(context);
  const seeds = createSeeds({
    ledger,
    anchoring,
    ownTenantId: deps.contractsOf,
    folder: join(deps.contentFolder, 'seeds'),
    settings,
    log,
    now,
  });
  const notifications = createNotifications({
    ledger,
    seeds,
    describe: (digestSeq) => describeDigest({ ledger, seeds }, digestSeq),
    settings,
    mailPassword: deps.mailPassword,
    knownChain: deps.knownChain,
    log,
    now,
  });
  const metering = createMetering(context);
  const settingsKeeper = createSettingsKeeper(context);
  const eventHistory = createEventHistory(context);

  const app = new Hono<ServiceEnv>();
  app.onError((error, c) => answerFailure(error, c, log));
  app.use(limitRate(context));
  app.use(createOriginstamp({ ...context, seeds, notifications, metering }));
  const webhook = createWebhook(context, stamping);
  webhook.onError((error, c) => answerFailure(error, c, log));
  app.route('/webhook', webhook);
  // A prefix that some clients put before the same routes.
  app.route('/api/v1/webhook', webhook);
  app.route('/', createLinkUpload(context));
  app.route('/', createGateway(context));
  app.route('/', createShortlinks(context));
  app.route('/', createPublicPages(context));
  app.route('/widget', createWidget(context));
  app.get('/healthcheck', allowEveryOrigin({ privateNetwork: true }), (c) =>
    c.json({
      status: 'ok',
      timestamp: new Date(now()).toISOString(),
      service: packageJson.name,
      version: packageJson.version,
    }),
  );
  app.notFound((c) =>
    c.json(
      { success: false, message: `This service has nothing at ${c.req.method} ${c.req.path} (yet).` },
      404,
    ),
  );

  return {
    app,
    tenants: {
      async createTenant(keys) {
        await ledger.write((db) => {
          putTenant(db, keys, now());
          setCreditBudget(db, settings.creditBudget);
        });
        apiKeys.set(keys.id, keys.apiKey);
      },
      useChain: (tenantId, chainId) => ledger.write((db) => chooseTenantChain(db, tenantId, chainId)),
    },
    events: hub,
    content,
    anchoring,
    async start() {
      await content.prepare();
      await recovery?.start();
      await resumable.start();
      await ledger.write((db) => dropExpiredLinks(db, now()));
      await settingsKeeper.start();
      eventHistory.start();
      anchoring?.start();
      notifications.start();
      await seeds.start();
      await stamping.takeUpQueue();
    },
    async stop() {
      streams.closeAll();
      await Promise.all([
        resumable.stop(),
        settingsKeeper.stop(),
        eventHistory.stop(),
        recovery?.stop(),
        anchoring?.stop(),
        seeds.stop(),
        notifications.stop(),
        metering.stop(),
      ]);
      hub.close();
    },
  };
}
