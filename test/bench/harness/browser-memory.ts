import { readFile, writeFile } from 'node:fs/promises';
import { setTimeout } from 'node:timers/promises';
import type { Browser } from 'playwright-core';

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
    for (const id of await processIds()) growth += (await read(id, 'VmHWM')) - (before.get(id) ?? 0);
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
  return read(pid, 'VmHWM');
}

/** A browser that has just opened a page starts a process for the next one: nothing of the work. */
async function untilAtRest(processIds: () => Promise<number[]>): Promise<void> {
  let held = 0;
  for (let look = 0; look < mostLooks; look += 1) {
    const before = held;
    const each = await Promise.all((await processIds()).map((id) => read(id, 'VmRSS')));
    held = each.reduce((sum, mebibytes) => sum + mebibytes, 0);
    if (Math.abs(held - before) < 1) return;
    await setTimeout(lookEveryMs);
  }
}

async function read(pid: number, field: 'VmRSS' | 'VmHWM'): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  const [, kibibytes = '0'] = new RegExp(`^${field}:\\s*(\\d+)`, 'm').exec(status) ?? [];
  return Number(kibibytes) / 1024;
}
