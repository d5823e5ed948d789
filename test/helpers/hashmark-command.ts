import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { resolve } from 'node:path';

const command = resolve(import.meta.dirname, '../../companion/hashmark.mjs');

/** Starts one verb and leaves it to the test how it ends. */
export function spawnHashmark(args: string[]): {
  child: ChildProcess;
  ended: Promise<{ code: number | null; signal: NodeJS.Signals | null }>;
} {
  const child = spawn(process.execPath, [command, ...args], { stdio: 'ignore' });
  const ended = once(child, 'exit').then(([code, signal]) => ({ code, signal }));
  return { child, ended };
}

/**
 * Runs one verb to its end, as a user does.
 * @param options `input` comes on standard input; without it, there is none. `stdout` is a file that takes standard output.
 */
export function runHashmark(
  args: string[],
  { env = {}, input, stdout }: { env?: Record<string, string>; input?: string; stdout?: number } = {},
): Promise<{ code: number | null; stdout: string; stderr: string }> {
  const child = spawn(process.execPath, [command, ...args], {
    stdio: [input === undefined ? 'ignore' : 'pipe', stdout ?? 'pipe', 'pipe'],
    env: { ...process.env, ...env },
  });
  child.stdin?.end(input);
  const output = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const) {
    child[name]?.setEncoding('utf8').on('data', (text: string) => {
      output[name] += text;
    });
  }
  return new Promise((done, fail) => {
    child.once('error', fail);
    child.once('close', (code) => done({ code, ...output }));
  });
}
