import type { Fingerprint, HashPlatform } from '../fingerprint/fingerprint.ts';
import { createPool } from '../pool.ts';
import { believeChain, believeSources } from './believed.ts';
import { type ChainReader, createChainReader } from './chain-reader.ts';
import { createPathChecker, type PathCheck } from './check-path.ts';
import { type ChainFinding, checkOnChain } from './check-record.ts';
import { conclude, concludeRecord, type Findings, type RecordFinding } from './conclude.ts';
import { explain } from './explain.ts';
import { issuerKey } from './issuer.ts';
import type { Fetch } from './json-rpc.ts';
import type { IndexedStamp, StampIndex } from './stamp-index.ts';
import type { HashReference, Outcome, StampRecord, Step, Verdict } from './verdict.ts';

/** Content that somebody presents as the content of a hash. */
export interface Claim {
  /** Where it was met, for people: a URL or a file name. */
  source: string;
  /** What it really hashes to; absent when it could not be read, and then `failure` says why. */
  actual?: Fingerprint;
  failure?: string;
}

/** What the caller knows besides the chain. */
export interface VerifyOptions {
  claim?: Claim;
  /** What a service that can stamp said about the hash; `not-asked` by default. */
  service?: Findings['service'];
}

/** Re-derives verdicts from the chain. */
export interface Verifier {
  /** The verdict on one hash. Never throws for what the network does: that is `unchecked`. */
  verify(hash: HashReference, options?: VerifyOptions): Promise<Verdict>;
  /** Verdicts on many hashes, in their order. Each stamp is read back from the chain once however many hashes it covers. */
  verifyAll(hashes: readonly HashReference[]): Promise<Verdict[]>;
}

/** What a verifier looks hashes up in, and reads chains and content by. */
export interface VerifierOptions {
  index: StampIndex;
  fetch: Fetch;
  platform: HashPlatform;
  /** Milliseconds since 1970; the clock by default. */
  now?: () => number;
  /** Told of a stamp that the index remembers and the chain no longer holds. */
  onVanished?: (stamp: IndexedStamp) => void;
}

/** A group that is stamped again and again covers a file many times: the earliest stamps decide, the rest add nothing. */
const stampsTriedPerIssuer = 4;

/** A verifier over an index of trusted issuers. What it read of the chain is kept for the round of one call only. */
export function createVerifier(options: VerifierOptions): Verifier {
  const { index, fetch, platform, now = Date.now, onVanished } = options;

  const verifyAll = async (
    hashes: readonly HashReference[],
    { claim, service = 'not-asked' }: VerifyOptions = {},
  ): Promise<Verdict[]> => {
    const round = createRound(fetch, index, platform);
    const [found, gaps] = await Promise.all([index.find(hashes), index.gaps()]);
    return Promise.all(
      hashes.map(async (hash) => {
        const stamps = selectStamps(found.get(hash.value) ?? []);
        const records = await checkUntilSettled(stamps, hash, round);
        for (const { stamp, finding } of records) if (finding.log === 'absent') onVanished?.(stamp);
        return toVerdict(hash, records, { claim, service, gaps, nowMs: now() });
      }),
    );
  };

  return {
    verifyAll: (hashes) => verifyAll(hashes),
    async verify(hash, verifyOptions) {
      const [verdict] = await verifyAll([hash], verifyOptions);
      return verdict as Verdict;
    },
  };
}

interface CheckedRecord {
  stamp: IndexedStamp;
  finding: RecordFinding;
  chain: ChainFinding;
  path: PathCheck;
}

/** What one call shares among its hashes. */
interface Round {
  onChain(stamp: IndexedStamp): Promise<ChainFinding>;
  path: ReturnType<typeof createPathChecker>;
}

/** A page may show a thousand stamps: endpoints are asked about this many at once. */
const stampsReadAtOnce = 16;

function createRound(fetch: Fetch, index: StampIndex, platform: HashPlatform): Round {
  const readers = new Map<string, ChainReader>();
  const findings = new Map<string, Promise<ChainFinding>>();
  const whenFree = createPool(stampsReadAtOnce);
  return {
    path: createPathChecker((cid) => index.content(cid), platform),
    onChain({ issuer, log }) {
      const key = issuerKey(issuer);
      const reader = readers.get(key) ?? rememberBlocks(createChainReader(issuer, fetch));
      readers.set(key, reader);
      const stampKey = `${key}:${log.transaction}:${log.logIndex}`;
      const finding = findings.get(stampKey) ?? whenFree(() => checkOnChain(log, issuer, reader));
      findings.set(stampKey, finding);
      return finding;
    },
  };
}

/** The reader, asking for each block and for the final one once: many stamps share them. */
function rememberBlocks(reader: ChainReader): ChainReader {
  const blocks = new Map<number, ReturnType<ChainReader['block']>>();
  let final: ReturnType<ChainReader['finalBlock']> | undefined;
  return {
    ...reader,
    block(number) {
      const block = blocks.get(number) ?? reader.block(number);
      blocks.set(number, block);
      return block;
    },
    finalBlock() {
      final ??= reader.finalBlock();
      return final;
    },
  };
}

/** The earliest stamps of each issuer, earliest first. */
function selectStamps(stamps: readonly IndexedStamp[]): IndexedStamp[] {
  const ordered = stamps.toSorted(
    (a, b) => a.log.blockNumber - b.log.blockNumber || a.log.logIndex - b.log.logIndex,
  );
  const taken = new Map<string, number>();
  return ordered.filter(({ issuer }) => {
    const count = (taken.get(issuerKey(issuer)) ?? 0) + 1;
    taken.set(issuerKey(issuer), count);
    return count <= stampsTriedPerIssuer;
  });
}

