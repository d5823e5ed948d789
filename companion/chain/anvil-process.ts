import { type ChildProcess, spawn } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

import { HashmarkError, messageOf } from '../../shared/errors.ts';
import { resolveAnvil } from './anvil-binary.ts';
import { pidFileName } from './orphan.ts';

/** 30 ms is usual; a cold disk or a busy machine takes longer. */
const startTimeoutMs = 15_000;

export interface AnvilOptions {
  chainId: number;
  /** Time of block 0, Unix seconds. */
  genesisTimeSeconds: number;
  /** Where the process leaves its pid, for a start after a crash. */
  folder: string;
  /** A dumped state to begin with, instead of an empty chain. */
  stateFile?: string;
}

/** A running node. It knows nothing that the journal does not know, so it may be killed at any moment. */
export interface AnvilProcess {
  /** `http://127.X.Y.Z:PORT`. Whoever knows it can rewrite the chain: it never leaves the companion. */
  readonly url: string;
  readonly pid: number;
  /** Resolves when the process is gone, whoever ended it. */
  readonly exited: Promise<void>;
  /** Ends the process at once, even one that hangs, and resolves when it is gone. */
  kill(): Promise<void>;
}

/**
 * Starts the node on a free port of a loopback address that nobody can guess, where this computer has more than one.
 * @throws HashmarkError `chain-unavailable` when it does not come up.
 */
export async function startAnvil({
  chainId,
  genesisTimeSeconds,
  folder,
  stateFile,
}: AnvilOptions): Promise<AnvilProcess> {
  const address = await chooseAddress();
  const child = spawn(
    resolveAnvil(),
    [
      ['--host', address],
      ['--port', '0'],
      // Without CORS a page's fetch can neither read an answer nor get JSON past the preflight; see chooseAddress.
      ['--no-cors'],
      // No account that the node would sign for: the well-known development keys own nothing here.
      ['--accounts', '0'],
      ['--chain-id', String(chainId)],
      ['--timestamp', String(genesisTimeSeconds)],
      // Everything below decides about block hashes: a change here gives every existing chain other ones.
      ['--hardfork', 'cancun'],
      ['--no-mining'],
      ['--order', 'fifo'],
      // A transaction costs nothing, so the wallet needs no balance that would have to be recreated.
      ['--block-base-fee-per-gas', '0'],
      ['--gas-price', '0'],
      ['--disable-min-priority-fee'],
      // Old states are never asked for; transactions and logs are kept.
      ['--prune-history'],
      stateFile === undefined ? [] : ['--load-state', stateFile],
    ].flat(),
    {
      cwd: folder,
      stdio: ['ignore', 'pipe', 'pipe'],
      // A group of its own: Ctrl-C in the terminal reaches us, and we end the node in our order.
      detached: true,
    },
  );
  const exited = new Promise<void>((resolve) => {
    child.once('exit', () => resolve());
    child.once('error', () => resolve());
  });
  const kill = () => {
    child.kill('SIGKILL');
    return exited;
  };
  const killOnExit = () => void child.kill('SIGKILL');
  process.once('exit', killOnExit);

  const pidFile = join(folder, pidFileName);
  let watchdog: ChildProcess | undefined;
  void exited.then(() => {
    process.off('exit', killOnExit);
    watchdog?.kill('SIGKILL');
    rmSync(pidFile, { force: true });
  });

  try {
    await Promise.race([once(child, 'spawn'), once(child, 'error').then(([error]) => Promise.reject(error))]);
    const pid = child.pid as number;
    writeFileSync(pidFile, JSON.stringify({ pid, chainId }), { mode: 0o600 });
    watchdog = startWatchdog(pid);
    return { url: await readUrl(child, address), pid, exited, kill };
  } catch (cause) {
    await kill();
    throw new HashmarkError(
      'chain-unavailable',
      `The local chain's node did not start: ${messageOf(cause)}`,
      { cause },
    );
  }
}

/**
 * The node asks nobody who they are, and it takes WebSockets from any page: one that found its port could write what it
 * likes into the chain. Ports can be tried one by one; 2^24 addresses with as many ports each cannot. Linux and Windows have
 * all of 127.0.0.0/8; macOS has 127.0.0.1 only.
 */
async function chooseAddress(): Promise<string> {
  const address = `127.${randomInt(1, 255)}.${randomInt(256)}.${randomInt(1, 255)}`;
  const probe = createServer();
  try {
    await once(probe.listen(0, address), 'listening');
    return address;
  } catch {
    return '127.0.0.1';
  } finally {
    probe.close();
  }
}

/** Reads the port that the node chose from what it prints, and keeps its output flowing after that. */
function readUrl(child: ChildProcess, address: string): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  const lastErrors: string[] = [];
  const { stdout, stderr } = child;
  if (!stdout || !stderr) throw new TypeError('The node was started without pipes.');
  // Unread output would fill the pipe and stop the node, so both streams are read to their ends.
  createInterface({ input: stdout }).on('line', (line) => {
    const port = line.startsWith(`Listening on ${address}:`) ? /:(\d+)$/.exec(line)?.[1] : undefined;
    if (port) resolve(`http://${address}:${port}`);
  });
  createInterface({ input: stderr }).on('line', (line) => {
    if (lastErrors.push(line) > 5) lastErrors.shift();
  });
  child.once('exit', (code, signal) =>
    reject(new Error(`it ended with ${signal ?? `code ${code}`}. ${lastErrors.join(' ')}`.trim())),
  );
  const timer = setTimeout(() => reject(new Error(`no answer within ${startTimeoutMs} ms`)), startTimeoutMs);
  return promise.finally(() => clearTimeout(timer));
}

/**
 * Ends the node when we die without a chance to do it ourselves (kill -9): a shell whose standard input is a pipe from us
 * wakes when that pipe breaks. Where there is no shell, the next start finds the orphan by its pid file.
 */
function startWatchdog(pid: number): ChildProcess | undefined {
  if (process.platform === 'win32') return undefined;
  const watchdog = spawn('/bin/sh', ['-c', 'cat >/dev/null; kill -9 "$0"', String(pid)], {
    stdio: ['pipe', 'ignore', 'ignore'],
    detached: true,
  });
  // Only a second net: without it everything works, and a broken pipe means that it is being ended.
  watchdog.on('error', () => undefined);
  watchdog.stdin?.on('error', () => undefined);
  watchdog.unref();
  return watchdog;
}
