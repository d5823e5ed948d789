import { sha256 } from '@noble/hashes/sha2.js';
import { afterEach, describe, expect, it } from 'vitest';

import { createRpcRoute } from '../../../companion/chain/rpc-route.ts';
import type { Issuer } from '../../../shared/evidence/issuer.ts';
import { checkPath } from '../../../shared/evidence/merkle.ts';
import { parseProofXml } from '../../../shared/evidence/proof-xml.ts';
import { verifyProof } from '../../../shared/evidence/verify-proof.ts';
import { eventually } from '../../helpers/eventually.ts';
import { callOriginstamp, digestOf } from '../../helpers/originstamp-caller.ts';
import {
  type RunningService,
  type RunningServiceOptions,
  startService,
} from '../../helpers/running-service.ts';

let running: RunningService | undefined;
afterEach(async () => {
  expect(running?.errors ?? []).toEqual([]);
  await running?.stop();
  running = undefined;
});

async function start(options: RunningServiceOptions = {}) {
  running = await startService({ chain: true, settings: { seedCloseDigests: 1 }, ...options });
  return {
    running,
    client: callOriginstamp(running),
    chain: running.chain as NonNullable<RunningService['chain']>,
  };
}

const hashes = (prefix: string, count: number) =>
  Array.from({ length: count }, (_, index) => digestOf(`${prefix} ${index}`));

describe('a seed', () => {
  it('never holds more than the setting, and each answer names the one its digest is in', async () => {
    const { client } = await start({ settings: { seedCloseDigests: 2, seedCloseSeconds: 3_600 } });
    const all = hashes('split', 5);
    const answers: { data: { timestamps: { seed_id: string }[] } }[] = await client.bulk(
      all.map((hash) => ({ hash })),
    );
    const ids = answers.map(({ data }) => data.timestamps[0]?.seed_id);
    expect(ids.map((id) => ids.indexOf(id))).toEqual([0, 0, 2, 2, 4]);
    for (const [index, hash] of all.entries()) {
      expect((await client.status(hash)).data.timestamps[0].seed_id).toBe(ids[index]);
    }
  });

  it('goes from queued to final, and never says more than the chain bears out', async () => {
    const { client } = await start();
    const hash = digestOf('lifecycle');
    const { data } = await client.create({ hash });
    const { seed_id } = data.timestamps[0];
    const seen: number[] = [];
    const final = await eventually('the seed is final', async () => {
      const { body } = await client.call('GET', `/v4/timestamp/status/seed/${seed_id}`);
      const { submit_status: status, private_key, transaction, timestamp } = body.data;
      expect(private_key === null).toBe(status < 1);
      expect(transaction === null).toBe(status < 2);
      expect(timestamp === null).toBe(status < 2);
      seen.push(status);
      return status === 3 && body.data;
    });
    expect(seen).toEqual(seen.toSorted((a, b) => a - b));
    expect(final).toEqual({
      seed_id,
      currency_id: 1,
      submit_status: 3,
      private_key: expect.stringMatching(/^[0-9a-f]{64}$/),
      transaction: expect.stringMatching(/^0x[0-9a-f]{64}$/),
      timestamp: expect.any(Number),
    });
    // One object for all hashes of the seed, and the same one in each of them.
    expect((await client.status(hash)).data.timestamps).toEqual([final]);
    const upperCase = await client.call('GET', `/v4/timestamp/status/seed/${seed_id.toUpperCase()}`);
    expect(upperCase.body.data).toEqual(final);
  });

  it('stands on the chain as the input of a plain transaction of the wallet to itself', async () => {
    const { client, chain } = await start();
    const { data } = await client.stamp(digestOf('on chain'));
    const { transaction, private_key, timestamp } = data.timestamps[0];
    const found = await chain.reader.getTransaction({ hash: transaction });
    expect(found).toMatchObject({ input: `0x${private_key}`, value: 0n });
    expect([found.from.toLowerCase(), found.to?.toLowerCase()]).toEqual([
      chain.wallet.toLowerCase(),
      chain.wallet.toLowerCase(),
    ]);
    const block = await chain.reader.getBlock({ blockNumber: found.blockNumber as bigint });
    expect(timestamp).toBe(Number(block.timestamp) * 1000);
    // What is anchored for others does not show up as a stamp of the tenant's files.
    expect((await (running as RunningService).json('GET')).body).toMatchObject({ success: true });
  });

  it('of one digest has a root above it', async () => {
    const { client } = await start();
    const hash = digestOf('alone');
    const { data } = await client.stamp(hash);
    expect(data.timestamps[0].private_key).toBe(digestOf(hash + hash));
  });

  it('gathers what comes until it is closed: one transaction, and a proof for each digest', async () => {
    const { client, chain } = await start({ settings: { seedCloseDigests: 257, seedCloseSeconds: 3_600 } });
    const all = hashes('gathered', 257);
    for (let from = 0; from < all.length; from += 100) {
      await client.bulk(all.slice(from, from + 100).map((hash) => ({ hash })));
    }
    const first = all[0] as string;
    const { seed_id } = (await client.status(first)).data.timestamps[0];
    const seed = await eventually('the seed is final', async () => {
      const { body } = await client.call('GET', `/v4/timestamp/status/seed/${seed_id}`);
      return body.data.submit_status === 3 && body.data;
    });
    const anchors = (running as RunningService).ledger.db
      .prepare("SELECT value FROM anchors WHERE kind = 'root'")
      .all();
    expect(anchors).toEqual([{ value: seed.private_key }]);
    expect((await chain.reader.getTransaction({ hash: seed.transaction })).input).toBe(
      `0x${seed.private_key}`,
    );
    for (const hash of all) {
      const { data } = await client.proofUrl(hash);
      const proof = parseProofXml(await (await fetch(data.download_url)).text());
      expect(proof).toMatchObject({ leaf: hash, root: seed.private_key });
      expect(proof.steps).toHaveLength(9);
      expect(checkPath(proof, sha256)).toEqual({ ok: true });
    }
  });

  it('is followed by another one when more comes, and no digest is in both', async () => {
    const { client } = await start();
    const one = await client.stamp(digestOf('one seed'));
    const other = await client.stamp(digestOf('another seed'));
    expect(other.data.timestamps).toHaveLength(1);
    expect(other.data.timestamps[0].seed_id).not.toBe(one.data.timestamps[0].seed_id);
    expect(await client.status(digestOf('one seed'))).toEqual(one);
    // Known digests do not come into a new one.
    expect((await client.create({ hash: digestOf('one seed') })).data.timestamps).toEqual(
      one.data.timestamps,
    );
  });

  it('is the same after a restart, and goes on where it was', async () => {
    const settings = { seedCloseSeconds: 3_600, seedCloseDigests: 1_000 };
    const first = await start({ settings });
    const hash = digestOf('restarted');
    const { data } = await first.client.create({ hash });
    const { folder } = first.running;
    await first.running.stop({ keepFolder: true });
    const second = await start({ folder, settings: { ...settings, seedCloseSeconds: 0 } });
    const final = await eventually('the seed is final', async () => {
      const answer = await second.client.status(hash);
      return answer.data.timestamps[0].submit_status === 3 && answer.data;
    });
    expect(final).toMatchObject({ date_created: data.date_created });
    expect(final.timestamps[0].seed_id).toBe(data.timestamps[0].seed_id);
  });

  it('proves its digests to whoever reads the chain, without the service', async () => {
    const { client, chain } = await start({ settings: { seedCloseDigests: 3 } });
    const all = hashes('verified', 3);
    await client.bulk(all.map((hash) => ({ hash })));
    const [hash] = all as [string];
    const { data } = await client.stamp(hash);
    const link = (await client.proofUrl(hash)).data;
    const proof = parseProofXml(await (await fetch(link.download_url)).text());
    const rpc = createRpcRoute(chain, () => undefined);
    const issuer: Issuer = {
      name: 'Test service',
      chainId: chain.id,
      chainName: chain.name,
      isLocal: true,
      contract: chain.contract,
      wallet: chain.wallet,
      startBlock: Number(chain.startBlock),
      rpcUrls: ['http://chain.example/'],
      gatewayUrl: 'http://chain.example/ipfs/',
      finality: chain.finality,
    };
    const verify = (issuers: Issuer[]) =>
      verifyProof({
        subject: { digest: hash },
        proof,
        hint: { chainId: chain.id, transaction: data.timestamps[0].transaction },
        issuers,
        fetch: async (input, init) => rpc.fetch(new Request(input, init)),
      });
    expect(await verify([issuer])).toMatchObject({
      outcome: 'confirmed',
      seed: {
        method: 'evm-input',
        transaction: data.timestamps[0].transaction,
        blockTimeSeconds: data.timestamps[0].timestamp / 1000,
        isLocal: true,
      },
    });
    expect(await verify([{ ...issuer, wallet: '0x0000000000000000000000000000000000000001' }])).toMatchObject(
      {
        outcome: 'unfamiliar',
      },
    );
  });
});

