import { writeFile } from 'node:fs/promises';
import { setTimeout } from 'node:timers/promises';
import type { Browser } from 'playwright-core';

import { readStatus } from './peak-memory.ts';

const lookEveryMs = 500;
const mostLooks = 20;

/**
 * How much more memory the browser held at most while the work went on than before it, in MiB: of all its processes together, each
 * at its own worst moment. Undefined where the system does not tell (it is Linux that does).
 */
export async function peakGrowth(
  browser: Browser,
  work: () => Promise<unknown>,
): Promise<number | undefined> {
  const session = await browser.newBrowserCDPSession();
  try {
    const processIds = async () =>
      (await session.send('SystemInfo.getProcessInfo')).processInfo.map(({ id }) => id);
    await untilAtRest(processIds);
    const before = new Map<number, number>();
    for (const id of await processIds()) before.set(id, await restart(id));
    await work();
    let growth = 0;
    for (const id of await processIds()) growth += readStatus(id, 'VmHWM') - (before.get(id) ?? 0);
    return growth;
  } catch (error) {
    if (['ENOENT', 'EACCES', 'EPERM'].includes((error as NodeJS.ErrnoException).code ?? '')) return undefined;
    throw error;
  } finally {
    await session.detach();
  }
}

/** Forgets the highest so far. @returns what the process holds now, in MiB. */
async function restart(pid: number): Promise<number> {
  // https://man7.org/linux/man-pages/man5/proc_pid_clear_refs.5.html
  await writeFile(`/proc/${pid}/clear_refs`, '5');
  return readStatus(pid, 'VmHWM');
}

/** A browser that has just opened a page starts a process for the next one: nothing of the work. */
async function untilAtRest(processIds: () => Promise<number[]>): Promise<void> {
  let held = 0;
  for (let look = 0; look < mostLooks; look += 1) {
    const before = held;
    held = (await processIds()).reduce((sum, id) => sum + readStatus(id, 'VmRSS'), 0);
    if (Math.abs(held - before) < 1) return;
    await setTimeout(lookEveryMs);
  }
}
