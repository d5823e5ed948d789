import { type Measured, measure } from '../harness/measure.ts';
import { type HammerRequest, hammer } from './hammer.ts';
import { type MeasuredService, withService } from './measured-service.ts';
import { cidAt } from './samples.ts';

export const ours = 'Hashmark';
export const bare = 'bare store';
const connections = 64;
const rounds = 3;

/** What one kind of write gave, and the highest memory of the service, in MiB. */
export interface MeasuredWrites {
  measured: Measured;
  peakMemoryMiB: number;
}

/** Hashes registered over HTTP, each durable before its answer; `count` in each round. */
export function measureRegistering(count: number): Promise<MeasuredWrites> {
  return measureWriting(count, {
    request: ({ webhook, headers }, sample) => ({
      method: 'POST',
      url: webhook,
      headers: { ...headers, 'group-id': 'Hashes', 'content-type': 'application/json' },
      body: JSON.stringify({ hash: cidAt(sample), name: `file ${sample}.pdf` }),
    }),
    bare: (service) => service.ask('bareRows', { count, callers: connections }),
  });
}

/** Files stored over HTTP, bytes and rows durable before the answer; `count` in each round. */
export function measureStoring(count: number, sizeBytes: number): Promise<MeasuredWrites> {
  return measureWriting(count, {
    request: ({ webhook, headers }, sample) => ({
      method: 'POST',
      url: webhook,
      headers: {
        ...headers,
        'group-id': 'Files',
        network: 'public',
        'content-type': 'multipart/form-data; boundary=edge',
      },
      body: multipart(`file ${sample}.bin`, sizeBytes),
    }),
    bare: (service) => service.ask('bareFiles', { count, callers: connections, sizeBytes }),
  });
}

interface Writes {
  request: (service: MeasuredService, sample: number) => HammerRequest;
  /** The same on the bare store. */
  bare: (service: MeasuredService) => Promise<number>;
}

function measureWriting(count: number, writes: Writes): Promise<MeasuredWrites> {
  return withService(async (service) => {
    const nextCount = counter();
    const run = () => {
      const first = nextCount(count);
      return hammer({ count, connections, status: 201 }, (index) => writes.request(service, first + index));
    };
    const measured = await measure(
      [
        { name: ours, amount: count, run },
        { name: bare, amount: count, run: () => writes.bare(service) },
      ],
      { rounds },
    );
    return { measured, peakMemoryMiB: await service.ask('peakMemory') };
  });
}

/** Numbers the samples through all rounds: a sample that is known would cost less. */
export function counter(): (count: number) => number {
  let next = 0;
  return (count) => {
    next += count;
    return next - count;
  };
}

function multipart(name: string, sizeBytes: number): Buffer {
  const content = Buffer.alloc(sizeBytes, name);
  return Buffer.concat([
    Buffer.from(
      `--edge\r\nContent-Disposition: form-data; name="file"; filename="${name}"\r\nContent-Type: application/octet-stream\r\n\r\n`,
    ),
    content,
    Buffer.from('\r\n--edge--\r\n'),
  ]);
}
