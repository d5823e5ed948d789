import { readFile, writeFile } from 'node:fs/promises';
import type { Browser } from 'playwright-core';

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
    const { processInfo } = await session.send('SystemInfo.getProcessInfo');
    const before = new Map<number, number>();
    for (const { id } of processInfo) before.set(id, await restart(id));
    await work();
    let growth = 0;
    const now = await session.send('SystemInfo.getProcessInfo');
    for (const { id } of now.processInfo) growth += (await readHighest(id)) - (before.get(id) ?? 0);
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
  return readHighest(pid);
}

async function readHighest(pid: number): Promise<number> {
  const [, kibibytes = '0'] = /^VmHWM:\s*(\d+)/m.exec(await readFile(`/proc/${pid}/status`, 'utf8')) ?? [];
  return Number(kibibytes) / 1024;
}
