import { sha256 } from '@noble/hashes/sha2.js';
import { afterAll, beforeAll, expect, it } from 'vitest';

import { checkPath } from '../../../shared/evidence/merkle.ts';
import { parseProofXml } from '../../../shared/evidence/proof-xml.ts';
import { createOriginstampClient, downloadProof, finalStatus } from '../../../shared/wire/originstamp.ts';
import { eventually } from '../../helpers/eventually.ts';
import { digestOf } from '../../helpers/originstamp-caller.ts';
import { type RunningCompanion, readCredentials, startCompanion } from '../../helpers/running-companion.ts';

let companion: RunningCompanion;
beforeAll(async () => {
  companion = await startCompanion();
});
afterAll(() => companion.stop());

it('a companion as it comes stamps what our own client hands in, proves it within seconds, and still does after a kill', async () => {
  const open = async () => {
    const { originstampKey } = await readCredentials(companion.home);
    return createOriginstampClient({
      baseUrl: companion.ready.url,
      headers: { authorization: originstampKey },
      fetch,
    });
  };
  let client = await open();
  const digests = Array.from({ length: 100 }, (_, index) => digestOf(`companion ${index}`));
  const answers = await client.stampAll(digests.map((digest) => ({ digest })));
  expect(answers.map(({ digest, status }) => [digest, status?.seeds.length])).toEqual(
    digests.map((digest) => [digest, 1]),
  );

  // What was answered survives whatever happens next.
  const { port } = new URL(companion.ready.url);
  await companion.end('SIGKILL');
  companion = await startCompanion({ home: companion.home, port: Number(port) });
  client = await open();

  const seedId = answers[0]?.status?.seeds[0]?.seedId ?? '';
  const seed = await eventually('the seed is final', async () => {
    const status = await client.seedStatus(seedId);
    return status?.status === finalStatus ? status : undefined;
  });
  for (const digest of [digests[0], digests[50], digests[99]] as string[]) {
    const link = await client.proofLink({ digest, currencyId: seed.currencyId, type: 'xml' });
    const proof = parseProofXml(Buffer.from(await downloadProof(fetch, link)).toString());
    expect(proof).toMatchObject({ leaf: digest, root: seed.root });
    expect(checkPath(proof, sha256)).toEqual({ ok: true });
  }
  const pdf = await client.proofLink({
    digest: digests[7] as string,
    currencyId: seed.currencyId,
    type: 'pdf',
  });
  const bytes = await downloadProof(fetch, pdf);
  expect(Buffer.from(bytes).toString('latin1', 0, 5)).toBe('%PDF-');
  expect(await client.digestStatus(digestOf('nobody'))).toBeUndefined();
  expect((await client.usage()).timestampsUsed).toBe(100);
});
