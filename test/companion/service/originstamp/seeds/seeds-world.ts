import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { expect, onTestFinished } from 'vitest';

import type { Chain } from '../../../../../companion/chain/chain.ts';
import { createAnchoring } from '../../../../../companion/service/anchoring/anchoring.ts';
import { createChainRouter } from '../../../../../companion/service/anchoring/chain-router.ts';
import type { Ledger } from '../../../../../companion/service/ledger/database.ts';
import { insertDigest } from '../../../../../companion/service/ledger/digests.ts';
import { createSeeds } from '../../../../../companion/service/originstamp/seeds/create-seeds.ts';
import type { FinalSeed, SeedState } from '../../../../../companion/service/originstamp/seeds/seeds.ts';
import { eventually } from '../../../../helpers/eventually.ts';
import { type ChainHome, createChainHome, openChainHome } from '../../../../helpers/local-chain.ts';

export const ethereum = 1;

/** The digest of a text: what a test stamps. */
export function digestOf(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

/** A tenant that everything belongs to. */
export async function addTenant(ledger: Ledger): Promise<void> {
  await ledger.write((db) =>
    db.exec(`INSERT INTO tenants (id, name, api_key_hash, secret_key_hash, created_at)
      VALUES ('acme', 'Acme', x'01', x'02', 0) ON CONFLICT DO NOTHING`),
  );
}

export interface SeedsOptions {
  ledger: Ledger;
  folder: string;
  /** Undefined: a service without a chain. */
  chain: Chain | undefined;
  seedCloseSeconds?: number | null;
  seedCloseDigests?: number;
  now?: () => number;
  /** Who listens from the beginning. */
  onFinal?: (seed: FinalSeed) => void | Promise<void>;
}

/** Seeds with a real ledger and a real writer. Nothing runs before `start`. */
export function openSeeds({
  ledger,
  folder,
  chain,
  seedCloseSeconds = null,
  seedCloseDigests = 1_000_000,
  now = Date.now,
  onFinal,
}: SeedsOptions) {
  const told: FinalSeed[] = [];
  const warnings: string[] = [];
  const events: unknown[] = [];
  const log = (level: string, message: string) => void (level === 'info' || warnings.push(message));
  const anchoring =
    chain &&
    createChainRouter({
      ledger,
      defaultChain: chain,
      open: (each) =>
        createAnchoring({
          ledger,
          chain: each,
          appendEvent: (_db, event) => void events.push(event),
          announce: () => undefined,
          log,
          pollMs: 10,
        }),
    });
  const settings = { seedCloseSeconds, seedCloseDigests };
  const seeds = createSeeds({ ledger, anchoring, ownTenantId: 'acme', folder, settings, log, now });
  seeds.onFinal(async (seed) => {
    await onFinal?.(seed);
    told.push(seed);
  });

  /** Accepts digests in one transaction, as the API does. @returns the number of the first. */
  async function accept(...digests: string[]): Promise<number> {
    const first = await ledger.write((db) => {
      const seqs = digests.map(
        (digest) => insertDigest(db, { digest, comment: null, tenantId: 'acme', createdAtMs: now() }).seq,
      );
      seeds.join(db, seqs[0] as number, seqs.at(-1) as number);
      return seqs[0] as number;
    });
    seeds.wake();
    return first;
  }

  function stateOf(seq: number): SeedState {
    const [state] = seeds.statesOf(seq);
    if (!state) throw new Error(`Digest ${seq} is in no seed.`);
    return state;
  }

  const untilStatus = (seq: number, status: number) =>
    eventually(`digest ${seq} has status ${status}`, () => stateOf(seq).status === status);

  let isStopped = false;
  const stop = async () => {
    if (isStopped) return;
    isStopped = true;
    await seeds.stop();
    await anchoring?.stop();
  };
  onTestFinished(stop);
  return {
    seeds,
    anchoring,
    told,
    warnings,
    events,
    settings,
    accept,
    stateOf,
    untilStatus,
    stop,
    async start() {
      anchoring?.start();
      await seeds.start();
    },
  };
}

/** Seeds on a local chain of their own; `home` to go on with one of before. */
export async function openLocalWorld({
  home = createChainHome(),
  wrap = (chain) => chain,
  ...options
}: Partial<Omit<SeedsOptions, 'ledger' | 'chain'>> & {
  home?: ChainHome;
  wrap?: (chain: Chain) => Chain;
} = {}) {
  const { ledger, chain, close: closeHome } = await openChainHome(home);
  await addTenant(ledger);
  const folder = join(home.folder, 'seeds');
  const world = openSeeds({ ledger, folder, chain: wrap(chain), ...options });
  const close = async () => {
    await world.stop();
    await closeHome();
  };
  onTestFinished(close);
  return { ...world, home, ledger, chain, folder, close };
}

/** The transaction carries exactly this root, from the wallet to itself, and moves nothing. */
export async function expectRootOnChain(
  chain: Chain,
  { transaction, root, blockHash }: SeedState,
): Promise<void> {
  const onChain = await chain.reader.getTransaction({ hash: transaction as `0x${string}` });
  expect(onChain).toMatchObject({ input: `0x${root}`, value: 0n, blockHash });
  expect(onChain.from).toBe(chain.wallet.toLowerCase());
  expect(onChain.to).toBe(chain.wallet.toLowerCase());
}

/** How many root transactions the ledger has asked for. */
export function countRootAnchors({ db }: Ledger): number {
  const row = db.prepare("SELECT count(*) AS count FROM anchors WHERE kind = 'root'").get();
  return Number(row?.count);
}
