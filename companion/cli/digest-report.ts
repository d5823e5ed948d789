import { formatUtc } from '../../shared/format.ts';
import { currencyNames, finalStatus, type SeedStatus } from '../../shared/wire/originstamp.ts';
import { exitCodes, type Io, plain, toFailure, toSentence } from './io.ts';

/** A file, or a line of a list. */
export interface DigestItem {
  /** 64 lower-case hex digits. */
  digest: string;
  /** Of a file. */
  path?: string;
  /** Of a list, from 1. */
  line?: number;
  /** The name that the list gives it, when it does. */
  name?: string;
}

/** What the service has of a digest. */
export interface DigestStamp {
  isNew: boolean;
  /** When the service first got it, Unix milliseconds: its word. */
  submittedAtMs: number | null;
  comment: string | null;
  seed: SeedStatus;
  /** Where its checked proof was written. */
  proofFile?: string;
}

/** What became of a digest: exactly one of the two. */
export type DigestResult = { item: DigestItem } & (
  | { stamp: DigestStamp; error?: undefined }
  | { stamp?: undefined; error: unknown }
);

/** Writes results as they come, and counts them. */
export interface DigestReport {
  add(result: DigestResult): void;
  /** Something failed that is no digest's result. */
  fail(about: Record<string, unknown>, error: unknown): void;
  /** @returns the exit code. */
  end(isLocal: boolean): number;
}

export interface DigestReportOptions {
  json?: boolean;
  /** Whether results are final. */
  wait: boolean;
  /** Where proofs were written. */
  proofs?: string;
}

export function createReport(options: DigestReportOptions, io: Io): DigestReport {
  const counts: DigestCounts = { taken: 0, new: 0, failed: 0, seeds: new Set() };
  const fail = (about: Record<string, unknown>, error: unknown) => {
    io.progress();
    if (options.json) io.print(toFailure(about, error));
    else io.say(`hashmark stamp: ${toSentence(error)}`);
  };
  return {
    fail,
    add({ item, stamp, error }) {
      if (!stamp) {
        counts.failed += 1;
        fail({ ...item }, error);
        return;
      }
      counts.taken += 1;
      if (stamp.isNew) counts.new += 1;
      if (stamp.seed.seedId) counts.seeds.add(stamp.seed.seedId);
      io.print(options.json ? toJson(item, stamp) : toText(item, stamp, io));
    },
    end(isLocal) {
      io.progress();
      if (!options.json) {
        io.say(summarize(counts, options.wait));
        if (options.proofs !== undefined) io.say(`Proofs that were checked are in ${plain(options.proofs)}.`);
        if (isLocal) io.say('This chain runs on this computer only: the stamps prove nothing to strangers.');
      }
      return counts.failed === 0 ? exitCodes.ok : exitCodes.failed;
    },
  };
}

/** One object a line. */
function toJson(item: DigestItem, { seed, ...stamp }: DigestStamp): string {
  const { seedId, currencyId, status, root, transaction, timestampMs } = seed;
  return JSON.stringify({
    ...item,
    ...stamp,
    seedId,
    currency: currencyNames[currencyId] ?? String(currencyId),
    status,
    root,
    transaction,
    blockTimeSeconds: toSeconds(timestampMs),
  });
}

/** For people: several lines for a file, one for a line of a list. */
function toText(item: DigestItem, { seed, proofFile }: DigestStamp, io: Io): string {
  const isFinal = seed.status === finalStatus;
  const mark = isFinal ? io.paint('green', '✓ stamped') : io.paint('blue', '… taken');
  if (item.path === undefined) return `${mark}  ${item.digest}  ${plain(item.name ?? '')}`.trimEnd();
  const time = toSeconds(seed.timestampMs);
  const rows: [string, string | null | undefined][] = [
    ['digest', item.digest],
    ['seed', seed.seedId],
    ['root', seed.root],
    ['transaction', seed.transaction],
    ['block time', time === null ? null : formatUtc(time * 1000)],
    ['proof', proofFile ?? (isFinal ? `hashmark proof ${item.digest} --xml` : null)],
  ];
  return [
    `${mark}  ${plain(item.path)}`,
    ...rows.flatMap(([name, value]) => (value ? [`  ${name.padEnd(11)}  ${plain(value)}`] : [])),
  ].join('\n');
}

function toSeconds(timeMs: number | null): number | null {
  return timeMs === null ? null : Math.floor(timeMs / 1000);
}

/** What was counted on the way. */
interface DigestCounts {
  /** Digests that the service has, in whatever state. */
  taken: number;
  new: number;
  failed: number;
  seeds: Set<string>;
}

/** One sentence on what happened, one on what it means. */
function summarize({ taken, new: fresh, failed, seeds }: DigestCounts, isWaiting: boolean): string {
  const verb = isWaiting ? 'stamped' : 'taken';
  const parts = [
    `${count(taken, 'digest')} ${verb} in ${count(seeds.size, 'seed')}`,
    ...(fresh < taken ? [knownBefore(taken - fresh, taken)] : []),
    ...(failed > 0 ? [`${failed} failed`] : []),
  ];
  return `${parts.join(', ')}. Nothing but digests was sent: keep the files, because only they show what a digest stands for.`;
}

function knownBefore(known: number, taken: number): string {
  if (known < taken) return `${known} of them known before`;
  return taken === 1 ? 'which was known before' : 'all of them known before';
}

function count(number: number, what: string): string {
  return `${number} ${what}${number === 1 ? '' : 's'}`;
}
