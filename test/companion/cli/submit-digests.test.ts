import { createHash } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { createSeedFollower } from '../../../companion/cli/follow-seeds.ts';
import { type Submission, submitDigests } from '../../../companion/cli/submit-digests.ts';
import { createOriginstampClient, type OriginstampClient } from '../../../shared/wire/originstamp.ts';
import {
  failure,
  type OriginstampUpstream,
  startOriginstampUpstream,
  upstreamKey,
} from '../../helpers/originstamp-upstream.ts';
import { createRecordingIo } from './recording-io.ts';

const never = new AbortController().signal;
const item = (n: number) => ({ n, digest: createHash('sha256').update(String(n)).digest('hex') });
const items = (count: number) => Array.from({ length: count }, (_, n) => item(n));

let upstream: OriginstampUpstream;
let client: OriginstampClient;
beforeEach(async () => {
  upstream = await startOriginstampUpstream();
  client = createOriginstampClient({
    baseUrl: upstream.baseUrl,
    fetch,
    headers: { authorization: upstreamKey },
  });
});
afterEach(() => upstream.close());

async function submit<Item extends { digest: string }>(given: Iterable<Item>, comment?: string) {
  const answers: Submission<Item>[] = [];
  for await (const answer of submitDigests(client, given, { comment, signal: never })) answers.push(answer);
  return answers;
}

/** How many digests each call carried. */
const sizes = () =>
  upstream.calls
    .map(({ body }) => (body as { timestamps: unknown[] }).timestamps.length)
    .toSorted((a, b) => b - a);

describe('submitDigests', () => {
  it('sends bulks of a hundred and answers in the order given', async () => {
    const given = items(250);
    const answers = await submit(given, 'note');
    expect(answers.map((answer) => answer.item)).toEqual(given);
    for (const answer of answers) {
      expect(answer.status).toMatchObject({ digest: answer.item.digest, isNew: true, comment: 'note' });
    }
    expect(sizes()).toEqual([100, 100, 50]);
  });

  it('sends what is repeated once', async () => {
    const answers = await submit([item(1), item(2), item(1), item(1)]);
    expect(answers.map(({ status }) => status?.isNew)).toEqual([true, true, false, false]);
    expect(sizes()).toEqual([2]);
    const later = await submit([...items(500), ...items(100)]);
    expect(later).toHaveLength(600);
    expect(sizes().reduce((sum, size) => sum + size)).toBeLessThanOrEqual(502);
  });

  it('goes on when the connection breaks after the service took a bulk', async () => {
    let breaks = 1;
    upstream.fault = () => (breaks-- > 0 ? 'drop-after' : undefined);
    const answers = await submit(items(3));
    expect(answers.every(({ status }) => status !== undefined)).toBe(true);
    expect(upstream.digests.size).toBe(3);
  });

  it('sends only what failed for the moment again', async () => {
    let rounds = 0;
    const fine = (body: unknown) =>
      (body as { timestamps: { hash: string }[] }).timestamps.map(({ hash }, at) =>
        at === 1 ? failure(9999, 'Internal.') : { data: { hash_string: hash }, error_code: 0 },
      );
    upstream.fault = ({ body }) => (rounds++ === 0 ? { body: fine(body) } : undefined);
    const answers = await submit(items(3));
    expect(sizes()).toEqual([3, 1]);
    expect(answers.every(({ status }) => status !== undefined)).toBe(true);
  });

  it('leaves what fails for good in its place', async () => {
    const answers = await submit([item(1), { n: 2, digest: 'no digest' }, item(3)]);
    expect(answers.map(({ error }) => error?.code)).toEqual([undefined, 'service-refused', undefined]);
    expect(upstream.calls).toHaveLength(1);
  });

  it('comes again when too many asked at once', async () => {
    let isLimited = true;
    upstream.fault = () => {
      if (!isLimited) return undefined;
      isLimited = false;
      return { status: 429, body: {}, headers: { 'retry-after': '0' } };
    };
    expect((await submit(items(1)))[0]?.status).toMatchObject({ isNew: true });
    expect(sizes()).toEqual([1, 1]);
  });

  it('fails as a whole when the key does', async () => {
    client = createOriginstampClient({ baseUrl: upstream.baseUrl, fetch });
    await expect(submit(items(1_000))).rejects.toMatchObject({ code: 'service-unauthorized' });
    expect(upstream.calls.length).toBeLessThan(8);
  });

  it('begins nothing that is not asked for', async () => {
    let taken = 0;
    function* endless() {
      for (;;) yield item(taken++);
    }
    for await (const _ of submitDigests(client, endless(), { signal: never })) break;
    expect(taken).toBeLessThanOrEqual(500);
  });

  it('ends with an interrupt', async () => {
    upstream.fault = () => ({ status: 503, body: {} });
    const controller = new AbortController();
    const io = createRecordingIo(controller.signal);
    const running = (async () => {
      for await (const _ of submitDigests(client, items(1), { signal: io.signal })) break;
    })();
    controller.abort(new Error('enough'));
    await expect(running).rejects.toThrow();
    expect(controller.signal.aborted).toBe(true);
  });
});

describe('createSeedFollower', () => {
  it('asks once for a seed that many wait for, until it is final', async () => {
    const answers = await submit(items(150));
    const follower = createSeedFollower(client, createRecordingIo());
    upstream.calls.length = 0;
    upstream.advance(1);
    let looks = 0;
    upstream.fault = () => {
      looks += 1;
      if (looks === 2) upstream.advance(2);
      if (looks === 3) return 'drop-before';
      if (looks === 4) upstream.advance(3);
      return undefined;
    };
    const seeds = await Promise.all(
      answers.map(({ status }) => {
        const [seed] = status?.seeds ?? [];
        if (!seed) throw new Error('no seed');
        return follower.waitForFinal(seed);
      }),
    );
    expect(new Set(seeds.map(({ seedId }) => seedId)).size).toBe(1);
    expect(seeds[0]).toMatchObject({ status: 3, transaction: expect.stringMatching(/^0x/) });
    expect(upstream.calls).toHaveLength(4);
  });

  it('asks nothing about a seed that is final', async () => {
    await submit(items(1));
    upstream.advance(3);
    const [answer] = await submit(items(1));
    upstream.calls.length = 0;
    const [seed] = answer?.status?.seeds ?? [];
    if (!seed) throw new Error('no seed');
    expect(await createSeedFollower(client, createRecordingIo()).waitForFinal(seed)).toBe(seed);
    expect(upstream.calls).toEqual([]);
  });

  it('does not wait for a seed that the service forgot', async () => {
    const [answer] = await submit(items(1));
    const [seed] = answer?.status?.seeds ?? [];
    if (!seed) throw new Error('no seed');
    upstream.seeds.length = 0;
    await expect(createSeedFollower(client, createRecordingIo()).waitForFinal(seed)).rejects.toMatchObject({
      code: 'seed-gone',
    });
  });
});
