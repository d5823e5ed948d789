import { randomFillSync } from 'node:crypto';
import { createServer, request as proxyRequest } from 'node:http';
import type { AddressInfo } from 'node:net';
import { PinataSDK } from 'pinata';
import { Upload } from 'tus-js-client';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { nodePlatform } from '../../../companion/fingerprint/node-platform.ts';
import { fingerprint } from '../../../shared/fingerprint/fingerprint.ts';
import { signLink } from '../../helpers/resumable-client.ts';
import { type RunningService, startService } from '../../helpers/running-service.ts';

/** From this size on the SDK uploads in chunks of 50 MiB and one byte. */
const multipartMaxBytes = 94_371_840;

let running: RunningService;
beforeAll(async () => {
  running = await startService();
});
afterAll(() => running.stop());

/** As somebody uses it who got nothing but a signed link: without any key. */
const sdk = () => new PinataSDK({});
const cidOf = async (bytes: Uint8Array) => (await fingerprint([bytes], nodePlatform)).cid;

describe("the pinning provider's own SDK, on our signed links", () => {
  it('uploads a small file', async () => {
    const url = await signLink(
      running,
      { group_id: 'SDK small', filename: 'signed.txt' },
      { network: 'public' },
    );
    const file = new File(['hello world'], 'hello.txt', { type: 'text/plain' });
    const result = await sdk().upload.public.file(file).name('other.txt').keyvalues({ a: 'b' }).url(url);
    expect(result).toMatchObject({
      cid: 'Qmf412jQZiuVUtdgnB36FXFX7xg5V6KEbSJ4dpQuhkLyfD',
      name: 'signed.txt',
      size: 11,
      number_of_files: 1,
      mime_type: 'text/plain',
      group_id: 'sdk-small',
      keyvalues: {},
      network: 'public',
    });
    expect((await running.json('GET', { 'group-id': 'SDK small' })).body.files).toHaveLength(1);
  });

  it('uploads a small file with the CID version that it asks for', async () => {
    const file = new File(['hello world'], 'hello.txt', { type: 'text/plain' });
    const url = await signLink(running, { group_id: 'SDK v1' });
    const { cid } = await sdk().upload.public.file(file).url(url).cidVersion('v1');
    expect(cid).toBe('bafybeihykld7uyxzogax6vgyvag42y7464eywpf55gxi5qpoisibh3c5wa');
  });

  it('uploads a file of more than 90 MiB in chunks', async () => {
    const bytes = randomFillSync(new Uint8Array(multipartMaxBytes + 1_000_000));
    const url = await signLink(running, { group_id: 'SDK large' }, { network: 'private' });
    // The SDK encodes names as Latin-1.
    const file = new File([bytes], 'größe.bin', { type: 'application/octet-stream' });
    const result = await sdk().upload.public.file(file).url(url);
    const cid = await cidOf(bytes);
    expect(result).toMatchObject({ cid, size: bytes.length });
    const { body } = await running.json('GET', { 'group-id': 'SDK large' });
    expect(body.files).toEqual([
      expect.objectContaining({ hash: cid, name: 'größe.bin', network: 'private', size: bytes.length }),
    ]);
    expect(await running.partialFiles()).toEqual([]);
  });

  it('survives lost answers: it sends a chunk again at the same offset', async () => {
    const bytes = randomFillSync(new Uint8Array(multipartMaxBytes + 1));
    const line = await startFlakyLine(running.url);
    try {
      const url = await signLink(running, { group_id: 'SDK flaky' });
      // The first chunk breaks in its middle; the answer to the second one, the last, never comes.
      line.breakAfterBytes = 20_000_000;
      line.swallowAnswerOf = 3;
      const file = new File([bytes], 'flaky.bin');
      const result = await sdk().upload.public.file(file).url(line.through(url));
      expect(result.cid).toBe(await cidOf(bytes));
      expect(line.patches).toBe(4);
      expect((await running.json('GET', { 'group-id': 'SDK flaky' })).body.files).toHaveLength(1);
    } finally {
      await line.stop();
    }
  });

  it('reports a refusal', async () => {
    const url = await signLink(running, { group_id: 'SDK refused', max_file_size: '5' });
    const file = new File(['hello world'], 'hello.txt', { type: 'text/plain' });
    await expect(sdk().upload.public.file(file).url(url)).rejects.toMatchObject({ statusCode: 413 });
  });
});

