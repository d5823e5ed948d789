import type { Page } from 'playwright-core';

interface TraceEvent {
  name: string;
  pid: number;
  tid: number;
  /** Microseconds, by the clock on the wall. */
  dur?: number;
  args?: { name?: string; data?: { frames?: { url: string; processId: number }[] } };
}

/** The category in which Chromium tells of each task of each thread. */
const taskCategory = 'disabled-by-default-devtools.timeline';

/**
 * The longest that a page's main thread was busy without a break while the work went on, in ms, from Chromium's own trace: a timer in
 * the page would also count what the system gave to other programs, and a task observer tells only of 50 ms and more.
 */
export async function longestTask(page: Page, work: () => Promise<unknown>): Promise<number> {
  const { href } = new URL(page.url()); // Where the page is when the trace begins.
  const session = await page.context().newCDPSession(page);
  const events: TraceEvent[] = [];
  session.on('Tracing.dataCollected', ({ value }) => events.push(...(value as unknown as TraceEvent[])));
  try {
    await session.send('Tracing.start', {
      transferMode: 'ReportEvents',
      traceConfig: { includedCategories: [taskCategory] },
    });
    await work();
    const complete = new Promise((resolve) => session.once('Tracing.tracingComplete', resolve));
    await session.send('Tracing.end');
    await complete;
  } finally {
    await session.detach();
  }
  const process = events
    .flatMap(({ name, args }) => (name === 'TracingStartedInBrowser' ? (args?.data?.frames ?? []) : []))
    .find(({ url }) => url === href)?.processId;
  const mainThread = events.find(
    ({ name, pid, args }) => name === 'thread_name' && pid === process && args?.name === 'CrRendererMain',
  )?.tid;
  if (mainThread === undefined) throw new Error(`The trace does not tell of the main thread of ${href}.`);
  const tasks = events.filter(
    ({ name, pid, tid }) => name === 'RunTask' && pid === process && tid === mainThread,
  );
  return tasks.reduce((longest, { dur = 0 }) => Math.max(longest, dur / 1000), 0);
}
