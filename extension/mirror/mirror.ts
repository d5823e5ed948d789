import { HashmarkError, toErrorData } from '../../shared/errors.ts';
import type { StampLog } from '../../shared/evidence/chain-reader.ts';
import { createChainReader } from '../../shared/evidence/chain-reader.ts';
import { fetchContent } from '../../shared/evidence/fetch-content.ts';
import { type Issuer, issuerKey } from '../../shared/evidence/issuer.ts';
import type { Fetch } from '../../shared/evidence/json-rpc.ts';
import { describeGap, valueLimitBytes } from '../../shared/evidence/memory-index.ts';
import { readIssuer, reorgOverlapBlocks } from '../../shared/evidence/read-issuer.ts';
import { resolveValue } from '../../shared/evidence/resolve-value.ts';
import type { StampIndex } from '../../shared/evidence/stamp-index.ts';
import type { HashPlatform } from '../../shared/fingerprint/fingerprint.ts';
import type { MirrorState } from '../messages.ts';
import type { MirrorStore } from './mirror-store.ts';

export interface MirrorDeps {
  store: MirrorStore;
  /** Whom the user trusts at this moment. */
  issuers: () => Promise<Issuer[]>;
  /** Whom the user trusted once: they are read no more, and what was read of them is kept. */
  formerIssuers?: () => Promise<Issuer[]>;
  fetch: Fetch;
  platform: HashPlatform;
  /** Called after something that a page may show has changed; `hasNewStamps` when a hash may have, or lose, a record. */
  onChange?: (hasNewStamps: boolean) => void;
  now?: () => number;
}

/** The extension's own index of what the trusted issuers wrote on chain. */
export interface Mirror {
  /** For lookups: local, whatever the network does. */
  index: StampIndex;
  /** Reads the chains to their heads, unless that was done less than `maxAgeMs` ago. Never throws: problems are in the state. */
  sync(maxAgeMs?: number): Promise<void>;
  state(): Promise<MirrorState[]>;
  /** Takes back a stamp that the chain no longer holds. */
  forget(issuer: Issuer, log: StampLog): Promise<void>;
}

const parallelFetches = 4;

/** A mirror over its store. Reading happens in {@link Mirror.sync} only. */
export function createMirror(deps: MirrorDeps): Mirror {
  const { store, formerIssuers = async () => [], now = Date.now, onChange = () => {} } = deps;
  const running = new Map<string, { startedAtMs: number; done: Promise<void> }>();
  /** When each issuer was last tried, in this worker: a chain that is down is not asked again for every page. */
  const triedAtMs = new Map<string, number>();

  const syncIssuer = async (issuer: Issuer): Promise<void> => {
    const key = issuerKey(issuer);
    triedAtMs.set(key, now());
    const outcome = await readNewStamps(issuer, deps);
    const resolvedCount = await resolveDue(issuer, deps);
    triedAtMs.set(key, now());
    const before = await store.progress(key);
    await store.saveProgress({
      issuerKey: key,
      nextBlock: before?.nextBlock ?? issuer.startBlock,
      startBlock: outcome.isRead
        ? Math.min(issuer.startBlock, before?.startBlock ?? Infinity)
        : before?.startBlock,
      syncedAtMs: outcome.isRead ? now() : before?.syncedAtMs,
      problem: outcome.problem,
    });
    const hasNewStamps = outcome.newStamps > 0 || resolvedCount > 0;
    if (hasNewStamps || before?.problem !== outcome.problem) onChange(hasNewStamps);
  };

  /** One read at a time for each issuer, shared by all for whom it began late enough. */
  const syncOnce = async (issuer: Issuer, askedAtMs: number, maxAgeMs: number): Promise<void> => {
    const key = issuerKey(issuer);
    const current = running.get(key);
    if (current && current.startedAtMs >= askedAtMs - maxAgeMs) return current.done;
    if (current) {
      // It may have passed the head already: what was stamped since is only in the next one.
      await current.done;
      return syncOnce(issuer, askedAtMs, maxAgeMs);
    }
    if (now() - (triedAtMs.get(key) ?? Number.NEGATIVE_INFINITY) < maxAgeMs) return;
    const startedAtMs = now();
    const done = syncIssuer(issuer).finally(() => running.delete(key));
    running.set(key, { startedAtMs, done });
    return done;
  };

  const listAll = async (): Promise<{ issuer: Issuer; isTrusted: boolean }[]> => {
    const [trusted, former] = await Promise.all([deps.issuers(), formerIssuers()]);
    return [
      ...trusted.map((issuer) => ({ issuer, isTrusted: true })),
      ...former.map((issuer) => ({ issuer, isTrusted: false })),
    ];
  };

  return {
    async sync(maxAgeMs = 0) {
      const askedAtMs = now();
      const [issuers, former] = await Promise.all([deps.issuers(), formerIssuers()]);
      if (await store.keepOnly(new Set([...issuers, ...former].map(issuerKey)))) onChange(true);
      await Promise.all(issuers.map((issuer) => syncOnce(issuer, askedAtMs, maxAgeMs)));
    },

    async state() {
      const all = await listAll();
      return Promise.all(
        all.map(async ({ issuer, isTrusted }): Promise<MirrorState> => {
          const key = issuerKey(issuer);
          const [progress, stampCount] = await Promise.all([store.progress(key), store.stampCount(key)]);
          const { name, chainName, isLocal, contract } = issuer;
          const lastBlock =
            progress && progress.nextBlock > issuer.startBlock ? progress.nextBlock - 1 : undefined;
          const { syncedAtMs, problem } = progress ?? {};
          const isSyncing = running.has(key);
          return {
            issuerName: name,
            issuerKey: key,
            chainName,
            isLocal,
            contract,
            stampCount,
            lastBlock,
            syncedAtMs,
            problem,
            isSyncing,
            isTrusted,
          };
        }),
      );
    },

    async forget(issuer, log) {
      const key = issuerKey(issuer);
      await store.forgetLog(key, log, reorgOverlapBlocks);
      // A read that is under way notes how far it came, which is past what has to be read again.
      for (let current = running.get(key); current; current = running.get(key)) {
        await current.done.catch(() => undefined); // Whoever wanted the read hears of it.
        if (!running.has(key)) await store.forgetLog(key, log, reorgOverlapBlocks);
      }
      triedAtMs.delete(key);
    },

    index: {
      async find(hashes) {
        const byKey = new Map((await listAll()).map((known) => [issuerKey(known.issuer), known]));
        const found = await store.find(hashes.map(({ value }) => value));
        return new Map(
          [...found].flatMap(([hash, stamps]) => {
            const known = stamps.flatMap(({ log: { issuerKey: key, ...log }, path }) => {
              const by = byKey.get(key);
              return by ? [{ ...by, log, path }] : [];
            });
            return known.length > 0 ? [[hash, known] as const] : [];
          }),
        );
      },
      content: (cid) => store.content(cid),
      async gaps() {
        const issuers = await deps.issuers();
        if (issuers.length === 0) {
          return [
            'No issuer that you trust is on your list. Pair Hashmark with a companion, or add an issuer, in the options',
          ];
        }
        const gaps = await Promise.all(issuers.map((issuer) => describeGaps(issuer, store)));
        return gaps.flat();
      },
    },
  };
}

