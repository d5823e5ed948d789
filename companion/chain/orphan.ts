import { execFileSync } from 'node:child_process';
import { readFileSync, rmSync } from 'node:fs';
import { basename, join } from 'node:path';
import * as v from 'valibot';

import { resolveAnvil } from './anvil-binary.ts';

/** Lies in the chain's folder while a node runs. */
export const pidFileName = 'node.json';

const pidFileSchema = v.object({ pid: v.pipe(v.number(), v.integer(), v.minValue(2)), chainId: v.number() });

/**
 * Ends the node that a killed companion left behind. Nobody but the holder of the home's lock may call this.
 *
 * The pid may belong to somebody else by now, so the process must also be our program and run our chain's id, which is
 * random per home.
 * @returns the pid that was ended, or undefined when there was none.
 */
export function endOrphan(folder: string): number | undefined {
  const pidFile = join(folder, pidFileName);
  let left: v.InferOutput<typeof pidFileSchema>;
  try {
    left = v.parse(pidFileSchema, JSON.parse(readFileSync(pidFile, 'utf8')));
  } catch {
    return undefined; // No file, or one cut off by a crash: there is nothing to go by.
  }
  rmSync(pidFile, { force: true });
  const command = commandOf(left.pid);
  if (!command?.includes(basename(resolveAnvil())) || !command.includes(`--chain-id ${left.chainId} `)) {
    return undefined;
  }
  try {
    process.kill(left.pid, 'SIGKILL');
    return left.pid;
  } catch {
    return undefined; // It ended between the look and the kill.
  }
}

/** Command line of a process, its arguments joined by spaces; undefined when there is none or it cannot be read. */
function commandOf(pid: number): string | undefined {
  try {
    return process.platform === 'linux'
      ? readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ')
      : execFileSync('ps', ['-o', 'args=', '-p', String(pid)], { encoding: 'utf8' });
  } catch {
    return undefined;
  }
}
