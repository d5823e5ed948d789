import type { Outcome } from './verdict.ts';

/** What was found out about one record of a hash on a chain. */
export interface RecordFinding {
  /** True when the record's contract is on the user's list of issuers. */
  isTrusted: boolean;
  /**
   * Where the belief that there is such a record came from. `index`: from our own reading of the chain, so a record
   * that is no longer there was moved by the chain. `claim`: somebody says so, and must be right.
   */
  source: 'index' | 'claim';
  /** Whether the chain's own log holds the value, as every endpoint that was asked sees it. */
  log: 'present' | 'absent' | 'disagreement' | 'unavailable';
  /**
   * Whether the value leads to the hash: it is the hash, or the bytes behind it hash to the value and list the hash.
   * `refuted`: the bytes that are served for the value are not its bytes, or they do not list the hash.
   */
  membership: 'proved' | 'refuted' | 'unavailable';
  /** Whether the block's time could be read. */
  time: 'known' | 'disagreement' | 'unavailable';
  finality: 'final' | 'not-final' | 'unavailable';
}

/** Everything that the outcome depends on: see the tables of {@link conclude} and {@link concludeRecord}. */
export interface Findings {
  /** Content that somebody presents as the content of the hash; `mismatch` when it hashes to something else. */
  claim: 'none' | 'match' | 'mismatch' | 'unread';
  /** Records that may cover the hash, in any order. */
  records: RecordFinding[];
  /** False when a place that had to be looked at could not be, so that finding nothing proves nothing. */
  isSearchComplete: boolean;
  /** Whether a service that can stamp says that it holds the hash, without a final anchor. */
  service: 'knows' | 'does-not-know' | 'not-asked' | 'unavailable';
}

/** From what settles a question down to what leaves it open. `unknown`: as if the record were not there. */
export const outcomesBestFirst: readonly Outcome[] = [
  'confirmed',
  'unfamiliar',
  'contradicted',
  'pending',
  'unchecked',
  'unknown',
];

/**
 * The outcome of one record, the first line that fits:
 *
 * | finding | outcome |
 * |---|---|
 * | a claimed record that the chain does not hold | contradicted |
 * | a record of our own index that the chain no longer holds | unchecked (the chain moved: read it again) |
 * | the bytes behind the value refute the hash | contradicted |
 * | an endpoint could not be asked, or two disagree, or bytes could not be had | unchecked |
 * | not final yet | pending |
 * | every step passed, the issuer is on the user's list | confirmed |
 * | every step passed, the issuer is not | unfamiliar |
 */
export function concludeRecord(record: RecordFinding): Outcome {
  if (record.log === 'absent') return record.source === 'claim' ? 'contradicted' : 'unchecked';
  if (record.log === 'present' && record.membership === 'refuted') return 'contradicted';
  const isOpen =
    record.log !== 'present' ||
    record.membership !== 'proved' ||
    record.time !== 'known' ||
    record.finality === 'unavailable';
  if (isOpen) return 'unchecked';
  if (record.finality === 'not-final') return 'pending';
  return record.isTrusted ? 'confirmed' : 'unfamiliar';
}

/**
 * The outcome for a hash, the first line that fits:
 *
 * | finding | outcome |
 * |---|---|
 * | content that is presented as the hash's does not hash to it | contradicted |
 * | a record is confirmed, unfamiliar, contradicted, pending, unchecked | the first of these that one record has |
 * | no record, and some place could not be looked at | unchecked, or pending when a service knows it |
 * | no record, and a service knows it | pending |
 * | no record anywhere | unknown |
 *
 * A good record beats a bad one: a second stamp that cannot be checked takes nothing from a first one that can.
 */
export function conclude(findings: Findings): Outcome {
  if (findings.claim === 'mismatch') return 'contradicted';
  const outcomes = findings.records.map(concludeRecord);
  const best = outcomesBestFirst.find((outcome) => outcomes.includes(outcome));
  if (best) return best;
  if (findings.service === 'knows') return 'pending';
  return findings.isSearchComplete && findings.service !== 'unavailable' ? 'unknown' : 'unchecked';
}

/** Worst first: the order in which outcomes matter to somebody who looks at many of them at once. */
export const outcomesWorstFirst: readonly Outcome[] = [
  'contradicted',
  'unchecked',
  'unfamiliar',
  'pending',
  'unknown',
  'confirmed',
];

/** The outcome that a summary of several has to show, or undefined for none. */
export function worstOutcome(outcomes: Iterable<Outcome>): Outcome | undefined {
  const seen = new Set(outcomes);
  return outcomesWorstFirst.find((outcome) => seen.has(outcome));
}
