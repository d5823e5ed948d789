import { toErrorData } from '../../shared/errors.ts';
import { createChainReader } from '../../shared/evidence/chain-reader.ts';
import { checkOnChain } from '../../shared/evidence/check-record.ts';
import { outcomesBestFirst } from '../../shared/evidence/conclude.ts';
import type { Issuer } from '../../shared/evidence/issuer.ts';
import type { Fetch } from '../../shared/evidence/json-rpc.ts';
import { buildMemoryIndex } from '../../shared/evidence/memory-index.ts';
import type { HashReference, Step, Verdict } from '../../shared/evidence/verdict.ts';
import { createVerifier, type Verifier } from '../../shared/evidence/verifier.ts';
import {
  type ChainletterClient,
  createChainletterClient,
  type StampEntry,
} from '../../shared/wire/chainletter.ts';
import { embeddedAccount } from '../../shared/wire/companion.ts';
import type { OriginstampClient } from '../../shared/wire/originstamp.ts';
import { nodePlatform } from '../fingerprint/node-platform.ts';
import { openDigestClient } from './digest-service.ts';
import { interruptibleFetch } from './interruptible-fetch.ts';
import type { Io } from './io.ts';
import { judgeOwnStamp } from './own-stamps.ts';
import { openTerminalSession } from './session.ts';

/** The hashes of one content, the preferred one first. */
export type ContentHashes = readonly [HashReference, ...HashReference[]];

/**
 * Gives the verdicts on many contents, in their order: on the first hash of each for which there is anything to say, else on the
 * preferred one. All at once, because what several of them share (a bundle, a block) is then read and hashed once.
 */
export type Checker = (contents: readonly ContentHashes[]) => Promise<Verdict[]>;

/** What a check reads. */
export interface CheckerSources {
  /** Whom to trust. */
  issuers: readonly Issuer[];
  /** The service to ask about what no chain holds. */
  client: ChainletterClient;
  /** The service to ask for proofs of digests that were stamped without their files, when there is one. */
  digests?: OriginstampClient;
  /** Reaches the issuers' RPC endpoints and gateways. */
  fetch: Fetch;
}

/**
 * A checker over the issuers and the service of the companion that runs on `home`. Without a companion it is not known whom to
 * trust, so that every verdict is `unchecked`.
 *
 * @throws only the reason of an interrupt.
 */
export async function openChecker(home: string, io: Io): Promise<Checker> {
  try {
    const session = await openTerminalSession(home, io.signal);
    const { url, fetch: signedFetch, issuers } = session;
    const baseUrl = `${url}/keyholder/${embeddedAccount}/webhook`;
    const client = createChainletterClient({ baseUrl, fetch: signedFetch });
    const fetch = interruptibleFetch(io.signal);
    return await createChecker({ issuers, client, digests: openDigestClient(session), fetch }, io);
  } catch (error) {
    io.signal.throwIfAborted();
    return async (contents) => contents.map(([hash]) => ({ hash, ...unchecked(error) }));
  }
}

