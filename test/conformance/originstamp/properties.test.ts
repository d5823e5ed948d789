import { sha256 } from '@noble/hashes/sha2.js';
import * as fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { checkPath } from '../../../shared/evidence/merkle.ts';
import { parseProofXml } from '../../../shared/evidence/proof-xml.ts';
import { eventually } from '../../helpers/eventually.ts';
import { callOriginstamp, digestOf, type OriginstampCaller } from '../../helpers/originstamp-caller.ts';
import { type RunningService, startService } from '../../helpers/running-service.ts';

let running: RunningService;
let client: OriginstampCaller;
const settings = { seedCloseDigests: 1_000_000, seedCloseSeconds: 3_600 };
beforeAll(async () => {
  running = await startService({ chain: true, settings });
  client = callOriginstamp(running);
});
afterAll(async () => {
  expect(running.errors).toEqual([]);
  await running.stop();
});

/** Digests are global: each run has its own. */
let runs = 0;

describe('any sequence of requests', () => {
  const item = fc.record({
    name: fc.nat(7),
    comment: fc.option(fc.string({ unit: 'binary', maxLength: 40 }), { nil: undefined }),
    isUpperCase: fc.boolean(),
  });
  const request = fc.oneof(
    fc.record({ kind: fc.constant('create' as const), item }),
    fc.record({
      kind: fc.constant('bulk' as const),
      items: fc.array(fc.oneof(item, fc.constantFrom(null, 'bad', 7)), { maxLength: 12 }),
    }),
  );

  it('is answered as a map from digest to its first submission would be', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(request, { maxLength: 12 }), async (requests) => {
        const run = runs++;
        const known = new Map<string, { comment: string | null; date: number; seedId: string }>();
        const hashOf = (name: number) => digestOf(`model ${run} ${name}`);
        const toWire = ({
          name,
          comment,
          isUpperCase,
        }: {
          name: number;
          comment?: string;
          isUpperCase: boolean;
        }) => ({
          hash: isUpperCase ? hashOf(name).toUpperCase() : hashOf(name),
          comment,
        });
        // biome-ignore lint/suspicious/noExplicitAny: a client reads answers by name
        function check(name: number, comment: string | undefined, answer: any): void {
          const hash = hashOf(name);
          const { data } = answer;
          const first = known.get(hash);
          expect(answer).toMatchObject({ error_code: 0, data: { created: !first, hash_string: hash } });
          expect(data.comment).toBe(comment ?? first?.comment ?? null);
          const { seed_id: seedId } = data.timestamps[0];
          if (first) expect([data.date_created, seedId]).toEqual([first.date, first.seedId]);
          else known.set(hash, { comment: comment ?? null, date: data.date_created, seedId });
        }
        for (const each of requests) {
          if (each.kind === 'create') {
            check(each.item.name, each.item.comment, await client.create(toWire(each.item)));
            continue;
          }
          const answers = await client.bulk(
            each.items.map((one) => (typeof one === 'object' && one ? toWire(one) : one)),
          );
          expect(answers).toHaveLength(Math.max(1, each.items.length));
          for (const [index, one] of each.items.entries()) {
            if (typeof one === 'object' && one) check(one.name, one.comment, answers[index]);
            else expect(answers[index]).toMatchObject({ data: null, error_code: 9001 });
          }
        }
        for (const [hash, { comment, date }] of known) {
          expect((await client.status(hash)).data).toMatchObject({
            created: false,
            comment,
            date_created: date,
          });
        }
      }),
      { numRuns: 40 },
    );
  });
});

describe('any set of digests', () => {
  it('has one anchor, and a proof for each that leads to what the chain holds', async () => {
    const hash = fc
      .uint8Array({ minLength: 32, maxLength: 32 })
      .map((bytes) => Buffer.from(bytes).toString('hex'));
    await fc.assert(
      fc.asyncProperty(fc.uniqueArray(hash, { minLength: 1, maxLength: 40 }), async (hashes) => {
        // What earlier runs left open is closed with these.
        settings.seedCloseDigests = 1_000_000;
        const answers = await client.bulk(hashes.map((each) => ({ hash: each })));
        settings.seedCloseDigests = 1;
        await client.create({ hash: digestOf(`closes run ${runs++}`) });
        const seedId = answers[0].data.timestamps[0].seed_id;
        const seed = await eventually('the seed is final', async () => {
          const { body } = await client.call('GET', `/v4/timestamp/status/seed/${seedId}`);
          return body.data.submit_status === 3 && body.data;
        });
        for (const each of hashes) {
          const { data } = await client.proofUrl(each);
          const proof = parseProofXml(await (await fetch(data.download_url)).text());
          expect(proof).toMatchObject({ leaf: each, root: seed.private_key });
          expect(checkPath(proof, sha256)).toEqual({ ok: true });
        }
        const found = await running.chain?.reader.getTransaction({ hash: seed.transaction });
        expect(found?.input).toBe(`0x${seed.private_key}`);
      }),
      { numRuns: 12 },
    );
  });
});

describe('any body', () => {
  it('is answered by 200, 400 or 413 and a whole envelope, and never by 9999', async () => {
    const paths = [
      '/v4/timestamp/create',
      '/v4/timestamp/bulk/create',
      '/v3/timestamp/proof/url',
      '/v3/webhook/register',
      '/v3/webhook/information',
    ];
    const names = [
      'hash',
      'hash_string',
      'comment',
      'notifications',
      'timestamps',
      'currency',
      'proof_type',
      'target',
    ];
    const value = fc.oneof(
      fc.jsonValue({ maxDepth: 3 }),
      fc.constant(digestOf('any')),
      fc.array(fc.record({ hash: fc.oneof(fc.constant(digestOf('any')), fc.jsonValue({ maxDepth: 1 })) }), {
        maxLength: 5,
      }),
    );
    const body = fc.oneof(
      fc
        .dictionary(fc.oneof(fc.constantFrom(...names), fc.string()), value)
        .map((object) => JSON.stringify(object)),
      fc.string({ unit: 'binary' }),
    );
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...paths), body, async (path, text) => {
        const { status, body: answer } = await client.call('POST', path, text);
        expect([200, 400, 413]).toContain(status);
        for (const each of Array.isArray(answer) ? answer : [answer]) {
          expect(Object.keys(each).sort()).toEqual(['data', 'error_code', 'error_message']);
          expect(each.error_code).not.toBe(9999);
          expect(each.error_code === 0).toBe(each.error_message === null);
        }
      }),
      { numRuns: 400 },
    );
  });
});
