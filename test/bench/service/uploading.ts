import { randomFillSync } from 'node:crypto';
import { request } from 'node:http';

import { announce, sendChunk } from '../../helpers/resumable-client.ts';
import { type MeasuredService, withService } from './measured-service.ts';
import type { Row } from './rows.ts';

/** As the pinning provider's SDK cuts. */
const chunkBytes = 50 * 1024 * 1024 + 1;
const pieceBytes = 1 << 20;

/** One large file through a signed link, in one request and in resumable chunks. */
export async function measureUploading(sizeBytes: number): Promise<Row[]> {
  return [
    await measure('in one request', sizeBytes, sendWhole),
    await measure('resumable', sizeBytes, sendInChunks),
  ];
}

async function measure(
  how: string,
  sizeBytes: number,
  send: (service: MeasuredService, link: string, sizeBytes: number) => Promise<void>,
): Promise<Row> {
  return withService(async (service) => {
    const limitMs = await service.ask('bareBytes', { sizeBytes });
    const query = new URLSearchParams({ group_id: 'Large', max_file_size: String(sizeBytes) });
    const answer = await fetch(`${service.webhook}/upload-link?${query}`, { headers: service.headers });
    const { url } = (await answer.json()) as { url: string };
    const startedAt = performance.now();
    await send(service, url, sizeBytes);
    const ms = performance.now() - startedAt;
    const speed = (duration: number) => `${(sizeBytes / 1e3 / duration).toFixed(0)} MB/s`;
    return {
      what: `a file of ${(sizeBytes / 1e9).toFixed(1)} GB ${how}`,
      ours: speed(ms),
      limit: speed(limitMs),
      ratio: limitMs / ms,
      peakMemory: await service.ask('peakMemory'),
    };
  });
}

const piece = randomFillSync(new Uint8Array(pieceBytes));

async function sendWhole(_service: MeasuredService, link: string, sizeBytes: number): Promise<void> {
  const head = Buffer.from(
    '--edge\r\nContent-Disposition: form-data; name="file"; filename="large.bin"\r\nContent-Type: application/octet-stream\r\n\r\n',
  );
  const tail = Buffer.from('\r\n--edge--\r\n');
  const status = await new Promise<number | undefined>((resolve, reject) => {
    const sent = request(
      link,
      {
        method: 'POST',
        headers: {
          'content-type': 'multipart/form-data; boundary=edge',
          'content-length': head.length + sizeBytes + tail.length,
        },
      },
      (answer) => answer.resume().on('end', () => resolve(answer.statusCode)),
    );
    sent.on('error', reject);
    sent.write(head);
    void (async () => {
      for (let left = sizeBytes; left > 0; left -= pieceBytes) {
        const isTaken = sent.write(piece.subarray(0, Math.min(left, pieceBytes)));
        if (!isTaken) await new Promise((drained) => sent.once('drain', drained));
      }
      sent.end(tail);
    })();
  });
  if (status !== 200) throw new Error(`The upload was answered ${status}.`);
}

async function sendInChunks(_service: MeasuredService, link: string, sizeBytes: number): Promise<void> {
  const location = await announce(link, sizeBytes);
  const chunk = randomFillSync(new Uint8Array(chunkBytes));
  for (let offset = 0; offset < sizeBytes; offset += chunkBytes) {
    const answer = await sendChunk(
      location,
      offset,
      chunk.subarray(0, Math.min(chunkBytes, sizeBytes - offset)),
    );
    if (answer.status !== 204)
      throw new Error(`A chunk was answered ${answer.status}: ${await answer.text()}`);
  }
}
