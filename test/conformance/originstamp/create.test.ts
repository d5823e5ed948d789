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

const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

describe('POST /v4/timestamp/create', () => {
  it('answers a new digest as queued in one seed per active currency', async () => {
    const before = Date.now();
    const hash = digestOf('new');
    const answer = await client.create({ hash: hash.toUpperCase(), comment: 'invoice 17' });
    expect(answer).toEqual({
      data: {
        created: true,
        date_created: expect.any(Number),
        comment: 'invoice 17',
        hash_string: hash,
        timestamps: [
          {
            seed_id: expect.stringMatching(uuid),
            currency_id: 1,
            transaction: null,
            private_key: null,
            timestamp: null,
            submit_status: 0,
          },
        ],
      },
      error_code: 0,
      error_message: null,
    });
    expect(answer.data.date_created).toBeGreaterThanOrEqual(before);
    expect(answer.data.date_created).toBeLessThanOrEqual(Date.now());
  });

  it('gives the digests of one window the same seed', async () => {
    const [one, other] = [
      await client.create({ hash: digestOf('window 1') }),
      await client.create({ hash: digestOf('window 2') }),
    ];
    expect(other.data.timestamps[0].seed_id).toBe(one.data.timestamps[0].seed_id);
  });

  it('answers a known digest with its first time, echoes the new comment and keeps the first one', async () => {
    const hash = digestOf('again');
    const first = await client.create({ hash, comment: 'first' });
    const second = await client.create({ hash: hash.toUpperCase(), comment: 'second' });
    expect(second.data).toEqual({ ...first.data, created: false, comment: 'second' });
    expect((await client.create({ hash })).data.comment).toBe('first');
    expect((await client.create({ hash, comment: '' })).data.comment).toBe('');
    expect((await client.status(hash)).data).toEqual({ ...first.data, created: false });
  });

  it('is on disk when it is answered', async () => {
    const hash = digestOf('on disk');
    const first = await client.create({ hash, comment: 'kept' });
    const { folder } = running;
    await running.stop({ keepFolder: true });
    running = await startService({ chain: true, settings: { seedCloseSeconds: 3_600 }, folder });
    client = callOriginstamp(running);
    expect((await client.status(hash)).data).toEqual({ ...first.data, created: false });
  });

  it('knows the same digest under version 3, where seeds have no id', async () => {
    const hash = digestOf('version 3');
    const { body } = await client.call('POST', '/v3/timestamp/create', { hash, comment: 'old client' });
    expect(body.data).toMatchObject({ created: true, hash_string: hash, comment: 'old client' });
    expect(body.data.timestamps).toEqual([
      { currency_id: 1, transaction: null, private_key: null, timestamp: null, submit_status: 0 },
    ]);
    const status = await client.call('GET', `/v3/timestamp/${hash}`);
    expect(status.body.data).toEqual({ ...body.data, created: false });
    expect((await client.status(hash)).data.timestamps[0].seed_id).toMatch(uuid);
  });

  it.each([
    ['nothing', undefined],
    ['null', null],
    ['a number', 17],
    ['a list', [digestOf('in a list')]],
    ['the empty text', ''],
    ['63 digits', digestOf('63').slice(1)],
    ['65 digits', `${digestOf('65')}a`],
    ['other letters', digestOf('letters').replace(/./, 'g')],
    ['a prefix', `0x${digestOf('prefix').slice(2)}`],
    ['white space', ` ${digestOf('space').slice(1)}`],
    ['a SHA-512', 'ab'.repeat(64)],
    ['a MD5', 'ab'.repeat(16)],
    ['full-width digits', '０'.repeat(64)],
  ])('refuses %s as a hash with 9001', async (_label, hash) => {
    const { status, body } = await client.call('POST', '/v4/timestamp/create', { hash });
    expect(status).toBe(200);
    expect(body).toEqual({
      data: null,
      error_code: 9001,
      error_message: expect.stringMatching(/64 hex characters.*\[id [0-9a-f]{8}\]$/),
    });
  });

  it('gives every failure an id of its own', async () => {
    const messages = await Promise.all(
      [1, 2].map(async () => (await client.create({ hash: 'x' })).error_message),
    );
    expect(messages[0]).not.toBe(messages[1]);
  });
});

