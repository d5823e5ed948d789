// @vitest-environment node
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { fetchProof, type StampedDigest } from '../../../extension/proofs/fetch-proof.ts';
import { createOriginstampClient } from '../../../shared/wire/originstamp.ts';
import {
  type OriginstampUpstream,
  startOriginstampUpstream,
  upstreamKey,
} from '../../helpers/originstamp-upstream.ts';
import { seedChain, seedIssuer, seedTimeSeconds } from '../../helpers/seed-chain.ts';
import { digestOf } from './sample-proofs.ts';

let upstream: OriginstampUpstream;
let chain: ReturnType<typeof seedChain>;

beforeEach(async () => {
  upstream = await startOriginstampUpstream();
  chain = seedChain();
  upstream.transactionOf = ({ root }) => chain.write(root ?? '');
});
afterEach(() => upstream.close());

const client = () =>
  createOriginstampClient({ baseUrl: upstream.baseUrl, fetch, headers: { authorization: upstreamKey } });
const get = (stamped: StampedDigest, issuer = seedIssuer()) =>
  fetchProof(stamped, {
    client: client(),
    downloadFetch: fetch,
    issuers: async () => [issuer],
    esplora: async () => [],
    fetch: chain.fetch,
  });

/** Stamps texts in one seed, takes it to its end, and puts its root on the chain. */
async function stamp(...texts: string[]): Promise<StampedDigest> {
  for (const text of texts) await client().stamp({ digest: digestOf(text) });
  upstream.advance(3);
  const digest = digestOf(texts[0] ?? '');
  const [seed] = (await client().digestStatus(digest))?.seeds ?? [];
  if (!seed?.seedId || !seed.transaction || !seed.root) throw new Error('the seed is not final');
  return { digest, seedId: seed.seedId, currencyId: 1, transaction: seed.transaction };
}

describe('fetchProof', () => {
  it('should give what is to be kept of a proof that holds', async () => {
    const stamped = await stamp('a', 'b', 'c');
    const { verdict, own } = await get(stamped);
    expect(verdict).toMatchObject({ outcome: 'confirmed', hash: { kind: 'digest', value: digestOf('a') } });
    expect(own).toMatchObject({
      proof: { leaf: digestOf('a'), root: upstream.seeds[0]?.root },
      seedId: stamped.seedId,
      currencyId: 1,
      chainId: 4774,
      transaction: stamped.transaction,
      blockTimeSeconds: seedTimeSeconds,
    });
    expect(own?.proof.steps).toHaveLength(2);
  });

  it('should keep a proof that somebody unfamiliar wrote, and say so', async () => {
    const other = seedIssuer({ wallet: '0x00000000000000000000000000000000000000cc' });
    const { verdict, own } = await get(await stamp('a'), other);
    expect(verdict.outcome).toBe('unfamiliar');
    expect(own).toBeDefined();
  });

  it('should keep nothing that the chain does not hold', async () => {
    upstream.transactionOf = () => chain.write('f'.repeat(64));
    const stamped = await stamp('a', 'b');
    expect(await get(stamped)).toMatchObject({ verdict: { outcome: 'contradicted' } });
    expect((await get(stamped)).own).toBeUndefined();
  });

  it('should keep nothing while the chain cannot be read, or is not final', async () => {
    const stamped = await stamp('a', 'b');
    const slow = seedIssuer({ finality: { kind: 'confirmations', blocks: 1000 } });
    const waiting = await get(stamped, slow);
    expect([waiting.verdict.outcome, waiting.own]).toEqual(['pending', undefined]);
    chain.chain.isDown = true;
    const open = await get(stamped);
    expect([open.verdict.outcome, open.own]).toEqual(['unchecked', undefined]);
  });

  it('should refuse the proof of another digest', async () => {
    const stamped = await stamp('a', 'b');
    const other = (await client().proofLink({ digest: digestOf('b'), currencyId: 1, type: 'xml' })).url;
    const xml = await (await fetch(other)).text();
    upstream.forge = () => xml;
    await expect(get(stamped)).rejects.toMatchObject({ code: 'another-proof' });
  });

  it('should refuse what is no proof', async () => {
    const stamped = await stamp('a');
    upstream.forge = () => '<!DOCTYPE x [<!ENTITY a "b">]><node/>';
    await expect(get(stamped)).rejects.toMatchObject({ code: 'malformed-proof' });
  });

  it('should say that there is no proof yet', async () => {
    await client().stamp({ digest: digestOf('a') });
    const [seed] = upstream.seeds;
    await expect(get({ digest: digestOf('a'), seedId: seed?.id ?? '', currencyId: 1 })).rejects.toMatchObject(
      { code: 'proof-unavailable' },
    );
  });
});
