import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { getRequestListener } from '@hono/node-server';
import { Hono } from 'hono';

import { checkHost } from '../../companion/host-check.ts';
import type { Upstream } from '../../companion/keyholder/forwarding.ts';
import { createKeyholder, type KeyholderDeps } from '../../companion/keyholder/keyholder.ts';
import { openVault } from '../../companion/keyholder/vault.ts';
import { listenOnLoopback } from '../../companion/listen.ts';
import { createLog } from '../../companion/log.ts';
import { createCompanionClient } from '../../extension/companion/client.ts';
import type { PairingStore, StoredPairing } from '../../extension/companion/pairing-store.ts';
import type { KeyholderState } from '../../shared/wire/companion.ts';

export const extensionOrigin = 'chrome-extension://abcdefghijklmnopabcdefghijklmnop';

export const sampleState: KeyholderState = {
  version: '0.0.0',
  account: 'embedded',
  chain: { id: 4_774_000_001, name: 'Test chain', isLocal: true, contract: `0x${'11'.repeat(20)}` },
  issuers: [],
};

/** A keyholder behind a real HTTP server, with a clock that tests turn. */
export async function startKeyholder({
  upstream,
  chains,
  offsetMs = 0,
}: {
  upstream?: (account: string) => Upstream | undefined;
  chains?: KeyholderDeps['chains'];
  /** How far its clock is off from the beginning. */
  offsetMs?: number;
} = {}) {
  const folder = mkdtempSync(join(tmpdir(), 'hashmark-keyholder-'));
  const clock = { offsetMs };
  const logLines: string[] = [];
  const vault = openVault(join(folder, 'vault.json'));
  const listener = await listenOnLoopback(0);
  const keyholder = createKeyholder({
    vault,
    upstream: upstream ?? (() => undefined),
    state: () => sampleState,
    ...(chains ? { chains } : {}),
    log: createLog((line) => logLines.push(line)),
    now: () => Date.now() + clock.offsetMs,
  });
  const app = new Hono();
  app.use(checkHost(() => listener.port));
  app.route('/keyholder', keyholder.app);
  listener.serve(getRequestListener(app.fetch));
  return {
    ...keyholder,
    url: listener.url,
    port: listener.port,
    vault,
    vaultPath: join(folder, 'vault.json'),
    clock,
    logLines,
    async close() {
      await listener.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** An extension as the companion meets it: its client, its fetch that states its origin, its store. */
export function createTestExtension({
  origin = extensionOrigin,
  fetch: send = (url: string, init: RequestInit) => fetch(url, init),
  mayReach = true,
}: {
  origin?: string;
  fetch?: (url: string, init: RequestInit) => Promise<Response>;
  mayReach?: boolean;
} = {}) {
  const store = createMemoryStore();
  /** Every request as it left, to be sent again by an attacker. */
  const sent: { url: string; init: RequestInit }[] = [];
  const client = createCompanionClient({
    store,
    origin,
    mayReach: async () => mayReach,
    fetch(url, init) {
      const headers = new Headers(init.headers);
      // What a browser does: an extension's GET goes without Origin, everything else with it.
      if (init.method !== 'GET' && init.method !== 'HEAD') headers.set('origin', origin);
      const asSent = { ...init, headers };
      sent.push({ url, init: asSent });
      return send(url, asSent);
    },
  });
  return { client, store, sent };
}

function createMemoryStore(): PairingStore {
  let stored: StoredPairing | undefined;
  return {
    read: async () => stored,
    write: async (pairing) => {
      stored = pairing;
    },
    clear: async () => {
      stored = undefined;
    },
  };
}
