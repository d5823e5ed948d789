import { browser } from 'wxt/browser';

import { announce } from '../changes.ts';
import type { Handlers } from '../messaging.ts';
import { type CompanionClient, createCompanionClient } from './client.ts';
import { mayReachCompanion } from './loopback-permission.ts';
import { openPairingStore } from './pairing-store.ts';

let client: CompanionClient | undefined;

/**
 * The client of this context; the pairing is shared by all of them through IndexedDB. For the background and extension
 * pages only: a content script has neither the key nor the permission.
 */
export function companion(): CompanionClient {
  client ??= createCompanionClient({
    store: openPairingStore(),
    fetch: (url, init) => fetch(url, init),
    origin: new URL(browser.runtime.getURL('/')).origin,
    mayReach: mayReachCompanion,
    onChange: () => announce('companion'),
  });
  return client;
}

/** What pages may ask about the companion, and of what stamping by it costs. */
export const companionHandlers: Handlers = {
  'companion.state': () => companion().state(),
  'companion.pair': async ({ url, code }) => {
    await companion().pair(url, code);
    return companion().state();
  },
  'stamping.cost': ({ kind }) => companion().stampCost(kind),
  'companion.unpair': async () => {
    await companion().unpair();
    return companion().state();
  },
};
