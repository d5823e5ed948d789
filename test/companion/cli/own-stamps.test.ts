import { createHash } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { judgeOwnStamp } from '../../../companion/cli/own-stamps.ts';
import { openProofFolder, prepareProofFolder } from '../../../companion/cli/proof-folder.ts';
import type { Issuer } from '../../../shared/evidence/issuer.ts';
import {
  createOriginstampClient,
  type OriginstampClient,
  type SeedStatus,
} from '../../../shared/wire/originstamp.ts';
import {
  type OriginstampUpstream,
  startOriginstampUpstream,
  upstreamKey,
} from '../../helpers/originstamp-upstream.ts';

const digests = ['a', 'b', 'c'].map((text) => createHash('sha256').update(text).digest('hex'));
const [digest = '', other = ''] = digests;
const { signal } = new AbortController();

/** What a service can do to a proof, and what is said of it. */
const forgeries: [what: string, forge: (xml: string) => string, said: RegExp][] = [
  ['names another digest', (xml) => xml.replace(digest, other), /it is the proof of/],
  [
    'has another sibling',
    (xml) => xml.replace(/value="[0-9a-f]{64}" type="mesh"\/>/, `value="${digest}" type="mesh"/>`),
    /step \d gives/,
  ],
  [
    'has another root',
    (xml) => xml.replace(/value="[0-9a-f]{64}" type="key"/, `value="${other}" type="key"`),
    /it leads to .*, and the seed's root is/,
  ],
  ['is no XML', () => '<html>', /not a Merkle proof/],
];

let upstream: OriginstampUpstream;
let client: OriginstampClient;
let folder: string;
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'hashmark-own-stamps-'));
  upstream = await startOriginstampUpstream();
  client = createOriginstampClient({
    baseUrl: upstream.baseUrl,
    fetch,
    headers: { authorization: upstreamKey },
  });
  await client.stampAll(digests.map((each) => ({ digest: each })));
});
afterEach(async () => {
  await upstream.close();
  rmSync(folder, { recursive: true, force: true });
});

describe('judgeOwnStamp', () => {
  const judge = (what = digest) => judgeOwnStamp(what, { client, issuers: [], fetch, signal });

  it('says nothing of a digest that the service does not know', async () => {
    expect(await judge('ab'.repeat(32))).toBeUndefined();
  });

  it.each([
    [0, /its seed is still open/],
    [1, /on its way to the chain/],
    [2, /in a block that is not final yet/],
  ] as const)('is pending at status %i, and says what is waited for', async (status, said) => {
    if (status > 0) upstream.advance(status as 1 | 2);
    expect(await judge()).toMatchObject({
      outcome: 'pending',
      hash: { kind: 'digest', value: digest },
      reason: expect.stringMatching(said),
    });
  });

  it('does not take the word of the service for what it cannot read itself', async () => {
    upstream.advance(3);
    const verdict = await judge();
    expect(verdict?.outcome).toBe('unchecked');
    expect(verdict?.steps.filter(({ result }) => result === 'passed').length).toBeGreaterThan(1);
  });

  it.each(forgeries)('is contradicted by a proof that %s', async (_what, forge) => {
    upstream.advance(3);
    upstream.forge = forge;
    expect(await judge()).toMatchObject({ outcome: 'contradicted' });
  });

  it('fails when the service cannot be asked', async () => {
    upstream.fault = () => 'drop-before';
    await expect(judge()).rejects.toMatchObject({ code: 'service-unreachable' });
  });
});

describe('openProofFolder', () => {
  async function finalSeed(): Promise<SeedStatus> {
    upstream.advance(3);
    const [seed] = (await client.digestStatus(digest))?.seeds ?? [];
    if (!seed) throw new Error('no seed');
    return seed;
  }
  const open = () => {
    const path = join(folder, 'proofs');
    expect(prepareProofFolder(path)).toBeUndefined();
    return openProofFolder(path, { client, issuers: [], signal });
  };

  it('keeps a proof whose chain could not be read, says so, and does not fetch it again', async () => {
    const seed = await finalSeed();
    const proofs = open();
    await expect(proofs.keep(digest, seed)).rejects.toMatchObject({ code: 'proof-unchecked' });
    const [name = ''] = readdirSync(join(folder, 'proofs'));
    expect(name).toBe(`proof.Ethereum.${digest}.xml`);
    expect(readFileSync(join(folder, 'proofs', name), 'utf8')).toContain(`value="${digest}" type="hash"`);
    upstream.calls.length = 0;
    await expect(open().keep(digest, seed)).rejects.toMatchObject({ code: 'proof-unchecked' });
    expect(upstream.calls).toEqual([]);
  });

  it.each(forgeries)('keeps no proof that %s', async (_what, forge, said) => {
    const seed = await finalSeed();
    upstream.forge = forge;
    const failure = await open()
      .keep(digest, seed)
      .catch((error) => error);
    expect(['proof-contradicted', 'malformed-proof']).toContain(failure.code);
    expect(failure.message).toMatch(said);
    expect(readdirSync(join(folder, 'proofs'))).toEqual([]);
  });

  it('keeps no proof that leads to another seed', async () => {
    const seed = await finalSeed();
    const proofs = open();
    await expect(proofs.keep(digest, { ...seed, root: other })).rejects.toMatchObject({
      code: 'proof-contradicted',
    });
    expect(readdirSync(join(folder, 'proofs'))).toEqual([]);
  });

  it('lets go of a chain that keeps it waiting when the user interrupts, and writes nothing', async () => {
    const seed = await finalSeed();
    const interruption = new AbortController();
    const tarPit = createServer(() => interruption.abort());
    await new Promise<void>((resolve) => tarPit.listen(0, '127.0.0.1', resolve));
    try {
      const rpcUrls = [`http://127.0.0.1:${(tarPit.address() as AddressInfo).port}`];
      const path = join(folder, 'proofs');
      expect(prepareProofFolder(path)).toBeUndefined();
      const issuer: Issuer = {
        ...{ name: 'Slow', chainId: 1, chainName: 'Slow', isLocal: false, startBlock: 0, gatewayUrl: '' },
        ...{ contract: `0x${'11'.repeat(20)}`, finality: { kind: 'confirmations', blocks: 1 }, rpcUrls },
      };
      const proofs = openProofFolder(path, { client, issuers: [issuer], signal: interruption.signal });
      await expect(proofs.keep(digest, seed)).rejects.toMatchObject({ name: 'AbortError' });
      expect(readdirSync(path)).toEqual([]);
    } finally {
      tarPit.closeAllConnections();
      tarPit.close();
    }
  });
});
