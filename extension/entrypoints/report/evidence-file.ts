import type { Verdict } from '../../../shared/evidence/verdict.ts';
import type { JobView } from '../../messages.ts';

/** Enough of a hash to tell files apart in a folder. */
const hashCharacters = 12;

/**
 * The verdict with its record as a file to keep: which contract on which chain, which transaction, which block, and every
 * step with what was seen. Of a job it tells name, fingerprint and what hashed it, but not where it came from: whom the file is shown to
 * may know what was stamped, not what the user was reading.
 */
export function createEvidenceFile(
  verdict: Verdict,
  job: JobView | undefined,
): { name: string; text: string } {
  const content = {
    format: 'hashmark-evidence',
    version: 1,
    ...(job?.fingerprint ? { file: { name: job.name, ...job.fingerprint, hashedBy: job.hashedBy } } : {}),
    verdict: { ...verdict, checkedAt: new Date(verdict.checkedAtMs).toISOString() },
  };
  return {
    name: `hashmark-evidence-${verdict.hash.value.slice(0, hashCharacters)}.json`,
    text: `${JSON.stringify(content, null, 2)}\n`,
  };
}
