import { createHash } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { HashmarkError } from '../../../shared/errors.ts';
import { parseProofXml } from '../../../shared/evidence/proof-xml.ts';
import {
  createOriginstampClient,
  downloadProof,
  maxBulkItems,
  type OriginstampClient,
} from '../../../shared/wire/originstamp.ts';
import {
  failure,
  type OriginstampUpstream,
  startOriginstampUpstream,
  success,
  upstreamKey,
} from '../../helpers/originstamp-upstream.ts';

const digestOf = (text: string) => createHash('sha256').update(text).digest('hex');
const a = digestOf('a');
const b = digestOf('b');

let upstream: OriginstampUpstream;
let client: OriginstampClient;
beforeEach(async () => {
  upstream = await startOriginstampUpstream();
  client = openClient();
});
afterEach(() => upstream.close());

function openClient(headers: Record<string, string> = { authorization: upstreamKey }) {
  return createOriginstampClient({ baseUrl: `${upstream.baseUrl}/`, fetch, headers });
}

/** What the next calls are answered with. */
function answerWith(body: unknown, status = 200, headers?: Record<string, string>) {
  upstream.fault = () => ({ status, body, headers });
}

describe('the journey of a digest', () => {
  it('is handed in, followed by its seed, and proved', async () => {
    const stamped = await client.stamp({ digest: a, comment: 'invoice 17' });
    expect(stamped).toMatchObject({ digest: a, isNew: true, comment: 'invoice 17' });
    expect(stamped.createdAtMs).toBeGreaterThan(1_700_000_000_000);
    const [seed] = stamped.seeds;
    const seedId = seed?.seedId ?? '';
    expect(seed).toEqual({
      seedId: expect.stringMatching(/^[0-9a-f-]{36}$/),
      currencyId: 1,
      status: 0,
      root: null,
      transaction: null,
      timestampMs: null,
    });
    expect(await client.stamp({ digest: a })).toMatchObject({ isNew: false, comment: 'invoice 17' });
    const proof = { digest: a, currencyId: 1, type: 'xml' } as const;
    await expect(client.proofLink(proof)).rejects.toMatchObject({ code: 'proof-unavailable' });

    upstream.advance(3);
    expect(await client.seedStatus(seedId.toUpperCase())).toEqual({
      ...seed,
      status: 3,
      root: expect.stringMatching(/^[0-9a-f]{64}$/),
      transaction: expect.stringMatching(/^0x[0-9a-f]{64}$/),
      timestampMs: 1_772_355_660_000,
    });
    expect(await client.digestStatus(a)).toMatchObject({ isNew: false, seeds: [{ seedId, status: 3 }] });
    const link = await client.proofLink(proof);
    expect(link.fileName).toBe(`proof.Ethereum.${a}.xml`);
    const bytes = await downloadProof(fetch, link);
    expect(parseProofXml(new TextDecoder().decode(bytes))).toMatchObject({ leaf: a });
    expect(upstream.calls.at(-1)?.headers.authorization).toBeUndefined();
  });

  it('tells usage and currencies', async () => {
    expect(await client.currencies()).toEqual([{ id: 1, name: 'ETHEREUM' }]);
    expect(await client.usage()).toEqual({
      creditsPerMonth: 6000,
      creditsLeft: 5199.5,
      creditsUsed: 0,
      timestampsPerMonth: 0,
      timestampsUsed: 0,
      certificatesPerMonth: 0,
      certificatesUsed: 0,
      limitedBy: 'credits',
    });
  });

  it('does not exist, which is an answer', async () => {
    expect(await client.digestStatus(a)).toBeUndefined();
    expect(await client.seedStatus('0b9e7d52-6a0f-4a43-8d3e-7a1f3c9d2e10')).toBeUndefined();
  });

  it('sends exactly what the wire asks for', async () => {
    await client.stampAll([{ digest: a, comment: 'x' }, { digest: b }]);
    const [call] = upstream.calls;
    expect(call).toMatchObject({
      method: 'POST',
      path: '/v4/timestamp/bulk/create',
      body: { timestamps: [{ hash: a, comment: 'x' }, { hash: b }] },
      headers: { accept: 'application/json', 'content-type': 'application/json', authorization: upstreamKey },
    });
  });
});

