import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { digestOf } from '../../helpers/originstamp-caller.ts';
import { type RunningService, startService } from '../../helpers/running-service.ts';
import { type HttpAnswer, sendHttp } from '../../helpers/send-http.ts';

let running: RunningService;
const settings = { seedCloseDigests: 1, seedCloseSeconds: null as number | null };
beforeAll(async () => {
  running = await startService({ chain: true, settings });
});
afterAll(async () => {
  expect(running.errors).toEqual([]);
  await running.stop();
});

/**
 * What the generated clients put on the wire, header for header, and how each of them reads the answer: it is what decides
 * whether a program that was written for the hosted service runs against this one unchanged.
 */
interface Client {
  name: string;
  /** Headers of every request besides the key. */
  headers: Record<string, string>;
  /** Of a GET request, where they differ. */
  getHeaders?: Record<string, string>;
  /** How the client spells a submission: some name fields that are not set. */
  item(hash: string, comment: string): Record<string, unknown>;
  /** What the client does with an answer before its caller sees it. */
  read(answer: HttpAnswer): unknown;
}

/** Fails as that client would. */
function expectJson(answer: HttpAnswer, pattern: RegExp): unknown {
  if (answer.status < 200 || answer.status >= 300) throw new Error(`HTTP ${answer.status}`);
  if (!pattern.test(String(answer.headers['content-type']))) {
    throw new Error(`Content type "${answer.headers['content-type']}" is not supported`);
  }
  return JSON.parse(answer.body);
}

const clients: Client[] = [
  {
    name: 'Java (OkHttp)',
    headers: {
      Accept: 'application/json',
      'Content-Type': 'application/json',
      'User-Agent': 'Swagger-Codegen/2.0.1/java',
      'Accept-Encoding': 'gzip',
    },
    item: (hash, comment) => ({ comment, hash, notifications: [] }),
    read: (answer) => expectJson(answer, /^application\/json(;.*)?$/i),
  },
  {
    name: 'Python (urllib3)',
    headers: {
      Accept: 'application/json',
      'Content-Type': 'application/json',
      'User-Agent': 'Swagger-Codegen/2.0.1/python',
      'Accept-Encoding': 'identity',
    },
    getHeaders: { Accept: 'application/json', 'User-Agent': 'Swagger-Codegen/2.0.1/python' },
    item: (hash, comment) => ({ comment, hash }),
    read: (answer) => expectJson(answer, /./),
  },
  {
    name: 'C# (RestSharp)',
    headers: {
      Accept: 'application/json',
      'Content-Type': 'application/json',
      'User-Agent': 'Swagger-Codegen/2.0.1/csharp',
      'Accept-Encoding': 'gzip, deflate',
    },
    item: (hash, comment) => ({ comment, hash: hash.toUpperCase(), notifications: null }),
    read: (answer) => expectJson(answer, /json/i),
  },
  {
    name: 'JavaScript (superagent)',
    headers: {
      Accept: 'application/json',
      'Content-Type': 'application/json',
      'User-Agent': 'node-superagent/3.7.0',
      'Accept-Encoding': 'gzip, deflate',
    },
    item: (hash, comment) => ({ hash, comment }),
    read: (answer) => expectJson(answer, /[/+]json($|[^-\w])/i),
  },
  {
    name: 'TypeScript (fetch)',
    headers: {
      'Content-Type': 'application/json',
      Accept: '*/*',
      'Accept-Language': '*',
      'Sec-Fetch-Mode': 'cors',
    },
    getHeaders: { Accept: '*/*' },
    item: (hash, comment) => ({ hash, comment, notifications: undefined }),
    read: (answer) => expectJson(answer, /./),
  },
  {
    name: 'a script with numbers as text',
    headers: { 'Content-Type': 'application/json; charset=utf-8', Accept: '*/*', 'User-Agent': 'curl/8.5.0' },
    item: (hash, comment) => ({ hash, comment, url: '', currency: '1', submit_ops: ['multi_seed'] }),
    read: (answer) => expectJson(answer, /./),
  },
];

