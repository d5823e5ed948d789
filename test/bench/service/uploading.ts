import { randomFillSync } from 'node:crypto';
import { once } from 'node:events';
import { request } from 'node:http';

import { announce } from '../../helpers/resumable-client.ts';
import { measure, timed } from '../harness/measure.ts';
import { withService } from './measured-service.ts';
import { bare, type MeasuredWrites, ours } from './writing.ts';

/** As the pinning provider's SDK cuts. */
const chunkBytes = 50 * 1024 * 1024 + 1;
const pieceBytes = 1 << 20;

/** One large file through a signed link; `bare store` writes as many bytes into a file. */
export async function measureUploading(
  how: 'in one request' | 'resumable',
  sizeBytes: number,
): Promise<MeasuredWrites> {
  const upload = how === 'resumable' ? sendInChunks : sendWhole;
  return withService(async (service) => {
    const query = new URLSearchParams({ group_id: 'Large', max_file_size: String(sizeBytes) });
    const run = async () => {
      const answer = await fetch(`${service.webhook}/upload-link?${query}`, { headers: service.headers });
      const { url } = (await answer.json()) as { url: string };
      return timed(() => upload(url, sizeBytes));
    };
    const amount = sizeBytes / 1e6;
    const measured = await measure(
      [
        { name: ours, amount, run },
        { name: bare, amount, run: () => service.ask('bareBytes', { sizeBytes }) },
      ],
      { rounds: 1, isCold: true },
    );
    return { measured, peakMemoryMiB: await service.ask('peakMemory') };
  });
}

const piece = randomFillSync(new Uint8Array(pieceBytes));

async function sendWhole(link: string, sizeBytes: number): Promise<void> {
  const head = Buffer.from(
    '--edge\r\nContent-Disposition: form-data; name="file"; filename="large.bin"\r\nContent-Type: application/octet-stream\r\n\r\n',
  );
  const headers = { 'content-type': 'multipart/form-data; boundary=edge' };
  await send(link, { method: 'POST', headers, head, sizeBytes, tail: Buffer.from('\r\n--edge--\r\n') }, 200);
}

async function sendInChunks(link: string, sizeBytes: number): Promise<void> {
  const location = await announce(link, sizeBytes);
  const none = Buffer.alloc(0);
  for (let offset = 0; offset < sizeBytes; offset += chunkBytes) {
    const headers = {
      'content-type': 'application/offset+octet-stream',
      'upload-offset': String(offset),
    };
    const chunk = Math.min(chunkBytes, sizeBytes - offset);
    await send(location, { method: 'PATCH', headers, head: none, sizeBytes: chunk, tail: none }, 204);
  }
}

interface LargeBody {
  method: string;
  headers: Record<string, string>;
  head: Uint8Array;
  /** Random bytes between head and tail. */
  sizeBytes: number;
  tail: Uint8Array;
}

/** Sends a body at the pace of its taker. Not by fetch, which copies large bodies several times and would be measured too. */
async function send(
  url: string,
  { method, headers, head, sizeBytes, tail }: LargeBody,
  expected: number,
): Promise<void> {
  const length = { 'content-length': head.length + sizeBytes + tail.length };
  const { promise: answered, resolve, reject } = Promise.withResolvers<number | undefined>();
  const sent = request(url, { method, headers: { ...headers, ...length } }, (answer) =>
    answer.resume().on('end', () => resolve(answer.statusCode)),
  );
  sent.on('error', reject);
  if (head.length > 0) sent.write(head);
  for (let left = sizeBytes; left > 0; left -= pieceBytes) {
    if (!sent.write(piece.subarray(0, Math.min(left, pieceBytes)))) await once(sent, 'drain');
  }
  sent.end(tail);
  const status = await answered;
  if (status !== expected) throw new Error(`${method} was answered ${status}, not ${expected}.`);
}
