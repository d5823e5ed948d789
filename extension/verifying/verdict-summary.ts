import type { Verdict } from '../../shared/evidence/verdict.ts';

/** What a list shows of a verdict: a fraction of it, since the browser has little room for the verdicts of all tabs. */
export interface VerdictSummary extends Pick<Verdict, 'outcome' | 'hash' | 'reason'> {
  /** Of the record or the root, Unix seconds. */
  blockTimeSeconds?: number;
  /** Of a contradiction the whole: what a page claims can be told again by its tab only. */
  contradiction?: Verdict;
}

export function summarizeVerdict(verdict: Verdict): VerdictSummary {
  const { outcome, hash, reason, record, seed } = verdict;
  const blockTimeSeconds = (record ?? seed)?.blockTimeSeconds;
  return {
    outcome,
    hash,
    reason,
    ...(blockTimeSeconds === undefined ? {} : { blockTimeSeconds }),
    ...(outcome === 'contradicted' ? { contradiction: verdict } : {}),
  };
}
