import { hammer } from './hammer.ts';
import { withService } from './measured-service.ts';
import { cidAt } from './samples.ts';

/** One line of the report. */
export interface Row {
  what: string;
  ours: string;
  /** Of the same work without us, in the same run. */
  limit?: string;
  /** Ours as a share of the limit. */
  ratio?: number;
  /** MiB. */
  peakMemory: number;
}

const connections = 64;
const perSecond = (count: number, ms: number) => (1000 * count) / ms;
const round = (value: number) => Math.round(value).toLocaleString('en');

/** Hashes registered over HTTP, each durable before its answer. */
export async function measureRegistering(count: number): Promise<Row> {
  return withService(async (service) => {
    const limitMs = await service.ask('bareRows', { count, callers: connections });
    const ms = await hammer({ count, connections, status: 201 }, (index) => ({
      method: 'POST',
      url: service.webhook,
      headers: { ...service.headers, 'group-id': 'Hashes', 'content-type': 'application/json' },
      body: JSON.stringify({ hash: cidAt(index), name: `file ${index}.pdf` }),
    }));
    return {
      what: `${round(count)} hashes registered`,
      ours: `${round(perSecond(count, ms))}/s`,
      limit: `${round(perSecond(count, limitMs))}/s`,
      ratio: limitMs / ms,
      peakMemory: await service.ask('peakMemory'),
    };
  });
}

/** Files stored over HTTP, bytes and rows durable before the answer. */
export async function measureStoring(count: number, sizeBytes: number): Promise<Row> {
  return withService(async (service) => {
    const limitMs = await service.ask('bareFiles', { count, callers: connections, sizeBytes });
    const ms = await hammer({ count, connections, status: 201 }, (index) => ({
      method: 'POST',
      url: service.webhook,
      headers: {
        ...service.headers,
        'group-id': 'Files',
        network: 'public',
        'content-type': 'multipart/form-data; boundary=edge',
      },
      body: multipart(`file ${index}.bin`, sizeBytes),
    }));
    return {
      what: `${round(count)} files of ${sizeBytes / 1024} KiB stored`,
      ours: `${round(perSecond(count, ms))}/s`,
      limit: `${round(perSecond(count, limitMs))}/s`,
      ratio: limitMs / ms,
      peakMemory: await service.ask('peakMemory'),
    };
  });
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

/** A group stamped in one transaction, and read back as one list. */
export async function measureStamping(count: number): Promise<Row[]> {
  return withService(
    async (service) => {
      await service.ask('seed', { group: 'Everybody', from: 0, to: count });
      const before = await service.ask('peakMemory');
      const headers = { ...service.headers, 'group-id': 'Everybody' };
      let startedAt = performance.now();
      const stamped = await fetch(service.webhook, { method: 'PATCH', headers });
      const stamp = await stamped.json();
      const ms = performance.now() - startedAt;
      if (stamped.status !== 200 || stamp.files_stamped !== count || stamp.pending) {
        throw new Error(`Stamping was answered ${stamped.status}: ${JSON.stringify(stamp)}`);
      }
      const { gas, stamps } = await service.ask('gas', { txHash: stamp.transaction_id });
      const stampRow = {
        what: `a group of ${round(count)} files stamped (${stamps} transaction, ${round(gas)} gas)`,
        ours: `${(ms / 1000).toFixed(2)} s`,
        peakMemory: await service.ask('peakMemory'),
      };
      startedAt = performance.now();
      const listed = await fetch(service.webhook, { headers });
      const bytes = (await listed.arrayBuffer()).byteLength;
      return [
        { what: 'the same service before it', ours: '', peakMemory: before },
        stampRow,
        {
          what: `its list read (${round(bytes / 1e6)} MB of JSON)`,
          ours: `${((performance.now() - startedAt) / 1000).toFixed(2)} s`,
          peakMemory: await service.ask('peakMemory'),
        },
      ];
    },
    { chain: true },
  );
}

/** Verification of random stamped and of unknown hashes in a ledger of `rows` files. */
export async function measureVerifying(rows: number, count: number): Promise<Row[]> {
  return withService(
    async (service) => {
      const stampedRows = Math.ceil(rows / 10);
      await service.ask('seed', { group: 'Stamped', from: 0, to: stampedRows });
      await service.ask('seed', { group: 'Others', from: stampedRows, to: rows });
      const headers = { ...service.headers, 'group-id': 'Stamped' };
      const { status } = await fetch(service.webhook, { method: 'PATCH', headers });
      if (status !== 200) throw new Error(`Stamping was answered ${status}.`);
      const verify = (hashAt: (index: number) => string, expected: number) =>
        hammer({ count, connections, status: expected }, (index) => ({
          method: 'GET',
          url: service.webhook,
          headers: { ...service.headers, hash: hashAt(index) },
        }));
      // Spread over the whole table by a step that shares no factor with its size.
      const stampedMs = await verify((index) => cidAt((index * 7_919) % stampedRows), 200);
      const unknownMs = await verify((index) => cidAt(rows + index), 404);
      const headMs = await hammer({ count, connections, status: 200 }, () => ({
        method: 'HEAD',
        url: service.webhook,
        headers: service.headers,
      }));
      const peakMemory = await service.ask('peakMemory');
      const at = `at ${round(rows)} rows`;
      return [
        { what: `verify GETs, stamped, ${at}`, ours: `${round(perSecond(count, stampedMs))}/s`, peakMemory },
        { what: `verify GETs, unknown, ${at}`, ours: `${round(perSecond(count, unknownMs))}/s`, peakMemory },
        { what: `status HEADs ${at}`, ours: `${round(perSecond(count, headMs))}/s`, peakMemory },
      ];
    },
    { chain: true },
  );
}
