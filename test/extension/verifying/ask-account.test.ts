import { describe, expect, it, vi } from 'vitest';

import { type AccountQuestions, askAccount } from '../../../extension/verifying/ask-account.ts';
import { HashmarkError } from '../../../shared/errors.ts';
import type { HashReference, Outcome, Verdict } from '../../../shared/evidence/verdict.ts';

const digest: HashReference = { kind: 'digest', value: 'a'.repeat(64) };
const verdict = (outcome: Outcome, hash = digest): Verdict => ({
  outcome,
  hash,
  steps: [],
  believed: [],
  reason: 'No issuer on your list has stamped this digest.',
  checkedAtMs: 0,
});
const account = (digest: AccountQuestions['digest']): AccountQuestions => ({
  digest,
  cid: () => Promise.reject(new Error('A digest is not asked for as a CID.')),
});
const verify = vi.fn(async () => verdict('pending'));

describe('askAccount', () => {
  it('should leave it at unknown when the account knows nothing either, or there is none', async () => {
    const unknown = verdict('unknown');
    expect(
      await askAccount(
        unknown,
        { verify },
        account(async () => 'unknown'),
      ),
    ).toBe(unknown);
    const none = account(() => Promise.reject(new HashmarkError('not-paired', 'Not paired.')));
    expect(await askAccount(unknown, { verify }, none)).toBe(unknown);
  });

  it('should take the verdict on the account’s proof, and be pending while it waits', async () => {
    const confirmed = verdict('confirmed');
    expect(
      await askAccount(
        verdict('unknown'),
        { verify },
        account(async () => confirmed),
      ),
    ).toBe(confirmed);
    const waits = account(async () => 'waits');
    expect((await askAccount(verdict('unknown'), { verify }, waits)).outcome).toBe('pending');
    expect(verify).toHaveBeenCalledWith(digest, { service: 'knows' });
  });

  it('should not call unknown what an account that could not be asked may know', async () => {
    const off = account(() =>
      Promise.reject(new HashmarkError('companion-unreachable', 'No companion answers.')),
    );
    const open = await askAccount(verdict('unknown'), { verify }, off);
    expect(open.outcome).toBe('unchecked');
    expect(open.reason).toMatch(/could not be asked: No companion answers\./);
    expect(open.steps).toMatchObject([{ id: 'account', result: 'could-not-run' }]);
  });
});