describe('comments', () => {
  const item = (name: string, comment: unknown) => ({ hash: digestOf(`comment ${name}`), comment });

  it.each([
    ['of 256 UTF-16 code units', 'c'.repeat(256)],
    ['of 128 characters outside of the BMP', '😀'.repeat(128)],
    ['that are empty', ''],
    ['with control characters', 'a\u0000b\u001b[31m\n\u2028'],
    ['that look like something else', `'"><script>alert(1)</script>{{7*7}}'); DROP TABLE digests;--`],
  ])('%s are kept letter by letter', async (name, comment) => {
    expect((await client.create(item(name, comment))).data.comment).toBe(comment);
    expect((await client.status(digestOf(`comment ${name}`))).data.comment).toBe(comment);
  });

  it.each([
    ['257 code units', 'c'.repeat(257)],
    ['129 characters of two code units', '😀'.repeat(129)],
    ['an object', { text: 'no' }],
    ['a list', ['no']],
    ['a truth value', true],
  ])('of %s are refused with 9002, and nothing is stored', async (name, comment) => {
    expect(await client.create(item(name, comment))).toMatchObject({ data: null, error_code: 9002 });
    expect(await client.status(digestOf(`comment ${name}`))).toMatchObject({ error_code: 9005 });
  });

  it.each([
    [17, '17'],
    [-0.5, '-0.5'],
  ])('that are the number %s become text', async (comment, expected) => {
    expect((await client.create(item(`number ${comment}`, comment))).data.comment).toBe(expected);
  });

  it.each([null, undefined])('that are %s are none', async (comment) => {
    expect((await client.create(item(`none ${comment}`, comment))).data.comment).toBeNull();
  });

  it('with half a surrogate pair are stored as they can be sent', async () => {
    const hash = digestOf('half');
    const answer = await client.call(
      'POST',
      '/v4/timestamp/create',
      `{"hash":"${hash}","comment":"a\\ud800b"}`,
    );
    expect(answer.body.data.comment).toBe('a\ufffdb');
    expect((await client.status(hash)).data.comment).toBe('a\ufffdb');
  });
});

describe('fields', () => {
  it('that nobody knows, and that are obsolete, are passed over', async () => {
    const answer = await client.create({
      hash: digestOf('fields'),
      url: '5f0c4c0e-52a4-4f43-9d0c-0c2f4f5b8a11',
      submit_status: 3,
      created: false,
      comment: null,
      notifications: null,
      constructor: 'x',
    });
    expect(answer).toMatchObject({ error_code: 0, data: { created: true, comment: null } });
    expect(answer.data.timestamps[0].submit_status).toBe(0);
  });

  it.each([
    ['no list', { currency: 1 }],
    ['a text', 'https://hooks.example'],
    ['an entry that is null', [null]],
    ['an entry without a target', [{ currency: 1, notification_type: 1 }]],
    ['a target that is no text', [{ currency: 1, notification_type: 1, target: 7 }]],
    [
      'a currency that is no number',
      [{ currency: 'one', notification_type: 1, target: 'https://h.example' }],
    ],
    ['a type that is no integer', [{ currency: 1, notification_type: 0.5, target: 'https://h.example' }]],
  ])(
    'notifications that are %s are refused with 9003, and nothing is stored',
    async (name, notifications) => {
      const hash = digestOf(`notifications ${name}`);
      expect(await client.create({ hash, notifications })).toMatchObject({ data: null, error_code: 9003 });
      expect(await client.status(hash)).toMatchObject({ error_code: 9005 });
    },
  );

  it('of notifications that were asked for with a known digest are passed over', async () => {
    const hash = digestOf('ignored notification');
    const webhook = { currency: 1, target: 'https://hooks.example/os?id=17' };
    await client.create({ hash });
    expect(
      await client.create({ hash, notifications: [{ ...webhook, notification_type: 1 }] }),
    ).toMatchObject({ error_code: 0, data: { created: false } });
    // Not even looked at: what is wrong with them is no reason to refuse.
    for (const notifications of ['none', [null], [{ ...webhook, notification_type: 7 }], [{ target: 'x' }]]) {
      expect(await client.create({ hash, notifications })).toMatchObject({
        error_code: 0,
        data: { created: false },
      });
    }
    expect(running.ledger.db.prepare('SELECT count(*) AS count FROM notifications').get()).toEqual({
      count: 0,
    });
  });
});
