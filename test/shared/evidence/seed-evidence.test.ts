import { describe, expect, it } from 'vitest';

import {
  readSeedHint,
  type SeedEvidence,
  writeSeedEvidence,
} from '../../../shared/evidence/seed-evidence.ts';

const evidence: SeedEvidence = {
  digest: 'ab'.repeat(32),
  root: 'cd'.repeat(32),
  seedId: '0b9e7d52-6a0f-4a43-8d3e-7a1f3c9d2e10',
  currencyId: 1,
  chain: { id: 4_774_000_123, name: 'Hashmark local chain', isLocal: true },
  transaction: `0x${'12'.repeat(32)}`,
  sender: `0x${'34'.repeat(20)}`,
  blockNumber: 7,
  blockHash: `0x${'56'.repeat(32)}`,
  blockTimeSeconds: 1_795_314_797,
  submittedAtSeconds: 1_795_314_790.123,
  comment: 'a "comment"',
  service: 'http://127.0.0.1:4774',
};
const text = writeSeedEvidence(evidence);
const changed = (change: (json: Record<string, unknown>) => void) => {
  const json = JSON.parse(text);
  change(json);
  return JSON.stringify(json);
};

describe('writeSeedEvidence', () => {
  it('should keep a comment that speaks PDF, without looking like it', () => {
    const comment = '/Encrypt << /#4cZW "\\n" //';
    const written = writeSeedEvidence({ ...evidence, comment });
    expect(JSON.parse(written).comment).toBe(comment);
    expect(written).not.toMatch(/\/(Encrypt|#4c)/);
    expect(written).toContain('http://127.0.0.1:4774');
  });
});

describe('readSeedHint', () => {
  it('should bring back where to look', () => {
    const { root, transaction, chain } = evidence;
    expect(readSeedHint(text)).toEqual({ root, transaction, chainId: chain.id });
    expect(text.endsWith('}\n')).toBe(true);
  });

  it.each([
    ['no JSON', '<xml/>'],
    ['nothing', ''],
    ['another format', changed((json) => Object.assign(json, { format: 'hashmark-evidence-1' }))],
    ['no chain', changed((json) => Object.assign(json, { chain: undefined }))],
    ['a chain id that is no number', changed((json) => Object.assign(json, { chain: { id: '1' } }))],
    ['a chain id below 1', changed((json) => Object.assign(json, { chain: { id: 0 } }))],
    ['a short transaction', changed((json) => Object.assign(json, { transaction: '0x12' }))],
    ['a root in capitals', changed((json) => Object.assign(json, { root: 'CD'.repeat(32) }))],
  ])('should find nothing in %s', (_case, json) => {
    expect(readSeedHint(json)).toBeUndefined();
  });
});