describe('GET /v4/timestamp/{hash_string}', () => {
  it('takes the hash in any case of letters', async () => {
    const { client } = await start();
    const hash = digestOf('letters');
    await client.create({ hash, comment: 'c' });
    const { data } = await client.status(hash.toUpperCase());
    expect(data).toMatchObject({ created: false, hash_string: hash, comment: 'c' });
  });

  it('answers 9005 for a hash that nobody submitted, and 9001 for what is none', async () => {
    const { client } = await start();
    expect(await client.status(digestOf('never'))).toMatchObject({ data: null, error_code: 9005 });
    for (const wrong of [
      'abc',
      `${digestOf('long')}00`,
      'status',
      '%00',
      '..%2f..%2fetc',
      'z'.repeat(4_000),
    ]) {
      expect(await client.status(wrong)).toMatchObject({ data: null, error_code: 9001 });
    }
  });
});

describe('GET /v4/timestamp/status/seed/{seed_id}', () => {
  it.each(['0b9e7d52-6a0f-4a43-8d3e-7a1f3c9d2e10', 'none', '%27%20OR%201=1', '1'.repeat(1_000)])(
    'answers 9005 for %s',
    async (seedId) => {
      const { client } = await start({ chain: false });
      const { status, body } = await client.call('GET', `/v4/timestamp/status/seed/${seedId}`);
      expect(status).toBe(200);
      expect(body).toMatchObject({ data: null, error_code: 9005 });
    },
  );
});

describe('without a chain', () => {
  it('no currency is offered, and nothing is taken that would never be stamped', async () => {
    const { client } = await start({ chain: false });
    expect((await client.call('GET', '/v3/currencies/get')).body).toMatchObject({ data: [], error_code: 0 });
    const hash = digestOf('no chain');
    expect(await client.create({ hash })).toMatchObject({ data: null, error_code: 9008 });
    expect(await client.bulk([{ hash }, { hash: 'bad' }])).toMatchObject([
      { error_code: 9008 },
      { error_code: 9001 },
    ]);
    expect(await client.status(hash)).toMatchObject({ error_code: 9005 });
    expect(await client.proofUrl(hash)).toMatchObject({ error_code: 9008 });
  });
});
