import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';

import { ensureContract } from '../../companion/chain/contract/compile.ts';

const command = resolve(import.meta.dirname, '../../companion/hashmark.mjs');

/** What `hashmark credentials` prints for a home whose companion runs. */
export async function readCredentials(
  home: string,
): Promise<{ webhookUrl: string; apiKey: string; secretKey: string; originstampKey: string }> {
  const { stdout } = await promisify(execFile)(process.execPath, [command, 'credentials', '--home', home]);
  return JSON.parse(stdout);
}

/** Its first start deploys a contract and stamps a sample. */
const readyWithinMs = 40_000;

/** A companion in a process of its own, on a free port and a home that lasts as long as it. */
export interface RunningCompanion {
  /** What `start --json` printed. */
  ready: {
    url: string;
    home: string;
    chain: { id: number; rpcUrl: string; contract: string };
    pairingCode: string;
  };
  home: string;
  process: ChildProcess;
  /** Everything it wrote so far. */
  output(): { stdout: string; stderr: string };
  /** Sends the signal and tells how it ended; its home stays. */
  end(signal: NodeJS.Signals): Promise<{ code: number | null; ms: number }>;
  /** Ends it in order; its home goes too, unless it is to be started again. */
  stop(options?: { keepHome?: boolean }): Promise<void>;
}

/** Starts `hashmark start --json` and resolves when it is ready. Its log is in the error when it does not get there. */
export async function startCompanion(given?: {
  home: string;
  /** Default: any free one. */
  port?: number;
}): Promise<RunningCompanion> {
  const home = given?.home ?? (await mkdtemp(join(tmpdir(), 'hashmark-companion-')));
  await ensureContract();
  const child = spawn(
    process.execPath,
    [command, 'start', '--port', String(given?.port ?? 0), '--json', '--no-build', '--home', home],
    { stdio: ['ignore', 'pipe', 'pipe'] },
  );
  const exited = once(child, 'exit');
  const output = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const) {
    child[name].setEncoding('utf8').on('data', (text: string) => {
      output[name] += text;
    });
  }
  const end = async (signal: NodeJS.Signals) => {
    const from = performance.now();
    if (child.exitCode === null && child.signalCode === null) child.kill(signal);
    const [code] = (await exited) as [number | null];
    return { code, ms: performance.now() - from };
  };
  const stop = async ({ keepHome = false } = {}) => {
    await end('SIGTERM');
    if (!keepHome) await rm(home, { recursive: true, force: true });
  };
  try {
    const lines = createInterface({ input: child.stdout });
    const [line] = (await Promise.race([
      once(lines, 'line', { signal: AbortSignal.timeout(readyWithinMs) }),
      exited.then(([code]) => {
        throw new Error(`it ended with ${code}`);
      }),
    ])) as [string];
    return { ready: JSON.parse(line), home, process: child, output: () => ({ ...output }), end, stop };
  } catch (cause) {
    child.kill('SIGKILL');
    await stop();
    throw new Error(`The companion did not get ready: ${cause}\n${output.stderr}`, { cause });
  }
}