describe.each(clients)('$name', (client) => {
  // biome-ignore lint/suspicious/noExplicitAny: a client reads answers by name
  async function call(method: string, path: string, body?: unknown): Promise<any> {
    const base = method === 'GET' ? (client.getHeaders ?? client.headers) : client.headers;
    const text = body === undefined ? undefined : JSON.stringify(body);
    const headers = { ...base, Authorization: running.originstampKey };
    return client.read(
      await sendHttp(running.url, path, {
        method,
        headers:
          text === undefined ? headers : { ...headers, 'Content-Length': String(Buffer.byteLength(text)) },
        body: text,
      }),
    );
  }

  it('goes the whole way: create, follow the seed, fetch the proof, look at the usage', async () => {
    const hash = digestOf(`journey of ${client.name}`);
    const created = await call('POST', '/v4/timestamp/create', client.item(hash, 'journey'));
    expect(created).toMatchObject({
      error_code: 0,
      data: { created: true, hash_string: hash, comment: 'journey' },
    });
    const { seed_id } = created.data.timestamps[0];
    let seed = created.data.timestamps[0];
    for (const deadline = Date.now() + 15_000; seed.submit_status < 3; ) {
      if (Date.now() > deadline) throw new Error('The seed did not become final.');
      seed = (await call('GET', `/v4/timestamp/status/seed/${seed_id}`)).data;
      expect(seed).toMatchObject({ seed_id, currency_id: 1 });
    }
    expect((await call('GET', `/v4/timestamp/${hash}`)).data.timestamps).toEqual([seed]);
    for (const proof_type of [0, 1]) {
      const { data } = await call('POST', '/v3/timestamp/proof/url', {
        currency: 1,
        hash_string: hash,
        proof_type,
      });
      const url = new URL(data.download_url);
      const file = await sendHttp(url.origin, `${url.pathname}${url.search}`, {
        headers: { Accept: 'application/octet-stream' },
      });
      expect(file.status).toBe(200);
      expect(Number(file.headers['content-length'])).toBe(data.file_size_bytes);
    }
    const usage = await call('GET', '/v3/api_key/usage');
    expect(usage.data.consumed_timestamps).toBeGreaterThan(0);
    expect((await call('GET', '/v3/currencies/get')).data).toContainEqual({
      currency_id: 1,
      currency: 'ETHEREUM',
    });
  });

  it('maps over a bulk, whatever became of it', async () => {
    const items = [1, 2, 3].map((index) => client.item(digestOf(`${client.name} ${index}`), `${index}`));
    const answers = await call('POST', '/v4/timestamp/bulk/create', { timestamps: items });
    expect(answers.map(({ data }: { data: { comment: string } }) => data.comment)).toEqual(['1', '2', '3']);
    for (const timestamps of [[], [{ hash: 'bad' }], Array(101).fill(items[0])]) {
      const failed = await call('POST', '/v4/timestamp/bulk/create', { timestamps });
      expect(failed.map(({ error_code }: { error_code: number }) => error_code > 0)).not.toContain(false);
    }
  });

  it('sees failures as envelopes, not as HTTP errors', async () => {
    for (const answer of [
      await call('POST', '/v4/timestamp/create', { hash: 'bad' }),
      await call('GET', `/v4/timestamp/${digestOf('nobody submitted this')}`),
      await call('GET', '/v4/timestamp/status/seed/00000000-0000-0000-0000-000000000000'),
      await call('POST', '/v3/timestamp/proof/url', {
        currency: 0,
        hash_string: digestOf('x'),
        proof_type: 0,
      }),
    ]) {
      expect(answer).toEqual({
        data: null,
        error_code: expect.any(Number),
        error_message: expect.any(String),
      });
      expect(answer.error_code).toBeGreaterThan(0);
    }
  });
});

describe('a client of version 3', () => {
  it('finds the fields that it knows, and no other', async () => {
    const hash = digestOf('version 3 client');
    const post = await sendHttp(running.url, '/v3/timestamp/create', {
      method: 'POST',
      headers: { Authorization: running.originstampKey, 'Content-Type': 'application/json' },
      body: JSON.stringify({ hash, comment: 'v3', notifications: [] }),
    });
    const { data } = JSON.parse(post.body);
    expect(Object.keys(data).sort()).toEqual([
      'comment',
      'created',
      'date_created',
      'hash_string',
      'timestamps',
    ]);
    expect(Object.keys(data.timestamps[0]).sort()).toEqual([
      'currency_id',
      'private_key',
      'submit_status',
      'timestamp',
      'transaction',
    ]);
  });
});