async function describeGaps(issuer: Issuer, store: MirrorStore): Promise<string[]> {
  const key = issuerKey(issuer);
  const [progress, open] = await Promise.all([store.progress(key), store.openValues(key)]);
  const gaps: string[] = [];
  if (progress?.problem) gaps.push(progress.problem);
  else if (!progress?.syncedAtMs) gaps.push(`${issuer.name} on ${issuer.chainName} was not read yet`);
  if (open.count > 0) gaps.push(describeGap(issuer, open.detail));
  return gaps;
}

interface ReadOutcome {
  newStamps: number;
  /** True when the chain was read to its head. */
  isRead: boolean;
  problem?: string;
}

async function readNewStamps(issuer: Issuer, { store, fetch }: MirrorDeps): Promise<ReadOutcome> {
  const key = issuerKey(issuer);
  const progress = await store.progress(key);
  // A start that was moved back since: what lies between was never read.
  const isEarlier = issuer.startBlock < (progress?.startBlock ?? issuer.startBlock);
  const resumed = isEarlier ? 0 : (progress?.nextBlock ?? 0) - reorgOverlapBlocks;
  const fromBlock = Math.max(issuer.startBlock, resumed);
  const outcome: ReadOutcome = { newStamps: 0, isRead: false };
  try {
    for await (const window of readIssuer(createChainReader(issuer, fetch), fromBlock)) {
      outcome.newStamps += await store.saveWindow(key, window);
      outcome.problem ??= window.disagreement;
    }
    outcome.isRead = true;
  } catch (error) {
    if (!(error instanceof HashmarkError)) throw error;
    outcome.problem = `${issuer.name} on ${issuer.chainName}: ${toErrorData(error).message}`;
  }
  return outcome;
}

/** Fetches and hashes what the new values stand for. Returns how many could be read. */
async function resolveDue(
  issuer: Issuer,
  { store, fetch, platform, now = Date.now }: MirrorDeps,
): Promise<number> {
  const key = issuerKey(issuer);
  const queue = (await store.dueValues(key, now())).values();
  let resolvedCount = 0;
  const work = async (): Promise<void> => {
    for (const value of queue) {
      const resolved = await resolveValue(
        value,
        (cid) => fetchContent(issuer.gatewayUrl, cid, { fetch, limitBytes: valueLimitBytes }),
        platform,
      );
      await store.saveResolved(key, resolved, now());
      if (resolved.state === 'resolved') resolvedCount += 1;
    }
  };
  await Promise.all(Array.from({ length: parallelFetches }, work));
  return resolvedCount;
}
