import { toErrorData } from '../../shared/errors.ts';
import type { Verdict } from '../../shared/evidence/verdict.ts';
import type { Verifier } from '../../shared/evidence/verifier.ts';

/** What the user's own account makes of a hash: its verdict on the proof it has, or that it waits there, or nothing. */
export interface AccountQuestions {
  cid: (cid: string) => Promise<'waits' | 'unknown'>;
  digest: (digest: string) => Promise<Verdict | 'waits' | 'unknown'>;
}

/**
 * What the user's own account makes of a hash that no chain and no kept proof holds: a CID may wait for its stamp there, a
 * digest for its seed, or its proof can be had. Only on the user's own question, and only a claim: it can make a verdict
 * pending, and its proof is checked like anybody's. Who has no account has been told everything; an account that cannot be
 * asked is a place that could not be looked at, so that absence proves nothing.
 */
export async function askAccount(
  verdict: Verdict,
  verifier: Pick<Verifier, 'verify'>,
  account: AccountQuestions,
): Promise<Verdict> {
  const { kind, value } = verdict.hash;
  try {
    const found = await account[kind](value);
    if (found === 'unknown') return verdict;
    return found === 'waits' ? await verifier.verify(verdict.hash, { service: 'knows' }) : found;
  } catch (error) {
    const { code, message } = toErrorData(error);
    if (code === 'not-paired') return verdict;
    return {
      ...verdict,
      outcome: 'unchecked',
      reason: `${verdict.reason} Your own account may know it, but could not be asked: ${message}`,
      steps: [
        ...verdict.steps,
        { id: 'account', label: 'Your account was asked', result: 'could-not-run', detail: message },
      ],
    };
  }
}