/** Checks stamps of each issuer from the earliest on until one of them is confirmed. */
async function checkUntilSettled(
  stamps: readonly IndexedStamp[],
  hash: HashReference,
  round: Round,
): Promise<CheckedRecord[]> {
  const byIssuer = Map.groupBy(stamps, ({ issuer }) => issuerKey(issuer));
  const checked = await Promise.all(
    [...byIssuer.values()].map(async (ofIssuer) => {
      const records: CheckedRecord[] = [];
      for (const stamp of ofIssuer) {
        const [chain, path] = await Promise.all([round.onChain(stamp), round.path(stamp.path, hash.value)]);
        const { log, time, finality } = chain;
        const finding: RecordFinding = {
          isTrusted: stamp.isTrusted,
          source: 'index',
          log,
          time,
          finality,
          membership: path.result,
        };
        records.push({ stamp, finding, chain, path });
        if (concludeRecord(finding) === 'confirmed') break;
      }
      return records;
    }),
  );
  return checked.flat();
}

interface Context {
  claim: Claim | undefined;
  service: Findings['service'];
  gaps: string[];
  nowMs: number;
}

function toVerdict(hash: HashReference, records: CheckedRecord[], context: Context): Verdict {
  const { claim, service, gaps, nowMs } = context;
  const claimed = judgeClaim(hash, claim);
  const outcome = conclude({
    claim: claimed,
    records: records.map(({ finding }) => finding),
    isSearchComplete: gaps.length === 0,
    service,
  });
  const shown = selectShown(records, claimed === 'mismatch' ? undefined : outcome);
  const isSettled = outcome === 'confirmed' || outcome === 'unfamiliar' || outcome === 'contradicted';
  const steps: Step[] = [
    ...(claim ? [toClaimStep(hash, claim, claimed)] : []),
    ...(shown ? [...shown.chain.steps, toPathStep(hash, shown)] : []),
    // A record that settles the question is not weaker for a place that was not looked at.
    ...(isSettled ? [] : gaps.map(toSearchStep)),
  ];
  const record = shown && toRecord(shown);
  return {
    outcome,
    hash,
    ...(record ? { record } : {}),
    steps,
    believed: shown ? listBelieved(shown) : [],
    reason: explain({ outcome, hash, record, steps, isClaimFalse: claimed === 'mismatch', claim, gaps }),
    checkedAtMs: nowMs,
  };
}

/** The earliest record that has the verdict's own outcome, else the best there is. */
function selectShown(records: CheckedRecord[], outcome: Outcome | undefined): CheckedRecord | undefined {
  const byTime = records.toSorted(
    (a, b) => (a.chain.timeSeconds ?? Infinity) - (b.chain.timeSeconds ?? Infinity),
  );
  return byTime.find(({ finding }) => concludeRecord(finding) === outcome) ?? byTime[0];
}

function toRecord({ stamp, chain, path }: CheckedRecord): StampRecord | undefined {
  const { current, timeSeconds } = chain;
  if (!current || timeSeconds === undefined) return undefined;
  return {
    issuer: stamp.issuer,
    value: current.value,
    isBundle: path.result === 'proved' && path.isBundle,
    transaction: current.transaction,
    blockNumber: current.blockNumber,
    blockHash: current.blockHash,
    blockTimeSeconds: timeSeconds,
  };
}

function toSearchStep(gap: string): Step {
  return { id: 'search', label: 'Every issuer was searched', result: 'could-not-run', detail: gap };
}

function toPathStep(hash: HashReference, { stamp, path }: CheckedRecord): Step {
  const { value } = stamp.log;
  const result = path.result === 'proved' ? 'passed' : path.result === 'refuted' ? 'failed' : 'could-not-run';
  if (hash.value === value) {
    return {
      id: 'content-on-chain',
      label: 'The stamped CID is this one',
      result,
      detail: path.detail,
    };
  }
  return path.result === 'proved' && !path.isBundle
    ? {
        id: 'content-bytes',
        label: 'The content of the stamped CID has this digest',
        result,
        detail: path.detail,
      }
    : {
        id: 'bundle-member',
        label:
          path.result === 'proved' && path.believed
            ? 'The stamped bundle lists the CID of the file with this digest'
            : `The stamped bundle lists this ${hash.kind === 'cid' ? 'CID' : 'digest'}`,
        result,
        detail: path.detail,
      };
}

function judgeClaim(hash: HashReference, claim: Claim | undefined): Findings['claim'] {
  if (!claim) return 'none';
  if (!claim.actual) return 'unread';
  const actual = hash.kind === 'cid' ? claim.actual.cid : claim.actual.digest;
  return actual === hash.value ? 'match' : 'mismatch';
}

function toClaimStep(
  hash: HashReference,
  { source, actual, failure }: Claim,
  result: Findings['claim'],
): Step {
  const label = `The content beside it has this ${hash.kind === 'cid' ? 'CID' : 'digest'}`;
  const id = 'claimed-bytes';
  if (!actual)
    return { id, label, result: 'could-not-run', detail: `${source}: ${failure ?? 'it was not read'}` };
  const found = hash.kind === 'cid' ? actual.cid : actual.digest;
  const detail = `The ${actual.sizeBytes} bytes of ${source} hash to ${found}`;
  return { id, label, result: result === 'match' ? 'passed' : 'failed', detail };
}

/** Whom the user has to believe for this record: nobody but those who were asked. */
function listBelieved({ stamp, chain, path }: CheckedRecord): string[] {
  return [
    ...believeSources('RPC endpoint', chain.endpoints),
    ...believeChain(stamp.issuer),
    ...(path.result === 'proved' && path.believed ? [path.believed] : []),
  ];
}
