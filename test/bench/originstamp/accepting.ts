import { type Measured, measure } from '../harness/measure.ts';
import { hammer } from '../service/hammer.ts';
import { withService } from '../service/measured-service.ts';
import { digestAt } from '../service/samples.ts';
import { tenant } from '../service/tenant.ts';
import { bare, counter, ours } from '../service/writing.ts';

export const perBulk = 100;
/** A client that sends bulks in parallel has about so many under way. */
const connections = 8;
const rounds = 5;

/**
 * Digests accepted over HTTP in bulks of 100, each bulk durable before its answer, with a chain and a seed that is open; `bulks` in each
 * round. The bare store takes the same rows, a transaction per bulk.
 */
export async function measureAccepting(
  bulks: number,
): Promise<{ measured: Measured; peakMemoryMiB: number }> {
  return withService(
    async (service) => {
      const nextCount = counter();
      const amount = bulks * perBulk;
      const measured = await measure(
        [
          {
            name: ours,
            amount,
            run: () => {
              const first = nextCount(amount);
              const bodies = Array.from({ length: bulks }, (_, bulk) => bodyOf(first + bulk * perBulk));
              return hammer({ count: bulks, connections, status: 200 }, (bulk) => ({
                method: 'POST',
                url: `${service.url}/v4/timestamp/bulk/create`,
                headers: { authorization: tenant.originstampKey, 'content-type': 'application/json' },
                body: bodies[bulk],
              }));
            },
          },
          {
            name: bare,
            amount,
            run: () => service.ask('bareDigests', { bulks, perBulk, callers: connections }),
          },
        ],
        { rounds },
      );
      return { measured, peakMemoryMiB: await service.ask('peakMemory') };
    },
    { chain: true },
  );
}

function bodyOf(first: number): string {
  const timestamps = Array.from({ length: perBulk }, (_, index) => ({ hash: digestAt(first + index) }));
  return JSON.stringify({ timestamps });
}
