import { describe, expect, it } from 'vitest';

import {
  conclude,
  concludeRecord,
  type Findings,
  outcomesWorstFirst,
  type RecordFinding,
  worstOutcome,
} from '../../../shared/evidence/conclude.ts';
import type { Outcome } from '../../../shared/evidence/verdict.ts';

const good: RecordFinding = {
  isTrusted: true,
  source: 'index',
  log: 'present',
  membership: 'proved',
  time: 'known',
  finality: 'final',
};
const nothing: Findings = { claim: 'none', records: [], isSearchComplete: true, service: 'not-asked' };

describe('concludeRecord', () => {
  it.each<[string, Partial<RecordFinding>, Outcome]>([
    ['every step passed', {}, 'confirmed'],
    ['every step passed, claimed by a stranger', { source: 'claim' }, 'confirmed'],
    ['an issuer that is not on the list', { isTrusted: false }, 'unfamiliar'],
    ['a block that is not final', { finality: 'not-final' }, 'pending'],
    [
      'a strange issuer and a block that is not final',
      { isTrusted: false, finality: 'not-final' },
      'pending',
    ],
    ['finality that could not be read', { finality: 'unavailable' }, 'unchecked'],
    ['RPC down', { log: 'unavailable', time: 'unavailable', finality: 'unavailable' }, 'unchecked'],
    ['endpoints that disagree on the log', { log: 'disagreement' }, 'unchecked'],
    ['endpoints that disagree on the time', { time: 'disagreement' }, 'unchecked'],
    ['a time that could not be read', { time: 'unavailable' }, 'unchecked'],
    ['bytes that could not be had', { membership: 'unavailable' }, 'unchecked'],
    ['bytes that refute the hash', { membership: 'refuted' }, 'contradicted'],
    [
      'bytes that refute the hash, not final',
      { membership: 'refuted', finality: 'not-final' },
      'contradicted',
    ],
    ['bytes that refute the hash, RPC down', { membership: 'refuted', log: 'unavailable' }, 'unchecked'],
    ['a claimed record that the chain does not hold', { source: 'claim', log: 'absent' }, 'contradicted'],
    ['a record of the index that the chain lost', { log: 'absent' }, 'unchecked'],
    ['a claimed record, RPC down', { source: 'claim', log: 'unavailable' }, 'unchecked'],
  ])('should judge %s', (_, change, outcome) => {
    expect(concludeRecord({ ...good, ...change })).toBe(outcome);
  });
});

describe('conclude', () => {
  const unfamiliar = { ...good, isTrusted: false };
  const pending: RecordFinding = { ...good, finality: 'not-final' };
  const refuted: RecordFinding = { ...good, membership: 'refuted' };
  const open: RecordFinding = { ...good, log: 'unavailable' };

  it.each<[string, Partial<Findings>, Outcome]>([
    ['nothing anywhere', {}, 'unknown'],
    ['nothing, but not everything was searched', { isSearchComplete: false }, 'unchecked'],
    ['nothing, and the service could not be asked', { service: 'unavailable' }, 'unchecked'],
    ['nothing, and the service does not know it', { service: 'does-not-know' }, 'unknown'],
    ['only a service knows it', { service: 'knows' }, 'pending'],
    ['only a service knows it, search incomplete', { service: 'knows', isSearchComplete: false }, 'pending'],
    ['a good record', { records: [good] }, 'confirmed'],
    ['a good record, search incomplete elsewhere', { records: [good], isSearchComplete: false }, 'confirmed'],
    ['a good record after a bad one', { records: [refuted, good] }, 'confirmed'],
    ['a good record after one that is open', { records: [open, good] }, 'confirmed'],
    ['a stranger and an open one', { records: [open, unfamiliar] }, 'unfamiliar'],
    ['a stranger and a familiar one', { records: [unfamiliar, good] }, 'confirmed'],
    ['a refuted and a pending one', { records: [pending, refuted] }, 'contradicted'],
    ['an open and a pending one', { records: [open, pending] }, 'pending'],
    ['an open one that a service knows', { records: [open], service: 'knows' }, 'unchecked'],
    ['an open one', { records: [open] }, 'unchecked'],
    ['content that is presented and is not it', { claim: 'mismatch', records: [good] }, 'contradicted'],
    ['false content of a hash without record', { claim: 'mismatch' }, 'contradicted'],
    ['content that is it', { claim: 'match', records: [good] }, 'confirmed'],
    ['content that is it, no record', { claim: 'match' }, 'unknown'],
    ['content that could not be read', { claim: 'unread', records: [good] }, 'confirmed'],
  ])('should judge %s', (_, change, outcome) => {
    expect(conclude({ ...nothing, ...change })).toBe(outcome);
  });

  it('should never turn an error into absence, nor absence into an error', () => {
    const logs = ['present', 'absent', 'disagreement', 'unavailable'] as const;
    for (const log of logs) {
      const outcome = conclude({ ...nothing, records: [{ ...good, log }] });
      expect(outcome, log).not.toBe('unknown');
    }
    expect(conclude(nothing)).not.toBe('unchecked');
  });
});

describe('worstOutcome', () => {
  it('should show what matters most', () => {
    expect(worstOutcome([])).toBeUndefined();
    expect(worstOutcome(['confirmed', 'confirmed'])).toBe('confirmed');
    expect(worstOutcome(['confirmed', 'contradicted', 'unchecked'])).toBe('contradicted');
    expect(worstOutcome(['confirmed', 'unchecked', 'pending'])).toBe('unchecked');
  });

  it('should know every outcome once', () => {
    expect(new Set(outcomesWorstFirst).size).toBe(6);
  });
});