describe("the tus protocol's own client", () => {
  it('uploads in chunks, and resumes where an earlier attempt was aborted', async () => {
    const bytes = randomFillSync(Buffer.alloc(3_000_000));
    const link = await signLink(running, { group_id: 'tus client' });
    const first = Promise.withResolvers<string>();
    const attempt = new Upload(bytes, {
      endpoint: link,
      chunkSize: 1_000_000,
      metadata: { filename: 'tus.bin', filetype: 'application/octet-stream' },
      retryDelays: null,
      onChunkComplete: (_size, accepted) => {
        if (accepted === 1_000_000) void attempt.abort().then(() => first.resolve(attempt.url as string));
      },
      onError: first.reject,
    });
    attempt.start();
    const uploadUrl = await first.promise;

    const second = Promise.withResolvers<string | undefined>();
    const resumed: number[] = [];
    new Upload(bytes, {
      uploadUrl,
      retryDelays: null,
      onProgress: (sent) => resumed.push(sent),
      onSuccess: ({ lastResponse }) => second.resolve(lastResponse.getHeader('Upload-Cid')),
      onError: second.reject,
    }).start();
    expect(await second.promise).toBe(await cidOf(bytes));
    expect(resumed[0], 'it began anew').toBeGreaterThanOrEqual(1_000_000);
    expect((await running.json('GET', { 'group-id': 'tus client' })).body.files).toHaveLength(1);
  });

  it('terminates an upload', async () => {
    const link = await signLink(running, { group_id: 'tus terminated' });
    const created = Promise.withResolvers<void>();
    const upload = new Upload(Buffer.alloc(2_000_000, 1), {
      endpoint: link,
      chunkSize: 500_000,
      retryDelays: null,
      onChunkComplete: () => created.resolve(),
      onError: created.reject,
    });
    upload.start();
    await created.promise;
    await upload.abort(true);
    expect(await running.partialFiles()).toEqual([]);
  });
});

/** A relay in front of the service that breaks connections and loses answers of PATCH requests. */
async function startFlakyLine(target: string) {
  const line = {
    patches: 0,
    breakAfterBytes: 0,
    swallowAnswerOf: 0,
    stop: async () => {},
    through: (_url: string) => '',
  };
  const server = createServer((incoming, outgoing) => {
    if (incoming.method === 'PATCH') line.patches += 1;
    const number = incoming.method === 'PATCH' ? line.patches : 0;
    const upstream = proxyRequest(
      `${target}${incoming.url}`,
      { method: incoming.method, headers: incoming.headers },
      (answer) => {
        if (number > 0 && number === line.swallowAnswerOf) {
          outgoing.destroy();
          return;
        }
        const location = answer.headers.location;
        outgoing.writeHead(answer.statusCode ?? 502, {
          ...answer.headers,
          ...(location && { location: line.through(location) }),
        });
        answer.pipe(outgoing);
      },
    );
    upstream.on('error', () => outgoing.destroy());
    let seenBytes = 0;
    incoming.on('data', (chunk: Buffer) => {
      seenBytes += chunk.length;
      if (number === 1 && seenBytes > line.breakAfterBytes) {
        upstream.destroy();
        incoming.destroy();
      } else if (!upstream.write(chunk)) {
        incoming.pause();
        upstream.once('drain', () => incoming.resume());
      }
    });
    incoming.on('end', () => upstream.end());
    incoming.on('error', () => upstream.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  line.through = (url) => url.replace(target, origin);
  line.stop = async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  };
  return line;
}
