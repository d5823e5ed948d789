import { type Figure, formatNumber } from '../harness/report.ts';
import { hammer } from './hammer.ts';
import { withService } from './measured-service.ts';
import { cidAt } from './samples.ts';

const connections = 64;
const perSecond = (count: number, ms: number) => `${formatNumber((1000 * count) / ms)}/s`;
const whole = (count: number) => count.toLocaleString('en');

/** A group stamped in one transaction, and read back as one list. */
export async function measureStamping(count: number): Promise<{ figures: Figure[]; transactions: number }> {
  return withService(
    async (service) => {
      await service.ask('seed', { group: 'Everybody', from: 0, to: count });
      const before = await service.ask('peakMemory');
      const headers = { ...service.headers, 'group-id': 'Everybody' };
      let startedMs = performance.now();
      const stamped = await fetch(service.webhook, { method: 'PATCH', headers });
      const stamp = await stamped.json();
      const ms = performance.now() - startedMs;
      if (stamped.status !== 200 || stamp.files_stamped !== count || stamp.pending) {
        throw new Error(`Stamping was answered ${stamped.status}: ${JSON.stringify(stamp)}`);
      }
      const { gas, stamps } = await service.ask('gas', { txHash: stamp.transaction_id });
      const stampedFigure = {
        what: `a group of ${whole(count)} files stamped, ${whole(gas)} gas`,
        value: `${formatNumber(ms / 1000)} s`,
        peakMemoryMiB: await service.ask('peakMemory'),
      };
      startedMs = performance.now();
      const listed = await fetch(service.webhook, { headers });
      const bytes = (await listed.arrayBuffer()).byteLength;
      const listMs = performance.now() - startedMs;
      return {
        transactions: stamps,
        figures: [
          { what: 'the same service before that', value: '', peakMemoryMiB: before },
          stampedFigure,
          {
            what: `its list read, ${formatNumber(bytes / 1e6)} MB of JSON`,
            value: `${formatNumber(listMs / 1000)} s`,
            peakMemoryMiB: await service.ask('peakMemory'),
          },
        ],
      };
    },
    { chain: true },
  );
}

/** Verification of random stamped and of unknown hashes in a ledger of `rows` files. */
export async function measureVerifying(rows: number, count: number): Promise<Figure[]> {
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
      const peakMemoryMiB = await service.ask('peakMemory');
      const at = `at ${whole(rows)} rows`;
      return [
        { what: `verify GETs, stamped, ${at}`, value: perSecond(count, stampedMs), peakMemoryMiB },
        { what: `verify GETs, unknown, ${at}`, value: perSecond(count, unknownMs), peakMemoryMiB },
        { what: `status HEADs ${at}`, value: perSecond(count, headMs), peakMemoryMiB },
      ];
    },
    { chain: true },
  );
}
