import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { callOriginstamp, digestOf, type OriginstampCaller } from '../../helpers/originstamp-caller.ts';
import { type RunningService, startService } from '../../helpers/running-service.ts';

let running: RunningService;
let client: OriginstampCaller;
beforeAll(async () => {
  running = await startService({ chain: true, settings: { seedCloseSeconds: 3_600 } });
  client = callOriginstamp(running);
});
afterAll(async () => {
  expect(running.errors).toEqual([]);
  await running.stop();
});

const path = '/v4/timestamp/bulk/create';
const items = (prefix: string, count: number) =>
  Array.from({ length: count }, (_, index) => ({
    hash: digestOf(`${prefix} ${index}`),
    comment: `${index}`,
  }));
const countDigests = () =>
  (running.ledger.db.prepare('SELECT count(*) AS count FROM digests').get() as { count: number }).count;

describe('POST /v4/timestamp/bulk/create', () => {
  it('answers 100 items in their order, all in one seed', async () => {
    const sent = items('hundred', 100);
    const answers = await client.bulk(sent);
    expect(answers.map((each: { data: { hash_string: string } }) => each.data.hash_string)).toEqual(
      sent.map(({ hash }) => hash),
    );
    for (const [index, answer] of answers.entries()) {
      expect(answer).toMatchObject({
        data: { created: true, comment: `${index}`, timestamps: [{ currency_id: 1, submit_status: 0 }] },
        error_code: 0,
        error_message: null,
      });
      expect(answer.data.timestamps[0].seed_id).toBe(answers[0].data.timestamps[0].seed_id);
    }
  });

  it('lets each item succeed or fail alone', async () => {
    const good = digestOf('good among bad');
    const answers = await client.bulk([
      { hash: 'not-a-hash' },
      { hash: good, comment: 'b' },
      null,
      'text',
      [],
      { hash: digestOf('long comment'), comment: 'c'.repeat(257) },
      { hash: digestOf('bad notification'), notifications: [{}] },
      {},
    ]);
    expect(answers.map((each: { error_code: number }) => each.error_code)).toEqual([
      9001, 0, 9001, 9001, 9001, 9002, 9003, 9001,
    ]);
    for (const answer of answers)
      expect(Object.keys(answer).sort()).toEqual(['data', 'error_code', 'error_message']);
    expect(answers[1].data).toMatchObject({ created: true, hash_string: good });
    expect((await client.status(digestOf('long comment'))).error_code).toBe(9005);
  });

  it('takes a digest that comes twice once, in any case of letters', async () => {
    const hash = digestOf('twice');
    const answers = await client.bulk([
      { hash, comment: 'first' },
      { hash: hash.toUpperCase(), comment: 'second' },
      { hash },
    ]);
    expect(
      answers.map(({ data }: { data: { created: boolean; comment: string } }) => [
        data.created,
        data.comment,
      ]),
    ).toEqual([
      [true, 'first'],
      [false, 'second'],
      [false, 'first'],
    ]);
    expect(
      new Set(answers.map(({ data }: { data: { date_created: number } }) => data.date_created)).size,
    ).toBe(1);
  });

  it('takes a digest once, however many clients send it at once', async () => {
    const sent = items('race', 20);
    const answers = await Promise.all(Array.from({ length: 10 }, () => client.bulk(sent)));
    const created = answers.flat().filter(({ data }) => data.created);
    expect(created).toHaveLength(20);
    expect(new Set(created.map(({ data }) => data.hash_string)).size).toBe(20);
  });

  it.each([
    ['no items', []],
    ['101 items', items('too many', 101)],
  ])('answers %s with 9004 for each, and stores nothing', async (_label, sent) => {
    const before = countDigests();
    const answers = await client.bulk(sent);
    expect(answers).toHaveLength(Math.max(1, sent.length));
    for (const answer of answers) expect(answer).toMatchObject({ data: null, error_code: 9004 });
    expect(countDigests()).toBe(before);
  });

  it.each([
    ['no list', {}],
    ['null', { timestamps: null }],
    ['an object', { timestamps: { 0: { hash: digestOf('object') } } }],
    ['a text', { timestamps: digestOf('text') }],
  ])('answers a list that is %s with one element', async (_label, body) => {
    const answer = await client.call('POST', path, body);
    expect(answer).toMatchObject({ status: 200, body: [{ data: null, error_code: 9004 }] });
  });

  it.each([
    ['the list', { timestamps: items('invalid key', 3) }, 3],
    ['as many as a bulk may have', { timestamps: items('invalid key', 100) }, 100],
    ['an empty list', { timestamps: [] }, 1],
    ['no list', {}, 1],
    ['a body that is no object', [], 1],
    ['a body that is no JSON', '{"timestamps":[', 1],
  ])('answers an invalid key with 3201 for each item of %s', async (_label, body, length) => {
    const before = countDigests();
    for (const authorization of ['b6a9e9d2-0000-4000-8000-000000000000', undefined]) {
      const { status, body: answers } = await client.call('POST', path, body, { authorization });
      expect(status).toBe(200);
      expect(answers).toHaveLength(length);
      for (const answer of answers) {
        expect(answer).toMatchObject({ data: null, error_code: 3201 });
        expect(answer.error_message).toMatch(/^You do not have a valid API key\./);
      }
    }
    expect(countDigests()).toBe(before);
  });

  it('does not let a stranger turn a small request into a huge answer', async () => {
    const of = (length: number) => ({ timestamps: Array(length).fill(0) });
    for (const length of [101, 10_000, 100_000]) {
      expect((await client.call('POST', path, of(length), { authorization: 'nobody' })).status).toBe(413);
    }
    expect((await client.call('POST', path, of(10_000))).body).toHaveLength(10_000);
    expect((await client.call('POST', path, of(10_001))).status).toBe(413);
  });
});
