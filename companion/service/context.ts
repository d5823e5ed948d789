import type { HttpBindings } from '@hono/node-server';

import type { Log } from '../log.ts';
import { type Settings, withDefaults } from '../settings.ts';
import type { ChainRouter } from './anchoring/chain-router.ts';
import type { ContentStore } from './content-store.ts';
import type { EventHub, Hold } from './events/event-hub.ts';
import type { EventStreams } from './events/event-stream.ts';
import type { Images } from './images/images.ts';
import type { Ledger } from './ledger/database.ts';
import type { Tenant } from './ledger/tenants.ts';
import type { Token } from './ledger/tokens.ts';
import type { Credits } from './limits/credits.ts';
import type { StorageLimit } from './limits/storage-limit.ts';
import type { KnownChain } from './public/chain-facts.ts';
import type { ResumableUploads } from './resumable/resumable-uploads.ts';
import type { JwtCodec } from './tokens/jwt-codec.ts';

/** What the parts of the service work with. */
export interface ServiceContext {
  ledger: Ledger;
  content: ContentStore;
  storage: StorageLimit;
  resumable: ResumableUploads;
  credits: Credits;
  images: Images;
  hub: EventHub;
  streams: EventStreams;
  /** Undefined when no chain is configured: stamps are queued. */
  anchoring: Pick<ChainRouter, 'request' | 'waitFor'> | undefined;
  /** Origin under which clients reach the service, no trailing slash. */
  publicUrl: () => string;
  linkSigningKey: Uint8Array;
  /** What a chain was set up with, of those that this service stamps on besides its default. */
  knownChain: ((chainId: number) => KnownChain | undefined) | undefined;
  /** API keys by tenant, as this process was told them: the ledger has only their hashes, and who claims a token needs one. */
  apiKeys: ReadonlyMap<string, string>;
  /** Makes and reads what claimed tokens turn into. */
  jwts: JwtCodec;
  /** As they are now: read a value when it is needed, do not keep a copy. */
  settings: ServiceSettings;
  log: Log;
  /** Unix milliseconds. */
  now: () => number;
}

/** What a user can set, and what is not theirs to set. */
export interface ServiceSettings extends Settings {
  /** How long a request waits for its stamp to be mined before it is answered as pending; clients give up at 30 s. */
  readonly stampWaitMs: number;
}

const defaultSettings: ServiceSettings = { ...withDefaults({}), stampWaitMs: 25_000 };

/** Settings that read as they are at the moment: whoever holds the object sees every change. */
export function liveSettings(read: () => Partial<ServiceSettings>): ServiceSettings {
  const live = {};
  for (const name of Object.keys(defaultSettings) as (keyof ServiceSettings)[]) {
    Object.defineProperty(live, name, {
      enumerable: true,
      // An absent value, not a null one, means the default: null is how a limit is unlimited.
      get: () => (name in read() ? read()[name] : defaultSettings[name]),
    });
  }
  return live as ServiceSettings;
}

/** Hono's types for our routes. Bindings are absent when the service is called in process. */
export interface ServiceEnv {
  Bindings: Partial<HttpBindings> | undefined;
  Variables: {
    tenant: Tenant;
    /** The token that let the request in; undefined when the secret key did. */
    token: Token | undefined;
  };
}

/** In process nobody can see when the answer has left: long enough for it to be signed and sent over loopback. */
const inProcessFlushMs = 100;

/** Releases the hold once the answer that is being made has left for the client. */
export function releaseAfterAnswer(bindings: ServiceEnv['Bindings'], hold: Hold): void {
  const outgoing = bindings?.outgoing;
  if (outgoing) outgoing.once('close', () => hold.release()).once('finish', () => hold.release());
  else setTimeout(() => hold.release(), inProcessFlushMs).unref();
}