/** Reads the issuers' chains once, for any number of checks. */
export async function createChecker(sources: CheckerSources, io: Io): Promise<Checker> {
  const { client, digests, issuers } = sources;
  let verifier = await readChains(sources, io);

  const checkChains: Checker = async (contents) => {
    const verdicts = await verifier.verifyAll(contents.flat());
    return contents.map((hashes) => {
      const ofContent = verdicts.splice(0, hashes.length);
      const telling =
        ofContent.find(({ record }) => record) ?? ofContent.find(({ outcome }) => outcome !== 'unknown');
      return telling ?? (ofContent[0] as Verdict);
    });
  };

  /** What the service makes of a content that no chain holds: it may be waiting there. */
  const askService = async (verdict: Verdict, hashes: ContentHashes): Promise<Verdict> => {
    const [hash] = hashes;
    if (verdict.outcome !== 'unknown' || hash.kind !== 'cid') return verdict;
    const answer = await client.verify(hash.value, { signal: io.signal }).catch((error: unknown) => {
      io.signal.throwIfAborted();
      return { state: 'unavailable' as const, error };
    });
    if (answer.state === 'unknown') return verdict;
    if (answer.state === 'unstamped') return verifier.verify(hash, { service: 'knows' });
    if (answer.state === 'unavailable') return { ...verdict, ...unchecked(answer.error) };
    // It says that the chain holds it. That may have become true a moment ago: look again before calling it false.
    verifier = await readChains(sources, io);
    const [again = verdict] = await checkChains([hashes]);
    return again.outcome === 'unknown' ? judgeClaims(again, answer.stamps, issuers, sources.fetch) : again;
  };

  /** The better of the verdict and of what a proof of the own service leads to. */
  const askForProof = async (verdict: Verdict, hashes: ContentHashes): Promise<Verdict> => {
    const digest = hashes.find(({ kind }) => kind === 'digest')?.value;
    if (!digests || digest === undefined || verdict.outcome === 'confirmed') return verdict;
    try {
      const own = await judgeOwnStamp(digest, {
        client: digests,
        issuers,
        fetch: sources.fetch,
        signal: io.signal,
      });
      return own ? betterOf(own, verdict) : verdict;
    } catch (error) {
      io.signal.throwIfAborted();
      return verdict.outcome === 'unknown' ? { ...verdict, ...unchecked(error) } : verdict;
    }
  };

  return async (contents) => {
    io.progress('Checking');
    const verdicts = await checkChains(contents);
    const answers: Verdict[] = [];
    for (const [position, verdict] of verdicts.entries()) {
      const hashes = contents[position] as ContentHashes;
      answers.push(await askForProof(await askService(verdict, hashes), hashes));
    }
    return answers;
  };
}

/** A second stamp that cannot be checked takes nothing from a first one that can. */
function betterOf(a: Verdict, b: Verdict): Verdict {
  return outcomesBestFirst.indexOf(a.outcome) <= outcomesBestFirst.indexOf(b.outcome) ? a : b;
}

async function readChains({ issuers, fetch }: CheckerSources, io: Io): Promise<Verifier> {
  io.progress('Reading the chain');
  const index = await buildMemoryIndex({ issuers, fetch, platform: nodePlatform, signal: io.signal });
  return createVerifier({ index, fetch, platform: nodePlatform });
}

/** The verdict on stamps that a service claims and that our own reading of the chain does not show. */
async function judgeClaims(
  verdict: Verdict,
  claims: readonly StampEntry[],
  issuers: readonly Issuer[],
  fetch: Fetch,
): Promise<Verdict> {
  const steps: Step[] = [];
  let isAnyOpen = claims.length === 0;
  for (const { contract, chainId, transaction, bundleCid } of claims) {
    const issuer = issuers.find(
      (candidate) =>
        candidate.contract.toLowerCase() === contract?.toLowerCase() &&
        (chainId === null || candidate.chainId === chainId),
    );
    if (!issuer || !transaction) {
      isAnyOpen = true;
      continue;
    }
    const claimed = {
      transaction: transaction as `0x${string}`,
      value: bundleCid ?? verdict.hash.value,
      logIndex: 0,
      blockNumber: 0,
      blockHash: '0x' as const,
    };
    const finding = await checkOnChain(claimed, issuer, createChainReader(issuer, fetch));
    steps.push(...finding.steps);
    if (finding.log !== 'absent') isAnyOpen = true;
  }
  const [failed] = steps.filter(({ result }) => result === 'failed');
  return isAnyOpen || !failed
    ? {
        ...verdict,
        steps,
        outcome: 'unchecked',
        reason:
          'The service says that it is stamped, in a list that could not be read here: it is private, or its contract is not one of your issuers.',
      }
    : {
        ...verdict,
        steps,
        outcome: 'contradicted',
        reason: `The service says that it is stamped, and the chain does not hold it: ${failed.detail}.`,
      };
}

/** Nothing could be looked at, and why. */
export function unchecked(error: unknown): Omit<Verdict, 'hash'> {
  return {
    outcome: 'unchecked',
    steps: [],
    believed: [],
    reason: toErrorData(error).message,
    checkedAtMs: Date.now(),
  };
}