describe('stampAll', () => {
  it('answers each digest in the order given, each on its own', async () => {
    await client.stamp({ digest: b });
    const answers = await client.stampAll([{ digest: a }, { digest: 'no digest' }, { digest: b }]);
    expect(answers.map(({ digest }) => digest)).toEqual([a, 'no digest', b]);
    expect(answers[0]?.status).toMatchObject({ digest: a, isNew: true });
    expect(answers[1]?.error).toMatchObject({ code: 'service-refused', data: { errorCode: 9001 } });
    expect(answers[1]?.error?.message).toContain('Hash must be 64 hex characters.');
    expect(answers[2]?.status).toMatchObject({ digest: b, isNew: false });
  });

  it('asks nothing for nothing, and refuses more than a bulk', async () => {
    expect(await client.stampAll([])).toEqual([]);
    const many = Array.from({ length: maxBulkItems + 1 }, (_, at) => ({ digest: digestOf(`${at}`) }));
    await expect(client.stampAll(many)).rejects.toThrow(TypeError);
    expect(upstream.calls).toEqual([]);
  });

  const one = (digest: string) => success({ created: true, date_created: 1, hash_string: digest });
  it.each([
    ['an invalid key, item by item', [failure(3201, 'No.'), failure(3201, 'No.')], 'service-unauthorized'],
    ['an invalid key, once', [failure(3201, 'No.')], 'service-unauthorized'],
    ['a single envelope', failure(9004, 'Too many.'), 'service-refused'],
    ['a rate that was exceeded', [failure(9009, 'Slower.')], 'rate-limited'],
    ['an answer too few', [one(a)], 'service-unreadable'],
    ['an answer too many', [one(a), one(b), one(b)], 'service-unreadable'],
    ['no answer at all', [], 'service-unreadable'],
    ['a text', '"fine"', 'service-unreadable'],
  ])('fails as a whole with %s', async (_what, body, code) => {
    answerWith(body);
    await expect(client.stampAll([{ digest: a }, { digest: b }])).rejects.toMatchObject({ code });
  });

  it('takes an answer about another digest for none', async () => {
    answerWith([one(b), one(b)]);
    const [first, second] = await client.stampAll([{ digest: a }, { digest: b }]);
    expect(first?.error).toMatchObject({ code: 'service-unreadable' });
    expect(second?.status?.digest).toBe(b);
  });
});

