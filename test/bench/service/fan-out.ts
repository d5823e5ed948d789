import { openRawReader, type RawEventReader } from '../../helpers/raw-event-readers.ts';
import { type Figure, formatNumber } from '../harness/report.ts';
import { monotonicMs } from './commands.ts';
import { type MeasuredService, withService } from './measured-service.ts';

const opensAtOnce = 100;
const patienceMs = 60_000;

/** What readers got in one go. */
export interface FanOut extends Figure {
  /** Of the slowest hundredth, from commit to the reader's hands. */
  p99Ms: number;
}

/** Events to many readers: from commit to the reader's hands, at a steady pace and all at once. */
export async function measureFanOut(readerCount: number): Promise<FanOut[]> {
  return withService(async (service) => {
    const received: { id: number; at: number }[] = [];
    const onEvent = (id: number) => received.push({ id, at: monotonicMs() });
    const readers: RawEventReader[] = [];
    for (let from = 0; from < readerCount; from += opensAtOnce) {
      const open = () =>
        openRawReader(`${service.webhook}/events/stream`, { headers: service.headers, onEvent });
      readers.push(
        ...(await Promise.all(Array.from({ length: Math.min(opensAtOnce, readerCount - from) }, open))),
      );
    }
    try {
      const what = `events to ${readerCount.toLocaleString('en')} readers`;
      return [
        await round(service, received, {
          what: `${what}, 20 a second`,
          count: 100,
          everyMs: 50,
          readerCount,
        }),
        await round(service, received, { what: `${what}, 200 at once`, count: 200, everyMs: 0, readerCount }),
      ];
    } finally {
      for (const reader of readers) reader.close();
    }
  });
}

async function round(
  service: MeasuredService,
  received: { id: number; at: number }[],
  {
    what,
    count,
    everyMs,
    readerCount,
  }: { what: string; count: number; everyMs: number; readerCount: number },
): Promise<FanOut> {
  received.length = 0;
  const startedAt = monotonicMs();
  const committed = new Map(await service.ask('tellEvents', { count, everyMs }));
  while (received.length < count * readerCount) {
    if (monotonicMs() - startedAt > patienceMs) throw new Error(`Only ${received.length} frames arrived.`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  const endedAt = Math.max(...received.slice(-readerCount).map(({ at }) => at));
  const latencies = Float64Array.from(
    received,
    ({ id, at }) => at - (committed.get(id) ?? Number.NaN),
  ).sort();
  const at = (share: number) => latencies[Math.floor(share * (latencies.length - 1))] ?? Number.NaN;
  const p99Ms = at(0.99);
  const perSecond = formatNumber((1000 * latencies.length) / (endedAt - startedAt));
  return {
    what,
    value:
      everyMs > 0
        ? `p50 ${formatNumber(at(0.5))} ms, p99 ${formatNumber(p99Ms)} ms`
        : `${perSecond} deliveries/s, p99 ${formatNumber(p99Ms)} ms`,
    peakMemoryMiB: await service.ask('peakMemory'),
    p99Ms,
  };
}