describe('what services answer', () => {
  it.each([
    ['null', null],
    ['nothing', undefined],
    ['an empty list', []],
  ])('is read as no timestamps: %s', async (_what, timestamps) => {
    answerWith(success({ created: false, hash_string: a.toUpperCase(), date_created: '17', timestamps }));
    expect(await client.digestStatus(a)).toEqual({
      digest: a,
      isNew: false,
      createdAtMs: 17,
      comment: null,
      seeds: [],
    });
  });

  it('is read from a service older than v4, with other currencies', async () => {
    const timestamps = [
      { currency_id: 0, submit_status: 3, private_key: a.toUpperCase(), transaction: b, timestamp: 5 },
      { currency_id: '100', submit_status: '3', private_key: '', transaction: '2021-01-31', timestamp: null },
    ];
    answerWith({ data: { hash_string: a, timestamps }, error_code: 0 });
    expect((await client.digestStatus(a))?.seeds).toEqual([
      { seedId: undefined, currencyId: 0, status: 3, root: a, transaction: b, timestampMs: 5 },
      {
        seedId: undefined,
        currencyId: 100,
        status: 3,
        root: null,
        transaction: '2021-01-31',
        timestampMs: null,
      },
    ]);
  });

  it.each([
    ['data null', success(null)],
    ['the code for unknown', failure(9005, 'Unknown hash.')],
  ])('is no record with %s', async (_what, body) => {
    answerWith(body);
    expect(await client.digestStatus(a)).toBeUndefined();
  });

  it.each([
    ['an unknown code', 200, failure(42, 'Something. [id 1]'), 'service-refused'],
    ['a negative code', 200, failure(-1, 'x'), 'service-refused'],
    ['an invalid key', 200, failure(3201, 'No.'), 'service-unauthorized'],
    ['a code and data', 200, { ...success({ hash_string: a }), error_code: 7 }, 'service-refused'],
    ['a quota that is used up', 200, failure(9007, 'No more.'), 'quota-exceeded'],
    ['an internal error', 200, failure(9999, 'x'), 'service-failed'],
    ['a code that is text', 200, { data: null, error_code: '0' }, 'service-unreadable'],
    ['no envelope', 200, { hash_string: a }, 'service-unreadable'],
    ['HTML', 200, '<html>', 'service-unreadable'],
    ['a digest of another kind', 200, success({ hash_string: 'ab' }), 'service-unreadable'],
    ['another digest', 200, success({ hash_string: b }), 'service-unreadable'],
    [
      'a status that there is not',
      200,
      success({ hash_string: a, timestamps: [{ currency_id: 1, submit_status: 4 }] }),
      'service-unreadable',
    ],
    ['a wrong path', 404, {}, 'not-found'],
    ['a proxy that is down', 502, '<html>', 'service-failed'],
    ['too many requests', 429, {}, 'rate-limited'],
  ])('is an error with %s', async (_what, status, body, code) => {
    answerWith(body, status, { 'retry-after': '7' });
    const error = await client.digestStatus(a).catch((thrown) => thrown);
    expect(error).toBeInstanceOf(HashmarkError);
    expect(error.code).toBe(code);
    if (status === 429) expect(error.data.retryAfterSeconds).toBe(7);
  });

  it('keeps the words of the service, shortened, and its code', async () => {
    answerWith(failure(77, 'x'.repeat(1_000)));
    const error = await client.stamp({ digest: a }).catch((thrown) => thrown);
    expect(error.message.length).toBeLessThan(500);
    expect(error.data).toEqual({ errorCode: 77 });
  });

  it('is not read beyond what an answer may have, nor a refusal beyond what people read', async () => {
    let sent = 0;
    const endless = (status: number) => {
      const body = new ReadableStream<Uint8Array>({
        pull(controller) {
          sent += 1024 * 1024;
          controller.enqueue(new Uint8Array(1024 * 1024).fill(32));
        },
      });
      return createOriginstampClient({
        baseUrl: 'http://service.test',
        fetch: async () => new Response(body, { status }),
      });
    };
    await expect(endless(200).digestStatus(a)).rejects.toMatchObject({
      code: 'service-unreadable',
      message: expect.stringContaining('more than 67108864 bytes'),
    });
    expect(sent).toBeLessThan(70 * 1024 * 1024);
    sent = 0;
    await expect(endless(500).digestStatus(a)).rejects.toMatchObject({ code: 'service-failed' });
    expect(sent).toBeLessThan(8 * 1024 * 1024);
  });

  it.each(['javascript:alert(1)', '/relative', 'file:///etc/passwd', 'https://user:secret@host/', ''])(
    'is no link to a proof: %s',
    async (url) => {
      answerWith(success({ download_url: url, file_name: 'x' }));
      await expect(client.proofLink({ digest: a, currencyId: 1, type: 'pdf' })).rejects.toMatchObject({
        code: 'service-unreadable',
      });
    },
  );
});

describe('a call that does not come through', () => {
  it('says that the service could not be reached', async () => {
    upstream.fault = () => 'drop-before';
    await expect(client.currencies()).rejects.toMatchObject({ code: 'service-unreachable' });
  });

  it('says that it took too long', async () => {
    const never = () => new Promise<never>(() => undefined);
    const slow = createOriginstampClient({
      baseUrl: upstream.baseUrl,
      fetch: (_url, init) =>
        Promise.race([
          never(),
          new Promise<never>((_, fail) =>
            init?.signal?.addEventListener('abort', () => fail(init.signal?.reason)),
          ),
        ]),
      timeoutMs: 1,
    });
    await expect(slow.currencies()).rejects.toMatchObject({ code: 'service-unreachable' });
  });

  it("ends with the caller's own reason", async () => {
    const reason = new Error('enough');
    await expect(client.currencies({ signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
  });

  it('does not go unnoticed when a proof’s link is over', async () => {
    const url = `${upstream.baseUrl}/v3/timestamp/proof/download?token=old`;
    answerWith('', 404);
    await expect(downloadProof(fetch, { url, fileName: '' })).rejects.toMatchObject({ code: 'not-found' });
  });
});
